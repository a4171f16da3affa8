"""A message as it was published, checked as AWS checks it.

Words
-----
attributes
    name to ``{"Type": ..., "Value": ...}``, as subscribers see them; binary values as base64 text.
message structure
    with ``json`` the text is an object that has a text for each protocol, and one under ``default`` for the others.
size
    bytes of the text and of each attribute's name, type and value (fact ``sns.message_size_max``).

Source: Publish, API reference (read 2026-11). The sentences of errors are those that AWS answers, as its API has been
seen to.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from waterline.services.sns.errors import invalid_parameter
from waterline.services.sns.filters import Attributes

_SUBJECT_LENGTH = 100  # Publish, API reference
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_NAME = re.compile(r"[A-Za-z0-9!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~]{1,128}")


@dataclass(frozen=True)
class Notification:
    """One published message. `at`: microseconds of the cloud's clock; `date`: the same as AWS writes it."""

    id: str
    topic_arn: str
    text: str
    at: int
    date: str
    subject: str | None = None
    attributes: Attributes = field(default_factory=dict)
    structure: str | None = None
    group: str | None = None
    deduplication: str | None = None
    sequence: str | None = None
    replayed: bool = False

    def said_to(self, protocol: str) -> str:
        """The text for subscribers of a protocol."""
        if self.structure != "json":
            return self.text
        said = json.loads(self.text)
        own = said.get(protocol)
        return str(own if isinstance(own, str) else said["default"])


def size(text: str, attributes: Attributes) -> int:
    """In bytes."""
    return len(text.encode("utf-8", "surrogatepass")) + sum(
        len(name.encode()) + len(str(attribute["Type"]).encode()) + _value_size(attribute)
        for name, attribute in attributes.items()
    )


def _value_size(attribute: Mapping[str, Any]) -> int:
    value = str(attribute["Value"])
    return len(base64.b64decode(value)) if str(attribute["Type"]).startswith("Binary") else len(value.encode())


def check(text: str | None, subject: str | None, structure: str | None) -> None:
    """Raise what AWS answers to a text, a subject or a structure that it does not take."""
    if not text:
        raise invalid_parameter("Empty message")
    if subject is not None and (not subject or len(subject) > _SUBJECT_LENGTH or _CONTROL.search(subject)):
        raise invalid_parameter("Subject")
    if structure is None:
        return
    if structure != "json":
        raise invalid_parameter("MessageStructure")
    try:
        said = json.loads(text, object_pairs_hook=_without_duplicates)
    except ValueError as error:
        raise invalid_parameter("Message Structure - JSON message body failed to parse") from error
    if not isinstance(said, dict):
        raise invalid_parameter("Message Structure - JSON message body failed to parse")
    if not isinstance(said.get("default"), str):
        raise invalid_parameter("Message Structure - No default entry in JSON message body")


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands there twice")
    return found


def check_group(group: str | None, deduplication: str | None, *, fifo: bool, content_based: bool) -> None:
    """Raise what AWS answers to a group or a deduplication identifier that is missing, wrong or out of place."""
    if not fifo and deduplication is not None:
        raise invalid_parameter(
            "MessageDeduplicationId Reason: "
            "The request includes MessageDeduplicationId parameter that is not valid for this topic type"
        )
    if fifo and group is None:
        raise invalid_parameter("The MessageGroupId parameter is required for FIFO topics")
    if fifo and deduplication is None and not content_based:
        raise invalid_parameter(
            "The topic should either have ContentBasedDeduplication enabled or "
            "MessageDeduplicationId provided explicitly"
        )
    for name, value in (("MessageGroupId", group), ("MessageDeduplicationId", deduplication)):
        if value is not None and not _NAME.fullmatch(value):
            raise invalid_parameter(
                f"{name} Reason: {name} can only include alphanumeric and punctuation characters. 1 to 128 in length"
            )
