"""Throughput of a table: how much may be read and written each second, and who is refused.

Words
-----
write unit
    1 KB written; of a change the larger of what the item was and is. A transaction takes two.
read unit
    4 KB read, strongly consistent; half of it when eventually consistent. A transaction takes two.
burst
    what was not used of a provisioned table's throughput in the last five minutes; it can be used on top.
partition
    the items of one partition key. It has a limit of its own, however much the table has.

Sources: Amazon DynamoDB Developer Guide, "DynamoDB provisioned capacity mode", "DynamoDB burst and adaptive capacity",
"Best practices for designing and using partition keys effectively in DynamoDB" (read 2026-11; facts
``dynamodb.burst``, ``dynamodb.partition_throughput``, ``price.ddb.write_unit``, ``price.ddb.read_unit``). How full the
bucket of a new table is, is not documented: here it is full. A read or a write that is larger than the bucket passes
when the bucket is full.
"""

from __future__ import annotations

from typing import Any

from moto.dynamodb.exceptions import DynamodbException

from waterline.facts import facts
from waterline.ground import Ground
from waterline.services.token_bucket import TokenBucket

_BURST = int(facts["dynamodb.burst"].seconds)
_PARTITION_READS, _PARTITION_WRITES = map(int, facts["dynamodb.partition_throughput"].numbers)
_WRITE_UNIT = facts["price.ddb.write_unit"].bytes
_READ_UNIT = facts["price.ddb.read_unit"].bytes
_HALVES = 2  # reads are counted in halves of a unit

PROVISIONED = "PROVISIONED"
_PREFIX = "com.amazonaws.dynamodb.v20120810#"
_SENTENCES = {
    "ProvisionedThroughputExceeded": (
        "The level of configured provisioned throughput for the table was exceeded. "
        "Consider increasing your provisioning level with the UpdateTable API."
    ),
    "ThrottlingError": (
        "Throughput exceeds the current capacity of your table or index. DynamoDB is automatically scaling your table "
        "or index so please try again shortly. If exceptions persist, check if you have a hot key: "
        "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html."
    ),
}
_ERRORS = {
    "ProvisionedThroughputExceeded": "ProvisionedThroughputExceededException",
    "ThrottlingError": "ThrottlingException",
}


class Exceeded(DynamodbException):  # type: ignore[misc]
    """The table has no throughput left. `reason` is the code that a canceled transaction gives."""

    def __init__(self, table: str, reason: str) -> None:
        super().__init__(_PREFIX + _ERRORS[reason], _SENTENCES[reason])
        self.table = table
        self.reason = reason
        self.sentence = _SENTENCES[reason]


def write_units(*sizes: int) -> int:
    """Units of a write whose item had and has these sizes, in bytes."""
    return max(1, -(-max(sizes, default=0) // _WRITE_UNIT))


def read_halves(size: int, consistent: bool) -> int:
    """Half units of a read of so many bytes."""
    return max(1, -(-size // _READ_UNIT)) * (_HALVES if consistent else 1)


class Throughput:
    """What a table may do at this instant."""

    def __init__(self, ground: Ground, table: Any) -> None:
        self._ground = ground
        self._table = table
        self._made_for: tuple[int, int] | None = None
        self._reads = self._writes = TokenBucket(1, 1)
        self._partitions: dict[tuple[str, bool], TokenBucket] = {}

    @property
    def is_provisioned(self) -> bool:
        return str(self._table.billing_mode or PROVISIONED) == PROVISIONED

    def check_write(self, units: dict[str, int]) -> None:
        """Whether units can be written, by partition key. Takes nothing. Raises Exceeded."""
        self._ask(self._bucket(False), sum(units.values()), units, False)

    def take_write(self, units: dict[str, int]) -> None:
        """Take what :meth:`check_write` has found to be there."""
        self._take(self._bucket(False), sum(units.values()), units, False)

    def read(self, halves: int, partition: str | None) -> None:
        """Read so many half units, of one partition if it is known. Raises Exceeded."""
        parts = {} if partition is None else {partition: halves}
        self._ask(self._bucket(True), halves, parts, True)
        self._take(self._bucket(True), halves, parts, True)

    def _bucket(self, reads: bool) -> TokenBucket | None:
        if not self.is_provisioned:
            return None
        given = self._table.throughput
        wanted = (int(given.get("ReadCapacityUnits") or 0), int(given.get("WriteCapacityUnits") or 0))
        if wanted != self._made_for:
            now = self._ground.clock.now
            self._made_for = wanted
            self._reads = TokenBucket(wanted[0] * _HALVES, wanted[0] * _HALVES * _BURST, now)
            self._writes = TokenBucket(wanted[1], wanted[1] * _BURST, now)
        return self._reads if reads else self._writes

    def _partition(self, key: str, reads: bool) -> TokenBucket:
        rate = _PARTITION_READS * _HALVES if reads else _PARTITION_WRITES
        return self._partitions.setdefault((key, reads), TokenBucket(rate, rate, self._ground.clock.now))

    def _ask(self, whole: TokenBucket | None, tokens: int, parts: dict[str, int], reads: bool) -> None:
        now = self._ground.clock.now
        buckets = [(whole, tokens)] if whole is not None else []
        buckets += [(self._partition(key, reads), share) for key, share in parts.items()]
        if all(_passes(bucket, now, share) for bucket, share in buckets):
            return
        reason = "ProvisionedThroughputExceeded" if self.is_provisioned else "ThrottlingError"
        why = f"{'read' if reads else 'write'}: {reason}"
        cause = self._ground.clock.cause
        name = self._ground.identifier("refusals of tables")
        self._ground.journal.record("throttled", f"dynamodb:{self._table.name}", name, cause, why=why)
        raise Exceeded(self._table.name, reason)

    def _take(self, whole: TokenBucket | None, tokens: int, parts: dict[str, int], reads: bool) -> None:
        now = self._ground.clock.now
        if whole is not None:
            whole.take(now, min(tokens, whole.holds(now)))
        for key, share in parts.items():
            bucket = self._partition(key, reads)
            bucket.take(now, min(share, bucket.holds(now)))


def _passes(bucket: TokenBucket, now: int, tokens: int) -> bool:
    """Whether there are so many tokens, or as many as there can be."""
    wait = bucket.wait(now, tokens)
    return wait == 0 or (wait is None and bucket.holds(now) > 0 and bucket.wait(now, bucket.holds(now) + 1) is None)
