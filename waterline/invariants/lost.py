"""Nothing is lost: a message leaves its queue because somebody has processed it, or for a dead-letter queue.

Words
-----
lost
    gone without having been processed: deleted although no handler had succeeded with it, expired, or purged.
processed
    a handler succeeded with it. That the handler *did* something is another claim: one that catches its own exception
    and returns has succeeded, as far as a queue can know.

A message that is deleted by a consumer which is no function counts as lost: the journal shows no success of its.
"""

from __future__ import annotations

from collections.abc import Iterator

from waterline.invariants.broken import Broken, entries, life, named, place_of, shortest
from waterline.journal import Event, Journal
from waterline.trace import instant

_ENDS = {
    "deleted": "was deleted from {queue} at {at}, and no handler had succeeded with it",
    "expired": "expired in {queue} at {at}: it was older than the queue keeps messages",
    "purged": "was purged from {queue} at {at}",
}


def nothing_lost(journal: Journal, queue: str) -> Broken | None:
    """Each message that came into `queue` was processed, or was dead-lettered, or is still there."""
    return shortest(_lost(journal, place_of("sqs", queue)))


def _lost(journal: Journal, place: str) -> Iterator[Broken]:
    for entry in entries(journal, place):
        assert entry.message is not None
        end = _loss(journal.of(message=entry.message), entry)
        if end is not None:
            how = _ENDS[end.kind].format(queue=entry.name if entry.place == place else end.name, at=instant(end.at))
            sentence = f"{named(journal, entry.message)} {how}."
            yield Broken(sentence, entry.message, life(journal, entry.message, end.number))


def _loss(events: list[Event], entry: Event) -> Event | None:
    """The event by which a message was lost from the queue that it entered, or None."""
    place = entry.place if entry.kind == "sent" else f"sqs:{entry.detail['to']}"
    succeeded = False
    for event in events:
        succeeded = succeeded or event.kind == "succeeded"
        if event.number > entry.number and event.place == place and event.kind in _ENDS:
            if event.kind == "deleted" and succeeded:
                continue
            return event
    return None
