"""Amazon DynamoDB: moto keeps the tables and reads the expressions; we decide what a call does to the world.

In reading order: ``throughput`` (what a table may do each second), ``stream`` (the stream of one table) and ``readers``
(the API that reads it), ``time_to_live``, ``table`` (ties them to moto's table), ``writes`` (what one call changes: all
or nothing), ``tokens`` (idempotent transactions), ``backend`` and ``responses`` (the verbs of the API).

In the journal a change of an item is ``written``, with its key and what it has become; if the table has a stream, the
same message is then ``sent`` into it. A condition that did not hold is ``rejected``.
"""

from waterline.services.dynamodb.backend import TableBackend
from waterline.services.dynamodb.readers import StreamReaders
from waterline.services.dynamodb.stream import TableStream

__all__ = ["StreamReaders", "TableBackend", "TableStream"]
