"""Resharding: splitting, merging, and a new number of shards of equal size.

UpdateShardCount (API reference, read 2026-11) splits and merges until all shards are of one size, which may open shards
that are closed again at once. In which order is not documented: here each shard is split where a new one begins, then
what belongs to a new one is merged, two at a time. All of it happens at one instant; on AWS it takes minutes, in which
the stream is UPDATING.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from moto.kinesis.exceptions import ShardNotFoundError

from waterline.services.kinesis import errors, limits
from waterline.services.kinesis.shard import HASH_KEYS, CloudShard

if TYPE_CHECKING:
    from waterline.services.kinesis.stream import CloudStream


def split(stream: CloudStream, shard: CloudShard, hash_key: int) -> None:
    """Split a shard where `hash_key` begins. Raises what AWS answers where it cannot be."""
    _check_provisioned(stream)
    _check_open(stream, shard)
    if not shard.starting_hash < hash_key < shard.ending_hash:
        raise errors.InvalidArgumentError(
            f"NewStartingHashKey {hash_key} used in SplitShard() on shard {shard.shard_id} in stream "
            f"{stream.stream_name} under account {stream.account_id} is not both greater than one plus the shard's "
            f"StartingHashKey {shard.starting_hash} and less than the shard's EndingHashKey {shard.ending_hash - 1}."
        )
    stream.replace([shard], [(shard.starting_hash, hash_key - 1), (hash_key, shard.ending_hash)])


def merge(stream: CloudStream, shard: CloudShard, other: CloudShard) -> None:
    """Merge two shards that lie side by side. Raises what AWS answers where they do not."""
    _check_provisioned(stream)
    _check_open(stream, shard)
    _check_open(stream, other)
    low, high = sorted((shard, other), key=lambda each: each.starting_hash)
    if low.ending_hash + 1 != high.starting_hash:
        raise errors.InvalidArgumentError(
            f"Shards {shard.shard_id} and {other.shard_id} in stream {stream.stream_name} under account "
            f"{stream.account_id} are not an adjacent pair of shards eligible for merging"
        )
    stream.replace([shard, other], [(low.starting_hash, high.ending_hash)])


def scale(stream: CloudStream, target: int, now: int) -> None:
    """Make it `target` shards of equal size. Raises what AWS answers to what is too much at once."""
    _check_provisioned(stream)
    count = len(stream.open_shards)
    shown = f"Current open shard count: {count} Target shard count: {target}"
    if target > count * limits.RESHARDING_FACTOR:
        raise errors.InvalidArgumentError(
            f"UpdateShardCount cannot scale up over double your current open shard count. {shown}"
        )
    if target * limits.RESHARDING_FACTOR < count:
        raise errors.InvalidArgumentError(
            f"UpdateShardCount cannot scale down below half your current open shard count. {shown}"
        )
    if target == count:
        return
    if not _allowed(stream.reshardings, now, limits.RESHARDINGS_A_DAY):
        raise errors.LimitExceeded(
            f"UpdateShardCount was called more than {limits.RESHARDINGS_A_DAY} times in a rolling 24-hour period for "
            f"stream {stream.stream_name} under account {stream.account_id}."
        )
    starts = [HASH_KEYS * number // target for number in range(target)]
    for start in starts[1:]:
        shard = stream.shard_at(start)
        if shard.starting_hash != start:
            stream.replace([shard], [(shard.starting_hash, start - 1), (start, shard.ending_hash)])
    for start, end in zip(starts, [*starts[1:], HASH_KEYS], strict=True):
        shard = stream.shard_at(start)
        while shard.ending_hash + 1 < end:
            following = stream.shard_at(shard.ending_hash + 1)
            [shard] = stream.replace([shard, following], [(start, following.ending_hash)])


def switch_mode(stream: CloudStream, mode: str, now: int) -> None:
    """Change the capacity mode; the shards stay what they are."""
    if mode == stream.stream_mode.get("StreamMode"):
        return
    if not _allowed(stream.switches, now, limits.MODE_SWITCHES_A_DAY):
        raise errors.LimitExceeded(
            f"The capacity mode of stream {stream.stream_name} under account {stream.account_id} can be changed "
            f"{limits.MODE_SWITCHES_A_DAY} times within 24 hours."
        )
    stream.stream_mode = {"StreamMode": mode}


def shard_of(stream: CloudStream, name: str) -> CloudShard:
    """The shard with this identifier, open or closed."""
    if name not in stream.shards:
        raise ShardNotFoundError(name, stream.stream_name, stream.account_id)
    found: CloudShard = stream.shards[name]
    return found


def _allowed(done: deque[int], now: int, most: int) -> bool:
    """Whether one more may be done in these 24 hours; then it counts."""
    while done and done[0] <= now - limits.DAY:
        done.popleft()
    if len(done) >= most:
        return False
    done.append(now)
    return True


def _check_provisioned(stream: CloudStream) -> None:
    if stream.on_demand:
        raise errors.OnDemand(stream.stream_name, stream.account_id)


def _check_open(stream: CloudStream, shard: CloudShard) -> None:
    if not shard.is_open:
        raise errors.InvalidArgumentError(
            f"Shard {shard.shard_id} in stream {stream.stream_name} under account {stream.account_id} has already been "
            "merged or split, and thus is not eligible for merging or splitting."
        )
