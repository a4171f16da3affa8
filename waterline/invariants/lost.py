"""Nothing is lost: a message leaves its queue because somebody has processed it, or for a dead-letter queue; a copy of
a topic reaches its target, or a dead-letter queue.

Words
-----
lost
    gone without having been processed: deleted although no handler had succeeded with it, expired, or purged.
processed
    a handler succeeded with it. That the handler *did* something is another claim: one that catches its own exception
    and returns has succeeded, as far as a queue can know.

copy
    what a topic, a bus or a pipe made of a message for one of its targets. A copy that was dropped is lost; one that
    was delivered is lost if what it became there is: a message in a queue as above, an event of a function if it was
    dropped. A message that a filter did not want has no copy.

A message that is deleted by a consumer which is no function counts as lost: the journal shows no success of its.
"""

from __future__ import annotations

from collections.abc import Iterator

from waterline.invariants.broken import Broken, entries, life, named, place_of, shortest
from waterline.journal import Event, Journal
from waterline.trace import Trace, instant

_ENDS = {
    "deleted": "was deleted from {queue} at {at}, and no handler had succeeded with it",
    "expired": "expired in {queue} at {at}: it was older than the queue keeps messages",
    "purged": "was purged from {queue} at {at}",
}


def nothing_lost(journal: Journal, queue: str) -> Broken | None:
    """Each message that came into `queue` was processed, or was dead-lettered, or is still there.

    `queue` may also be the place of what makes copies, ``sns:orders``: each copy that left it was delivered and not
    lost there, or was dead-lettered, or is on its way.
    """
    place = place_of("sqs", queue)
    return shortest(_lost(journal, place) if place.startswith("sqs:") else _lost_copies(journal, place))


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


# -- copies ------------------------------------------------------------------------------------------------------------


def _lost_copies(journal: Journal, place: str) -> Iterator[Broken]:
    for routed in journal.of("routed", place):
        assert routed.message is not None
        told = named(journal, next(iter(routed.parents), routed.message))
        for event in journal.of("dropped", place, routed.message):
            sentence = (
                f"{told} did not reach {routed.detail['to']}: at {instant(event.at)} it was {event.detail['why']}."
            )
            yield Broken(sentence, routed.message, life(journal, routed.message, event.number))
        for arrived in journal.children(routed.message):
            yield from _lost_on_arrival(journal, routed.message, arrived, told)


def _lost_on_arrival(journal: Journal, copy: str, arrived: str, told: str) -> Iterator[Broken]:
    """Whether what a copy became in its target was lost there."""
    events = journal.of(message=arrived)
    entry = events[0]
    end: Event | None = None
    if entry.kind == "sent" and entry.service == "sqs":
        end = _loss(events, entry)
    elif entry.service == "lambda":
        end = next((event for event in events if event.kind == "dropped" and event.place == entry.place), None)
    if end is not None:
        how = _ENDS.get(end.kind, "was dropped by {queue} at {at}").format(queue=end.name, at=instant(end.at))
        story = [event for event in [*journal.of(message=copy), *events] if event.number <= end.number]
        trace = Trace(tuple(sorted(story, key=lambda event: event.number)))
        yield Broken(f"{told} {how}.", arrived, trace)
