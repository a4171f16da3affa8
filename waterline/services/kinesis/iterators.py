"""Shard iterators: a position in a shard, good for five minutes.

An iterator is text that means nothing to whoever holds it. Here it holds the stream and when that was made, the shard,
the position, and its own instant, so that nothing has to be kept (GetShardIterator, API reference, read 2026-11;
``kinesis.iterator_expiry``). Using one does not use it up.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
from dataclasses import dataclass

from waterline.clock import SECOND
from waterline.ground import Ground
from waterline.services.kinesis import errors, limits
from waterline.services.kinesis.shard import CloudShard
from waterline.services.kinesis.stream import CloudStream


@dataclass(frozen=True)
class ShardIterator:
    """Where to read on; `made` in microseconds."""

    stream: str
    number: int
    shard: str
    position: int
    made: int

    def __str__(self) -> str:
        text = f"{self.stream}:{self.number}:{self.shard}:{self.position}:{self.made}"
        return base64.b64encode(text.encode()).decode()

    @classmethod
    def read(cls, text: str, ground: Ground) -> ShardIterator:
        """The iterator that a text stands for; raises what AWS answers to a text that is none, or too old."""
        try:
            name, number, shard, position, made = base64.b64decode(text, validate=True).decode().split(":")
            found = cls(name, int(number), shard, int(position), int(made))
        except (binascii.Error, ValueError) as error:
            raise errors.InvalidArgumentError("Invalid ShardIterator.") from error
        clock = ground.clock
        if clock.now - found.made > limits.ITERATOR_AGE:
            raise errors.ExpiredIterator(clock.start + dt.timedelta(microseconds=found.made), clock.date)
        return found

    @classmethod
    def at(cls, stream: CloudStream, shard: CloudShard, position: int, now: int) -> ShardIterator:
        return cls(stream.stream_name, stream.number, shard.shard_id, position, now)


def position_of(
    stream: CloudStream, shard: CloudShard, kind: str, number: str | None, timestamp: float | None, ground: Ground
) -> int:
    """The position that an iterator type names in a shard; raises what AWS answers to one that names none."""
    if kind == "LATEST":
        return shard.log.end
    if kind == "TRIM_HORIZON":
        shard.log.trim()
        return shard.log.horizon
    if kind in ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"):
        position = shard.position_of(int(number)) if number is not None and number.isdecimal() else None
        if position is None:
            raise errors.InvalidArgumentError(
                f"StartingSequenceNumber {number} used in GetShardIterator on shard {shard.shard_id} in stream "
                f"{stream.stream_name} under account {stream.account_id} is invalid because it did not come from "
                "this stream."
            )
        before_all = int(number or 0) == shard.get_min_sequence_number()
        return position + (kind.startswith("AFTER") and not before_all)
    if kind != "AT_TIMESTAMP":
        allowed = "[AFTER_SEQUENCE_NUMBER, LATEST, AT_TIMESTAMP, AT_SEQUENCE_NUMBER, TRIM_HORIZON]"
        raise errors.Invalid("shardIteratorType", f"Member must satisfy enum value set: {allowed}", kind)
    if timestamp is None:
        raise errors.InvalidArgumentError("Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP.")
    return shard.log.position_at(instant_of(timestamp, ground))


def instant_of(timestamp: float, ground: Ground) -> int:
    """Seconds since 1970 as microseconds since the cloud's start; not one that is to come."""
    instant = round((float(timestamp) - ground.clock.start.timestamp()) * SECOND)
    if instant > ground.clock.now:
        raise errors.InvalidArgumentError(
            "The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. timestampInMillis: "
            f"{round(float(timestamp) * 1000)}, currentTimestampInMillis: "
            f"{round(ground.clock.date.timestamp() * 1000)}"
        )
    return instant
