"""Task tokens: who waits for them, and who answers.

Words
-----
callback
    a task that waits until somebody calls SendTaskSuccess or SendTaskFailure with its token. SendTaskHeartbeat says
    that the work goes on.

Source: AWS Step Functions Developer Guide, "Discover service integration patterns in Step Functions" (read 2026-11).
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

from moto.stepfunctions.exceptions import AWSError, InvalidToken

from waterline.clock import SECOND
from waterline.ground import Ground
from waterline.services.states.errors import HEARTBEAT_TIMEOUT, TIMEOUT, Answered, StateError
from waterline.waiting import Gate

_BYTES = 96


class TaskTimedOut(AWSError):  # type: ignore[misc]
    """The token is of a task that is over."""

    TYPE = "TaskTimedOut"

    def __init__(self) -> None:
        super().__init__("Task Timed Out: 'Provided task does not exist anymore'")


class InvalidOutput(AWSError):  # type: ignore[misc]
    """What the task is said to have given is no JSON."""

    TYPE = "InvalidOutput"


@dataclass
class Callback:
    """One task that waits. `heard`: when its last heartbeat came."""

    token: str
    answer: Gate
    heard: int = 0

    def wait(self, ground: Ground, deadline: int | None, heartbeat: float | None) -> Any:
        """Wait for the answer and return it, or raise the StateError that it is or that its absence is.

        `deadline` is an instant, `heartbeat` in seconds.
        """
        clock = ground.clock
        while not self.answer.opened:
            silence = None if heartbeat is None else self.heard + round(heartbeat * SECOND)
            ends = [end for end in (deadline, silence) if end is not None]
            if ends and min(ends) <= clock.now:
                raise Answered(TIMEOUT, also=None if min(ends) == deadline else HEARTBEAT_TIMEOUT)
            self.answer.wait(min(ends) - clock.now if ends else None)
        if isinstance(self.answer.value, StateError):
            raise self.answer.value
        return self.answer.value


class Callbacks:
    """The tokens of one account in one Region."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._open: dict[str, Callback] = {}
        self._over: set[str] = set()

    def make(self) -> Callback:
        """A callback with a new token."""
        token = base64.b64encode(self._ground.random("task tokens").randbytes(_BYTES)).decode()
        callback = self._open[token] = Callback(token, self._ground.clock.gate(), self._ground.clock.now)
        return callback

    def waits(self, callback: Callback) -> bool:
        """Whether somebody waits for it still."""
        return callback.token in self._open

    def close(self, callback: Callback) -> None:
        """Nobody waits any longer."""
        self._open.pop(callback.token, None)
        self._over.add(callback.token)

    def succeed(self, token: str, output: str) -> None:
        callback = self._find(token)
        try:
            value = json.loads(output)
        except ValueError as error:
            raise InvalidOutput(f"Invalid Output: '{error}'") from error
        self._answer(callback, value)

    def fail(self, token: str, error: str | None, cause: str | None) -> None:
        self._answer(self._find(token), Answered(error or "", cause))

    def beat(self, token: str) -> None:
        self._find(token).heard = self._ground.clock.now

    def _find(self, token: str) -> Callback:
        if token in self._over:
            raise TaskTimedOut
        if token not in self._open:
            raise InvalidToken(f"'{token}'")
        return self._open[token]

    def _answer(self, callback: Callback, value: Any) -> None:
        self.close(callback)
        callback.answer.open(value)
