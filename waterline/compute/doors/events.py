"""The event that a function gets for a request, in both payload formats.

Format 1.0 (REST APIs, and HTTP APIs that ask for it) keeps every value of a header or parameter in lists of their own;
format 2.0 (HTTP APIs, function URLs) joins them with commas, and leaves out what the request does not have. Source: API
Gateway Developer Guide, "Input format of a Lambda function for proxy integration" and "Create AWS Lambda proxy
integrations for HTTP APIs"; AWS Lambda Developer Guide, "Invoking Lambda function URLs" (read 2026-11).
"""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from waterline.compute.doors.http import Request

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_TEXT = frozenset({"application/json", "application/xml", "application/javascript"})
_IDENTITY = (
    "accessKey",
    "accountId",
    "caller",
    "cognitoAuthenticationProvider",
    "cognitoAuthenticationType",
    "cognitoIdentityId",
    "cognitoIdentityPoolId",
    "principalOrgId",
    "user",
    "userArn",
)
SOURCE_IP = "127.0.0.1"


@dataclass(frozen=True)
class Passage:
    """What a door knows about a request: where it came in, and when.

    `route` is a resource's path for format 1.0 and a route key for format 2.0; `path` is what the event gives as path.
    """

    request: Request
    request_id: str
    account: str
    api: str
    stage: str
    route: str
    path: str
    at: dt.datetime
    path_parameters: Mapping[str, str]
    stage_variables: Mapping[str, str]
    binary: bool

    @property
    def milliseconds(self) -> int:
        return (self.at - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(milliseconds=1)

    @property
    def date(self) -> str:
        """As in the Common Log Format: 12/Mar/2020:19:03:58 +0000."""
        return f"{self.at.day:02}/{_MONTHS[self.at.month - 1]}/{self.at:%Y:%H:%M:%S} +0000"

    @property
    def body(self) -> str | None:
        content = self.request.body
        if content is None:
            return None
        return base64.b64encode(content).decode() if self.binary else content.decode("utf-8", "replace")


def is_text(media_type: str) -> bool:
    """Tells whether format 2.0 passes a body of this type on as text; any other comes in base64."""
    return media_type.startswith("text/") or media_type in _TEXT


def format_1(passage: Passage, *, resource_id: str | None, requested: str) -> dict[str, Any]:
    """An event in format 1.0. `requested`: the path with its stage, for the request context."""
    request = passage.request
    headers: dict[str, list[str]] = {}
    for name, value in request.headers:
        headers.setdefault(name, []).append(value)
    parameters = request.parameters
    return {
        "resource": passage.route,
        "path": passage.path,
        "httpMethod": request.method,
        "headers": {name: values[-1] for name, values in headers.items()},
        "multiValueHeaders": headers,
        "queryStringParameters": {name: values[-1] for name, values in parameters.items()} or None,
        "multiValueQueryStringParameters": parameters or None,
        "pathParameters": dict(passage.path_parameters) or None,
        "stageVariables": dict(passage.stage_variables) or None,
        "requestContext": {
            "accountId": passage.account,
            "apiId": passage.api,
            "domainName": request.host,
            "domainPrefix": request.host.partition(".")[0],
            "extendedRequestId": passage.request_id,
            "httpMethod": request.method,
            "identity": {
                **dict.fromkeys(_IDENTITY),
                "sourceIp": SOURCE_IP,
                "userAgent": request.header("user-agent"),
            },
            "path": requested,
            "protocol": "HTTP/1.1",
            "requestId": passage.request_id,
            "requestTime": passage.date,
            "requestTimeEpoch": passage.milliseconds,
            "resourceId": resource_id,
            "resourcePath": passage.route,
            "stage": passage.stage,
        },
        "body": passage.body,
        "isBase64Encoded": passage.binary,
    }


def format_2(passage: Passage, **context: Any) -> dict[str, Any]:
    """An event in format 2.0; `context` is added to the request context."""
    request = passage.request
    headers: dict[str, str] = {}
    cookies: list[str] = []
    for name, value in request.headers:
        key = name.lower()
        if key == "cookie":
            cookies += [cookie.strip() for cookie in value.split(";")]
        else:
            headers[key] = f"{headers[key]},{value}" if key in headers else value
    optional = {
        "cookies": cookies,
        "queryStringParameters": {name: ",".join(values) for name, values in request.parameters.items()},
        "pathParameters": dict(passage.path_parameters),
        "stageVariables": dict(passage.stage_variables),
    }
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": passage.route,
        "rawPath": passage.path,
        "rawQueryString": request.query,
        "headers": headers,
        "requestContext": {
            "accountId": passage.account,
            "apiId": passage.api,
            "domainName": request.host,
            "domainPrefix": request.host.partition(".")[0],
            "http": {
                "method": request.method,
                "path": passage.path,
                "protocol": "HTTP/1.1",
                "sourceIp": SOURCE_IP,
                "userAgent": request.header("user-agent"),
            },
            "requestId": passage.request_id,
            "routeKey": passage.route,
            "stage": passage.stage,
            "time": passage.date,
            "timeEpoch": passage.milliseconds,
            **context,
        },
        "isBase64Encoded": passage.binary,
        **{name: value for name, value in optional.items() if value},
    }
    if request.body is not None:
        event["body"] = passage.body
    return event
