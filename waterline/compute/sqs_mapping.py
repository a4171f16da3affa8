"""The event source mapping that polls a queue and invokes a function with what it finds.

Words
-----
poller
    receives a batch, invokes the function with it, waits for the outcome, and begins again. A mapping starts with five;
    while there is a backlog and none is idle, one more comes every fifth of a second (300 a minute).
batch
    what one invocation gets: at most the batch size, gathered for at most the batching window.

When the function returns, its messages are deleted. When it fails, nothing is done: they stay hidden until their
visibility timeout is over, and then the whole batch comes back. With ``ReportBatchItemFailures`` only the reported
messages come back; a report that cannot be understood counts as a failure of the whole batch.

Source: AWS Lambda Developer Guide, "Using Lambda with Amazon SQS", "Configuring scaling behavior for SQS event source
mappings" and "Handling errors for an SQS event source in Lambda" (read 2026-11). Ours differs: receives are instant,
and after a throttle the batch waits out its visibility timeout.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from waterline.clock import SECOND
from waterline.compute.environment import Fleet, Invocation
from waterline.compute.outcome import Outcome
from waterline.facts import facts
from waterline.ground import Ground
from waterline.services.sqs import CloudQueue, Message

_MINUTE = 60 * SECOND


@dataclass(frozen=True)
class Settings:
    """`window` in microseconds; `maximum_concurrency` None: as far as the service scales."""

    batch_size: int
    window: int
    maximum_concurrency: int | None
    reports_failures: bool


class QueueMapping:
    """Polls one queue for one function, from its creation until :meth:`stop`."""

    def __init__(
        self, ground: Ground, queue: CloudQueue, fleet: Fleet, settings: Settings, request_id: Callable[[], str]
    ):
        self._ground = ground
        self._queue = queue
        self._fleet = fleet
        self._new_request_id = request_id
        self._settings = settings
        self._pollers = 0
        self._idle = 0
        self._growing = False
        self._running = False
        self._first_pollers: int = facts["esm.sqs_initial_concurrency"].value
        self._most_pollers: int = facts["esm.sqs_max_batches"].value
        self._receive_max: int = facts["sqs.batch_entries_max"].value

    def start(self) -> None:
        if not self._running:
            self._running = True
            for _ in range(min(self._first_pollers, self._limit)):
                self._add_poller()

    def stop(self) -> None:
        """Stop receiving; what was received is still handled."""
        self._running = False
        self._queue.arrivals.notify_all()

    def change(self, fleet: Fleet, settings: Settings) -> None:
        self._fleet, self._settings = fleet, settings

    @property
    def _limit(self) -> int:
        return min(self._settings.maximum_concurrency or self._most_pollers, self._most_pollers)

    # -- pollers -----------------------------------------------------------------------------------------------------

    def _add_poller(self) -> None:
        self._pollers += 1
        self._ground.clock.spawn(f"poller of {self._queue.name}", self._poll)

    def _poll(self) -> None:
        """One poller's life. It waits without a timer while the queue is empty, and so costs nothing."""
        try:
            while self._running and self._pollers <= max(self._limit, 1):
                batch = self._queue.receive(min(self._settings.batch_size, self._receive_max))
                if batch:
                    self._gather(batch)
                    self._grow_if_needed()
                    self._deliver(batch)
                elif self._pollers > self._first_pollers:
                    return
                else:
                    self._idle += 1
                    try:
                        self._queue.arrivals.wait()
                    finally:
                        self._idle -= 1
        finally:
            self._pollers -= 1

    def _gather(self, batch: list[Message]) -> None:
        """Fill the batch up to its size, for as long as the batching window allows."""
        closes = self._ground.clock.now + self._settings.window
        while len(batch) < self._settings.batch_size:
            more = self._queue.receive(min(self._settings.batch_size - len(batch), self._receive_max))
            batch.extend(more)
            left = closes - self._ground.clock.now
            if not more and (left <= 0 or not self._queue.arrivals.wait(left)):
                return

    def _grow_if_needed(self) -> None:
        if not self._growing and self._idle == 0 and self._queue.visible_count and self._pollers < self._limit:
            self._growing = True
            self._ground.clock.after(_MINUTE // facts["esm.sqs_scale_up_rate"].value, self._grow)

    def _grow(self) -> None:
        self._growing = False
        if self._running and self._idle == 0 and self._queue.visible_count and self._pollers < self._limit:
            self._add_poller()
            self._grow_if_needed()

    # -- a batch and its outcome -------------------------------------------------------------------------------------

    def _deliver(self, batch: list[Message]) -> None:
        event = json.dumps({"Records": [self._record(message) for message in batch]})
        invocation = Invocation(self._new_request_id(), event, tuple(message.id for message in batch))
        gate = self._ground.clock.gate()
        if self._fleet.start(invocation, lambda outcome, _log: gate.open(outcome)):
            gate.wait()
            for message in self._done(batch, gate.value):
                self._queue.delete(message.receipt_handle)

    def _done(self, batch: list[Message], outcome: Outcome) -> list[Message]:
        """The messages that the function is done with."""
        if not outcome.succeeded:
            return []
        if not self._settings.reports_failures:
            return batch
        failed = reported_failures(outcome.payload, {message.id for message in batch})
        return [] if failed is None else [message for message in batch if message.id not in failed]

    def _record(self, message: Message) -> dict[str, Any]:
        return {
            "messageId": message.id,
            "receiptHandle": message.receipt_handle,
            "body": message.body,
            "attributes": message.record_attributes(),
            "messageAttributes": message.record_message_attributes(),
            "md5OfBody": message.body_md5,
            "eventSource": "aws:sqs",
            "eventSourceARN": self._queue.queue_arn,
            "awsRegion": self._queue.region,
        }


def reported_failures(payload: str, known: set[str]) -> set[str] | None:
    """The message identifiers that a response reports as failed; None when the whole batch counts as failed.

    A response that is null or empty, or has no failures or an empty list of them, reports success. An empty or unknown
    identifier, a wrong key or anything else that is not understood fails the whole batch.
    """
    response = json.loads(payload)
    if not response:
        return set()
    if not isinstance(response, dict):
        return None
    items = response.get("batchItemFailures")
    if items is None or items == []:
        return set()
    if not isinstance(items, list):
        return None
    failed = {item.get("itemIdentifier") if isinstance(item, dict) else None for item in items}
    return failed if failed <= known else None
