"""A copy's way to its target: attempts on the clock, until the target has it or there is no hope."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from waterline.clock import SECOND, Clock
from waterline.ground import Ground
from waterline.journal import Journal
from waterline.services.delivery import Copies, Copy, NotTaken, Retries

AGAIN = NotTaken("InternalFailure", "not now", retryable=True)
NEVER = NotTaken("AccessDenied", "not you", retryable=False)


class Desk:
    """Copies that leave `sns:orders`, and a target that answers as it is told: None takes, NotTaken refuses."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.ground = Ground(self.clock, Journal(self.clock), 7)
        self.journal = self.ground.journal
        self.copies = Copies(self.ground, "sns:orders")

    def send(
        self,
        *answers: NotTaken | None,
        waits: tuple[int, ...] = (1, 2),
        age: int | None = None,
        bury: Callable[[Copy], str | None] = lambda _copy: None,
    ) -> Copy:
        """Send one copy; the last answer holds for ever."""
        left = list(answers)

        def attempt(_copy: Copy) -> None:
            answer = left.pop(0) if len(left) > 1 else left[0]
            if answer is not None:
                raise answer

        copy = self.copies.make("source", "sqs:billing", protocol="sqs")
        rule = Retries([wait * SECOND for wait in waits], *([] if age is None else [age * SECOND]))
        self.copies.send(copy, attempt, lambda: rule, bury)
        self.clock.settle(10_000 * SECOND)
        return copy

    @property
    def story(self) -> list[tuple[float, str]]:
        return [(event.seconds, event.kind) for event in self.journal]


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    yield desk
    desk.clock.close()


def test_a_copy_is_routed_when_it_is_made_and_names_its_source(desk: Desk) -> None:
    copy = desk.copies.make("source", "sqs:billing", protocol="sqs")
    [routed] = desk.journal
    assert (routed.kind, routed.place, routed.message, routed.parents) == (
        "routed",
        "sns:orders",
        copy.message,
        ("source",),
    )
    assert routed.detail == {"to": "sqs:billing", "protocol": "sqs"}


STORIES: list[tuple[str, tuple[NotTaken | None, ...], list[tuple[float, str]]]] = [
    ("taken", (None,), [(0, "routed"), (0, "delivered")]),
    ("taken later", (AGAIN, None), [(0, "routed"), (0, "retried"), (1, "delivered")]),
    ("never taken", (AGAIN,), [(0, "routed"), (0, "retried"), (1, "retried"), (3, "dropped")]),
    ("refused for good", (NEVER,), [(0, "routed"), (0, "dropped")]),
    ("refused for good at last", (AGAIN, NEVER), [(0, "routed"), (0, "retried"), (1, "dropped")]),
]


@pytest.mark.parametrize(("what", "answers", "story"), STORIES, ids=[row[0] for row in STORIES])
def test_the_way_of_a_copy(
    desk: Desk, what: str, answers: tuple[NotTaken | None, ...], story: list[tuple[float, str]]
) -> None:
    desk.send(*answers)
    assert desk.story == story


def test_a_retry_that_would_come_too_late_is_not_made(desk: Desk) -> None:
    desk.send(AGAIN, waits=(10, 10, 10), age=20)
    assert desk.story[-1] == (20, "dropped")


def test_the_journal_says_how_often_and_why(desk: Desk) -> None:
    desk.send(AGAIN)
    retried, dropped = desk.journal.of("retried")[0], desk.journal.of("dropped")[0]
    assert (retried.detail["count"], retried.detail["why"], retried.detail["until"]) == (1, "in 1 s: not now", SECOND)
    assert (dropped.detail["count"], dropped.detail["why"]) == (3, "given up after 3 attempts: not now")
    assert dropped.detail["to"] == "sqs:billing"


def test_what_was_given_up_is_buried(desk: Desk) -> None:
    desk.send(NEVER, bury=lambda _copy: "dead")
    [buried] = desk.journal.of("dead-lettered")
    assert (buried.detail["to"], buried.detail["count"]) == ("dead", 1)
    assert desk.journal.of("dropped") == []


def test_a_grave_that_refuses_leaves_it_dropped_and_says_so(desk: Desk) -> None:
    def refuse(_copy: Copy) -> str:
        raise NotTaken("AccessDenied", "the grave is closed", retryable=False)

    desk.send(NEVER, bury=refuse)
    [dropped] = desk.journal.of("dropped")
    assert dropped.detail["dead_letter_error"] == "the grave is closed"
    assert dropped.detail["why"].endswith("and its dead-letter queue did not take it: the grave is closed")


def test_an_attempt_works_on_its_copy(desk: Desk) -> None:
    seen: list[tuple[str, ...]] = []
    copy = desk.copies.make("source", "sqs:billing")
    desk.copies.send(copy, lambda _copy: seen.append(desk.clock.cause), lambda: Retries([]), lambda _copy: None)
    desk.clock.settle(SECOND)
    assert seen == [(copy.message,)]


def test_nothing_happens_inside_the_call_that_sends(desk: Desk) -> None:
    copy = desk.copies.make("source", "sqs:billing")
    task = desk.copies.send(copy, lambda _copy: None, lambda: Retries([]), lambda _copy: None)
    assert copy.attempts == 0
    desk.clock.settle(SECOND)
    assert (copy.attempts, task.gone.opened) == (1, True)


@given(
    answers=st.lists(st.sampled_from([None, AGAIN, NEVER]), min_size=1, max_size=6),
    waits=st.lists(st.integers(0, 50), max_size=5),
    age=st.none() | st.integers(0, 100),
    buried=st.booleans(),
)
@settings(deadline=None)
def test_every_copy_has_exactly_one_end(
    answers: list[NotTaken | None], waits: list[int], age: int | None, buried: bool
) -> None:
    desk = Desk()
    copy = desk.send(*answers, waits=tuple(waits), age=age, bury=lambda _copy: "dead" if buried else None)
    kinds = [event.kind for event in desk.journal.of(message=copy.message)]
    ends = {"delivered", "dead-lettered", "dropped"}
    assert kinds[0] == "routed"
    assert set(kinds[1:-1]) <= {"retried"}
    assert kinds[-1] in ends
    assert len(kinds) - 2 <= len(waits)
    assert copy.attempts == len(kinds) - 1
    desk.clock.close()
