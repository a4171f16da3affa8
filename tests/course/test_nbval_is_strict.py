"""`pytest --nbval` with the repository's conftest fails on every notebook whose outputs cannot be trusted."""

import copy
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import nbformat
import pytest
from nbformat import NotebookNode

from book import build, manuscript

ROOT = Path(__file__).resolve().parents[2]

LESSON = """\
# %%
print("three orders")
# %%
from IPython.display import HTML, SVG, display
HTML("<table><tr><td>three</td></tr></table>")
# %%
SVG("<svg xmlns='http://www.w3.org/2000/svg'><text>three</text></svg>")
# %%
display({"image/png": "dGhyZWU="}, raw=True)
# %%
import ipywidgets
ipywidgets.IntSlider(value=3)
# %%
import os
print(os.environ["TZ"], os.environ["PYTHONHASHSEED"], os.environ.get("AWS_PROFILE"), os.environ["WATERLINE_PROGRESS"])
os.listdir(os.environ["WATERLINE_WORK"])
"""

WIDGET = "application/vnd.jupyter.widget-view+json"

LIES: dict[str, tuple[int, Callable[[NotebookNode], None]]] = {
    "text": (0, lambda cell: cell.outputs[0].update(text="four orders\n")),
    "html": (1, lambda cell: cell.outputs[0].data.update({"text/html": "<table><tr><td>four</td></tr></table>"})),
    "svg": (2, lambda cell: cell.outputs[0].data.update({"image/svg+xml": "<svg><text>four</text></svg>"})),
    "png": (3, lambda cell: cell.outputs[0].data.update({"image/png": "Zm91cg=="})),
    "widget": (4, lambda cell: cell.outputs[0].data[WIDGET].update(model_id="0" * 32)),
    "missing output": (5, lambda cell: cell.outputs.pop()),
}
"""What is changed in the stored output of a cell whose code stays as it was."""


def result_of(case: ElementTree.Element) -> str:
    return "failed" if case.find("failure") is not None or case.find("error") is not None else "passed"


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], tuple[str, str]]:
    """(notebook, test) -> (verdict, message), of one pytest run over an honest notebook and its dishonest copies."""
    root = tmp_path_factory.mktemp("course")
    source = root / "book" / "00-honest" / "lesson.py"
    source.parent.mkdir(parents=True)
    source.write_text(LESSON, encoding="utf-8")
    read = manuscript.read(source, root)
    honest = manuscript.solved(read)
    build.execute(honest, read)

    changed = copy.deepcopy(honest)
    for cell, lie in LIES.values():
        lie(changed.cells[cell])
        assert changed.cells[cell].outputs != honest.cells[cell].outputs

    unrun = nbformat.v4.new_notebook(cells=[copy.deepcopy(cell) for cell in honest.cells[:2]])
    unrun.cells[1].update(execution_count=None, outputs=[])
    error = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 / 0", execution_count=1)])
    error.cells[0].metadata["tags"] = ["raises-exception"]
    error.cells[0].outputs = [
        nbformat.v4.new_output("error", ename="ZeroDivisionError", evalue="division by zero", traceback=[])
    ]
    raises = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 / 0", execution_count=1)])
    excused = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell(
                "print(2)",
                execution_count=1,
                metadata={"tags": ["nbval-ignore-output"]},
                outputs=[nbformat.v4.new_output("stream", text="1\n")],
            )
        ]
    )
    skipping = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("# NBVAL_SKIP\nprint(2)", execution_count=1)])
    shuffled = nbformat.v4.new_notebook(cells=[copy.deepcopy(cell) for cell in reversed(honest.cells[:2])])

    run = root / "run"
    run.mkdir()
    for name, notebook in {
        "honest": honest,
        "changed": changed,
        "unrun": unrun,
        "error": error,
        "raises": raises,
        "excused": excused,
        "skipping": skipping,
        "shuffled": shuffled,
    }.items():
        nbformat.write(notebook, run / f"{name}.ipynb")
    (run / "pytest.ini").write_text("[pytest]\n")
    plain = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST")}
    finished = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            *["--nbval", "-p", "conftest", "-p", "no:cacheprovider", "--junitxml=report.xml", "."],
        ],
        cwd=run,
        env={**plain, "PYTHONPATH": str(ROOT), "TZ": "Asia/Tokyo", "AWS_PROFILE": "work"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (run / "report.xml").exists(), finished.stdout + finished.stderr
    cases = ElementTree.parse(run / "report.xml").iter("testcase")
    return {
        (str(case.get("classname")).removesuffix(".ipynb"), str(case.get("name"))): (
            result_of(case),
            "".join(case.itertext()),
        )
        for case in cases
    }


def test_an_honest_notebook_passes_in_every_cell(verdicts: dict[tuple[str, str], tuple[str, str]]) -> None:
    of_honest = {test: verdict for (notebook, test), verdict in verdicts.items() if notebook == "honest"}
    assert len(of_honest) == 7
    assert {verdict for verdict, _ in of_honest.values()} == {"passed"}, of_honest


@pytest.mark.parametrize(("kind", "cell"), [(kind, cell) for kind, (cell, _) in LIES.items()])
def test_a_changed_output_fails(verdicts: dict[tuple[str, str], tuple[str, str]], kind: str, cell: int) -> None:
    assert verdicts["changed", "is honest"][0] == "passed"
    assert verdicts["changed", f"Cell {cell}"][0] == "failed", kind


@pytest.mark.parametrize(
    ("notebook", "says"),
    [
        ("unrun", "unrun.ipynb, code cell 2 (from IPython.display import HTML, SVG, display) was never executed"),
        ("error", "error.ipynb, code cell 1 (1 / 0) holds an error"),
        ("excused", "asks nbval not to compare it"),
        ("skipping", "asks nbval not to compare it"),
        ("shuffled", "code cell 1 (from IPython.display import HTML, SVG, display) was executed as number 2"),
    ],
)
def test_a_dishonest_notebook_fails_with_a_sentence(
    verdicts: dict[tuple[str, str], tuple[str, str]], notebook: str, says: str
) -> None:
    verdict, message = verdicts[notebook, "is honest"]
    assert verdict == "failed"
    assert says in message
    assert "Traceback" not in message


def test_a_cell_that_raises_fails(verdicts: dict[tuple[str, str], tuple[str, str]]) -> None:
    assert verdicts["raises", "Cell 0"][0] == "failed"
    assert "ZeroDivisionError" in verdicts["raises", "Cell 0"][1]
