"""SubscribeToShard: an answer that goes on, event by event, as the clock does.

On AWS records come over an open HTTP/2 connection for five minutes (``kinesis.efo_subscription``). Here the answer's
event stream is read on the clock: whoever iterates over it waits, in virtual time, for the next event. Nothing is
pushed into code that does not read, so a consumer that stops reading falls behind, as on AWS.

A second subscription to the same shard by the same consumer is refused for five seconds (``kinesis.efo_resubscribe``);
later it takes over, and the first one ends with ResourceInUseException. Source: SubscribeToShard, API reference (read
2026-11). Empty events, which AWS sends now and then, are not sent.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from moto.core.botocore_stubber import BotocoreStubber
from moto.kinesis.models import kinesis_backends

from waterline.clock import SECOND
from waterline.ground import Ground
from waterline.services.kinesis import limits
from waterline.services.kinesis.shard import CloudShard
from waterline.services.stream import Read

if TYPE_CHECKING:
    from waterline.services.kinesis.consumers import CloudConsumer
    from waterline.services.kinesis.stream import CloudStream

_EVENT = "SubscribeToShardEvent"


class Subscription:
    """One consumer's subscription to one shard from a position on: what botocore reads an answer's body from."""

    def __init__(
        self, ground: Ground, stream: CloudStream, consumer: CloudConsumer, shard: CloudShard, position: int
    ) -> None:
        self._clock = ground.clock
        self._stream = stream
        self._consumer = consumer
        self._shard = shard
        self._position = position
        self._until = ground.clock.now + limits.SUBSCRIPTION
        consumer.holders[shard.shard_id] = self
        shard.log.arrivals.notify_all()

    def stream(self, **_options: object) -> Iterator[bytes]:
        """The answer, frame by frame; waits for what is to come."""
        yield frame({":message-type": "event", ":event-type": "initial-response"}, {})
        log, view = self._shard.log, self._consumer.view
        while True:
            if self._consumer.holders.get(self._shard.shard_id) is not self:
                yield _exception("ResourceInUseException", "Another active subscription exists for this consumer.")
                return
            if view.deleted:
                yield _exception("ResourceNotFoundException", f"Consumer {self._consumer.consumer_arn} is gone.")
                return
            read = view.poll(log, self._position)
            self._position = read.position
            if read.records:
                yield self._event(read)
                continue
            if log.closed and self._position >= log.end:
                yield self._event(read)
                return
            left = self._until - self._clock.now
            if left <= 0:
                return
            if read.again:
                self._clock.rest(min(read.again - self._clock.now, left))
            else:
                log.arrivals.wait(left)

    def close(self) -> None:
        """The reader has had enough."""
        if self._consumer.holders.get(self._shard.shard_id) is self:
            del self._consumer.holders[self._shard.shard_id]

    def _event(self, read: Read) -> bytes:
        event: dict[str, Any] = {
            "Records": [_record(record.event["kinesis"]) for record in read.records],
            "ContinuationSequenceNumber": str(self._shard.number_before(read.position)),
            "MillisBehindLatest": behind(self._shard, read, self._clock.now),
        }
        if self._shard.log.closed and read.position >= self._shard.log.end:
            event["ChildShards"] = children(self._stream, self._shard)
        return frame({":message-type": "event", ":event-type": _EVENT, ":content-type": "application/json"}, event)


def behind(shard: CloudShard, read: Read, now: int) -> int:
    """``MillisBehindLatest``: how old the last record of a read is; 0 when there are no more behind it."""
    if read.position >= shard.log.end:
        return 0
    last = read.records[-1] if read.records else shard.log.after(read.position, 1).records[0]
    return (now - last.at) * 1000 // SECOND


def children(stream: CloudStream, shard: CloudShard) -> list[dict[str, Any]]:
    """``ChildShards`` of a closed shard."""
    return [
        {
            "ShardId": child.shard_id,
            "ParentShards": [name for name in (child.parent, child.adjacent_parent) if name],
            "HashKeyRange": {"StartingHashKey": str(child.starting_hash), "EndingHashKey": str(child.ending_hash)},
        }
        for child in stream.shards.values()
        if shard.shard_id in (child.parent, child.adjacent_parent)
    ]


def frame(headers: Mapping[str, str], payload: Mapping[str, Any]) -> bytes:
    """One message of AWS's event stream encoding ("Amazon Transcribe Developer Guide", event stream encoding)."""
    body = json.dumps(payload).encode()
    head = b"".join(
        bytes([len(name)]) + name.encode() + b"\x07" + len(value).to_bytes(2, "big") + value.encode()
        for name, value in headers.items()
    )
    prelude = (16 + len(head) + len(body)).to_bytes(4, "big") + len(head).to_bytes(4, "big")
    message = prelude + zlib.crc32(prelude).to_bytes(4, "big") + head + body
    return message + zlib.crc32(message).to_bytes(4, "big")


@contextmanager
def subscriptions_answered() -> Iterator[None]:
    """Let SubscribeToShard be answered by a subscription, for the length of a ``with`` block.

    moto answers with bytes that are complete: its answer is the subscription's name here, and is exchanged for it.
    """
    inner = BotocoreStubber.__call__

    def answers(stubber: Any, event_name: str, request: Any, **options: Any) -> Any:
        response = inner(stubber, event_name, request, **options)
        if event_name.endswith(".kinesis.SubscribeToShard") and response is not None and response.status_code == 200:
            account, region, name = response.content.decode().split("/")
            response.raw = kinesis_backends[account][region].subscriptions.pop(name)
        return response

    BotocoreStubber.__call__ = answers
    try:
        yield
    finally:
        BotocoreStubber.__call__ = inner


def _record(record: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "Data": record["data"],
        "PartitionKey": record["partitionKey"],
        "SequenceNumber": record["sequenceNumber"],
        "ApproximateArrivalTimestamp": record["approximateArrivalTimestamp"],
    }


def _exception(code: str, message: str) -> bytes:
    return frame({":message-type": "exception", ":exception-type": code}, {"message": message})


def content(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record as GetRecords answers it."""
    return {**_record(record), "Data": base64.b64decode(record["data"])}
