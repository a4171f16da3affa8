"""The Lambda API: moto parses, validates and stores; what happens then is ours."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from types import SimpleNamespace
from typing import Any

from moto.awslambda import urls as moto_urls
from moto.awslambda.exceptions import InvalidParameterValueException
from moto.awslambda.models import LambdaFunction
from moto.core.exceptions import JsonRESTError

from waterline.clock import Clock
from waterline.compute import limits, recursion
from waterline.compute.asynchronous import AsynchronousQueue, Target
from waterline.compute.asynchronous_settings import check_dead_letter_queue
from waterline.compute.environment import Invocation
from waterline.compute.errors import RecursiveInvocation, RequestTooLarge, ServiceFailed, TooManyRequests
from waterline.compute.event_settings import EventSettings
from waterline.compute.fleet import DOWN, Fleet
from waterline.compute.function import CloudFunction
from waterline.compute.function_urls import FunctionUrls
from waterline.compute.inline import InlineSandbox
from waterline.compute.logs import tail
from waterline.compute.mappings import Mappings
from waterline.compute.outcome import Outcome
from waterline.compute.package import Package
from waterline.compute.responses import MORE_PATHS, FunctionResponse
from waterline.compute.sandbox import Configuration, Sandbox
from waterline.compute.versions import arn_of, named
from waterline.compute.watchdog import watchdog


class Functions(Mappings, FunctionUrls, EventSettings):
    """The Lambda service of one account and region."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self._fleets: dict[str, Fleet] = {}
        self._packages: dict[str, Package] = {}
        self.asynchronous = AsynchronousQueue(self.ground, self.chains)

    @property
    def _url_module(self) -> SimpleNamespace:
        """moto's addresses, answered by our responses: moto reads them from here when a request comes in."""
        paths = [*moto_urls.url_paths, *MORE_PATHS]
        return SimpleNamespace(url_bases=moto_urls.url_bases, url_paths=dict.fromkeys(paths, FunctionResponse.dispatch))

    # -- functions ---------------------------------------------------------------------------------------------------

    def create_function(self, spec: dict[str, Any]) -> LambdaFunction:
        _check_zip(spec.get("Code") or {})
        if spec.get("PackageType", "Zip") != "Zip":
            raise InvalidParameterValueException("The lab runs functions from a zip only: an image needs Docker.")
        check_dead_letter_queue(spec.get("DeadLetterConfig"))
        answer = super().create_function(spec)
        name = answer.function_name
        for function in (self.get_function(name), *self.list_versions_by_function(name)):
            CloudFunction.taking_over(function, spec)
        return answer

    def delete_function(self, function_name: str, qualifier: str | None = None) -> None:
        name = self.get_function(function_name, qualifier).function_name
        qualifier = named(function_name, qualifier)
        self.forget(name, qualifier)
        super().delete_function(name, qualifier)
        self.forget_event_settings(name, qualifier)
        for key in [key for key in self._fleets if key == f"{name}:{qualifier or key.rpartition(':')[2]}"]:
            self._fleets.pop(key).close()
        self.stop_aimless("the function was deleted")

    def update_function_code(self, function_name: str, qualifier: str, body: dict[str, Any]) -> Any:
        _check_zip(body)
        answer = super().update_function_code(function_name, qualifier, body)
        self._reconfigure(function_name)
        return answer

    def update_function_configuration(self, function_name: str, qualifier: str, body: dict[str, Any]) -> Any:
        check_dead_letter_queue(body.get("DeadLetterConfig"))
        answer = super().update_function_configuration(function_name, qualifier, body)
        self._reconfigure(function_name)
        return answer

    def fleet(self, function: LambdaFunction) -> Fleet:
        """The execution environments of a function version."""
        key = f"{function.function_name}:{function.version}"
        if key not in self._fleets:
            self._fleets[key] = Fleet(
                self.ground,
                self._configuration(function),
                self._account,
                self._sandbox,
                (self.account_id, self.region_name),
            )
            self._fleets[key].stops = lambda invocation: self.stopped(function.function_name, invocation)
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
        if function.code_sha_256 not in self._packages:
            self._packages[function.code_sha_256] = Package(code)
        package = self._packages[function.code_sha_256]
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

    def invoke(
        self, function_name: str, qualifier: str | None, body: Any, headers: Any, response_headers: Any
    ) -> str | bytes | None:
        """``Invoke``: wait for the function, put the event into its queue, or only look whether it is there."""
        self.ground.clock.refuse_other_threads()
        function, qualifier = self.target(function_name, qualifier)
        kind = headers.get("X-Amz-Invocation-Type") or "RequestResponse"
        try:
            event = (body.decode() if isinstance(body, bytes) else body) or "{}"
            json.loads(event)
        except ValueError as error:
            message = f"Could not parse request body into json: {error}"
            raise JsonRESTError("InvalidRequestContentException", message) from error
        size, limit = len(event.encode("utf-8", "replace")), _payload_limit(kind)
        if size > limit:
            raise RequestTooLarge(size, kind, limit)
        if kind == "DryRun":
            return b""
        if kind == "Event":
            throttle = self._account.refuse_request(self.ground.clock.now)
            if throttle is not None:
                raise TooManyRequests(throttle.reason)
            self.put_event(function, event, qualifier)
            return b""
        outcome, log = self._wait_for(self.fleet(function), self._invocation(event, qualifier))
        response_headers["X-Amz-Executed-Version"] = str(function.version)
        response_headers["x-amz-log-result"] = tail(log)
        if not outcome.succeeded:
            response_headers["x-amz-function-error"] = "Unhandled"
        return outcome.payload.encode()

    def put_event(self, function: LambdaFunction, event: str, qualifier: str | None = None) -> None:
        """Put an event (JSON text) into the function's asynchronous queue; `qualifier`: what it was invoked under."""
        name, version = function.function_name, str(function.version)
        known_as = qualifier or version
        target = Target(arn_of(function, known_as), version, lambda: self.asynchronous_settings(name, known_as))
        self.asynchronous.put(self.fleet(function), self._invocation(event, qualifier), target)

    def send_event(self, arn: str, event: str) -> None:
        """Put an event into the asynchronous queue of the function that an ARN, with a qualifier or not, names."""
        function, qualifier = self.target(arn, None)
        self.put_event(function, event, qualifier)

    def _invocation(self, event: str, qualifier: str | None = None) -> Invocation:
        request_id = self.new_request_id()
        return Invocation(request_id, event, (request_id,), self.ground.clock.cause, qualifier=qualifier)

    def _wait_for(self, fleet: Fleet, invocation: Invocation) -> tuple[Outcome, str]:
        gate = self.ground.clock.gate()
        refusal = fleet.begin(invocation, lambda outcome, log: gate.open((outcome, log)), request=True)
        if refusal is not None:
            raise ServiceFailed if refusal is DOWN else TooManyRequests(refusal.reason)
        gate.wait()
        outcome, log = gate.value
        if outcome is recursion.STOPPED:
            raise RecursiveInvocation
        return outcome, log


def _payload_limit(invocation_type: str) -> int:
    """In bytes; a DryRun is looked at like the call that it stands for, a synchronous one."""
    return limits.ASYNCHRONOUS_PAYLOAD if invocation_type == "Event" else limits.SYNCHRONOUS_PAYLOAD


def _check_zip(code: dict[str, Any]) -> None:
    """Raise what AWS answers to a deployment package that is no zip."""
    if code.get("ZipFile") is None:
        return
    try:
        zipfile.ZipFile(io.BytesIO(base64.b64decode(code["ZipFile"]))).close()
    except (zipfile.BadZipFile, ValueError) as error:
        raise InvalidParameterValueException(
            "Could not unzip uploaded file. Please check your file, then try to upload again."
        ) from error
