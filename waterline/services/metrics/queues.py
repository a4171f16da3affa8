"""The metrics of ``AWS/SQS``, from what the journal says of queues.

Source: Amazon SQS Developer Guide, "Available CloudWatch metrics for Amazon SQS" and "Monitoring Amazon SQS queues
using CloudWatch".

- ApproximateNumberOfMessagesVisible, -NotVisible, -Delayed and ApproximateAgeOfOldestMessage (seconds): as it is at the
  end of each minute, one sample. Here they are exact. In a standard queue a message that was received more than three
  times no longer counts as the oldest; in a dead-letter queue the age counts from when the message moved there.
- NumberOfMessagesSent, -Received, -Deleted: a sample of 1 for each message; look at Sum. What moves to a dead-letter
  queue by itself is not sent to it.
- SentMessageSize (bytes): the detail ``size`` of ``sent``, or else the size of the body, without the attributes.
- NumberOfDeduplicatedSentMessages, in a FIFO queue that saw any.

A queue is active while it holds messages and for six hours after the last thing that happened in it. An active queue
has samples in every minute, zero where nothing happened; an inactive one has none. (Earlier the guide said so of each
metric. It now says of some that they are reported only if there is such a message, which for an alarm means missing
instead of zero.) Of SentMessageSize and NumberOfDeduplicatedSentMessages there are no zeros.

Not here, because the journal does not have it: NumberOfEmptyReceives; the requests that make an empty queue active;
deletions of what was deleted already. Nor are the metrics of message groups.
"""

from __future__ import annotations

import heapq
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from waterline.clock import SECOND
from waterline.journal import Event
from waterline.services.metrics.samples import Samples
from waterline.services.metrics.series import MINUTE, Metric, Series, Sparse

NAMESPACE = "AWS/SQS"
ACTIVE_MINUTES = 6 * 60
POISONED_AFTER = 3
_COUNTED = {"sent": "Sent", "received": "Received", "deleted": "Deleted"}
_GONE = frozenset({"deleted", "expired", "purged", "dead-lettered", "redriven"})


@dataclass(eq=False)
class _Copy:
    """A message in a queue: since when, how often received, and where it is ("" when it is gone)."""

    since: int
    state: str
    receives: int = 0


@dataclass(frozen=True)
class _Level:
    """What a queue holds at the end of a minute; `oldest` is the instant since which the oldest has been there."""

    visible: int
    in_flight: int
    delayed: int
    oldest: int | None

    @property
    def empty(self) -> bool:
        return self.visible + self.in_flight + self.delayed == 0


_Measure: TypeAlias = Callable[[_Level, int], float]

_LEVELS: dict[str, tuple[str, _Measure]] = {
    "ApproximateNumberOfMessagesVisible": ("Count", lambda level, end: level.visible),
    "ApproximateNumberOfMessagesNotVisible": ("Count", lambda level, end: level.in_flight),
    "ApproximateNumberOfMessagesDelayed": ("Count", lambda level, end: level.delayed),
    "ApproximateAgeOfOldestMessage": (
        "Seconds",
        lambda level, end: 0 if level.oldest is None else (end - level.oldest) / SECOND,
    ),
}


class QueueLevels:
    """What one queue held, at the end of each minute in which something happened in it."""

    def __init__(self, fifo: bool) -> None:
        self._fifo = fifo
        self._copies: dict[str, list[_Copy]] = {}
        self._counts = {"visible": 0, "in flight": 0, "delayed": 0, "": 0}
        self._ages: list[tuple[int, int, _Copy]] = []
        self._arrivals = 0
        self._minutes: list[int] = []
        self._levels: list[_Level] = []
        self._written = True

    # -- taking in ---------------------------------------------------------------------------------------------------

    def happened(self, at: int) -> None:
        """Something happens in the queue at that instant."""
        minute = at // MINUTE
        if not self._minutes or minute > self._minutes[-1]:
            self._write()
            self._minutes.append(minute)
            self._levels.append(_Level(0, 0, 0, None))
        self._written = False

    def store(self, message: str, at: int) -> None:
        copy = _Copy(at, "")
        self._copies.setdefault(message, []).append(copy)
        self._arrivals += 1
        heapq.heappush(self._ages, (at, self._arrivals, copy))
        self._put(copy, "visible")

    def move(self, message: str, state: str) -> None:
        """A copy of the message goes to that state: out of flight before another one that waits."""
        copies = self._copies.get(message)
        if not copies:
            return
        wanted = ("visible", "delayed", "in flight") if state == "in flight" else ("in flight", "delayed", "visible")
        copy = min(copies, key=lambda each: wanted.index(each.state))
        self._put(copy, state)
        if state == "in flight":
            copy.receives += 1
        elif not state:
            copies.remove(copy)
            if not copies:
                del self._copies[message]

    def _put(self, copy: _Copy, state: str) -> None:
        self._counts[copy.state] -= 1
        self._counts[state] += 1
        copy.state = state

    # -- giving out --------------------------------------------------------------------------------------------------

    def stretches(self, first: int, last: int) -> Iterator[tuple[int, int, _Level]]:
        """From which minute to before which an active queue held what, between `first` and before `last`."""
        self._write()
        for place in range(max(0, bisect_right(self._minutes, first) - 1), len(self._minutes)):
            begin, level = self._minutes[place], self._levels[place]
            if begin >= last:
                return
            until = self._minutes[place + 1] if place + 1 < len(self._minutes) else last
            if level.empty:
                until = min(until, begin + ACTIVE_MINUTES)
            yield max(first, begin), min(last, until), level

    def last_change(self, minute: int) -> int | None:
        self._write()
        place = bisect_right(self._minutes, minute) - 1
        if place < 0:
            return None
        begin = self._minutes[place]
        asleep = begin + ACTIVE_MINUTES
        return asleep if self._levels[place].empty and asleep <= minute else begin

    def next_change(self, minute: int) -> int | None:
        self._write()
        if not self._minutes or not self._levels[-1].empty:
            return None
        asleep = self._minutes[-1] + ACTIVE_MINUTES
        return asleep if asleep > minute else None

    def _write(self) -> None:
        if not self._written:
            self._written = True
            counts = self._counts
            self._levels[-1] = _Level(counts["visible"], counts["in flight"], counts["delayed"], self._oldest())

    def _oldest(self) -> int | None:
        while self._ages and not self._counts_as_oldest(self._ages[0][2]):
            heapq.heappop(self._ages)
        return self._ages[0][0] if self._ages else None

    def _counts_as_oldest(self, copy: _Copy) -> bool:
        return bool(copy.state) and (self._fifo or copy.receives <= POISONED_AFTER)


class LevelSeries:
    """A series of what a queue holds."""

    def __init__(self, levels: QueueLevels, unit: str, measure: _Measure) -> None:
        self.unit = unit
        self._levels = levels
        self._measure = measure
        self.last_change = levels.last_change
        self.next_change = levels.next_change

    def between(self, first: int, last: int, now: int) -> Iterator[tuple[int, Samples]]:
        for begin, end, level in self._levels.stretches(first, min(last, now // MINUTE)):
            for minute in range(begin, end):
                yield minute, Samples({self._measure(level, (minute + 1) * MINUTE): 1})


class TrafficSeries:
    """A series of how many messages went through a queue."""

    unit = "Count"

    def __init__(self, levels: QueueLevels) -> None:
        self._levels = levels
        self._counted = Sparse(self.unit)
        self.add = self._counted.add
        self.last_change = levels.last_change
        self.next_change = levels.next_change

    def between(self, first: int, last: int, now: int) -> Iterator[tuple[int, Samples]]:
        for begin, end, _ in self._levels.stretches(first, min(last, now // MINUTE + 1)):
            for minute in range(begin, end):
                samples = self._counted.get(minute)
                if samples is not None:
                    yield minute, samples
                elif (minute + 1) * MINUTE <= now:
                    yield minute, Samples({0: 1})


class QueueMetrics:
    """Takes in the events at queues one by one; `series` is what they add up to."""

    def __init__(self) -> None:
        self.series: dict[Metric, Series] = {}
        self._levels: dict[str, QueueLevels] = {}
        self._traffic: dict[tuple[str, str], TrafficSeries] = {}
        self._sparse: dict[tuple[str, str], Sparse] = {}

    def take(self, event: Event, at: int) -> None:
        """`at`: the event's instant, in microseconds since 1970."""
        queue, message = event.name, event.message or ""
        levels = self._queue(queue, at)
        if event.kind in _COUNTED:
            self._traffic[queue, event.kind].add(at // MINUTE, 1)
        match event.kind:
            case "sent":
                levels.store(message, at)
                size = event.detail.get("size", len(str(event.detail.get("body", "")).encode()))
                self._add(queue, "SentMessageSize", "Bytes", at, size)
            case "duplicated":
                levels.store(message, at)
            case "deduplicated":
                self._add(queue, "NumberOfDeduplicatedSentMessages", "Count", at, 1)
            case "delayed":
                levels.move(message, "delayed")
            case "received":
                levels.move(message, "in flight")
            case "visible":
                levels.move(message, "visible")
            case kind if kind in _GONE:
                levels.move(message, "")
                if kind == "dead-lettered":
                    self._queue(event.detail["to"], at).store(message, at)

    def _queue(self, name: str, at: int) -> QueueLevels:
        if name not in self._levels:
            levels = self._levels[name] = QueueLevels(fifo=name.endswith(".fifo"))
            for metric, (unit, measure) in _LEVELS.items():
                self.series[Metric.of(NAMESPACE, metric, QueueName=name)] = LevelSeries(levels, unit, measure)
            for kind, word in _COUNTED.items():
                traffic = self._traffic[name, kind] = TrafficSeries(levels)
                self.series[Metric.of(NAMESPACE, f"NumberOfMessages{word}", QueueName=name)] = traffic
        self._levels[name].happened(at)
        return self._levels[name]

    def _add(self, queue: str, name: str, unit: str, at: int, value: float) -> None:
        if (queue, name) not in self._sparse:
            series = self._sparse[queue, name] = Sparse(unit)
            self.series[Metric.of(NAMESPACE, name, QueueName=queue)] = series
        self._sparse[queue, name].add(at // MINUTE, value)
