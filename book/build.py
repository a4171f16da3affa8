"""Makes the notebooks of the course from its manuscripts: `python book/build.py [module ...] [--check]`.

Of each module `book/NN-name` one build makes

- `notebooks/NN-name.ipynb`: the lesson, executed;
- `solutions/NN-name.ipynb`: the lab with its solutions, executed;
- `labs/NN-name.ipynb`: the lab as handed out, nothing executed and no line of a solution in it.

They are committed, and a build on another machine gives the same bytes. `--check` builds aside, writes nothing, and
names the first cell in which a committed notebook differs. A module is named by its number or its folder; without one,
all are built.

How to write a manuscript
=========================
`lesson.py` and `lab.py` are text in jupytext's py:percent format, without a header, so ruff can read them:

    # %% [markdown]
    # ## Exercise 00.a: No order is lost (6 minutes)

    # %%
    # %%function charge timeout=30
    import json

    def handler(event, context):
        orders = [json.loads(record["body"]) for record in event["Records"]]
        ### BEGIN SOLUTION
        failed = [order for order in orders if not charge(order)]
        ### END SOLUTION
        ### BEGIN PROMPT
        # failed = ...  # which orders were not charged?
        ### END PROMPT

- A cell begins with `# %%`, a text cell with `# %% [markdown]`; one with `# %% tags=["solution"]` is in the solutions
  only.
- A magic is a comment here and a magic in the notebook: `# %%function charge timeout=30` as the first line of its cell,
  `# %time f()` anywhere. The rest of a `%%function` cell is plain Python, and regions work in it as in any cell.
- Between `### BEGIN SOLUTION` and `### END SOLUTION` stands what the learner is to find. A lab shows `...` there, or
  the lines of the `### BEGIN PROMPT` region that follows, each taken out of its comment (`# x = 1` is shown as `x = 1`,
  `# # a hint` as `# a hint`). In the solved notebook markers and prompt are gone. A line that solution and starter
  share stands outside the region: a solution's line in the lab is refused.
- A comment that jupytext would take for a shell command (`# copy the order`, `# ls`, `# why?`) is refused; so are cells
  that raise, outputs on stderr, outputs with an address or a path of this machine in them, and files left behind.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from book import kernel, manuscript
from book.manuscript import Manuscript, ManuscriptError

ROOT = Path(__file__).resolve().parents[1]
CELL_TIMEOUT = 120
"""Real seconds after which a cell has failed; nbval allows the same."""

Report = Callable[[str], None]


class BuildError(Exception):
    """A notebook that could not be made; the message is one sentence that names file, line and cause."""


def modules(root: Path, wanted: Sequence[str] = ()) -> list[str]:
    """The folders `book/NN-name` in order; only those named, by number or folder, if any are."""
    found = sorted(path.name for path in (root / "book").glob("[0-9][0-9]-*") if path.is_dir())
    for name in wanted:
        if not any(name in (module, module[:2]) for module in found):
            raise BuildError(
                f"There is no module `{name}` in {root / 'book'}: there are {', '.join(found) or 'none'}."
            )
    return [module for module in found if not wanted or module in wanted or module[:2] in wanted]


def build(root: Path, wanted: Sequence[str] = (), report: Report = lambda line: None) -> list[str]:
    """Build the modules and write the notebooks that changed; returns their paths relative to `root`."""
    changed = []
    for name, content in _built(root, wanted, report):
        path = root / name
        if not path.exists() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            changed.append(name)
    return changed


def check(root: Path, wanted: Sequence[str] = (), report: Report = lambda line: None) -> list[str]:
    """Build the modules and write nothing; returns one sentence for each notebook that is not what was built."""
    differences = []
    for name, content in _built(root, wanted, report):
        committed = root / name
        if not committed.exists():
            differences.append(f"{name} is missing: run `python book/build.py` and commit it.")
        elif committed.read_bytes() != content:
            differences.append(
                _difference(name, committed.read_text(encoding="utf-8"), content.decode("utf-8"))
            )
    return differences


def _built(root: Path, wanted: Sequence[str], report: Report) -> Iterable[tuple[str, bytes]]:
    """Paths and contents, as they are made. All manuscripts are read before anything is executed."""
    sources = {}
    for module in modules(root, wanted):
        for part in ("lesson", "lab"):
            path = root / "book" / module / f"{part}.py"
            if not path.exists():
                raise BuildError(f"book/{module} has no {part}.py; a module is a lesson and a lab.")
            sources[module, part] = manuscript.read(path, root)
    steps: list[tuple[str, Manuscript, bool]] = []
    for (module, part), source in sources.items():
        steps.append(
            (f"{'notebooks' if part == 'lesson' else 'solutions'}/{module}.ipynb", source, True)
        )
        if part == "lab":
            steps.append((f"labs/{module}.ipynb", source, False))
    for number, (name, source, executed) in enumerate(steps, 1):
        report(f"[{number}/{len(steps)}] {name} ...")
        began = time.perf_counter()
        notebook = manuscript.solved(source) if executed else manuscript.handed_out(source)
        if executed:
            execute(notebook, source)
        report(
            f"[{number}/{len(steps)}] {name}: {len(notebook.cells)} cells, {time.perf_counter() - began:.1f} s"
        )
        yield name, _bytes(notebook)


def execute(notebook: NotebookNode, source: Manuscript) -> None:
    """Run all cells in a kernel of the running interpreter and keep the outputs. Raises BuildError."""
    with TemporaryDirectory(prefix="waterline-", ignore_cleanup_errors=True) as folder:
        scratch = Path(folder).resolve()
        cwd = kernel.working_folder(scratch)
        log = scratch / "kernel.log"
        begun: list[NotebookNode] = []

        def place() -> str:
            return (
                f"{source.where}, cell at line {_line(begun[-1], source)}"
                if begun
                else source.where
            )

        client = NotebookClient(
            notebook,
            # Without folders to look into, `python3` is the ipykernel beside this interpreter and no other.
            km=AsyncKernelManager(
                kernel_name="python3", kernel_spec_manager=KernelSpecManager(kernel_dirs=[])
            ),
            timeout=CELL_TIMEOUT,
            record_timing=False,
            resources={"metadata": {"path": str(cwd)}},
            on_cell_execute=lambda cell, cell_index: begun.append(cell),
        )
        try:
            with log.open("wb") as stderr:
                client.execute(cleanup_kc=True, env=kernel.environment(scratch), stderr=stderr)
        except CellExecutionError as error:
            raise BuildError(f"{place()}: {error.ename}: {error.evalue}") from error
        except CellTimeoutError:
            raise BuildError(f"{place()}: the cell did not end in {CELL_TIMEOUT} s.") from None
        except DeadKernelError:
            said = log.read_text(errors="replace").strip()
            raise BuildError(f"{place()}: the kernel died.\n{said}") from None
        left = sorted(path.name for path in cwd.iterdir())
        if left:
            raise BuildError(
                f"{source.where}: a cell left files in the working folder: {', '.join(left)}."
            )
        _settle(notebook, source, scratch)


def _line(cell: NotebookNode, source: Manuscript) -> int:
    return source.cells[int(cell.id.rsplit("-", 1)[1])].line


def _settle(notebook: NotebookNode, source: Manuscript, scratch: Path) -> None:
    """Give the executed notebook its fixed metadata and stream order; refuse what another machine would not repeat."""
    widgets = notebook.metadata.get("widgets")
    notebook.metadata = nbformat.from_dict(manuscript.METADATA)
    if widgets:
        notebook.metadata["widgets"] = widgets
    foreign = re.compile(
        rf"\b0x[0-9a-f]{{6,}}|ipykernel_\d+|{re.escape(str(scratch))}|{re.escape(str(ROOT))}"
    )
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        place = f"{source.where}, cell at line {_line(cell, source)}"
        cell.outputs = _ordered(cell.outputs)
        for output in cell.outputs:
            if output.output_type == "error":
                raise BuildError(f"{place}: {output.ename}: {output.evalue}")
            if output.get("name") == "stderr":
                raise BuildError(f"{place}: an output on stderr: {output.text.strip()}")
            for text in _texts(output):
                if found := foreign.search(text):
                    raise BuildError(
                        f"{place}: the output holds `{found[0]}`, which is another on every machine."
                    )


def _texts(output: NotebookNode) -> list[str]:
    return [
        value
        for value in (output.get("text", ""), *output.get("data", {}).values())
        if isinstance(value, str)
    ]


def _ordered(outputs: Sequence[NotebookNode]) -> list[NotebookNode]:
    """The outputs with neighboring streams joined, stdout first: how they were cut is a matter of timing."""
    ordered: list[NotebookNode] = []
    streams: dict[str, NotebookNode] = {}
    for output in outputs:
        if output.output_type != "stream":
            streams = {}
            ordered.append(output)
        elif output.name in streams:
            streams[output.name].text += output.text
        else:
            streams[output.name] = output
            at = len(ordered) - 1 if output.name == "stdout" and len(streams) > 1 else len(ordered)
            ordered.insert(at, output)
    return ordered


def _bytes(notebook: NotebookNode) -> bytes:
    nbformat.validate(notebook)
    return (nbformat.writes(notebook, version=nbformat.NO_CONVERT).rstrip("\n") + "\n").encode(
        "utf-8"
    )


def _difference(name: str, committed: str, built: str) -> str:
    """One sentence that names the first cell in which two notebooks differ, and in what."""
    way = "run `python book/build.py` and look at `git diff`."
    try:
        old, new = (
            nbformat.reads(text, as_version=nbformat.NO_CONVERT) for text in (committed, built)
        )
    except Exception as error:
        return f"{name} is committed as no notebook ({error}): {way}"
    for was, now in zip(old.cells, new.cells, strict=False):
        fields = [key for key in sorted({*was, *now}) if was.get(key) != now.get(key)]
        if fields:
            return f"{name} differs from a fresh build first in cell {now.get('id')} ({', '.join(fields)}): {way}"
    if len(old.cells) != len(new.cells):
        return f"{name} has {len(old.cells)} cells where a fresh build has {len(new.cells)}: {way}"
    return f"{name} differs from a fresh build outside its cells (widget state, metadata or layout): {way}"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python book/build.py", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument(
        "modules",
        nargs="*",
        metavar="module",
        help="number or folder of a module; all if none is given",
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; say in which cell a notebook differs"
    )
    options = parser.parse_args(arguments)

    def report(line: str) -> None:
        print(line, flush=True)

    try:
        lines = (check if options.check else build)(ROOT, options.modules, report)
    except (BuildError, ManuscriptError) as error:
        print(error, file=sys.stderr)
        return 2
    if options.check:
        print("\n".join(lines) if lines else "Every notebook is what a fresh build gives.")
        return 1 if lines else 0
    print("\n".join(f"written: {name}" for name in lines) if lines else "Nothing changed.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
