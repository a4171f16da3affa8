"""The verbs of the Kinesis API, on streams of ours."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import moto.kinesis.urls
from moto.kinesis.models import KinesisBackend

from waterline.ground import Ground
from waterline.services.kinesis.stream import CloudStream


class StreamBackend(KinesisBackend):  # type: ignore[misc]
    """The streams of one account in one Region. `ground` is set by ``waterline.ground.installed``."""

    ground: Ground

    @property
    def _url_module(self) -> ModuleType:
        module: ModuleType = moto.kinesis.urls
        return module

    def create_stream(self, stream_name: str, *args: Any, **kwargs: Any) -> CloudStream:
        self.ground.clock.refuse_other_threads()
        return CloudStream.taking_over(super().create_stream(stream_name, *args, **kwargs), self.ground)

    def delete_stream(self, stream_arn: str | None, stream_name: str | None) -> CloudStream:
        stream: CloudStream = super().delete_stream(stream_arn, stream_name)
        stream.close()
        return stream

    def describe_stream(self, stream_arn: str | None, stream_name: str | None) -> CloudStream:
        self.ground.clock.refuse_other_threads()
        stream: CloudStream = super().describe_stream(stream_arn, stream_name)
        stream.trim()
        return stream

    def _send_stream_metrics(self, stream_name: str, incoming_bytes: int, incoming_records: int) -> None:
        """Nothing: in the cloud metrics are read from the journal, and nobody puts any under ``AWS/``."""

    def stream_at(self, arn: str) -> CloudStream | None:
        """The stream with this ARN."""
        return next((stream for stream in self.streams.values() if stream.arn == arn), None)
