"""Mapping templates: what a REST API makes of a request for the service behind it, and of the service's answer.

Templates are in the Velocity Template Language, which airspeed-ext runs; the variables are API Gateway's: ``$input``
(``body``, ``json``, ``path``, ``params``), ``$context``, ``$stageVariables`` and ``$util``.

Source: API Gateway Developer Guide, "Variables for data transformations for API Gateway", "Parameter mapping source for
REST APIs in API Gateway", "Override your API's request and response parameters and status codes for REST APIs in API
Gateway" (read 2026-11).
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_plus, unquote_plus

import airspeed
from jsonpath_ng.ext.parser import parse as json_path

_QUOTES = re.compile(r"(['\"\\])")


@dataclass(frozen=True)
class Parameters:
    """What ``$input.params`` and ``method.request`` know of a request. Headers by their names in lower case."""

    path: Mapping[str, str]
    query: Mapping[str, str]
    header: Mapping[str, str]


@dataclass
class Source:
    """What a template reads. `context` and `overrides` are shared by a request and its answer."""

    body: str
    parameters: Parameters
    context: dict[str, Any]
    variables: Mapping[str, str]
    overrides: dict[str, dict[str, Any]] = field(default_factory=dict)

    def answered(self, body: str) -> Source:
        """The same, with the integration's answer in place of the request's body."""
        return Source(body, self.parameters, self.context, self.variables, self.overrides)


def filled(template: str, source: Source) -> str:
    """A template with the values of `source`. Raises ValueError for one that Velocity cannot read."""
    source.overrides.setdefault("requestOverride", {"header": {}, "path": {}, "querystring": {}})
    source.overrides.setdefault("responseOverride", {"header": {}})
    variables = {
        "input": _Input(source),
        "util": _Util(),
        "context": {**source.context, **source.overrides},
        "stageVariables": dict(source.variables),
    }
    try:
        return str(airspeed.Template(template).merge(variables))
    except airspeed.TemplateError as error:
        raise ValueError(f"its mapping template cannot be read: {error}") from error


def at(document: Any, path: str) -> Any:
    """What a JSONPath finds: one value, or a list when it finds several; None when it finds nothing."""
    found = [match.value for match in json_path(path).find(document)]
    return found[0] if len(found) == 1 else (found or None)


def parsed(body: str) -> Any:
    """A body as JSON, or as text when it is none."""
    try:
        return json.loads(body)
    except ValueError:
        return body


class _Input:
    """``$input``."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.body = source.body

    def json(self, path: str) -> str:
        return json.dumps(self.path(path))

    def path(self, path: str) -> Any:
        return at(parsed(self._source.body or "{}"), path)

    def params(self, name: str | None = None) -> Any:
        kinds = self._source.parameters
        if name is None:
            return {"path": dict(kinds.path), "querystring": dict(kinds.query), "header": dict(kinds.header)}
        if name in ("path", "querystring", "header"):
            return self.params()[name]
        return kinds.path.get(name) or kinds.query.get(name) or kinds.header.get(name.lower()) or ""


class _Util:
    """``$util``."""

    def escapeJavaScript(self, text: Any) -> str:  # noqa: N802
        """With a backslash before quotes, as the guide has it, also before the single ones that JSON does not know."""
        return _QUOTES.sub(r"\\\1", str(text)).replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")

    def parseJson(self, text: str) -> Any:  # noqa: N802
        return json.loads(text)

    def urlEncode(self, text: Any) -> str:  # noqa: N802
        return quote_plus(str(text))

    def urlDecode(self, text: str) -> str:  # noqa: N802
        return unquote_plus(text)

    def base64Encode(self, text: Any) -> str:  # noqa: N802
        return base64.b64encode(str(text).encode()).decode()

    def base64Decode(self, text: str) -> str:  # noqa: N802
        return base64.b64decode(text).decode()


def form(values: Mapping[str, str]) -> str:
    """Parameters as the body of a form."""
    return "&".join(f"{name}={quote_plus(value)}" for name, value in values.items())


def parameter(expression: str, source: Source) -> str | None:
    """The value of a parameter mapping (``method.request.header.x``, ``context.requestId``, ``'text'``), or None."""
    if expression.startswith("'") and expression.endswith("'"):
        return expression[1:-1]
    head, _, rest = expression.partition(".")
    if head == "context":
        return _text(at(source.context, f"$.{rest}"))
    if head == "stageVariables":
        return source.variables.get(rest)
    where, _, name = rest.removeprefix("request.").partition(".")
    kinds = source.parameters
    match where:
        case "header" | "multivalueheader":
            return kinds.header.get(name.lower())
        case "querystring" | "multivaluequerystring":
            return kinds.query.get(name)
        case "path":
            return kinds.path.get(name)
        case "body":
            return source.body if not name else _text(at(parsed(source.body), f"$.{name.removeprefix('$.')}"))
    return None


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value)
