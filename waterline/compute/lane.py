"""A lane: one batch of a shard after another, each until the function is done with it or it is given up.

Words
-----
batch
    what one invocation gets: at most the batch size and 6 MB of records, gathered for at most the batching window.
blocked
    while a batch fails, what is behind it in its lane waits. The other lanes and shards go on.
too old
    older than the mapping's maximum record age, or than the stream keeps records: looked at before every attempt.

What an attempt leads to is decided in ``stream_retry``. A throttled batch is tried again after one second, two, four
and so on up to a minute, which uses up no retry ("Retain discarded batch records for a Kinesis Data Streams event
source in Lambda", before invocation, AWS Lambda Developer Guide, read 2026-11; the waits are ours).
"""

from __future__ import annotations

import json
from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from waterline.clock import SECOND
from waterline.compute import limits
from waterline.compute.environment import Invocation
from waterline.compute.outcome import Outcome
from waterline.compute.stream_destination import AGE, RETRIES, LastAttempt, description, tell
from waterline.compute.stream_retry import Batch, verdict
from waterline.compute.tumbling import Window, judged
from waterline.services.delivery import NotTaken, Targets
from waterline.services.stream import StreamRecord

if TYPE_CHECKING:
    from waterline.compute.stream_mapping import Reader

_ENVELOPE = len('{"Records": []}')


class Lane:
    """Works off the records that a reader puts into it, in order."""

    def __init__(self, reader: Reader, number: int) -> None:
        self._reader = reader
        self._mapping = reader.mapping
        self._clock = reader.mapping.ground.clock
        self._journal = reader.mapping.ground.journal
        self._name = f"lane {number} of {reader.shard.id}"
        self._pending: deque[StreamRecord] = deque()
        self._working: deque[Batch] = deque()
        self._filled = self._clock.signal()
        self._window: Window | None = None
        self._latest: LastAttempt | None = None
        self.busy = False

    def put(self, record: StreamRecord) -> None:
        self._pending.append(record)
        self._filled.notify_all()
        if not self.busy:
            self.busy = True
            self._clock.spawn(self._name, self._work)

    def wake(self) -> None:
        self._filled.notify_all()

    def let_go(self) -> None:
        """The mapping has ended: its records are nobody's again."""
        for record in [*self._pending, *(record for batch in self._working for record in batch.records)]:
            record.taken = False
        self._pending.clear()

    def _work(self) -> None:
        try:
            while self._mapping.wait_until_running():
                if self._window is not None and not self._window_goes_on(self._window):
                    self._finish_window(self._window)
                elif self._pending:
                    self._see_through(Batch(self._gather()))
                elif self._window is not None:
                    self._filled.wait(max(self._due(self._window) - self._clock.now, 0))
                else:
                    return
        finally:
            self.busy = False
            self._reader.drained()

    # -- a batch -----------------------------------------------------------------------------------------------------

    def _gather(self) -> tuple[StreamRecord, ...]:
        settings = self._mapping.settings
        closes = self._clock.now + settings.window
        if settings.tumbling_window and self._window is None:
            self._window = Window.around(self._clock, self._pending[0].at, settings.tumbling_window)
        records: list[StreamRecord] = []
        size = _ENVELOPE
        while len(records) < settings.batch_size and self._mapping.running:
            if not self._pending:
                left = closes - self._clock.now
                if left <= 0 or self._reader.at_the_end:
                    break
                self._filled.wait(left)
                continue
            record = self._pending[0]
            size += len(self._entry(record)) + 2
            if (records and size > limits.SYNCHRONOUS_PAYLOAD) or (self._window and not self._window.holds(record)):
                break
            records.append(self._pending.popleft())
        return tuple(records)

    def _see_through(self, first: Batch) -> None:
        """Invoke the function with a batch, and with what its failures make of it, until nothing of it is left."""
        self._latest = None
        todo = self._working = deque([first] if first.records else [])
        while todo and self._mapping.wait_until_running():
            batch = todo[0] = self._without_old(todo[0])
            if not batch.records:
                todo.popleft()
                continue
            outcome = self._attempt(batch)
            if outcome is None:
                todo[0] = replace(batch, throttles=batch.throttles + 1)
                self._rest(todo[0].wait)
                continue
            judgment = verdict(batch, outcome, self._mapping.settings.retries)
            if self._mapping.closed:
                todo[0] = replace(batch, records=batch.records[len(judgment.done) :])
                for record in judgment.done:
                    record.taken = True
                break
            todo.popleft()
            if self._window is not None and outcome.succeeded and judgment.done:
                self._window.take(outcome, judgment.done)
            if judgment.given_up is not None:
                self._give_up(judgment.given_up, RETRIES, judgment.why)
            elif judgment.again:
                self._again(judgment.again)
            if self._window is not None and self._window.terminated_early:
                self._finish_window(self._window)
        if self._mapping.closed:
            self.let_go()

    def _again(self, batches: tuple[Batch, ...]) -> None:
        self._working.extendleft(reversed(batches))
        wait = batches[0].wait
        why = f"in {wait} s" if len(batches) == 1 else f"in {wait} s, the batch split in two"
        for batch in batches:
            for record in batch.records:
                self._journal.record("retried", self._mapping.aim.place, record.message, why=why)
        self._rest(wait)

    def _rest(self, seconds: int) -> None:
        until = self._clock.now + seconds * SECOND
        while self._clock.now < until and not self._mapping.closed:
            self._mapping.changed.wait(until - self._clock.now)

    # -- an attempt --------------------------------------------------------------------------------------------------

    def _attempt(self, batch: Batch) -> Outcome | None:
        """One invocation; None when the function is throttled."""
        messages = tuple(record.message for record in batch.records)
        age = self._clock.now - batch.records[-1].at
        return self._invoke(batch.records, messages, {"iterator_age": age}, final=False)

    def _invoke(
        self, records: tuple[StreamRecord, ...], messages: tuple[str, ...], detail: dict[str, Any], *, final: bool
    ) -> Outcome | None:
        entries = ", ".join(self._entry(record) for record in records)
        event = f'{{"Records": [{entries}]}}'
        if self._window is not None:
            fields = self._window.fields(self._clock, self._reader.shard.id, self._mapping.stream.arn, final=final)
            event = f"{event[:-1]}, {json.dumps(fields)[1:]}"
        aim, gate = self._mapping.aim, self._clock.gate()
        invocation = Invocation(self._mapping.new_request_id(), event, messages, detail=detail, qualifier=aim.qualifier)
        fleet = aim.fleet()
        if fleet is None or not fleet.start(invocation, lambda outcome, _log: gate.open(outcome)):
            return None
        gate.wait()
        outcome: Outcome = gate.value if self._window is None or final else judged(gate.value)
        self._latest = LastAttempt(invocation.request_id, fleet.version, not outcome.succeeded)
        return outcome

    def _entry(self, record: StreamRecord) -> str:
        if self._mapping.data_key == "data":
            return json.dumps({**record.event, "invokeIdentityArn": self._mapping.role})
        return json.dumps(record.event)

    # -- what is given up --------------------------------------------------------------------------------------------

    def _without_old(self, batch: Batch) -> Batch:
        """The batch without the records at its beginning that are too old; those are given up."""
        shard, maximum_age = self._reader.shard, self._mapping.settings.retries.maximum_age
        trimmed = sum(1 for record in batch.records if shard.is_trimmed(record))
        old = sum(
            1 for record in batch.records if maximum_age is not None and self._clock.now - record.at > maximum_age
        )
        if trimmed:
            hours = shard.retention // (3600 * SECOND)
            function = self._mapping.aim.place.partition(":")[2]
            gone = replace(batch, records=batch.records[:trimmed])
            self._give_up(gone, AGE, f"older than the stream's {hours} h, and {function} was not done with it")
        if old > trimmed:
            seconds = (maximum_age or 0) // SECOND
            self._give_up(replace(batch, records=batch.records[trimmed:old]), AGE, f"older than {seconds} s")
        return replace(batch, records=batch.records[max(trimmed, old) :])

    def _give_up(self, batch: Batch, condition: str, why: str) -> None:
        """Write down that records are given up, and tell the on-failure destination."""
        mapping, shard, arn = self._mapping, self._reader.shard, self._mapping.settings.destination
        if arn is not None:
            context = mapping.aim.discarded(condition, batch.invocations, mapping.new_request_id(), self._latest)
            record = description(context, mapping.stream.arn, shard, batch, self._clock)
            why = f"{why}; {arn.rpartition(':')[2]} is told"
        for one in batch.records:
            if shard.is_trimmed(one):
                shard.expire(one, why)
            else:
                self._journal.record("dropped", mapping.aim.place, one.message, why=why)
        if arn is not None:
            self._tell(arn, json.dumps(record), tuple(one.message for one in batch.records))

    def _tell(self, arn: str, body: str, messages: tuple[str, ...]) -> None:
        task = self._clock.task
        assert task is not None
        task.cause = messages
        try:
            tell(Targets(self._mapping.ground), self._mapping.aim.arn, arn, body)
        except NotTaken as refusal:
            for message in messages:
                why = f"{arn} was not told: {refusal}"
                self._journal.record("dropped", self._mapping.aim.place, message, why=why)
        finally:
            task.cause = ()

    # -- tumbling windows --------------------------------------------------------------------------------------------

    def _due(self, window: Window) -> int:
        """When the window's last records have been read: at the first poll after its end."""
        return window.end + self._mapping.poll_interval

    def _window_goes_on(self, window: Window) -> bool:
        if self._pending:
            return window.holds(self._pending[0])
        return not self._reader.at_the_end and self._clock.now < self._due(window)

    def _finish_window(self, window: Window) -> None:
        """The final invocation: until it succeeds, its retries are used up, or the stream has let its records go."""
        messages = tuple(record.message for record in window.records)
        failures = retries = 0
        most = self._mapping.settings.retries.most
        while messages and self._mapping.wait_until_running():
            outcome = self._invoke((), messages, {"batch": 0, "final": True}, final=True)
            if self._mapping.closed or (outcome is not None and outcome.succeeded):
                break
            failures += 1
            retries += outcome is not None
            if (most is not None and retries > most) or self._reader.shard.is_trimmed(window.records[-1]):
                for message in messages:
                    why = "the final invocation of its window was given up"
                    self._journal.record("dropped", self._mapping.aim.place, message, why=why)
                break
            self._rest(replace(Batch(()), failures=failures).wait)
        if window.terminated_early:
            window.start_afresh()
        else:
            self._window = None
