"""Tumbling windows: state that a function hands on from one batch of a shard to the next.

Words
-----
window
    a span of time, as long as the mapping says; one begins where another ends, and midnight of 1970 is a boundary. A
    record belongs to the window in which it arrived, and no batch has records of two windows.
state
    what the function returned under ``state``, at most 1 MB; the next batch of the window gets it. An answer without
    ``state`` is a failure.
final invocation
    the one at the window's end, without records, in which ``isFinalInvokeForWindow`` is true; then the state is gone.

Source: AWS Lambda Developer Guide, "Implementing stateful Kinesis Data Streams processing in Lambda" (read 2026-11). A
state that is too large ends its window early: here with a final invocation that has it and says so in
``isWindowTerminatedEarly``, and the next batch of the window begins with an empty state. AWS does not say whether the
final invocation can have records, nor what becomes of a window in which none arrived: here it has none, and there is
none. A window's batches follow one another, whatever the parallelization factor is.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, field, replace
from typing import Any

from waterline.clock import SECOND, Clock
from waterline.compute import limits
from waterline.compute.outcome import Outcome
from waterline.services.stream import StreamRecord


@dataclass
class Window:
    """A window of one shard that has had a record. `start` and `end` in microseconds since the cloud's start."""

    start: int
    end: int
    state: Any = field(default_factory=dict)
    terminated_early: bool = False
    records: list[StreamRecord] = field(default_factory=list)

    @classmethod
    def around(cls, clock: Clock, at: int, length: int) -> Window:
        """The window of this length (microseconds) in which an instant lies."""
        epoch = round(clock.start.timestamp() * SECOND)
        start = (epoch + at) // length * length - epoch
        return cls(start, start + length)

    def holds(self, record: StreamRecord) -> bool:
        return self.start <= record.at < self.end

    def fields(self, clock: Clock, shard: str, stream_arn: str, *, final: bool) -> dict[str, Any]:
        """What a function's event has beside ``Records``."""
        return {
            "window": {"start": _stamp(clock, self.start), "end": _stamp(clock, self.end)},
            "state": self.state,
            "shardId": shard,
            "eventSourceARN": stream_arn,
            "isFinalInvokeForWindow": final,
            "isWindowTerminatedEarly": self.terminated_early,
        }

    def take(self, outcome: Outcome, records: tuple[StreamRecord, ...]) -> None:
        """A batch is done, wholly or in part: keep its state, and remember its records."""
        self.state = json.loads(outcome.payload)["state"]
        self.records.extend(records)
        self.terminated_early = len(json.dumps(self.state)) > limits.TUMBLING_STATE

    def start_afresh(self) -> None:
        """After a final invocation that came early."""
        self.state, self.terminated_early = {}, False
        self.records.clear()


def judged(outcome: Outcome) -> Outcome:
    """An answer without ``state`` is a failure."""
    if outcome.succeeded:
        answer = json.loads(outcome.payload)
        if not isinstance(answer, dict) or "state" not in answer:
            return replace(outcome, why="the answer has no state, and the mapping has a tumbling window")
    return outcome


def _stamp(clock: Clock, at: int) -> str:
    return (clock.start + dt.timedelta(microseconds=at)).astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
