"""An answer is judged in a process of its own: four outcomes, and a message that the learner can act on."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from waterline.grading.bench import Bench
from waterline.grading.manifest import Course
from waterline.grading.verdict import Outcome, Verdict
from waterline.grading.written import Written

Judge = Callable[..., Verdict]

RIGHT = "def backoff(base, cap, attempts):\n    return [min(cap, base * 2**n) for n in range(attempts)]\n"


def test_a_right_answer_is_correct_and_told_what_held(judge: Judge) -> None:
    assert judge("backoff", RIGHT) == Verdict(
        Outcome.CORRECT,
        held=(
            "there is one wait per attempt",
            "the first wait is the base",
            "no wait is longer than the cap",
            "each wait doubles",
        ),
    )


def test_a_known_wrong_answer_is_told_its_belief_and_where_it_is_treated(judge: Judge) -> None:
    answer = "def backoff(base, cap, attempts):\n    return [base * 2**n for n in range(attempts)]\n"
    assert judge("backoff", answer) == Verdict(
        Outcome.INCORRECT,
        "With a cap of 10 s your waits are [1, 2, 4, 8, 16, 32].",
        belief="Growth never hurts.",
        see="00, section 3",
    )


def test_a_plain_assert_is_told_with_what_was_found(judge: Judge) -> None:
    verdict = judge("backoff", "def backoff(base, cap, attempts):\n    return [base] * attempts\n")
    assert verdict.outcome is Outcome.INCORRECT
    assert verdict.message.startswith("It should hold that each wait doubles, but: assert [1, 1, 1, 1, 1, 1] == [1, 2,")
    assert "0x" not in verdict.message


@pytest.mark.parametrize(
    ("body", "outcome", "message"),
    [
        ("return [base / 0]", Outcome.CANNOT_BE_RUN,
         ("ZeroDivisionError: division by zero, in the line `return [base / 0]` of your backoff, "
         "when `backoff(1, 60, 5)` was called.")),
        ("assert base == 5", Outcome.CANNOT_BE_RUN,
         "AssertionError, in the line `assert base == 5` of your backoff, when `backoff(1, 60, 5)` was called."),
        ("return helper(base)", Outcome.CANNOT_BE_RUN,
         ("NameError: name 'helper' is not defined, in the line `return helper(base)` of your backoff, "
         "when `backoff(1, 60, 5)` was called.")),
        ("import pytest; pytest.skip('please')", Outcome.CANNOT_BE_RUN,
         ("Skipped: please, in the line `import pytest; pytest.skip('please')` of your backoff, "
         "when `backoff(1, 60, 5)` was called.")),
        ("print('so far'); waits = None", Outcome.CANNOT_BE_RUN,
         "The check could not go on with what your code gave: TypeError: object of type 'NoneType' has no len()."),
        ("if base: raise NotImplementedError", Outcome.NOT_ATTEMPTED, "It says itself that it is not implemented yet."),
        ("waits = ...; return waits", Outcome.NOT_ATTEMPTED, "`backoff` has no result yet."),
    ],
)  # fmt: skip
def test_what_goes_wrong_is_told_with_the_learners_own_line(
    judge: Judge, body: str, outcome: Outcome, message: str
) -> None:
    verdict = judge("backoff", f"def backoff(base, cap, attempts):\n    {body}\n")
    assert (verdict.outcome, verdict.message) == (outcome, message)


def test_a_function_with_other_parameters_is_told_how_it_was_called(judge: Judge) -> None:
    verdict = judge("backoff", "def backoff(base):\n    return [base]\n")
    assert verdict.outcome is Outcome.CANNOT_BE_RUN
    assert verdict.message.endswith("when `backoff(1, 60, 5)` was called.")
    assert "takes 1 positional argument but 3 were given" in verdict.message


def test_a_mistake_at_the_top_of_the_cell_is_told_with_its_line(judge: Judge) -> None:
    verdict = judge("backoff", f"@missing\n{RIGHT}")
    assert verdict.message == "NameError: name 'missing' is not defined, in the line `@missing` of your backoff."


def test_what_the_code_prints_is_shown_cut_short(judge: Judge) -> None:
    verdict = judge("backoff", RIGHT.replace("    return", "    print('w' * 900)\n    return"))
    assert verdict.outcome is Outcome.CORRECT
    assert verdict.printed.startswith("w" * 900 + "\n")
    assert verdict.printed.endswith("[...]")
    assert len(verdict.printed) < 2_100


def test_a_loop_that_never_ends_is_stopped_and_the_next_check_is_quick(course: Course, bench: Bench) -> None:
    impatient = replace(course.exercise("backoff"), seconds=1)
    endless = Written(["def backoff(base, cap, attempts):\n    while True:\n        pass\n"])
    verdict = bench.judge(course, impatient, endless)
    assert verdict.outcome is Outcome.CANNOT_BE_RUN
    assert verdict.message == "Your code was stopped after 1 s of real time: look for a loop that never ends."
    assert bench.judge(course, impatient, Written([RIGHT])).correct


def test_checks_leave_no_folder_and_no_process(course: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    bench = Bench()
    litter = RIGHT.replace("    return", "    open('litter', 'w').write('x')\n    return")
    assert bench.judge(course, course.exercise("backoff"), Written([litter])).correct
    worker = bench._worker
    assert worker is not None
    bench.close()
    assert worker.process.poll() is not None
    assert list(tmp_path.iterdir()) == []


def test_a_worker_that_cannot_fork_gives_the_same_verdicts(course: Course, judge: Judge) -> None:
    bench = Bench(forks=False)
    try:
        for cell in (
            RIGHT,
            RIGHT.replace("min(cap, base * 2**n)", "base * 2**n"),
            "def backoff(*_):\n    return 1 / 0\n",
        ):
            assert bench.judge(course, course.exercise("backoff"), Written([cell])) == judge("backoff", cell)
        endless = Written(["def backoff(base, cap, attempts):\n    while True:\n        pass\n"])
        verdict = bench.judge(course, replace(course.exercise("backoff"), seconds=1), endless)
        assert "stopped after 1 s" in verdict.message
    finally:
        bench.close()


def test_a_check_that_is_broken_blames_nobody(course: Course, bench: Bench, tmp_path: Path) -> None:
    exercise = course.exercise("backoff")
    checks = tmp_path / exercise.checks
    checks.parent.mkdir(parents=True)
    for text in (None, "", "def test_it(backof): pass", "import nowhere", "def test_it(backoff", "x = 1",
                 "import pytest\n@pytest.mark.skip(reason='why')\ndef test_it(backoff): pass",
                 "def test_it(backoff): pass\ndef test_that(nothing): pass"):  # fmt: skip
        if text is not None:
            checks.write_text(text)
        verdict = bench.judge(replace(course, root=tmp_path), exercise, Written([RIGHT]))
        assert verdict.outcome is Outcome.CANNOT_BE_RUN, text
        assert "no fault of yours" in verdict.message or "ended before it was through" in verdict.message, text


def test_time_is_limited_by_the_real_clock_while_virtual_time_stands(course: Course, bench: Bench) -> None:
    from waterline.clock import Clock

    clock = Clock()
    started = time.monotonic()
    with clock.held():
        impatient = replace(course.exercise("backoff"), seconds=1)
        loop = Written(["def backoff(base, cap, attempts):\n    while True:\n        pass\n"])
        assert "stopped after 1 s" in bench.judge(course, impatient, loop).message
        assert clock.now == 0
    clock.close()
    assert time.monotonic() - started >= 1
