"""How an invocation ended, in the words of the Lambda API.

Source: AWS Lambda Developer Guide, "AWS Lambda function errors in Python" and "Troubleshoot invocation issues in
Lambda" (read 2026-11). A function error is answered with status 200, the header ``X-Amz-Function-Error`` and this
payload.
"""

from __future__ import annotations

import json
import traceback
from dataclasses import dataclass, replace
from typing import Any

from waterline.compute.package import ROOT, Package


@dataclass(frozen=True)
class Outcome:
    """`payload` is the JSON text that the caller gets; `why` is None for a success.

    `environment_lost`: the execution environment cannot be used again. `duration` in microseconds.
    """

    payload: str
    why: str | None = None
    environment_lost: bool = False
    duration: int = 0

    @property
    def succeeded(self) -> bool:
        return self.why is None

    def lasting(self, duration: int) -> Outcome:
        return replace(self, duration=duration)


def failure(
    error_type: str,
    message: str,
    trace: list[str] | None = None,
    *,
    request_id: str | None = "",
    why: str = "",
    lost: bool = False,
) -> Outcome:
    """An outcome of the kind that AWS reports as a function error; `trace` None: the runtime is not there to tell."""
    message = _plain(message)
    body: dict[str, Any] = {"errorMessage": message, "errorType": error_type}
    if trace is not None:
        body |= {"requestId": request_id, "stackTrace": trace}
    return Outcome(json.dumps(body), _plain(why) or f"{error_type}: {message}", environment_lost=lost)


def raised(error: BaseException, package: Package, request_id: str) -> Outcome:
    """What a handler's exception becomes: its type, its message, and the frames that are the function's own."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(ROOT)]
    trace = [
        f'  File "{frame.filename}", line {frame.lineno}, in {frame.name}\n'
        f"    {package.line(frame.filename, frame.lineno or 0)}\n"
        for frame in frames
    ]
    where = ""
    if frames:
        last = frames[-1]
        where = f" (line {last.lineno}: {package.line(last.filename, last.lineno or 0)})"
    name, message = type(error).__name__, _message(error)
    why = f"{name}: {message}{where}" if message else f"{name}{where}"
    return failure(name, message, trace, request_id=request_id, why=why)


def syntax_error(module: str, error: SyntaxError) -> Outcome:
    """A module that is no Python."""
    trace = [f'  File "{error.filename}" Line {error.lineno}\n    {(error.text or "").strip()}\n']
    return failure("Runtime.UserCodeSyntaxError", f"Syntax error in module '{module}': {error}", trace)


def error_message(outcome: Outcome) -> str:
    """``errorMessage`` of a failure; of a success, nothing."""
    return "" if outcome.succeeded else str(json.loads(outcome.payload)["errorMessage"])


def timed_out(seconds: float, request_id: str) -> Outcome:
    message = f"RequestId: {request_id} Error: Task timed out after {seconds:.2f} seconds"
    why = f"timed out after {seconds:g} s"
    return failure("Sandbox.Timedout", message, why=why, lost=True)


def exited(request_id: str, code: object) -> Outcome:
    """The function's process came to an end; `code` is what ``sys.exit`` was given."""
    status = 0 if code is None else code if isinstance(code, int) else 1
    how = f"Runtime exited with error: exit status {status}" if status else "Runtime exited without providing a reason"
    message = f"RequestId: {request_id} Error: {how}"
    return failure("Runtime.ExitError", message, why=f"the runtime exited (status {status})", lost=True)


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except Exception as another:
        return f"(its message could not be made: {type(another).__name__})"


def _plain(text: str) -> str:
    """Text that UTF-8 can hold: a lone surrogate becomes its escape."""
    return text.encode("utf-8", "backslashreplace").decode()
