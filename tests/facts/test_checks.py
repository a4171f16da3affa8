"""The checks: every constraint against the installed botocore, and proof that a wrong one is caught."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from waterline.facts import Constraint, Fact, Past, facts
from waterline.facts.checks import (
    NUMBERS_NOT_IN_CONSTRAINT,
    age_finding,
    botocore_findings,
    check,
    date_finding,
    parts,
    says,
    unit_finding,
    value_finding,
)
from waterline.facts.models import Models

DAY = date(2026, 11, 20)
MODELS = Models()
CONSTRAINED = [fact for fact in facts.values() if fact.botocore]


def failures(fact: Fact) -> list[str]:
    return [finding.sentence for finding in botocore_findings(fact, MODELS) if finding.status == "failed"]


def constrained(fact: Fact, text: str, **place: str) -> Fact:
    assert fact.botocore
    return replace(fact, botocore=replace(fact.botocore, text=text, **place))


def test_no_check_fails_today() -> None:
    assert [finding.sentence for finding in check(facts, DAY, MODELS) if finding.status == "failed"] == []


def test_every_constraint_is_checked() -> None:
    findings = [finding for finding in check(facts, DAY, MODELS) if finding.check == "botocore"]
    assert Counter(finding.fact for finding in findings) == {
        fact.id: len(parts(fact.botocore.text)) for fact in CONSTRAINED if fact.botocore
    }
    assert len(CONSTRAINED) >= 143


def mutants(part: str) -> Iterator[str]:
    """Every wrong constraint next to a right one: other numbers, other names, other words."""
    name, _, rest = part.partition("=")
    if name in ("min", "max"):
        for wrong in (int(rest) - 1, int(rest) + 1, int(rest) * 10 or 7, -int(rest) or 3):
            yield f"{name}={wrong}"
    elif part.startswith("enum:"):
        values = part.removeprefix("enum:").split("|")
        yield f"{part}|NO_SUCH_VALUE"
        yield "enum:" + "|".join(values[1:])
        yield part.lower() if part.removeprefix("enum:") != part.removeprefix("enum:").lower() else part + "9"
    elif part.startswith("doc:"):
        words = part.removeprefix("doc:")
        for number in re.finditer(r"\d+", words):
            yield f"doc:{words[: number.start()]}{int(number[0]) + 1}{words[number.end() :]}"
            yield f"doc:{words[: number.end()]}0{words[number.end() :]}"
        for letters in re.finditer(r"[A-Za-z]+", words):
            yield f"doc:{words[: letters.start()]}{letters[0]}x{words[letters.end() :]}"
            yield f"doc:{words[: letters.start()]}otherwise{words[letters.end() :]}"
        yield f"doc:{words} otherwise"


@pytest.mark.parametrize("fact", CONSTRAINED, ids=lambda fact: fact.id)
def test_every_mutated_constraint_is_caught(fact: Fact) -> None:
    assert fact.botocore
    whole = parts(fact.botocore.text)
    assert failures(fact) == []
    tried = 0
    for position, part in enumerate(whole):
        for mutant in mutants(part):
            wrong = ";".join([*whole[:position], mutant, *whole[position + 1 :]])
            told = failures(constrained(fact, wrong))
            assert len(told) == 1, (wrong, told)
            assert told[0].startswith(f"{fact.id} rests on {mutant!r} at {fact.botocore.place}; in botocore ")
            tried += 1
    for place in ({"service": "no-such"}, {"shape": "NoSuchShape"}, {"member": "NoSuchMember"}):
        if place != {"member": "NoSuchMember"} or not fact.botocore.shape.startswith(("operation:", "service")):
            told = failures(constrained(fact, fact.botocore.text, **place))
            assert len(told) == 1 and "botocore has no" in told[0]
            tried += 1
    assert tried >= 3


@pytest.mark.parametrize(
    "fact",
    [f for f in CONSTRAINED if value_finding(f) and f.id not in NUMBERS_NOT_IN_CONSTRAINT],
    ids=lambda fact: fact.id,
)
def test_every_value_that_leaves_its_constraint_is_caught(fact: Fact) -> None:
    values = fact.value if isinstance(fact.value, tuple) else (fact.value,)
    for position, value in enumerate(values):
        other: str | float = f"{value}9" if isinstance(value, str) else value * 7 + 11
        wrong = (*values[:position], other, *values[position + 1 :])
        finding = value_finding(replace(fact, value=wrong if isinstance(fact.value, tuple) else wrong[0]))
        assert finding and finding.status == "failed", (wrong, fact.botocore)


def test_the_exceptions_are_needed() -> None:
    for id in NUMBERS_NOT_IN_CONSTRAINT:
        fact = facts[id]
        renamed = value_finding(replace(fact, id="x"))
        assert renamed and renamed.status == "failed", id


@pytest.mark.parametrize(
    ("id", "text", "now"),
    [
        ("sqs.delay_range", "doc:Valid values: 0 to 800", "Valid values: 0 to 900. Maximum"),
        ("esm.batching_window_range", "max=200", "max is 300."),
        ("lambda.invocation_types", "enum:RequestResponse|Event", "DryRun is new."),
        ("lambda.invocation_types", "enum:RequestResponse|Event|DryRun|Later", "Later is gone."),
        ("sqs.delay_range", "max=900", "there is no max."),
        ("sqs.delay_range", "doc:", "none of min=, max=, enum:, exists, doc:"),
        ("sqs.delay_range", "about=900", "none of min=, max=, enum:, exists, doc:"),
    ],
)
def test_the_sentence_says_what_botocore_says_now(id: str, text: str, now: str) -> None:
    (told,) = failures(constrained(facts[id], text))
    assert now in told
    assert f"in botocore {MODELS.version}: " in told
    assert told.count("\n") == 0


def test_a_number_in_words_of_documentation_is_whole() -> None:
    assert says("The default value is 5. More.", "default value is 5")
    assert not says("The default value is 50.", "default value is 5")
    assert not says("The default value is 5,000.", "default value is 5")
    assert not says("at most 15 messages", "5 messages")
    assert not says("at most 1,005 messages", "5 messages")


def test_a_doc_part_may_hold_semicolons_and_comes_last() -> None:
    assert parts("min=1;max=2;doc:a; b") == ["min=1", "max=2", "doc:a; b"]
    assert parts("exists") == ["exists"]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"unit": "seconds"}, "'seconds' is not a unit"),
        ({"unit": "retries, s"}, "names 2 units for 1 numbers"),
        ({"history": (Past("2020", "yes", "s", "x", "", True),)}, None),
        ({"history": (Past("2020", True, "", "x", "", True),)}, "has not the form of 30"),
        (
            {"value": True, "unit": "", "history": (Past("2020", "of course", "", "x", "", True),)},
            "stands for a yes or no",
        ),
        ({"value": (9, 1), "range": True}, "9 to 1 is not a range"),
    ],
)
def test_units_and_forms_are_checked(changes: dict[str, object], sentence: str | None) -> None:
    finding = unit_finding(replace(facts["sqs.visibility_default"], **changes))  # type: ignore[arg-type]
    assert finding.status == ("failed" if sentence else "ok")
    assert sentence is None or sentence in finding.sentence


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"as_of": "2026"}, "write a year and a month"),
        ({"as_of": "2027-01"}, "lies after 2026-11-20"),
        ({"history": (Past("about 2020", 1, "s", "x", "", True),)}, "as_of is 'about 2020'"),
        ({"as_of": "2020-01", "history": (Past("2020-02", 1, "s", "x", "", True),)}, "lies after its own 2020-01"),
    ],
)
def test_dates_are_checked(changes: dict[str, object], sentence: str) -> None:
    finding = date_finding(replace(facts["sqs.visibility_default"], **changes), DAY)  # type: ignore[arg-type]
    assert finding.status == "failed"
    assert sentence in finding.sentence


@pytest.mark.parametrize(
    ("as_of", "status"), [("2025-05", "ok"), ("2025-04", "listed"), ("2018-08", "listed"), ("2026-11", "ok")]
)
def test_a_fact_older_than_eighteen_months_is_listed_not_failed(as_of: str, status: str) -> None:
    finding = age_finding(replace(facts["sqs.visibility_default"], as_of=as_of), DAY)
    assert (finding.status, finding.check) == (status, "age")


def test_ages_are_counted_to_the_day_asked_about() -> None:
    def old(day: date) -> int:
        return sum(finding.status == "listed" for finding in check(facts, day, MODELS))

    assert 0 < old(DAY) < old(date(2030, 1, 1)) == len(facts)


def test_a_constraint_names_its_place() -> None:
    assert Constraint("sqs", "SendMessageRequest", "DelaySeconds", "").place == "sqs SendMessageRequest.DelaySeconds"
    assert Constraint("sqs", "operation:SendMessage", "", "").place == "sqs operation:SendMessage"
