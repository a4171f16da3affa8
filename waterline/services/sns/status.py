"""Message delivery status: what became of deliveries, in CloudWatch Logs, where the topic asks for it.

With ``SQSFailureFeedbackRoleArn`` (or ``Lambda...``, ``HTTP...``, ``Firehose...``, ``Application...``) of a topic,
every delivery that was given up is an entry of the log group ``sns/REGION/ACCOUNT/TOPIC/Failure``; with
``...SuccessFeedbackRoleArn`` those that succeeded are entries of ``sns/REGION/ACCOUNT/TOPIC``, or the share of them
that ``...SuccessFeedbackSampleRate`` names (percent; left out, all of them, which AWS does not document). What the role
may do is not checked. Which deliveries are in a sample comes from the seed.

Source: Amazon SNS Developer Guide, "Amazon SNS message delivery status" (read 2026-11).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from moto.logs.models import logs_backends

from waterline.clock import SECOND
from waterline.ground import Ground
from waterline.services.delivery import Copy
from waterline.services.sns.message import Notification

_PREFIXES = {
    "sqs": "SQS",
    "lambda": "Lambda",
    "http": "HTTP",
    "https": "HTTP",
    "firehose": "Firehose",
    "application": "Application",
}
_MILLISECOND = SECOND // 1000
SUCCESS, FAILURE = "SUCCESS", "FAILURE"


class DeliveryStatus:
    """Writes the log of one topic. `settings`: the topic's attributes."""

    def __init__(self, ground: Ground, topic_arn: str, settings: Mapping[str, str]) -> None:
        self._ground = ground
        self._arn = topic_arn
        self._settings = settings

    def delivered(self, protocol: str, endpoint: str, message: Notification, copy: Copy) -> None:
        prefix = _PREFIXES.get(protocol)
        if prefix is None or f"{prefix}SuccessFeedbackRoleArn" not in self._settings:
            return
        rate = float(self._settings.get(f"{prefix}SuccessFeedbackSampleRate", 100))
        if self._ground.random(f"delivery status of {self._arn}").random() * 100 < rate:
            self._write("", SUCCESS, endpoint, message, copy, 200)

    def failed(self, protocol: str, endpoint: str, message: Notification, copy: Copy) -> None:
        prefix = _PREFIXES.get(protocol)
        if prefix is not None and f"{prefix}FailureFeedbackRoleArn" in self._settings:
            assert copy.last is not None
            status = 500 if copy.last.retryable else 403 if copy.last.code == "AccessDenied" else 400
            self._write("/Failure", FAILURE, endpoint, message, copy, status)

    def _write(
        self, suffix: str, status: str, endpoint: str, message: Notification, copy: Copy, status_code: int
    ) -> None:
        answer = (
            "OK" if status == SUCCESS else {"ErrorCode": copy.last and copy.last.code, "ErrorMessage": str(copy.last)}
        )
        entry: dict[str, Any] = {
            "notification": {
                "messageMD5Sum": hashlib.md5(message.text.encode(), usedforsecurity=False).hexdigest(),
                "messageId": message.id,
                "topicArn": self._arn,
                "timestamp": message.date.replace("T", " ").removesuffix("Z"),
            },
            "delivery": {
                "deliveryId": copy.message,
                "destination": endpoint,
                "providerResponse": answer if isinstance(answer, str) else json.dumps(answer),
                "dwellTimeMs": (self._ground.clock.now - message.at) // _MILLISECOND,
                "attempts": copy.attempts,
                "statusCode": status_code,
            },
            "status": status,
        }
        _prefix, _partition, _sns, region, account, topic = self._arn.split(":")
        group, backend = f"sns/{region}/{account}/{topic}{suffix}", logs_backends[account][region]
        if group not in backend.groups:
            backend.create_log_group(group, {})
        streams = backend.groups[group].streams
        stream = hashlib.md5(group.encode(), usedforsecurity=False).hexdigest()
        if stream not in streams:
            backend.create_log_stream(group, stream)
        clock = self._ground.clock
        at = int(clock.start.timestamp() * 1000) + clock.now // _MILLISECOND
        streams[stream].put_log_events([{"timestamp": at, "message": json.dumps(entry)}])
