"""The course holds together: what `book/course.toml` promises, the manuscripts say and the notebooks show.

Minutes stand in headings as `(6 minutes)`. An exercise has one heading with its title, and one cell with its check.
"""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode

from book import build, manuscript
from waterline.grading.manifest import Module, load

ROOT = Path(__file__).resolve().parents[2]
MODULES: tuple[Module, ...] = load(ROOT).modules if (ROOT / "book" / "course.toml").exists() else ()
STEMS = [module.stem for module in MODULES]
PLACES = ("notebooks", "labs", "solutions")
WIDEST_LINE = 100
"""Characters that a cell shows before it has to be scrolled sideways, in a window of 1,280 pixels."""

BOOK_FILES = (
    *("__init__.py", "build.py", "kernel.py", "manuscript.py", "reference.py", "strict.py"),
    *("course.toml", "ruff.toml", "ipython/**/*", "reference/*.md"),
)

each_module = pytest.mark.parametrize("module", MODULES, ids=STEMS)
each_place = pytest.mark.parametrize("place", PLACES)


def notebook(place: str, module: Module) -> NotebookNode:
    return nbformat.read(ROOT / place / f"{module.stem}.ipynb", as_version=4)


def source(part: str, module: Module) -> manuscript.Manuscript:
    return manuscript.read(ROOT / "book" / module.stem / f"{part}.py", ROOT)


def headings(read: manuscript.Manuscript) -> list[str]:
    """The headings of the text cells, as `## Title (6 minutes)`; a `#` inside a fenced block is none."""
    found = []
    for cell in read.cells:
        if cell.kind == "markdown":
            prose = re.sub(r"^(```|~~~).*?^\1", "", cell.source, flags=re.DOTALL | re.MULTILINE)
            found += re.findall(r"^#{1,6} .*$", prose, flags=re.MULTILINE)
    return found


def minutes(heading: str) -> int:
    stated = re.search(r"\((?:[^()]*\D)?(\d+) minutes?\b", heading)
    return int(stated[1]) if stated else 0


def files(folder: Path) -> set[str]:
    """Paths below `folder` without what Python and JupyterLab leave beside the files they open."""
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and not {"__pycache__", ".ipynb_checkpoints"} & set(path.parts)
    }


class Pictures(HTMLParser):
    """Collects the pictures of a piece of HTML that a screen reader could not name."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.unnamed: list[str] = []
        self._open_svg: str | None = None
        self._in_title = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: (value or "").strip() for name, value in attrs}
        label = given.get("aria-label") or given.get("aria-labelledby")
        hidden = given.get("aria-hidden") == "true"
        if (tag == "img" and not given.get("alt")) or (tag in ("canvas", "object") and not label):
            self.unnamed.append(self.get_starttag_text() or tag)
        elif tag == "svg" and self._open_svg is None and not label and not hidden:
            self._open_svg = self.get_starttag_text() or tag
        self._in_title = tag == "title"

    def handle_data(self, data: str) -> None:
        if self._in_title and data.strip():
            self._open_svg = None

    def handle_endtag(self, tag: str) -> None:
        self._in_title = False
        if tag == "svg" and self._open_svg is not None:
            self.unnamed.append(self._open_svg)
            self._open_svg = None


def unnamed_pictures(shown: NotebookNode) -> Iterator[str]:
    """Where a notebook shows a picture without a text alternative: cell and beginning of the picture.

    JupyterLab ignores the alternative text of an image output, so a picture is shown as HTML, or beside it.
    """
    for cell in shown.cells:
        pieces = []
        if cell.cell_type == "markdown":
            pieces.append(cell.source)
            pieces += [f"<img {found}>" for found in re.findall(r"!\[\s*\]\([^)]*\)", cell.source)]
            fences = re.findall(r"^```\{?mermaid\}?.*?^```", cell.source, flags=re.DOTALL | re.MULTILINE)
            pieces += [f"<img {fence}>" for fence in fences if "accTitle" not in fence]
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            pieces.append(data.get("text/html", ""))
            if "text/html" not in data:
                pieces += [f"<img type={kind}>" for kind in data if kind.startswith("image/")]
        for html in pieces:
            yield from (f"{cell.id}: {picture[:80]}" for picture in Pictures(html).unnamed)
    widgets = shown.metadata.get("widgets", {}).get("application/vnd.jupyter.widget-state+json", {}).get("state", {})
    for model in widgets.values():
        if model.get("model_name") == "ImageModel":
            yield "a widget: ipywidgets.Image has no text alternative"
        elif model.get("model_name") in ("HTMLModel", "HTMLMathModel"):
            yield from (f"a widget: {picture[:80]}" for picture in Pictures(model["state"].get("value", "")).unnamed)


def test_the_manifest_lists_the_modules_of_the_book_in_order() -> None:
    assert MODULES, "book/course.toml, the list of modules and exercises, is missing or empty"
    assert build.modules(ROOT) == STEMS
    assert sorted(STEMS) == STEMS


@each_module
def test_an_exercise_has_two_or_three_hints_that_are_questions(module: Module) -> None:
    assert module.exercises
    for exercise in module.exercises:
        assert 2 <= len(exercise.hints) <= 3, f"{exercise.id} has {len(exercise.hints)} hints"
        assert [hint for hint in exercise.hints if not hint.strip().endswith("?")] == [], exercise.id


@each_module
def test_a_module_has_its_two_manuscripts_and_its_three_notebooks(module: Module) -> None:
    wanted = [f"book/{module.stem}/{part}.py" for part in ("lesson", "lab")]
    wanted += [f"{place}/{module.stem}.ipynb" for place in PLACES]
    assert [path for path in wanted if not (ROOT / path).is_file()] == []


@each_place
def test_a_folder_of_notebooks_holds_those_of_the_manifest_and_nothing_else(place: str) -> None:
    assert files(ROOT / place) == {f"{name}.ipynb" for name in STEMS}


@each_module
@pytest.mark.parametrize("part", ["lesson", "lab"])
def test_no_line_of_code_is_cut_off_on_the_page(module: Module, part: str) -> None:
    text = (ROOT / "book" / module.stem / f"{part}.py").read_text(encoding="utf-8")
    code = re.sub(r"^# %% \[markdown\].*?(?=^# %%|\Z)", "", text, flags=re.DOTALL | re.MULTILINE)
    assert [line for line in code.splitlines() if len(line) > WIDEST_LINE] == []


def test_the_book_holds_manuscripts_and_what_builds_them_and_nothing_else() -> None:
    expected = {f"{name}/{part}.py" for name in STEMS for part in ("lesson", "lab")}
    book = ROOT / "book"
    known = {path.relative_to(book).as_posix() for pattern in BOOK_FILES for path in book.glob(pattern)}
    assert sorted(files(book) - known - expected) == []


@each_module
def test_a_lesson_opens_with_its_title_and_its_minutes(module: Module) -> None:
    first = source("lesson", module).cells[0]
    title = first.source.split("\n")[0]
    assert first.kind == "markdown"
    assert title.startswith("# ")
    assert module.title in title
    assert minutes(title) == module.minutes_lesson


@each_module
@pytest.mark.parametrize("part", ["lesson", "lab"])
def test_the_minutes_of_the_headings_add_up_to_those_of_the_manifest(module: Module, part: str) -> None:
    parts = [minutes(heading) for heading in headings(source(part, module)) if not heading.startswith("# ")]
    assert sum(parts) == getattr(module, f"minutes_{part}"), f"book/{module.stem}/{part}.py: {parts}"


@each_module
def test_every_exercise_has_a_heading_with_its_minutes_and_a_cell_that_checks_it(module: Module) -> None:
    lab = source("lab", module)
    code = "\n".join(cell.source for cell in lab.cells if cell.kind == "code" and not cell.is_solution_only)
    for exercise in module.exercises:
        own = [heading for heading in headings(lab) if exercise.title in heading]
        assert len(own) == 1, f"{exercise.id} has {len(own)} headings in {lab.where}"
        assert minutes(own[0]) == exercise.minutes
        names = f"{re.escape(exercise.id)}|{re.escape(exercise.name)}"
        assert re.search(rf"\bcheck\(\s*[\"'](?:{names})[\"']", code), f"{lab.where} has no check of {exercise.id}"
    assert sum(exercise.minutes for exercise in module.exercises) <= module.minutes_lab


@each_module
def test_every_region_of_a_lab_is_closed_and_a_lesson_has_none(module: Module) -> None:
    lesson, lab = source("lesson", module), source("lab", module)
    regions = [piece for cell in lab.cells for piece in cell.pieces if isinstance(piece, manuscript.Region)]
    assert len(regions) >= 1
    for read in (lesson, lab):
        written = (ROOT / read.where).read_text(encoding="utf-8")
        for name in ("SOLUTION", "PROMPT"):
            assert written.count(f"### BEGIN {name}\n") == written.count(f"### END {name}\n")


@each_module
def test_a_lab_is_handed_out_without_outputs_and_without_a_line_of_its_solution(module: Module) -> None:
    lab = notebook("labs", module)
    assert manuscript.leaks(source("lab", module), lab) == []
    for cell in lab.cells:
        assert not re.search(r"(BEGIN|END) (SOLUTION|PROMPT)", cell.source)
        if cell.cell_type == "code":
            assert cell.execution_count is None
            assert cell.outputs == []
    assert "widgets" not in lab.metadata


@each_module
def test_a_lab_with_its_starters_is_not_the_solution(module: Module) -> None:
    lab = {cell.id: cell.source for cell in notebook("labs", module).cells}
    solved = {cell.id: cell.source for cell in notebook("solutions", module).cells}
    assert set(lab) <= set(solved)
    assert [name for name, text in lab.items() if text != solved[name]], "nothing is left for the learner to do"


@each_module
@each_place
def test_every_figure_has_a_text_alternative(module: Module, place: str) -> None:
    assert list(unnamed_pictures(notebook(place, module))) == []


def shown(**cell: Any) -> NotebookNode:
    if "markdown" in cell:
        return nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(cell["markdown"])])
    output = nbformat.v4.new_output("display_data", data=cell["data"])
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x", outputs=[output])])


@pytest.mark.parametrize(
    ("cell", "unnamed"),
    [
        ({"data": {"text/html": "<figure><img src='a.png'></figure>"}}, 1),
        ({"data": {"text/html": "<img src='a.png' alt=' '>"}}, 1),
        ({"data": {"text/html": "<img src='a.png' alt='Ten messages die with one'>"}}, 0),
        ({"data": {"text/html": "<svg><g><path d='M0'/></g></svg>"}}, 1),
        ({"data": {"text/html": "<svg><title>Ten messages die with one</title><path d='M0'/></svg>"}}, 0),
        ({"data": {"text/html": "<svg role='img' aria-label='Ten messages die'></svg><svg></svg>"}}, 1),
        ({"data": {"text/html": "<svg aria-hidden='true'></svg><table></table>"}}, 0),
        ({"data": {"image/png": "aGk=", "text/plain": "<Figure>"}}, 1),
        ({"data": {"image/svg+xml": "<svg><title>x</title></svg>"}}, 1),
        ({"data": {"image/png": "aGk=", "text/html": "<img src='a' alt='Ten messages die'>"}}, 0),
        ({"markdown": "![](a.png) and ![the queue](b.png)"}, 1),
        ({"markdown": "```mermaid\nflowchart LR\na-->b\n```"}, 1),
        ({"markdown": "```mermaid\nflowchart LR\naccTitle: a calls b\na-->b\n```"}, 0),
    ],
)
def test_a_picture_without_a_name_is_found(cell: dict[str, Any], unnamed: int) -> None:
    assert len(list(unnamed_pictures(shown(**cell)))) == unnamed


@pytest.mark.parametrize(
    ("heading", "stated"),
    [
        ("## The first queue (5 minutes)", 5),
        ("## Exercise 00.a: No order is lost (8 minutes, 2 points)", 8),
        ("## Exercise 00.b: Twice (2 points, 12 minutes)", 12),
        ("## A blink (1 minute)", 1),
        ("## Fifteen (15) seconds, 3 minutes", 0),
        ("## The queue", 0),
    ],
)
def test_minutes_are_read_from_a_heading(heading: str, stated: int) -> None:
    assert minutes(heading) == stated


@pytest.mark.rebuild
@each_module
def test_a_fresh_build_gives_the_committed_bytes(module: Module) -> None:
    assert build.check(ROOT, [module.stem]) == []
