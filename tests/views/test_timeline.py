"""The timeline: its text, its table, its HTML and its bytes."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from stories import Story, two_done_one_dead

from waterline.views import style, timeline, words
from waterline.views.timeline import MOST_ROWS

GOLDEN = """\
Tickets. Of 3 tickets, 2 were done within 2.1 s; 1 was tried 3 times and died in tickets-dead after 90 s.
A-101   sent +0.0 s   done after 2.1 s
A-102   sent +3.0 s   done after 1.6 s
A-103   sent +6.0 s   died after 3 tries"""

VOID = {"img", "br", "hr", "input", "meta", "col"}


class Reader(HTMLParser):
    """Reads HTML as strictly as a test should: every element that is opened is closed, in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.words: dict[str, str] = {}
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words[self.open[-1]] = self.words.get(self.open[-1], "") + data

    def only(self, tag: str) -> dict[str, str | None]:
        (found,) = [attributes for name, attributes in self.seen if name == tag]
        return found


def test_as_text_it_is_its_text_alternative() -> None:
    picture = timeline(two_done_one_dead(), title="Tickets", noun="ticket")
    assert repr(picture) == picture.text == GOLDEN


def test_the_table_twin_has_a_row_per_message_with_all_that_happened() -> None:
    table = timeline(two_done_one_dead(), noun="ticket").table()
    assert table.columns == ("ticket", "sent", "tries", "failed", "fate", "what happened")
    assert [row[:5] for row in table.rows] == [
        ("A-101", "+0.0 s", "1", "0", "done after 2.1 s"),
        ("A-102", "+3.0 s", "1", "0", "done after 1.6 s"),
        ("A-103", "+6.0 s", "3", "3", "died after 3 tries"),
    ]
    assert table.rows[0][5] == (
        "+0.0 s sent tickets; +0.1 s received tickets (1st receive, hidden until +30.1 s); "
        "+0.1 s invoked issue-ticket (environment 1); +2.1 s succeeded issue-ticket (environment 1); "
        "+2.1 s deleted tickets"
    )


def test_the_figure_has_an_image_with_words_a_caption_and_a_table() -> None:
    picture = timeline(two_done_one_dead(), title="Tickets <&>", noun="ticket")
    page = Reader(picture._repr_html_())
    alt = page.only("img")["alt"]
    assert alt == picture.alt
    assert picture.caption in picture.alt
    assert "Tickets <&>" in picture.alt
    assert page.words["figcaption"] == words.unbroken(picture.caption)
    assert page.words["summary"] == "The same as a table"
    assert [attributes["scope"] for tag, attributes in page.seen if tag == "th"] == ["col"] * 6
    kind, _, content = str(page.only("img")["src"]).partition(",")
    assert kind == "data:image/svg+xml;base64"
    assert base64.b64decode(content).decode() == picture.svg


def test_the_image_stands_on_its_own_white_and_fetches_nothing() -> None:
    svg = timeline(two_done_one_dead()).svg
    ElementTree.fromstring(svg)
    assert svg.count("http") == svg.count("http://www.w3.org/")
    assert "<text" not in svg
    assert "<metadata" not in svg
    first_shape = re.search(r'<path d="[^"]*" style="fill: (#\w+)', svg)
    assert first_shape
    assert first_shape[1] == "#ffffff"


def test_two_processes_draw_the_same_bytes() -> None:
    program = (
        "import hashlib; from stories import two_done_one_dead; from waterline.views import timeline;"
        "print(hashlib.sha256(timeline(two_done_one_dead(), title='T')._repr_html_().encode()).hexdigest())"
    )
    here = Path(__file__).parent
    path = os.pathsep.join([str(here), str(here.parents[1])])
    digests = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }
    here_and_now = timeline(two_done_one_dead(), title="T")._repr_html_()
    assert digests == {hashlib.sha256(here_and_now.encode()).hexdigest()}


def test_what_the_learner_sets_in_matplotlib_changes_nothing() -> None:
    import matplotlib

    before = timeline(two_done_one_dead()).svg
    with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "black", "svg.hashsalt": "other"}):
        assert timeline(two_done_one_dead()).svg == before
        assert matplotlib.rcParams["font.size"] == 30


def test_matplotlib_is_not_imported_before_something_is_drawn() -> None:
    program = (
        "import sys; from waterline.clock import Clock; from waterline.journal import Journal;"
        "from waterline.views import timeline; repr(timeline(Journal(Clock()))); print('matplotlib' in sys.modules)"
    )
    run = subprocess.run(
        [sys.executable, "-c", program],
        check=True,
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert run.stdout.strip() == "False"


def test_an_empty_journal_is_a_picture_too() -> None:
    picture = timeline(Story().journal)
    assert repr(picture) == "Nothing happened: no message was sent."
    Reader(picture._repr_html_())


def test_more_messages_than_rows_are_said_and_the_dead_and_retried_are_drawn_first() -> None:
    story = Story()
    for number in range(MOST_ROWS + 5):
        story.done(number * 4, f"m{number:03}")
    story.poison(400, "dead").visible_again(600, "again")
    picture = timeline(story.journal)
    assert picture.caption.startswith(
        "Of 67 messages, 65 were done within 2.1 s; 1 was tried 3 times and died in tickets-dead after 90 s; "
    )
    assert picture.caption.endswith(
        "Drawn are 60 of the 67 messages: first those that died or were tried again, then the earliest."
    )
    drawn = [life.message for life in picture.shown]
    assert drawn == [f"m{number:03}" for number in range(58)] + ["dead", "again"]
    assert len(picture.table().rows) == MOST_ROWS


def test_chosen_messages_are_drawn_in_the_order_chosen_and_the_finding_is_about_them() -> None:
    picture = timeline(two_done_one_dead(), messages=["m2", "m1"], noun="ticket")
    assert [life.message for life in picture.shown] == ["m2", "m1"]
    assert picture.caption == "All 2 tickets were done within 2.1 s."


def test_a_message_that_is_not_in_the_journal_is_refused_with_a_sentence() -> None:
    with pytest.raises(LookupError, match=r"holds no message 'm9': it is the MessageId"):
        timeline(two_done_one_dead(), messages=["m9"])


def test_an_author_may_state_the_finding() -> None:
    picture = timeline(two_done_one_dead(), caption="One dies, and the others do not wait for it.")
    assert picture.caption == "One dies, and the others do not wait for it."
    assert "One dies" in picture.alt


def test_a_label_that_looks_like_mathematics_or_markup_is_drawn_as_it_is() -> None:
    picture = timeline(Story().done(0, "m", body="$x^2 <b>&--\u65e5").journal)
    assert picture.text.splitlines()[1].startswith("$x^2 <b>&--\u65e5")
    ElementTree.fromstring(picture.svg)
    Reader(picture._repr_html_())


def test_no_two_signs_share_a_shape() -> None:
    shapes = [sign.marker for sign in style.SIGNS.values()]
    assert len(set(shapes)) == len(shapes)


def test_every_kind_that_is_drawn_as_a_sign_has_one() -> None:
    from waterline.views.lives import MARKS

    assert set(style.SIGNS) == set(MARKS)
