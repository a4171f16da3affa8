"""The learner's copies: refreshed where nobody touched them, and never lost."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from waterline.desk import copies
from waterline.desk.copies import hand_out
from waterline.desk.course import Course

LESSON = "notebooks/00-start-here.ipynb"
LAB = "labs/00-first-light.ipynb"


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
