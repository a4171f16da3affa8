"""The notebook's side of the lab: the clock stands only while a cell or a widget runs, and ``%%function`` cells.

    %%function issue-ticket timeout=10 PASSES={passes}
    def handler(event, context):
        ...

The cell is the deployment package: a module whose ``handler`` is the entry. Words in lower case are settings
(``timeout`` in seconds, ``memory`` in MB), words in upper case are environment variables; ``{passes}`` is filled in
with the notebook's ``passes``. With a cloud open the function is deployed at once. It is kept too, under its name with
underscores (``issue_ticket``), for another cloud (``issue_ticket.deploy(cloud)``) and for ``check``.

Lines are counted as in the deployed file, ``/var/task/lambda_function.py``: line 1 is the one below ``%%function``.
Whatever names a line also shows its text.

Cells and widgets run in one thread, the kernel's main one, and so does the cloud. JupyterLab sends what widgets say to
*subshells*, other threads of the kernel (JEP 91); here such a message goes to the cells' thread and waits its turn.
"""

from __future__ import annotations

import ast
import asyncio
import functools
import keyword
import re
import shlex
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from waterline import clock as clocks
from waterline.cloud import Cell, current, running_cell
from waterline.compute.source import FunctionSource
from waterline.errors import LabMistake
from waterline.facts import facts
from waterline.interrupts import gentle

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_NOT_FILLED_IN = re.compile(r"\{([A-Za-z_]\w*)\}")
_SETTINGS = {"timeout": "seconds", "memory": "MB"}
_COMM_MESSAGES = ("comm_open", "comm_msg", "comm_close")


# The %%function cells that were run, by function name; a notebook has one namespace, and so has this.
functions: dict[str, FunctionSource] = {}


class CellMistake(LabMistake, ValueError):
    """A ``%%function`` cell that cannot be understood."""


# --- %%function -------------------------------------------------------------------------------------------------------


def parse(line: str, cell: str) -> FunctionSource:
    """A ``%%function`` cell as a function's source. Raises CellMistake for a line that it does not understand."""
    try:
        words = shlex.split(line)
    except ValueError:
        raise CellMistake("The %%function line has an opening quotation mark without a closing one.") from None
    if not words or "=" in words[0]:
        raise CellMistake("%%function needs a name first, for example: %%function issue-ticket timeout=10")
    name = words[0]
    if not _NAME.fullmatch(name):
        raise CellMistake(
            f"%%function cannot name a function {name!r}: a name has up to 64 letters, digits, hyphens and underscores."
        )
    settings: dict[str, int] = {}
    environment: dict[str, str] = {}
    for word in words[1:]:
        key, equals, value = word.partition("=")
        if equals and key.isupper():
            environment[key] = _filled_in(key, value)
        elif equals and key in _SETTINGS:
            settings[key] = _setting(key, _filled_in(key, value))
        else:
            raise CellMistake(
                f"%%function does not understand {word!r}: it knows timeout=SECONDS, memory=MEGABYTES and NAME=value "
                "in capitals for an environment variable."
            )
    return FunctionSource(name, cell, settings.get("timeout"), settings.get("memory"), environment)


def _filled_in(key: str, value: str) -> str:
    """IPython leaves ``{name}`` as it is where the notebook has no such name."""
    left = _NOT_FILLED_IN.search(value)
    if left:
        raise CellMistake(f"%%function cannot fill in {key}={value}: the notebook has no name {left[1]!r} yet.")
    return value


def _setting(key: str, value: str) -> int:
    least = 1 if key == "timeout" else int(facts["lambda.memory_min"].number)
    most = int(facts[f"lambda.{key}_max"].number)
    if not value.isdecimal() or not least <= int(value) <= most:
        raise CellMistake(
            f"%%function cannot set {key}={value}: it is a whole number of {_SETTINGS[key]} from {least} to {most}."
        )
    return int(value)


def function_cell(namespace: dict[str, Any], line: str, cell: str | None) -> None:
    """What ``%%function`` does; the notebook's names are in `namespace`. After a CellMistake nothing has changed."""
    function = parse(line, cell or "")
    try:
        ast.parse(function.source)
    except SyntaxError as error:
        text = (error.text or "").strip()
        raise CellMistake(
            f"{function.name} was not deployed, because its line {error.lineno} is not Python "
            f"({error.msg}){f': {text}' if text else '.'}"
        ) from None
    name = function.name.replace("-", "_")
    if name.isidentifier() and not keyword.iskeyword(name):
        if not isinstance(namespace.get(name, function), FunctionSource):
            raise CellMistake(
                f"%%function {function.name} would take the place of {name}, which is something else in this notebook: "
                "give the function another name."
            )
        namespace[name] = function
    functions[function.name] = function
    cloud = current()
    if cloud is None:
        print(f"{function.name} is kept; no cloud is open to deploy it to.")
        return
    function.deploy(cloud)
    print(f"{function.name} is deployed.")


# --- the clock and the cells ------------------------------------------------------------------------------------------


class _Cells:
    """What runs in the cells' thread: the clock is frozen while anything does, and only then."""

    def __init__(self, names: dict[str, Any]) -> None:
        self.thread = threading.get_ident()
        self._names = names
        self._running = 0

    @property
    def here(self) -> bool:
        return threading.get_ident() == self.thread

    @contextmanager
    def running(self) -> Iterator[None]:
        self._running += 1
        self.freeze()
        try:
            with gentle(self._names):
                yield
        finally:
            self._running -= 1
            if not self._running:
                self.thaw()

    @contextmanager
    def awaiting(self, wait: Callable[[Any], Any], future: asyncio.Future[Any]) -> Iterator[None]:
        """What ipykernel does about interrupts while a cell awaits, and ours on top of it."""
        with wait(future), gentle(self._names, future.get_loop()):
            yield

    def in_real_time(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """For ``!ls`` and its like: another process takes real time, and waiting for it must not move the clock."""

        @functools.wraps(call)
        def called(*args: Any, **kwargs: Any) -> Any:
            self.thaw()
            try:
                return call(*args, **kwargs)
            finally:
                self.freeze()

        return called

    def freeze(self, _info: object = None) -> None:
        cloud = current()
        if cloud is not None:
            cloud.clock.freeze()

    def thaw(self, _result: object = None) -> None:
        while (clock := clocks.shown()) is not None:
            clock.thaw()


def _on_the_clock(cells: _Cells, run: Callable[..., Any]) -> Callable[..., Any]:
    """The kernel's way to run a cell, whatever the cell does: fail, await, run another cell, be interrupted."""

    async def run_on_the_clock(*args: Any, **kwargs: Any) -> Any:
        if not cells.here:
            return await run(*args, **kwargs)
        cell_id = kwargs.get("cell_id")
        token = running_cell.set(Cell(cell_id) if cell_id else None)
        try:
            with cells.running():
                return await run(*args, **kwargs)
        finally:
            running_cell.reset(token)

    return run_on_the_clock


def _in_the_cells_thread(
    cells: _Cells, loop: asyncio.AbstractEventLoop, handler: Callable[..., Any]
) -> Callable[..., Any]:
    """A widget's callback runs outside any cell, and in a subshell; it too sees virtual time and may call the cloud."""

    def handle(*message: Any) -> None:
        with cells.running():
            handler(*message)

    async def handle_here(*message: Any) -> None:
        ignored = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            handle(*message)
        except KeyboardInterrupt:
            pass  # it has stopped the callback; one step further it would stop the kernel
        finally:
            signal.signal(signal.SIGINT, ignored)

    def take(*message: Any) -> Any:
        if cells.here:
            return handle(*message)
        return asyncio.wrap_future(asyncio.run_coroutine_threadsafe(handle_here(*message), loop))

    return take


def install(shell: Any) -> None:
    """Hook into an IPython shell, once; called from a cell of it."""
    if getattr(shell, "_waterline", False):
        return
    shell._waterline = True
    shell.register_magic_function(functools.partial(function_cell, shell.user_ns), "cell", "function")
    cells = _Cells(shell.user_ns)
    shell.system = cells.in_real_time(shell.system)
    shell.getoutput = cells.in_real_time(shell.getoutput)
    kernel = getattr(shell, "kernel", None)
    if kernel is None:
        shell.events.register("pre_run_cell", cells.freeze)
        shell.events.register("post_run_cell", cells.thaw)
        return
    _until_this_cell_ends(shell, cells)
    this_cell = kernel.get_parent("shell").get("metadata", {}).get("cellId")
    running_cell.set(Cell(this_cell) if this_cell else None)
    kernel.do_execute = _on_the_clock(cells, kernel.do_execute)
    kernel._cancel_on_sigint = functools.partial(cells.awaiting, kernel._cancel_on_sigint)
    loop = asyncio.get_event_loop()
    for kind in _COMM_MESSAGES:
        if kind in kernel.shell_handlers:
            kernel.shell_handlers[kind] = _in_the_cells_thread(cells, loop, kernel.shell_handlers[kind])


def _until_this_cell_ends(shell: Any, cells: _Cells) -> None:
    """The cell that imports the lab was begun before the lab could see to its end."""
    running = cells.running()
    running.__enter__()

    def end(_result: object) -> None:
        shell.events.unregister("post_run_cell", end)
        running.__exit__(None, None, None)

    shell.events.register("post_run_cell", end)
