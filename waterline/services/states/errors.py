"""What a state fails with: an error's name and its cause, and which names a retrier or a catcher means.

Source: AWS Step Functions Developer Guide, "Handling errors in Step Functions workflows" (read 2026-11). That a path of
a template that finds nothing is a ``States.Runtime``, and how causes begin, is not in the guide: the AWS Step Functions
Workshop shows it, and others have measured and published it (floci, issue 2868).
"""

from __future__ import annotations

from collections.abc import Sequence

ALL = "States.ALL"
DATA_LIMIT = "States.DataLimitExceeded"
HEARTBEAT_TIMEOUT = "States.HeartbeatTimeout"
HTTP_SOCKET = "States.Http.Socket"
INTRINSIC_FAILURE = "States.IntrinsicFailure"
ITEM_READER_FAILED = "States.ItemReaderFailed"
NO_CHOICE_MATCHED = "States.NoChoiceMatched"
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
    """A state failed. `cause` is a sentence; None: there is none. `also`: another name that means it.

    `location` is where in a JSONata state the expression stands that could not be evaluated.
    """

    def __init__(self, name: str, cause: str | None = None, *, also: str | None = None, location: str = "") -> None:
        super().__init__(f"{name}: {cause}" if cause else name)
        self.name = name
        self.cause = cause
        self.also = also
        self.location = location

    @property
    def output(self) -> dict[str, str]:
        """The error output, as a catcher sees it."""
        return {"Error": self.name, "Cause": self.cause or ""}


class Answered(StateError):
    """What somebody else said: a task's answer, a Fail state, a clock. Its cause is passed on as it is."""


def placed(error: StateError, state: str, event: int) -> StateError:
    """The error as it leaves a state: what the interpreter says begins with where it happened."""
    if isinstance(error, Answered):
        return error
    where = f"An error occurred while executing the state '{state}' (entered at the event id #{event}). "
    return Answered(error.name, where + (error.cause or ""), also=error.also)


def means(names: Sequence[str], error: StateError) -> bool:
    """Whether an ``ErrorEquals`` means an error.

    ``States.Runtime`` is never retried nor caught, ``States.DataLimitExceeded`` by its own name only; a heartbeat that
    failed to come is a timeout with a second name; ``States.TaskFailed`` means everything but a timeout.
    """
    if error.name in _NEVER:
        return False
    if error.name in names or error.also in names:
        return True
    return error.name not in _ONLY_BY_NAME and (ALL in names or (TASK_FAILED in names and error.name != TIMEOUT))
