"""A subscriber: reads its bus from a position on, and delivers what it wants to one target.

Words
-----
position
    how far the subscriber has read. It is kept while the subscriber is stopped, and it reads on from there.
batch
    the events that are handed over together: gathered for at most the batch window, and no more than the batch size.
blocked
    on a FIFO subscriber an event that is tried again holds up the later ones of its event group, and of no other.
given up
    after the retries, or when the next one would come later than an event may get old. Then the dead-letter queue gets
    one record of the batch, without the events themselves, or nobody does.

Every failure is tried again, whatever it is. Sources: Amazon EventBridge User Guide, "Subscribing to events on a Custom
Event Bus", "Ordering and deduplicating events on a Custom Event Bus", "Retry policies and dead-letter queues",
"Updating, pausing, and resuming a subscriber", "Replaying retained events to a subscriber", "Batching deliveries to a
target" (read 2026-11). Not documented, and ours: the waits between attempts (one second, then two, four and so on up to
five minutes), that an event's age counts from when the subscriber reads it, that a batch of a FIFO subscriber is of one
event group, and that an event without a group waits for no other.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from waterline.clock import SECOND
from waterline.ground import Ground
from waterline.services.delivery import Copies, Copy, NotTaken, Sender, Targets, place_of
from waterline.services.eventsv2.bus import EventBus
from waterline.services.eventsv2.event import LIVE, REPLAY, BusEvent
from waterline.services.eventsv2.filters import Filters
from waterline.services.eventsv2.invocation import Failures, Invocation, Offer
from waterline.services.stream import StreamRecord
from waterline.waiting import Timer

_FIRST_WAIT, _LONGEST_WAIT = 1, 300
_LONGEST_ERROR = 1024
RUNNING, STOPPED = "RUNNING", "STOPPED"
ATTEMPTS, AGE = "MaximumRetryAttempts", "MaximumEventAgeInSeconds"


@dataclass(frozen=True)
class Settings:
    """What can be changed of a subscriber. `window` and `age` in microseconds; `dead_letters`: a queue's ARN."""

    invocation: Invocation
    filters: Filters
    batch_size: int
    window: int
    retries: int
    age: int
    dead_letters: str | None


@dataclass(eq=False)
class _Taken:
    """An event that the subscriber is to deliver, and its copy."""

    copy: Copy
    offer: Offer


@dataclass(eq=False)
class _Lane:
    """Events that are delivered in batches: of a FIFO subscriber one batch after another, of others all at once."""

    one_at_a_time: bool
    pending: deque[_Taken] = field(default_factory=deque)
    timer: Timer | None = None
    busy: bool = False


class Subscriber:
    """`request` is what ``DescribeSubscriber`` shows. `position`: where it begins; `end`: an instant, or None."""

    def __init__(
        self,
        ground: Ground,
        bus: EventBus,
        arn: str,
        request: dict[str, Any],
        settings: Settings,
        position: int,
        end: int | None,
    ) -> None:
        self.arn = arn
        self.bus = bus
        self.request = request
        self.settings = settings
        self.created_at = self.modified_at = ground.clock.now
        self.tags: dict[str, str] = {}
        self.revoked = False
        self.deleted = False
        self._ground = ground
        self._clock = ground.clock
        self._copies = Copies(ground, bus.place)
        self._targets = Targets(ground)
        self._position = position
        self._replayed = bus.log.end
        self._end = end
        self._lanes: dict[str, _Lane] = {}
        self._reading = False
        self._epoch = 0
        self._changed = ground.clock.signal()
        self.wake()

    @property
    def name(self) -> str:
        return str(self.request["Name"])

    @property
    def is_running(self) -> bool:
        return self.request["State"] == RUNNING and not (self.revoked or self.deleted)

    # -- what the API does with it -----------------------------------------------------------------------------------

    def change(self, settings: Settings) -> None:
        self.settings, self.modified_at = settings, self._clock.now

    def stop(self) -> None:
        """Deliver nothing more; what a target is working on is still judged."""
        self.request["State"] = STOPPED

    def resume(self, *, latest: bool) -> None:
        """Read on where it stopped, or, `latest`, let go of all that came in meanwhile."""
        self.request["State"] = RUNNING
        if latest:
            self._let_go(f"{self.name} was resumed at LATEST")
        self._changed.notify_all()
        for lane in self._lanes.values():
            self._send(lane)
        self.wake()

    def end(self, why: str, *, revoked: bool) -> None:
        """Deliver nothing, ever again."""
        self._let_go(why)
        self.revoked, self.deleted = revoked, not revoked
        self._changed.notify_all()

    def missed(self, record: StreamRecord, index: int) -> None:
        """The bus no longer keeps a record; if it was still to be read, say so."""
        if index >= self._position and self.settings.filters.want(record.event["event"]):
            record.taken = True
            why = f"older than {self.bus.retention_days} d, and {self.name} had not read it"
            self._ground.journal.record("expired", self.bus.place, record.message, why=why, by=self.name)

    # -- reading -----------------------------------------------------------------------------------------------------

    def wake(self) -> None:
        """There may be something to read: read it at this instant, after the call that brought it has returned."""
        if self.is_running and not self._reading and self._position < self.bus.log.end:
            self._reading = True
            self._clock.after(0, self._read)

    def _read(self) -> None:
        self._reading = False
        if not self.is_running:
            return
        for number, record in self._unread():
            taken = self._wanted(number, record)
            if taken is not None:
                event: BusEvent = record.event["event"]
                self._lane(event).pending.append(taken)
        for lane in list(self._lanes.values()):
            self._send(lane)

    def _unread(self) -> list[tuple[int, StreamRecord]]:
        read = self.bus.log.after(self._position)
        first = read.position - len(read.records)
        self._position = read.position
        return [(first + number, record) for number, record in enumerate(read.records)]

    def _wanted(self, number: int, record: StreamRecord) -> _Taken | None:
        event: BusEvent = record.event["event"]
        delivery = REPLAY if number < self._replayed else LIVE
        if self._end is not None and record.at > self._end:
            return None
        record.taken = True
        if not self.settings.filters.want(event, delivery):
            why = f"no filter of {self.name} wants it"
            self._ground.journal.record("filtered", self.bus.place, event.identifier, why=why, by=self.name)
            return None
        to = place_of(self.request["InvokeConfiguration"]["TargetArn"])
        copy = self._copies.make(event.identifier, to, subscriber=self.name)
        return _Taken(copy, Offer(copy.message, event, event.seen(delivery)))

    def _lane(self, event: BusEvent) -> _Lane:
        ordered = self.request["Type"] == "FIFO" and event.group is not None
        return self._lanes.setdefault(event.group or "" if ordered else "", _Lane(ordered))

    # -- batches -----------------------------------------------------------------------------------------------------

    def _send(self, lane: _Lane, *, due: bool = False) -> None:
        """Deliver the batches of a lane that are full or due."""
        settings = self.settings
        while lane.pending and self.is_running and not (lane.one_at_a_time and lane.busy):
            if not due and settings.window and len(lane.pending) < settings.batch_size:
                if lane.timer is None or not lane.timer.pending:
                    lane.timer = self._clock.after(settings.window, self._send_due, lane)
                return
            if lane.timer is not None:
                lane.timer.cancel()
            batch = [lane.pending.popleft() for _ in range(min(settings.batch_size, len(lane.pending)))]
            lane.busy, due = True, False
            self._clock.spawn(
                f"delivery from {self.bus.place} to {self.name}",
                self._see_through,
                lane,
                batch,
                cause=tuple(taken.copy.message for taken in batch),
            )

    def _send_due(self, lane: _Lane) -> None:
        self._send(lane, due=True)

    def _see_through(self, lane: _Lane, batch: list[_Taken]) -> None:
        try:
            self._deliver(batch)
        finally:
            lane.busy = False
            self._send(lane)

    def _deliver(self, batch: list[_Taken]) -> None:
        """Hand a batch over, again and again, until all of it is taken or given up."""
        epoch, settings = self._epoch, self.settings
        failed = 0
        while True:
            failures = self.settings.invocation.hand_over([taken.offer for taken in batch])
            batch = self._left(batch, failures, failed + 1)
            if not batch:
                return
            wait = min(_FIRST_WAIT << min(failed, 30), _LONGEST_WAIT) * SECOND
            failed += 1
            settings = self.settings
            condition = ATTEMPTS if failed > settings.retries else AGE
            if condition == ATTEMPTS or self._clock.now + wait > batch[0].copy.made_at + settings.age:
                self._give_up(batch, failures, condition, failed)
                return
            for taken in batch:
                why = f"in {wait // SECOND} s: {failures[taken.copy.message]}"
                self._record("retried", taken.copy, why, failed, until=self._clock.now + wait)
            self._clock.rest(wait)
            while not self.is_running and epoch == self._epoch:
                self._changed.wait()
            if epoch != self._epoch:
                for taken in batch:
                    self._record("dropped", taken.copy, self._why_let_go, failed)
                return

    def _left(self, batch: Sequence[_Taken], failures: Failures, attempts: int) -> list[_Taken]:
        """What was not taken; the rest is delivered."""
        for taken in batch:
            if taken.copy.message not in failures:
                self._record("delivered", taken.copy, None, attempts)
        return [taken for taken in batch if taken.copy.message in failures]

    # -- what is given up --------------------------------------------------------------------------------------------

    def _give_up(self, batch: list[_Taken], failures: Failures, condition: str, attempts: int) -> None:
        first = failures[batch[0].copy.message]
        why = f"given up after {attempts} attempt{'s' * (attempts > 1)}: {first}"
        queue = self.settings.dead_letters
        if queue is not None:
            record = json.dumps(self._dead_letter(batch, first, condition, attempts - 1))
            try:
                self._targets.queue(self._sender, queue, record, group=self._group_of(batch, queue))
            except NotTaken as refusal:
                queue, why = None, f"{why}; and its dead-letter queue did not take it: {refusal}"
        for taken in batch:
            if queue is None:
                self._record("dropped", taken.copy, why, attempts)
            else:
                self._record("dead-lettered", taken.copy, why, attempts, to=queue.rpartition(":")[2])

    def _dead_letter(self, batch: list[_Taken], error: NotTaken, condition: str, retries: int) -> dict[str, Any]:
        return {
            "version": "1.0",
            "busArn": self.bus.arn,
            "subscriberArn": self.arn,
            "targetArn": self.request["InvokeConfiguration"]["TargetArn"],
            "errorCode": _error_code(error),
            "errorMessage": str(error)[:_LONGEST_ERROR],
            "exhaustedRetryCondition": condition,
            "retryAttempts": retries,
            "failedMessages": [
                {
                    "eventId": taken.offer.event.identifier,
                    "eventGroupId": taken.offer.event.group,
                    "deduplicationId": taken.offer.event.deduplication,
                    "timestamp": self._stamp(),
                    "targetRequestId": "",
                }
                for taken in batch
            ],
        }

    def _stamp(self) -> str:
        date = self._clock.date.astimezone(dt.UTC)
        return date.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def _group_of(self, batch: list[_Taken], queue: str) -> str | None:
        return (batch[0].offer.event.group or self.name) if queue.endswith(".fifo") else None

    @property
    def _sender(self) -> Sender:
        return Sender("events.amazonaws.com", self.arn, self.arn.split(":")[4], by_role=True)

    def _let_go(self, why: str) -> None:
        """Forget what is not delivered yet: what waits in lanes, what is tried again, what is still to be read."""
        self._epoch += 1
        self._why_let_go = why
        waiting = [taken for lane in self._lanes.values() for taken in lane.pending]
        unread = [self._wanted(number, record) for number, record in self._unread()]
        for lane in self._lanes.values():
            lane.pending.clear()
        for taken in [*waiting, *(taken for taken in unread if taken is not None)]:
            self._record("dropped", taken.copy, why, 0)

    def _record(self, kind: str, copy: Copy, why: str | None, attempts: int, **detail: Any) -> None:
        to: Mapping[str, Any] = {"to": copy.to, **detail}
        self._ground.journal.record(kind, self.bus.place, copy.message, why=why, count=attempts or None, **to)


def _error_code(error: NotTaken) -> str:
    if error.code in ("AccessDenied", "AccessDeniedException"):
        return "ACCESS_DENIED"
    if "Throttl" in error.code or "TooMany" in error.code or "Throughput" in error.code:
        return "THROTTLED"
    return error.code if error.code == "TARGET_FAILURE" else "CUSTOMER_VALIDATION"
