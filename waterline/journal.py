"""The journal: what happened in the cloud, an append-only sequence of immutable events.

Words
-----
event
    one thing that happened to one message: its number, its instant, its kind, its place, the message, and the messages
    that the message came from.
place
    where it happened, as ``service:name``: ``sqs:tickets``, ``lambda:issue-ticket``.
kind
    one of :data:`KINDS`, each with the sentence that defines it.
parents
    the messages that were being worked on when this one was sent, so that one order can be followed from the API call
    through topic, queue and function to the table.

Pictures, metrics, invariants, prices and marks are all read from here; nothing else keeps count. Two runs with the same
seed give the same bytes (:meth:`Journal.digest`).
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, overload

from waterline.clock import SECOND, Clock
from waterline.errors import LabMistake
from waterline.trace import Table, Trace, describe

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "sent": "a producer's call was answered: the message is stored, or on its way",
        "deduplicated": "a FIFO queue had seen this deduplication identifier in the last five minutes and dropped it",
        "delayed": "stored, but hidden from consumers until its delay is over",
        "requested": "a request or a query reached somebody else's server: an HTTP API, a database",
        "connected": "a client has a connection to a database",
        "disconnected": "a connection to a database was closed, or its execution environment has ended",
        "written": "what was asked for is done: an item, an object or a row is changed, a third party has acted",
        "rejected": "a condition that came with it did not hold: nothing was written",
        "received": "a consumer received it; it is hidden from the others until its visibility timeout is over",
        "read": "a reader of a stream asked a shard for records; those that it got stay where they are",
        "hidden": "a consumer changed how long it stays hidden",
        "visible": "its visibility timeout or its delay ran out: it can be received again",
        "deleted": "a consumer deleted it: for the queue it is done",
        "expired": "it was older than the queue's retention period and was dropped",
        "purged": "the queue was purged with it inside",
        "dead-lettered": "received too often: it moved to the dead-letter queue",
        "redriven": "it moved from a dead-letter queue back to its source; a workflow goes on where it failed",
        "duplicated": "the service stored it once more by itself",
        "filtered": "a filter did not want it",
        "routed": "a topic, bus or pipe made a copy of it for one of its targets",
        "delivered": "the target took the copy",
        "started": "an execution environment was initialized (a cold start)",
        "invoked": "a function was invoked with it",
        "entered": "a workflow entered a state with it",
        "succeeded": "the handler returned, or the workflow came to its end",
        "failed": "the handler raised, timed out or crashed, or its code could not be loaded; or the workflow failed",
        "throttled": "a limit was reached: no execution environment was free, or a rate was used up",
        "refused": "the service was down, or failed by itself: it answered with an error and took nothing",
        "slowed": "the service answered, but later than it should",
        "retried": "it will be tried again",
        "dropped": "it was given up, and no dead-letter queue wanted it",
        "denied": "a policy refused it",
        "answered": "a front door has sent its response to the client",
        "ended": "an execution environment was shut down",
        "alarmed": "an alarm changed its state",
    }
)


class UnknownMessage(LabMistake, LookupError):
    """No event names this message."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. `at` is in microseconds since the cloud's start; `detail` holds JSON values only."""

    number: int
    at: int
    kind: str
    place: str
    message: str | None
    parents: tuple[str, ...]
    detail: Mapping[str, Any]

    @property
    def seconds(self) -> float:
        return self.at / SECOND

    @property
    def service(self) -> str:
        return self.place.partition(":")[0]

    @property
    def name(self) -> str:
        return self.place.partition(":")[2]

    def as_json(self) -> str:
        """One line of JSON, the same to the byte for the same event."""
        fields = {
            "number": self.number,
            "at": self.at,
            "kind": self.kind,
            "place": self.place,
            "message": self.message,
            "parents": self.parents,
            "detail": dict(self.detail),
        }
        return json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    def __repr__(self) -> str:
        return f"<{describe(self)}>"


class Journal(Sequence[Event]):
    """What happened, in order. Only the cloud writes to it (:meth:`record`)."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._events: list[Event] = []
        self._by_message: dict[str, list[Event]] = {}
        self._children: dict[str, list[str]] = defaultdict(list)
        self._listeners: list[Callable[[Event], object]] = []

    def listen(self, heard: Callable[[Event], object]) -> None:
        """Call `heard` with every event from now on. It must neither block nor write to the journal."""
        self._listeners.append(heard)

    def record(
        self, kind: str, place: str, message: str | None = None, parents: tuple[str, ...] = (), **detail: Any
    ) -> Event:
        """Write down that `kind` happened to `message` at `place`, now. Details that are None are left out."""
        if kind not in KINDS:
            raise ValueError(f"{kind!r} is no kind of event: the journal knows {', '.join(KINDS)}.")
        details = MappingProxyType({key: value for key, value in detail.items() if value is not None})
        event = Event(len(self._events), self._clock.now, kind, place, message, parents, details)
        self._events.append(event)
        if message is not None:
            known = self._by_message.get(message)
            if known is None:
                self._by_message[message] = [event]
                for parent in parents:
                    self._children[parent].append(message)
            else:
                known.append(event)
        for heard in self._listeners:
            heard(event)
        return event

    @property
    def now(self) -> int:
        """The cloud's instant, in microseconds: how far the journal reaches."""
        return self._clock.now

    @overload
    def __getitem__(self, index: int) -> Event: ...
    @overload
    def __getitem__(self, index: slice) -> list[Event]: ...
    def __getitem__(self, index: int | slice) -> Event | list[Event]:
        return self._events[index]

    def __len__(self) -> int:
        return len(self._events)

    def __iter__(self) -> Iterator[Event]:
        return iter(self._events)

    def of(
        self,
        kind: str | None = None,
        place: str | None = None,
        message: str | None = None,
    ) -> list[Event]:
        """The events of a kind, at a place (``sqs:tickets`` or ``tickets``), of a message; all that is given counts."""
        events = self._events if message is None else self._by_message.get(message, [])
        return [
            event
            for event in events
            if (kind is None or event.kind == kind) and (place is None or place in (event.place, event.name))
        ]

    @property
    def messages(self) -> list[str]:
        """The identifiers of all messages, in the order in which they first appeared."""
        return list(self._by_message)

    def children(self, message: str) -> list[str]:
        """The messages that were sent while `message` was being worked on."""
        return list(self._children.get(message, ()))

    def trace(self, message: str) -> Trace:
        """The whole life of one message, and of every message that came from it.

        Raises UnknownMessage, in one sentence, for an identifier that the journal does not know.
        """
        if message not in self._by_message:
            raise UnknownMessage(
                f"The journal holds no message {message!r}: it is the MessageId that send_message returned; "
                "cloud.journal.messages lists those there are."
            )
        family, unseen = {message}, [message]
        while unseen:
            for child in self._children.get(unseen.pop(), ()):
                if child not in family:
                    family.add(child)
                    unseen.append(child)
        events = [event for relative in family for event in self._by_message[relative]]
        return Trace(tuple(sorted(events, key=lambda event: event.number)))

    def table(self, **chosen: str | None) -> Table:
        """All events, or those that :meth:`of` would choose, as a table."""
        return Table.of_events(self.of(**chosen), title=f"{len(self)} events")

    def text(self) -> str:
        """All events, one line each."""
        return str(Trace(tuple(self._events)))

    def to_json_lines(self) -> bytes:
        """The whole journal as UTF-8 lines of JSON; the same seed gives the same bytes."""
        return "".join(f"{event.as_json()}\n" for event in self._events).encode()

    def digest(self) -> str:
        """The SHA-256 of :meth:`to_json_lines`, in hexadecimal."""
        return hashlib.sha256(self.to_json_lines()).hexdigest()

    def __repr__(self) -> str:
        seconds = self._clock.now / SECOND
        return f"<journal: {len(self)} events, {len(self._by_message)} messages, {seconds:,.1f} virtual seconds>"
