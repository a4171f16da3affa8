"""The event source mapping that polls a queue and invokes a function with what it finds.

Words
-----
poller
    receives a batch, invokes the function with it, waits for the outcome, and begins again. A mapping starts with five;
    while there is a backlog and none is idle, one more comes every fifth of a second (300 a minute).
batch
    what one invocation gets: at most the batch size and 6 MB, gathered for at most the batching window.
backing off
    while invocations fail, pollers go: one in fourteen in every fifth of a second in which one failed, down to five.
scout
    notices that messages arrive while every poller is busy, so that one more may come.

When the function returns, its messages are deleted. When it fails, nothing is done: they stay hidden until their
visibility timeout is over, and then the whole batch comes back. With ``ReportBatchItemFailures`` only the reported
messages come back (``batch_response``). When it is throttled, the poller tries again after one second, two, four and so
on until the first message's visibility timeout is over; then the batch comes back, one receive older.

Source: AWS Lambda Developer Guide, "Using Lambda with Amazon SQS", "Configuring scaling behavior for SQS event source
mappings" and "Handling errors for an SQS event source in Lambda" (read 2026-11). AWS does not say how long it waits
after a throttle, nor which poller gets a message, nor by how much it backs off when a function fails: one in fourteen
is ours, fitted to measurements (Rehan van der Merwe, "7 SQS Lambda ESM Scaling Behaviours"). Here a batch that is being
gathered is filled before another is begun, no poller is added while one waits out a throttle, and receives are instant.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from waterline.clock import SECOND
from waterline.compute import limits
from waterline.compute.batch_response import reported_failures
from waterline.compute.consumer import Consumer
from waterline.compute.environment import Invocation
from waterline.compute.filters import Filters
from waterline.compute.outcome import Outcome
from waterline.ground import Ground
from waterline.services.sqs import CloudQueue, Message

_GROWTH_INTERVAL = 60 * SECOND // limits.MORE_POLLERS_PER_MINUTE
_BACKOFF = 1 / 14  # fitted: tests/compute/test_published_measurements.py
_FIRST_THROTTLE_WAIT = SECOND


@dataclass(frozen=True)
class Settings:
    """`window` in microseconds; `maximum_concurrency` None: as far as the service scales."""

    batch_size: int
    window: int
    maximum_concurrency: int | None
    reports_failures: bool
    filters: Filters | None = None


class QueueMapping:
    """Polls one queue for one function, from :meth:`start` until :meth:`stop`."""

    def __init__(
        self, ground: Ground, queue: CloudQueue, aim: Consumer, settings: Settings, request_id: Callable[[], str]
    ):
        self._ground = ground
        self._clock = ground.clock
        self.queue = queue
        self._new_request_id = request_id
        self._settings = settings
        self.aim = aim
        self._running = False
        self._pollers = 0
        self._idle = 0
        self._throttled = 0
        self._scaling = False
        self._failed = False
        self._too_many = 0.0
        self._scouting = False

    def start(self) -> None:
        """Begin to poll, or, when it polls already, see to it that there are as many pollers as there should be."""
        if self.queue.deleted or not self.aim.exists:
            return
        self._running = True
        while self._pollers < min(limits.FIRST_POLLERS, self._limit):
            self._add_poller()
        if not self._scouting:
            self._scouting = True
            self._clock.spawn(f"scout of {self.queue.name}", self._scout)

    def stop(self) -> None:
        """Stop receiving; what was received is still handled."""
        self._running = False
        self.queue.arrivals.notify_all()

    def close(self) -> None:
        """Stop for good."""
        self.stop()

    def stop_because(self, why: str) -> None:
        """Stop for good, since the queue or the function is gone, and say so in the journal."""
        if self._running:
            self.stop()
            why = f"{why}: its event source mapping stopped polling {self.queue.name}"
            self._ground.journal.record("ended", self.aim.place, why=why)

    def change(self, aim: Consumer, settings: Settings) -> None:
        """From the next batch on, invoke this function under these settings."""
        self.aim, self._settings = aim, settings
        self.queue.arrivals.notify_all()

    @property
    def _limit(self) -> int:
        return min(self._settings.maximum_concurrency or limits.MOST_POLLERS, limits.MOST_POLLERS)

    # -- pollers -----------------------------------------------------------------------------------------------------

    def _add_poller(self) -> None:
        self._pollers += 1
        self._clock.spawn(f"poller of {self.queue.name}", self._poll)

    def _poll(self) -> None:
        """One poller's life. It waits without a timer while the queue is empty, and so costs nothing."""
        try:
            while self._may_poll() and self._pollers <= self._limit and not self._backs_off():
                batch = self._receive(min(self._settings.batch_size, limits.RECEIVED_AT_ONCE))
                if batch:
                    self._gather(batch)
                    self._scale_if_needed()
                    for part in self._parts(batch):
                        self._deliver(part)
                elif self._pollers > limits.FIRST_POLLERS:
                    return
                else:
                    self._idle += 1
                    try:
                        self.queue.arrivals.wait()
                    finally:
                        self._idle -= 1
        finally:
            self._pollers -= 1
            self._pass_on()

    def _may_poll(self) -> bool:
        if self.queue.deleted:
            self.stop_because("the queue was deleted")
        return self._running

    def _pass_on(self) -> None:
        """Whoever was woken and does not receive wakes somebody else: a poller, or a consumer of another kind."""
        if not self.queue.deleted and self.queue.oldest() is not None:
            self.queue.arrivals.notify()

    def _gather(self, batch: list[Message]) -> None:
        """Fill the batch up to its size, for as long as the batching window allows."""
        closes = self._clock.now + self._settings.window
        while self._running and len(batch) < self._settings.batch_size:
            more = self._receive(min(self._settings.batch_size - len(batch), limits.RECEIVED_AT_ONCE))
            batch.extend(more)
            left = closes - self._clock.now
            if not more and (left <= 0 or not self.queue.arrivals.wait(left, first=True)):
                return

    def _receive(self, most: int) -> list[Message]:
        """Receive messages that the filters want; what they do not want is deleted."""
        while received := self.queue.receive(most):
            filters = self._settings.filters
            wanted = [message for message in received if filters is None or filters.want(self._record(message))]
            for message in received:
                if message not in wanted:
                    why = f"no filter of {self.aim.place.partition(':')[2]} wants it"
                    self._ground.journal.record("filtered", self.queue.place, message.id, why=why)
                    self.queue.discard(message)
            if wanted:
                return wanted
        return []

    def _scout(self) -> None:
        try:
            while self._may_poll():
                self.queue.arrivals.wait()
                if self._idle and self._running:
                    self._pass_on()
                else:
                    self._scale_if_needed()
        finally:
            self._scouting = False

    # -- how many pollers --------------------------------------------------------------------------------------------

    def _scale_if_needed(self) -> None:
        if not self._scaling and (self._failed or self._wants_more()):
            self._scaling = True
            self._clock.after(_GROWTH_INTERVAL, self._scale)

    def _scale(self) -> None:
        self._scaling = False
        if self._failed:
            self._failed = False
            self._too_many += self._pollers * _BACKOFF
        if self._pollers <= limits.FIRST_POLLERS:
            self._too_many = 0.0
        if self._wants_more():
            if self._too_many >= 1:
                self._too_many -= 1
            else:
                self._add_poller()
            self._scale_if_needed()

    def _backs_off(self) -> bool:
        """Whether a poller is to end because invocations have failed."""
        if self._too_many < 1 or self._pollers <= limits.FIRST_POLLERS:
            return False
        self._too_many -= 1
        return True

    def _wants_more(self) -> bool:
        return (
            self._running
            and not (self._idle or self._throttled or self.queue.deleted)
            and self._pollers < self._limit
            and self.queue.oldest() is not None
        )

    # -- a batch and its outcome -------------------------------------------------------------------------------------

    def _parts(self, batch: list[Message]) -> Iterator[list[Message]]:
        """The batch, or, where it is larger than a payload may be, parts of it that are not."""
        part: list[Message] = []
        size = 0
        for message in batch:
            if part and size + message.size > limits.SYNCHRONOUS_PAYLOAD:
                yield part
                part, size = [], 0
            part.append(message)
            size += message.size
        yield part

    def _deliver(self, batch: list[Message]) -> None:
        event = json.dumps({"Records": [self._record(message) for message in batch]})
        messages = tuple(message.id for message in batch)
        invocation = Invocation(self._new_request_id(), event, messages, qualifier=self.aim.qualifier)
        settings, gate = self._settings, self._clock.gate()
        if self._start(invocation, batch[0], lambda outcome, _log: gate.open(outcome)):
            gate.wait()
            if not gate.value.succeeded:
                self._failed = True
                self._scale_if_needed()
            for message in _done(batch, gate.value, settings):
                self.queue.discard(message)

    def _start(self, invocation: Invocation, first: Message, finish: Callable[[Outcome, str], object]) -> bool:
        """Invoke the function; when it is throttled, again and again while the batch is hidden."""
        hidden_until = first.received_at + int(self.queue.visibility_timeout) * SECOND
        wait = _FIRST_THROTTLE_WAIT
        while not ((fleet := self.aim.fleet()) and fleet.start(invocation, finish)):
            if not self._running or self._clock.now + wait >= hidden_until:
                return False
            self._throttled += 1
            try:
                self._clock.sleep(wait / SECOND)
            finally:
                self._throttled -= 1
            wait *= 2
        return True

    def _record(self, message: Message) -> dict[str, Any]:
        return {
            "messageId": message.id,
            "receiptHandle": message.receipt_handle,
            "body": message.body,
            "attributes": message.record_attributes(),
            "messageAttributes": message.record_message_attributes(),
            "md5OfBody": message.body_md5,
            "eventSource": "aws:sqs",
            "eventSourceARN": self.queue.queue_arn,
            "awsRegion": self.queue.region,
        }


def _done(batch: list[Message], outcome: Outcome, settings: Settings) -> list[Message]:
    """The messages that the function is done with."""
    if not outcome.succeeded:
        return []
    if not settings.reports_failures:
        return batch
    failed = reported_failures(outcome.payload, {message.id for message in batch})
    return [] if failed is None else [message for message in batch if message.id not in failed]
