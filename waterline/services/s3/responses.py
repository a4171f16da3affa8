"""The answers to S3 requests: moto's, where an object's tags come with it, and EventBridge is not forgotten."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from moto.s3.responses import S3Response

if TYPE_CHECKING:
    from waterline.services.s3.backend import BucketBackend

SKIP = "SkipDestinationValidation"
"""The key under which a notification configuration says that its destinations are not to be looked at."""

_SKIP_HEADER = "x-amz-skip-destination-validation"
_NAME = re.compile(rb"<Name>(prefix|suffix)</Name>", re.IGNORECASE)


class BucketResponse(S3Response):  # type: ignore[misc]
    """One request, and its answer."""

    @property
    def buckets(self) -> BucketBackend:
        backend: BucketBackend = self.backend
        return backend

    def put_object(self) -> Any:
        with self.buckets.creating():
            return super().put_object()

    def copy_object(self) -> Any:
        with self.buckets.creating():
            return super().copy_object()

    def get_bucket_notification(self) -> Any:
        answer = super().get_bucket_notification()
        configuration = self.buckets.get_bucket_notification_configuration(self.bucket_name)
        if configuration is None or configuration.event_bridge is None:
            return answer
        return _with_event_bridge(answer)

    def _notification_config_from_body(self) -> dict[str, Any]:
        sent: str | bytes = self.body
        body = sent.encode() if isinstance(sent, str) else sent
        self.body: str | bytes = _NAME.sub(lambda found: found[0].lower().replace(b"name>", b"Name>"), body)
        configuration: dict[str, Any] = super()._notification_config_from_body()
        if configuration:
            configuration[SKIP] = str(self.headers.get(_SKIP_HEADER, "")).lower() == "true"
        return configuration


def _with_event_bridge(answer: Any) -> Any:
    """moto's answer, with the element that it leaves out."""
    status, headers, body = answer
    text = body.decode() if isinstance(body, bytes) else body
    return (
        status,
        headers,
        text.replace("</NotificationConfiguration>", "<EventBridgeConfiguration/></NotificationConfiguration>"),
    )
