"""Amazon DynamoDB: moto keeps the tables; we keep their streams, and tell who waits for a change.

``stream`` is the stream of one table, ``backend`` the verbs of the API that change tables.

Not in the lab yet: throughput, time to live.
"""

from waterline.services.dynamodb.backend import TableBackend
from waterline.services.dynamodb.stream import TableStream

__all__ = ["TableBackend", "TableStream"]
