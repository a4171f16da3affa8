"""The `waterline` command.

    waterline check last-attempt --notebook work/labs/00-start-here.ipynb
    waterline progress
    waterline audit                # the course held to its own rules
    waterline facts ...            # the dated numbers of the course
    waterline doctor               # does everything that the course needs work here?

It ends with 0 if all is well, with 1 if an answer or the machine is not as it should be, and with 2 if it was asked
for something that there is not; then it says so in one sentence.
"""

from __future__ import annotations

import argparse
import platform
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib import metadata, util
from pathlib import Path

from waterline.grading.manifest import home, load
from waterline.grading.verdict import CannotBeRun, Outcome, Refusal

PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)\s*(?:;\s*(.*?))?\s*\\?$")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    parser = argparse.ArgumentParser(prog="waterline", description="Below the Waterline, from the command line.")
    parser.set_defaults(run=None)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    _add_commands(commands)
    options = parser.parse_args(arguments)
    if options.run is None:
        parser.print_help()
        return 2
    run: Callable[[argparse.Namespace], int | None] = options.run
    try:
        return run(options) or 0
    except (Refusal, CannotBeRun) as refusal:
        print(refusal, file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader of our output has seen enough
        return 0


def _add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    check = commands.add_parser("check", help="judge the answer to an exercise in a notebook or a Python file")
    check.add_argument("exercise", help="its name or id: last-attempt, 00.a")
    check.add_argument("--notebook", type=Path, required=True, metavar="FILE", help="the .ipynb or .py file")
    check.add_argument("--record", action="store_true", help="keep the outcome in your progress")
    check.set_defaults(run=_check)
    progress = commands.add_parser("progress", help="show how far you are")
    progress.set_defaults(run=_progress)
    audit = commands.add_parser("audit", help="hold the course to its own rules: starters, solutions, wrong answers")
    audit.set_defaults(run=_audit)
    doctor = commands.add_parser("doctor", help="look whether everything that the course needs works here")
    doctor.set_defaults(run=_doctor)
    if util.find_spec("waterline.facts.command") is not None:
        from waterline.facts import command

        command.add_parser(commands)


def _check(options: argparse.Namespace) -> int:
    from waterline.grading import card, learner
    from waterline.grading.bench import bench
    from waterline.grading.written import Written

    course = load()
    exercise = course.exercise(options.exercise)
    verdict = bench().judge(course, exercise, Written.from_file(options.notebook))
    bench().close()
    note = learner.record_check(course, exercise, verdict) if options.record else ""
    print(card.result(exercise, verdict, note))
    return 0 if verdict.outcome is Outcome.CORRECT else 1


def _progress(options: argparse.Namespace) -> int:
    from waterline.grading import learner

    print(learner.progress())
    return 0


def _audit(options: argparse.Namespace) -> int:
    from waterline.grading import audit
    from waterline.grading.bench import bench

    course = load()
    found = list(audit.faults(course))
    for case in audit.cases(course):
        fault = audit.fault(course, case, bench())
        found += [] if fault is None else [fault]
    bench().close()
    print("\n".join(found) or f"{len(course.exercises)} exercises keep every rule.")
    return 1 if found else 0


def _doctor(options: argparse.Namespace) -> int:
    well = True
    for name, fault in _examined():
        print(f"{'fault' if fault else 'ok':6} {name}" + (f": {fault}" if fault else ""))
        well = well and not fault
    return 0 if well else 1


def _examined() -> Iterator[tuple[str, str]]:
    """What was looked at, and what is wrong with it, as one sentence or nothing."""
    known = (3, 11) <= sys.version_info < (3, 15)
    yield f"Python {platform.python_version()}", "" if known else "the course needs 3.11, 3.12, 3.13 or 3.14."
    root = home()
    course = load(root)
    yield f"the course in {root}, {len(course.exercises)} exercises", ""
    differing = list(_differing(root / "requirements.txt"))
    yield "the pinned packages", f"{'; '.join(differing)}: run `python3 start.py` again." if differing else ""
    yield "the guard: nothing leaves this machine", _guard_fault()
    yield "the process for checks", _bench_fault()
    yield "your progress", _logbook_fault(root)


def _differing(requirements: Path) -> Iterator[str]:
    """The pinned packages that are not installed as pinned. Those with a marker for another machine are left out."""
    from packaging.markers import InvalidMarker, Marker

    if not requirements.is_file():
        yield f"there is no {requirements}"
        return
    for line in requirements.read_text(encoding="utf-8").splitlines():
        match = PINNED.match(line)
        if not match:
            continue
        try:
            if match[3] and not Marker(match[3]).evaluate():
                continue
            installed = metadata.version(match[1])
        except InvalidMarker:
            continue
        except metadata.PackageNotFoundError:
            installed = "not installed"
        if installed != match[2]:
            yield f"{match[1]} is {installed}, and should be {match[2]}"


def _guard_fault() -> str:
    import socket

    from waterline.guard import OutsideTheLab

    try:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.settimeout(0.1)
            probe.connect(("192.0.2.1", 9))  # an address that is kept for documentation: nobody has it
    except OutsideTheLab:
        return ""
    except OSError:
        pass
    return "it let a connection through; restart Python, and import waterline before anything else."


def _bench_fault() -> str:
    from waterline.grading.bench import Bench

    bench = Bench()
    try:
        verdict = bench.probe()
    except CannotBeRun as error:
        return str(error)
    finally:
        bench.close()
    return "" if verdict.correct else f"it calls a right answer {verdict.outcome}: {verdict.message}"


def _logbook_fault(root: Path) -> str:
    from waterline.grading.logbook import Logbook, LogbookError

    try:
        Logbook.of(root).read()
    except LogbookError as error:
        return str(error)
    return ""


if __name__ == "__main__":
    sys.exit(main())
