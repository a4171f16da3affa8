"""Filters of an event source mapping: which records reach the function.

A record that none of the filters wants never reaches the function: a queue's message is deleted, a stream's reader
passes the record by. Source: AWS Lambda Developer Guide, "Control which events Lambda sends to your function", "Using
event filtering with an Amazon SQS event source", "... with a Kinesis event source", "... with a DynamoDB event source"
(read 2026-11; the tables of what meets what are in the page's version of 2022-11).

=====================================  =========================================
the data are, and the pattern is for   then
=====================================  =========================================
JSON, JSON                             the fields are compared
plain text, plain text                 the text is compared (queues only)
JSON, plain text                       the message is dropped
plain text, JSON                       the record is dropped
anything, other keys only              the other keys are compared
=====================================  =========================================

*data* is ``body`` for a queue, ``data`` for Kinesis (decoded), ``dynamodb`` for a table's stream. What counts as JSON
is an object or an array; AWS does not say what it makes of a lone number. A stream's pattern for plain text is refused.
The guide's newer pages say that queues and Kinesis know their data key only; here, as on the older page, other keys of
the record work too.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from moto.awslambda.exceptions import InvalidParameterValueException
from moto.core.exceptions import JsonRESTError

from waterline.compute import limits
from waterline.services import patterns
from waterline.services.patterns import Alternative, Document, InvalidPattern

QUEUE, KINESIS, DYNAMODB = "body", "data", "dynamodb"
"""The data keys of the event sources, which stand for the sources here."""

MATCH_TYPES = frozenset({"prefix", "suffix", "equals-ignore-case", "anything-but", "numeric", "exists"})
"""Those that the Lambda guide's table of comparison operators has; EventBridge has more."""


@dataclass(frozen=True)
class Filters:
    """The filters of one mapping, compiled. `data_key`: one of the above."""

    data_key: str
    alternatives: tuple[Alternative, ...]

    def want(self, record: Mapping[str, Any]) -> bool:
        """Whether a record, as it would stand in the function's event, is for the function."""
        content, is_json = self._content(record)
        document = Document(content)
        return any(
            alternative.wants(document)
            for alternative in self.alternatives
            if is_json is None or self._fits(alternative, is_json)
        )

    def _fits(self, alternative: Alternative, is_json: bool) -> bool:
        """Whether an alternative asks for data of the form that they have, or for none."""
        return not (
            self.data_key in alternative.paths
            if is_json
            else any(path.startswith(f"{self.data_key}.") for path in alternative.paths)
        )

    def _content(self, record: Mapping[str, Any]) -> tuple[Mapping[str, Any], bool | None]:
        """What the filters compare, and whether its data are JSON; None: they need not be."""
        match self.data_key:
            case "body":
                data, is_json = _data(str(record["body"]))
                return {**record, "body": data}, is_json
            case "data":
                data, is_json = _data(base64.b64decode(record["kinesis"]["data"]))
                return {**record, **record["kinesis"], "data": data}, is_json
            case _:
                return record, None


def _data(text: str | bytes) -> tuple[Any, bool]:
    try:
        content = patterns.parsed(text)
    except ValueError:
        content = None
    if isinstance(content, dict | list):
        return content, True
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else text, False


def filters_of(criteria: Mapping[str, Any] | None, data_key: str) -> Filters | None:
    """Compile a ``FilterCriteria``; None for none, or an empty one, which takes filters away.

    Raises what AWS answers to criteria that it does not accept.
    """
    filters = (criteria or {}).get("Filters") or []
    if not filters:
        return None
    if len(filters) > limits.FILTERS:
        raise InvalidParameterValueException(
            # The sentence is ours: AWS documents an error, not its words.
            f"Invalid request provided: Filter criteria has {len(filters)} filters, the quota is {limits.FILTERS}."
        )
    alternatives = [one for entry in filters for one in _compiled(entry.get("Pattern"), data_key)]
    return Filters(data_key, tuple(alternatives))


def _compiled(pattern: Any, data_key: str) -> tuple[Alternative, ...]:
    if isinstance(pattern, str) and len(pattern) > limits.FILTER_PATTERN:
        raise JsonRESTError(
            "ValidationException",
            f"1 validation error detected: Value '{pattern}' at 'filterCriteria.filters.1.member.pattern' failed to "
            f"satisfy constraint: Member must have length less than or equal to {limits.FILTER_PATTERN}",
        )
    try:
        alternatives = patterns.compiled(pattern if isinstance(pattern, str) else "", MATCH_TYPES).alternatives
    except InvalidPattern as error:
        raise invalid_pattern() from error
    if data_key != QUEUE and any(data_key in alternative.paths for alternative in alternatives):
        raise invalid_pattern()
    return alternatives


def invalid_pattern() -> InvalidParameterValueException:
    """What AWS answers to a pattern that it cannot use (as in aws/aws-cdk issue 23057)."""
    return InvalidParameterValueException("Invalid request provided: Invalid filter pattern definition.")
