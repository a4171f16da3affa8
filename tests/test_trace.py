"""What is said about an error in a trace: which it was, and in which line, in so few words that a line stays whole."""

from __future__ import annotations

from typing import Any

import pytest

from waterline.clock import Clock
from waterline.journal import Journal
from waterline.trace import note

CABIN = "KeyError: 'cabin' (line 8: ticket = f\"{order['name']}, cabin {order['cabin']}\")"


def failed(why: str, **detail: Any) -> str:
    journal = Journal(Clock())
    event = journal.record("failed", "lambda:issue-ticket", "m", environment=2, invocation="i", why=why, **detail)
    assert event.detail["why"] == why
    return note(event)


@pytest.mark.parametrize(
    ("why", "said"),
    [
        (CABIN, "environment 2: KeyError: 'cabin' (line 8)"),
        ("timed out after 10 s", "environment 2: timed out after 10 s"),
        ("AssertionError (line 3: assert order(1) == (2, 3))", "environment 2: AssertionError (line 3)"),
        (
            "ValueError: two\n  lines (line 12: raise ValueError(text))",
            "environment 2: ValueError: two lines (line 12)",
        ),
        (
            "ValueError: see (line 3: here) (line 12: raise error)",
            "environment 2: ValueError: see (line 3: here) (line 12)",
        ),
        (
            "ValueError: " + "long " * 40 + "(line 7: raise)",
            "environment 2: ValueError: long long long long lon… (line 7)",
        ),
        ("ValueError: " + "x" * 90, "environment 2: ValueError: " + "x" * 32 + "…"),
    ],
)
def test_an_error_is_named_with_the_number_of_its_line(why: str, said: str) -> None:
    assert failed(why, batch=10) == said
    assert len(said) <= 60


def test_a_line_of_a_trace_has_about_a_hundred_characters_at_most() -> None:
    clock = Clock()
    journal = Journal(clock)
    journal.record("sent", "sqs:tickets", "m")
    clock.advance(30_000_000)
    for why in (CABIN, "ValueError: " + "no cabin " * 30 + "(line 7: raise ValueError(text))"):
        journal.record("failed", "lambda:issue-ticket", "m", environment=1, invocation="i", why=why)
    assert max(map(len, str(journal.trace("m")).splitlines())) <= 100
