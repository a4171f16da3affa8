"""The metrics of ``AWS/Kinesis``, from what the journal says of streams.

Source: Amazon Kinesis Data Streams Developer Guide, "Monitor the Amazon Kinesis Data Streams service with Amazon
CloudWatch" (read 2026-11).

- IncomingRecords, IncomingBytes: a sample for each put, PutRecord or PutRecords, of what it got in.
- PutRecord.Success, PutRecord.Bytes; PutRecords.Success (1 when one record or more got in), PutRecords.Bytes, -.Records
  and -.SuccessfulRecords, -.TotalRecords, -.ThrottledRecords.
- WriteProvisionedThroughputExceeded: how many records of a put were refused; 0 for a put that was not.
- GetRecords.Records, -.Bytes, -.Success, -.IteratorAgeMilliseconds (how old the last record of a read is; 0 when it
  found none), ReadProvisionedThroughputExceeded: a sample for each call, also for those of Lambda and Firehose.
- SubscribeToShardEvent.Records, -.Bytes, -.MillisBehindLatest, -.Success: for each event that a consumer was pushed.

Dimensions: StreamName; for SubscribeToShardEvent also ConsumerName. Not here: latencies, for there are none; metrics of
a shard. Lambda does not look at a shard that has nothing for it, so the iterator age has no zeros while it waits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from waterline.journal import Event
from waterline.services.metrics.series import MINUTE, Metric, Series, Sparse

NAMESPACE = "AWS/Kinesis"
_MILLISECOND = 1000


@dataclass
class _Put:
    """A call of PutRecords while its records are being read from the journal."""

    stream: str
    call: int
    at: int
    records: int = 0
    size: int = 0
    refused: int = 0


class StreamMetrics:
    """Takes in the events at streams one by one; `series` is what they add up to."""

    def __init__(self) -> None:
        self._series: dict[Metric, Sparse] = {}
        self._put: _Put | None = None

    @property
    def series(self) -> Mapping[Metric, Series]:
        self._finish_put()
        return self._series

    def take(self, event: Event, at: int) -> None:
        """`at`: the event's instant, in microseconds since 1970."""
        detail = event.detail
        match event.kind, detail.get("operation"):
            case "sent", _:
                if "call" in detail:
                    put = self._part_of(event, at)
                    put.records += 1
                    put.size += detail["size"]
                else:
                    self._incoming(event.name, at, 1, detail["size"], 0)
                    self._add(event.name, at, "PutRecord.Bytes", detail["size"], "Bytes")
                    self._add(event.name, at, "PutRecord.Success", 1)
            case "throttled", "PutRecords":
                self._part_of(event, at).refused += 1
            case "throttled", "PutRecord":
                self._add(event.name, at, "WriteProvisionedThroughputExceeded", 1)
                self._add(event.name, at, "PutRecord.Success", 0)
            case "throttled", "GetRecords":
                self._add(event.name, at, "ReadProvisionedThroughputExceeded", 1)
                self._add(event.name, at, "GetRecords.Success", 0)
            case "read", "GetRecords":
                self._read(event, at, "GetRecords", "IteratorAgeMilliseconds")
                self._add(event.name, at, "ReadProvisionedThroughputExceeded", 0)
            case "read", "SubscribeToShard":
                self._read(event, at, "SubscribeToShardEvent", "MillisBehindLatest")

    def _read(self, event: Event, at: int, operation: str, age: str) -> None:
        detail, consumer = event.detail, event.detail.get("consumer")
        self._add(event.name, at, f"{operation}.Success", 1, consumer=consumer)
        self._add(event.name, at, f"{operation}.Records", detail["records"], consumer=consumer)
        self._add(event.name, at, f"{operation}.Bytes", detail["size"], "Bytes", consumer)
        milliseconds = detail["iterator_age"] / _MILLISECOND
        self._add(event.name, at, f"{operation}.{age}", milliseconds, "Milliseconds", consumer)

    def _part_of(self, event: Event, at: int) -> _Put:
        call = event.detail["call"]
        if self._put is None or (self._put.stream, self._put.call) != (event.name, call):
            self._finish_put()
            self._put = _Put(event.name, call, at)
        return self._put

    def _finish_put(self) -> None:
        put, self._put = self._put, None
        if put is None:
            return
        self._incoming(put.stream, put.at, put.records, put.size, put.refused)
        self._add(put.stream, put.at, "PutRecords.Bytes", put.size, "Bytes")
        self._add(put.stream, put.at, "PutRecords.Success", int(put.records > 0))
        self._add(put.stream, put.at, "PutRecords.Records", put.records)
        self._add(put.stream, put.at, "PutRecords.SuccessfulRecords", put.records)
        self._add(put.stream, put.at, "PutRecords.TotalRecords", put.records + put.refused)
        self._add(put.stream, put.at, "PutRecords.ThrottledRecords", put.refused)

    def _incoming(self, stream: str, at: int, records: int, size: int, refused: int) -> None:
        if records:
            self._add(stream, at, "IncomingRecords", records)
            self._add(stream, at, "IncomingBytes", size, "Bytes")
        self._add(stream, at, "WriteProvisionedThroughputExceeded", refused)

    def _add(
        self, stream: str, at: int, name: str, value: float, unit: str = "Count", consumer: str | None = None
    ) -> None:
        dimensions = {"StreamName": stream} | ({} if consumer is None else {"ConsumerName": consumer})
        metric = Metric.of(NAMESPACE, name, **dimensions)
        if metric not in self._series:
            self._series[metric] = Sparse(unit)
        self._series[metric].add(at // MINUTE, value)
