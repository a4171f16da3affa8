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

_NO_ALARM = "An alarm rings in real time, which stands still for the lab: let the function's timeout end the handler."
_NO_SIGNAL = "A handler in the lab shares the notebook's process, so it cannot change what a signal does."
_NO_FORK = "A handler in the lab shares the notebook's process, so it cannot fork: do the work in the handler itself."


class ProcessEnded(SystemExit):
    """What would have ended the function's process on AWS."""


def replacements(output: Any) -> list[Replacement]:
    """What stands in for the process's own while a handler is on stage: holder, name and what is put there.

    `output` is the handler's standard output.
    """
    process, kill, start_thread = os.getpid(), os.kill, threading.Thread.start

    def no_input(prompt: object = "", /) -> NoReturn:
        output.write(str(prompt))
        raise EOFError("EOF when reading a line")

    def leave(code: object = None) -> NoReturn:
        raise SystemExit(code)

    def end_process(status: int, /) -> NoReturn:
        raise ProcessEnded(status)

    def abort() -> NoReturn:
        raise ProcessEnded(128 + signal.SIGABRT)

    def kill_another(number: int, which: int, /) -> None:
        if number in (0, process):
            raise ProcessEnded(128 + which)
        kill(number, which)

    def start(thread: threading.Thread) -> None:
        """The thread may compute, but it may neither sleep nor use the lab's queues (the clock refuses it)."""
        setattr(thread, OWNED_BY_A_HANDLER, True)
        start_thread(thread)

    return [
        (builtins, "input", no_input),
        (builtins, "exit", leave),
        (builtins, "quit", leave),
        (os, "_exit", end_process),
        (os, "abort", abort),
        (os, "kill", kill_another),
        (os, "fork", _refused(_NO_FORK)),
        (os, "forkpty", _refused(_NO_FORK)),
        (signal, "alarm", _refused(_NO_ALARM)),
        (signal, "setitimer", _refused(_NO_ALARM)),
        (signal, "signal", _refused(_NO_SIGNAL, ValueError)),
        (signal, "raise_signal", _refused(_NO_SIGNAL)),
        (threading.Thread, "start", start),
    ]


def _refused(sentence: str, error: type[Exception] = RuntimeError) -> Any:
    def refuse(*_args: Any, **_options: Any) -> NoReturn:
        raise error(sentence)

    return refuse
