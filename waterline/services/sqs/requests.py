"""What a producer asks for, checked as AWS checks it: characters, sizes in bytes, delays, FIFO parameters.

SendMessage and SendMessageBatch, API reference, say what is allowed. What is wrong with one entry of a batch fails that
entry alone; what is wrong with the batch (its size, its identifiers, a FIFO parameter that is missing) fails the call.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from moto.moto_api._internal import mock_random
from moto.sqs.exceptions import (
    BatchEntryIdsNotDistinct,
    BatchRequestTooLong,
    InvalidAttributeValue,
    InvalidBatchEntryId,
    SQSException,
    TooManyEntriesInBatchRequest,
)
from moto.sqs.models import Queue as MotoQueue

from waterline.services.sqs import errors, limits
from waterline.services.sqs.message import Message
from waterline.services.sqs.queue import CloudQueue

_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ENTRY_ID = re.compile(r"[A-Za-z0-9_-]{1,80}")
_NO_DEDUPLICATION_ID = (
    "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly"
)


def new_message(
    queue: CloudQueue,
    body: str,
    attributes: Mapping[str, Any] | None,
    delay: int | None,
    deduplication_id: str | None,
    group_id: str | None,
    system_attributes: Mapping[str, Any] | None,
    parents: tuple[str, ...],
) -> Message:
    """The message that a producer wants stored. Raises the error that AWS answers when it cannot be."""
    if queue.fifo_queue:
        if group_id is None:
            raise errors.missing_parameter("MessageGroupId")
        if deduplication_id is None:
            if not queue.content_based_deduplication:
                raise errors.invalid_parameter(_NO_DEDUPLICATION_ID)
            deduplication_id = sha256(body.encode("utf-8", "surrogatepass")).hexdigest()
        if delay:
            raise errors.invalid_value(
                delay, "DelaySeconds", "The request include parameter that is not valid for this queue type."
            )
    elif deduplication_id is not None:
        raise errors.invalid_value(
            deduplication_id,
            "MessageDeduplicationId",
            "The request include parameter that is not valid for this queue type.",
        )
    if not body:
        raise errors.missing_parameter("MessageBody")
    if _FORBIDDEN.search(body):
        raise SQSException(
            "InvalidMessageContents",
            "Invalid characters found. Valid unicode characters are "
            "#x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF",
        )
    if attributes and len(attributes) > limits.MESSAGE_ATTRIBUTES:
        allowed = limits.MESSAGE_ATTRIBUTES
        raise errors.invalid_parameter(
            f"Number of message attributes [{len(attributes)}] exceeds the allowed maximum [{allowed}]."
        )
    if delay is not None and delay not in limits.DELAY:
        raise errors.invalid_value(
            delay, "DelaySeconds", f"DelaySeconds must be >= {limits.DELAY.low} and <= {limits.DELAY.high}."
        )
    message = Message(
        str(mock_random.uuid4()),
        body,
        attributes=attributes,
        system_attributes=system_attributes,
        group_id=group_id,
        deduplication_id=deduplication_id,
        parents=parents,
    )
    if message.size > queue.maximum_message_size:
        raise errors.invalid_parameter(
            "One or more parameters are invalid. "
            f"Reason: Message must be shorter than {queue.maximum_message_size} bytes."
        )
    return message


def check_entry_ids(ids: Sequence[str]) -> None:
    """Raise what AWS answers to a batch with too many entries, or with identifiers it does not take."""
    if len(ids) > limits.BATCH_ENTRIES:
        raise TooManyEntriesInBatchRequest(len(ids))
    for number, entry_id in enumerate(ids):
        if not _ENTRY_ID.fullmatch(entry_id):
            raise InvalidBatchEntryId
        if entry_id in ids[:number]:
            raise BatchEntryIdsNotDistinct(entry_id)


def check_batch(queue: CloudQueue, entries: Sequence[Mapping[str, Any]]) -> None:
    """Raise what AWS answers to a batch of messages that fails as a whole."""
    check_entry_ids([entry["Id"] for entry in entries])
    size = sum(Message("", entry["MessageBody"], attributes=entry.get("MessageAttributes")).size for entry in entries)
    if size > limits.BATCH_SIZE:
        raise BatchRequestTooLong(size)
    for entry in entries if queue.fifo_queue else ():
        if entry.get("MessageGroupId") is None:
            raise errors.invalid_parameter("The request must contain the parameter MessageGroupId.")
        if entry.get("MessageDeduplicationId") is None and not queue.content_based_deduplication:
            raise errors.invalid_parameter(_NO_DEDUPLICATION_ID)


def failed_entry(entry_id: str, error: SQSException) -> dict[str, Any]:
    """An entry of ``Failed`` in the answer to a batch."""
    return {"Id": entry_id, "SenderFault": True, "Code": error.code, "Message": error.message}


def check_queue_attributes(attributes: Mapping[str, Any]) -> None:
    """Raise InvalidAttributeValue for a number that is out of its range."""
    for name, allowed in limits.QUEUE_ATTRIBUTES.items():
        if name in attributes:
            try:
                fits = int(attributes[name]) in allowed
            except (TypeError, ValueError):
                fits = False
            if not fits:
                raise InvalidAttributeValue(name)


def check_redrive(policy: Mapping[str, Any], fifo: bool, target: MotoQueue | None) -> None:
    """Raise what AWS answers to a redrive policy whose count is out of range or whose queue is of the other type."""
    count = policy.get("maxReceiveCount")
    if count is not None and int(count) not in limits.MAX_RECEIVE_COUNT:
        raise errors.invalid_value(
            dict(policy),
            "RedrivePolicy",
            f"Invalid value for maxReceiveCount: {count}, valid values are from 1 to 1000 both inclusive.",
        )
    if target is not None and target.fifo_queue != fifo:
        raise errors.invalid_value(
            dict(policy), "RedrivePolicy", "Dead-letter queue must be same type of queue as the source."
        )
