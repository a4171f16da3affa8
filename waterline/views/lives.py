"""The life of each message, read from the journal: what a picture of a run draws.

Words
-----
life
    all that happened to one message, from its first event to its last, whichever queue it was in.
span
    a stretch of a life: *waiting* (stored, and anyone could receive it), *delayed*, *hidden* (received, and hidden
    from the others), *attempt* (a function works on it).
mark
    an instant of a life that is drawn as a sign: sent, visible again, failed, dead-lettered, deleted, ...
fate
    how it stands with the message at the end: done, dead, expired, still waiting, still hidden, ... What a topic, a bus
    or a schedule was sent is passed on: its copies have lives of their own.
try
    an attempt of a function; where no function was at work, a receive.

Nothing here knows how a life is drawn, so that every picture tells the same story.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from waterline.journal import Event, Journal

Source: TypeAlias = Journal | Sequence[Event]
"""What a picture is drawn from: a journal, the trace of a message, or any events in the order of their numbers."""

MARKS = (
    "sent",
    "visible",
    "failed",
    "throttled",
    "duplicated",
    "dead-lettered",
    "redriven",
    "deleted",
    "expired",
    "purged",
    "dropped",
    "denied",
    "filtered",
    "deduplicated",
)
"""The kinds of event that are drawn as a sign; the others begin or end a span."""

_ENDS = {
    "deleted": "done",
    "dead-lettered": "dead",
    "expired": "expired",
    "purged": "purged",
    "dropped": "dropped",
    "denied": "denied",
    "filtered": "filtered",
    "deduplicated": "deduplicated",
    "delivered": "passed on",
}
_PASS_ON = frozenset({"sns", "events", "scheduler"})
_LABEL_LENGTH = 16


@dataclass(frozen=True)
class Span:
    """A stretch of a life, in microseconds. `outcome` of an attempt: succeeded, failed, or "" where it has not ended.

    `lane` numbers the attempts that overlap in time: 0 for the first, 1 for one that began while that one ran, ...
    """

    kind: str
    start: int
    end: int
    outcome: str = ""
    lane: int = 0


@dataclass(frozen=True)
class Life:
    """One message's life. `done_at` is the instant of its first deletion (or success, without a queue)."""

    message: str
    label: str
    events: tuple[Event, ...]
    spans: tuple[Span, ...]
    marks: tuple[Event, ...]
    fate: str
    done_at: int | None

    @property
    def start(self) -> int:
        return self.events[0].at

    @property
    def end(self) -> int:
        return self.events[-1].at

    @property
    def receives(self) -> int:
        return sum(event.kind == "received" for event in self.events)

    @property
    def attempts(self) -> tuple[Span, ...]:
        return tuple(span for span in self.spans if span.kind == "attempt")

    @property
    def tries(self) -> int:
        """How often it was tried: attempts of a function, or receives where there was no function."""
        return len(self.attempts) or self.receives

    @property
    def successes(self) -> int:
        return sum(span.outcome == "succeeded" for span in self.attempts)

    @property
    def failures(self) -> int:
        return sum(span.outcome == "failed" for span in self.attempts)

    @property
    def death(self) -> Event | None:
        """The event by which it came to the dead-letter queue where it is now, if it is dead."""
        if self.fate != "dead":
            return None
        return next(event for event in reversed(self.events) if event.kind == "dead-lettered")

    @property
    def open(self) -> bool:
        """Whether something can still happen to it, so that its line reaches the end of the picture."""
        return self.fate in ("waiting", "delayed", "hidden", "at work")


def reach(source: Source) -> int:
    """How far a source reaches, in microseconds: the journal's instant, or the last of the events."""
    if isinstance(source, Journal):
        return source.now
    return max((event.at for event in source), default=0)


def lives(source: Source) -> list[Life]:
    """The life of every message of a source, in the order in which they first appear."""
    events: dict[str, list[Event]] = {}
    for event in source:
        if event.message is not None:
            events.setdefault(event.message, []).append(event)
    end = reach(source)
    labels = _labels(events)
    return [_life(message, labels[message], own, end) for message, own in events.items()]


# -- one life ----------------------------------------------------------------------------------------------------------


def _life(message: str, label: str, events: Sequence[Event], end: int) -> Life:
    fate, done_at = _fate(events)
    spans = [*_storage(events, fate, end), *_attempts(events, end)]
    marks = tuple(event for event in events if event.kind in MARKS)
    return Life(message, label, tuple(events), tuple(spans), marks, fate, done_at)


def _fate(events: Sequence[Event]) -> tuple[str, int | None]:
    fate, done_at = "waiting", None
    queued = any(event.kind == "received" for event in events)
    for event in events:
        match event.kind:
            case "sent" if event.service in _PASS_ON:
                fate = "passed on"
            case "delayed":
                fate = "delayed"
            case "received":
                fate = fate if fate == "dead" else "hidden"
            case "visible" | "redriven":
                fate = fate if fate == "dead" and event.kind == "visible" else "waiting"
            case "invoked" if not queued:
                fate = "at work"
            case "failed" if not queued:
                fate = "failed"
            case "retried" if not queued:
                fate = "waiting"
            case "succeeded" if not queued:
                fate, done_at = "done", event.at if done_at is None else done_at
            case "deleted" if fate == "dead":
                pass  # cleared out of the dead-letter queue: that does not bring it back to life
            case kind if kind in _ENDS:
                fate = _ENDS[kind]
                if kind == "deleted" and done_at is None:
                    done_at = event.at
    return fate, done_at


def _storage(events: Sequence[Event], fate: str, end: int) -> Iterable[Span]:
    """Where the message was while nobody worked on it: waiting, delayed or hidden, one after another."""
    kind, since, until = "", 0, 0
    for event in events:
        match event.kind:
            case "sent" if event.service in _PASS_ON:
                then = ""
            case "sent" | "routed" | "visible" | "redriven" | "duplicated" | "retried":
                then = "waiting"
            case "delayed":
                then = "delayed"
            case "received":
                then = "hidden"
            case "hidden":
                until = event.detail.get("until", until)
                continue
            case kind_of_end if kind_of_end in _ENDS:
                then = ""
            case "invoked" if kind == "waiting":
                then = ""
            case _:
                continue
        if kind and event.at > since:
            yield Span(kind, since, event.at)
        kind, since, until = then, event.at, event.detail.get("until", end)
    if kind and fate not in _ENDS.values():
        stop = min(until, end) if kind != "waiting" else end
        if stop > since:
            yield Span(kind, since, stop)


def _attempts(events: Sequence[Event], end: int) -> list[Span]:
    """Each invocation with this message, up to its outcome; those that overlap get lanes of their own."""
    begun: list[tuple[int, object]] = []
    ended: dict[int, tuple[int, str]] = {}
    for event in events:
        if event.kind == "invoked":
            begun.append((event.at, event.detail.get("invocation")))
        elif event.kind in ("succeeded", "failed"):
            mine = [
                number
                for number, (_, invocation) in enumerate(begun)
                if number not in ended and invocation == event.detail.get("invocation")
            ]
            if mine:
                ended[mine[0]] = (event.at, event.kind)
    free: list[int] = []
    spans = []
    for number, (start, _) in enumerate(begun):
        stop, outcome = ended.get(number, (end, ""))
        lane = next((lane for lane, until in enumerate(free) if until <= start), len(free))
        free[lane : lane + 1] = [stop]
        spans.append(Span("attempt", start, stop, outcome, lane))
    return spans


# -- labels ------------------------------------------------------------------------------------------------------------


def _labels(events: dict[str, list[Event]]) -> dict[str, str]:
    """A short name for each message: its body, if that is short and no other's; else the start of its identifier."""
    bodies = {message: _short(own) for message, own in events.items()}
    common = Counter(bodies.values())
    length = 8
    while length < 36 and len({message[:length] for message in events}) < len(events):
        length += 4
    return {message: body if body and common[body] == 1 else message[:length] for message, body in bodies.items()}


def _short(events: Sequence[Event]) -> str:
    body = next((event.detail["body"] for event in events if "body" in event.detail), "")
    if isinstance(body, str):
        try:
            body = json.loads(body)
        except ValueError:
            body = body.strip()
    while isinstance(body, (dict, list)):
        inner = list(body.values()) if isinstance(body, dict) else body
        # The first plain value names the thing; a body that starts with another object is named by what is in that.
        body = next((value for value in inner if not isinstance(value, (dict, list))), inner[0] if inner else "")
    text = " ".join(str(body).split())
    return text if len(text) <= _LABEL_LENGTH else ""
