"""Small runs written by hand: a line per event, so that a picture can be compared with what is known."""

from __future__ import annotations

from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from waterline.clock import SECOND, Clock
from waterline.journal import Journal

QUEUE, FUNCTION = "sqs:tickets", "lambda:issue-ticket"


class Story:
    """A journal in the making: ``story.at(seconds, kind, message, **detail)``; times must not go back."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.journal = Journal(self.clock)

    def at(self, seconds: float, kind: str, message: str | None, place: str = QUEUE, **detail: Any) -> Story:
        self.until(seconds)
        self.journal.record(kind, place, message, **detail)
        return self

    def until(self, seconds: float) -> Story:
        self.clock.advance(round(seconds * SECOND) - self.clock.now)
        return self

    def sent(self, seconds: float, message: str, body: str = "") -> Story:
        return self.at(seconds, "sent", message, body=body)

    def received(self, seconds: float, message: str, count: int = 1, until: float = 30) -> Story:
        return self.at(seconds, "received", message, count=count, until=round(until * SECOND))

    def invoked(self, seconds: float, message: str, invocation: str, environment: int = 1) -> Story:
        return self.at(seconds, "invoked", message, FUNCTION, environment=environment, invocation=invocation, batch=1)

    def ended(self, seconds: float, kind: str, message: str, invocation: str, why: str | None = None) -> Story:
        return self.at(seconds, kind, message, FUNCTION, environment=1, invocation=invocation, why=why)

    def done(self, start: float, message: str, work: float = 2.0, body: str = "") -> Story:
        """Sent, received, handled and deleted, all without trouble."""
        self.sent(start, message, body).received(start + 0.1, message, until=start + 30.1)
        self.invoked(start + 0.1, message, message).ended(start + 0.1 + work, "succeeded", message, message)
        return self.at(start + 0.1 + work, "deleted", message)

    def poison(self, start: float, message: str, tries: int = 3, hidden: float = 30.0, body: str = "") -> Story:
        """Sent, tried in vain so many times, and dead."""
        self.sent(start, message, body)
        for number in range(tries):
            now, invocation = start + number * hidden, f"{message}-{number}"
            self.received(now, message, count=number + 1, until=now + hidden)
            self.invoked(now, message, invocation).ended(now + 0.5, "failed", message, invocation, "KeyError: 'seat'")
            self.at(now + hidden, "visible", message)
        return self.at(start + tries * hidden, "dead-lettered", message, count=tries, to="tickets-dead")

    def visible_again(self, start: float, message: str) -> Story:
        """Sent, received once, failed, and back in the queue at +30 s."""
        self.sent(start, message).received(start, message, until=start + 30).invoked(start, message, "a")
        return self.ended(start + 1, "failed", message, "a", "no seat").at(start + 30, "visible", message)

    def twice(self, start: float, message: str) -> Story:
        """Handled twice, because it became visible while it was being worked on; neither attempt fails."""
        self.sent(start, message).received(start, message, until=start + 30).invoked(start, message, "a", 7)
        self.at(start + 30, "visible", message).received(start + 30, message, 2, start + 60)
        self.invoked(start + 30, message, "b", 12).ended(start + 45, "succeeded", message, "a")
        return self.at(start + 45, "deleted", message).ended(start + 75, "succeeded", message, "b")


def two_done_one_dead() -> Journal:
    story = Story().done(0, "m1", body='{"ticket": "A-101"}').done(3, "m2", work=1.5, body='{"ticket": "A-102"}')
    return story.poison(6, "m3", body='{"ticket": "A-103"}').journal


@contextmanager
def a_cloud_of_a_clock() -> Any:
    """As much of a cloud as a scenario of these tests needs: a clock and a journal."""
    story = Story()
    yield SimpleNamespace(clock=story.clock, journal=story.journal, story=story)
