"""Keeps account of every message and of every copy of it, from the journal alone, event by event.

Words
-----
account
    where one message is: *stored* (a queue or an asynchronous queue has it), *on its way* (a copy that a topic or a bus
    made, not yet taken), *at work*, or *closed*, with the event that closed it.

An event that does not fit the account of its message is a message from nowhere, or one that is in two places at once;
a copy that stays on its way when nothing is left to happen is one that was forgotten.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from waterline.journal import Event, Journal

STORED, ON_ITS_WAY, AT_WORK, CLOSED = "stored", "on its way", "at work", "closed"

QUEUE = {
    "sent": ({None}, STORED),
    "deduplicated": ({STORED, AT_WORK, CLOSED}, None),
    "delayed": ({STORED}, STORED),
    "visible": ({STORED, AT_WORK}, STORED),
    "received": ({STORED}, AT_WORK),
    "hidden": ({AT_WORK}, AT_WORK),
    "duplicated": ({STORED, AT_WORK, CLOSED}, STORED),
    "deleted": ({STORED, AT_WORK}, CLOSED),
    "expired": ({STORED, AT_WORK}, CLOSED),
    "purged": ({STORED, AT_WORK}, CLOSED),
    "dead-lettered": ({STORED}, STORED),
    "redriven": ({STORED}, CLOSED),
    "filtered": ({AT_WORK}, AT_WORK),
    "denied": (None, None),
    "refused": (None, None),
}
COPY = {
    "routed": ({None}, ON_ITS_WAY),
    "retried": ({ON_ITS_WAY}, ON_ITS_WAY),
    "delivered": ({ON_ITS_WAY}, CLOSED),
    "dead-lettered": ({ON_ITS_WAY}, CLOSED),
    "dropped": ({ON_ITS_WAY}, CLOSED),
}
FAN = {
    "sent": ({None}, CLOSED),
    "filtered": ({CLOSED}, CLOSED),
    "deduplicated": ({CLOSED}, None),
    **COPY,
}
EVENT = {
    "sent": ({None}, STORED),
    "retried": ({STORED}, STORED),
    "throttled": ({STORED}, STORED),
    "refused": ({STORED}, STORED),
    "denied": ({STORED}, STORED),
    "started": ({STORED}, AT_WORK),
    "invoked": ({STORED, AT_WORK}, AT_WORK),
    "failed": ({AT_WORK, STORED}, STORED),
    "succeeded": ({AT_WORK}, CLOSED),
    "dropped": ({STORED}, CLOSED),
    "dead-lettered": ({STORED, CLOSED}, CLOSED),
}
"""Of an event in a function's asynchronous queue: from which accounts a kind may come, and what it leaves."""


@dataclass
class Accounts:
    """Reads a journal from where it stopped; `state` of each message at the service that has it."""

    journal: Journal
    state: dict[tuple[str, str], str] = field(default_factory=dict)
    closed_by: Counter[str] = field(default_factory=Counter)
    read: int = 0

    def catch_up(self) -> None:
        """Take in what was written since; AssertionError for what does not fit."""
        for event in self.journal[self.read :]:
            self._take(event)
        self.read = len(self.journal)

    def _take(self, event: Event) -> None:
        rules = self._rules(event)
        if rules is None or event.message is None:
            return
        assert event.kind in rules, f"{event!r} is no kind for its place"
        allowed, after = rules[event.kind]
        key = (event.message, "" if event.service == "sqs" else event.place)
        before = self.state.get(key)
        assert allowed is None or before in allowed, f"{event!r} happened to a message that was {before}"
        if after is not None:
            self.state[key] = after
            if after == CLOSED and before != CLOSED:
                self.closed_by[event.kind] += 1

    def _rules(self, event: Event) -> dict[str, tuple[set[str | None] | None, str | None]] | None:
        if event.service == "sqs":
            return QUEUE  # type: ignore[return-value]
        if event.service in ("sns", "events"):
            return FAN  # type: ignore[return-value]
        if event.service == "lambda" and self._is_event(event):
            return EVENT  # type: ignore[return-value]
        return None

    def _is_event(self, event: Event) -> bool:
        """Whether the message is the function's own, and not one that a mapping brought from a queue or a stream."""
        first = self.journal.of(message=event.message)[0]
        return first.place == event.place and first.kind == "sent"

    def left(self) -> list[tuple[str, str]]:
        """The copies and events that are still on their way or at work."""
        return [
            key for key, state in self.state.items() if state == ON_ITS_WAY or (key[1] and state in (AT_WORK, STORED))
        ]


def stored_in_queues(accounts: Accounts, journal: Journal) -> Counter[str]:
    """How many messages the journal says are in each queue."""
    where: dict[str, str] = {}
    for event in journal:
        if event.service != "sqs" or event.message is None:
            continue
        if event.kind in ("sent", "duplicated"):
            where[event.message] = event.name
        elif event.kind == "dead-lettered":
            where[event.message] = str(event.detail["to"])
    return Counter(
        where[message]
        for (message, place), state in accounts.state.items()
        if place == "" and state in (STORED, AT_WORK)
    )
