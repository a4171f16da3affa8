"""What becomes of a stream's batch after an invocation.

Words
-----
checkpoint
    the first record of a batch that the function is not done with. With ``ReportBatchItemFailures`` it is the record
    with the lowest sequence number that the function reports; what stands before it is done.
bisect
    to split a batch in two, so that a bad record is in a smaller and smaller batch. It uses up no retry.
retries
    how often a batch is tried again after its first attempt. ``-1``: until its records are too old.

==============================================  =======================================================
the function                                    then
==============================================  =======================================================
returns; and reports nothing, or may not        the batch is done
raises, times out, answers with a malformed     bisect, if the mapping does that and the batch has two
report                                          records or more; else the whole batch is tried again
reports a record in the middle                  what is before it is done; the rest is tried again, which
                                                is a retry unless the mapping bisects
reports the first record                        the whole batch is tried again
==============================================  =======================================================

Sources: AWS Lambda Developer Guide, "Retain discarded batch records for a Kinesis Data Streams event source in Lambda"
(splitting does not use up the retry quota; fact ``esm.bisect_counts_as_retry``), "Configuring partial batch response
with Kinesis Data Streams and Lambda" (read 2026-11). AWS does not say how long it waits between attempts: here one
second, then two, four and so on up to a minute, from one again after a checkpoint has moved. Nor does it say where it
splits: here in the middle, the smaller half first. A checkpoint that moves gives no retries back.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from waterline.compute.batch_response import reported_failures
from waterline.compute.outcome import Outcome
from waterline.services.stream import StreamRecord

_LONGEST_WAIT = 60


@dataclass(frozen=True)
class RetryPolicy:
    """`most` retries and `maximum_age` (microseconds), None: without end."""

    most: int | None = None
    maximum_age: int | None = None
    bisects: bool = False
    reports_failures: bool = False


@dataclass(frozen=True)
class Batch:
    """Records that are invoked together. `failures`: attempts since the last progress; `invocations`: all of them."""

    records: tuple[StreamRecord, ...]
    retries: int = 0
    failures: int = 0
    throttles: int = 0
    invocations: int = 0

    @property
    def wait(self) -> int:
        """Seconds until the next attempt."""
        return wait_after(max(self.failures, self.throttles))


@dataclass(frozen=True)
class Verdict:
    """`done` records; batches to try `again`, in this order; and what was `given_up`, and why."""

    done: tuple[StreamRecord, ...] = ()
    again: tuple[Batch, ...] = ()
    given_up: Batch | None = None
    why: str = ""


def wait_after(failures: int) -> int:
    """Seconds to wait after so many failures in a row."""
    return min(1 << min(max(failures - 1, 0), 30), _LONGEST_WAIT)


def verdict(batch: Batch, outcome: Outcome, policy: RetryPolicy) -> Verdict:
    """What becomes of a batch after this outcome."""
    checkpoint = _checkpoint(batch, outcome, policy)
    if checkpoint is None:
        return Verdict(done=batch.records)
    done, rest = batch.records[:checkpoint], batch.records[checkpoint:]
    failures = 1 if done else batch.failures + 1
    tried = replace(batch, records=rest, invocations=batch.invocations + 1, failures=failures, throttles=0)
    if policy.bisects and done:
        return Verdict(done, (tried,))
    if policy.bisects and len(rest) > 1 and _failed_whole(batch, outcome, policy):
        middle = len(rest) // 2
        return Verdict(again=(replace(tried, records=rest[:middle]), replace(tried, records=rest[middle:])))
    if policy.most is not None and batch.retries >= policy.most:
        times = tried.invocations
        return Verdict(done, given_up=tried, why=f"failed {times} times" if times > 1 else "failed, and is not retried")
    return Verdict(done, (replace(tried, retries=batch.retries + 1),))


def _reported(batch: Batch, outcome: Outcome) -> set[str] | None:
    return reported_failures(outcome.payload, {record.sequence_number for record in batch.records})


def _failed_whole(batch: Batch, outcome: Outcome, policy: RetryPolicy) -> bool:
    return not outcome.succeeded or (policy.reports_failures and _reported(batch, outcome) is None)


def _checkpoint(batch: Batch, outcome: Outcome, policy: RetryPolicy) -> int | None:
    """Where in the batch the function is not done; None: nowhere."""
    if not outcome.succeeded:
        return 0
    if not policy.reports_failures:
        return None
    failed = _reported(batch, outcome)
    if failed is None:
        return 0
    numbers = [record.sequence_number for record in batch.records]
    return min((numbers.index(number) for number in failed), default=None)
