"""Scratch space: a temporary directory for each execution environment.

AWS Lambda Developer Guide, "Understanding the Lambda execution environment lifecycle" (read 2026-11).
"""

from __future__ import annotations

import gc
import os
import tempfile
from pathlib import Path

from world import World

from waterline.compute.scratch import Scratch

WRITER = (
    "import os, tempfile, time\n"
    "def handler(event, context):\n"
    "    directory = tempfile.gettempdir()\n"
    "    assert os.environ['TMPDIR'] == directory\n"
    "    seen = sorted(os.listdir(directory))\n"
    "    open(os.path.join(directory, event['name']), 'w').close()\n"
    "    time.sleep(event.get('s', 0))\n"
    "    with tempfile.NamedTemporaryFile() as file:\n"
    "        assert os.path.dirname(file.name) == directory\n"
    "    return [directory, seen, sorted(os.listdir(directory))]\n"
)


def test_what_an_invocation_leaves_the_next_one_in_its_environment_finds(world: World) -> None:
    world.deploy(WRITER)
    assert [world.result({"name": name})[1:] for name in ("a", "b")] == [[[], ["a"]], [["a"], ["a", "b"]]]


def test_environments_that_overlap_do_not_see_each_others_files(world: World) -> None:
    outside = tempfile.gettempdir(), os.environ.get("TMPDIR")
    world.deploy(WRITER)
    world.invoke({"name": "slow", "s": 2}, InvocationType="Event")
    world.cloud.advance(seconds=1)
    assert (tempfile.gettempdir(), os.environ.get("TMPDIR")) == outside
    directory, seen, _ = world.result({"name": "quick"})
    assert seen == []
    assert directory != outside[0]
    world.cloud.settle()
    assert (tempfile.gettempdir(), os.environ.get("TMPDIR")) == outside


def test_the_directory_goes_with_its_environment(world: World) -> None:
    world.deploy(WRITER)
    directory = Path(world.result({"name": "a"})[0])
    assert (directory / "a").exists()
    world.cloud.advance(hours=1)
    assert not directory.exists()


def test_a_directory_that_nobody_removed_goes_with_its_owner() -> None:
    scratch = Scratch()
    directory = Path(scratch.make())
    assert directory.is_dir()
    del scratch
    gc.collect()
    assert not directory.exists()
