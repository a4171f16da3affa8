"""The learner's copies: refreshed where nobody touched them, and never lost."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from waterline.desk import copies
from waterline.desk.copies import hand_out
from waterline.desk.course import Course

LESSON = "notebooks/00-start-here.ipynb"
LAB = "labs/00-first-light.ipynb"

# A small executed notebook as it is published, and what JupyterLab 4 wrote when it was opened, not run, and saved.
OPENED = Path(__file__).with_name("opened")
PUBLISHED = (OPENED / "published.json").read_text(encoding="utf-8")
SAVED = (OPENED / "saved.json").read_text(encoding="utf-8")


class Shelf:
    """A tiny course whose notebooks are published and touched by the test."""

    def __init__(self, root: Path) -> None:
        self.course = Course(root)

    def hand_out(self) -> list[str]:
        return list(hand_out(self.course).told)

    def publish(self, text: str, name: str = LESSON) -> None:
        (self.course.root / name).write_text(text)

    def touch(self, text: str, name: str = LESSON) -> None:
        (self.course.work / name).write_text(text)

    def files(self) -> dict[str, str]:
        work = self.course.work
        return {path.relative_to(work).as_posix(): path.read_text() for path in sorted(work.rglob("*.ipynb"))}


@pytest.fixture
def shelf(make_course: Callable[[Path], Path], tmp_path: Path) -> Shelf:
    shelf = Shelf(make_course(tmp_path / "course"))
    shelf.publish("lesson 1")
    shelf.publish("lab 1", LAB)
    shelf.hand_out()
    return shelf


def test_lessons_and_labs_are_handed_out_and_solutions_are_not(shelf: Shelf) -> None:
    (shelf.course.root / "solutions").mkdir()
    (shelf.course.root / "solutions" / "00-first-light.ipynb").write_text("the answer")
    assert shelf.hand_out() == []
    assert shelf.files() == {LESSON: "lesson 1", LAB: "lab 1"}


def test_an_untouched_copy_follows_the_published_one(shelf: Shelf) -> None:
    shelf.publish("lesson 2")
    assert shelf.hand_out() == []
    shelf.publish("lesson 3")
    assert shelf.hand_out() == []
    assert shelf.files() == {LESSON: "lesson 3", LAB: "lab 1"}


def test_a_touched_copy_stays_and_the_newer_one_is_put_beside_it(shelf: Shelf) -> None:
    shelf.touch("my work")
    shelf.publish("lesson 2")
    told = shelf.hand_out()
    assert len(told) == 1
    assert "00-start-here.ipynb has a newer version; yours is kept" in told[0]
    assert "00-start-here.new.ipynb" in told[0]
    assert shelf.files() == {LESSON: "my work", "notebooks/00-start-here.new.ipynb": "lesson 2", LAB: "lab 1"}


def test_a_touched_copy_is_left_in_peace_while_nothing_new_is_published(shelf: Shelf) -> None:
    shelf.touch("my work")
    assert shelf.hand_out() == []
    assert shelf.files() == {LESSON: "my work", LAB: "lab 1"}


def test_a_newer_version_is_offered_once_even_if_the_learner_deletes_it(shelf: Shelf) -> None:
    shelf.touch("my work")
    shelf.publish("lesson 2")
    shelf.hand_out()
    assert shelf.hand_out() == []
    (shelf.course.work / "notebooks/00-start-here.new.ipynb").unlink()
    assert shelf.hand_out() == []
    assert shelf.files() == {LESSON: "my work", LAB: "lab 1"}


def test_the_next_newer_version_replaces_the_offered_one_only_if_that_is_untouched(shelf: Shelf) -> None:
    shelf.touch("my work")
    shelf.publish("lesson 2")
    shelf.hand_out()
    shelf.publish("lesson 3")
    shelf.hand_out()
    assert shelf.files()["notebooks/00-start-here.new.ipynb"] == "lesson 3"
    shelf.touch("work in the new one", "notebooks/00-start-here.new.ipynb")
    shelf.publish("lesson 4")
    assert "00-start-here.new-2.ipynb" in shelf.hand_out()[0]
    assert shelf.files() == {
        LESSON: "my work",
        "notebooks/00-start-here.new.ipynb": "work in the new one",
        "notebooks/00-start-here.new-2.ipynb": "lesson 4",
        LAB: "lab 1",
    }


def test_a_learner_who_takes_over_the_newer_version_follows_it_again(shelf: Shelf) -> None:
    shelf.touch("my work")
    shelf.publish("lesson 2")
    shelf.hand_out()
    new = shelf.course.work / "notebooks/00-start-here.new.ipynb"
    new.replace(shelf.course.work / LESSON)
    shelf.hand_out()
    shelf.publish("lesson 3")
    assert shelf.hand_out() == []
    assert shelf.files() == {LESSON: "lesson 3", LAB: "lab 1"}


def test_a_deleted_copy_is_handed_out_again(shelf: Shelf) -> None:
    (shelf.course.work / LAB).unlink()
    shelf.hand_out()
    assert shelf.files()[LAB] == "lab 1"


def test_a_withdrawn_notebook_leaves_the_learner_the_copy(shelf: Shelf) -> None:
    (shelf.course.root / LAB).unlink()
    shelf.hand_out()
    assert shelf.files()[LAB] == "lab 1"


@pytest.mark.parametrize("manifest", [None, "", "{", "[]", '{"copies": 3}', json.dumps({"copies": {LESSON: 3}})])
def test_without_a_readable_manifest_every_difference_counts_as_work(shelf: Shelf, manifest: str | None) -> None:
    if manifest is None:
        shelf.course.manifest.unlink()
    else:
        shelf.course.manifest.write_text(manifest)
    shelf.publish("lesson 2")
    assert len(shelf.hand_out()) == 1
    assert shelf.files() == {LESSON: "lesson 1", "notebooks/00-start-here.new.ipynb": "lesson 2", LAB: "lab 1"}
    assert "copies" in json.loads(shelf.course.manifest.read_text())


def test_an_update_that_is_cut_off_before_the_manifest_is_written_is_completed(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.touch("my work", LAB)
    shelf.publish("lesson 2")
    shelf.publish("lab 2", LAB)

    def cut_off(*_: object) -> None:
        raise KeyboardInterrupt

    for _ in range(2):
        with monkeypatch.context() as cut, pytest.raises(KeyboardInterrupt):
            cut.setattr(copies, "write_json", cut_off)
            shelf.hand_out()
    shelf.hand_out()
    complete = {LESSON: "lesson 2", LAB: "my work", "labs/00-first-light.new.ipynb": "lab 2"}
    assert shelf.files() == complete
    shelf.publish("lesson 3")
    shelf.hand_out()
    assert shelf.files() == {**complete, LESSON: "lesson 3"}


def test_a_disk_that_fills_up_leaves_the_copy_as_it_was(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf.publish("lesson 2")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as disk, pytest.raises(OSError, match="No space"):
        disk.setattr(os, "fsync", full)
        shelf.hand_out()
    assert shelf.files() == {LESSON: "lesson 1", LAB: "lab 1"}
    assert not list(shelf.course.work.rglob("*.part"))
    assert shelf.hand_out() == []
    assert shelf.files()[LESSON] == "lesson 2"


def newer(text: str = PUBLISHED) -> str:
    notebook = json.loads(text)
    notebook["cells"][0]["source"] = ["# A better lesson"]
    return json.dumps(notebook)


def changed(text: str, *path: Any, to: Any) -> str:
    """A notebook with one thing changed, wherever `path` leads."""
    notebook = json.loads(text)
    place = notebook
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = to
    return json.dumps(notebook)


def test_a_copy_that_jupyterlab_only_opened_and_saved_is_untouched(shelf: Shelf) -> None:
    assert SAVED != PUBLISHED
    shelf.publish(PUBLISHED)
    shelf.touch(PUBLISHED)
    shelf.hand_out()
    shelf.touch(SAVED)
    assert shelf.hand_out() == []
    assert shelf.files()[LESSON] == SAVED, "nothing newer, nothing to write"
    shelf.publish(newer())
    assert shelf.hand_out() == []
    assert shelf.files() == {LESSON: newer(), LAB: "lab 1"}


@pytest.mark.parametrize(
    ("path", "to"),
    [
        (("metadata",), {}),
        (("metadata", "widgets"), {"application/vnd.jupyter.widget-state+json": {"state": {}}}),
        (("nbformat_minor",), 6),
        (("cells", 1, "metadata"), {"collapsed": True, "execution": {"iopub.status.busy": "2026-11-02T10:00:00Z"}}),
        (("cells", 2, "outputs", 1, "metadata"), {}),
        (("cells", 0, "source"), "# A lesson\n\nwith two lines"),
        (("cells", 2, "outputs", 0, "data", "text/html"), "<p>one<br>\ntwo</p>"),
    ],
)
def test_metadata_and_the_way_lines_are_written_do_not_count(shelf: Shelf, path: tuple[Any, ...], to: object) -> None:
    shelf.publish(PUBLISHED)
    shelf.touch(PUBLISHED)
    shelf.hand_out()
    shelf.touch(changed(SAVED, *path, to=to))
    shelf.publish(newer())
    assert shelf.hand_out() == []
    assert shelf.files()[LESSON] == newer()


@pytest.mark.parametrize(
    "mine",
    [
        changed(SAVED, "cells", 3, "source", to=["answer = 42"]),
        changed(SAVED, "cells", 3, "execution_count", to=3),
        changed(SAVED, "cells", 1, "outputs", to=[]),
        changed(SAVED, "cells", 1, "outputs", 0, "text", to=["else\n"]),
        changed(SAVED, "cells", 2, "outputs", 2, "evalue", to="another"),
        changed(SAVED, "cells", 1, "id", to="another"),
        changed(SAVED, "cells", 0, "cell_type", to="raw"),
        changed(SAVED, "cells", 0, "attachments", to={"a.png": {"image/png": "aGVsbG8="}}),
        changed(SAVED, "cells", to=json.loads(SAVED)["cells"][:-1]),
        changed(SAVED, "cells", to=json.loads(SAVED)["cells"][::-1]),
        changed(SAVED, "cells", to=3),
        changed(SAVED, "cells", to=["a", "b"]),
        changed(SAVED, "cells", 0, to={}),
        "[]",
        "[" * 100_000,
        SAVED[:-20],
        "",
    ],
)
def test_all_else_counts_as_touched(shelf: Shelf, mine: str) -> None:
    shelf.publish(PUBLISHED)
    shelf.touch(PUBLISHED)
    shelf.hand_out()
    shelf.touch(mine)
    shelf.publish(newer())
    assert len(shelf.hand_out()) == 1
    assert shelf.files()[LESSON] == mine
    assert shelf.files()["notebooks/00-start-here.new.ipynb"] == newer()


def test_what_cannot_be_read_is_left_alone(shelf: Shelf) -> None:
    copy = shelf.course.work / LESSON
    copy.unlink()
    copy.mkdir()  # a folder cannot be read as a file, by root neither
    shelf.publish("lesson 2")
    assert len(shelf.hand_out()) == 1
    assert copy.is_dir()
    assert copy.with_name("00-start-here.new.ipynb").read_text() == "lesson 2"


def test_an_offered_copy_that_was_only_opened_gives_way_to_the_next_and_can_take_over(shelf: Shelf) -> None:
    new = "notebooks/00-start-here.new.ipynb"
    shelf.touch("my work")
    shelf.publish(PUBLISHED)
    shelf.hand_out()
    shelf.touch(SAVED, new)
    shelf.publish(newer())
    shelf.hand_out()
    assert shelf.files()[new] == newer()
    (shelf.course.work / new).unlink()
    shelf.touch(newer(SAVED))  # the learner took the new one over, after opening it
    assert shelf.hand_out() == []
    shelf.publish("lesson 4")
    assert shelf.hand_out() == []
    assert shelf.files() == {LESSON: "lesson 4", LAB: "lab 1"}


def test_an_update_of_the_metadata_alone_reaches_an_untouched_copy(shelf: Shelf) -> None:
    shelf.publish(PUBLISHED)
    shelf.touch(PUBLISHED)
    shelf.hand_out()
    update = changed(PUBLISHED, "metadata", to={"language_info": {"name": "python"}})
    shelf.publish(update)
    assert shelf.hand_out() == []
    assert shelf.files()[LESSON] == update


def test_a_manifest_from_before_the_cells_were_kept_learns_them(shelf: Shelf) -> None:
    shelf.publish(PUBLISHED)
    shelf.touch(PUBLISHED)
    shelf.hand_out()
    manifest = json.loads(shelf.course.manifest.read_text())
    for record in manifest["copies"].values():
        del record["given_cells"]
    shelf.course.manifest.write_text(json.dumps(manifest))
    shelf.hand_out()
    shelf.touch(SAVED)
    shelf.publish(newer())
    assert shelf.hand_out() == []
    assert shelf.files()[LESSON] == newer()
