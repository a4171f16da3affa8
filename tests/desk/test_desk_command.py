"""`start.py test` and `start.py build`: what they run, in which environment, and with which browser."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from waterline.desk import browser, environment
from waterline.desk.command import run
from waterline.desk.course import Course
from waterline.desk.files import write_json

ROOT = Path(__file__).resolve().parents[2]
posix_only = pytest.mark.skipif(os.name == "nt", reason="puts shell scripts on PATH")


@pytest.fixture
def course(make_course: Callable[[Path], Path], tmp_path: Path) -> Course:
    """A tiny course that borrows the environment in which these tests run, and counts it as ready."""
    course = Course(make_course(tmp_path / "course"))
    course.python = Path(sys.executable)
    course.venv.mkdir()
    key = environment.key_of(course, sys.version_info[:3], True)
    write_json(course.stamp, {"state": "ready", "tests": key})
    return course


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Path]:
    """Put a shell script on an otherwise empty PATH."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("WATERLINE_CHROMIUM", raising=False)

    def put(name: str, script: str) -> Path:
        (folder / name).write_text("#!/bin/sh\n" + script + "\n")
        (folder / name).chmod(0o755)
        return folder / name

    return put


@posix_only
def test_pytest_gets_the_arguments_and_kernels_the_settings_that_make_outputs_the_same(
    course: Course, programs: Callable[[str, str], Path], capfd: pytest.CaptureFixture[str]
) -> None:
    browser = programs("chromium", "echo Chromium 150")
    (course.root / "test_one.py").write_text(
        "import os\n\n\ndef test_one():\n"
        "    names = 'PYTHONHASHSEED SOURCE_DATE_EPOCH TZ WATERLINE_PROGRESS IPYTHONDIR WATERLINE_CHROMIUM'\n"
        "    print(*(os.environ[name] for name in names.split()))\n"
    )
    (course.root / "test_two.py").write_text("def test_two():\n    assert False\n")
    assert run(["test", "test_one.py", "-s", "-p", "no:cacheprovider"], course, None) == 0
    out = capfd.readouterr().out
    assert f"0 0 UTC off {course.root / 'book' / 'ipython'} {browser}" in out
    assert "1 passed" in out
    assert run(["test", "-q", "-p", "no:cacheprovider"], course, None) == 1, "a failing test fails the command"


@posix_only
def test_build_runs_the_book_with_its_arguments(course: Course, capfd: pytest.CaptureFixture[str]) -> None:
    (course.root / "book").mkdir()
    (course.root / "book" / "build.py").write_text("import sys\nprint(sys.argv)\nsys.exit(5)\n")
    assert run(["build", "--check"], course, None) == 5
    assert "['book/build.py', '--check']" in capfd.readouterr().out


@posix_only
def test_a_chromium_that_only_asks_for_a_snap_does_not_count(
    programs: Callable[[str, str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browser, "CHROMIUM_PATHS", ())
    programs("chromium", "echo this needs a snap >&2; exit 1")
    assert browser.find_chromium() is None
    chrome = programs("google-chrome", "echo Google Chrome 150")
    assert browser.find_chromium() == str(chrome)


@posix_only
def test_a_machine_without_a_browser_says_loudly_what_is_skipped_and_why(
    programs: Callable[[str, str], Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(browser, "CHROMIUM_PATHS", ())
    assert browser.ensure_chromium() is None
    out = capsys.readouterr().out
    assert (
        "THE BROWSER TESTS WILL BE SKIPPED, because no Chromium or Chrome is installed and there is no apt-get" in out
    )


@posix_only
def test_chromium_is_installed_with_apt_which_is_updated_only_when_it_must_be(
    programs: Callable[[str, str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browser, "CHROMIUM_PATHS", ())
    log = tmp_path / "apt.log"
    programs("sudo", 'shift; [ "$1" = true ] || exec "$@"')
    put_browser = f"printf '#!/bin/sh\\necho Chromium 150\\n' > {tmp_path}/programs/chromium; "
    put_browser += f"/bin/chmod +x {tmp_path}/programs/chromium"
    programs(
        "apt-get",
        f'echo "$*" >> {log}\n[ "$1" = update ] && : > {tmp_path}/updated\n'
        f'[ "$1" = install ] && {{ [ -e {tmp_path}/updated ] || exit 100; {put_browser}; }}\nexit 0',
    )
    assert browser.ensure_chromium() == f"{tmp_path}/programs/chromium"
    install = "install -y --no-install-recommends chromium"
    assert log.read_text().splitlines() == [install, "update", install]
    assert browser.ensure_chromium() == f"{tmp_path}/programs/chromium"
    assert len(log.read_text().splitlines()) == 3, "what is there is not installed again"


def test_continuous_integration_runs_what_everyone_runs() -> None:
    lines = [line for line in (ROOT / ".ci" / "run").read_text().splitlines() if line and not line.startswith("#")]
    assert lines == ["set -eu", 'cd "$(dirname "$0")/.."', "python3 start.py test"]
