"""The tests of a check are shared out among processes, and the parts join to one verdict."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waterline.grading.part import LONGEST_PRINTED, Part, failed, joined
from waterline.grading.verdict import Outcome, Verdict
from waterline.grading.worker import part_in, too_slow

CORRECT = Verdict(Outcome.CORRECT)


def part(passed: dict[int, str], found: int, wrong: tuple[int, str] | None = None) -> Part:
    at, verdict = (found, CORRECT) if wrong is None else (wrong[0], Verdict(Outcome.INCORRECT, wrong[1]))
    return Part(verdict, at, passed, {}, found)


@pytest.mark.parametrize(
    ("parts", "outcome", "message"),
    [
        ([part({0: "a", 2: "c"}, 3), part({1: "b"}, 3)], Outcome.CORRECT, ""),
        ([part({0: "a"}, 1), part({}, 1)], Outcome.CORRECT, ""),
        ([part({0: "a"}, 3), part({1: "b"}, 3)], Outcome.CANNOT_BE_RUN, "before it was through"),
        ([part({}, 0)], Outcome.CANNOT_BE_RUN, "before it was through"),
        ([part({0: "a"}, 1), part({1: "b"}, 2)], Outcome.CANNOT_BE_RUN, "before it was through"),
        ([part({0: "a", 7: "b"}, 2)], Outcome.CANNOT_BE_RUN, "before it was through"),
        ([part({0: "a"}, 4, (2, "third")), part({}, 4, (1, "second"))], Outcome.INCORRECT, "second"),
        ([part({0: "a"}, 4, (2, "third")), failed("died")], Outcome.CANNOT_BE_RUN, "died"),
        ([part({0: "a"}, 2), too_slow(3)], Outcome.CANNOT_BE_RUN, "stopped after 3 s"),
    ],
)
def test_parts_join_to_one_verdict(parts: list[Part], outcome: Outcome, message: str) -> None:
    for order in itertools.permutations(parts):
        verdict = joined(order)
        assert verdict.outcome is outcome
        assert message in verdict.message


@given(st.lists(st.tuples(st.booleans(), st.text("ab", max_size=1500)), min_size=1, max_size=8), st.integers(1, 4))
def test_however_it_is_shared_out_the_verdict_is_that_of_one_process(
    tests: list[tuple[bool, str]], shares: int
) -> None:
    def run(share: int, shares: int) -> Part:
        passed: dict[int, str] = {}
        printed: dict[int, str] = {}
        for number, (holds, text) in enumerate(tests):
            if number % shares == share:
                printed[number] = text
                if not holds:
                    return Part(Verdict(Outcome.INCORRECT, str(number)), number, passed, printed, len(tests))
                passed[number] = f"claim {number}"
        return Part(CORRECT, len(tests), passed, printed, len(tests))

    verdict = joined([run(share, shares) for share in range(shares)])
    assert verdict == joined([run(0, 1)])
    assert len(verdict.printed) <= LONGEST_PRINTED + 6


TESTS = """
import pytest

@pytest.mark.parametrize("seed", [1, 2, 3])
def test_first(it, seed): print(seed); assert it(seed) != "first"

def test_alone(it): assert it(0) != "alone"

@pytest.mark.parametrize("seed", [1, 2, 3])
def test_second(it, seed): assert it(seed) != "second"
"""


@pytest.mark.parametrize(
    "body",
    ["0", "'first' if seed == 2 else 0", "'alone' if seed == 0 else 0", "'second' if seed == 3 else 0",
     "'second' if seed > 1 else 1 / seed", "1 / 0"],
)  # fmt: skip
def test_the_plugin_shares_out_without_changing_the_verdict(tmp_path: Path, body: str) -> None:
    checks = tmp_path / "test_it.py"
    checks.write_text(TESTS)
    code = (
        "import json, sys; from pathlib import Path\n"
        "from waterline.grading.parcel import Parcel, Piece; from waterline.grading.worker import judged\n"
        "parcel = Parcel((Piece('it', sys.argv[2]),), functions=('it',))\n"
        "path = Path(sys.argv[1])\n"
        "shares = [[judged(parcel, path, path.parent, i, n).to_json() for i in range(n)] for n in (1, 2, 3, 5)]\n"
        "print(json.dumps(shares))"
    )
    arguments = [sys.executable, "-c", code, str(checks), f"def it(seed):\n    return {body}\n"]
    done = subprocess.run(arguments, capture_output=True, text=True, check=True)
    one, *more = [joined([Part.from_json(part) for part in parts]) for parts in json.loads(done.stdout)]
    assert all(verdict == one for verdict in more)
    assert one.correct == (body == "0")


@pytest.mark.parametrize(
    "line",
    [b"", b"\n", b"token", b"token {}\n", b"token null\n", b"other " + b"{}\n", b"token " + b"[" * 100_000 + b"\n"],
)
def test_a_line_that_is_not_a_part_is_told_as_an_early_end(line: bytes) -> None:
    assert joined([part_in(line, "token")]).outcome is Outcome.CANNOT_BE_RUN


def test_a_part_that_was_written_is_read_again() -> None:
    whole = Part(Verdict(Outcome.CORRECT, "m", "b", "s"), 2, {0: "a", 1: "b"}, {1: "x"}, 2)
    assert part_in(b"token " + json.dumps(whole.to_json()).encode() + b"\n", "token") == whole
    for change in ({"found": "2"}, {"found": True}, {"passed": {"x": "a"}}, {"passed": {"0": 1}}, {"extra": 1}):
        line = b"token " + json.dumps({**whole.to_json(), **change}).encode() + b"\n"
        assert not joined([part_in(line, "token")]).correct
