"""The environment: made once, kept while it fits, repaired when it does not, and every failure in one sentence."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from waterline.desk import environment
from waterline.desk.course import AGAIN, Course, StartError
from waterline.desk.environment import is_ready, prepare, why_remake
from waterline.desk.installer import Tally, explain, pinned

ROOT = Path(__file__).resolve().parents[2]
UV = shutil.which("uv")
TOOLS = [
    pytest.param(None, id="pip"),
    pytest.param(UV, id="uv", marks=pytest.mark.skipif(UV is None, reason="uv is not on PATH")),
]
MakeCourse = Callable[[Path], Path]


@pytest.fixture
def course(make_course: MakeCourse, tmp_path: Path) -> Course:
    return Course(make_course(tmp_path / "course"))


def empty_venv(course: Course) -> None:
    """A bare virtual environment, in a tenth of a second."""
    venv.create(course.venv, with_pip=False, symlinks=os.name != "nt")


def ask(course: Course, question: str) -> str:
    """What the environment's Python prints."""
    return subprocess.check_output([str(course.python), "-c", f"print({question})"], text=True).strip()


@pytest.mark.parametrize("tool", TOOLS)
def test_the_environment_is_made_kept_and_brought_up_to_date(
    course: Course, tool: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert prepare(course, uv=tool, room=1) is True
    assert "1 packages are in place" in capsys.readouterr().out
    assert ask(course, "__import__('pebble').size, __import__('tiny_course').name") == "1 tiny"
    overrides = json.loads((course.venv / "share/jupyter/lab/settings/overrides.json").read_text())
    assert overrides["@jupyterlab/apputils-extension:notification"]["fetchNews"] == "false"

    assert prepare(course, uv=tool, room=1) is False, "a second start has nothing to do"
    assert capsys.readouterr().out == ""

    course.requirements.write_text(course.requirements.read_text().replace("pebble==1.0", "pebble==2.0"))
    course.test_requirements.write_text(course.test_requirements.read_text().replace("pebble==1.0", "pebble==2.0"))
    assert prepare(course, uv=tool, room=10**9) is True, "an update in place asks for no room"
    assert ask(course, "__import__('pebble').size") == "2"

    assert prepare(course, with_tests=True, uv=tool, room=1) is True
    assert ask(course, "__import__('shell').sound") == "sea"
    assert prepare(course, with_tests=True, uv=tool, room=1) is False
    assert prepare(course, uv=tool, room=1) is False, "with the tests' packages the course is ready too"


def made_with(course: Course, version: str) -> None:
    """Let the environment say that another Python made it."""
    config = course.venv / "pyvenv.cfg"
    lines = [line for line in config.read_text().splitlines() if not line.startswith("version")]
    config.write_text("\n".join([*lines, f"version = {version}"]) + "\n")


def stamp(course: Course, **value: str) -> None:
    """Write the environment's stamp."""
    course.stamp.write_text(json.dumps(value))


DAMAGES: dict[str, tuple[Callable[[Course], object], str]] = {
    "killed while installing": (lambda course: stamp(course, state="making"), "left half-made"),
    "Python removed": (lambda course: course.python.unlink(), "its Python does not run"),
    "Python not a program": (lambda course: (course.python.unlink(), course.python.write_text("x")), "does not run"),
    "no pyvenv.cfg": (lambda course: (course.venv / "pyvenv.cfg").unlink(), "left half-made"),
    "Python replaced": (lambda course: made_with(course, "3.7.1"), "made with Python 3.7, which is gone"),
    "moved": (lambda course: stamp(course, state="ready", root="/elsewhere"), "moved to another folder"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_environment_is_known_and_can_be_removed(course: Course, damage: str) -> None:
    empty_venv(course)
    assert why_remake(course) is None, "a whole one without a stamp is brought up to date, not removed"
    harm, reason = DAMAGES[damage]
    harm(course)
    assert reason in str(why_remake(course))
    assert is_ready(course, with_tests=False) is False
    environment.remove(course)
    assert not course.venv.exists()


def test_an_environment_killed_while_it_is_made_is_made_anew(course: Course, put_start: Callable[[Path], None]) -> None:
    put_start(course.root)
    env = {**os.environ, "PATH": str(Path(sys.executable).parent)}
    run = [sys.executable, "start.py", "--no-browser"]
    killed = subprocess.Popen(run, cwd=course.root, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    patience = time.monotonic() + 30
    while not (course.stamp.exists() and course.python.exists()) and time.monotonic() < patience:
        time.sleep(0.01)
    killed.send_signal(signal.SIGKILL if os.name != "nt" else signal.SIGTERM)
    killed.wait()
    assert why_remake(course) == "it was left half-made"
    assert prepare(course, room=1) is True
    assert ask(course, "__import__('pebble').size") == "1"


@pytest.mark.parametrize("contents", ["a file", "a folder of the learner's"])
def test_something_else_named_venv_is_left_alone(course: Course, contents: str) -> None:
    if contents == "a file":
        course.venv.write_text("mine")
    else:
        course.venv.mkdir()
        (course.venv / "thesis.txt").write_text("mine")
    with pytest.raises(StartError, match=r"was not made by start\.py, so it is left alone: move it away"):
        prepare(course, room=1)
    kept = course.venv if contents == "a file" else course.venv / "thesis.txt"
    assert kept.read_text() == "mine"


def test_an_empty_folder_named_venv_is_used(course: Course) -> None:
    course.venv.mkdir()
    with pytest.raises(StartError, match="disk is full"):
        prepare(course, room=10**9)
    assert not course.venv.exists()


@pytest.mark.parametrize("tool", TOOLS)
def test_a_broken_network_is_one_sentence_and_the_next_run_goes_on(
    course: Course, tool: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "PIP_RETRIES": "0",
        "PIP_NO_CACHE_DIR": "1",
        "UV_NO_CACHE": "1",
        "UV_HTTP_RETRIES": "0",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    whole = course.requirements.read_text()
    course.requirements.write_text("--index-url http://127.0.0.1:9/simple\npebble==1.0\n")
    with pytest.raises(StartError) as refused:
        prepare(course, uv=tool, room=1)
    assert "the package index does not answer: check the network connection" in str(refused.value)
    assert "\n" not in str(refused.value)
    assert is_ready(course, with_tests=False) is False
    assert why_remake(course) is None, "what is there is whole, so it is kept"
    course.requirements.write_text(whole)
    assert prepare(course, uv=tool, room=1) is True


def test_too_little_room_is_said_before_anything_is_made(course: Course) -> None:
    with pytest.raises(StartError, match=r"The disk is full: the course needs about \d+ MB at .*, so free some"):
        prepare(course, room=10**9)
    assert not course.venv.exists()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 4 MB."""
    place = tmp_path / "small"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)]
    if (
        not sys.platform.startswith("linux")
        or os.geteuid() != 0
        or subprocess.run(mount, capture_output=True).returncode
    ):
        pytest.skip("a small disk can only be made by root on Linux")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_disk_that_fills_up_on_the_way_is_one_sentence(make_course: MakeCourse, small_disk: Path) -> None:
    course = Course(make_course(small_disk / "course"))
    with pytest.raises(StartError, match="The disk is full"):
        prepare(course, room=0)
    assert is_ready(course, with_tests=False) is False


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "disk is full"),
        ("error: failed to write to file `x`: No space left on device (os error 28)", "disk is full"),
        ("OSError: [WinError 112] There is not enough space on the disk", "disk is full"),
        ("Caused by SSLError(SSLCertVerificationError(1, 'certificate verify failed'))", "certificate is not trusted"),
        ("invalid peer certificate: UnknownIssuer", "certificate is not trusted"),
        ("NewConnectionError: Failed to establish: [Errno -3] Temporary failure in name resolution", "does not answer"),
        ("error: Failed to fetch: `x`\n  Caused by: dns error", "does not answer"),
        ("HTTPSConnectionPool(host='x', port=443): Read timed out.", "does not answer"),
        ("ERROR: Could not install: [Errno 13] Permission denied: '/x'", "may not write to"),
        (
            "ERROR: No matching distribution found for pebble==9",
            "(ERROR: No matching distribution found for pebble==9)",
        ),
        ("", "it said nothing"),
    ],
)
def test_what_an_installer_prints_becomes_one_sentence_with_the_way_on(
    course: Course, output: str, sentence: str
) -> None:
    explained = str(explain("pip", output, course))
    assert sentence in explained
    assert f"{AGAIN}" in explained
    assert "\n" not in explained


@pytest.mark.parametrize("missing", ["requirements.txt", "pyproject.toml"])
def test_an_incomplete_course_is_one_sentence(course: Course, missing: str) -> None:
    (course.root / missing).unlink()
    with pytest.raises(StartError, match=rf"{missing} is missing: get the course again"):
        prepare(course, room=1)


def test_progress_counts_what_pip_and_uv_report() -> None:
    tally = Tally(5)
    for _ in "both files":
        tally.hear("Ignoring colorama: markers 'sys_platform == \"win32\"' don't match your environment\n")
    tally.hear("Collecting pebble==1.0 (from -r requirements.txt (line 3))\n")
    assert tally.text(0, 3) == "  1 of 4 packages fetched, 3 s (pebble)"
    assert tally.text(2, 9) == "  2 of 4 packages installed, 9 s (pebble)"
    tally = Tally(5)
    tally.hear("Resolved 4 packages in 12ms\n")
    tally.hear("Downloading numpy (15.9MiB)\n")
    assert tally.text(0, 1) == "  0 of 4 packages installed, 1 s (numpy)"
    assert tally.text(4, 2) == "  4 of 4 packages installed, 2 s"


def test_the_pins_of_the_course_and_of_the_tests_agree() -> None:
    course = pinned([ROOT / "requirements.txt"])
    tests = pinned([ROOT / "requirements-test.txt"])
    shared = {pin.rsplit("-", 1)[0] for pin in course} & {pin.rsplit("-", 1)[0] for pin in tests}
    assert len(shared) > 90
    assert {pin for pin in course if pin.rsplit("-", 1)[0] in shared} == {
        pin for pin in tests if pin.rsplit("-", 1)[0] in shared
    }
    for file in ("requirements.txt", "requirements-test.txt"):
        lines = [line.strip() for line in (ROOT / file).read_text().splitlines()]
        assert not [line for line in lines if line and line[0] != "#" and "==" not in line], "every line is a pin"
