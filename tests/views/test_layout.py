"""Signs stand side by side and near their instant, the legend lists what is seen, and pictures can share an axis."""

from __future__ import annotations

from itertools import pairwise

import pytest
from stories import Story, two_done_one_dead

from waterline.clock import SECOND
from waterline.views import style, timeline
from waterline.views.layout import Layout, layout
from waterline.views.lives import Life, lives
from waterline.views.timeline import alike


def failing_at_once(hidden: float, tries: int = 3) -> Story:
    """Its handler fails the moment it is called."""
    story = Story().sent(0, "m")
    for number in range(tries):
        now = number * hidden
        story.received(now, "m", number + 1, now + hidden).invoked(now, "m", str(number))
        story.ended(now, "failed", "m", str(number), "KeyError: 'cabin'").at(now + hidden, "visible", "m")
    return story.at(tries * hidden, "dead-lettered", "m", count=tries, to="tickets-dead")


def laid_out(*stories: Story) -> tuple[Layout, list[list[Life]]]:
    runs = [lives(story.journal) for story in stories]
    return layout([(run, story.clock.now) for run, story in zip(runs, stories, strict=True)]), runs


def test_signs_of_one_instant_are_drawn_apart_from_each_other() -> None:
    made, [[life]] = laid_out(failing_at_once(30))
    signs = made.signs(life)
    assert [event.kind for event, _ in signs] == [
        "sent",
        *("failed", "visible") * 3,
        "dead-lettered",
    ]
    for (event, where), (after, there) in pairwise(signs):
        edges = (style.SIGNS[event.kind].extent + style.SIGNS[after.kind].extent) / 2
        assert there - where - edges >= 2 - 1e-9


@pytest.mark.parametrize("tries", [3, 120])
def test_in_a_crowd_no_sign_is_far_from_its_instant(tries: int) -> None:
    made, [[life], _] = laid_out(failing_at_once(10, tries), failing_at_once(1500))
    signs = made.signs(life)
    assert all(0 <= where - made.place(event.at) <= 14.001 for event, where in signs)
    assert [event.kind for event, _ in signs] == ["sent", *["failed"] * tries, "dead-lettered"]


def test_the_legend_lists_what_is_seen_and_nothing_else() -> None:
    made, [[life]] = laid_out(failing_at_once(30))
    assert made.legend([life]) == (["hidden"], ["sent", "visible", "failed", "dead-lettered"])
    made, [story] = laid_out(Story().poison(0, "m", hidden=5))
    assert made.legend(story)[0] == ["hidden", "failed"]
    made, [story] = laid_out(Story().done(0, "a").poison(3, "m", hidden=5, tries=30))
    assert made.legend(story)[0] == ["hidden", "succeeded"], "half a second of 150 is behind its sign"


def test_pictures_that_are_alike_have_the_same_instant_at_the_same_place() -> None:
    short, long = (
        timeline(two_done_one_dead()),
        timeline(Story().done(0, "a-long-name-too").poison(3, "b", hidden=300).journal),
    )
    assert short.layout != long.layout
    first, second = alike([short, long])
    assert first.layout == second.layout
    assert first.layout.axis.stretches[-1].end == 903 * SECOND
    assert (first.caption, first.text) == (short.caption, short.text)
    assert first.svg != short.svg


def test_a_common_axis_is_folded_only_where_every_run_is_still_going_on() -> None:
    day = 86_400
    alone, _ = laid_out(Story().done(0, "a").done(4 * day, "b"))
    assert len(alone.axis.folds) == 1
    both, _ = laid_out(Story().done(0, "a").done(4 * day, "b"), Story().done(0, "a").done(4 * day + 60, "b"))
    assert [(fold.start, fold.end) for fold in both.axis.folds] == [(2_100_000, 4 * day * SECOND)]
    unlike, _ = laid_out(Story().done(0, "a").done(4 * day, "b"), Story().done(0, "a"))
    assert unlike.axis.folds == ()
