"""`waterline facts`: the registry on the command line.

    waterline facts show sqs.message_size_max    one fact with its source, constraint and history
    waterline facts search visibility timeout    the facts in which all the words occur
    waterline facts compare 2018 2021            what was known otherwise in 2021 than in 2018
    waterline facts check                        against the installed botocore, units, dates, ages

Each function prints plain text and returns the exit code: 0 all is well, 1 a check failed, 2 the question was wrong.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from datetime import date

from waterline.facts import dates
from waterline.facts.fact import Fact, Past, Value, show
from waterline.facts.registry import Facts, UnknownFact, View
from waterline.facts.registry import facts as registry

OK, FAILED, USAGE = 0, 1, 2


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `facts` to a command. The parsed arguments carry `run`: call `arguments.run(arguments)` for the exit code."""
    parser = subparsers.add_parser("facts", help="dated numbers of AWS, with their sources")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")

    one = actions.add_parser("show", help="one fact: value, date, source, what was stated before")
    one.add_argument("id", help="as sqs.message_size_max")
    one.set_defaults(run=lambda arguments: show_fact(arguments.id))

    words = actions.add_parser("search", help="the facts in which all the words occur")
    words.add_argument("words", nargs="+")
    words.set_defaults(run=lambda arguments: search(" ".join(arguments.words)))

    two = actions.add_parser("compare", help="what changed between two years")
    two.add_argument("earlier", help="a year, 2018, or a month, 2018-08")
    two.add_argument("later", help="a year, a month, or today")
    two.set_defaults(run=lambda arguments: compare(arguments.earlier, arguments.later))

    test = actions.add_parser("check", help="the facts against the installed botocore, their units, dates and ages")
    test.add_argument("--day", type=date.fromisoformat, default=None, help="count ages to this day, as 2026-11-20")
    test.set_defaults(run=lambda arguments: check(arguments.day or date.today()))


def show_fact(id: str, facts: Facts = registry) -> int:
    """Print one fact: every line a key and its text."""
    try:
        fact = facts[id]
    except UnknownFact as unknown:
        return _usage(str(unknown))
    rows = [
        ("value", fact.text),
        ("as of", f"{fact.as_of} ({fact.as_of_basis})"),
        ("evidence", fact.evidence if fact.verified else f"{fact.evidence}: not verified"),
        ("service", f"{fact.service}, {fact.axis}"),
        ("Region", fact.region),
        ("source", fact.source),
        ("note", fact.note),
        ("botocore", f"{fact.botocore.place} {fact.botocore.text}" if fact.botocore else ""),
        *((f"{past.as_of}", _past_text(fact, past)) for past in fact.history),
    ]
    print(f"{fact.id}: {fact.title}")
    print(table([row for row in rows if row[1]], indent="  "))
    return OK


def search(words: str, facts: Facts = registry) -> int:
    """Print the facts that speak of `words`, one per line."""
    found = facts.search(words)
    if not found:
        return _usage(f"No fact speaks of {words!r}; try fewer words, or one part of an id, as in 'sqs'.")
    print(table([(fact.id, fact.text, fact.as_of, fact.title) for fact in found]))
    return OK


def compare(earlier: str, later: str, facts: Facts = registry) -> int:
    """Print every fact known at both times whose value differs; then how many could not be compared."""
    try:
        before, after = _view(earlier, facts), _view(later, facts)
    except ValueError as error:
        return _usage(str(error))
    if before.moment is None or (after.moment is not None and after.moment < before.moment):
        return _usage(f"{earlier} is not earlier than {later}; give the earlier time first.")
    rows = changes(before, after)
    if rows:
        print(table([("fact", earlier, later), *((b.id, b.text, a.text) for b, a in rows)]))
    both = sum(1 for id in before if id in after)
    print(
        f"{len(rows)} of the {both} facts known at both times changed between {earlier} and {later};"
        f" of {len(facts) - both} there is no statement from {earlier} or before."
    )
    return OK


def changes(before: Mapping[str, Fact], after: Mapping[str, Fact]) -> list[tuple[Fact, Fact]]:
    """The facts of two views whose amounts differ, each as (then, later). 256 KB and 262,144 bytes do not differ."""
    return [(before[id], after[id]) for id in before if id in after and _amount(before[id]) != _amount(after[id])]


def check(day: date, facts: Facts = registry) -> int:
    """Print what failed and what is old, then the counts; 1 when something failed."""
    from waterline.facts.checks import check as findings_of

    findings = findings_of(facts, day)
    for status, heading in (("failed", "Failed"), ("listed", "Old, to be looked at")):
        told = [finding.sentence for finding in findings if finding.status == status]
        if told:
            print(f"{heading}:", *(f"  {sentence}" for sentence in told), sep="\n")
    failed = [finding for finding in findings if finding.status == "failed"]
    listed = [finding for finding in findings if finding.status == "listed"]
    constrained = len({finding.fact for finding in findings if finding.check == "botocore"})
    unverified = sum(1 for fact in facts.values() if not fact.verified)
    print(
        f"{len(facts)} facts, {constrained} of them compared with botocore, {unverified} not verified:"
        f" {len(failed)} checks failed, {len(listed)} facts are old."
    )
    return FAILED if failed else OK


def table(rows: Sequence[tuple[str, ...]], indent: str = "") -> str:
    """Rows of text as columns two spaces apart; the last column is not padded."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]) - 1)]
    padded = (
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]]) for row in rows
    )
    return "\n".join(indent + line for line in padded)


def _view(when: str, facts: Facts) -> View:
    return facts.today if when == "today" else facts.at(when)


def _amount(fact: Fact) -> Value:
    try:
        return tuple(
            q.bytes if q.unit in ("bytes", "KB", "KiB", "MB", "MiB", "GB") else q.number for q in fact.quantities
        )
    except ValueError:
        return fact.value


def _past_text(fact: Fact, past: Past) -> str:
    said = f" '{past.said}'" if past.said and past.said.strip("'") != past.value else ""
    doubt = "" if past.holds else " (did not hold)"
    month = dates.stated(past.as_of)
    when = "" if month else " (no date: answers no question about a year)"
    unit = "" if isinstance(past.value, str) else past.unit
    return f"{show(past.value, unit, fact.range)}{said}{doubt}{when} [{past.source}]"


def _usage(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return USAGE
