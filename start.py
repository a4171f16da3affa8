#!/usr/bin/env python3
"""The one command of the course: make the environment, hand out the notebooks, open JupyterLab.

    python3 start.py [--no-browser] [--port N]     open the course
    python3 start.py test [pytest arguments]       run every test
    python3 start.py build [build arguments]       make the notebooks again from the manuscript in book/

Words. The *environment* is `.venv`, a virtual environment that only this file makes. Its *stamp*, `.venv/start.json`,
says what was installed; it is written last, so that an environment is trusted only when its stamp fits. A *published*
notebook is one in `notebooks/` or `labs/`; a *copy* is what the learner works on, in `work/`. The *manifest*,
`work/.published.json`, keeps the hash of every copy as it was handed out, which tells an untouched copy from the
learner's own work.

This file uses the standard library only, because nothing else is there yet. It is written so that Python 3.6 can still
read it: a Python that is too old then hears one sentence instead of a SyntaxError. Every failure is a `StartError`,
whose text is the one sentence that the learner sees: what is wrong, and the way on.
"""

import argparse
import contextlib
import errno
import hashlib
import itertools
import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
import urllib.request
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

OLDEST, NEWEST = (3, 11), (3, 14)
ROOM = 1000  # MB: the environment takes about 650, and what is fetched lies beside it for a while
COMMAND = "py start.py" if os.name == "nt" else "python3 start.py"
AGAIN = f"run `{COMMAND}` again"
FIRST_PAGE = "notebooks/00-start-here.ipynb"
PUBLISHED_FOLDERS = ("notebooks", "labs")
STAMP_FORMAT = 1
TEST_ENVIRONMENT = {"PYTHONHASHSEED": "0", "SOURCE_DATE_EPOCH": "0", "TZ": "UTC", "WATERLINE_PROGRESS": "off"}
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
CHROMIUM_PATHS = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
    "C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe",
)

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


class StartError(Exception):
    """A failure that the learner can do something about; its text is one sentence with the way on."""


class NoNetwork(StartError):
    """The packages could not be fetched; what is installed so far is whole, so the next run goes on from there."""


class Course:
    """Where everything lies, for the course in the folder `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.venv = root / ".venv"
        self.python = self.venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
        self.stamp = self.venv / "start.json"
        self.log = self.venv / "start.log"
        self.requirements = root / "requirements.txt"
        self.test_requirements = root / "requirements-test.txt"
        self.project = root / "pyproject.toml"
        self.work = root / "work"
        self.jupyter = self.work / ".jupyter"
        self.manifest = self.work / ".published.json"


def say(text: str) -> None:
    """Print one line at once, also when the output is a file."""
    print(text, flush=True)


# --------------------------------------------------------------------------------------------------------- which Python


def version_of(command: "Sequence[str]") -> "tuple[int, int, int] | None":
    """The version of the Python that `command` runs, or None when it does not run."""
    ask = [*command, "-I", "-c", "import sys; print(*sys.version_info[:3])"]
    try:
        answer = subprocess.run(ask, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=60, check=True)
        major, minor, micro = (int(part) for part in answer.stdout.split())
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return major, minor, micro


def supported(version: "Sequence[int]") -> bool:
    """True for the Pythons that the course is made for."""
    return OLDEST <= tuple(version[:2]) <= NEWEST


def command_with_another_python() -> "str | None":
    """The command that starts the course with a suitable Python of this machine, or None when there is none."""
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        name = f"python3.{minor}"
        if shutil.which(name) and (version_of([name]) or (0, 0))[:2] == (3, minor):
            return name + " start.py"
        launcher = f"-3.{minor}"
        if os.name == "nt" and shutil.which("py") and version_of(["py", launcher]):
            return f"py {launcher} start.py"
    if shutil.which("uv"):
        return f"uv run --no-project --python 3.{NEWEST[1] - 1} start.py"
    return None


def check_python(version: "Sequence[int]") -> None:
    """Raise StartError unless the running Python, of this `version`, is one the course is made for."""
    if supported(version):
        return
    now, oldest, newest = (".".join(str(part) for part in v[:2]) for v in (version, OLDEST, NEWEST))
    fault = "older than" if tuple(version[:2]) < OLDEST else "newer than"
    other = command_with_another_python()
    way_on = f"type `{other}` instead" if other else f"install Python {newest} and run it again with that"
    raise StartError(
        f"This is Python {now}, which is {fault} the Python {oldest} to {newest} that the course needs: {way_on}."
    )


# ---------------------------------------------------------------------------------------------------------------- files


def sha256(data: bytes) -> str:
    """The hash of `data`, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that, whatever happens, it is there either as before or complete."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink()
        raise


def read_json(path: Path) -> "dict[str, object]":
    """The JSON object in a file of ours; an absent or damaged file counts as empty."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def write_json(path: Path, value: "dict[str, object]") -> None:
    """Write a JSON object whole."""
    write_whole(path, (json.dumps(value, indent=1, sort_keys=True) + "\n").encode("utf-8"))


@contextlib.contextmanager
def one_at_a_time(path: Path) -> "Iterator[None]":
    """Wait until no other start.py prepares the same folder; where the disk has no locks, go on without."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        told = False
        while True:
            try:
                if sys.platform == "win32":
                    import msvcrt

                    msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
                else:
                    import fcntl

                    fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError as refused:
                if refused.errno not in (errno.EACCES, errno.EAGAIN, errno.EDEADLK):
                    break
                if not told:
                    say("Another start.py is preparing this folder; waiting for it to end.")
                    told = True
                time.sleep(0.2)
        yield


# ------------------------------------------------------------------------------------------------------------- progress


class Progress:
    """One line that moves: drawn over itself in a terminal, a new line every few seconds in a log."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.in_terminal = sys.stdout.isatty()
        self.due = 0.0
        self.drawn = ""

    def seconds(self) -> int:
        """Whole seconds since it began."""
        return int(time.monotonic() - self.began)

    def draw(self, text: str) -> None:
        """Show `text`, if it is time to."""
        now = time.monotonic()
        if now < self.due or text == self.drawn:
            return
        self.due = now + (0.1 if self.in_terminal else 5.0)
        self.drawn = text
        if self.in_terminal:
            width = max(shutil.get_terminal_size().columns - 1, 20)
            sys.stdout.write("\r" + text[:width].ljust(width))
            sys.stdout.flush()
        else:
            say(text)

    def clear(self) -> None:
        """Leave the line empty for what comes next."""
        if self.in_terminal and self.drawn:
            sys.stdout.write("\r" + " " * max(shutil.get_terminal_size().columns - 1, 20) + "\r")
            sys.stdout.flush()


# ---------------------------------------------------------------------------------------------------------- environment


def environment(**more: str) -> "dict[str, str]":
    """This process's variables without those that would point Python or an installer away from `.venv`."""
    astray = {
        "PYTHONHOME",
        "PYTHONPATH",
        "PYTHONSTARTUP",
        "PIP_TARGET",
        "PIP_PREFIX",
        "UV_SYSTEM_PYTHON",
        "VIRTUAL_ENV",
    }
    kept = {name: value for name, value in os.environ.items() if name not in astray}
    kept.update({"PIP_USER": "0", "PYTHONIOENCODING": "utf-8", "PYTHONNOUSERSITE": "1"})
    kept.update(more)
    return kept


def canonical(name: str) -> str:
    """A package's name as packaging tools compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pinned(files: "Iterable[Path]") -> "set[str]":
    """`name-version` for every pin in these requirements files, whatever its marker."""
    pins = set()
    for file in files:
        for name, version in re.findall(r"(?m)^([A-Za-z0-9._-]+)==([^\s;]+)", file.read_text(encoding="utf-8")):
            pins.add(f"{canonical(name)}-{version}")
    return pins


def installed(venv: Path) -> "set[str]":
    """`name-version` for every package that lies in the environment now."""
    found = set()
    for pattern in ("lib/python3*/site-packages/*.dist-info", "Lib/site-packages/*.dist-info"):
        for folder in venv.glob(pattern):
            name, _, version = folder.name[: -len(".dist-info")].partition("-")
            found.add(f"{canonical(name)}-{version}")
    return found


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


def disk_is_full(place: Path) -> str:
    """The sentence for a disk without room."""
    return f"The disk is full: the course needs about {ROOM} MB at {place}, so free some room, then {AGAIN}."


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


def run_installer(tool: str, command: "list[str]", course: Course, pins: "set[str]") -> None:
    """Run pip or uv, showing how far it is; raise StartError with a sentence when it fails."""
    tally, progress = Tally(len(pins)), Progress()
    lines: list[str] = []
    process = subprocess.Popen(
        command,
        cwd=str(course.root),
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
        encoding="utf-8",
        errors="replace",
    )

    def listen(pipe: "Iterable[str]") -> None:
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


def key_of(course: Course, version: "Sequence[int]", with_tests: bool) -> str:
    """The hash of all that decides what is in the environment."""
    parts = [str(STAMP_FORMAT).encode(), str(course.root).encode(), repr(tuple(version[:2])).encode()]
    files = [course.requirements, course.project] + ([course.test_requirements] if with_tests else [])
    parts += [file.read_bytes() for file in files]
    return sha256(b"".join(sha256(part).encode() for part in parts))


def is_ready(course: Course, with_tests: bool) -> bool:
    """True when the environment runs and holds exactly what is asked for now."""
    stamp = read_json(course.stamp)
    if stamp.get("state") != "ready":
        return False
    version = version_of([str(course.python)])
    return version is not None and stamp.get("tests" if with_tests else "course") == key_of(course, version, with_tests)


def why_remake(course: Course) -> "str | None":
    """What is wrong with the environment that lies there, or None when it can be kept and brought up to date."""
    stamp = read_json(course.stamp)
    version = version_of([str(course.python)])
    if stamp.get("state") == "making":
        return "it was left half-made"
    if version is None:
        return "its Python does not run"
    if not supported(version):
        return "its Python {}.{} is not one the course is made for".format(*version[:2])
    told = re.search(r"(?m)^version(?:_info)?\s*=\s*(\d+)\.(\d+)", read_text(course.venv / "pyvenv.cfg"))
    if told is None:
        return "it was left half-made"
    if (int(told.group(1)), int(told.group(2))) != version[:2]:
        return "it was made with Python {}.{}, which is gone".format(*told.groups())
    if stamp.get("root", str(course.root)) != str(course.root):
        return "the course has moved to another folder"
    return None


def read_text(path: Path) -> str:
    """The text of a small file, empty when it cannot be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def remove_environment(course: Course) -> None:
    """Remove a `.venv` that cannot be used, but only if nothing in it can be anything else than an environment."""
    parts = {"bin", "scripts", "lib", "lib64", "include", "share", "etc", "pyvenv.cfg", "cachedir.tag", ".gitignore"}
    parts |= {".lock", course.stamp.name, course.log.name}
    plain = course.venv.is_dir() and not course.venv.is_symlink()
    stray = [entry.name for entry in course.venv.iterdir() if entry.name.lower() not in parts] if plain else [".venv"]
    if [name for name in stray if not name.endswith(".part")]:
        raise StartError(f"{course.venv} was not made by start.py, so it is left alone: move it away, then {AGAIN}.")
    try:
        shutil.rmtree(str(course.venv))
    except OSError as stuck:
        raise StartError(
            f"The old environment {course.venv} cannot be removed ({stuck.strerror}): close what still uses it, such "
            f"as a running JupyterLab, then {AGAIN}."
        ) from stuck


def make_environment(course: Course, with_pip: bool) -> None:
    """Make an empty environment in `.venv`, marked as half-made until the stamp says otherwise."""
    course.venv.mkdir()
    write_json(course.stamp, {"state": "making"})
    # From inside another environment, the Python below it: that one stays when the other is removed.
    base = getattr(sys, "_base_executable", None) or sys.executable
    command = [base, "-m", "venv", *([] if with_pip else ["--without-pip"]), str(course.venv)]
    made = subprocess.run(
        command, env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    output = made.stdout.decode("utf-8", "replace")
    if made.returncode == 0:
        return
    if "ensurepip" in output or "No module named venv" in output:
        if DISK_IS_FULL.search(output) or shutil.disk_usage(str(course.root)).free < 30e6:
            raise StartError(disk_is_full(course.root))
        raise StartError(
            "This Python cannot make an environment, because its venv or ensurepip part is missing: install it (on "
            f"Debian and Ubuntu: `apt install python3-venv`) or install uv, then {AGAIN}."
        )
    raise explain("venv", output, course)


def prepare(course: Course, with_tests: bool = False, uv: "str | None" = None, room: int = ROOM) -> bool:
    """Make sure that the environment is there, whole and up to date.

    Args:
        course: where it goes.
        with_tests: also install what the tests need.
        uv: the uv to install with; pip when None.
        room: MB that must be free before a new environment is begun.

    Returns: True when anything had to be done.
    Raises: StartError, with the sentence for the learner.
    """
    for file in (course.requirements, course.project, *([course.test_requirements] if with_tests else [])):
        if not file.is_file():
            raise StartError(f"{file} is missing: get the course again, then run `{COMMAND}`.")
    if is_ready(course, with_tests):
        return False
    with one_at_a_time(course.work / ".start.lock"):
        if is_ready(course, with_tests):
            return True
        if course.venv.is_symlink() or course.venv.exists():
            empty = course.venv.is_dir() and not any(course.venv.iterdir())
            reason = None if empty else why_remake(course)
            if reason:
                say(f"The environment in .venv is made anew, because {reason}.")
            if empty or reason:
                remove_environment(course)
        new = not course.venv.exists()
        if new:
            if shutil.disk_usage(str(course.root)).free < room * 1e6:
                raise StartError(disk_is_full(course.root))
            say(f"Making the environment in .venv with {'uv' if uv else 'pip'}; this happens once and takes 650 MB.")
            make_environment(course, with_pip=not uv)
        else:
            say("Bringing the environment in .venv up to date with {}.".format("uv" if uv else "pip"))
        install(course, with_tests, uv)
    return True


def install(course: Course, with_tests: bool, uv: "str | None") -> None:
    """Install the pinned packages and the course itself into the environment, and stamp it."""
    write_json(course.stamp, {"state": "making"})
    python = str(course.python)
    if uv:
        tool, start = "uv", [uv, "pip", "install", "--python", python, "--color", "never"]
    else:
        tool, start = "pip", [python, "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
        start += ["--progress-bar", "off"]
    files = [course.requirements] + ([course.test_requirements] if with_tests else [])
    began = time.monotonic()
    pins = pinned(files)
    try:
        if not uv and not has_pip(course):
            run_installer("pip", [python, "-m", "ensurepip", "--upgrade"], course, set())
        run_installer(tool, start + list(itertools.chain(*(["-r", str(file)] for file in files))), course, pins)
        # setuptools is among the pins, so building the course's own package fetches nothing.
        run_installer(tool, [*start, "--no-deps", "--no-build-isolation", "-e", str(course.root)], course, set())
    except NoNetwork:
        write_json(course.stamp, {"state": "resume", "root": str(course.root)})
        raise
    write_settings(course)
    version = version_of([python])
    if version is None:
        raise StartError(f"The new environment's Python does not run: look at {course.log}.")
    key = key_of(course, version, False)
    stamp: dict[str, object] = {"state": "ready", "root": str(course.root), "course": key}
    if with_tests:
        stamp["tests"] = key_of(course, version, True)
    write_json(course.stamp, stamp)
    say(f"{len(pins & installed(course.venv))} packages are in place after {time.monotonic() - began:.0f} s.")


def has_pip(course: Course) -> bool:
    """True when pip runs in the environment."""
    asked = subprocess.run(
        [str(course.python), "-m", "pip", "--version"],
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return asked.returncode == 0


def write_settings(course: Course) -> None:
    """JupyterLab's defaults for the course: it asks the network for neither news nor updates."""
    quiet = {"fetchNews": "false", "checkForUpdates": False, "doNotDisturbMode": False}
    overrides = course.venv / "share" / "jupyter" / "lab" / "settings" / "overrides.json"
    write_json(overrides, {"@jupyterlab/apputils-extension:notification": quiet})


# ---------------------------------------------------------------------------------------------------------- handing out


class HandedOut(NamedTuple):
    """What `hand_out` did: the copies it wrote, and what the learner must be told, one sentence each."""

    fresh: "list[Path]"
    told: "list[str]"


def hand_out(course: Course) -> HandedOut:
    """Bring the learner's copies in `work/` up to date without ever touching the learner's work.

    A copy that is absent is handed out. A copy that is byte for byte as it was handed out is replaced by a newer
    published one. A copy that differs in any way is the learner's: it stays, and a newer published one is put beside
    it, once, as `name.new.ipynb`. Nothing is ever deleted. Whatever interrupts it, running it again completes it.
    """
    copies = read_json(course.manifest).get("copies")
    known = dict(copies) if isinstance(copies, dict) else {}
    fresh: list[Path] = []
    told: list[str] = []
    published = sorted(file for folder in PUBLISHED_FOLDERS for file in (course.root / folder).glob("*.ipynb"))
    for original in published:
        data = original.read_bytes()
        newest = sha256(data)
        copy = course.work / original.parent.name / original.name
        name = f"{original.parent.name}/{original.name}"
        found = known.get(name)
        record = dict(found) if isinstance(found, dict) else {}
        present = sha256(copy.read_bytes()) if copy.exists() else None
        if present == newest:
            record["given"] = newest
        elif present is None or present == record.get("given"):
            write_whole(copy, data)
            fresh.append(copy)
            record["given"] = newest
        elif newest not in (record.get("given"), record.get("offered")):
            beside = free_name(copy, {str(record.get("offered")), newest})
            write_whole(beside, data)
            fresh.append(beside)
            record["offered"] = newest
            told.append(
                f"{copy.relative_to(course.root)} has a newer version; yours is kept, and the new one is beside it: "
                f"{beside.name}."
            )
        if record != found:
            known[name] = record
            write_json(course.manifest, {"format": 1, "copies": known})
    return HandedOut(fresh, told)


def free_name(copy: Path, ours: "set[str]") -> Path:
    """The name beside `copy` for a newer version: one that is free, or holds a newer version nobody has touched."""
    for number in itertools.count(1):
        beside = copy.with_name("{}.new{}.ipynb".format(copy.stem, "" if number == 1 else f"-{number}"))
        if not beside.exists() or sha256(beside.read_bytes()) in ours:
            return beside
    raise AssertionError("unreachable")


# -------------------------------------------------------------------------------------------------------------- the Lab


def is_free(port: int) -> bool:
    """True when a server could listen on this port of this machine, and nobody does."""
    with socket.socket() as caller:
        caller.settimeout(1)
        if caller.connect_ex(("127.0.0.1", port)) == 0:
            return False
    with socket.socket() as listener:
        if os.name != "nt":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def choose_port(wanted: "int | None", first: int = 8888) -> int:
    """The port to listen on: the one wanted, or else the first free one from `first` on.

    Raises: StartError when the wanted port is taken, naming a free one.
    """
    if wanted is not None and is_free(wanted):
        return wanted
    for port in range(first, min(first + 200, 65536)):
        if port != wanted and is_free(port):
            if wanted is None:
                return port
            raise StartError(
                f"Port {wanted} is taken or not allowed here: type `{COMMAND} --port {port}`, or leave --port out."
            )
    raise StartError(f"No port from {first} to {first + 199} is free: close some servers, or choose one by --port.")


def lab_environment(course: Course, token: str) -> "dict[str, str]":
    """The variables for JupyterLab: its settings and IPython's lie in `work/`, so that the user's cannot disturb."""
    kept = {name: value for name, value in environment().items() if not name.startswith(("JUPYTER", "JPY_", "IPYTHON"))}
    kept.pop("MPLBACKEND", None)
    kept.update(
        JUPYTER_TOKEN=token,
        JUPYTER_PREFER_ENV_PATH="1",
        JUPYTER_PLATFORM_DIRS="1",
        JUPYTER_CONFIG_DIR=str(course.jupyter / "config"),
        JUPYTER_DATA_DIR=str(course.jupyter / "data"),
        JUPYTER_RUNTIME_DIR=str(course.jupyter / "runtime"),
        JUPYTERLAB_SETTINGS_DIR=str(course.jupyter / "settings"),
        JUPYTERLAB_WORKSPACES_DIR=str(course.jupyter / "workspaces"),
        IPYTHONDIR=str(course.jupyter / "ipython"),
    )
    return kept


def trust(course: Course, copies: "Sequence[Path]") -> None:
    """Sign copies as handed out, so that JupyterLab shows their pictures before they are run."""
    if copies:
        subprocess.call(
            [str(course.python), "-m", "nbformat.sign", *(str(copy) for copy in copies)],
            env=lab_environment(course, ""),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


def ask(url: str, token: str, post: bool = False) -> bool:
    """True when the server answers this request well; proxies are for the outside only."""
    headers = {"Authorization": "token " + token}
    request = urllib.request.Request(url, data=b"" if post else None, headers=headers)
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=5) as answer:
            return bool(200 <= answer.status < 300)
    except (OSError, ValueError):
        return False


def start_server(course: Course, port: int, token: str, patience: float = 180) -> "subprocess.Popen[bytes]":
    """Start JupyterLab on `work/` and return when it answers; a StartError after `patience` seconds."""
    command = [str(course.python), "-m", "jupyterlab", "--no-browser", "--ServerApp.ip=127.0.0.1"]
    command += [f"--ServerApp.port={port}", "--ServerApp.port_retries=0", "--ServerApp.root_dir=" + str(course.work)]
    command += ["--LabApp.default_url=/lab/tree/" + FIRST_PAGE, "--LabApp.extension_manager=readonly"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")
    course.jupyter.mkdir(parents=True, exist_ok=True)
    path = course.jupyter / "server.log"
    # In its own group, so that Ctrl-C reaches start.py only, which then ends JupyterLab in order.
    with path.open("wb") as log:
        server = subprocess.Popen(
            command,
            cwd=str(course.work),
            env=lab_environment(course, token),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=os.name != "nt",
            creationflags=0x200 if os.name == "nt" else 0,
        )
    progress = Progress()
    try:
        while server.poll() is None and progress.seconds() < patience:
            if ask(f"http://127.0.0.1:{port}/api/status", token):
                progress.clear()
                return server
            progress.draw(f"  Starting JupyterLab, {progress.seconds()} s")
            time.sleep(0.05)
    except BaseException:
        end_server(server, port, token)
        raise
    progress.clear()
    ended = server.returncode is not None
    end_server(server, port, token)
    if "already in use" in read_text(path):
        raise StartError(f"Port {port} was taken while JupyterLab started: {AGAIN}.")
    if DISK_IS_FULL.search(read_text(path)):
        raise StartError(disk_is_full(course.root))
    fault = "ended at once" if ended else f"did not answer within {patience:.0f} s"
    raise StartError(f"JupyterLab {fault}: look at {path}, then {AGAIN}.")


def end_server(server: "subprocess.Popen[bytes]", port: int, token: str) -> None:
    """End JupyterLab and its kernels: by asking, then by asking the system, then by force."""
    if server.poll() is not None:
        return
    ask(f"http://127.0.0.1:{port}/api/shutdown", token, post=True)
    for urge in (None, server.terminate, server.kill):
        if urge:
            urge()
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(10)
            return


def open_lab(course: Course, port: int, browser: bool) -> int:
    """Run JupyterLab until the learner ends it.

    Returns: the exit code, 0 when it was ended in order.
    """
    token = secrets.token_hex(24)
    server = start_server(course, port, token)
    try:
        url = f"http://127.0.0.1:{port}/lab/tree/{FIRST_PAGE}?token={token}"
        say(f"\nThe course is open in JupyterLab; if no browser shows it, open this address:\n\n    {url}\n")
        say(f"Your copies are in {course.work}. Ctrl-C in this window ends the course.")
        if browser:
            threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()
        while server.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                server.wait(0.5)
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C must not leave a server behind
        end_server(server, port, token)
        say(f"\nJupyterLab has ended; your work is in {course.work}.")
        return 0
    if server.returncode:
        raise StartError(
            f"JupyterLab ended by itself (code {server.returncode}): look at {course.jupyter / 'server.log'}, then "
            f"{AGAIN}."
        )
    say(f"JupyterLab has ended; your work is in {course.work}.")
    return 0


# ---------------------------------------------------------------------------------------------------------------- tests


def find_chromium() -> "str | None":
    """A Chromium or Chrome that runs on this machine, or None."""
    for candidate in (os.environ.get("WATERLINE_CHROMIUM"), *CHROMIUM_NAMES, *CHROMIUM_PATHS):
        path = shutil.which(candidate) if candidate else None
        if path is None:
            continue
        if os.name == "nt":  # there, `--version` opens a window
            return path
        # Ubuntu's chromium is a note that asks for a snap: only one that answers is one.
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            asked = [path, "--version"]
            answer = subprocess.run(asked, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=60)
            if answer.returncode == 0 and re.search(rb"(?i)chrom", answer.stdout):
                return path
    return None


def ensure_chromium() -> "str | None":
    """Find Chromium for the browser tests, or install Debian's; say loudly when there will be none."""
    found = find_chromium()
    if found:
        return found
    if not shutil.which("apt-get"):
        reason = "no Chromium or Chrome is installed and there is no apt-get to install it with"
    else:
        root = hasattr(os, "geteuid") and os.geteuid() == 0
        before = [] if root else ["sudo", "-n"]
        may = root or (shutil.which("sudo") and subprocess.call(["sudo", "-n", "true"], stderr=subprocess.DEVNULL) == 0)
        if not may:
            reason = "no Chromium or Chrome is installed and installing it needs `sudo apt-get install chromium`"
        else:
            say("Installing Chromium for the browser tests with apt-get.")
            install = [*before, "apt-get", "install", "-y", "--no-install-recommends", "chromium"]
            env = environment(DEBIAN_FRONTEND="noninteractive")
            if subprocess.call(install, env=env, stdin=subprocess.DEVNULL) != 0:
                subprocess.call([*before, "apt-get", "update"], env=env, stdin=subprocess.DEVNULL)
                subprocess.call(install, env=env, stdin=subprocess.DEVNULL)
            found = find_chromium()
            if found:
                return found
            reason = "apt-get could not install a Chromium that runs"
    line = "!" * 100
    say(f"{line}\nTHE BROWSER TESTS WILL BE SKIPPED, because {reason}.\n{line}")
    return None


def test_environment(course: Course, chromium: "str | None") -> "dict[str, str]":
    """The variables of a test run, for kernels too: they take chance, dates and the user's settings out of outputs."""
    env = environment(IPYTHONDIR=str(course.root / "book" / "ipython"), JUPYTER_PREFER_ENV_PATH="1", **TEST_ENVIRONMENT)
    if chromium:
        env["WATERLINE_CHROMIUM"] = chromium
    return env


def run_inside(course: Course, arguments: "Sequence[str]", env: "dict[str, str]") -> int:
    """Run the environment's Python in the course's folder; the exit code is its own."""
    child = subprocess.Popen([str(course.python), *arguments], cwd=str(course.root), env=env)
    while True:
        try:
            return child.wait()
        except KeyboardInterrupt as asked:
            if asked.args != (signal.SIGINT,):  # Ctrl-C in the terminal it heard too, and ends in its own way
                child.terminate()


# ----------------------------------------------------------------------------------------------------------------- main


def port_number(text: str) -> int:
    """A port as typed."""
    if not text.isdigit() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"a port is a number from 1 to 65535, not {text!r}")
    return int(text)


def run(arguments: "Sequence[str]", course: Course, uv: "str | None") -> int:
    """Do what the command line asks for; returns the exit code."""
    if arguments and arguments[0] == "test":
        chromium = ensure_chromium()
        prepare(course, with_tests=True, uv=uv)
        return run_inside(course, ["-m", "pytest", *arguments[1:]], test_environment(course, chromium))
    if arguments and arguments[0] == "build":
        prepare(course, with_tests=True, uv=uv)
        return run_inside(course, ["book/build.py", *arguments[1:]], test_environment(course, None))
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


def heed_signals() -> None:
    """Let a closed terminal or a `kill` end the course in order, just as Ctrl-C does."""

    def stop(number: int, frame: object) -> None:
        raise KeyboardInterrupt(number)

    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:  # as under nohup
            signal.signal(number, stop)


def main(arguments: "Sequence[str]", root: Path, version: "Sequence[int]") -> int:
    """Run start.py for the course in `root` under a Python of this `version`; every failure becomes one sentence."""
    course = Course(root)
    try:
        check_python(version)
        return run(arguments, course, shutil.which("uv"))
    except KeyboardInterrupt:
        print(f"\nStopped; {AGAIN} to go on.", file=sys.stderr)
        return 130
    except Exception as fault:
        if os.environ.get("WATERLINE_DEBUG"):
            traceback.print_exc()
        print("\n" + sentence_for(fault, course), file=sys.stderr)
        return 1


if __name__ == "__main__":
    heed_signals()
    sys.exit(main(sys.argv[1:], Path(__file__).resolve().parent, sys.version_info[:3]))
