"""What a state fails with: an error's name and its cause, and which names a retrier or a catcher means.

Source: AWS Step Functions Developer Guide, "Handling errors in Step Functions workflows" (read 2026-11).
"""

from __future__ import annotations

from collections.abc import Sequence

ALL = "States.ALL"
BRANCH_FAILED = "States.BranchFailed"
DATA_LIMIT = "States.DataLimitExceeded"
HEARTBEAT_TIMEOUT = "States.HeartbeatTimeout"
HTTP_SOCKET = "States.Http.Socket"
INTRINSIC_FAILURE = "States.IntrinsicFailure"
ITEM_READER_FAILED = "States.ItemReaderFailed"
NO_CHOICE_MATCHED = "States.NoChoiceMatched"
PARAMETER_PATH = "States.ParameterPathFailure"
QUERY_EVALUATION = "States.QueryEvaluationError"
RESULT_PATH = "States.ResultPathMatchFailure"
RESULT_WRITER_FAILED = "States.ResultWriterFailed"
RUNTIME = "States.Runtime"
TASK_FAILED = "States.TaskFailed"
TIMEOUT = "States.Timeout"
TOO_MANY_FAILED = "States.ExceedToleratedFailureThreshold"

_ONLY_BY_NAME = frozenset({DATA_LIMIT})
_NEVER = frozenset({RUNTIME})


class StateError(Exception):
    """A state failed. `cause` is a sentence, or the JSON text of what the task answered; None: there is none."""

    def __init__(self, name: str, cause: str | None = None) -> None:
        super().__init__(f"{name}: {cause}" if cause else name)
        self.name = name
        self.cause = cause

    @property
    def output(self) -> dict[str, str]:
        """The error output, as a catcher sees it."""
        return {"Error": self.name, "Cause": self.cause or ""}


def means(names: Sequence[str], error: str) -> bool:
    """Whether an ``ErrorEquals`` means an error.

    ``States.Runtime`` is never retried nor caught, ``States.DataLimitExceeded`` by its own name only; a heartbeat that
    failed to come is a timeout too; ``States.TaskFailed`` means everything but a timeout.
    """
    if error in _NEVER:
        return False
    if error in names:
        return True
    if error in _ONLY_BY_NAME:
        return False
    timeout = error in (TIMEOUT, HEARTBEAT_TIMEOUT)
    return ALL in names or (timeout and TIMEOUT in names) or (not timeout and TASK_FAILED in names)
