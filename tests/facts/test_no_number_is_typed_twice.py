"""No number of AWS is typed twice: what a fact holds stands nowhere else without its id.

How such numbers are found is told in `typed_numbers.py`. What may stay is in `ALLOWED`, each with its reason.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from typed_numbers import NAMES, SETTINGS, Typed, distinctive, in_code, in_manuscript

from waterline.facts import facts

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "waterline"

AXIS = "a step of the time axis, in seconds: no setting"
LESSON = "the lesson prints the fact in its last section; the sentence says the same"

ALLOWED: dict[tuple[str, str], str] = {
    ("waterline/views/axis.py", "21600"): AXIS,
    ("waterline/views/axis.py", "43200"): AXIS,
    ("book/00-start-here/lesson.py", "30 seconds"): LESSON,
    ("book/00-start-here/lesson.py", "four days"): LESSON,
}


def findings() -> list[Typed]:
    found: list[Typed] = []
    for path in sorted(PACKAGE.rglob("*.py")):
        if PACKAGE / "facts" not in path.parents:
            found += in_code(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))
    for path in sorted([*(ROOT / "book").glob("*/lesson.py"), *(ROOT / "book").glob("*/lab.py")]):
        found += in_manuscript(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))
    return found


def test_no_number_of_a_fact_is_typed_in_code_or_prose() -> None:
    typed = [str(one) for one in findings() if (one.file, one.number) not in ALLOWED]
    assert not typed, "\n" + "\n".join(typed)


def test_nothing_is_allowed_that_is_not_there() -> None:
    """An entry for a file that is gone, or for a number that was mended, hides the next one."""
    there = {(one.file, one.number) for one in findings()}
    assert set(ALLOWED) - there == set()


def test_every_name_and_phrase_leads_to_facts() -> None:
    assert {id for ids in (*SETTINGS.values(), *NAMES.values()) for id in ids} - set(facts) == set()


PLANTED = [
    "retention = 345600",
    "LIMIT = 43_200",
    "size = 262144",
    "size = 1_048_576",
    "pollers = 1250",
    "most = 120_000",
    "price = 0.0000166667",
    "price = 0.014",
    "visibility_timeout = 30",
    "queue.visibility_timeout = 30",
    "DEFAULT_TIMEOUT = 3",
    "make(DelaySeconds=900)",
    "make(DelaySeconds=15 * 60)",
    "def make(memory: int = 128) -> None: ...",
    "def make(*, timeout=900): ...",
    "settings = {'VisibilityTimeout': 12 * 3600}",
    "if batch_size > 10_000: pass",
    "message_retention_period: int = 4 * 24 * 3600",
    "deduplication_interval = 300",
    "raise ValueError('Must be between 0 and 43200.')",
    "raise ValueError(f'{name}: the batch size is at most 10.')",
    '"""A queue hides it for a visibility timeout of 30 s by default."""',
    '"""A queue keeps it for its retention period, four days by default."""',
    '"""A million requests cost $0.40."""',
    '"""A million requests cost 0.4 USD."""',
    '"""The retention period is 7 days by default."""',  # wrong, which is worse
    '"""Memory of a function: up to 3,008 MB."""',  # what it was
]


@pytest.mark.parametrize("source", PLANTED)
def test_a_planted_number_is_found(source: str) -> None:
    assert in_code("planted.py", source)


INNOCENT = [
    "megabyte = 2**20",
    "day = 86_400",
    "seconds = 3 * 3600",
    "visibility_timeout = 45",
    "visibility_timeout = facts['sqs.visibility_default'].seconds",
    "attempts = 3",
    "columns = 128",
    "timeout = 10",
    '"""The visibility timeout is 30 s by default (sqs.visibility_default)."""',
    '"""A queue keeps it for four days by default: `sqs.retention_default`."""',
    '"""With a visibility timeout of 30 s the third receive is at 60 s."""',
    '"""A million requests cost $0.40 (price.sqs.standard)."""',
    '"""Issue 2146 and issue 43 were read, 2026-11."""',
    '"""It takes three receives, and then it moves."""',
    '"""A file of 64 MB, or of 1 MB, kept for 365 days."""',
]


@pytest.mark.parametrize("source", INNOCENT)
def test_a_number_that_is_no_setting_is_left_alone(source: str) -> None:
    assert in_code("innocent.py", source) == []


PROSE = """\
# %% [markdown]
# # A lesson
#
# It stays hidden for as long as its **visibility timeout** says: 30 seconds, unless you set something else.

# %%
{code}
"""


def test_a_sentence_of_a_lesson_is_found_with_its_line() -> None:
    [typed] = in_manuscript("lesson.py", PROSE.format(code="print(1)"))
    assert (typed.number, typed.line) == ("30 seconds", 4)
    assert "sqs.visibility_default" in typed.why


def test_a_sentence_of_a_lesson_may_say_the_number_that_its_next_cell_prints() -> None:
    assert in_manuscript("lesson.py", PROSE.format(code="print(facts['sqs.visibility_default'])")) == []


def test_the_numbers_of_the_issue_are_distinctive() -> None:
    assert {345600, 43200, 262144, 1048576, 120000, 1250, 1209600} <= set(distinctive())


def test_round_numbers_and_units_of_time_and_size_are_not() -> None:
    assert {10, 100, 1000, 1024, 3600, 86400, 60, 500, 10_000, 0.5}.isdisjoint(distinctive())
