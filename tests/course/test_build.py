"""The build of notebooks from manuscripts, on a small course of its own."""

import json
import shutil
from pathlib import Path

import jupytext
import nbformat
import pytest

from book import build, kernel, manuscript

LESSON = """\
# %% [markdown]
# # Tiny

# %%
import ipywidgets
import matplotlib.pyplot as plt
from IPython.core.magic import register_cell_magic
from IPython.display import SVG


@register_cell_magic
def function(line, cell):
    module = {}
    exec(cell, module)
    print(line, module["handler"]({"price": 2}, None))


# %%
# %%function charge timeout=30


def handler(event, context):
    # the price with tax
    return event["price"] + 1


# %%
import os
import sys
from io import StringIO

print("before", os.environ["TZ"], os.environ["PYTHONHASHSEED"], os.environ.get("AWS_REGION"))
figure, axes = plt.subplots(figsize=(2, 1))
axes.plot([1, 3, 2], label="queue")
drawing = StringIO()
figure.savefig(drawing, format="svg", metadata={"Date": None})
plt.close(figure)
display(SVG(drawing.getvalue()))
print("after")

# %%
ipywidgets.VBox([ipywidgets.IntSlider(value=3)])

# %%
assert os.listdir() == []
{last}
"""

LAB = """\
# %% [markdown]
# # Exercise 00.a (6 minutes)

# %%
def total(orders):
    ### BEGIN SOLUTION
    return sum(order["price"] for order in orders)
    ### END SOLUTION
    ### BEGIN PROMPT
    # # what do the orders cost?
    # for order in orders:
    #     ...
    ### END PROMPT


# %%
orders = [{"price": 3}]
### BEGIN SOLUTION
price = total(orders)
assert price == 3
### END SOLUTION

# %% tags=["solution"]
print("Prices add up, so a sum is all it takes.")
"""

FUNCTION_LAB = """\
# %%
# %%function charge timeout=30
import json


def handler(event, context):
    ### BEGIN SOLUTION
    return json.loads(event["body"])
    ### END SOLUTION
"""


def course(root: Path, *, lesson: str = "", lab: str = LAB, last: str = "pass") -> Path:
    module = root / "book" / "00-tiny"
    module.mkdir(parents=True)
    (module / "lesson.py").write_text(lesson or LESSON.replace("{last}", last), encoding="utf-8")
    (module / "lab.py").write_text(lab, encoding="utf-8")
    return root


def lab_of(root: Path, text: str) -> manuscript.Manuscript:
    course(root, lab=text)
    return manuscript.read(root / "book" / "00-tiny" / "lab.py", root)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = course(tmp_path_factory.mktemp("course"))
    assert sorted(build.build(root)) == [f"{place}/00-tiny.ipynb" for place in ("labs", "notebooks", "solutions")]
    return root


def test_a_second_build_on_another_day_gives_the_same_bytes(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    monkeypatch.setenv("PYTHONHASHSEED", "77")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    assert build.check(built) == []


def test_a_lesson_is_executed_and_holds_what_it_printed_in_the_order_of_the_page(built: Path) -> None:
    lesson = nbformat.read(built / "notebooks/00-tiny.ipynb", as_version=4)
    magic, drawing, widget = lesson.cells[2], lesson.cells[3], lesson.cells[4]
    assert magic.source.startswith("%%function charge timeout=30\ndef handler")
    assert "# the price with tax" in magic.source
    assert magic.outputs[0].text == "charge timeout=30 3\n"
    assert [output.get("text", "picture") for output in drawing.outputs] == [
        "before UTC 0 None\n",
        "picture",
        "after\n",
    ]
    model = widget.outputs[0].data["application/vnd.jupyter.widget-view+json"]["model_id"]
    assert model == f"{int(model, 16):032x}"
    assert int(model, 16) < 20
    assert model in lesson.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"]
    assert [cell.execution_count for cell in lesson.cells[1:]] == [1, 2, 3, 4, 5]


def test_a_notebook_does_not_say_which_python_made_it(built: Path) -> None:
    for path in built.glob("*/00-tiny.ipynb"):
        metadata = json.loads(path.read_text(encoding="utf-8"))["metadata"]
        assert metadata["language_info"] == {"name": "python"}


def test_the_solutions_are_executed_without_markers_and_prompts(built: Path) -> None:
    solved = nbformat.read(built / "solutions/00-tiny.ipynb", as_version=4)
    assert [cell.source for cell in solved.cells[1:]] == [
        'def total(orders):\n    return sum(order["price"] for order in orders)',
        'orders = [{"price": 3}]\nprice = total(orders)\nassert price == 3',
        'print("Prices add up, so a sum is all it takes.")',
    ]
    assert solved.cells[3].outputs[0].text == "Prices add up, so a sum is all it takes.\n"


def test_the_lab_shows_starters_and_nothing_of_the_solutions(built: Path) -> None:
    lab = nbformat.read(built / "labs/00-tiny.ipynb", as_version=4)
    assert [cell.source for cell in lab.cells[1:]] == [
        "def total(orders):\n    # what do the orders cost?\n    for order in orders:\n        ...",
        'orders = [{"price": 3}]\n...',
    ]
    assert [(cell.execution_count, cell.outputs) for cell in lab.cells[1:]] == [(None, []), (None, [])]


def test_a_cell_has_the_same_identifier_in_lab_and_solutions(built: Path) -> None:
    lab = nbformat.read(built / "labs/00-tiny.ipynb", as_version=4)
    solved = nbformat.read(built / "solutions/00-tiny.ipynb", as_version=4)
    assert [cell.id for cell in lab.cells] == ["00-tiny-000", "00-tiny-001", "00-tiny-002"]
    assert [cell.id for cell in solved.cells] == [*(cell.id for cell in lab.cells), "00-tiny-003"]


def test_a_second_build_writes_nothing_when_nothing_changed(built: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in built.glob("*/*.ipynb")}
    assert build.build(built, ["00"]) == []
    assert {path: path.stat().st_mtime_ns for path in built.glob("*/*.ipynb")} == before


def test_check_names_the_first_cell_that_differs_and_writes_nothing(built: Path, tmp_path: Path) -> None:
    shutil.copytree(built, tmp_path / "copy")
    root = tmp_path / "copy"
    lesson, lab, solved = (root / place / "00-tiny.ipynb" for place in ("notebooks", "labs", "solutions"))
    lesson.write_text(lesson.read_text(encoding="utf-8").replace("timeout=30 3", "timeout=30 4"), encoding="utf-8")
    lab.write_text(
        lab.read_text(encoding="utf-8").replace("what do the orders", "what do all orders"), encoding="utf-8"
    )
    solved.unlink()
    stood = lesson.read_bytes()
    differences = build.check(root)
    assert len(differences) == 3
    assert "notebooks/00-tiny.ipynb differs" in differences[0]
    assert "cell 00-tiny-002 (outputs)" in differences[0]
    assert differences[1].startswith("solutions/00-tiny.ipynb is missing")
    assert "cell 00-tiny-001 (source)" in differences[2]
    assert lesson.read_bytes() == stood
    assert not solved.exists()


def test_a_region_in_a_function_cell_works_like_any_other(tmp_path: Path) -> None:
    source = lab_of(tmp_path, FUNCTION_LAB)
    (solved,), (lab,) = manuscript.solved(source).cells, manuscript.handed_out(source).cells
    head = "%%function charge timeout=30\nimport json\n\n\ndef handler(event, context):\n"
    assert solved.source == f'{head}    return json.loads(event["body"])'
    assert lab.source == f"{head}    ..."


def test_a_manuscript_survives_the_round_trip_through_a_notebook_to_the_letter() -> None:
    for text in (LESSON, LAB, FUNCTION_LAB):
        read = jupytext.reads(text, fmt=manuscript.PERCENT)
        assert jupytext.writes(read, fmt=manuscript.PERCENT) == text


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("# %%\nx = 1\n### BEGIN SOLUTION\ny = 2\n", 3, "`### BEGIN SOLUTION` has no `### END SOLUTION`"),
        ("# %%\n### BEGIN SOLUTION\n# %%\n### END SOLUTION\n", 2, "has no `### END SOLUTION` in its cell"),
        ("# %%\n\n\nx = 1\n### END SOLUTION\n", 5, "has no `### BEGIN SOLUTION`"),
        ("# %%\n### BEGIN SOLUTION\n### BEGIN SOLUTION\n### END SOLUTION\n", 2, "has no `### END SOLUTION`"),
        ("# %%\n### BEGIN SOLUTON\ny = 2\n### END SOLUTON\n", 2, "`### BEGIN SOLUTON` is no marker"),
        ("# %%\n# begin solution\ny = 2\n# end solution\n", 2, "is no marker"),
        ("# %%\n### BEGIN PROMPT\n# y\n### END PROMPT\n", 2, "must follow an `### END SOLUTION`"),
        (
            "# %%\n### BEGIN SOLUTION\ny = 2\n### END SOLUTION\n### BEGIN PROMPT\n# y = 0\ny = 1\n### END PROMPT\n",
            7,
            "is commented out with `# `",
        ),
        ("# %% [markdown]\n# a\n### BEGIN SOLUTION\n### END SOLUTION\n", 1, "only in a code cell"),
        ("import os\n# %%\nx = 1\n", 1, "begins with a `# %%` line"),
        ("# %%\nx = 1\n# copy the order\ny = 2\n", 3, "takes the comment `# copy the order` for a shell command"),
        ("# %%\ndef f():\n    # why?\n    return 2\n", 3, "`# why?` for a shell command"),
    ],
)
def test_an_unsound_lab_is_refused_in_one_sentence_with_file_and_line(
    tmp_path: Path, text: str, line: int, says: str
) -> None:
    with pytest.raises(manuscript.ManuscriptError) as refused:
        lab_of(tmp_path, text)
    message = str(refused.value)
    assert message.startswith(f"book/00-tiny/lab.py, line {line}: ")
    assert says in message
    assert "\n" not in message


@pytest.mark.parametrize("text", ["# %%\n### BEGIN SOLUTION\n### END SOLUTION\n", '# %% tags=["solution"]\nx = 1\n'])
def test_a_lesson_with_a_solution_is_refused(tmp_path: Path, text: str) -> None:
    course(tmp_path, lesson=text)
    with pytest.raises(manuscript.ManuscriptError, match=r"lesson\.py, line 1: a lesson has no solutions"):
        manuscript.read(tmp_path / "book/00-tiny/lesson.py", tmp_path)


@pytest.mark.parametrize(
    "elsewhere",
    [
        "### BEGIN PROMPT\n# # price=total( orders,tax )\n### END PROMPT\n",
        "### BEGIN PROMPT\n# price = total(orders, tax)\n### END PROMPT\n",
    ],
)
def test_a_starter_that_repeats_a_line_of_its_solution_is_refused(tmp_path: Path, elsewhere: str) -> None:
    text = f"# %%\n### BEGIN SOLUTION\nprice = total(orders, tax)\n### END SOLUTION\n{elsewhere}"
    with pytest.raises(manuscript.ManuscriptError, match=r"this line of a solution: price = total\(orders, tax\)"):
        manuscript.handed_out(lab_of(tmp_path, text))


def test_a_leak_is_found_in_prose_and_in_outputs_but_a_line_shown_anyway_is_none(tmp_path: Path) -> None:
    solution = "### BEGIN SOLUTION\nsqs = boto3.client('sqs')\nsqs.purge_queue(q)\n### END SOLUTION\n"
    text = f"# %%\nsqs = boto3.client('sqs')\n# %%\n{solution}"
    source = lab_of(tmp_path, text)
    lab = manuscript.handed_out(source)
    assert manuscript.leaks(source, lab) == []
    lab.cells.append(nbformat.v4.new_markdown_cell("Try this:\n\n    sqs.purge_queue( q )"))
    assert manuscript.leaks(source, lab) == ["sqs.purge_queue(q)"]
    lab.cells[-1] = nbformat.v4.new_code_cell(
        "x", outputs=[nbformat.v4.new_output("stream", text="sqs.purge_queue(q)")]
    )
    assert manuscript.leaks(source, lab) == ["sqs.purge_queue(q)"]


@pytest.mark.parametrize(
    ("last", "says"),
    [
        ("1 / 0", "cell at line 7: ZeroDivisionError: division by zero"),
        ("print(object())", r"cell at line 7: the output holds `0x[0-9a-f]+`"),
        ("print(os.environ['WATERLINE_WORK'])", "which is another on every machine"),
        ("import sys; print('oops', file=sys.stderr)", "cell at line 7: an output on stderr: oops"),
        ("open('left.txt', 'w').close()", r"left files in the working folder: left\.txt"),
        ("os._exit(1)", "cell at line 7: the kernel died"),
    ],
    ids=["raises", "address", "path", "stderr", "file", "death"],
)
def test_a_lesson_that_no_other_machine_could_repeat_is_refused(tmp_path: Path, last: str, says: str) -> None:
    course(tmp_path, lesson=f"# %% [markdown]\n# # Tiny\n\n# %%\nimport os\n\n# %%\n{last}\n\n# %%\nx = 1\n")
    with pytest.raises(build.BuildError, match=says) as refused:
        build.build(tmp_path)
    assert str(refused.value).startswith("book/00-tiny/lesson.py")
    assert not list(tmp_path.glob("notebooks/*"))


def test_an_unsound_lab_is_refused_before_any_notebook_is_executed(tmp_path: Path) -> None:
    course(tmp_path, lesson="# %%\n1 / 0\n", lab="# %%\n### BEGIN SOLUTION\n")
    with pytest.raises(manuscript.ManuscriptError, match=r"lab\.py, line 2"):
        build.build(tmp_path)


def test_a_module_that_is_not_there_is_named_beside_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(build.BuildError, match=r"no module `16`.*there are 00-tiny"):
        build.build(course(tmp_path), ["16"])


def test_a_kernel_sees_nothing_of_the_machine_that_could_change_an_output(tmp_path: Path) -> None:
    seen = kernel.environment(tmp_path, {"PATH": "/bin", "AWS_PROFILE": "work", "CI": "1", "PYTEST_ADDOPTS": "-q"})
    assert seen["PATH"] == "/bin"
    assert not {"AWS_PROFILE", "CI", "PYTEST_ADDOPTS"} & set(seen)
    assert Path(seen["IPYTHONDIR"], "profile_default/startup/00-deterministic.py").is_file()
    assert Path(seen["MATPLOTLIBRC"]).is_file()
    assert Path(seen["WATERLINE_WORK"]).parent == tmp_path


def test_the_command_ends_with_a_sentence_and_no_traceback_when_a_module_is_unknown(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert build.main(["nothing-like-this"]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("There is no module `nothing-like-this`")
    assert captured.err.count("\n") == 1
