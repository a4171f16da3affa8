"""Numbers in words are true as written."""

import pytest

from waterline.views import words

S = 1_000_000


@pytest.mark.parametrize(
    ("microseconds", "span", "longest"),
    [
        (0, "0 s", "0 s"),
        (1_500, "1.5 ms", "0.01 s"),
        (300_000, "0.3 s", "0.3 s"),
        (3_200_000, "3.2 s", "3.2 s"),
        (3_210_000, "3.2 s", "3.3 s"),
        (90 * S, "90 s", "90 s"),
        (90 * S + 1000, "90 s", "91 s"),
        (900 * S, "15 min", "15 min"),
        (901 * S - 1000, "15 min 1 s", "15 min 1 s"),
        (7_500 * S, "2 h 5 min", "2 h 5 min"),
        (4 * 86_400 * S + S, "4 d", "4 d 1 h"),
        (23 * 86_400 * S + 7_200 * S, "23 d 2 h", "23 d 2 h"),
    ],
)
def test_a_span_reads_as_a_person_would_say_it_and_an_upper_bound_is_rounded_up(
    microseconds: int, span: str, longest: str
) -> None:
    assert (words.span(microseconds), words.longest(microseconds)) == (span, longest)


@pytest.mark.parametrize(
    ("microseconds", "stamp"),
    [(0, "0 s"), (500_000, "0.5 s"), (182 * S, "3 min 2 s"), (3600 * S, "1 h"), (93_600 * S, "1 d 2 h")],
)
def test_an_instant_on_the_axis_is_exact(microseconds: int, stamp: str) -> None:
    assert words.stamp(microseconds) == stamp


def test_counts_agree_with_their_nouns() -> None:
    assert [words.count(1, "ticket"), words.count(2, "query"), words.count(1200, "batch"), words.count(3, "day")] == [
        "1 ticket",
        "2 queries",
        "1,200 batches",
        "3 days",
    ]


@pytest.mark.parametrize(
    ("text", "unbroken"),
    [
        ("after 90 s.", "after 90~s."),
        ("within 2 h 5 min; 3 d", "within 2~h 5~min; 3~d"),
        ("1.5 ms, 4 tickets, 3 starts, 2 had", "1.5~ms, 4 tickets, 3 starts, 2 had"),
    ],
)
def test_a_number_stays_with_its_unit(text: str, unbroken: str) -> None:
    assert words.unbroken(text) == unbroken.replace("~", "\u00a0")
