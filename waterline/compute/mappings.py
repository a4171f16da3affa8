"""The API of event source mappings: checked, kept by moto, and played by ``sqs_mapping`` and ``stream_mapping``.

Source: CreateEventSourceMapping, UpdateEventSourceMapping, DeleteEventSourceMapping, API reference (read 2026-11).
"""

from __future__ import annotations

from typing import Any

from moto.awslambda.exceptions import InvalidParameterValueException
from moto.awslambda.models import EventSourceMapping
from moto.sqs.models import sqs_backends

from waterline.clock import SECOND
from waterline.compute.aim import Aim
from waterline.compute.filters import QUEUE, filters_of
from waterline.compute.mapping_checks import REPORT, check_new, check_settings, check_visibility
from waterline.compute.sqs_mapping import QueueMapping, Settings
from waterline.compute.stream_checks import check_new_stream, check_stream_settings
from waterline.compute.stream_mapping import StreamMapping
from waterline.compute.stream_settings import STREAM_DEFAULTS, source_service, start_of, stream_settings
from waterline.compute.versions import VersionedFunctions, arn_of, named
from waterline.services.delivery import stream_at
from waterline.services.sqs import CloudQueue
from waterline.services.stream import EventStream


class Mappings(VersionedFunctions):
    """The part of the Lambda service that polls queues and reads streams for functions."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self._mappings: dict[str, QueueMapping | StreamMapping] = {}

    def new_request_id(self) -> str:
        return self.ground.identifier("request ids")

    def create_event_source_mapping(self, spec: dict[str, Any]) -> EventSourceMapping:
        stream = stream_at(spec.get("EventSourceArn", ""))
        if stream is not None:
            return self._create_stream_mapping(spec, stream)
        queue = self._queue(spec.get("EventSourceArn", ""))
        aim = self._aim(spec.get("FunctionName", ""))
        if queue is None:
            if source_service(spec) not in ("sqs", "kinesis", "dynamodb"):
                raise InvalidParameterValueException(
                    "The lab reads SQS queues, Kinesis streams and DynamoDB streams: this source is none of them."
                )
            return super().create_event_source_mapping(spec)  # which refuses what is not there
        check_new(spec, queue, aim, self._timeout(aim), list(self._event_source_mappings.values()))
        filters_of(spec.get("FilterCriteria"), QUEUE)
        mapping = super().create_event_source_mapping(spec)
        mapping.function_arn = aim.arn
        polling = QueueMapping(self.ground, queue, aim, _settings(mapping), self.new_request_id)
        self._mappings[mapping.uuid] = polling
        if mapping.enabled:
            polling.start()
        return mapping

    def update_event_source_mapping(self, uuid: str, spec: dict[str, Any]) -> EventSourceMapping | None:
        before, playing = self.get_event_source_mapping(uuid), self._mappings.get(uuid)
        if playing is None:
            return super().update_event_source_mapping(uuid, spec)
        aim = self._aim(spec.get("FunctionName") or before.function_arn)
        if isinstance(playing, StreamMapping):
            check_stream_settings(spec)
            stream = stream_settings((before.get_configuration() | spec).get, playing.stream)
            mapping = super().update_event_source_mapping(uuid, spec)
            playing.change(aim, stream)
        else:
            check_settings(spec, playing.queue, before)
            check_visibility(playing.queue, self._timeout(aim))
            filters_of(spec.get("FilterCriteria"), QUEUE)
            mapping = super().update_event_source_mapping(uuid, spec)
            playing.change(aim, _settings(mapping))
        mapping.function_arn = aim.arn
        playing.start() if mapping.enabled else playing.stop()
        return mapping

    def delete_event_source_mapping(self, uuid: str) -> EventSourceMapping | None:
        if uuid in self._mappings:
            self._mappings.pop(uuid).close()
        return super().delete_event_source_mapping(uuid)

    def delete_alias(self, name: str, function_name: str) -> None:
        super().delete_alias(name, function_name)
        self.stop_aimless("the alias was deleted")

    def stop_aimless(self, why: str) -> None:
        """Stop the mappings whose function, version or alias is there no longer."""
        for uuid, playing in self._mappings.items():
            if not playing.aim.exists:
                playing.stop_because(why)
                self.get_event_source_mapping(uuid).enabled = False

    def _create_stream_mapping(self, spec: dict[str, Any], stream: EventStream) -> EventSourceMapping:
        aim, clock = self._aim(spec.get("FunctionName", "")), self.ground.clock
        check_new_stream(spec, stream.arn, aim, list(self._event_source_mappings.values()), clock)
        for name, default in STREAM_DEFAULTS.items():
            spec.setdefault(name, default)
        settings = stream_settings(spec.get, stream)
        # moto knows streams only, not their consumers.
        whole = {**spec, "EventSourceArn": stream.arn.partition("/consumer/")[0]}
        mapping = super().create_event_source_mapping(whole)
        mapping.event_source_arn, mapping.function_arn = stream.arn, aim.arn
        role = self.get_function(aim.name, aim.qualifier).role
        reading = StreamMapping(self.ground, stream, aim, settings, start_of(spec, clock), self.new_request_id, role)
        self._mappings[mapping.uuid] = reading
        if mapping.enabled:
            reading.start()
        return mapping

    def _aim(self, function_name: str) -> Aim:
        """Whom a mapping is to invoke: a function's name or ARN, with a qualifier or not. It must be there."""
        function, qualifier = self.get_function(function_name), named(function_name, None)
        return Aim(self, function.function_name, qualifier, arn_of(function, qualifier))

    def _timeout(self, aim: Aim) -> int:
        """The function's, in seconds."""
        return int(self.get_function(aim.name, aim.qualifier).timeout)

    def _queue(self, arn: str) -> CloudQueue | None:
        queue: CloudQueue | None = sqs_backends[self.account_id][self.region_name].queue_at(arn)
        return queue


def _settings(mapping: EventSourceMapping) -> Settings:
    scaling = mapping.scaling_config or {}
    return Settings(
        batch_size=mapping.batch_size,
        window=int(mapping.max_batch_window or 0) * SECOND,
        maximum_concurrency=scaling.get("MaximumConcurrency"),
        reports_failures=REPORT in (mapping.function_response_types or []),
        filters=filters_of(mapping.filter_criteria, QUEUE),
    )
