"""The part of the Lambda API that says what becomes of events: event invoke configs, and the recursive loop setting.

What the settings mean is in ``asynchronous_settings`` and in ``recursion``. Source: AWS Lambda API reference,
PutFunctionEventInvokeConfig, UpdateFunctionEventInvokeConfig, PutFunctionRecursionConfig (read 2026-11).
"""

from __future__ import annotations

from typing import Any, ClassVar

from moto.awslambda.exceptions import InvalidParameterValueException, UnknownEventConfig, UnknownFunctionException
from moto.awslambda.models import LambdaBackend

from waterline.compute import recursion
from waterline.compute.asynchronous_settings import LATEST, EventInvokeConfigs, Settings, split
from waterline.compute.environment import Invocation
from waterline.compute.outcome import Outcome
from waterline.ground import Ground


class EventSettings(LambdaBackend):  # type: ignore[misc]
    """The settings of events beside moto's functions. `chains` knows who was invoked in which chain of requests."""

    ground: ClassVar[Ground]

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self._event_configs = EventInvokeConfigs(self.ground.clock)
        self._recursive_loop: dict[str, str] = {}
        self.chains = recursion.ChainsOfRequests(self.ground.journal)

    def forget_event_settings(self, name: str, qualifier: str | None) -> None:
        """The function, or one version of it, was deleted."""
        self._event_configs.delete(name, qualifier)
        if qualifier is None:
            self._recursive_loop.pop(name, None)

    def asynchronous_settings(self, name: str, qualifier: str) -> Settings:
        try:
            latest = self.get_function(name)
        except UnknownFunctionException:
            return Settings()  # deleted meanwhile, and its settings with it
        return self._event_configs.settings(name, qualifier, latest.dead_letter_config)

    def put_function_event_invoke_config(
        self, function_name: str, config: dict[str, Any], qualifier: str | None = None
    ) -> dict[str, Any]:
        return self._event_configs.put(*self._qualified(function_name, qualifier), config)

    def update_function_event_invoke_config(
        self, function_name: str, config: dict[str, Any], qualifier: str | None = None
    ) -> dict[str, Any]:
        return self._event_configs.update(*self._qualified(function_name, qualifier), config)

    def get_function_event_invoke_config(self, function_name: str, qualifier: str | None = None) -> dict[str, Any]:
        arn, qualifier = self._qualified(function_name, qualifier)
        config = self._event_configs.get(split(arn, None)[0], qualifier)
        if config is None:
            raise UnknownEventConfig(f"{arn}:{qualifier}")
        return config

    def delete_function_event_invoke_config(self, function_name: str, qualifier: str | None = None) -> None:
        self.get_function_event_invoke_config(function_name, qualifier)
        self._event_configs.delete(*split(function_name, qualifier))

    def list_function_event_invoke_configs(self, function_name: str) -> dict[str, Any]:
        arn, _ = self._qualified(function_name, None)
        return {"FunctionEventInvokeConfigs": self._event_configs.of(split(arn, None)[0])}

    def _qualified(self, function_name: str, qualifier: str | None) -> tuple[str, str]:
        """The ARN, without a qualifier, of a function that is there, and the qualifier that was meant."""
        name, qualifier = split(function_name, qualifier)
        function = self.get_function(name, None if qualifier == LATEST else qualifier)
        return ":".join(function.function_arn.split(":")[:7]), qualifier

    # -- recursive loops ---------------------------------------------------------------------------------------------

    def put_function_recursion_config(self, function_name: str, recursive_loop: str) -> str:
        """``Allow`` or ``Terminate``, for the function with all its versions."""
        if recursive_loop not in (recursion.ALLOW, recursion.TERMINATE):
            raise InvalidParameterValueException("RecursiveLoop is either Allow or Terminate.")
        self._recursive_loop[self.get_function(function_name).function_name] = recursive_loop
        return recursive_loop

    def get_function_recursion_config(self, function_name: str) -> str:
        return self._recursive_loop.get(self.get_function(function_name).function_name, recursion.TERMINATE)

    def stopped(self, name: str, invocation: Invocation) -> Outcome | None:
        if self._recursive_loop.get(name) == recursion.ALLOW:
            return None
        return recursion.STOPPED if self.chains.stops(f"lambda:{name}", invocation) else None
