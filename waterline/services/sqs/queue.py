"""One queue: where its messages are, when they become visible again, expire, or are dead-lettered.

moto keeps the queue's attributes, tags and policy; the messages and what becomes of them in time are here, their states
and the timers in ``contents``. What happens to a message is written to the journal at its instant.

What AWS says, in the SQS Developer Guide unless another source is named
------------------------------------------------------------------------
- "Amazon SQS visibility timeout": a received message is hidden for the timeout, from the receive on at most for as long
  as ``sqs.visibility_range`` says. Here it is receivable again at that very instant.
- DeleteMessage, API reference: the handle must be that of the latest receive; with an old one the request succeeds but
  the message might not be deleted. Here it is not. The latest handle deletes also after the timeout has run out, until
  somebody receives the message again; but a FIFO queue then answers that the handle has expired (the guide's pages on
  troubleshooting have the error).
- "Setting-up dead-letter queue retention": the retention period counts from the original send in a standard queue, and
  starts again when a message moves to a FIFO dead-letter queue.
- SetQueueAttributes, API reference: a changed retention period applies to the messages that are there. AWS takes up to
  15 minutes over it; here it is at once. A changed delay applies to delayed messages of FIFO queues only ("Amazon SQS
  delay queues").
- "Using dead-letter queues in Amazon SQS": a message whose receive count exceeds ``maxReceiveCount`` moves. That is
  when it would be received once more: with a consumer waiting, the instant it becomes visible; with none, later.
- "Configure a dead-letter queue redrive": what moves from a FIFO queue to its dead-letter queue gets its message
  identifier as deduplication identifier.
"""

from __future__ import annotations

from copy import copy
from typing import Any

from moto.sqs.exceptions import QueueDoesNotExist, SQSException
from moto.sqs.models import Queue as MotoQueue

from waterline.clock import SECOND
from waterline.faults.injection import DUPLICATE, REORDER
from waterline.ground import Ground
from waterline.services.deduplication import Ledger
from waterline.services.sqs import errors, limits
from waterline.services.sqs.available import Available, StandardMessages
from waterline.services.sqs.contents import Contents
from waterline.services.sqs.faulted import Strikes
from waterline.services.sqs.fifo import MessageGroups, sequence_number
from waterline.services.sqs.message import Message, State, order_in


class CloudQueue(MotoQueue):  # type: ignore[misc]
    """A queue of moto's whose messages are delivered on the cloud's clock.

    `place` names it in the journal. `arrivals` wakes one waiting consumer for each message (in a FIFO queue: for each
    message group) that becomes receivable.
    """

    BASE_ATTRIBUTES = [*MotoQueue.BASE_ATTRIBUTES, "RedriveAllowPolicy"]  # noqa: RUF012
    redrive_allow_policy: str | None = None

    @classmethod
    def taking_over(cls, queue: MotoQueue, ground: Ground) -> CloudQueue:
        """Make a queue that moto has just created one of ours."""
        queue.__class__ = cls
        ours: CloudQueue = queue
        ours._open(ground)
        return ours

    def _open(self, ground: Ground) -> None:
        self._clock = ground.clock
        self._journal = ground.journal
        self._faults = ground.faults
        self.place = f"sqs:{self.name}"
        self.deleted = False
        available: Available = MessageGroups() if self.fifo_queue else StandardMessages()
        most = limits.IN_FLIGHT_FIFO if self.fifo_queue else limits.IN_FLIGHT_STANDARD
        self.contents = Contents(ground, self.place, available, most)
        self.arrivals = self.contents.arrivals
        self._ledger = Ledger(limits.DEDUPLICATION_INTERVAL * SECOND)
        self._purged_at: int | None = None

    # -- how many there are ------------------------------------------------------------------------------------------

    @property
    def visible_count(self) -> int:
        """How many messages can be received, or could if their message group were not locked."""
        return self.contents.count(State.VISIBLE)

    @property
    def in_flight_count(self) -> int:
        return self.contents.count(State.IN_FLIGHT)

    @property
    def delayed_count(self) -> int:
        return self.contents.count(State.DELAYED)

    approximate_number_of_messages = visible_count
    approximate_number_of_messages_not_visible = in_flight_count
    approximate_number_of_messages_delayed = delayed_count

    @property
    def messages(self) -> list[Message]:
        """The visible messages, in the order in which they were sent."""
        self.contents.catch_up()
        return [message for message in self.contents if message.state is State.VISIBLE]

    # -- sending -----------------------------------------------------------------------------------------------------

    def send(self, message: Message, delay: int | None = None) -> Message:
        """Store a new message, hidden for `delay` seconds (None: for the queue's delay).

        A FIFO queue that remembers the deduplication identifier stores nothing, and the message becomes a stand-in for
        the original: it has the original's identifier and sequence number.
        """
        self._clock.refuse_other_threads()
        self.contents.catch_up()
        now = self._clock.now
        message.sent_timestamp = self._timestamp()
        if self.fifo_queue:
            scope = message.group_id if self.deduplication_scope == "messageGroup" else None
            original = self._ledger.original(scope, message.deduplication_id, now)
            if original is not None:
                message.id, message.sequence_number = original.message_id, original.sequence_number
                self._journal.record("deduplicated", self.place, message.id, message.parents)
                return message
            message.sequence_number = sequence_number(self.contents.orders + 1)
            self._ledger.enter(scope, message.deduplication_id, message.id, message.sequence_number, now)
        self._journal.record("sent", self.place, message.id, message.parents, body=message.body, group=message.group_id)
        strikes = Strikes() if self.fifo_queue else Strikes.drawn(self._faults, self.name)
        visible_at = now + (self.delay_seconds if delay is None else delay) * SECOND
        for wait in strikes.copies_after:
            self._clock.at(visible_at + wait, self._duplicate, copy(message), now)
        self._store(message, enqueued_at=now)
        until = visible_at + strikes.missed_for
        if until > now:
            self.contents.hide(message, State.DELAYED, until)
            fault = REORDER if strikes.missed_for else None
            self._journal.record("delayed", self.place, message.id, until=until, fault=fault)
        else:
            self.contents.show(message)
        return message

    def _duplicate(self, twin: Message, enqueued_at: int) -> None:
        """Store a copy of a message as it was sent at `enqueued_at`: a fault's doing. It may be too late for it."""
        self.contents.catch_up()
        purged = self._purged_at is not None and self._purged_at >= enqueued_at
        if self.deleted or purged or self._clock.now >= enqueued_at + self.message_retention_period * SECOND:
            return
        self._journal.record("duplicated", self.place, twin.id, fault=DUPLICATE, why="cloud.faults.duplicates")
        self._store(twin, enqueued_at)
        self.contents.show(twin)

    def add_message(self, message: Message) -> None:
        """moto's way in, which runs the handlers of event source mappings inside the producer's call: closed."""
        raise NotImplementedError("Messages enter a queue of the cloud by send().")

    # -- receiving ---------------------------------------------------------------------------------------------------

    def receive(self, count: int, visibility_timeout: int | None = None) -> list[Message]:
        """At most `count` messages, hidden for `visibility_timeout` seconds (None: the queue's); never waits.

        Each is a copy as of this receive: its receipt handle and its counts do not change when it is received again.
        """
        self._clock.refuse_other_threads()
        self.contents.catch_up()
        timeout = self.visibility_timeout if visibility_timeout is None else visibility_timeout
        received = [self._hand_out(message, timeout) for message in self.contents.take(count, self._still_wanted)]
        if timeout == 0:
            self.contents.catch_up()
        return received

    def poll(self, count: int, wait: int, visibility_timeout: int | None = None) -> list[Message]:
        """Like receive, but blocks the current task, at most `wait` seconds, until there is something to receive."""
        deadline = self._clock.now + wait * SECOND
        while True:
            if self.deleted:
                raise QueueDoesNotExist
            if wait == 0 and not self.fifo_queue and self.in_flight_count >= self.contents.in_flight_limit:
                raise errors.too_many_in_flight(self.contents.in_flight_limit)
            received = self.receive(count, visibility_timeout)
            left = deadline - self._clock.now
            if received or left <= 0:
                return received
            try:
                self.arrivals.wait(left)
            except BaseException:
                # The one that was woken has been ended before it could receive: somebody else must.
                self.contents.announce(self.contents.oldest() is not None)
                raise

    def _hand_out(self, message: Message, timeout: int) -> Message:
        now = self._clock.now
        until = now + timeout * SECOND
        self.contents.hide(message, State.IN_FLIGHT, until)
        message.received_at = now
        message.receives_here += 1
        message.approximate_receive_count += 1
        if message.approximate_first_receive_timestamp is None:
            message.approximate_first_receive_timestamp = self._timestamp()
        message.receipt_handle = message.new_receipt_handle(self.name)
        count = message.approximate_receive_count
        self._journal.record("received", self.place, message.id, count=count, until=until)
        return copy(message)

    def _still_wanted(self, message: Message) -> bool:
        """Tells whether the message is to be received; if it has been too often, it moves to the dead-letter queue."""
        target = self.dead_letter_queue
        if target is None or target.deleted or message.receives_here < self.redrive_policy["maxReceiveCount"]:
            return True
        self.contents.forget(message)
        self._journal.record(
            "dead-lettered", self.place, message.id, count=message.approximate_receive_count, to=target.name
        )
        target._adopt(message, self)
        return False

    def _adopt(self, message: Message, source: CloudQueue) -> None:
        """Take in a message that was dead-lettered from `source`."""
        self.contents.catch_up()
        message.dead_letter_source = source.queue_arn
        message.receives_here = 0
        message.receipt_handle = None
        enqueued_at = message.enqueued_at
        if self.fifo_queue:
            enqueued_at = self._clock.now
            message.sent_timestamp = self._timestamp()
            message.deduplication_id = message.id
            message.sequence_number = sequence_number(self.contents.orders + 1)
        self._store(message, enqueued_at)
        self.contents.show(message)

    # -- deleting, hiding --------------------------------------------------------------------------------------------

    def delete(self, receipt_handle: str) -> bool:
        """Delete the message that was received with this handle; tells whether there was one to delete.

        Raises ReceiptHandleIsInvalid for what is no handle of this queue, InvalidParameterValue for an expired one.
        """
        message = self.holder(receipt_handle)
        if message is None:
            return False
        latest = message.receipt_handle == receipt_handle
        if self.fifo_queue and not (latest and message.state is State.IN_FLIGHT):
            raise errors.receipt_handle_expired(receipt_handle)
        if not latest:
            return False
        self.contents.forget(message)
        self._journal.record("deleted", self.place, message.id)
        return True

    def discard(self, received: Message) -> bool:
        """Delete a message as it was received, or nothing if it has been received again or come back meanwhile."""
        try:
            return self.delete(received.receipt_handle)
        except SQSException:
            return False

    def change_visibility(self, receipt_handle: str, timeout: int) -> None:
        """Hide a message that is in flight for `timeout` seconds from now; 0 makes it visible.

        Raises MessageNotInflight, ReceiptHandleIsInvalid or InvalidParameterValue, as AWS does.
        """
        if timeout not in limits.VISIBILITY_TIMEOUT:
            raise errors.out_of_range(timeout, "VisibilityTimeout", limits.VISIBILITY_TIMEOUT)
        message = self.holder(receipt_handle)
        if message is None or message.receipt_handle != receipt_handle:
            raise errors.not_available_for_change(receipt_handle)
        if message.state is not State.IN_FLIGHT:
            raise errors.not_in_flight()
        until = self._clock.now + timeout * SECOND
        if until - message.received_at > limits.VISIBILITY_TIMEOUT.high * SECOND:
            limit = f"[{limits.VISIBILITY_TIMEOUT.high} seconds]"
            raise errors.invalid_value(
                timeout, "VisibilityTimeout", f"Total VisibilityTimeout for the message is beyond the limit {limit}"
            )
        if timeout > 0:
            self._journal.record("hidden", self.place, message.id, until=until)
        self.contents.hide_until(message, until)
        self.contents.catch_up()

    def holder(self, receipt_handle: str) -> Message | None:
        """The stored message that a handle of this queue was made for, or None if it is gone."""
        self._clock.refuse_other_threads()
        self.contents.catch_up()
        order = order_in(receipt_handle, self.name)
        if order is None:
            raise errors.no_such_receipt_handle(receipt_handle)
        return self.contents.get(order)

    # -- emptying ----------------------------------------------------------------------------------------------------

    def purge(self) -> bool:
        """Drop all messages; tells whether the last purge was long enough ago for this one to be done."""
        self._clock.refuse_other_threads()
        now = self._clock.now
        if self._purged_at is not None and now - self._purged_at < limits.PURGE_INTERVAL * SECOND:
            return False
        self._purged_at = now
        self._drop_all(None)
        return True

    def close(self) -> None:
        """The queue is deleted, with all that is in it; whoever waits for a message wakes and finds it `deleted`."""
        self._clock.refuse_other_threads()
        self.deleted = True
        self._drop_all("the queue was deleted")
        self.contents.close()

    def oldest(self) -> Message | None:
        """The message that would be received next."""
        self.contents.catch_up()
        return self.contents.oldest()

    def withdraw(self, message: Message, to: str) -> None:
        """Take out a visible message that a redrive moves to the queue named `to`."""
        self.contents.forget(message)
        self._journal.record("redriven", self.place, message.id, to=to)

    def _drop_all(self, why: str | None) -> None:
        self.contents.catch_up()
        for message in self.contents:
            self.contents.forget(message)
            self._journal.record("purged", self.place, message.id, why=why)

    # -- time --------------------------------------------------------------------------------------------------------

    def _set_attributes(self, attributes: dict[str, Any], now: float | None = None) -> None:
        self._clock.refuse_other_threads()
        self.contents.catch_up()
        super()._set_attributes(attributes, now)
        for message in self.contents:
            if "MessageRetentionPeriod" in attributes:
                self.contents.expire_at(message, self._expiry(message.enqueued_at))
            if "DelaySeconds" in attributes and self.fifo_queue and message.state is State.DELAYED:
                self.contents.hide_until(message, message.enqueued_at + self.delay_seconds * SECOND)
        self.contents.catch_up()

    def _expiry(self, enqueued_at: int) -> int:
        return int(enqueued_at + self.message_retention_period * SECOND)

    def _store(self, message: Message, enqueued_at: int) -> None:
        self.contents.store(message, enqueued_at, self._expiry(enqueued_at))

    def _timestamp(self) -> int:
        """Milliseconds since 1970."""
        return int(self._clock.start.timestamp() * 1000) + self._clock.now // 1000
