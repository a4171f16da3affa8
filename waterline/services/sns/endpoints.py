"""Which endpoints fit a protocol, and a topic.

Source: Subscribe, API reference; Amazon SNS Developer Guide, "Message delivery for FIFO topics" (read 2026-11). The
sentences are those that AWS answers, as its API has been seen to; those of Lambda, Firehose, email and FIFO are ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from waterline.services.sns import limits
from waterline.services.sns.errors import invalid_parameter

_NO_FIFO_PROTOCOL = "a FIFO topic delivers to Amazon SQS queues only"


def check(topic: Any, protocol: str, endpoint: str, attributes: Mapping[str, str]) -> None:
    """Raise what AWS answers to an endpoint that does not fit its protocol, or its topic."""
    if protocol not in limits.PROTOCOLS:
        raise invalid_parameter(f"Amazon SNS does not support this protocol string: {protocol}")
    if not endpoint:
        raise invalid_parameter("Endpoint must be specified")
    if protocol in ("http", "https") and not endpoint.startswith(f"{protocol}://"):
        raise invalid_parameter("Endpoint must match the specified protocol")
    arn = endpoint.split(":")
    if protocol == "sqs" and (len(arn) != 6 or arn[2] != "sqs"):
        raise invalid_parameter("SQS endpoint ARN")
    if protocol == "sqs" and endpoint.endswith(".fifo") and not topic.fifo_topic:
        raise invalid_parameter(
            "Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics"
        )
    if protocol == "lambda" and (len(arn) not in (7, 8) or arn[2] != "lambda"):
        raise invalid_parameter("Lambda endpoint ARN")
    if protocol == "firehose" and (len(arn) != 6 or arn[2] != "firehose"):
        raise invalid_parameter("Firehose endpoint ARN")
    if protocol == "firehose" and not attributes.get("SubscriptionRoleArn"):
        raise invalid_parameter("Attributes Reason: SubscriptionRoleArn is required for Firehose subscriptions")
    if protocol.startswith("email") and "@" not in endpoint:
        raise invalid_parameter("Email address")
    if topic.fifo_topic and protocol != "sqs":
        raise invalid_parameter(f"Invalid parameter: Protocol Reason: {_NO_FIFO_PROTOCOL}")
