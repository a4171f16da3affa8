"""Where a queue keeps its messages, so that no operation gets dearer as the backlog grows.

Words
-----
shelf
    items in the order of a key. Adding one costs O(log n); taking away the first, or any other, costs the same in the
    long run: what was taken from the middle stays in the heap as a blank until it comes up or blanks are the majority.
deadlines
    a shelf of messages whose keys are instants, with *one* timer on the clock, for the earliest.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from waterline.clock import Clock
from waterline.services.sqs.message import Message
from waterline.waiting import Timer

Item = TypeVar("Item")
_FEW = 64


class Shelf(Generic[Item]):
    """Items, least key first; items with the same key in the order in which they were put."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Item]] = []
        self._entries: dict[Item, tuple[int, int, Item]] = {}
        self._puts = 0

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Item]:
        return (item for _key, _put, item in sorted(self._entries.values(), key=lambda entry: entry[:2]))

    def put(self, item: Item, key: int) -> None:
        """Add an item, or move one that is here to another key."""
        self._puts += 1
        entry = (key, self._puts, item)
        self._entries[item] = entry
        heapq.heappush(self._heap, entry)
        if len(self._heap) > _FEW + 2 * len(self._entries):
            self._heap = list(self._entries.values())
            heapq.heapify(self._heap)

    def discard(self, item: Item) -> None:
        self._entries.pop(item, None)

    def first(self) -> Item | None:
        return self._heap[0][2] if self._first_key() is not None else None

    def pop(self) -> Item | None:
        """Take the first item away and return it."""
        item = self.first()
        if item is not None:
            del self._entries[item]
            heapq.heappop(self._heap)
        return item

    def _first_key(self) -> int | None:
        while self._heap:
            entry = self._heap[0]
            if self._entries.get(entry[2]) is entry:
                return entry[0]
            heapq.heappop(self._heap)
        return None


class Deadlines(Shelf[Message]):
    """Messages that something happens to at an instant; `wake` is called when the earliest instant has come.

    In the background nobody waits for the timer, so it may go off for a message that has left meanwhile; in the
    foreground it is moved at once, because ``settle`` plays up to it.
    """

    def __init__(self, clock: Clock, wake: Callable[[], None], *, background: bool) -> None:
        super().__init__()
        self._clock = clock
        self._wake = wake
        self._background = background
        self._timer: Timer | None = None
        self._armed_for = 0

    def put(self, item: Message, key: int) -> None:
        super().put(item, key)
        self._arm()

    def discard(self, item: Message) -> None:
        super().discard(item)
        if not self._background:
            self._arm()

    def due(self) -> Iterator[Message]:
        """Take away, earliest first, the messages whose instant has come."""
        while (key := self._first_key()) is not None and key <= self._clock.now:
            message = self.pop()
            assert message is not None
            yield message
        self._arm()

    def close(self) -> None:
        """Forget all messages and the timer."""
        self._heap.clear()
        self._entries.clear()
        self._arm()

    def _arm(self) -> None:
        earliest = self._first_key()
        armed = self._timer is not None and self._timer.pending
        if armed and earliest is not None:
            if earliest == self._armed_for or (self._background and earliest > self._armed_for):
                return
        elif not armed and earliest is None:
            return
        if self._timer is not None:
            self._timer.cancel()
        if earliest is not None:
            self._armed_for = earliest
            self._timer = self._clock.at(earliest, self._wake, background=self._background)
