"""A browser, and a JupyterLab set up as `start.py` sets it up, on a copy of the course with nobody's work in it.

`start.py test` finds or installs a Chromium and names it in WATERLINE_CHROMIUM; without that name one is looked for.
Where there is none, these tests are skipped and the last lines of the run say so. In continuous integration (CI=true)
they fail instead wherever apt-get could have installed one: nobody reads the last lines of a green run.

WATERLINE_SCREENSHOTS=<folder> keeps the screenshots.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from jupyterlab_page import Notebook, Record, Server
from playwright.sync_api import BrowserContext, sync_playwright

from waterline.desk import environment
from waterline.desk.browser import find_chromium
from waterline.desk.copies import hand_out
from waterline.desk.course import Course
from waterline.desk.lab import choose_port, end_server, start_server, trust

ROOT = Path(__file__).resolve().parents[2]
ARGUMENTS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
MISSING = "no Chromium or Chrome was found on this machine (WATERLINE_CHROMIUM can name one)"
skipped = pytest.StashKey[bool]()


@pytest.fixture(scope="session")
def chromium(request: pytest.FixtureRequest) -> str:
    """The path of the browser."""
    found = find_chromium()
    if found:
        return found
    if os.environ.get("CI") and shutil.which("apt-get"):
        pytest.fail(f"{MISSING}, although this is continuous integration and apt-get could install it.")
    request.config.stash[skipped] = True
    pytest.skip(MISSING)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if config.stash.get(skipped, False):
        terminalreporter.write_line(f"THE BROWSER TESTS WERE SKIPPED: {MISSING}.", red=True, bold=True)


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where screenshots go."""
    kept = os.environ.get("WATERLINE_SCREENSHOTS")
    return Path(kept).resolve() if kept else tmp_path_factory.mktemp("screenshots")


@pytest.fixture(scope="session")
def server(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """JupyterLab on a fresh `work/`, started and ended as the learner's is."""
    course = Course(tmp_path_factory.mktemp("course"))
    course.python = Path(sys.executable)
    for folder in ("notebooks", "labs"):
        shutil.copytree(ROOT / folder, course.root / folder)
    # What start.py writes into `.venv`, and two settings that only a test needs: the page tells its commands and model.
    environment.write_settings(course)
    settings = {
        "LabApp": {
            "expose_app_in_browser": True,
            "app_settings_dir": str(course.venv / "share" / "jupyter" / "lab" / "settings"),
        }
    }
    config = course.jupyter / "config" / "jupyter_lab_config.json"
    config.parent.mkdir(parents=True)
    config.write_text(json.dumps(settings))
    token = secrets.token_hex(24)
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("WATERLINE_WORK", raising=False)  # the answers of a test are nobody's progress
        trust(course, hand_out(course).fresh)
        port = choose_port(None, first=18_888)
        process = start_server(course, port, token)
    try:
        yield Server(course, f"http://127.0.0.1:{port}", token)
    finally:
        end_server(process, port, token)


@pytest.fixture(scope="module")
def context(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    """A browser with a profile of its own.

    Of one module and not of the session: as long as Playwright drives it, an event loop runs in this thread.
    """
    with sync_playwright() as driver:
        browser = driver.chromium.launch_persistent_context(
            tmp_path_factory.mktemp("profile"),
            executable_path=chromium,
            headless=True,
            args=list(ARGUMENTS),
            viewport={"width": 1280, "height": 900},
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def record() -> Record:
    """What the pages of the module did that nobody wants."""
    return Record()


@pytest.fixture(scope="module")
def open_notebook(server: Server, context: BrowserContext, record: Record, pictures: Path) -> Callable[[str], Notebook]:
    """Open a notebook of `work/` on a page of its own."""

    def open_(path: str) -> Notebook:
        page = context.new_page()
        page.set_default_timeout(10_000)
        record.watch(page)
        return Notebook(page, server, path, pictures)

    return open_


@pytest.fixture(autouse=True)
def nothing_goes_wrong_behind_the_scenes(record: Record) -> Iterator[None]:
    """After every test: no error on the console, no request to anywhere else, since the first page was opened."""
    yield
    assert record.errors == []
    assert record.foreign == []
