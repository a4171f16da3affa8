"""Never more than: how many invocations of a function run at the same time.

Words
-----
concurrent
    two invocations are, if one begins before the other has ended. One that begins at the instant at which another ends
    is not concurrent with it, provided the journal has the end first.

Counted are invocations, not messages: a batch of ten is one. Initialization does not count here; AWS counts it
(AWS Lambda Developer Guide, "Understanding Lambda function scaling").
"""

from __future__ import annotations

from waterline.invariants.broken import Broken, place_of
from waterline.journal import Event, Journal
from waterline.trace import Trace, instant

_ENDS = ("succeeded", "failed")


def never_more_than(journal: Journal, function: str, concurrent: int) -> Broken | None:
    """At no instant more than `concurrent` invocations of `function` run. The trace holds their beginnings."""
    place = place_of("lambda", function)
    running: dict[str, Event] = {}
    for event in journal:
        if event.place != place or "invocation" not in event.detail:
            continue
        invocation = event.detail["invocation"]
        if event.kind == "invoked":
            running.setdefault(invocation, event)
        elif event.kind in _ENDS:
            running.pop(invocation, None)
        if len(running) > concurrent:
            sentence = (
                f"At {instant(event.at)} {len(running)} invocations of {event.name} were running, "
                f"and no more than {concurrent} may."
            )
            assert event.message is not None
            return Broken(sentence, event.message, Trace(tuple(running.values())))
    return None
