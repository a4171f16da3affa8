"""pip or uv at work: how far it is, from the lines it prints, and what went wrong, in one sentence."""

from __future__ import annotations

import contextlib
import re
import subprocess
import threading
import time
from collections.abc import Iterable
from pathlib import Path

from . import variables
from .course import AGAIN, Course, StartError, disk_is_full
from .terminal import Progress

DISK_IS_FULL = re.compile(
    r"(?i)no space left|not enough space|disk quota exceeded|errno 28|os error (28|112|122)|winerror 112"
)
BAD_CERTIFICATE = re.compile(r"(?i)certificate_?.?verify.?failed|invalid peer certificate|unknownissuer|sslerror")
NO_NETWORK = re.compile(
    r"(?i)newconnectionerror|connection(error|reseterror| refused| reset| aborted| broken| timed out)|name resolution"
    r"|name or service not known|getaddrinfo|nodename nor servname|dns error|network is unreachable|no route to host"
    r"|from versions: none|tcp connect|error sending request|could not connect|failed to fetch|proxyerror"
    r"|tunnel connection|time(d out|out)"
)
NOT_ALLOWED = re.compile(r"(?i)permission denied|access is denied|read-only file system|os error (13|30)\b")


class NoNetwork(StartError):
    """The packages could not be fetched; what is installed so far is whole, so the next run goes on from there."""


def canonical(name: str) -> str:
    """A package's name as packaging tools compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pinned(files: Iterable[Path]) -> set[str]:
    """`name-version` for every pin in these requirements files, whatever its marker."""
    pins = set()
    for file in files:
        for name, version in re.findall(r"(?m)^([A-Za-z0-9._-]+)==([^\s;]+)", file.read_text(encoding="utf-8")):
            pins.add(f"{canonical(name)}-{version}")
    return pins


def installed(venv: Path) -> set[str]:
    """`name-version` for every package that lies in the environment now."""
    found = set()
    for pattern in ("lib/python3*/site-packages/*.dist-info", "Lib/site-packages/*.dist-info"):
        for folder in venv.glob(pattern):
            name, _, version = folder.name[: -len(".dist-info")].partition("-")
            found.add(f"{canonical(name)}-{version}")
    return found


class Tally:
    """How far an installer is, from the lines it prints."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.ignored: set[str] = set()
        self.fetched = 0
        self.now = ""

    def hear(self, line: str) -> None:
        """Take in one line of pip's or uv's."""
        collecting = re.match(r"(?:Collecting|Requirement already satisfied:) ([\w.-]+)", line)
        arriving = re.match(r"\s*(?:Downloading|Building) ([\w.]+)", line)
        resolved = re.match(r"Resolved (\d+) packages?", line)
        if collecting:
            self.fetched += 1
            self.now = collecting.group(1)
        elif arriving:
            self.now = arriving.group(1)
        elif resolved:  # uv counts only what this machine needs
            self.total = int(resolved.group(1))
        elif line.startswith("Ignoring ") and line not in self.ignored:  # pip: a pin for other machines only
            self.ignored.add(line)
            self.total -= 1

    def text(self, installed_now: int, seconds: int) -> str:
        """The line to show."""
        fetching = self.fetched and not installed_now
        done, verb = (self.fetched, "fetched") if fetching else (installed_now, "installed")
        now = f" ({self.now})" if self.now and installed_now < self.total else ""
        return f"  {min(done, self.total)} of {self.total} packages {verb}, {seconds} s{now}"


def run_installer(tool: str, command: list[str], course: Course, pins: set[str]) -> None:
    """Run pip or uv, showing how far it is; raise StartError with a sentence when it fails."""
    tally, progress = Tally(len(pins)), Progress()
    lines: list[str] = []
    process = subprocess.Popen(
        command,
        cwd=str(course.root),
        env=variables.clean(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
        encoding="utf-8",
        errors="replace",
    )

    def listen(pipe: Iterable[str]) -> None:
        for line in pipe:
            lines.append(line)
            tally.hear(line)

    assert process.stdout is not None
    listener = threading.Thread(target=listen, args=(process.stdout,), daemon=True)
    listener.start()
    try:
        while process.poll() is None:
            if pins:
                progress.draw(tally.text(len(pins & installed(course.venv)), progress.seconds()))
            time.sleep(0.1)
    except BaseException:
        process.terminate()
        process.wait()
        raise
    finally:
        listener.join(5)
        process.stdout.close()
        progress.clear()
    output = "".join(lines)
    with contextlib.suppress(OSError), course.log.open("a", encoding="utf-8") as log:
        log.write(f"$ {' '.join(command)}\n{output}\n")
    if process.returncode:
        raise explain(tool, output, course)


def explain(tool: str, output: str, course: Course) -> StartError:
    """The sentence for an installer that failed, read from what it printed."""
    if DISK_IS_FULL.search(output):
        return StartError(disk_is_full(course.root))
    if BAD_CERTIFICATE.search(output):
        return NoNetwork(
            "The packages cannot be fetched, because the network's certificate is not trusted here: set SSL_CERT_FILE "
            f"to your organization's certificate file, then {AGAIN}."
        )
    if NO_NETWORK.search(output):
        return NoNetwork(
            "The packages cannot be fetched, because the package index does not answer: check the network connection "
            f"(and HTTPS_PROXY, if you use a proxy), then {AGAIN}; it goes on from here."
        )
    if NOT_ALLOWED.search(output):
        return StartError(
            f"{tool} may not write to {course.venv}: make that folder yours, or move the course into one that is, then "
            f"{AGAIN}."
        )
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if re.match(r"(?i)error\b|.*\berror:", line)] or lines or ["it said nothing"]
    return StartError(
        f"{tool} could not install the packages ({errors[0].rstrip('.')}): look at {course.log}, then {AGAIN}."
    )
