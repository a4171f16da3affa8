"""The verbs of the Kinesis API, on streams of ours."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import moto.kinesis.urls as moto_urls
from moto.kinesis.models import KinesisBackend

from waterline.ground import Ground
from waterline.services.kinesis import errors, limits, listing, reshard
from waterline.services.kinesis.consumers import CloudConsumer, ConsumerView
from waterline.services.kinesis.iterators import ShardIterator, position_of
from waterline.services.kinesis.responses import StreamResponse
from waterline.services.kinesis.shard import CloudShard
from waterline.services.kinesis.stream import CloudStream
from waterline.services.kinesis.subscription import Subscription, behind, children
from waterline.services.stream import StreamRecord


@dataclass(frozen=True)
class Answer:
    """What GetRecords found. `iterator`: where to read on; None at the end of a closed shard."""

    records: Sequence[StreamRecord]
    iterator: str | None
    behind: int
    children: Sequence[Mapping[str, Any]] = ()


class StreamBackend(KinesisBackend):  # type: ignore[misc]
    """The streams of one account in one Region. `ground` is set by ``waterline.ground.installed``."""

    ground: Ground

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.subscriptions: dict[str, Subscription] = {}
        self._subscribed = 0

    @property
    def _url_module(self) -> SimpleNamespace:
        """moto's addresses, answered by our responses."""
        paths = dict.fromkeys(moto_urls.url_paths, StreamResponse.dispatch)
        return SimpleNamespace(url_bases=moto_urls.url_bases, url_paths=paths)

    # -- streams -----------------------------------------------------------------------------------------------------

    def create_stream(
        self,
        stream_name: str,
        shard_count: int | None,
        stream_mode: dict[str, str] | None = None,
        retention_period_hours: int | None = None,
        record_kib: int | None = None,
    ) -> CloudStream:
        self.ground.clock.refuse_other_threads()
        mode = (stream_mode or {}).get("StreamMode", "PROVISIONED")
        if mode == "PROVISIONED" and not shard_count:
            raise errors.InvalidArgumentError("ShardCount is required for a stream in PROVISIONED mode.")
        record_limit = limits.RECORD if record_kib is None else _record_limit(record_kib)
        count = shard_count if mode == "PROVISIONED" else limits.ON_DEMAND_SHARDS
        made = super().create_stream(stream_name, count, None, retention_period_hours)
        made.stream_mode = {"StreamMode": mode}
        return CloudStream.taking_over(made, self.ground, record_limit)

    def delete_stream(
        self, stream_arn: str | None, stream_name: str | None, with_consumers: bool = True
    ) -> CloudStream:
        stream = self._stream(stream_arn, stream_name)
        if stream.consumers and not with_consumers:
            raise errors.ResourceInUse(
                f"Stream {stream.stream_name} under account {self.account_id} has registered consumers: deregister "
                "them, or set EnforceConsumerDeletion."
            )
        del self.streams[stream.stream_name]
        stream.close()
        return stream

    def describe_stream(self, stream_arn: str | None, stream_name: str | None) -> CloudStream:
        stream = self._stream(stream_arn, stream_name)
        stream.trim()
        return stream

    def _stream(self, stream_arn: str | None, stream_name: str | None) -> CloudStream:
        self.ground.clock.refuse_other_threads()
        found: CloudStream = super().describe_stream(stream_arn, stream_name)
        return found

    def stream_at(self, arn: str) -> CloudStream | ConsumerView | None:
        """The stream, or the consumer, with this ARN."""
        for stream in self.streams.values():
            if stream.arn == arn:
                found: CloudStream = stream
                return found
            for consumer in stream.consumers:
                if consumer.consumer_arn == arn:
                    view: ConsumerView = consumer.view
                    return view
        return None

    def increase_stream_retention_period(
        self, stream_arn: str | None, stream_name: str | None, retention_period_hours: int
    ) -> None:
        stream = self._stream(stream_arn, stream_name)
        super().increase_stream_retention_period(stream_arn, stream.stream_name, retention_period_hours)
        stream.trim()

    def decrease_stream_retention_period(
        self, stream_arn: str | None, stream_name: str | None, retention_period_hours: int
    ) -> None:
        stream = self._stream(stream_arn, stream_name)
        super().decrease_stream_retention_period(stream_arn, stream.stream_name, retention_period_hours)
        stream.trim()

    def update_stream_mode(self, stream_arn: str, stream_mode: dict[str, str]) -> None:
        stream = self._stream(stream_arn, None)
        reshard.switch_mode(stream, stream_mode["StreamMode"], self.ground.clock.now)

    def update_max_record_size(self, stream_arn: str, kib: int) -> None:
        self._stream(stream_arn, None).record_limit = _record_limit(kib)

    def describe_limits(self) -> dict[str, int]:
        streams = self.streams.values()
        return {
            "ShardLimit": limits.SHARDS,
            "OpenShardCount": sum(len(stream.open_shards) for stream in streams if not stream.on_demand),
            "OnDemandStreamCount": sum(stream.on_demand for stream in streams),
            "OnDemandStreamCountLimit": super().describe_limits()["OnDemandStreamCountLimit"],
        }

    # -- shards ------------------------------------------------------------------------------------------------------

    def listed_shards(
        self,
        arn: str | None,
        name: str | None,
        token: str | None,
        after: str | None,
        most: int | None,
        shards: Mapping[str, Any] | None,
    ) -> tuple[list[CloudShard], str | None]:
        """``ListShards``: a page of shards, and the token of the next one."""
        if token is not None and (name or after or shards):
            raise errors.InvalidArgumentError("NextToken and StreamName cannot be provided together.")
        listing.check(shards)
        page = listing.Page.read(token) if token is not None else None
        stream = self.describe_stream(arn, name if page is None else page.stream)
        page = page or listing.Page(stream.stream_name, after or "", shards)
        return listing.listed(stream, page, most, self.ground)

    # -- writing -----------------------------------------------------------------------------------------------------

    def put_record(
        self, stream_arn: str | None, stream_name: str | None, partition_key: str, explicit_hash_key: str, data: str
    ) -> tuple[str, str]:
        stream = self._stream(stream_arn, stream_name)
        content = base64.b64decode(data)
        _check_key(partition_key, "partitionKey")
        _check_size(stream, content, partition_key, "data")
        return stream.put(partition_key, explicit_hash_key, data, content)

    def put_records(
        self, stream_arn: str | None, stream_name: str | None, records: list[dict[str, Any]]
    ) -> dict[str, Any]:
        stream = self._stream(stream_arn, stream_name)
        if len(records) > limits.PUT_RECORDS:
            most = f"Member must have length less than or equal to {limits.PUT_RECORDS}"
            raise errors.Invalid("records", most)
        contents = [base64.b64decode(record.get("Data", "")) for record in records]
        total = 0
        for number, (record, content) in enumerate(zip(records, contents, strict=True), start=1):
            key = record.get("PartitionKey", "")
            _check_key(key, f"records.{number}.member.partitionKey")
            stream.check_hash_key(record.get("ExplicitHashKey"))
            total += _check_size(stream, content, key, f"records.{number}.member.data")
        if total > limits.PUT_RECORDS_BYTES:
            most = f"Records size exceeds {limits.PUT_RECORDS_BYTES // limits.MIB} MB limit"
            raise errors.InvalidArgumentError(most)
        call, answers, failed = stream.next_call(), list[dict[str, str]](), 0
        for record, content in zip(records, contents, strict=True):
            key, explicit = record["PartitionKey"], record.get("ExplicitHashKey")
            try:
                number_put, shard = stream.put(key, explicit, record.get("Data", ""), content, call)
                answers.append({"SequenceNumber": number_put, "ShardId": shard})
            except errors.Throttled as error:
                failed += 1
                answers.append({"ErrorCode": error.error_type, "ErrorMessage": error.message})
        return {"FailedRecordCount": failed, "Records": answers}

    # -- reading -----------------------------------------------------------------------------------------------------

    def get_shard_iterator(
        self,
        stream_arn: str | None,
        stream_name: str | None,
        shard_id: str,
        shard_iterator_type: str,
        starting_sequence_number: str | None,
        at_timestamp: Any,
    ) -> str:
        stream, now = self.describe_stream(stream_arn, stream_name), self.ground.clock.now
        shard = self._shard(stream, shard_id)
        if not shard.lets_make_iterator(now):
            raise errors.Throttled(shard_id, stream.stream_name, self.account_id)
        position = position_of(stream, shard, shard_iterator_type, starting_sequence_number, at_timestamp, self.ground)
        return str(ShardIterator.at(stream, shard, position, now))

    def read(self, iterator: str, most: int | None) -> Answer:
        """``GetRecords``."""
        at, now = ShardIterator.read(iterator, self.ground), self.ground.clock.now
        stream = self.describe_stream(None, at.stream)
        if stream.number != at.number:
            raise errors.InvalidArgumentError("Invalid ShardIterator.")
        if most is not None and not 1 <= most <= limits.GET_RECORDS:
            bound = f"less than or equal to {limits.GET_RECORDS}" if most > 1 else "greater than or equal to 1"
            raise errors.Invalid("limit", f"Member must have value {bound}", most)
        shard = self._shard(stream, at.shard)
        read = stream.reads.poll(shard.log, at.position, limits.GET_RECORDS if most is None else most)
        if read is None:
            raise errors.Throttled(shard.shard_id, stream.stream_name, self.account_id)
        for record in read.records:
            record.taken = True
        if shard.log.closed and read.position >= shard.log.end:
            return Answer(read.records, None, 0, children(stream, shard))
        onward = str(ShardIterator.at(stream, shard, read.position, now))
        return Answer(read.records, onward, behind(shard, read, now))

    def _shard(self, stream: CloudStream, name: str) -> CloudShard:
        if name not in stream.shards:
            raise errors.ResourceNotFoundError(
                f"Shard {name} in stream {stream.stream_name} under account {self.account_id} does not exist"
            )
        found: CloudShard = stream.shards[name]
        return found

    # -- enhanced fan-out --------------------------------------------------------------------------------------------

    def list_stream_consumers(self, stream_arn: str, **page: Any) -> Any:
        self._stream(stream_arn, None)
        return super().list_stream_consumers(stream_arn=stream_arn, **page)

    def register_stream_consumer(self, stream_arn: str, consumer_name: str) -> CloudConsumer:
        return self._stream(stream_arn, None).fan_out.register(consumer_name)

    def deregister_stream_consumer(
        self, stream_arn: str | None, consumer_name: str | None, consumer_arn: str | None
    ) -> None:
        consumer = self.describe_stream_consumer(stream_arn, consumer_name, consumer_arn)
        self._stream(consumer.stream_arn, None).fan_out.deregister(consumer)

    def subscribe_to_shard(self, consumer_arn: str, shard_id: str, start: Mapping[str, Any]) -> str:
        """``SubscribeToShard``: the name under which the subscription waits in `subscriptions`."""
        consumer: CloudConsumer = self.describe_stream_consumer(None, None, consumer_arn)
        stream, now = self._stream(consumer.stream_arn, None), self.ground.clock.now
        shard = self._shard(stream, shard_id)
        latest = consumer.subscribed.get(shard_id)
        if latest is not None and now < latest + limits.RESUBSCRIBE:
            raise errors.ResourceInUse(
                f"Another active subscription exists for this consumer: {self.account_id}:{stream.stream_name}:"
                f"{shard_id}:{consumer.consumer_name}"
            )
        position = position_of(
            stream, shard, start["Type"], start.get("SequenceNumber"), start.get("Timestamp"), self.ground
        )
        consumer.subscribed[shard_id] = now
        self._subscribed += 1
        name = str(self._subscribed)
        self.subscriptions[name] = Subscription(self.ground, stream, consumer, shard, position)
        return name


def _check_key(key: str, where: str) -> None:
    if not key:
        raise errors.Invalid(where, "Member must have length greater than or equal to 1", key)
    if len(key) > limits.PARTITION_KEY:
        raise errors.Invalid(where, f"Member must have length less than or equal to {limits.PARTITION_KEY}", key)


def _check_size(stream: CloudStream, content: bytes, key: str, where: str) -> int:
    size = len(content) + len(key.encode())
    if size > stream.record_limit:
        raise errors.Invalid(where, f"Member must have length less than or equal to {stream.record_limit}")
    return size


def _record_limit(kib: int) -> int:
    """A largest record, from KiB to bytes."""
    low, high = limits.RECORD // limits.KIB, limits.LARGEST_RECORD // limits.KIB
    if not low <= kib <= high:
        bound = f"greater than or equal to {low}" if kib < low else f"less than or equal to {high}"
        raise errors.Invalid("maxRecordSizeInKiB", f"Member must have value {bound}", kib)
    return kib * limits.KIB
