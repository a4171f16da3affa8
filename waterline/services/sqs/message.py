"""A message in a queue: what moto knows of it (body, attributes, digests, counts), and where it is in its life.

Words
-----
delayed, visible, in flight, gone
    the four states of a message, as the SQS Developer Guide names them ("Amazon SQS visibility timeout"). *Visible*
    messages can be received, *in flight* ones have been received and not yet deleted.
order
    the message's number within its queue, from 1; a dead-letter queue numbers anew what moves into it.
receipt handle
    names one receive of one message. A later receive of the same message makes a new handle.
"""

from __future__ import annotations

import enum
from base64 import b64encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

from moto.sqs.models import Message as MotoMessage

_HANDLE_PREFIX = "AQEB"


class State(enum.Enum):
    """Where a message is in its life."""

    DELAYED = "delayed"
    VISIBLE = "visible"
    IN_FLIGHT = "in flight"
    GONE = "gone"


class Message(MotoMessage):  # type: ignore[misc]
    """One message. Instants are in microseconds of the cloud's clock, timestamps in milliseconds since 1970, as on AWS.

    `parents` are the messages that were being worked on when this one was sent; `dead_letter_source` is the ARN of the
    queue that it was dead-lettered from.
    """

    def __init__(
        self,
        message_id: str,
        body: str,
        *,
        attributes: Mapping[str, Mapping[str, Any]] | None = None,
        system_attributes: Mapping[str, Any] | None = None,
        group_id: str | None = None,
        deduplication_id: str | None = None,
        parents: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message_id, body, dict(system_attributes or {}))
        self.message_attributes = dict(attributes or {})
        self.group_id: Any = group_id
        self.deduplication_id: Any = deduplication_id
        self.parents = parents
        self.dead_letter_source: str | None = None
        self.state = State.GONE
        self.order = 0
        self.enqueued_at = 0
        self.received_at = 0
        self.receives_here = 0

    @property
    def size(self) -> int:
        """Bytes of UTF-8 that count towards the quota: the body, and each attribute's name, type and value.

        Message system attributes do not count (SendMessage, API reference).
        """
        return _bytes(self.body) + sum(
            _bytes(name) + sum(_bytes(attribute.get(part)) for part in ("DataType", "StringValue", "BinaryValue"))
            for name, attribute in self.message_attributes.items()
        )

    def record_attributes(self) -> dict[str, str]:
        """``attributes`` of the message's record in a Lambda event: the system attributes that it has, as text."""
        values = {
            "ApproximateReceiveCount": self.approximate_receive_count,
            "AWSTraceHeader": (self.system_attributes.get("AWSTraceHeader") or {}).get("StringValue"),
            "SentTimestamp": self.sent_timestamp,
            "SequenceNumber": self.sequence_number,
            "MessageGroupId": self.group_id,
            "SenderId": self.sender_id,
            "MessageDeduplicationId": self.deduplication_id,
            "DeadLetterQueueSourceArn": self.dead_letter_source,
            "ApproximateFirstReceiveTimestamp": self.approximate_first_receive_timestamp,
        }
        return {name: str(value) for name, value in values.items() if value is not None}

    def record_message_attributes(self) -> dict[str, dict[str, Any]]:
        """``messageAttributes`` of the message's record in a Lambda event; binary values are base64 text there."""
        record: dict[str, dict[str, Any]] = {}
        for name, attribute in self.message_attributes.items():
            fields: dict[str, Any] = {"stringListValues": [], "binaryListValues": [], "dataType": attribute["DataType"]}
            if attribute.get("StringValue") is not None:
                fields["stringValue"] = attribute["StringValue"]
            if attribute.get("BinaryValue") is not None:
                binary = attribute["BinaryValue"]
                fields["binaryValue"] = b64encode(binary.encode() if isinstance(binary, str) else binary).decode()
            record[name] = fields
        return record

    def new_receipt_handle(self, queue: str) -> str:
        """The handle of the latest receive, good for the queue of that name only."""
        text = f"{queue}\n{self.order}\n{self.approximate_receive_count}\n{self.id}"
        return _HANDLE_PREFIX + urlsafe_b64encode(text.encode()).decode()


def order_in(receipt_handle: str, queue: str) -> int | None:
    """The order of the message that a handle of this queue belongs to; None for what was never a handle of it."""
    try:
        text = urlsafe_b64decode(receipt_handle.removeprefix(_HANDLE_PREFIX).encode()).decode()
        name, order, _count, _message = text.split("\n")
        return int(order) if name == queue else None
    except ValueError:
        return None


def _bytes(value: str | bytes | None) -> int:
    if value is None:
        return 0
    return len(value.encode()) if isinstance(value, str) else len(value)
