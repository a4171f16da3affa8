"""JupyterLab as the learner gets it: the port, the address, the end, and a real server that answers."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from waterline.desk import command, variables
from waterline.desk.copies import hand_out
from waterline.desk.course import Course, StartError
from waterline.desk.lab import choose_port, is_free, start_server

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which somebody listens."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


@pytest.fixture
def course(make_course: Callable[[Path], Path], tmp_path: Path) -> Course:
    """A tiny course that borrows the environment in which these tests run."""
    course = Course(make_course(tmp_path / "course"))
    course.python = Path(sys.executable)
    hand_out(course)
    return course


def test_a_free_port_is_used_as_wanted(taken: int) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert choose_port(port) == port


def test_a_wanted_port_that_is_taken_is_one_sentence_that_names_a_free_one(taken: int) -> None:
    with pytest.raises(StartError) as refused:
        choose_port(taken)
    sentence = str(refused.value)
    other = int(re.findall(r"--port (\d+)", sentence)[0])
    assert f"Port {taken} is taken" in sentence
    assert other != taken
    assert is_free(other)
    assert "\n" not in sentence


def test_without_a_wanted_port_the_next_free_one_is_chosen(taken: int) -> None:
    assert taken < choose_port(None, first=taken) < taken + 200


@pytest.mark.parametrize(
    "arguments", [["--port", "0"], ["--port", "65536"], ["--port", "x"], ["--prot", "1"], ["tset"]]
)
def test_a_slip_in_the_command_line_is_explained(
    course: Course, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        command.run(arguments, course, None)
    assert ended.value.code == 2
    assert arguments[-1] in capsys.readouterr().err


def test_a_taken_port_ends_start_py_before_anything_is_installed(
    course: Course, put_start: Callable[[Path], None], taken: int
) -> None:
    put_start(course.root)
    ran = subprocess.run(
        [sys.executable, "start.py", "--port", str(taken)], cwd=course.root, capture_output=True, text=True, timeout=60
    )
    assert ran.returncode == 1
    assert ran.stdout == ""
    assert ran.stderr.strip().startswith(f"Port {taken} is taken")
    assert len(ran.stderr.strip().splitlines()) == 1
    assert not course.venv.exists()


RUN_LAB = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.path.insert(0, {root!r})
import start
from pathlib import Path
start.desk("terminal").heed_signals()
lab = start.desk("lab")
course = start.desk("course").Course(Path({course!r}))
course.python = Path(sys.executable)
sys.exit(lab.open_lab(course, lab.choose_port(None), browser=False))
"""


@pytest.mark.skipif(os.name == "nt", reason="sends SIGINT")
def test_jupyterlab_answers_with_its_token_only_and_ctrl_c_ends_it(course: Course) -> None:
    hostile = course.root / "home"
    (hostile / ".jupyter").mkdir(parents=True)
    (hostile / ".jupyter" / "jupyter_server_config.py").write_text("raise SystemExit('the settings of the user')\n")
    code = RUN_LAB.format(root=str(ROOT), course=str(course.root))
    env = {**os.environ, "HOME": str(hostile), "JUPYTER_CONFIG_DIR": str(hostile / ".jupyter"), "PYTHONUNBUFFERED": "1"}
    lab = subprocess.Popen([sys.executable, "-c", code], env=env, stdout=subprocess.PIPE, text=True)
    try:
        assert lab.stdout is not None
        url = next(found[0] for line in lab.stdout if (found := re.search(r"http://\S+", line)))
        page, token = url.split("?token=")
        server, _, opened = page.partition("/lab/tree/")
        assert opened == "notebooks/00-start-here.ipynb"
        assert len(token) == 48
        with urllib.request.urlopen(url, timeout=20) as answer:
            assert "JupyterLab" in answer.read().decode()
        with urllib.request.urlopen(f"{server}/api/contents/{opened}?token={token}", timeout=20) as answer:
            assert json.load(answer)["path"] == opened
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(f"{server}/api/contents", timeout=20)
        lab.send_signal(signal.SIGINT)
        rest, _ = lab.communicate(timeout=30)
    finally:
        lab.kill()
    assert lab.returncode == 0
    assert rest.strip().splitlines()[-1] == f"JupyterLab has ended; your work is in {course.work}."
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(url, timeout=5)


def test_a_jupyterlab_that_does_not_start_is_one_sentence_with_its_log(course: Course) -> None:
    program = course.root / "broken"
    program.write_text("#!/bin/sh\necho it broke >&2\nexit 3\n")
    program.chmod(0o755)
    course.python = program
    with pytest.raises(StartError, match=r"JupyterLab ended at once: look at .*server\.log"):
        start_server(course, 1, "token")
    assert (course.jupyter / "server.log").read_text() == "it broke\n"


def test_the_users_own_jupyter_and_python_settings_stay_outside(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    astray = ("JUPYTER_CONFIG_PATH", "JUPYTER_PATH", "JUPYTER_PORT", "JPY_PARENT_PID", "PYTHONPATH", "MPLBACKEND")
    for name in astray:
        monkeypatch.setenv(name, "elsewhere")
    monkeypatch.setenv("IPYTHONDIR", "elsewhere")
    env = variables.for_lab(course, "secret")
    assert not set(astray) & set(env)
    assert env["IPYTHONDIR"].startswith(str(course.work))
    assert env["JUPYTER_CONFIG_DIR"].startswith(str(course.work))
    assert env["JUPYTER_TOKEN"] == "secret"


@pytest.mark.parametrize("told", [None, "/elsewhere"])
def test_progress_is_kept_beside_the_copies_unless_the_learner_says_where(
    course: Course, told: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WATERLINE_WORK", raising=False)
    if told:
        monkeypatch.setenv("WATERLINE_WORK", told)
    assert variables.for_lab(course, "secret")["WATERLINE_WORK"] == (told or str(course.work))


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (OSError(28, "No space left on device"), "The disk is full"),
        (PermissionError(13, "Permission denied", "/course/work"), "Permission denied: /course/work; make it readable"),
        (ZeroDivisionError("division by zero"), "ZeroDivisionError: division by zero"),
    ],
)
def test_whatever_else_goes_wrong_is_one_sentence_and_no_traceback(
    course: Course,
    fault: Exception,
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(*_: object) -> None:
        raise fault

    monkeypatch.delenv("WATERLINE_DEBUG", raising=False)
    monkeypatch.setattr(command, "run", fail)
    assert command.main([], course.root) == 1
    err = capsys.readouterr().err
    assert sentence in err
    assert len(err.strip().splitlines()) == 1
