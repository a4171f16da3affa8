"""A check's tests are shared out among processes, one per processor; a part is what one share came to.

Tests with the same parameters (`seed=2`, say) stay together, in their order, so that what they share is made once. The
parts join to the verdict that one process would have come to: the first test that fails decides, and an answer is
correct only if every test of every part was run and passed. A process that ended early decides before all others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from waterline.grading.verdict import Outcome, Verdict

LONGEST_PRINTED = 2_000
"""Characters of what the learner's code printed that are kept."""


@dataclass(frozen=True)
class Part:
    """What one share of a check's tests came to; tests are numbered from 0 in the order of the file.

    `verdict`: of the first test that did not pass, whose number is `at`; correct if all passed. `passed`: those
    that did, with their claims. `printed`: what each test printed. `found`: how many tests the whole file has.
    """

    verdict: Verdict
    at: int
    passed: dict[int, str]
    printed: dict[int, str]
    found: int

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "verdict": self.verdict.to_json()}

    @classmethod
    def from_json(cls, value: object) -> Part:
        """The part that `to_json` gave. Raises ValueError for anything else."""
        if not isinstance(value, dict) or set(value) != {field.name for field in fields(cls)}:
            raise ValueError("This is no part of a check.")
        if type(value["at"]) is not int or type(value["found"]) is not int:
            raise ValueError("This is no part of a check: what must be a number is not.")
        return cls(
            Verdict.from_json(value["verdict"]),
            value["at"],
            _by_number(value["passed"]),
            _by_number(value["printed"]),
            value["found"],
        )


def failed(message: str, at: int = -1) -> Part:
    """The part of a process that came to nothing: it decides before every test."""
    return Part(Verdict(Outcome.CANNOT_BE_RUN, message), at, {}, {}, 0)


def joined(parts: Sequence[Part]) -> Verdict:
    """The verdict that all shares together come to."""
    first = min((part for part in parts if not part.verdict.correct), key=lambda part: part.at, default=None)
    last = parts[0].found if first is None else first.at
    if first is not None:
        verdict = first.verdict
    else:
        claims = {number: claim for part in parts for number, claim in part.passed.items()}
        if {part.found for part in parts} != {len(claims)} or set(claims) != set(range(len(claims))) or not claims:
            verdict = Verdict(Outcome.CANNOT_BE_RUN, "The check ended before it was through.")
        else:
            held = dict.fromkeys(claims[number] for number in sorted(claims))
            verdict = Verdict(Outcome.CORRECT, held=tuple(held))
    texts = {number: text for part in parts for number, text in part.printed.items() if number <= last}
    printed = "".join(texts[number] for number in sorted(texts))
    if len(printed) > LONGEST_PRINTED:
        printed = f"{printed[:LONGEST_PRINTED]} [...]"
    return replace(verdict, printed=printed)


def _by_number(table: object) -> dict[int, str]:
    if not isinstance(table, dict) or not all(isinstance(text, str) for text in table.values()):
        raise ValueError("This is no part of a check: what must be a table of texts is not.")
    return {int(number): text for number, text in table.items()}
