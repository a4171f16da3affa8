"""What a target gets of an event: all of it, or what its Input, InputPath or InputTransformer makes of it.

Words
-----
template
    a transformer's text with variables in angle brackets. It is a JSON template if it begins with a brace or a
    bracket; then the result must be JSON, and is minified. Any other template gives text as it stands, quotes and all.
variable
    ``<name>``: a value that a JSON path found in the event. Outside quotes in a JSON template it becomes JSON (a string
    gets its quotes); inside quotes, and in text, a string is put in as it is, without any escaping. A path that leads
    nowhere leaves an empty string. A name that is no variable stays as text.

Sources: Amazon EventBridge User Guide, "Amazon EventBridge input transformation" and "Event bus targets in Amazon
EventBridge" (read 2026-11). Not documented: what an object becomes inside quotes (here its JSON without quotes), and
what an InputPath that leads nowhere hands over (here ``null``).
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from waterline.services.delivery import NotTaken
from waterline.services.events.event import BusEvent, as_json
from waterline.services.paths import compiled

INVALID_JSON = "INVALID_JSON"
_VARIABLE = re.compile(r"<([^<>\s\"]+)>")


@dataclass(frozen=True)
class Naming:
    """What a template may say of the rule."""

    arn: str
    name: str


def handed(target: Mapping[str, Any], event: BusEvent, rule: Naming) -> str:
    """The text for a target. Raises NotTaken if a JSON template does not give JSON."""
    if "Input" in target:
        return str(target["Input"])
    if "InputPath" in target:
        return as_json(compiled(target["InputPath"]).found(event.content)[1])
    if "InputTransformer" in target:
        return _transformed(target["InputTransformer"], event, rule)
    return event.text


def is_json_template(template: str) -> bool:
    return template.lstrip().startswith(("{", "["))


def variables(template: str) -> list[str]:
    """The names in angle brackets."""
    return [match[1] for match in _VARIABLE.finditer(template)]


def _transformed(transformer: Mapping[str, Any], event: BusEvent, rule: Naming) -> str:
    template = str(transformer["InputTemplate"])
    values = _reserved(event, rule)
    for name, path in (transformer.get("InputPathsMap") or {}).items():
        there, value = compiled(path).found(event.content)
        values[name] = value if there else ""
    text = filled(template, values)
    if not is_json_template(template):
        return text
    try:
        return as_json(json.loads(text))
    except ValueError as error:
        raise NotTaken(INVALID_JSON, f"its input template did not give JSON: {error}", retryable=False) from error


def _reserved(event: BusEvent, rule: Naming) -> dict[str, Any]:
    arrived = event.arrived.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {
        "aws.events.rule-arn": rule.arn,
        "aws.events.rule-name": rule.name,
        "aws.events.event.ingestion-time": arrived,
        "aws.events.event": {key: value for key, value in event.content.items() if key != "detail"},
        "aws.events.event.json": event.content,
    }


def filled(template: str, values: Mapping[str, Any]) -> str:
    """A template with its variables put in."""
    as_values, quoted = is_json_template(template), _in_quotes(template)
    pieces, at = [], 0
    for match in _VARIABLE.finditer(template):
        if match[1] in values:
            pieces += [template[at : match.start()], _put_in(values[match[1]], as_values, quoted[match.start()])]
            at = match.end()
    return "".join([*pieces, template[at:]])


def _put_in(value: Any, as_value: bool, in_quotes: bool) -> str:
    if in_quotes:
        return value if isinstance(value, str) else as_json(value).replace('"', "")
    return value if isinstance(value, str) and not as_value else as_json(value)


def _in_quotes(template: str) -> list[bool]:
    """Of each character, whether it stands between double quotes."""
    inside, escaped, found = False, False, []
    for character in template:
        found.append(inside)
        if character == '"' and not escaped:
            inside = not inside
        escaped = character == "\\" and not escaped
    return found
