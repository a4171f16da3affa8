"""Amazon Kinesis Data Streams: moto keeps streams and shards, we route the records and tell who waits for them.

``stream`` is a stream and its shards, ``backend`` the verbs of the API.

Not in the lab yet: the limits of a shard and of a call, iterators that expire, enhanced fan-out.
"""

from waterline.services.kinesis.backend import StreamBackend
from waterline.services.kinesis.stream import CloudStream

__all__ = ["CloudStream", "StreamBackend"]
