"""A notebook in JupyterLab as a test sees it: opened, run, typed into, looked at; and a record of what should not be.

What is about the notebook as a whole (run all, what each cell printed) goes through JupyterLab's own commands and
model; what a learner does with a hand on the keyboard goes through the keyboard.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Locator, Page, Request

from waterline.desk.course import Course

PATIENCE = 40_000  # ms: a kernel's start on a slow machine
SHOWN = ".jp-NotebookPanel:not(.lm-mod-hidden)"
OUTPUT = ".jp-OutputArea-output"
HERE = ("127.0.0.1", "localhost", "")

# Console errors that are not ours, each with its reason.
NOT_OURS: dict[str, str] = {}


@dataclass(frozen=True)
class Server:
    """A JupyterLab that answers at `url` to whoever has the token, and the course whose copies it shows."""

    course: Course
    url: str
    token: str


@dataclass
class Record:
    """What a page did in the whole of its life that nobody wants: errors on its console, requests that go elsewhere."""

    errors: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        """Record from now on."""
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.errors.append(f"uncaught: {error}"))
        page.on("request", self._asked)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not any(known in message.text for known in NOT_OURS):
            self.errors.append(f"{message.text} ({message.location.get('url', '')})")

    def _asked(self, request: Request) -> None:
        url = urlsplit(request.url)
        if url.scheme not in ("data", "blob", "about") and url.hostname not in HERE:
            self.foreign.append(request.url)


@dataclass(frozen=True)
class Cell:
    """A code cell after a run."""

    id: str
    source: str
    count: int | None
    text: str
    errors: tuple[str, ...]


_CELLS = """() => {
  const text = (output) => {
    const data = output.toJSON();
    if (data.output_type === "stream") return [data.text].flat().join("");
    if (data.output_type === "error") return `${data.ename}: ${data.evalue}`;
    return [data.data?.["text/plain"] ?? ""].flat().join("");
  };
  const each = (outputs) => Array.from({ length: outputs.length }, (_, number) => outputs.get(number));
  const panel = window.jupyterapp.shell.currentWidget;
  return panel.content.widgets.filter((cell) => cell.model.type === "code").map((cell) => ({
    id: cell.model.id,
    source: cell.model.sharedModel.getSource(),
    count: cell.model.executionCount,
    text: each(cell.model.outputs).map(text).join("\\n"),
    errors: each(cell.model.outputs).filter((output) => output.type === "error").map(text),
  }));
}"""


class Notebook:
    """One notebook on one page."""

    def __init__(self, page: Page, server: Server, path: str, pictures: Path) -> None:
        self.page = page
        self.pictures = pictures
        page.goto(f"{server.url}/lab/tree/{path}?token={server.token}")
        page.locator(f"{SHOWN} .jp-Notebook").wait_for(timeout=PATIENCE)
        self.settle()

    def settle(self) -> None:
        """Wait until the kernel has nothing to do; before there is a kernel, the status bar says something else."""
        self.page.locator("#jp-main-statusbar").get_by_text("| Idle").wait_for(timeout=PATIENCE)

    def command(self, name: str, **arguments: Any) -> None:
        """Run one of JupyterLab's commands and wait until it is done."""
        ask = "([name, arguments]) => window.jupyterapp.commands.execute(name, arguments).then(() => null)"
        self.page.evaluate(ask, [name, arguments])

    def cells(self) -> list[Cell]:
        """The code cells, in order."""
        return [Cell(**{**cell, "errors": tuple(cell["errors"])}) for cell in self.page.evaluate(_CELLS)]

    def find(self, code: str) -> Cell:
        """The first code cell that has `code` in it."""
        return next(cell for cell in self.cells() if code in cell.source)

    def select(self, cell: Cell) -> None:
        """Make a cell the active one, and bring it into view."""
        self.page.evaluate(
            """async (id) => {
              const notebook = window.jupyterapp.shell.currentWidget.content;
              const number = notebook.widgets.findIndex((cell) => cell.model.id === id);
              notebook.deselectAll();
              notebook.activeCellIndex = number;
              notebook.mode = "command";
              await notebook.scrollToItem(number, "start", 0);
              notebook.node.focus();
            }""",
            cell.id,
        )

    def node(self, cell: Cell) -> Locator:
        """The selected cell on the page."""
        self.select(cell)
        node = self.page.locator(f"{SHOWN} .jp-Cell.jp-mod-active")
        node.wait_for()
        return node

    def picture(self, name: str, of: Locator | None = None) -> None:
        """Keep a screenshot as `name.png`, of a part of the page or of all of it."""
        self.pictures.mkdir(parents=True, exist_ok=True)
        (of or self.page).screenshot(path=self.pictures / f"{name}.png")
