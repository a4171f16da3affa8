"""Which shards ListShards shows: all that are not expired, or those that a filter wants, page by page.

Source: ListShards and ShardFilter, API reference (read 2026-11).
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from waterline.ground import Ground
from waterline.services.kinesis import errors, limits
from waterline.services.kinesis.iterators import instant_of
from waterline.services.kinesis.shard import CloudShard
from waterline.services.kinesis.stream import CloudStream

_WITH = {"AFTER_SHARD_ID": "ShardId", "AT_TIMESTAMP": "Timestamp", "FROM_TIMESTAMP": "Timestamp"}
_WITHOUT = ("AT_TRIM_HORIZON", "FROM_TRIM_HORIZON", "AT_LATEST")


@dataclass(frozen=True)
class Page:
    """Where a listing stands: what a token holds."""

    stream: str
    after: str = ""
    shards: Mapping[str, Any] | None = None

    @property
    def token(self) -> str:
        return base64.b64encode(json.dumps([self.stream, self.after, self.shards]).encode()).decode()

    @classmethod
    def read(cls, token: str) -> Page:
        try:
            stream, after, shards = json.loads(base64.b64decode(token, validate=True))
        except (binascii.Error, ValueError) as error:
            raise errors.InvalidArgumentError("NextToken is invalid.") from error
        return cls(stream, after, shards)


def listed(stream: CloudStream, page: Page, most: int | None, ground: Ground) -> tuple[list[CloudShard], str | None]:
    """The shards of one page, in the order of their names, and the token of the next one."""
    shards = [
        shard
        for shard in sorted(stream.shards.values(), key=lambda shard: str(shard.shard_id))
        if shard.shard_id > page.after and _wanted(shard, page.shards or {"Type": "FROM_TRIM_HORIZON"}, ground)
    ]
    count = min(most or limits.LISTED_SHARDS, limits.LISTED_SHARDS)
    found, more = shards[:count], len(shards) > count
    return found, Page(page.stream, found[-1].shard_id, page.shards).token if more else None


def check(shards: Mapping[str, Any] | None) -> None:
    """Raise what AWS answers to a filter that is none."""
    kind = (shards or {"Type": "AT_LATEST"}).get("Type")
    if kind not in _WITH and kind not in _WITHOUT:
        allowed = f"[{', '.join((*_WITH, *_WITHOUT))}]"
        raise errors.Invalid("shardFilter.type", f"Member must satisfy enum value set: {allowed}", kind)
    for name in ("ShardId", "Timestamp"):
        given, needed = (shards or {}).get(name) is not None, _WITH.get(str(kind)) == name
        if given != needed:
            should = "must be" if needed else "must not be"
            raise errors.InvalidArgumentError(f"{name} {should} specified in a ShardFilter of type {kind}.")


def _wanted(shard: CloudShard, shards: Mapping[str, Any], ground: Ground) -> bool:
    kind, now = shards["Type"], ground.clock.now
    if kind == "AT_LATEST":
        return bool(shard.is_open)
    if kind == "AFTER_SHARD_ID":
        return bool(shard.shard_id > shards["ShardId"])
    # What is older than the retention period is gone: the trim horizon is then, or when the stream was made.
    horizon = max(now - shard.log.retention, 0)
    instant = horizon if "TRIM_HORIZON" in kind else max(instant_of(shards["Timestamp"], ground), horizon)
    if kind.startswith("FROM"):
        return shard.closed is None or shard.closed >= instant
    return _began(shard) <= instant and (shard.closed is None or shard.closed >= instant)


def _began(shard: CloudShard) -> int:
    """A shard without parents has been there as long as its stream: it counts as there from the beginning on."""
    return shard.opened if shard.parent else 0
