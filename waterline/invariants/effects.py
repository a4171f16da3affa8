"""No effect twice: what was done, was done once.

Words
-----
effect
    what the world outside notices: a ticket printed, a card charged, an order in a table. In the journal it is an
    event ``sent`` at the place that stands for the printer or the bank, or an event ``written`` at a table, a bucket, a
    database or a third party; a message that is both there is one effect.
the same effect
    two effects with the same *key*; unless a caller says otherwise, two with the same body.

Two messages with one body may come from one message that was processed twice, or from two messages that a producer
sent: the claim is about what was done, not about who is to blame. The trace tells.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator

from waterline.invariants.broken import Broken, shortest
from waterline.journal import Event, Journal
from waterline.trace import Trace, instant

Key = Callable[[Event], Hashable]
_EFFECTS = {"sent": "sent to", "written": "written to"}


def body(event: Event) -> Hashable:
    """The key of an effect, unless another is given: the body that was sent."""
    return str(event.detail.get("body"))


def no_effect_twice(journal: Journal, place: str, key: Key = body) -> Broken | None:
    """No two effects at `place` (``sqs:printed`` or ``printed``) have the same `key`."""
    return shortest(_repeated(journal, place, key))


def _repeated(journal: Journal, place: str, key: Key) -> Iterator[Broken]:
    first: dict[Hashable, Event] = {}
    seen: set[str | None] = set()
    for event in journal.of(place=place):
        if event.kind not in _EFFECTS or event.message in seen:
            continue
        seen.add(event.message)
        before = first.setdefault(key(event), event)
        if before is not event:
            done = _EFFECTS[event.kind]
            sentence = f"{key(event)} was {done} {event.name} at {instant(before.at)} and again at {instant(event.at)}."
            assert event.message is not None
            yield Broken(sentence, event.message, _story(journal, before, event))


def _story(journal: Journal, before: Event, again: Event) -> Trace:
    """How it came to both: the lives of the messages that both came from, up to the second effect.

    Parents that only one of the two has are of its batch, or of another producer; they belong to the story only if
    the two have none in common.
    """
    parents = set(before.parents) & set(again.parents) or {*before.parents, *again.parents}
    events = [event for parent in parents for event in journal.of(message=parent) if event.number < again.number]
    return Trace(tuple(sorted([*events, before, again], key=lambda event: event.number)))
