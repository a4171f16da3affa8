"""A claim that does not hold: the sentence that says so, the message that shows it, and its trace.

A trace ends at the event that breaks the claim, or at the deadline that passed: what came later proves nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from waterline.journal import Event, Journal
from waterline.trace import Trace

MOST_LINES = 12
_LONGEST_BODY = 60


@dataclass(frozen=True)
class Broken:
    """The counter-example to a claim. `message` is the identifier of the message that shows it."""

    sentence: str
    message: str
    trace: Trace

    def __str__(self) -> str:
        return f"{self.sentence}\n\n{shown(self.trace)}"


def shown(trace: Trace, most: int = MOST_LINES) -> str:
    """A trace as indented text, which Markdown shows as it is; of a long one the beginning and the end.

    `most`: lines, at least 3. The line in the middle of a shortened trace says how many events were left out.
    """
    lines = str(trace).splitlines()
    if len(lines) > most:
        head = (most - 1) // 2
        tail = most - 1 - head
        lines = [*lines[:head], f"  ...   {len(lines) - head - tail} more events", *lines[-tail:]]
    return "\n".join(f"    {line}" for line in lines)


def shortest(found: Iterable[Broken]) -> Broken | None:
    """The counter-example with the shortest trace, the first of equals; None if there is none."""
    return min(found, key=lambda broken: len(broken.trace), default=None)


def life(journal: Journal, message: str, until: int) -> Trace:
    """What happened to one message, up to the event whose number is `until`, that one included."""
    return Trace(tuple(event for event in journal.of(message=message) if event.number <= until))


def named(journal: Journal, message: str) -> str:
    """A message at the beginning of a sentence: the first characters of its identifier, and its body if it has one."""
    body = next(
        (str(event.detail["body"]) for event in journal.of("sent", message=message) if "body" in event.detail), ""
    )
    if len(body) > _LONGEST_BODY:
        body = body[:_LONGEST_BODY] + "..."
    return f"Message {message[:8]} ({body})" if body else f"Message {message[:8]}"


def place_of(service: str, name: str) -> str:
    """The journal's place for a queue or a function that is given by its name; a place is returned as it is."""
    return name if ":" in name else f"{service}:{name}"


def entries(journal: Journal, place: str) -> list[Event]:
    """How messages came into a queue: sent there, dead-lettered to it, or moved back to it. One event a message."""
    name = place.partition(":")[2]
    first: dict[str, Event] = {}
    for event in journal:
        sent_here = event.kind == "sent" and event.place == place
        # The dead letter of a function or of a topic is a message of its own there, and was sent.
        moved = event.kind in ("dead-lettered", "redriven") and event.service == "sqs"
        moved_here = moved and event.detail.get("to") == name
        if event.message is not None and (sent_here or moved_here):
            first.setdefault(event.message, event)
    return list(first.values())
