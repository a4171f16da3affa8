"""The sentence under a picture is true of the run."""

import pytest
from stories import Story

from waterline.views.finding import fate, sentence
from waterline.views.lives import lives


@pytest.mark.parametrize(
    ("story", "said"),
    [
        (Story(), "Nothing happened: no ticket was sent."),
        (Story().done(0, "a"), "The ticket was done within 2.1 s."),
        (Story().done(0, "a").done(5, "b", work=3.17), "All 2 tickets were done within 3.3 s."),
        (Story().poison(0, "a"), "The ticket was tried 3 times and died in tickets-dead after 90 s."),
        (
            Story().done(0, "a").poison(3, "b"),
            "Of 2 tickets, 1 was done within 2.1 s; 1 was tried 3 times and died in tickets-dead after 90 s.",
        ),
        (
            Story().poison(0, "a").poison(100, "b", tries=2, hidden=450),
            "All 2 tickets were tried up to 3 times and died in tickets-dead within 15 min.",
        ),
        (
            Story().done(0, "a").sent(4, "b").until(60),
            "Of 2 tickets, 1 was done within 2.1 s; 1 was still waiting in the queue at the end (60 s).",
        ),
        (
            Story().visible_again(0, "a").until(40),
            "The ticket was still waiting in the queue at the end (40 s), tried once so far.",
        ),
        (Story().twice(0, "a"), "The ticket was done within 45 s, but handled twice."),
        (
            Story().done(0, "a").twice(3, "b"),
            "All 2 tickets were done within 45 s, but 1 of them was handled twice.",
        ),
        (
            Story().visible_again(0, "a").received(31, "a", 2, 61).invoked(31, "a", "b")
            .ended(33, "succeeded", "a", "b").at(33, "deleted", "a"),
            "The ticket was done within 33 s, after 2 tries.",
        ),
        (Story().sent(0, "a").at(345_600, "expired", "a"), "The ticket expired unread."),
        (Story().sent(0, "a").sent(1, "b").at(2, "purged", "a").at(2, "purged", "b"), "All 2 tickets were purged."),
        (
            Story().sent(0, "a").received(0, "a").until(10),
            "The ticket was still hidden at the end (10 s), tried once so far.",
        ),
    ],
)  # fmt: skip
def test_the_finding_states_what_became_of_the_messages(story: Story, said: str) -> None:
    assert sentence(lives(story.journal), story.clock.now, "ticket") == said


@pytest.mark.parametrize(
    ("story", "said"),
    [
        (Story().done(0, "a"), "done after 2.1 s"),
        (Story().poison(0, "a"), "died after 3 tries"),
        (Story().poison(0, "a", tries=1), "died after 1 try"),
        (Story().twice(0, "a"), "done after 45 s, twice over"),
        (Story().sent(0, "a"), "still waiting in the queue"),
        (Story().visible_again(0, "a"), "still waiting in the queue, tried once"),
        (Story().sent(0, "a").at(1, "dropped", "a"), "given up"),
    ],
)
def test_the_end_of_a_row_states_what_became_of_its_message(story: Story, said: str) -> None:
    assert [fate(life) for life in lives(story.journal)] == [said]
