"""The state machines: what the API says of them, their versions and aliases. moto keeps them; this is what it forgets.

A definition is validated before anything is stored. A name can be created again only with the same definition. Versions
are numbered from 1; an alias sends each new execution to one of two versions, by weight, drawn from the cloud's seed.

Source: AWS Step Functions API Reference, "CreateStateMachine" and "PublishStateMachineVersion"; AWS Step Functions
Developer Guide, "State machine versions in Step Functions workflows" (read 2026-11).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from moto.stepfunctions.exceptions import AWSError, StateMachineDoesNotExist
from moto.stepfunctions.models import StateMachine, StateMachineInstance, StateMachineVersion, StepFunctionBackend

from waterline.ground import Ground
from waterline.services.states.program import Program
from waterline.services.states.validation import findings


class InvalidDefinition(AWSError):  # type: ignore[misc]
    """The definition is no good; the message says why and where."""

    TYPE = "InvalidDefinition"


class StateMachineAlreadyExists(AWSError):  # type: ignore[misc]
    """There is another one of that name."""

    TYPE = "StateMachineAlreadyExists"


class Conflict(AWSError):  # type: ignore[misc]
    """Something else needs it."""

    TYPE = "ConflictException"


class MachineBackend(StepFunctionBackend):  # type: ignore[misc]
    """The state machines of one account in one Region. `ground` is set by ``waterline.ground.installed``."""

    ground: Ground

    def create_state_machine(self, name: str, definition: str, roleArn: str, **settings: Any) -> StateMachine:  # noqa: N803
        self.ground.clock.refuse_other_threads()
        kind = settings.get("sm_type") or "STANDARD"
        validated(definition, kind)
        known = next((machine for machine in self.state_machines if machine.name == name), None)
        if known is not None and (known.definition, known.type, known.roleArn) != (definition, kind, roleArn):
            raise StateMachineAlreadyExists(f"State Machine Already Exists: '{known.arn}'")
        return super().create_state_machine(name, definition, roleArn, **settings)

    def update_state_machine(self, arn: str, definition: str | None = None, **settings: Any) -> StateMachine:
        if definition is not None:
            validated(definition, self.describe_state_machine(arn).type)
        return super().update_state_machine(arn, definition, **settings)

    def validate_definition(self, definition: str, kind: str) -> dict[str, Any]:
        """The answer of ValidateStateMachineDefinition."""
        found = findings(definition, kind)[1]
        told = [
            {"severity": "ERROR", "code": each.code, "message": each.message, "location": each.location}
            for each in found
        ]
        return {"result": "FAIL" if told else "OK", "diagnostics": told, "truncated": False}

    # -- versions and aliases ----------------------------------------------------------------------------------------

    def publish_version(self, arn: str, description: str | None) -> StateMachineVersion:
        machine = self.describe_state_machine(arn)
        machine.publish(description)
        return machine.latest_version

    def list_versions(self, arn: str) -> list[StateMachineVersion]:
        """The versions, the newest first."""
        return sorted(self.describe_state_machine(arn).versions.values(), key=lambda version: -version.version)

    def delete_version(self, arn: str) -> None:
        machine = self._machine(arn)
        number = int(arn.rpartition(":")[2])
        for alias in machine.aliases.values():
            if any(route["stateMachineVersionArn"] == arn for route in alias.routing_configuration):
                raise Conflict(
                    "Version to be deleted must not be referenced by an alias. Current list of aliases "
                    f"referencing this version: [{alias.name}]"
                )
        machine.versions.pop(number, None)

    def program(self, arn: str) -> Program:
        """What a new execution of a state machine, of a version or through an alias executes."""
        machine = self._machine(arn)
        instance: StateMachineInstance = machine
        version = alias = None
        qualifier = arn.split(":")[7:]
        if qualifier:
            if not qualifier[0].isnumeric():
                alias, version = arn, self._routed(machine, qualifier[0], arn)
            else:
                version = arn
            instance = self.describe_state_machine(version)
        definition: Mapping[str, Any] = json.loads(instance.definition)
        return Program(
            machine.arn,
            machine.name,
            definition,
            instance.roleArn,
            machine.type,
            version,
            alias,
            instance.loggingConfiguration,
        )

    def _machine(self, arn: str) -> StateMachine:
        self._validate_machine_arn(arn)
        plain = ":".join(arn.split(":")[:7])
        machine = next((each for each in self.state_machines if each.arn == plain), None)
        if machine is None:
            raise StateMachineDoesNotExist(f"State Machine Does Not Exist: '{arn}'")
        return machine

    def _routed(self, machine: StateMachine, alias: str, arn: str) -> str:
        if alias not in machine.aliases:
            raise StateMachineDoesNotExist(f"State Machine Does Not Exist: '{arn}'")
        routes = machine.aliases[alias].routing_configuration
        drawn = self.ground.random("weights of aliases of workflows").uniform(0, 100)
        for route in routes:
            drawn -= route["weight"]
            if drawn < 0:
                return str(route["stateMachineVersionArn"])
        return str(routes[-1]["stateMachineVersionArn"])


def validated(definition: str, kind: str) -> None:
    """Raise InvalidDefinition, with all that is wrong and where."""
    found = findings(definition, kind)[1]
    if found:
        raise InvalidDefinition(f"Invalid State Machine Definition: '{', '.join(map(str, found))}'")
