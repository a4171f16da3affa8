"""The notebook's side of the lab: the clock stands only while a cell or a widget runs, and ``%%function`` cells.

    %%function issue-ticket timeout=10 PASSES={passes}
    def handler(event, context):
        ...

The cell is the deployment package: a module whose ``handler`` is the entry. Words in lower case are settings
(``timeout`` in seconds, ``memory`` in MB), words in upper case are environment variables. With a cloud open the
function is deployed at once. It is kept too, under its name with underscores (``issue_ticket``), for another cloud
(``issue_ticket.deploy(cloud)``) and for ``check``.
"""

from __future__ import annotations

import ast
import functools
import shlex
from collections.abc import Callable
from typing import Any

from waterline.cloud import current
from waterline.compute.source import FunctionSource

_SETTINGS = ("timeout", "memory")

# The %%function cells that were run, by function name; a notebook has one namespace, and so has this.
functions: dict[str, FunctionSource] = {}


class CellMistake(ValueError):
    """A ``%%function`` line that cannot be understood."""


def parse(line: str, cell: str) -> FunctionSource:
    """A ``%%function`` cell as a function's source. Raises CellMistake for a line that it does not understand."""
    words = shlex.split(line)
    if not words or "=" in words[0]:
        raise CellMistake("%%function needs a name first, for example: %%function issue-ticket timeout=10")
    settings: dict[str, int] = {}
    environment: dict[str, str] = {}
    for word in words[1:]:
        key, equals, value = word.partition("=")
        if equals and key.isupper():
            environment[key] = value
        elif equals and key in _SETTINGS and value.isdecimal():
            settings[key] = int(value)
        else:
            raise CellMistake(
                f"%%function does not understand {word!r}: it knows timeout=SECONDS, memory=MEGABYTES and NAME=value "
                "in capitals for an environment variable."
            )
    return FunctionSource(words[0], cell, settings.get("timeout"), settings.get("memory"), environment)


def function_cell(namespace: dict[str, Any], line: str, cell: str) -> None:
    """What ``%%function`` does; the notebook's names are in `namespace`."""
    try:
        function = parse(line, cell)
    except CellMistake as mistake:
        print(mistake)
        return
    try:
        ast.parse(cell)
    except SyntaxError as error:
        print(f"{function.name} was not deployed: line {error.lineno} is not Python ({error.msg}).")
        return
    functions[function.name] = function
    namespace[function.name.replace("-", "_")] = function
    cloud = current()
    if cloud is None:
        print(f"{function.name} is kept; no cloud is open to deploy it to.")
        return
    function.deploy(cloud)
    print(f"{function.name} is deployed.")


def _freeze(_info: object = None) -> None:
    cloud = current()
    if cloud is not None:
        cloud.clock.freeze()


def _thaw(_result: object = None) -> None:
    cloud = current()
    if cloud is not None:
        cloud.clock.thaw()


def _under_the_clock(handler: Callable[..., Any]) -> Callable[..., Any]:
    """A widget's callback runs outside any cell; it too must see virtual time."""

    def handle(*args: Any, **kwargs: Any) -> Any:
        cloud = current()
        if cloud is None:
            return handler(*args, **kwargs)
        with cloud.clock.held():
            return handler(*args, **kwargs)

    return handle


def install(shell: Any) -> None:
    """Hook into an IPython shell, once."""
    if getattr(shell, "_waterline", False):
        return
    shell._waterline = True
    shell.events.register("pre_run_cell", _freeze)
    shell.events.register("post_run_cell", _thaw)
    shell.register_magic_function(functools.partial(function_cell, shell.user_ns), "cell", "function")
    kernel = getattr(shell, "kernel", None)
    if kernel is not None and "comm_msg" in kernel.shell_handlers:
        kernel.shell_handlers["comm_msg"] = _under_the_clock(kernel.shell_handlers["comm_msg"])
