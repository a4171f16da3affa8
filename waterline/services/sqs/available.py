"""Which visible messages of a queue can be received next: of a standard queue all of them, oldest first.

AWS promises no order, only its best effort (SQS Developer Guide, "Amazon SQS standard queues"). Without faults a
standard queue of the lab gives messages in the order in which they were sent, and a message that comes back takes its
old place: the best order that AWS allows.
What a FIFO queue does instead is in ``fifo.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from waterline.services.sqs.message import Message
from waterline.services.sqs.shelf import Shelf

Wanted = Callable[[Message], bool]


class Available(Protocol):
    """The visible messages of a queue. The methods that return a bool tell whether a message became receivable."""

    def put(self, message: Message) -> bool:
        """A message became visible."""

    def discard(self, message: Message) -> None:
        """A visible message is gone; one that is not visible is left alone."""

    def take(self, count: int, wanted: Wanted) -> list[Message]:
        """Put at most `count` messages in flight. One that is not `wanted` has been dealt with and is passed over."""

    def release(self, message: Message) -> bool:
        """A message is in flight no longer."""

    def oldest(self) -> Message | None:
        """The message that would be received next."""


class StandardMessages:
    """The visible messages of a standard queue, in the order in which they were sent."""

    def __init__(self) -> None:
        self._shelf: Shelf[Message] = Shelf()

    def put(self, message: Message) -> bool:
        self._shelf.put(message, message.order)
        return True

    def discard(self, message: Message) -> None:
        self._shelf.discard(message)

    def take(self, count: int, wanted: Wanted) -> list[Message]:
        taken: list[Message] = []
        while len(taken) < count and (message := self._shelf.pop()) is not None:
            if wanted(message):
                taken.append(message)
        return taken

    def release(self, message: Message) -> bool:
        return False

    def oldest(self) -> Message | None:
        return self._shelf.first()
