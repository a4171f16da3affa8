"""The Lambda API: moto parses, validates and stores; what happens then is ours."""

from __future__ import annotations

import json
import uuid
from typing import Any, ClassVar

import moto.awslambda.urls
from moto.awslambda.exceptions import InvalidParameterValueException
from moto.awslambda.models import EventSourceMapping, LambdaBackend, LambdaFunction
from moto.core.exceptions import JsonRESTError
from moto.sqs.models import sqs_backends

from waterline.clock import SECOND, Clock
from waterline.compute.asynchronous import AsynchronousQueue
from waterline.compute.environment import Account, Fleet, Invocation
from waterline.compute.inline import InlineSandbox
from waterline.compute.logs import tail
from waterline.compute.outcome import Outcome
from waterline.compute.package import Package
from waterline.compute.sandbox import Configuration, Sandbox
from waterline.compute.sqs_mapping import QueueMapping, Settings
from waterline.compute.watchdog import watchdog
from waterline.facts import facts
from waterline.ground import Ground
from waterline.services.sqs import CloudQueue


class TooManyRequests(JsonRESTError):
    """What a caller gets whose invocation found no execution environment."""

    code = 429

    def __init__(self) -> None:
        super().__init__("TooManyRequestsException", "Rate Exceeded.")


class Functions(LambdaBackend):  # type: ignore[misc]
    """The Lambda service of one account and region."""

    ground: ClassVar[Ground]

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self._fleets: dict[str, Fleet] = {}
        self._mappings: dict[str, QueueMapping] = {}
        self._packages: dict[str, Package] = {}
        self._account = Account(facts["lambda.account_concurrency_default"].value)
        self._asynchronous = AsynchronousQueue(self.ground)

    @property
    def _url_module(self) -> Any:
        return moto.awslambda.urls

    # -- functions ---------------------------------------------------------------------------------------------------

    def update_function_code(self, function_name: str, qualifier: str, body: dict[str, Any]) -> Any:
        answer = super().update_function_code(function_name, qualifier, body)
        self._reconfigure(function_name)
        return answer

    def update_function_configuration(self, function_name: str, qualifier: str, body: dict[str, Any]) -> Any:
        answer = super().update_function_configuration(function_name, qualifier, body)
        self._reconfigure(function_name)
        return answer

    def fleet(self, function: LambdaFunction) -> Fleet:
        """The execution environments of a function version."""
        key = f"{function.function_name}:{function.version}"
        if key not in self._fleets:

            def reserved() -> int | None:
                latest = self.get_function(function.function_name)
                return None if latest.reserved_concurrency is None else int(latest.reserved_concurrency)

            self._fleets[key] = Fleet(
                self.ground,
                self._configuration(function),
                self._account,
                reserved,
                self._sandbox,
                (self.account_id, self.region_name),
            )
        return self._fleets[key]

    def _reconfigure(self, function_name: str) -> None:
        function = self.get_function(function_name)
        key = f"{function.function_name}:{function.version}"
        if key in self._fleets:
            self._fleets[key].reconfigure(self._configuration(function))

    @staticmethod
    def _sandbox(clock: Clock, configuration: Configuration) -> Sandbox:
        return InlineSandbox(clock, configuration, watchdog())

    def _configuration(self, function: LambdaFunction) -> Configuration:
        code: bytes = function.code_bytes
        package = self._packages.setdefault(function.code_sha_256, Package(code))
        version, memory = str(function.version), int(function.memory_size)
        variables = {
            "AWS_REGION": self.region_name,
            "AWS_DEFAULT_REGION": self.region_name,
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.run_time}",
            "AWS_LAMBDA_FUNCTION_NAME": function.function_name,
            "AWS_LAMBDA_FUNCTION_VERSION": version,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(memory),
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.function_name}",
            "LAMBDA_TASK_ROOT": "/var/task",
            "_HANDLER": function.handler,
            **function.environment_vars,
        }
        return Configuration(
            name=function.function_name,
            arn=function.function_arn,
            version=version,
            handler=function.handler,
            timeout=int(function.timeout),
            memory=memory,
            variables=variables,
            package=package,
        )

    # -- invocation --------------------------------------------------------------------------------------------------

    def new_request_id(self) -> str:
        return str(uuid.UUID(int=self.ground.random("request ids").getrandbits(128), version=4))

    def invoke(
        self, function_name: str, qualifier: str | None, body: Any, headers: Any, response_headers: Any
    ) -> str | bytes | None:
        """``Invoke``: wait for the function, put the event into its queue, or only look whether it is there."""
        self.ground.clock.refuse_other_threads()
        function = self.get_function(function_name, qualifier)
        kind = headers.get("X-Amz-Invocation-Type") or "RequestResponse"
        event = body.decode() if isinstance(body, bytes) else body or "{}"
        try:
            json.loads(event)
        except ValueError as error:
            message = f"Could not parse request body into json: {error}"
            raise JsonRESTError("InvalidRequestContentException", message) from error
        request_id = self.new_request_id()
        invocation = Invocation(request_id, event, (request_id,), self.ground.clock.cause)
        if kind == "DryRun":
            return b""
        if kind == "Event":
            self._asynchronous.put(self.fleet(function), invocation, *self._asynchronous_settings(function))
            return b""
        outcome, log = self._wait_for(self.fleet(function), invocation)
        response_headers["X-Amz-Executed-Version"] = str(function.version)
        response_headers["x-amz-log-result"] = tail(log)
        if not outcome.succeeded:
            response_headers["x-amz-function-error"] = "Unhandled"
        return outcome.payload.encode()

    def _wait_for(self, fleet: Fleet, invocation: Invocation) -> tuple[Outcome, str]:
        gate = self.ground.clock.gate()
        if not fleet.start(invocation, lambda outcome, log: gate.open((outcome, log))):
            raise TooManyRequests
        gate.wait()
        outcome, log = gate.value
        return outcome, log

    def _asynchronous_settings(self, function: LambdaFunction) -> tuple[int, int]:
        retries, age = facts["lambda.async_retries_default"].value, facts["lambda.async_event_age_default"].value
        config = function.event_invoke_config[-1].config if function.event_invoke_config else {}
        return config.get("MaximumRetryAttempts", retries), config.get("MaximumEventAgeInSeconds", age)

    # -- event source mappings ---------------------------------------------------------------------------------------

    def create_event_source_mapping(self, spec: dict[str, Any]) -> EventSourceMapping:
        queue = self._queue(spec.get("EventSourceArn", ""))
        function = self.get_function(spec.get("FunctionName", ""))
        if queue is not None:
            _check_mapping(spec, queue, function)
        mapping = super().create_event_source_mapping(spec)
        if queue is None:
            super().delete_event_source_mapping(mapping.uuid)
            raise InvalidParameterValueException("The lab polls SQS queues only, so far: this source is not a queue.")
        polling = QueueMapping(self.ground, queue, self.fleet(function), _settings(mapping), self.new_request_id)
        self._mappings[mapping.uuid] = polling
        if mapping.enabled:
            polling.start()
        return mapping

    def update_event_source_mapping(self, uuid: str, spec: dict[str, Any]) -> EventSourceMapping | None:
        mapping = super().update_event_source_mapping(uuid, spec)
        if mapping is not None and uuid in self._mappings:
            polling = self._mappings[uuid]
            polling.change(self.fleet(self.get_function(mapping.function_arn)), _settings(mapping))
            polling.start() if mapping.enabled else polling.stop()
        return mapping

    def delete_event_source_mapping(self, uuid: str) -> EventSourceMapping | None:
        if uuid in self._mappings:
            self._mappings.pop(uuid).stop()
        return super().delete_event_source_mapping(uuid)

    def _queue(self, arn: str) -> CloudQueue | None:
        queues = sqs_backends[self.account_id][self.region_name].queues.values()
        return next((queue for queue in queues if queue.queue_arn == arn), None)


def _settings(mapping: EventSourceMapping) -> Settings:
    scaling = mapping.scaling_config or {}
    return Settings(
        batch_size=mapping.batch_size,
        window=int(mapping.max_batch_window or 0) * SECOND,
        maximum_concurrency=scaling.get("MaximumConcurrency"),
        reports_failures="ReportBatchItemFailures" in (mapping.function_response_types or []),
    )


def _check_mapping(spec: dict[str, Any], queue: CloudQueue, function: LambdaFunction) -> None:
    """What AWS refuses when a mapping is made; it does not look again later."""
    hidden, timeout = int(queue.visibility_timeout), int(function.timeout)
    if hidden < timeout:
        raise InvalidParameterValueException(
            f"Invalid request provided: Queue visibility timeout: {hidden} seconds is less than "
            f"Function timeout: {timeout} seconds"
        )
    size, window = spec.get("BatchSize"), spec.get("MaximumBatchingWindowInSeconds") or 0
    if size is not None and size > facts["sqs.batch_entries_max"].value and not queue.fifo_queue and window < 1:
        raise InvalidParameterValueException(
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10"
        )
