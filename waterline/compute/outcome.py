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
    error_type: str, message: str, trace: list[str] | None = None, *, why: str = "", lost: bool = False
) -> Outcome:
    """An outcome of the kind that AWS reports as a function error."""
    body: dict[str, Any] = {"errorMessage": message, "errorType": error_type}
    if trace is not None:
        body["stackTrace"] = trace
    return Outcome(json.dumps(body), why or f"{error_type}: {message}", environment_lost=lost)


def raised(error: BaseException, package: Package) -> Outcome:
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
    name = type(error).__name__
    why = f"{name}: {error}{where}" if str(error) else f"{name}{where}"
    return failure(name, str(error), trace, why=why)


def timed_out(seconds: float, request_id: str) -> Outcome:
    message = f"RequestId: {request_id} Error: Task timed out after {seconds:.2f} seconds"
    why = f"timed out after {seconds:g} s"
    return failure("Sandbox.Timedout", message, why=why, lost=True)


def exited(request_id: str, status: object = 1) -> Outcome:
    message = f"RequestId: {request_id} Error: Runtime exited with error: exit status {status}"
    return failure("Runtime.ExitError", message, why=f"the runtime exited (status {status})", lost=True)
