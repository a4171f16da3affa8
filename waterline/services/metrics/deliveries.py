"""The metrics of ``AWS/Firehose``, from what the journal says of Firehose streams.

Source: Amazon Data Firehose Developer Guide, "Monitor Amazon Data Firehose with CloudWatch metrics" (read 2026-11).

- IncomingRecords, IncomingBytes: 1 and the size of each record that came in; look at Sum.
- DeliveryToS3.Records, -.Bytes, -.Success, -.DataFreshness (seconds since the oldest record came): a sample for each
  object that was written; Success is 0 for an attempt that S3 refused.
- ThrottledRecords: how many records of a put were refused.

Dimension: DeliveryStreamName. Not here: the metrics of transformations (``AWS/Lambda`` has the function's), of reading
from a stream (``AWS/Kinesis`` has those), and of the API's latencies.
"""

from __future__ import annotations

from collections.abc import Mapping

from waterline.clock import SECOND
from waterline.journal import Event
from waterline.services.metrics.series import MINUTE, Metric, Series, Sparse

NAMESPACE = "AWS/Firehose"


class DeliveryMetrics:
    """Takes in the events at Firehose streams one by one; `series` is what they add up to."""

    def __init__(self) -> None:
        self._series: dict[Metric, Sparse] = {}

    @property
    def series(self) -> Mapping[Metric, Series]:
        return self._series

    def take(self, event: Event, at: int) -> None:
        """`at`: the event's instant, in microseconds since 1970."""
        detail = event.detail
        match event.kind:
            case "sent":
                self._add(event, at, "IncomingRecords", 1)
                self._add(event, at, "IncomingBytes", detail["size"], "Bytes")
            case "delivered" | "dead-lettered" if "size" in detail:
                self._add(event, at, "DeliveryToS3.Success", 1)
                self._add(event, at, "DeliveryToS3.Records", detail["count"])
                self._add(event, at, "DeliveryToS3.Bytes", detail["size"], "Bytes")
                self._add(event, at, "DeliveryToS3.DataFreshness", detail["age"] / SECOND, "Seconds")
            case "retried":
                self._add(event, at, "DeliveryToS3.Success", 0)
            case "throttled":
                self._add(event, at, "ThrottledRecords", detail["records"])

    def _add(self, event: Event, at: int, name: str, value: float, unit: str = "Count") -> None:
        metric = Metric.of(NAMESPACE, name, DeliveryStreamName=event.name)
        if metric not in self._series:
            self._series[metric] = Sparse(unit)
        self._series[metric].add(at // MINUTE, value)
