"""In time: a message is processed, or given up, before its deadline.

Words
-----
deadline
    so many seconds after the message came into the queue. At the deadline itself is in time.
done
    deleted after a handler succeeded with it.
dead
    moved to a dead-letter queue.

Until its deadline has passed, a message breaks nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from waterline.clock import microseconds
from waterline.invariants.broken import Broken, entries, named, place_of, shortest
from waterline.journal import Event, Journal
from waterline.trace import Trace, instant


def done_within(journal: Journal, queue: str, seconds: float, of: Collection[str] | None = None) -> Broken | None:
    """Each message is done within `seconds` of coming into `queue`. `of`: only these messages, by identifier."""
    return shortest(_late(journal, queue, seconds, of, "deleted", "done"))


def dead_within(journal: Journal, queue: str, seconds: float, of: Collection[str] | None = None) -> Broken | None:
    """Each message that nobody can process is dead within `seconds` of coming into `queue`.

    `of`: the messages that must die, by identifier; left out, all those with which no handler ever succeeded.
    """
    if of is None:
        done = {event.message for event in journal.of("succeeded")}
        of = {entry.message for entry in entries(journal, place_of("sqs", queue)) if entry.message} - done
    return shortest(_late(journal, queue, seconds, of, "dead-lettered", "in a dead-letter queue"))


def _late(
    journal: Journal, queue: str, seconds: float, of: Collection[str] | None, end: str, wanted: str
) -> Iterator[Broken]:
    place = place_of("sqs", queue)
    for entry in entries(journal, place):
        if entry.message is None or (of is not None and entry.message not in of):
            continue
        deadline = entry.at + microseconds(seconds)
        events = journal.of(message=entry.message)
        reached = next((event for event in _later(events, entry, place) if event.kind == end), None)
        if (journal.now if reached is None else reached.at) <= deadline:
            continue
        sentence = (
            f"{named(journal, entry.message)} came into {place.partition(':')[2]} at {instant(entry.at)} "
            f"and should have been {wanted} by {instant(deadline)}: "
        )
        sentence += "it never was." if reached is None else f"it was at {instant(reached.at)}."
        last = reached.at if reached is not None else deadline
        yield Broken(sentence, entry.message, Trace(tuple(event for event in events if event.at <= last)))


def _later(events: list[Event], entry: Event, place: str) -> Iterator[Event]:
    """What happened at a place after a message came there. A delete that no success came before is no end."""
    succeeded = False
    for event in events:
        succeeded = succeeded or event.kind == "succeeded"
        if event.number > entry.number and event.place == place and (event.kind != "deleted" or succeeded):
            yield event
