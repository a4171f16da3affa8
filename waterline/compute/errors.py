"""The errors of the Invoke API that moto does not have, with the codes and sentences of AWS.

Source: Invoke, API reference (read 2026-11). The sentence for a payload that is too large is the one that users have
reported (ASFHyP3/hyp3 issue 2241), under the name RequestEntityTooLargeException; the reference has another, used here.
"""

from __future__ import annotations

import json

from moto.core.exceptions import JsonRESTError

from waterline.compute import recursion


class TooManyRequests(JsonRESTError):  # type: ignore[misc]
    """What a caller gets whose invocation found no execution environment; `reason` as AWS names it."""

    code = 429

    def __init__(self, reason: str) -> None:
        super().__init__("TooManyRequestsException", "Rate Exceeded.")
        self.reason = reason
        self.description = json.dumps({"Reason": reason, "Type": "User", "message": self.message})


class ServiceFailed(JsonRESTError):  # type: ignore[misc]
    """What a caller gets while the function has an outage (``cloud.faults``)."""

    code = 500

    def __init__(self) -> None:
        super().__init__("ServiceException", "The AWS Lambda service encountered an internal error.")


class RequestTooLarge(JsonRESTError):  # type: ignore[misc]
    """What a caller gets whose event is larger than the invocation type allows."""

    code = 413

    def __init__(self, size: int, kind: str, limit: int) -> None:
        sentence = f"{size} byte payload is too large for the {kind} invocation type (limit {limit} bytes)"
        super().__init__("RequestTooLargeException", sentence)


class RecursiveInvocation(JsonRESTError):  # type: ignore[misc]
    """What a caller gets whose invocation would go on with a recursive loop."""

    code = 400

    def __init__(self) -> None:
        super().__init__(recursion.ERROR, recursion.MESSAGE)
