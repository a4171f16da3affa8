"""The answers to Kinesis requests: moto's, with the operations and the fields that moto lacks.

moto finds an operation by the name of a method, so a method is all that an operation needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.core.common_types import TYPE_RESPONSE
from moto.core.responses import ActionResult, EmptyResult
from moto.kinesis.responses import KinesisResponse

from waterline.services.kinesis import errors, limits
from waterline.services.kinesis.subscription import content

if TYPE_CHECKING:
    from waterline.services.kinesis.backend import StreamBackend


class StreamResponse(KinesisResponse):  # type: ignore[misc]
    """One request, and its answer."""

    @property
    def backend(self) -> StreamBackend:
        backend: StreamBackend = self.kinesis_backend
        return backend

    @property
    def _named(self) -> tuple[str | None, str | None]:
        return self._get_param("StreamARN"), self._get_param("StreamName")

    def create_stream(self) -> ActionResult:
        self._refuse_warm_throughput()
        name = self._get_param("StreamName")
        self.backend.create_stream(
            name,
            self._get_param("ShardCount"),
            stream_mode=self._get_param("StreamModeDetails"),
            record_kib=self._get_param("MaxRecordSizeInKiB"),
        )
        if self._get_param("Tags"):
            self.backend.add_tags_to_stream(None, name, self._get_param("Tags"))
        return EmptyResult()

    def _refuse_warm_throughput(self) -> None:
        if self._get_param("WarmThroughputMiBps"):
            raise errors.InvalidArgumentError("The lab's streams have no warm throughput (WarmThroughputMiBps).")

    def delete_stream(self) -> ActionResult:
        self.backend.delete_stream(*self._named, with_consumers=bool(self._get_param("EnforceConsumerDeletion")))
        return EmptyResult()

    def update_stream_mode(self) -> ActionResult:
        self._refuse_warm_throughput()
        return super().update_stream_mode()

    def describe_stream(self) -> ActionResult:
        stream = self.backend.describe_stream(*self._named)
        after, most = self._get_param("ExclusiveStartShardId", ""), self._get_param("Limit", limits.DESCRIBED_SHARDS)
        shards = [shard for shard in stream.shards.values() if shard.shard_id > after]
        shown = shards[: min(most, limits.DESCRIBED_SHARDS)]
        answer = stream.to_json()
        answer["StreamDescription"] |= {
            "Shards": [shard.to_json() for shard in shown],
            "HasMoreShards": len(shown) < len(shards),
            "StreamModeDetails": stream.stream_mode,
        }
        return ActionResult(answer)

    def describe_stream_summary(self) -> ActionResult:
        stream = self.backend.describe_stream(*self._named)
        answer = stream.to_json_summary()
        answer["StreamDescriptionSummary"] |= {
            "ConsumerCount": len(stream.consumers),
            "MaxRecordSizeInKiB": stream.record_limit // limits.KIB,
        }
        return ActionResult(answer)

    def get_records(self) -> ActionResult:
        read = self.backend.read(self._get_param("ShardIterator"), self._get_param("Limit"))
        answer: dict[str, Any] = {
            "Records": [content(record.event["kinesis"]) for record in read.records],
            "NextShardIterator": read.iterator,
            "MillisBehindLatest": read.behind,
        }
        if read.children:
            answer["ChildShards"] = read.children
        return ActionResult(answer)

    def list_shards(self) -> ActionResult:
        shards, token = self.backend.listed_shards(
            *self._named,
            self._get_param("NextToken"),
            self._get_param("ExclusiveStartShardId"),
            self._get_param("MaxResults"),
            self._get_param("ShardFilter"),
        )
        return ActionResult({"Shards": [shard.to_json() for shard in shards], "NextToken": token})

    def update_shard_count(self) -> ActionResult:
        stream = self.backend.describe_stream(*self._named)
        before, target = len(stream.open_shards), self._get_param("TargetShardCount")
        stream.update_shard_count(target)
        answer = {"StreamName": stream.stream_name, "StreamARN": stream.arn}
        return ActionResult({**answer, "CurrentShardCount": before, "TargetShardCount": target})

    def update_max_record_size(self) -> ActionResult:
        self.backend.update_max_record_size(self._get_param("StreamARN"), self._get_param("MaxRecordSizeInKiB"))
        return EmptyResult()

    def subscribe_to_shard(self) -> TYPE_RESPONSE:
        name = self.backend.subscribe_to_shard(
            self._get_param("ConsumerARN"), self._get_param("ShardId"), self._get_param("StartingPosition")
        )
        return 200, {}, f"{self.current_account}/{self.region}/{name}"
