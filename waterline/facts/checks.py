"""The facts under test: against the service models of the installed botocore, and against their own form.

| check | what is asked | fails |
|---|---|---|
| `botocore` | does the service model still say what the constraint says? | yes |
| `value` | do the value of the fact and its constraint name the same numbers, the same names? | yes |
| `unit` | is the unit one of `units.UNITS`, one per number; has the history the form of the value? | yes |
| `date` | are `as_of` and the dates of the history well formed, and none after the day asked about? | yes |
| `age` | was the fact read or published within 18 months of that day? | no, it is listed |

That ids are unique is checked by the registry itself, which refuses to be read otherwise.

The language of constraints: parts separated by `;`. `min=N`, `max=N`: exactly the bounds of the shape. `enum:A|B`:
exactly its enumeration. `exists`: the shape is there. `doc:words`, always last: the words stand in the documentation,
numbers whole (`doc:default is 5` is not found in "default is 50").
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from waterline.facts import dates, units
from waterline.facts.fact import Constraint, Fact, Value
from waterline.facts.models import Missing, Models, Place

MONTHS_UNTIL_OLD: Final = 18

# The constraint covers one number of several, or the bounds a default must keep; the others rest on the source alone.
NUMBERS_NOT_IN_CONSTRAINT: Final = frozenset({
    "apigw.rest_timeout", "eventbridge.custom_bus_batch", "eventbridge.custom_bus_retry_default",
    "firehose.put_batch_max", "kinesis.efo_consumers", "scheduler.retry",
})  # fmt: skip

_NUMBER: Final = re.compile(r"-?\d[\d,]*(?:\.\d+)?")
_WORDS: Final = {"one": 1, "only one": 1, "twice": 2, "two": 2, "five": 5, "six": 6, "single": 1}


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found about one fact. `sentence` names the fact, what was asked, and what is there instead."""

    fact: str
    check: Literal["botocore", "value", "unit", "date", "age"]
    status: Literal["ok", "failed", "listed"]
    sentence: str


def check(facts: Mapping[str, Fact], day: date, models: Models | None = None) -> list[Finding]:
    """Every finding about every fact, in the order of the registry. `day` is the day the ages are counted to."""
    models = models or Models()
    return [
        finding
        for fact in facts.values()
        for finding in (*botocore_findings(fact, models), value_finding(fact), *form_findings(fact, day))
        if finding is not None
    ]


def form_findings(fact: Fact, day: date) -> tuple[Finding, Finding, Finding]:
    """The unit, the dates and the age of a fact."""
    return unit_finding(fact), date_finding(fact, day), age_finding(fact, day)


# ---- against botocore ----------------------------------------------------------------------------------------------


def botocore_findings(fact: Fact, models: Models) -> list[Finding]:
    """One finding per part of the fact's constraint; none when it has no constraint."""
    if fact.botocore is None:
        return []
    try:
        place = models.place(fact.botocore)
    except Missing as missing:
        return [_botocore(fact, fact.botocore, "failed", fact.botocore.text, f"{missing}", models)]
    findings = []
    for part in parts(fact.botocore.text):
        now = _difference(part, place)
        findings.append(_botocore(fact, fact.botocore, "failed" if now else "ok", part, now or "it does", models))
    return findings


def _botocore(
    fact: Fact, constraint: Constraint, status: Literal["ok", "failed"], part: str, now: str, models: Models
) -> Finding:
    asked = f"{fact.id} rests on {part!r} at {constraint.place}"
    return Finding(fact.id, "botocore", status, f"{asked}; in botocore {models.version}: {now}.")


def parts(text: str) -> list[str]:
    """The parts of a constraint: `min=1;doc:a; b` is `["min=1", "doc:a; b"]`."""
    start = text.find("doc:")
    rest, doc = (text, []) if start < 0 else (text[:start], [text[start:]])
    return [part for part in rest.split(";") if part] + doc


def _difference(part: str, place: Place) -> str:
    """What botocore says instead of `part`; empty when it says just that."""
    if part == "exists":
        return ""
    bound = re.fullmatch(r"(min|max)=(-?\d+)", part)
    if bound:
        there = place.least if bound[1] == "min" else place.greatest
        if there is None:
            return f"there is no {bound[1]}"
        return (
            "" if there == int(bound[2]) else f"{bound[1]} is {there:g}" if there % 1 else f"{bound[1]} is {there:.0f}"
        )
    if part.startswith("enum:"):
        return _enum_difference(set(part.removeprefix("enum:").split("|")), set(place.enumeration))
    if part.startswith("doc:") and part != "doc:":
        words = part.removeprefix("doc:")
        return "" if says(place.documentation, words) else f"it says {_nearest(place.documentation, words)}"
    return f"the part {part!r} is none of min=, max=, enum:, exists, doc:"


def _enum_difference(asked: set[str], there: set[str]) -> str:
    gone, new = sorted(asked - there), sorted(there - asked)
    told = [f"{', '.join(gone)} {'is' if len(gone) == 1 else 'are'} gone"] if gone else []
    told += [f"{', '.join(new)} {'is' if len(new) == 1 else 'are'} new"] if new else []
    return " and ".join(told)


def says(documentation: str, words: str) -> bool:
    """Whether the words stand in the documentation, not cutting a word or a number at either end."""
    before = r"(?<![\w])(?<!\d[.,])" if words[0].isalnum() else ""
    after = r"(?![\w])(?![.,]\d)" if words[-1].isalnum() else ""
    return re.search(before + re.escape(words) + after, documentation) is not None


def _nearest(documentation: str, words: str) -> str:
    """The stretch of the documentation that begins as the words do, or that it has no such stretch."""
    tokens = words.split()
    for count in range(len(tokens) - 1, 0, -1):
        for run in (tokens[:count], tokens[-count:]):
            at = documentation.find(" ".join(run))
            if at >= 0 and count > len(tokens) // 3:
                start = max(0, at - len(words))
                return f"'...{documentation[start : at + 2 * len(words)]}...'"
    return "nothing like it" if documentation else "nothing at all"


# ---- against their own form ----------------------------------------------------------------------------------------


def value_finding(fact: Fact) -> Finding | None:
    """Whether the value and the constraint agree; `None` where there is nothing to compare (yes/no facts, texts)."""
    if fact.botocore is None:
        return None
    asked = parts(fact.botocore.text)
    values = fact.value if isinstance(fact.value, tuple) else (fact.value,)
    enum = next((set(part.removeprefix("enum:").split("|")) for part in asked if part.startswith("enum:")), None)
    if enum is not None and fact.unit in {"enum", "GB"}:
        wrong = _enum_difference({str(v) for v in values}, enum)
        return _own(fact, "value", f"against its constraint, {wrong}" if wrong else "")
    if not all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in values):
        return None
    said = {number for part in asked for number in _numbers(part)}
    bounds = {"min": fact.numbers[0], "max": fact.numbers[-1]}
    for part in asked:
        name, _, number = part.partition("=")
        # A bound that the documentation narrows stands in the doc: part: MinimumPollers has min=1, SQS needs 2.
        narrowed = any(p.startswith("doc:") and bounds.get(name) in _numbers(p) for p in asked)
        if fact.range and name in bounds and int(number) != bounds[name] and not narrowed:
            return _own(fact, "value", f"the {name} of its value is not the {number} of its constraint")
    missing = [q for q in fact.quantities if not _forms(q.number, q.unit) & said]
    if missing and fact.id not in NUMBERS_NOT_IN_CONSTRAINT:
        return _own(fact, "value", f"its constraint {fact.botocore.text!r} does not name {missing[0].number:,}")
    return _own(fact, "value", "")


def _numbers(part: str) -> set[float]:
    """The numbers a part of a constraint names, as digits or as words: `five` is 5, `default value of 1` is 1."""
    found = {float(number.replace(",", "").rstrip(".")) for number in _NUMBER.findall(part)}
    return found | {abs(n) for n in found} | {_WORDS[w] for w in re.findall(r"[a-z]+", part.lower()) if w in _WORDS}


def _forms(number: float, unit: str) -> set[float]:
    """The number, and what it is in the larger units its constraint may use: 345600 s is also 4 (days)."""
    table = units.SECONDS if unit in units.SECONDS else units.BYTES if unit in units.BYTES else {}
    return {float(number)} | {number * table[unit] / factor for factor in table.values() if unit in table}


def unit_finding(fact: Fact) -> Finding:
    """Whether the unit is known, and the values of the history have the form of the value, or are its plain text."""
    try:
        _check_unit(fact.value, fact.unit)
        for past in fact.history:
            if _form(past.value) is not str or _form(fact.value) is str:
                _check_unit(past.value, past.unit)
            elif past.holds and _form(fact.value) is bool:
                raise units.UnitError(f"{past.value!r} of {past.as_of} stands for a yes or no; write true or false.")
            if past.value != () and not isinstance(past.value, str) and _form(past.value) is not _form(fact.value):
                raise units.UnitError(f"{past.value!r} of {past.as_of} has not the form of {fact.value!r}.")
        if fact.range:
            low, high = fact.numbers
            if low > high:
                raise units.UnitError(f"{low} to {high} is not a range.")
    except (units.UnitError, ValueError) as error:
        return _own(fact, "unit", str(error).rstrip("."))
    return _own(fact, "unit", "")


def _check_unit(value: Value, unit: str) -> None:
    if value != ():
        units.split_unit(unit, len(value) if isinstance(value, tuple) else 1)


def _form(value: Value) -> type:
    first = value[0] if isinstance(value, tuple) and value else value
    return float if isinstance(first, (int, float)) and not isinstance(first, bool) else type(first)


def date_finding(fact: Fact, day: date) -> Finding:
    """Whether every date of the fact is well formed and not in the future, and no past statement outlives the fact."""
    try:
        own = dates.published(fact.as_of)
        if own.months_until(day) < 0:
            raise ValueError(f"{fact.as_of} lies after {day}.")
        for past in fact.history:
            month = dates.stated(past.as_of)
            if month is not None and past.holds and month > own:
                raise ValueError(f"{past.as_of} of its history lies after its own {fact.as_of}.")
    except ValueError as error:
        return _own(fact, "date", str(error).rstrip("."))
    return _own(fact, "date", "")


def age_finding(fact: Fact, day: date) -> Finding:
    """A fact more than 18 months old is listed: it may still hold, but somebody should look."""
    try:
        months = dates.published(fact.as_of).months_until(day)
    except ValueError:
        months = 0
    if months > MONTHS_UNTIL_OLD:
        return Finding(fact.id, "age", "listed", f"{fact.id} is of {fact.as_of}, {months} months old on {day}.")
    return Finding(fact.id, "age", "ok", f"{fact.id} is of {fact.as_of}.")


def _own(fact: Fact, which: Literal["value", "unit", "date"], wrong: str) -> Finding:
    if wrong:
        return Finding(fact.id, which, "failed", f"The {which} of {fact.id} ({fact.text}): {wrong}.")
    return Finding(fact.id, which, "ok", f"The {which} of {fact.id} is well formed.")
