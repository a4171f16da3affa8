"""The function's resource-based policy: who may invoke it.

A door is none of the account's users, so it may invoke a function only if the function's own policy says so. Whoever
makes a door in the console gets the statement with it; whoever makes it with boto3 adds it with ``add_permission``.
Source: AWS Lambda Developer Guide, "Granting Lambda function access to AWS services", "Invoking a Lambda function using
an Amazon API Gateway endpoint" (Permissions), "Control access to Lambda function URLs" (read 2026-11).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

API_GATEWAY = "apigateway.amazonaws.com"
EVERYBODY = "*"
INVOKE = "lambda:InvokeFunction"
INVOKE_URL = "lambda:InvokeFunctionUrl"


def allows(statements: Iterable[Mapping[str, Any]], action: str, principal: str, context: Mapping[str, str]) -> bool:
    """Tells whether a statement allows it, and none denies it. `context`: condition keys in lower case."""
    effects = {
        statement.get("Effect", "Allow")
        for statement in statements
        if _acts(statement, action) and _is_for(statement, principal) and _holds(statement, context)
    }
    return "Allow" in effects and "Deny" not in effects


def _acts(statement: Mapping[str, Any], action: str) -> bool:
    return any(_like(str(pattern), action) for pattern in _listed(statement.get("Action", [])))


def _is_for(statement: Mapping[str, Any], principal: str) -> bool:
    named = statement.get("Principal")
    values = [value for values in named.values() for value in _listed(values)] if isinstance(named, dict) else [named]
    return EVERYBODY in values or principal in values


def _holds(statement: Mapping[str, Any], context: Mapping[str, str]) -> bool:
    conditions = dict(statement.get("Condition") or {})
    if "FunctionUrlAuthType" in statement:  # moto keeps these two beside the conditions that they stand for
        conditions["url"] = {"lambda:FunctionUrlAuthType": statement["FunctionUrlAuthType"]}
    if "InvokedViaFunctionUrl" in statement:
        conditions["via"] = {"lambda:InvokedViaFunctionUrl": str(statement["InvokedViaFunctionUrl"]).lower()}
    return all(
        key.lower() in context and any(_like(str(value), context[key.lower()]) for value in _listed(values))
        for tests in conditions.values()
        for key, values in tests.items()
    )


def _listed(values: Any) -> list[Any]:
    return values if isinstance(values, list) else [values]


def _like(pattern: str, text: str) -> bool:
    """IAM's wildcards: any characters for a star, one for a question mark."""
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(expression, text, re.DOTALL) is not None
