"""The response that a function's answer becomes.

Words
-----
malformed
    an answer that the door cannot make a response of; the client then gets an error that says nothing about it.
inferred
    in format 2.0, an answer without ``statusCode`` is itself the body of a 200 in JSON.

Source: API Gateway Developer Guide, "Output format of a Lambda function for proxy integration", "Create AWS Lambda
proxy integrations for HTTP APIs", "Return binary media from a Lambda proxy integration in API Gateway"; AWS Lambda
Developer Guide, "Invoking Lambda function URLs" (read 2026-11).
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from types import MappingProxyType
from typing import Any

from waterline.compute.doors.http import Response

_KEYS = frozenset({"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"})
_JSON = "application/json"


class Malformed(Exception):
    """One sentence about what is wrong with a function's answer."""


def format_1(payload: str, decodes: Callable[[], bool]) -> Response:
    """The response of format 1.0. `decodes`: whether a body in base64 is decoded for this client."""
    answer = json.loads(payload)
    if not isinstance(answer, dict) or "statusCode" not in answer:
        raise Malformed("the function's answer has no statusCode")
    if unknown := sorted(answer.keys() - _KEYS):
        raise Malformed(f"the function's answer has a key that a response has not: {unknown[0]}")
    headers = _headers(answer)
    for name, values in _object(answer, "multiValueHeaders").items():
        if not isinstance(values, list):
            raise Malformed(f"{name} in the answer's multiValueHeaders is no list")
        headers[name.lower()] = ", ".join(map(_text, values))
    headers.setdefault("content-type", _JSON)
    encoded = bool(answer.get("isBase64Encoded")) and decodes()
    return Response(_status(answer), MappingProxyType(headers), _body(answer.get("body"), encoded))


def format_2(payload: str, *, content_type: str, quotes: bool, objects: bool) -> Response:
    """The response of format 2.0.

    `content_type` holds when the answer names a status but no type; `quotes`: whether an inferred string keeps its
    quotation marks; `objects`: whether a body that is no string is written as JSON.
    """
    answer = json.loads(payload)
    if not isinstance(answer, dict) or "statusCode" not in answer:
        text = answer if isinstance(answer, str) and not quotes else payload
        return Response(200, MappingProxyType({"content-type": _JSON}), text.encode())
    headers = {"content-type": content_type, **_headers(answer)}
    cookies = answer.get("cookies") or []
    if not isinstance(cookies, list):
        raise Malformed("cookies in the function's answer is no list")
    body = answer.get("body")
    if objects and body is not None and not isinstance(body, str):
        body = json.dumps(body)
    content = _body(body, bool(answer.get("isBase64Encoded")))
    return Response(_status(answer), MappingProxyType(headers), content, tuple(map(_text, cookies)))


def _status(answer: dict[str, Any]) -> int:
    status = answer["statusCode"]
    if isinstance(status, str) and status.isdigit():
        status = int(status)
    if isinstance(status, bool) or not isinstance(status, int) or not 100 <= status <= 599:
        raise Malformed(f"statusCode in the function's answer is no status: {json.dumps(status)}")
    return status


def _headers(answer: dict[str, Any]) -> dict[str, str]:
    return {name.lower(): _text(value) for name, value in _object(answer, "headers").items()}


def _object(answer: dict[str, Any], name: str) -> dict[str, Any]:
    value = answer.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Malformed(f"{name} in the function's answer is no object")
    return value


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str | int | float):
        raise Malformed("a header in the function's answer is neither text nor a number")
    return str(value)


def _body(body: object, encoded: bool) -> bytes:
    if body is None:
        return b""
    if not isinstance(body, str):
        raise Malformed("body in the function's answer is no string: return json.dumps of it")
    if not encoded:
        return body.encode("utf-8", "backslashreplace")
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Malformed("body in the function's answer is not in base64, as isBase64Encoded says") from error
