"""The command line of `start.py`: what each command does, and one sentence for whatever goes wrong."""

from __future__ import annotations

import argparse
import errno
import os
import shutil
import signal
import subprocess
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from . import variables
from .browser import ensure_chromium
from .copies import hand_out
from .course import AGAIN, COMMAND, Course, StartError, disk_is_full
from .environment import prepare
from .lab import choose_port, open_lab, trust
from .terminal import say


def main(arguments: Sequence[str], root: Path) -> int:
    """Run start.py for the course in `root`; every failure becomes one sentence. Returns: the exit code."""
    course = Course(root)
    try:
        return run(arguments, course, shutil.which("uv"))
    except KeyboardInterrupt:
        print(f"\nStopped; {AGAIN} to go on.", file=sys.stderr)
        return 130
    except Exception as fault:
        if os.environ.get("WATERLINE_DEBUG"):
            traceback.print_exc()
        print("\n" + sentence_for(fault, course), file=sys.stderr)
        return 1


def run(arguments: Sequence[str], course: Course, uv: str | None) -> int:
    """Do what the command line asks for; returns the exit code."""
    if arguments and arguments[0] == "test":
        chromium = ensure_chromium()
        prepare(course, with_tests=True, uv=uv)
        return run_inside(course, ["-m", "pytest", *arguments[1:]], variables.for_tests(course, chromium))
    if arguments and arguments[0] == "build":
        prepare(course, with_tests=True, uv=uv)
        return run_inside(course, ["book/build.py", *arguments[1:]], variables.for_tests(course, None))
    parser = argparse.ArgumentParser(
        prog=COMMAND,
        description="Open the course in JupyterLab.",
        epilog=f"`{COMMAND} test [pytest arguments]` runs every test; `{COMMAND} build` makes the notebooks again.",
    )
    parser.add_argument("--no-browser", action="store_true", help="only print the address")
    parser.add_argument("--port", type=port_number, help="the port to listen on (else the first free one from 8888)")
    options = parser.parse_args(list(arguments))
    if options.port is not None:
        choose_port(options.port)  # before the long part, not after it
    prepare(course, uv=uv)
    handed = hand_out(course)
    for sentence in handed.told:
        say(sentence)
    trust(course, handed.fresh)
    return open_lab(course, choose_port(options.port), browser=not options.no_browser)


def port_number(text: str) -> int:
    """A port as typed."""
    if not text.isdigit() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"a port is a number from 1 to 65535, not {text!r}")
    return int(text)


def run_inside(course: Course, arguments: Sequence[str], env: dict[str, str]) -> int:
    """Run the environment's Python in the course's folder; the exit code is its own."""
    child = subprocess.Popen([str(course.python), *arguments], cwd=str(course.root), env=env)
    while True:
        try:
            return child.wait()
        except KeyboardInterrupt as asked:
            if asked.args != (signal.SIGINT,):  # Ctrl-C in the terminal it heard too, and ends in its own way
                child.terminate()


def sentence_for(fault: BaseException, course: Course) -> str:
    """The one sentence for a failure that nothing nearer has explained."""
    if isinstance(fault, StartError):
        return str(fault)
    if isinstance(fault, OSError) and fault.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)):
        return disk_is_full(course.root)
    if isinstance(fault, OSError) and fault.filename:
        return f"{fault.strerror}: {fault.filename}; make it readable and writable for you, then {AGAIN}."
    return (
        f"start.py met something it does not know ({type(fault).__name__}: {fault}): run it again with "
        "WATERLINE_DEBUG=1 in the environment and report what it shows."
    )
