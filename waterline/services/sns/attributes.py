"""Which attributes a topic may have, and which values.

Source: CreateTopic and SetTopicAttributes, API reference (read 2026-11). Sentences about values are ours.
"""

from __future__ import annotations

import json

from waterline.services.sns import limits, replay, retries
from waterline.services.sns.errors import invalid_parameter

SETTABLE = (
    "ArchivePolicy",
    "ContentBasedDeduplication",
    "DeliveryPolicy",
    "DisplayName",
    "FifoThroughputScope",
    "KmsMasterKeyId",
    "MaximumMessageSize",
    "Policy",
    "SignatureVersion",
    "TracingConfig",
)
_FEEDBACK = tuple(
    f"{protocol}{what}"
    for protocol in ("Application", "Firehose", "HTTP", "Lambda", "SQS")
    for what in ("SuccessFeedbackRoleArn", "SuccessFeedbackSampleRate", "FailureFeedbackRoleArn")
)
_FIFO_ONLY = ("ArchivePolicy", "ContentBasedDeduplication", "FifoThroughputScope")


def check(name: str, value: str, *, fifo: bool) -> None:
    """Raise InvalidParameter for an attribute that this kind of topic does not have, or a value that is wrong."""
    if name not in SETTABLE and name not in _FEEDBACK:
        raise invalid_parameter("AttributeName")
    if name in _FIFO_ONLY and not fifo:
        raise invalid_parameter(f"Attributes Reason: {name} applies to FIFO topics only")
    if name == "ContentBasedDeduplication" and value.lower() not in ("true", "false"):
        raise invalid_parameter(f"Attributes Reason: {name} must be true or false")
    if name == "FifoThroughputScope" and value not in ("Topic", "MessageGroup"):
        raise invalid_parameter(f"Attributes Reason: {name} must be Topic or MessageGroup")
    if name == "DeliveryPolicy" and value:
        retries.of_topic(value)
    if name == "ArchivePolicy" and not replay.is_none(value):
        replay.days_of(value)
    if name == "Policy":
        _check_policy(value)
    if name.endswith("SampleRate") and not (value.isdigit() and int(value) <= 100):
        raise invalid_parameter(f"Attributes Reason: {name} must be a percentage from 0 to 100")
    if name == "MaximumMessageSize":
        _check_size(value)


def _check_size(value: str) -> None:
    allowed = limits.MESSAGE_SIZES
    if not value.isdigit() or int(value) not in allowed:
        raise invalid_parameter(f"Attributes Reason: MaximumMessageSize must be between {allowed[0]} and {allowed[-1]}")


def _check_policy(text: str) -> None:
    try:
        policy = json.loads(text)
    except ValueError as error:
        raise invalid_parameter("Policy Error: null") from error
    if not isinstance(policy, dict) or "Statement" not in policy:
        raise invalid_parameter("Policy Error: null")
