"""What a handler prints, as CloudWatch Logs keeps it: one group per function, one stream per execution environment.

Source: AWS Lambda Developer Guide, "Working with Lambda function logs" (read 2026-11).
"""

from __future__ import annotations

import base64
from typing import Any

from moto.logs.models import logs_backends

from waterline.clock import Clock
from waterline.compute.outcome import Outcome
from waterline.compute.sandbox import Configuration

_TAIL_BYTES = 4096


class Log:
    """Writes the stream of one execution environment."""

    def __init__(self, clock: Clock, configuration: Configuration, account: str, region: str, number: int) -> None:
        self._clock = clock
        self._configuration = configuration
        self._backend: Any = logs_backends[account][region]
        self._group = f"/aws/lambda/{configuration.name}"
        self.stream = f"{clock.date:%Y/%m/%d}/[{configuration.version}]{number:032x}"

    def write(self, request_id: str, printed: str, outcome: Outcome) -> str:
        """Store what one invocation printed, between the lines that Lambda itself writes; returns all of it."""
        spent = f"Duration: {outcome.duration / 1000:.2f} ms Memory Size: {self._configuration.memory} MB"
        lines = [f"START RequestId: {request_id} Version: {self._configuration.version}", *printed.splitlines()]
        if outcome.why is not None:
            lines.append(f"[ERROR] {outcome.why}")
        lines.append(f"END RequestId: {request_id}")
        lines.append(f"REPORT RequestId: {request_id} {spent}")
        at = int(self._clock.start.timestamp() * 1000) + self._clock.now // 1000
        self._opened().put_log_events([{"timestamp": at, "message": line} for line in lines])
        return "\n".join(lines) + "\n"

    def _opened(self) -> Any:
        """The log stream; it and its group are made when they are not there, or not there any more."""
        if self._group not in self._backend.groups:
            self._backend.create_log_group(self._group, {})
        streams = self._backend.groups[self._group].streams
        if self.stream not in streams:
            self._backend.create_log_stream(self._group, self.stream)
        return streams[self.stream]


def tail(text: str) -> str:
    """The last 4 KB of a log in base64, as ``LogType="Tail"`` returns it."""
    return base64.b64encode(text.encode("utf-8", "backslashreplace")[-_TAIL_BYTES:]).decode()
