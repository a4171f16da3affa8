"""The environment, `.venv`: made once, kept while it fits, brought up to date or made anew when it does not."""

from __future__ import annotations

import itertools
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence

from . import variables
from .course import AGAIN, COMMAND, ROOM, Course, StartError, disk_is_full
from .files import one_at_a_time, read_json, read_text, sha256, write_json
from .installer import DISK_IS_FULL, NoNetwork, explain, installed, pinned, run_installer
from .pythons import supported, version_of
from .terminal import Progress, say

STAMP_FORMAT = 1


def prepare(course: Course, with_tests: bool = False, uv: str | None = None, room: int = ROOM) -> bool:
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
                remove(course)
        new = not course.venv.exists()
        if new:
            if shutil.disk_usage(str(course.root)).free < room * 1e6:
                raise StartError(disk_is_full(course.root))
            say(f"Making the environment in .venv with {'uv' if uv else 'pip'}; this happens once and takes 650 MB.")
            make(course, with_pip=not uv)
        else:
            say("Bringing the environment in .venv up to date with {}.".format("uv" if uv else "pip"))
        install(course, with_tests, uv)
    return True


def key_of(course: Course, version: Sequence[int], with_tests: bool) -> str:
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


def why_remake(course: Course) -> str | None:
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


def remove(course: Course) -> None:
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


def make(course: Course, with_pip: bool) -> None:
    """Make an empty environment in `.venv`, marked as half-made until the stamp says otherwise."""
    course.venv.mkdir()
    write_json(course.stamp, {"state": "making"})
    # From inside another environment, the Python below it: that one stays when the other is removed.
    base = getattr(sys, "_base_executable", None) or sys.executable
    command = [base, "-m", "venv", *([] if with_pip else ["--without-pip"]), str(course.venv)]
    made = subprocess.run(
        command, env=variables.clean(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
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


def install(course: Course, with_tests: bool, uv: str | None) -> None:
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
    compile_ahead(course)


def compile_ahead(course: Course) -> None:
    """Make the simulator's machine code, so that no lesson begins with that. If it fails, the first lesson makes it."""
    progress = Progress()
    process = subprocess.Popen(
        [str(course.python), "-m", "waterline.simulator.compile"],
        cwd=str(course.root),
        env=variables.clean(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while process.poll() is None:
            progress.draw(f"  compiling the simulator, {progress.seconds()} s")
            time.sleep(0.1)
    except BaseException:
        process.terminate()
        process.wait()
        raise
    finally:
        progress.clear()


def has_pip(course: Course) -> bool:
    """True when pip runs in the environment."""
    asked = subprocess.run(
        [str(course.python), "-m", "pip", "--version"],
        env=variables.clean(),
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
