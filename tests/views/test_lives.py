"""A life holds what happened to its message, and nothing else."""

import pytest
from stories import Story, two_done_one_dead

from waterline.clock import SECOND
from waterline.views.lives import lives


def spans(story: Story) -> list[tuple[str, float, float, str, int]]:
    (life,) = lives(story.journal)
    return [(s.kind, s.start / SECOND, s.end / SECOND, s.outcome, s.lane) for s in life.spans]


@pytest.mark.parametrize(
    ("story", "expected"),
    [
        (Story().sent(1, "m").until(9), [("waiting", 1, 9, "", 0)]),
        (
            Story().sent(0, "m").at(0, "delayed", "m", until=5 * SECOND).at(5, "visible", "m").until(6),
            [("delayed", 0, 5, "", 0), ("waiting", 5, 6, "", 0)],
        ),
        (
            Story().sent(0, "m").received(2, "m", until=32).until(10),
            [("waiting", 0, 2, "", 0), ("hidden", 2, 10, "", 0)],
        ),
        (
            Story().sent(0, "m").received(0, "m", until=30).at(5, "hidden", "m", until=8 * SECOND).until(60),
            [("hidden", 0, 8, "", 0)],
        ),
        (
            Story().done(0, "m"),
            [("waiting", 0, 0.1, "", 0), ("hidden", 0.1, 2.1, "", 0), ("attempt", 0.1, 2.1, "succeeded", 0)],
        ),
        (
            Story().twice(0, "m"),
            [
                ("hidden", 0, 30, "", 0),
                ("hidden", 30, 45, "", 0),
                ("attempt", 0, 45, "succeeded", 0),
                ("attempt", 30, 75, "succeeded", 1),
            ],
        ),
        (
            Story().sent(0, "m").invoked(1, "m", "a").ended(2, "failed", "m", "a").at(2, "retried", "m").until(5),
            [("waiting", 0, 1, "", 0), ("waiting", 2, 5, "", 0), ("attempt", 1, 2, "failed", 0)],
        ),
        (Story().sent(0, "m").invoked(1, "m", "a").until(4), [("waiting", 0, 1, "", 0), ("attempt", 1, 4, "", 0)]),
    ],
)
def test_a_life_is_cut_into_waiting_hidden_and_attempts(story: Story, expected: list[tuple[object, ...]]) -> None:
    assert spans(story) == expected


@pytest.mark.parametrize(
    ("story", "fate"),
    [
        (Story().sent(0, "m"), "waiting"),
        (Story().sent(0, "m").received(1, "m"), "hidden"),
        (Story().done(0, "m"), "done"),
        (Story().poison(0, "m"), "dead"),
        (Story().poison(0, "m").received(100, "m", 4, 130).at(101, "deleted", "m"), "dead"),
        (Story().poison(0, "m").at(100, "redriven", "m", to="tickets"), "waiting"),
        (Story().sent(0, "m").at(345_600, "expired", "m"), "expired"),
        (Story().sent(0, "m").at(1, "purged", "m"), "purged"),
        (Story().sent(0, "m").invoked(0, "m", "a"), "at work"),
        (Story().sent(0, "m").invoked(0, "m", "a").ended(1, "succeeded", "m", "a"), "done"),
        (Story().sent(0, "m").invoked(0, "m", "a").ended(1, "failed", "m", "a").at(1, "dropped", "m"), "dropped"),
    ],
)
def test_the_fate_is_what_the_last_word_on_the_message_says(story: Story, fate: str) -> None:
    assert [life.fate for life in lives(story.journal)] == [fate]


@pytest.mark.parametrize(
    ("bodies", "labels"),
    [
        (['{"ticket": "A-1", "seat": 4}', '{"ticket": "A-2", "seat": 4}'], ["A-1", "A-2"]),
        (["hello", "good bye"], ["hello", "good bye"]),
        (["same", "same"], ["11111111", "22222222"]),
        (["x" * 40, "7"], ["11111111", "7"]),
        (['{"detail": {"order": 12}}', "[3, 4]"], ["12", "3"]),
        (["", "{}"], ["11111111", "22222222"]),
    ],
)
def test_a_message_is_called_by_its_body_where_that_is_short_and_its_own(bodies: list[str], labels: list[str]) -> None:
    story = Story().sent(0, "11111111-a", bodies[0]).sent(1, "22222222-b", bodies[1])
    assert [life.label for life in lives(story.journal)] == labels


def test_a_trace_gives_the_same_life_as_the_journal_it_was_taken_from() -> None:
    journal = two_done_one_dead()
    (from_trace,) = lives(journal.trace("m3"))
    assert from_trace == lives(journal)[2]


def test_what_a_topic_was_sent_is_passed_on_and_its_copy_waits_until_it_is_taken() -> None:
    topic = "sns:orders"
    story = Story().at(0, "sent", "m", topic, body="order").at(0, "routed", "copy", topic, to="sqs:tickets")
    story.at(3, "delivered", "copy", topic, to="sqs:tickets", count=1).sent(3, "mine").until(9)
    order, copy, message = lives(story.journal)
    assert (order.fate, order.spans) == ("passed on", ())
    assert (copy.fate, [(span.kind, span.end) for span in copy.spans]) == ("passed on", [("waiting", 3 * SECOND)])
    assert message.fate == "waiting"
    assert not order.open and not copy.open and message.open
