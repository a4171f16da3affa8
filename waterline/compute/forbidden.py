"""What a handler must not do to the process it shares with the notebook, and what it gets instead.

A Lambda function has a process of its own: it may read an empty standard input, leave it by ``exit`` or ``os._exit``,
start threads and set alarms. Here the process is the notebook's kernel, so each of these is answered as AWS would, or
refused in one sentence where only a process of its own could do it. Code that goes around these names (``ctypes``, a C
extension that crashes) takes the kernel with it.
"""

from __future__ import annotations

import builtins
import os
import signal
import threading
from typing import Any, NoReturn

from waterline.clock import OWNED_BY_A_HANDLER

Replacement = tuple[Any, str, Any]


class ProcessEnded(SystemExit):
    """What would have ended the function's process on AWS."""


def replacements(output: Any) -> list[Replacement]:
    """What stands in for the process's own while a handler is on stage: holder, name and what is put there.

    `output` is the handler's standard output.
    """

    def no_input(prompt: object = "", /) -> NoReturn:
        output.write(str(prompt))
        raise EOFError("EOF when reading a line")

    found = [(builtins, "input", no_input), (builtins, "exit", _leave), (builtins, "quit", _leave), *_FIXED]
    return [entry for entry in found if hasattr(entry[0], entry[1]) or entry[0] is builtins]


def _leave(code: object = None) -> NoReturn:
    raise SystemExit(code)


def _ends_the_process(real: Any, number: int | None = None) -> Any:
    def end(*args: Any) -> Any:
        if os.getpid() != _PROCESS:  # in a child the process is the handler's own to end
            return real(*args)
        raise ProcessEnded(args[0] if number is None and args else number)

    return end


def _kill(process: int, number: int, /) -> None:
    if process in (0, os.getpid()):
        raise ProcessEnded(128 + number)
    _REAL_KILL(process, number)


def _refused(sentence: str, error: type[Exception] = RuntimeError) -> Any:
    def refuse(*_args: Any, **_options: Any) -> NoReturn:
        raise error(sentence)

    return refuse


def _start(thread: threading.Thread) -> None:
    """``Thread.start`` in a handler: the thread may compute, but it may neither sleep nor use the lab's queues."""
    setattr(thread, OWNED_BY_A_HANDLER, True)
    _REAL_START(thread)


_PROCESS = os.getpid()
_REAL_KILL = os.kill
_REAL_START = threading.Thread.start
_NO_ALARM = "An alarm rings in real time, which stands still for the lab: let the function's timeout end the handler."
_NO_SIGNAL = "A handler in the lab shares the notebook's process, so it cannot change what a signal does."
_NO_FORK = "A handler in the lab shares the notebook's process, so it cannot fork: do the work in the handler itself."
_FIXED: list[Replacement] = [
    (os, "_exit", _ends_the_process(os._exit)),
    (os, "abort", _ends_the_process(os.abort, 134)),
    (os, "kill", _kill),
    (os, "fork", _refused(_NO_FORK)),
    (os, "forkpty", _refused(_NO_FORK)),
    (signal, "alarm", _refused(_NO_ALARM)),
    (signal, "setitimer", _refused(_NO_ALARM)),
    (signal, "signal", _refused(_NO_SIGNAL, ValueError)),
    (signal, "raise_signal", _refused(_NO_SIGNAL)),
    (threading.Thread, "start", _start),
]
