"""The verbs of the Firehose API that make, change and fill streams."""

from __future__ import annotations

import base64
import copy
from types import ModuleType
from typing import Any

import moto.firehose.urls
from moto.firehose.exceptions import FirehoseException, InvalidArgumentException, ResourceNotFoundException
from moto.firehose.models import FirehoseBackend

from waterline.ground import Ground
from waterline.services.delivery import Sender, stream_at
from waterline.services.firehose import limits
from waterline.services.firehose.hose import Hose
from waterline.services.firehose.settings import settings_of
from waterline.services.firehose.source import StreamSource
from waterline.services.per_second import PerSecond
from waterline.services.stream import EventStream, readable

_DIRECT, _STREAM = "DirectPut", "KinesisStreamAsSource"


class ServiceUnavailable(FirehoseException):  # type: ignore[misc]
    """More than a stream takes in a second."""

    def __init__(self) -> None:
        super().__init__("ServiceUnavailableException", "Slow down.")


class HoseBackend(FirehoseBackend):  # type: ignore[misc]
    """The Firehose streams of one account in one Region. `ground` is set by ``waterline.ground.installed``."""

    ground: Ground

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self._hoses: dict[str, Hose] = {}
        self._sources: dict[str, StreamSource] = {}
        self._limits: dict[str, _Intake] = {}

    @property
    def _url_module(self) -> ModuleType:
        module: ModuleType = moto.firehose.urls
        return module

    # -- streams -----------------------------------------------------------------------------------------------------

    def create_delivery_stream(
        self,
        region: str,
        delivery_stream_name: str,
        delivery_stream_type: str | None,
        kinesis_stream_source_configuration: dict[str, Any] | None,
        *others: Any,
    ) -> str:
        self.ground.clock.refuse_other_threads()
        kind = delivery_stream_type or _DIRECT
        if kind not in (_DIRECT, _STREAM):
            raise InvalidArgumentException(f"The lab's Firehose has no source {kind}.")
        source = self._source(kind, kinesis_stream_source_configuration)
        arn: str = super().create_delivery_stream(
            region, delivery_stream_name, kind, kinesis_stream_source_configuration, *others
        )
        made = self.delivery_streams[delivery_stream_name]
        try:
            settings = settings_of(made.destinations[0])
        except InvalidArgumentException:
            super().delete_delivery_stream(delivery_stream_name)
            raise
        hose = Hose(
            self.ground,
            delivery_stream_name,
            Sender("firehose.amazonaws.com", arn, self.account_id, by_role=True),
            self.region_name,
            settings,
            lambda: str(made.version_id),
            None if source is None else source.arn,
            lambda: _kept(source),
        )
        self._hoses[delivery_stream_name] = hose
        self._limits[delivery_stream_name] = _Intake(self.region_name)
        if source is not None:
            self._sources[delivery_stream_name] = StreamSource(self.ground, source, hose)
        return arn

    def delete_delivery_stream(self, delivery_stream_name: str) -> None:
        super().delete_delivery_stream(delivery_stream_name)
        self._hoses.pop(delivery_stream_name).close()
        source = self._sources.pop(delivery_stream_name, None)
        if source is not None:
            source.stop()

    def update_destination(self, delivery_stream_name: str, *others: Any) -> None:
        stream = self.delivery_streams.get(delivery_stream_name)
        before = None if stream is None else (copy.deepcopy(stream.destinations), stream.version_id)
        super().update_destination(delivery_stream_name, *others)
        assert stream is not None and before is not None
        try:
            self._hoses[delivery_stream_name].settings = settings_of(stream.destinations[0])
        except InvalidArgumentException:
            stream.destinations, stream.version_id = before
            raise

    def _source(self, kind: str, configuration: dict[str, Any] | None) -> EventStream | None:
        if kind == _DIRECT:
            return None
        arn = (configuration or {}).get("KinesisStreamARN", "")
        source = stream_at(arn)
        if source is None:
            raise ResourceNotFoundException(f"Kinesis stream {arn} under accountId {self.account_id} not found.")
        return source

    # -- records -----------------------------------------------------------------------------------------------------

    def put_record(self, delivery_stream_name: str, record: dict[str, Any]) -> dict[str, Any]:
        hose, intake = self._direct(delivery_stream_name)
        data = _checked(record, "record.data")
        now = self.ground.clock.now
        if not intake.lets_request(now) or not intake.lets_in(now, len(data)):
            self._throttled(hose, "PutRecord", 1)
            raise ServiceUnavailable
        return {"RecordId": hose.take(data, _readable(data)), "Encrypted": False}

    def put_record_batch(self, delivery_stream_name: str, records: list[dict[str, Any]]) -> dict[str, Any]:
        hose, intake = self._direct(delivery_stream_name)
        if not 1 <= len(records) <= limits.BATCH_RECORDS:
            raise InvalidArgumentException(
                "1 validation error detected: Value at 'records' failed to satisfy constraint: Member must have "
                f"length less than or equal to {limits.BATCH_RECORDS}"
            )
        contents = [_checked(record, f"records.{number}.member.data") for number, record in enumerate(records, 1)]
        if sum(map(len, contents)) > limits.BATCH_BYTES:
            raise InvalidArgumentException(f"Records size exceeds {limits.BATCH_BYTES // limits.MIB} MB limit")
        now = self.ground.clock.now
        if not intake.lets_request(now):
            self._throttled(hose, "PutRecordBatch", len(records))
            raise ServiceUnavailable
        answers, failed = list[dict[str, str]](), 0
        for data in contents:
            if intake.lets_in(now, len(data)):
                answers.append({"RecordId": hose.take(data, _readable(data))})
            else:
                failed += 1
                answers.append({"ErrorCode": "ServiceUnavailableException", "ErrorMessage": "Slow down."})
        if failed:
            self._throttled(hose, "PutRecordBatch", failed)
        return {"FailedPutCount": failed, "Encrypted": False, "RequestResponses": answers}

    def put_s3_records(
        self, delivery_stream_name: str, version_id: str, s3_destination: Any, records: list[dict[str, bytes]]
    ) -> list[dict[str, str]]:
        """What moto would write at once: the log events of a subscription filter."""
        hose = self._hoses[delivery_stream_name]
        return [{"RecordId": hose.take(record["Data"], _readable(record["Data"]))} for record in records]

    def _direct(self, name: str) -> tuple[Hose, _Intake]:
        """The stream that a producer names, which must be one for producers."""
        self.ground.clock.refuse_other_threads()
        if name not in self._hoses:
            raise ResourceNotFoundException(f"Firehose {name} under account {self.account_id} not found.")
        if name in self._sources:
            raise InvalidArgumentException(f"This operation is not permitted on {_STREAM} delivery stream type.")
        return self._hoses[name], self._limits[name]

    def _throttled(self, hose: Hose, operation: str, records: int) -> None:
        self.ground.journal.record(
            "throttled",
            hose.place,
            None,
            self.ground.clock.cause,
            operation=operation,
            records=records,
            why=f"more than {hose.name} takes in a second",
        )


class _Intake:
    """What producers may put into one stream in a second."""

    def __init__(self, region: str) -> None:
        records, requests, size = limits.direct_put(region)
        self._records, self._requests, self._bytes = PerSecond(records), PerSecond(requests), PerSecond(size)

    def lets_request(self, now: int) -> bool:
        return _let(now, (self._requests, 1))

    def lets_in(self, now: int, size: int) -> bool:
        return _let(now, (self._records, 1), (self._bytes, size))


def _let(now: int, *wanted: tuple[PerSecond, int]) -> bool:
    if any(rate.wait(now, amount) for rate, amount in wanted):
        return False
    for rate, amount in wanted:
        rate.take(now, amount)
    return True


def _checked(record: dict[str, Any], where: str) -> bytes:
    data: bytes = record["Data"]
    if len(data) > limits.RECORD:
        raise InvalidArgumentException(
            f"1 validation error detected: Value at '{where}' failed to satisfy constraint: Member must have length "
            f"less than or equal to {limits.RECORD}"
        )
    return data


def _readable(data: bytes) -> str:
    return readable(base64.b64encode(data).decode(), data)


def _kept(source: EventStream | None) -> int:
    """How long a record may be tried, in microseconds: as long as its source keeps it."""
    if source is None:
        return limits.RETENTION
    return max((log.retention for log in source.logs), default=0)
