"""The lab tells every story as AWS documents it; ministack tells them as it did when its answers were recorded."""

from __future__ import annotations

import os

import pytest
from ask import PAGE, page, recorded
from shared_stories import STORIES
from sources import PAGES, SECTIONS, actions
from tellers import Outcomes, command, to_ministack
from telling import Story


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_the_lab_tells_it_as_aws_documents(story: Story, lab: Outcomes) -> None:
    assert lab[story.name] == story.expected, f"{story.claim} ({story.source})"


def test_the_page_says_what_was_told(lab: Outcomes) -> None:
    assert PAGE.read_text(encoding="utf-8") == page(lab, *recorded()), (
        "docs/witness.md is not what the stories say: python tests/witness/ask.py --recorded"
    )


def test_every_story_names_a_page_or_an_action() -> None:
    published = "Python runtime interface client"  # AWS's own code, which no guide describes
    known = {*PAGES, *SECTIONS, *actions(), published}
    assert [story.name for story in STORIES if story.source not in known] == []


def test_no_two_stories_have_one_name() -> None:
    assert len({story.name for story in STORIES}) == len(STORIES)
    assert set(recorded()[1]) == {story.name for story in STORIES}


@pytest.mark.skipif(
    os.environ.get("WATERLINE_WITNESS") != "1" or command() is None,
    reason="ministack is asked with WATERLINE_WITNESS=1, where its command is on the path or in WATERLINE_MINISTACK",
)
def test_ministack_still_says_what_it_said() -> None:
    version, outcomes = to_ministack(str(command()))
    before, told = recorded()
    assert (version, outcomes) == (before, told), "ask again and write it down: python tests/witness/ask.py"
