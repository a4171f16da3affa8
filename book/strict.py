"""A pytest plugin that makes `--nbval` strict: a notebook passes only if a reader can trust every output in it.

nbval alone executes a cell that was never run but compares nothing, overlooks pictures, lets a notebook excuse its own
cells, and runs in whatever environment pytest was started in. Here

- each notebook has a first test, `is honest`: every code cell was executed, from first to last, none holds an error,
  none asks to be skipped or not compared;
- PNG pictures and widget models are compared like text (NBVAL_PNG=0 leaves PNG out on a machine that draws otherwise);
- the kernel is the running interpreter's, in the environment in which `book/build.py` made the outputs.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest import mock

import pytest
from nbformat import NotebookNode
from nbval.plugin import IPyNbFile, find_comment_markers, find_metadata_tags

from book import kernel

ROOT = Path(__file__).resolve().parents[1]
CELL_TIMEOUT = 120.0
"""Real seconds; nbval's own default of 2000 would let a hang look like work."""


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "rebuild: builds every notebook of the course anew and compares the bytes (slow)"
    )
    option = config.option
    if getattr(option, "nbval", False) or getattr(option, "nbval_lax", False):
        option.nbval_current_env = True
        option.nbval_sanitize_with = option.nbval_sanitize_with or str(
            ROOT / "tests" / "nbval" / "sanitize.cfg"
        )
        option.nbval_cell_timeout = min(option.nbval_cell_timeout, CELL_TIMEOUT)


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(
    file_path: Path, parent: pytest.Collector
) -> Generator[None, list[Any], list[Any]]:
    collectors = yield
    return [
        StrictNotebook.from_parent(parent, path=file_path)
        if type(collector) is IPyNbFile
        else collector
        for collector in collectors
    ]


class StrictNotebook(IPyNbFile):  # type: ignore[misc]
    """nbval's notebook, with nothing overlooked."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        overlooked = {"application/vnd.jupyter.widget-view+json"}
        if os.environ.get("NBVAL_PNG", "1") != "0":
            overlooked |= {"image/png", "image/jpeg"}
        self.skip_compare = tuple(key for key in self.skip_compare if key not in overlooked)

    def collect(self) -> Iterator[pytest.Item]:
        cells = list(super().collect())
        yield HonestNotebook.from_parent(self, name="is honest")
        yield from cells

    def setup(self) -> None:
        self.scratch = TemporaryDirectory(prefix="waterline-", ignore_cleanup_errors=True)
        environment = kernel.environment(Path(self.scratch.name).resolve())
        # nbval gives a kernel the environment of pytest, which other tests must keep as it is.
        with mock.patch.dict(os.environ, environment, clear=True):
            super().setup()

    def teardown(self) -> None:
        super().teardown()
        self.scratch.cleanup()


class DishonestError(Exception):
    """A notebook whose stored outputs cannot be trusted; the message is one sentence."""


class HonestNotebook(pytest.Item):
    """Fails if a stored output is missing, is an error, or need not be compared."""

    def runtest(self) -> None:
        notebook: NotebookNode = self.parent.nb  # type: ignore[union-attr]
        cells = [
            cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()
        ]
        for number, cell in enumerate(cells, 1):
            place = f"{self.path.name}, code cell {number} ({cell.source.strip().splitlines()[0]})"
            excuses = [
                *dict(find_metadata_tags(cell.metadata)),
                *dict(find_comment_markers(cell.source)),
            ]
            if cell.execution_count is None:
                raise DishonestError(
                    f"{place} was never executed, so its output proves nothing; build the notebook."
                )
            if cell.execution_count != number:
                raise DishonestError(
                    f"{place} was executed as number {cell.execution_count}; build the notebook."
                )
            if any(output.output_type == "error" for output in cell.outputs):
                raise DishonestError(
                    f"{place} holds an error as its output; a published cell does not raise."
                )
            if excuses:
                raise DishonestError(
                    f"{place} asks nbval not to compare it; make its output the same in every run."
                )

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, DishonestError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, 0, f"{self.path.name}::is honest"
