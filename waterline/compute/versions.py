"""Which version an invocation reaches, and the API of concurrency: reserved, provisioned, the account's.

Words
-----
qualifier
    the version or the alias that a caller names; without one, the version that can still be changed.
alias
    a name for a version; with routing weights, for two versions, of which each invocation reaches one by chance.

Source: AWS Lambda Developer Guide, "Manage Lambda function versions", "Implement Lambda canary deployments using a
weighted alias" and "Configuring provisioned concurrency for a function"; Lambda API Reference, the operations of the
same names (read 2026-11). The sentences of the refusals are those that AWS answers, as published in issues of tools
that met them.
"""

from __future__ import annotations

from typing import Any, ClassVar

from moto.awslambda.exceptions import ConflictException, InvalidParameterValueException
from moto.awslambda.models import LambdaAlias, LambdaBackend, LambdaFunction
from moto.core.exceptions import JsonRESTError

from waterline.compute import limits
from waterline.compute.concurrency import Account
from waterline.compute.fleet import Fleet
from waterline.ground import Ground

_LATEST = "$LATEST"


class ProvisionedConcurrencyConfigNotFound(JsonRESTError):  # type: ignore[misc]
    """No provisioned concurrency was asked for at this version or alias."""

    code = 404

    def __init__(self) -> None:
        sentence = "No Provisioned Concurrency Config found for this function"
        super().__init__("ProvisionedConcurrencyConfigNotFoundException", sentence)


class _Provisioned:
    """What was asked for at one version or alias, when, and the environments it is at."""

    def __init__(self, qualifier: str, fleet: Fleet, modified: str) -> None:
        self.qualifier = qualifier
        self.fleet = fleet
        self.modified = modified

    def answer(self) -> dict[str, Any]:
        environments = self.fleet.provisioned
        answer: dict[str, Any] = {
            "RequestedProvisionedConcurrentExecutions": environments.requested,
            "AvailableProvisionedConcurrentExecutions": environments.available,
            "AllocatedProvisionedConcurrentExecutions": environments.allocated,
            "Status": "READY" if environments.allocated >= environments.requested else "IN_PROGRESS",
            "LastModified": self.modified,
        }
        if environments.failure is not None:
            answer |= {"Status": "FAILED", "StatusReason": environments.failure}
        return answer


class VersionedFunctions(LambdaBackend):  # type: ignore[misc]
    """The part of the Lambda service that knows versions, aliases and concurrency."""

    ground: ClassVar[Ground]

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self._account = Account(limits.ACCOUNT_CONCURRENCY)
        self._provisioned: dict[tuple[str, str], _Provisioned] = {}

    def fleet(self, function: LambdaFunction) -> Fleet:
        """The execution environments of a function version."""
        raise NotImplementedError

    # -- versions ----------------------------------------------------------------------------------------------------

    def target(self, function_name: str, qualifier: str | None) -> tuple[LambdaFunction, str | None]:
        """The version that this invocation reaches, and the qualifier that the caller named."""
        function = self.get_function(function_name, qualifier)
        qualifier = named(function_name, qualifier)
        if qualifier is None:
            return function, None
        alias = self._alias(function.function_name, qualifier)
        weights = ((alias.routing_config or {}).get("AdditionalVersionWeights") or {}) if alias is not None else {}
        for version, weight in weights.items():
            if self.ground.random(f"routing {function.function_name}:{qualifier}").random() < float(weight):
                return self.get_function(function.function_name, version), qualifier
        return function, qualifier

    def _alias(self, name: str, qualifier: str) -> LambdaAlias | None:
        return next((alias for alias in self.list_aliases(name) if alias.name == qualifier), None)

    def create_alias(
        self, name: str, function_name: str, function_version: str, description: str, routing_config: Any
    ) -> LambdaAlias:
        _check_routing(function_version, routing_config)
        return super().create_alias(name, function_name, function_version, description, routing_config)

    def update_alias(
        self, name: str, function_name: str, function_version: str, description: str, routing_config: Any
    ) -> LambdaAlias:
        function = self.get_function(function_name)
        provisioned = self._provisioned.get((function.function_name, name))
        before = self._alias(function.function_name, name)
        if before is not None:
            config = before.routing_config if routing_config is None else routing_config
            _check_routing(function_version or before.function_version, config)
        if provisioned is not None and (routing_config or {}).get("AdditionalVersionWeights"):
            raise InvalidParameterValueException("Alias with weights can not be used with Provisioned Concurrency")
        alias = super().update_alias(name, function_name, function_version, description, routing_config)
        if provisioned is not None:
            self._move(provisioned, self.fleet(self.get_function(function_name, name)))
        return alias

    def delete_alias(self, name: str, function_name: str) -> None:
        self._take_back(self.get_function(function_name).function_name, name)
        super().delete_alias(name, function_name)

    # -- reserved concurrency, and the account's ---------------------------------------------------------------------

    def get_account_settings(self) -> dict[str, Any]:
        functions = list(self.list_functions())
        return {
            "AccountLimit": {
                "ConcurrentExecutions": self._account.limit,
                "UnreservedConcurrentExecutions": self._account.unreserved,
            },
            "AccountUsage": {
                "FunctionCount": len(functions),
                "TotalCodeSize": sum(function.code_size for function in functions),
            },
        }

    def put_function_concurrency(self, function_name: str, reserved_concurrency: Any) -> Any:
        function = self.get_function(function_name)
        count, concurrency = int(reserved_concurrency), self._account.of(function.function_name)
        if self._account.unreserved_with(function.function_name, count) < limits.UNRESERVED_AT_LEAST:
            raise InvalidParameterValueException(
                "Specified ReservedConcurrentExecutions for function decreases account's "
                f"UnreservedConcurrentExecution below its minimum value of [{limits.UNRESERVED_AT_LEAST}]."
            )
        if count < concurrency.provisioned:
            raise InvalidParameterValueException(
                f"ReservedConcurrentExecutions {count} should not be lower than function's total provisioned "
                f"concurrency [{concurrency.provisioned}]."
            )
        concurrency.reserve(count)
        function.reserved_concurrency = count
        return count

    def delete_function_concurrency(self, function_name: str) -> Any:
        self._account.of(self.get_function(function_name).function_name).reserve(None)
        return super().delete_function_concurrency(function_name)

    # -- provisioned concurrency -------------------------------------------------------------------------------------

    def put_provisioned_concurrency_config(self, function_name: str, qualifier: str, count: int) -> dict[str, Any]:
        function = self.get_function(function_name, qualifier)
        name, fleet = function.function_name, self.fleet(function)
        self._check_provisioned(function, qualifier, count)
        modified = self.ground.clock.date.strftime("%Y-%m-%dT%H:%M:%S+0000")
        config = self._provisioned[name, qualifier] = _Provisioned(qualifier, fleet, modified)
        fleet.provisioned.request(count)
        return config.answer()

    def _check_provisioned(self, function: LambdaFunction, qualifier: str, count: int) -> None:
        name, alias = function.function_name, self._alias(function.function_name, qualifier)
        if count < limits.PROVISIONED_AT_LEAST:
            raise JsonRESTError(
                "ValidationException",
                f"1 validation error detected: Value '{count}' at 'provisionedConcurrentExecutions' failed to satisfy "
                f"constraint: Member must have value greater than or equal to {limits.PROVISIONED_AT_LEAST}",
            )
        if function.version == _LATEST:
            what = "Alias" if alias is not None else "Provisioned Concurrency Configs"
            raise InvalidParameterValueException(f"{what} cannot be applied to unpublished function versions.")
        if alias is not None and (alias.routing_config or {}).get("AdditionalVersionWeights"):
            raise InvalidParameterValueException("Alias with weights can not be used with Provisioned Concurrency")
        fleet = self.fleet(function)
        for (_, other), config in self._provisioned.items():
            if config.fleet is fleet and other != qualifier:
                raise ConflictException(f"{name}:{other} has provisioned concurrency at the same version already.")
        concurrency = self._account.of(name)
        more = count - fleet.provisioned.requested
        if concurrency.reserved is not None:
            if concurrency.provisioned + more > concurrency.reserved:
                raise InvalidParameterValueException(
                    "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution "
                    "for function"
                )
        elif self._account.unprovisioned - more < limits.UNRESERVED_AT_LEAST:
            raise InvalidParameterValueException(
                "Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below "
                f"its minimum value of [{limits.UNRESERVED_AT_LEAST}]."
            )

    def get_provisioned_concurrency_config(self, function_name: str, qualifier: str) -> dict[str, Any]:
        name = self.get_function(function_name, qualifier).function_name
        if (name, qualifier) not in self._provisioned:
            raise ProvisionedConcurrencyConfigNotFound
        return self._provisioned[name, qualifier].answer()

    def list_provisioned_concurrency_configs(self, function_name: str) -> list[dict[str, Any]]:
        function = self.get_function(function_name)
        return [
            {"FunctionArn": arn_of(function, qualifier), **config.answer()}
            for (name, qualifier), config in self._provisioned.items()
            if name == function.function_name
        ]

    def delete_provisioned_concurrency_config(self, function_name: str, qualifier: str) -> None:
        self._take_back(self.get_function(function_name, qualifier).function_name, qualifier)

    def _take_back(self, name: str, qualifier: str) -> None:
        config = self._provisioned.pop((name, qualifier), None)
        if config is not None:
            config.fleet.provisioned.request(0)

    def _move(self, config: _Provisioned, fleet: Fleet) -> None:
        if config.fleet is not fleet:
            count = config.fleet.provisioned.requested
            config.fleet.provisioned.request(0)
            config.fleet = fleet
            fleet.provisioned.request(count)

    def forget(self, name: str, qualifier: str | None) -> None:
        """A function, or one version of it, was deleted."""
        for key in [key for key in self._provisioned if key[0] == name and qualifier in (None, key[1])]:
            self._take_back(*key)
        if qualifier is None:
            self._account.of(name).reserve(None)


def named(function_name: str, qualifier: str | None) -> str | None:
    """The qualifier in a function's name or ARN, which goes before the one that stands beside it, as moto has it."""
    parts = function_name.split(":")
    return parts[-1] if len(parts) in (2, 8) else qualifier


def arn_of(function: LambdaFunction, qualifier: str | None) -> str:
    """The ARN under which a function is invoked: with the qualifier that the caller named, or without one."""
    base = ":".join(function.function_arn.split(":")[:7])
    return base if qualifier is None else f"{base}:{qualifier}"


def _check_routing(version: str, routing_config: Any) -> None:
    """Raise what AWS answers to an alias whose weights cannot be."""
    weights = (routing_config or {}).get("AdditionalVersionWeights") or {}
    if not weights:
        return
    if len(weights) > 1:
        raise InvalidParameterValueException("Number of items in AdditionalVersionWeights cannot be greater than 1")
    if version == _LATEST or _LATEST in weights:
        raise InvalidParameterValueException("$LATEST is not supported for an alias pointing to more than 1 version")
    if version in weights:
        raise InvalidParameterValueException(
            f"Invalid function version {version}. Function version {version} is already included in routing "
            "configuration."
        )
    if not all(0 <= float(weight) <= 1 for weight in weights.values()):
        raise InvalidParameterValueException("A weight in AdditionalVersionWeights must be between 0 and 1.")
