"""What is in a queue: its messages, the state that each is in, and the timers that change it.

A queue does nothing by itself but at instants that were set by a call: a visibility timeout or a delay that runs out (a
foreground timer) and a retention period (a background one). What happens to a message then is in the journal.
"""

from __future__ import annotations

from collections.abc import Iterator

from waterline.ground import Ground
from waterline.services.sqs.available import Available, Wanted
from waterline.services.sqs.message import Message, State
from waterline.services.sqs.shelf import Deadlines


class Contents:
    """The messages of one queue. `arrivals` wakes one waiting consumer for each that becomes receivable.

    `in_flight_limit`: so many messages may be in flight at once.
    """

    def __init__(self, ground: Ground, place: str, available: Available, in_flight_limit: int) -> None:
        self._journal = ground.journal
        self._place = place
        self._available = available
        self.in_flight_limit = in_flight_limit
        self.arrivals = ground.clock.signal()
        self.orders = 0
        self._stored: dict[int, Message] = {}
        self._counts = dict.fromkeys(State, 0)
        self._hidden = Deadlines(ground.clock, self.catch_up, background=False)
        self._aging = Deadlines(ground.clock, self.catch_up, background=True)

    def __iter__(self) -> Iterator[Message]:
        """All messages, in the order in which they were sent."""
        return iter(list(self._stored.values()))

    def get(self, order: int) -> Message | None:
        return self._stored.get(order)

    def count(self, state: State) -> int:
        self.catch_up()
        return self._counts[state]

    def oldest(self) -> Message | None:
        """The message that would be received next."""
        return self._available.oldest()

    # -- coming and going --------------------------------------------------------------------------------------------

    def store(self, message: Message, enqueued_at: int, expires_at: int) -> None:
        """Take a message in; it is in no state yet: :meth:`show` it or :meth:`hide` it."""
        self.orders += 1
        message.order = self.orders
        message.enqueued_at = enqueued_at
        self._stored[message.order] = message
        self._aging.put(message, expires_at)

    def show(self, message: Message) -> None:
        """Make it visible."""
        self._put_into(message, State.VISIBLE)
        self.announce(self._available.put(message))

    def hide(self, message: Message, state: State, until: int) -> None:
        """Put it into `state` until an instant at which it becomes visible."""
        self._put_into(message, state)
        self.hide_until(message, until)

    def hide_until(self, message: Message, until: int) -> None:
        """Change the instant at which a hidden message becomes visible."""
        self._hidden.put(message, until)

    def expire_at(self, message: Message, at: int) -> None:
        """Change the instant at which a message is dropped."""
        self._aging.put(message, at)

    def take(self, count: int, wanted: Wanted) -> list[Message]:
        """At most `count` visible messages, as far as there is room for them in flight."""
        room = min(count, self.in_flight_limit - self._counts[State.IN_FLIGHT])
        return self._available.take(room, wanted)

    def forget(self, message: Message) -> None:
        """The message is gone."""
        was_in_flight = message.state is State.IN_FLIGHT
        del self._stored[message.order]
        self._put_into(message, State.GONE)
        self._hidden.discard(message)
        self._aging.discard(message)
        self._available.discard(message)
        if was_in_flight:
            self._left_flight(message)

    def close(self) -> None:
        """There will be no messages any more; whoever waits for one wakes."""
        self._hidden.close()
        self._aging.close()
        self.arrivals.notify_all()

    # -- time --------------------------------------------------------------------------------------------------------

    def catch_up(self) -> None:
        """Let happen what is due. Called by the timers, and by whoever looks at this instant before they went off."""
        for message in self._aging.due():
            self.forget(message)
            self._journal.record("expired", self._place, message.id)
        for message in self._hidden.due():
            was_in_flight = message.state is State.IN_FLIGHT
            self._journal.record("visible", self._place, message.id)
            self.show(message)
            if was_in_flight:
                self._left_flight(message)

    def announce(self, receivable: bool) -> None:
        if receivable:
            self.arrivals.notify()

    def _put_into(self, message: Message, state: State) -> None:
        self._counts[message.state] -= 1
        self._counts[state] += 1
        message.state = state

    def _left_flight(self, message: Message) -> None:
        was_full = self._counts[State.IN_FLIGHT] == self.in_flight_limit - 1
        receivable = self._available.release(message)
        self.announce(receivable or (was_full and self._available.oldest() is not None))
