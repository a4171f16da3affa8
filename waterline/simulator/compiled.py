"""The loops as machine code, made by numba where it is installed; else they run as they stand, to the same numbers.

The machine code is kept on disk, in a folder that is named after the text of all loops: numba itself does not notice
that a loop which another one calls has changed. `python -m waterline.simulator.compile` makes it ahead, as the
installation does. Where nobody has, a process in the background makes it, and nobody waits for that: a run of a few
messages is played by the loops as they stand, and only a long one waits, under a progress bar.

numba is imported when the first machine code is fetched, for it takes half a second.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import FunctionType
from typing import Any

from waterline.progressbar import Progress

LOOPS = Path(__file__).with_name("loops")
PLAIN = 50_000
"""So many messages are played without machine code, if that is not there yet: it takes about half a second."""
FEW = 10_000
"""So many are played without it even if it is there, as long as nobody has fetched it: to fetch it takes longer."""


class Loop:
    """A function over whole numbers and arrays of them: `plain` as it stands, `machine` compiled."""

    def __init__(self, plain: Callable[..., None]) -> None:
        functools.update_wrapper(self, plain)
        self.plain = plain

    def __call__(self, **arrays: Any) -> None:
        messages = arrays["messages"].shape[0]
        fetched = "machine" in self.__dict__
        if fetched or (is_there(messages) and messages > FEW):
            self.machine(**arrays)
        else:
            self.plain(**arrays)

    @functools.cached_property
    def machine(self) -> Callable[..., None]:
        """The machine code: from the disk, or made now."""
        import numba

        numba.config.CACHE_DIR = str(folder())
        made: Callable[..., None] = numba.njit(cache=True, _nrt=False)(_with_steps_inlined(self.plain))
        return made


def compiled(loop: Callable[..., None]) -> Loop:
    """Mark a function that is to be compiled, together with all steps of the loops that it calls."""
    return Loop(loop)


def compiles() -> bool:
    """Whether there is a compiler, and it may be used."""
    return os.environ.get("NUMBA_DISABLE_JIT", "0") in ("", "0") and importlib.util.find_spec("numba") is not None


def is_there(messages: int) -> bool:
    """Whether to play so many messages with machine code; for many, wait until there is some."""
    if not compiles():
        return False
    if complete().exists():
        return True
    making = _in_the_background()
    if messages <= PLAIN:
        return False
    if making is not None:
        progress = Progress(0, None, lambda _: "compiling the simulator, once")
        while making.poll() is None:
            progress.look(0)
            time.sleep(0.05)
        progress.close()
    return True


def folder() -> Path:
    """Where the machine code of these loops is."""
    text = b"".join(path.read_bytes() for path in sorted(LOOPS.glob("*.py")))
    beside = LOOPS / "__pycache__" if os.access(LOOPS, os.W_OK) else Path(tempfile.gettempdir()) / "waterline"
    return Path(os.environ.get("NUMBA_CACHE_DIR") or beside) / f"compiled-{hashlib.sha256(text).hexdigest()[:16]}"


@functools.cache
def complete() -> Path:
    """The file that is there when all machine code for this Python and this numba is."""
    from importlib.metadata import version

    return folder() / f"complete-{sys.implementation.cache_tag}-{version('numba')}"


@functools.cache
def _in_the_background() -> subprocess.Popen[bytes] | None:
    """The process that compiles, begun once; None where no process may be begun."""
    root = str(Path(__file__).parents[2])
    path = os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])
    try:
        return subprocess.Popen(
            [sys.executable, "-m", "waterline.simulator.compile"],
            env={**os.environ, "PYTHONPATH": path, "WATERLINE_PROGRESS": "off"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # an interrupted cell does not end it
        )
    except OSError:
        return None


def _with_steps_inlined(function: Callable[..., Any]) -> FunctionType:
    """The function with the steps that it calls in their place: handing over a dozen arrays costs more than a step."""
    import numba

    assert isinstance(function, FunctionType)
    names = dict(function.__globals__)
    for name in function.__code__.co_names:
        step = names.get(name)
        if isinstance(step, FunctionType) and step.__module__.startswith("waterline.simulator.loops"):
            names[name] = numba.njit(forceinline=True, _nrt=False)(_with_steps_inlined(step))
    made = FunctionType(function.__code__, names, function.__name__, function.__defaults__)
    made.__module__, made.__qualname__ = function.__module__, function.__qualname__
    return made
