"""Who may do what to a bus: its resource policies.

A bus has two: ``default``, which its owner writes, and ``AWS_RAM``, which only AWS Resource Access Manager does. An
account needs an allow of one of them to do something to another's bus; a deny of either holds for everybody, its owner
too. A policy that would let everybody in is not stored.

Source: botocore 1.44.5, eventbridgev2, PutResourcePolicy, DeleteResourcePolicy, GetResourcePolicy; Amazon EventBridge
User Guide, "Sharing a Custom Event Bus with other accounts" (read 2026-11). Who a caller is beside its account, and
what its own policies say, is not looked at; there is no AWS RAM in the lab.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from waterline.ground import Ground
from waterline.services.eventsv2 import limits
from waterline.services.eventsv2.bus import EventBus, Policy
from waterline.services.eventsv2.errors import (
    AccessDenied,
    ConflictingRevision,
    InvalidInput,
    PolicyTooLong,
    PublicPolicy,
    ResourceNotFound,
)
from waterline.services.policy import EVERYBODY, Request, judged

DEFAULT, _RAM, _NONE = "default", "AWS_RAM", "NO_POLICY"


def ask(bus: EventBus, caller: str, action: str, context: Mapping[str, str]) -> None:
    """Raise what is answered to an account that may not do this. `action` as ``events:PutEvents``."""
    allowed = caller == bus.account
    for policy in bus.policies.values():
        for principal in (caller, f"arn:aws:iam::{caller}:root"):
            verdict = judged(policy.document, Request(principal, action, bus.arn, context))
            if verdict.denied:
                raise _denied(caller, action, bus, "with an explicit deny in a resource-based policy")
            allowed = allowed or verdict.allowed
    if not allowed:
        raise _denied(caller, action, bus, f"because no resource-based policy allows the {action} action")


def _denied(caller: str, action: str, bus: EventBus, why: str) -> AccessDenied:
    bus.ground.journal.record("denied", bus.place, None, bus.ground.clock.cause, why=f"{action}: {why}", by=caller)
    return AccessDenied(
        f"User: arn:aws:iam::{caller}:root is not authorized to perform: {action} on resource: {bus.arn} {why}"
    )


def put(ground: Ground, bus: EventBus, request: Mapping[str, Any]) -> str:
    """Write a policy; the revision that it has then."""
    name, document = _named(request), request["PolicyDocument"]
    _own(name)
    if len(document.encode()) > limits.POLICY_SIZE:
        raise PolicyTooLong(f"The policy must have at most {limits.POLICY_SIZE} bytes, and it has {len(document)}.")
    try:
        statements = json.loads(document)["Statement"]
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidInput("PolicyDocument must be a policy as JSON, with a Statement.") from error
    if any(map(_is_public, [statements] if isinstance(statements, dict) else statements)):
        raise PublicPolicy("The policy would grant public access to the event bus, and it is not attached.")
    _expect(bus, name, request.get("ExpectedRevisionId"))
    revision = ground.identifier("policy revisions")
    bus.policies[name] = Policy(document, revision)
    return revision


def delete(bus: EventBus, request: Mapping[str, Any]) -> str | None:
    """Take a policy away; the revision that it had, or None when there was none."""
    name, expected = _named(request), request.get("ExpectedRevisionId")
    _own(name)
    if expected == _NONE:
        raise InvalidInput(f"{_NONE} is not valid when a policy is deleted.")
    _expect(bus, name, expected)
    policy = bus.policies.pop(name, None)
    return None if policy is None else policy.revision


def get(bus: EventBus, request: Mapping[str, Any]) -> tuple[str, Policy]:
    """A policy by its name."""
    name = _named(request)
    if name not in bus.policies:
        raise ResourceNotFound(f"The event bus {bus.name} has no policy {name}.")
    return name, bus.policies[name]


def _named(request: Mapping[str, Any]) -> str:
    name = str(request.get("PolicyName") or DEFAULT)
    if name not in (DEFAULT, _RAM):
        raise InvalidInput(f"PolicyName must be {DEFAULT} or {_RAM}, and it is {name}.")
    return name


def _own(name: str) -> None:
    if name == _RAM:
        raise AccessDenied(f"Only AWS Resource Access Manager writes the policy {_RAM}.")


def _expect(bus: EventBus, name: str, expected: str | None) -> None:
    policy = bus.policies.get(name)
    if expected is not None and expected != (_NONE if policy is None else policy.revision):
        raise ConflictingRevision(f"The policy {name} is not in the revision {expected}.")


def _is_public(statement: Mapping[str, Any]) -> bool:
    principal = statement.get("Principal")
    named = list(principal.values()) if isinstance(principal, dict) else [principal]
    everybody = any(EVERYBODY in (value if isinstance(value, list) else [value]) for value in named)
    return statement.get("Effect") == "Allow" and everybody and not statement.get("Condition")
