"""The metrics of ``AWS/SNS``, from what the journal says of topics.

Source: Amazon SNS Developer Guide, "Monitoring Amazon SNS topics using CloudWatch".

- NumberOfMessagesPublished, and PublishSize (bytes): the detail ``size`` of ``sent``, or else the size of the body.
- NumberOfNotificationsDelivered: copies that a target took. Handshakes with endpoints are no notifications.
- NumberOfNotificationsFailed: 1 for each copy that was given up; for HTTP and HTTPS, each attempt that failed.
- NumberOfNotificationsFilteredOut, of them ``-MessageAttributes`` and ``-MessageBody`` by the scope of the policy, and
  ``-NoMessageAttributes``, ``-InvalidAttributes`` and ``-InvalidMessageBody`` by the detail ``reason``.
- NumberOfNotificationsRedrivenToDlq, and NumberOfNotificationsFailedToRedriveToDlq: the detail ``dead_letter_error``.

The dimension is TopicName. A minute in which nothing happened has no samples. Not here: what is told of text messages
and mobile push.
"""

from __future__ import annotations

from waterline.journal import Event
from waterline.services.metrics.series import MINUTE, Metric, Series, Sparse

NAMESPACE = "AWS/SNS"
_HTTP = ("http", "https")


class TopicMetrics:
    """Takes in the events at topics one by one; `series` is what they add up to."""

    def __init__(self) -> None:
        self.series: dict[Metric, Series] = {}
        self._sparse: dict[tuple[str, str], Sparse] = {}
        self._protocols: dict[str, str] = {}

    def take(self, event: Event, at: int) -> None:
        """`at`: the event's instant, in microseconds since 1970."""
        message, detail = event.message or "", event.detail
        match event.kind:
            case "sent":
                size = detail.get("size", len(str(detail.get("body", "")).encode()))
                self._add(event.name, "NumberOfMessagesPublished", at)
                self._add(event.name, "PublishSize", at, size, "Bytes")
            case "filtered":
                self._filtered(event, at)
            case "routed" if "request" not in detail:
                self._protocols[message] = str(detail.get("protocol", ""))
            case "retried" if self._protocols.get(message) in _HTTP:
                self._add(event.name, "NumberOfNotificationsFailed", at)
            case "delivered" if self._protocols.pop(message, None) is not None:
                self._add(event.name, "NumberOfNotificationsDelivered", at)
            case "dropped" | "dead-lettered" if self._protocols.pop(message, None) is not None:
                self._add(event.name, "NumberOfNotificationsFailed", at)
                if event.kind == "dead-lettered":
                    self._add(event.name, "NumberOfNotificationsRedrivenToDlq", at)
                elif "dead_letter_error" in detail:
                    self._add(event.name, "NumberOfNotificationsFailedToRedriveToDlq", at)

    def _filtered(self, event: Event, at: int) -> None:
        name = "NumberOfNotificationsFilteredOut"
        self._add(event.name, name, at)
        for part in ("scope", "reason"):
            if part in event.detail:
                self._add(event.name, f"{name}-{event.detail[part]}", at)

    def _add(self, topic: str, name: str, at: int, value: float = 1, unit: str = "Count") -> None:
        if (topic, name) not in self._sparse:
            series = self._sparse[topic, name] = Sparse(unit)
            self.series[Metric.of(NAMESPACE, name, TopicName=topic)] = series
        self._sparse[topic, name].add(at // MINUTE, value)
