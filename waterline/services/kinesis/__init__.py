"""Amazon Kinesis Data Streams: moto keeps the names and settings of streams, we their records and who may read them.

==================  ====================================================================================
``stream``          a stream: which shard a record goes to
``shard``           a shard: its sequence numbers, what it takes and gives in a second
``reshard``         split, merge, a new number of shards, another capacity mode
``ondemand``        a stream that splits its own shards
``iterators``       positions in a shard, good for five minutes
``listing``         which shards ListShards shows
``consumers``       enhanced fan-out: readers with a throughput of their own
``subscription``    SubscribeToShard: an answer that goes on as the clock does
``backend``         the verbs of the API; ``responses``, ``errors``, ``limits``: its answers, refusals, numbers
==================  ====================================================================================
"""

from waterline.services.kinesis.backend import StreamBackend
from waterline.services.kinesis.stream import CloudStream
from waterline.services.kinesis.subscription import subscriptions_answered

__all__ = ["CloudStream", "StreamBackend", "subscriptions_answered"]
