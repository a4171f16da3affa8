"""Enhanced fan-out: consumers that a stream pushes its records to, each with a throughput of its own.

Words
-----
consumer
    a registered reader of one stream, known by an ARN that holds the second of its registration. At most 20 for a
    stream (``kinesis.efo_consumers``).
pushed
    a consumer gets 2 MB a second from each shard (``kinesis.efo_throughput``), whatever others read, as the records
    come: nobody polls.

Sources: RegisterStreamConsumer, SubscribeToShard, API reference; Amazon Kinesis Data Streams Developer Guide, "Develop
enhanced fan-out consumers with dedicated throughput" (read 2026-11). Here a consumer is ACTIVE at once, and a push
takes no time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from moto.kinesis.models import Consumer as MotoConsumer

from waterline.ground import Ground
from waterline.services import stream
from waterline.services.kinesis import errors, limits
from waterline.services.per_second import PerSecond
from waterline.services.stream import Read

if TYPE_CHECKING:
    from waterline.services.kinesis.stream import CloudStream


class CloudConsumer(MotoConsumer):  # type: ignore[misc]
    """A consumer of moto's; `view` is the stream as it sees it, `subscribed` the instants of its latest calls."""

    view: ConsumerView
    subscribed: dict[str, int]
    holders: dict[str, object]


class ConsumerView:
    """A stream as one consumer sees it: an event stream that pushes (``waterline.services.stream``)."""

    pushes = True

    def __init__(self, ground: Ground, whole: CloudStream, arn: str, name: str) -> None:
        self._ground = ground
        self._whole = whole
        self._given: dict[str, PerSecond] = {}
        self.arn = arn
        self.name = name
        self.place = whole.place
        self.registered = True

    @property
    def deleted(self) -> bool:
        return self._whole.deleted or not self.registered

    @property
    def logs(self) -> Sequence[stream.Shard]:
        return self._whole.logs

    def poll(self, shard: stream.Shard, position: int, operation: str = "SubscribeToShard") -> Read:
        """What may be pushed now of what is behind a position; `again` says when more may be."""
        now = self._ground.clock.now
        given = self._given.setdefault(shard.id, PerSecond(limits.FAN_OUT_BYTES))
        read = shard.after(position, limits.GET_RECORDS, max(given.left(now), 1))
        if not read.records:
            return read
        wait = given.wait(now, read.records[0].size)
        if wait:
            return Read((), position, now + wait)
        size = sum(record.size for record in read.records)
        given.take(now, size)
        self._whole.reads.note(shard, read, size, operation, self.name)
        return read


class Consumers:
    """The registered consumers of one stream."""

    def __init__(self, ground: Ground, whole: CloudStream) -> None:
        self._ground = ground
        self._whole = whole

    def register(self, name: str) -> CloudConsumer:
        whole = self._whole
        if any(consumer.consumer_name == name for consumer in whole.consumers):
            raise errors.ResourceInUse(f"Consumer {name} under stream {whole.arn} already exists.")
        if len(whole.consumers) >= limits.CONSUMERS:
            raise errors.LimitExceeded(
                f"Stream {whole.stream_name} under account {whole.account_id} has reached the limit of "
                f"{limits.CONSUMERS} registered consumers."
            )
        consumer = MotoConsumer(name, whole.account_id, whole.region, whole.arn)
        consumer.__class__ = CloudConsumer
        ours: CloudConsumer = consumer
        ours.consumer_arn = f"{ours.consumer_arn}:{int(self._ground.clock.date.timestamp())}"
        ours.view = ConsumerView(self._ground, whole, ours.consumer_arn, name)
        ours.subscribed, ours.holders = {}, {}
        whole.consumers.append(ours)
        return ours

    def deregister(self, consumer: CloudConsumer) -> None:
        self._whole.consumers.remove(consumer)
        consumer.view.registered = False
        for log in self._whole.logs:
            log.arrivals.notify_all()
