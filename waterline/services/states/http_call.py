"""Tasks that call somebody else's API: ``arn:aws:states:::http:invoke``.

What the connection would add to the request (an API key, a token) is not added: the lab has no secrets.

Source: AWS Step Functions Developer Guide, "Call HTTPS APIs in Step Functions workflows" (read 2026-11).
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from waterline.services.delivery import NotTaken, Sender, Targets
from waterline.services.states.errors import HTTP_SOCKET, RUNTIME, TIMEOUT, Answered, StateError
from waterline.services.states.intrinsics import text_of

if TYPE_CHECKING:
    from waterline.services.states.execution import Execution
    from waterline.web import Response

_FORM = "application/x-www-form-urlencoded"


def invoked(execution: Execution, parameters: Any) -> dict[str, Any]:
    """Call an API and return its answer. Raises StateError, ``States.Http.StatusCode.404`` for a status of 400 on."""
    if not isinstance(parameters, dict) or not {"ApiEndpoint", "Method"} <= set(parameters):
        raise StateError(RUNTIME, "The fields ApiEndpoint and Method are required.")
    url = str(parameters["ApiEndpoint"])
    if query := parameters.get("QueryParameters"):
        url += ("&" if "?" in url else "?") + urlencode(query, doseq=True)
    headers = {str(name): str(value) for name, value in parameters.get("Headers", {}).items()}
    body = parameters.get("RequestBody")
    form = parameters.get("Transform", {}).get("RequestBodyEncoding") == "URL_ENCODED"
    if body is not None:
        lowered = {name.lower() for name in headers}
        if "content-type" not in lowered:
            headers["Content-Type"] = _FORM if form else "application/json"
    text = None if body is None else urlencode(body, doseq=True) if form else text_of(body)
    sender = Sender("states.amazonaws.com", execution.program.arn, execution.arn.split(":")[4], by_role=True)
    targets = Targets(execution.ground)
    try:
        answer = targets.http(
            sender, str(parameters["Method"]), url, tuple(headers.items()), None if text is None else text.encode()
        )
    except ValueError as error:
        raise StateError(RUNTIME, str(error)) from error
    except NotTaken as error:
        raise Answered(TIMEOUT if error.code == "Timeout" else HTTP_SOCKET, str(error)) from error
    return _told(answer)


def _told(answer: Response) -> dict[str, Any]:
    phrase = next((each.phrase for each in HTTPStatus if each == answer.status), "")
    if answer.status >= HTTPStatus.BAD_REQUEST:
        raise Answered(f"States.Http.StatusCode.{answer.status}", answer.body or phrase)
    found: Any = answer.body
    if "json" in answer.headers.get("content-type", ""):
        try:
            found = json.loads(answer.body)
        except ValueError:
            found = answer.body
    headers = {name: [value] for name, value in answer.headers.items()}
    return {"Headers": headers, "ResponseBody": found, "StatusCode": answer.status, "StatusText": phrase}
