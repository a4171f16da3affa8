"""A function as moto keeps it, with what moto forgets or keeps elsewhere than AWS.

Its resource-based policy says who may invoke it. Whoever makes a door or a subscription in the console gets the
statement with it; whoever makes it with boto3 adds it with ``add_permission``, for a version or an alias with its
``Qualifier``. Source: AWS Lambda Developer Guide, "Viewing resource-based IAM policies in Lambda", "Control access to
Lambda function URLs" (read 2026-11).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from moto.awslambda.models import LambdaFunction, lambda_backends
from moto.awslambda.policy import Policy


class FunctionPolicy(Policy):  # type: ignore[misc]
    """The policy of a function; moto leaves two settings of function URLs beside the conditions that they stand for."""

    def condition_merge(self, obj: dict[str, Any]) -> None:
        super().condition_merge(obj)
        for setting, operator in (("FunctionUrlAuthType", "StringEquals"), ("InvokedViaFunctionUrl", "Bool")):
            if setting in obj:
                value = obj.pop(setting)
                tests = obj.setdefault("Condition", {}).setdefault(operator, {})
                tests[f"lambda:{setting}"] = str(value).lower() if operator == "Bool" else value


class CloudFunction(LambdaFunction):  # type: ignore[misc]
    """A function of moto's, which forgets the dead-letter queue.

    What another service of moto's invokes it with (a topic, a bucket) it gets as an event.
    """

    dead_letter_config: Mapping[str, str] = MappingProxyType({})

    @classmethod
    def taking_over(cls, function: LambdaFunction, spec: dict[str, Any]) -> CloudFunction:
        """Make a function that moto has just created, from `spec`, one of ours."""
        function.__class__ = cls
        function.policy.__class__ = FunctionPolicy
        ours: CloudFunction = function
        ours.remember_dead_letter_queue(spec)
        return ours

    def get_code(self) -> dict[str, Any]:
        answer: dict[str, Any] = super().get_code()
        if self.reserved_concurrency is not None:  # moto keeps a zero to itself
            answer["Concurrency"] = {"ReservedConcurrentExecutions": self.reserved_concurrency}
        return answer

    def invoke(self, body: str, request_headers: Any, response_headers: Any) -> str:
        lambda_backends[self.account_id][self.region].put_event(self, body or "{}")
        return ""

    def get_configuration(self, on_create: bool = False) -> dict[str, Any]:
        configuration: dict[str, Any] = super().get_configuration(on_create)
        if self.dead_letter_config:
            configuration["DeadLetterConfig"] = dict(self.dead_letter_config)
        return configuration

    def update_configuration(self, config_updates: dict[str, Any]) -> dict[str, Any]:
        self.remember_dead_letter_queue(config_updates)
        return super().update_configuration(config_updates)  # type: ignore[no-any-return]

    def remember_dead_letter_queue(self, settings: dict[str, Any]) -> None:
        """Keep ``DeadLetterConfig``, if it is among the settings; an empty one takes the dead-letter queue away."""
        config = settings.get("DeadLetterConfig")
        if config is not None:
            self.dead_letter_config = dict(config) if config.get("TargetArn") else {}
