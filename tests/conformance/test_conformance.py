"""The register of behaviors is whole: every source that a story names exists, and the page says the same."""

from __future__ import annotations

import pytest
from ledger import PAGE, behaviors, page
from sources import PAGES, SECTIONS, sources

LEAST = 150
GUIDE = "AWS Lambda Developer Guide"


def test_the_page_is_what_the_tests_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(list(behaviors())), (
        "docs/conformance.md is not what the docstrings say: python tests/conformance/ledger.py"
    )


def test_there_are_as_many_behaviors_as_the_course_stands_on() -> None:
    rows = list(behaviors())
    assert all(row.sources for row in rows)
    assert len({(row.file, row.test) for row in rows}) == len(rows) >= LEAST


@pytest.mark.parametrize(
    ("docstring", "named"),
    [
        ("It does what it does.", []),
        ("Whoever Invokes it waits.", []),
        ("Source: PurgeQueue.", ["SQS API Reference, PurgeQueue"]),
        (
            '"Handling errors": and\n    "Handling errors for an SQS\n    event source in Lambda".',
            [f'{GUIDE}, "Handling errors for an SQS event source in Lambda"'],
        ),
        ("Facts ``esm.batch_size_range``: so many.", ["fact `esm.batch_size_range`"]),
        ("Invoke (``lambda.payload_sync_max``).", ["fact `lambda.payload_sync_max`", "Lambda API Reference, Invoke"]),
    ],
)
def test_a_source_is_a_page_an_action_or_a_fact(docstring: str, named: list[str]) -> None:
    assert list(sources(docstring)) == named


@pytest.mark.parametrize("docstring", ['"How it feels to be a queue": slow.', "Fact ``sqs.no_such_fact``: none."])
def test_a_source_that_nobody_knows_is_refused_in_a_sentence(docstring: str) -> None:
    with pytest.raises(ValueError, match=r"is no (page|fact)"):
        list(sources(docstring))


def test_a_sentence_in_quotes_is_one_of_the_pages_that_the_module_names() -> None:
    module = 'What a mapping does.\n\n"Using Lambda with Amazon SQS" and "Lambda quotas".'
    assert list(sources('"It does what it does."', module)) == [
        f'{GUIDE}, "Using Lambda with Amazon SQS"',
        f'{GUIDE}, "Lambda quotas"',
    ]


def test_a_section_stands_on_a_page() -> None:
    assert set(SECTIONS.values()) <= set(PAGES)
