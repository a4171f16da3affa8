"""Who may pass a REST API's method, and how often: API keys, usage plans, and the throttles of stage and account.

A method that asks for an API key lets in whoever has one that is enabled and belongs to a usage plan of the stage. The
key then has the plan's throttle and quota. Which limit is asked first is told in ``throttling``.

Source: API Gateway Developer Guide, "Usage plans and API keys for REST APIs in API Gateway", "Gateway response types"
(read 2026-11). A plan of a stage holds for requests with a key only, as on AWS.
"""

from __future__ import annotations

from typing import Any

from waterline.compute.doors.door import Refused
from waterline.compute.doors.http import Request, refusal
from waterline.compute.doors.rest_backend import Method, RestApis
from waterline.compute.doors.throttling import Limit, limit_of

_FORBIDDEN = refusal(403, {"message": "Forbidden"})
_TOO_MANY = refusal(429, {"message": "Too Many Requests"})
_USED_UP = refusal(429, {"message": "Limit Exceeded"})


def admit(backend: RestApis, api: str, stage: Any, method: Method, request: Request) -> None:
    """Let a request in, and count it. Raises Refused."""
    limits = _limits_of_stage(stage, method)
    if method.needs_key:
        value = request.header("x-api-key")
        key = next((key for key in backend.keys.values() if key.enabled and key.value == value), None)
        if key is None:
            raise Refused(_FORBIDDEN, "the method needs an API key, and the request has none that is valid")
        plan = _plan_of(backend, key.id, api, stage.name)
        if plan is None:
            raise Refused(_FORBIDDEN, f"the API key {key.name} is in no usage plan of the stage {stage.name}")
        limits = _limits_of_plan(plan, key.id, api, stage.name, method) + limits
        if not backend.quotas.take(plan, key.id):
            raise Refused(_USED_UP, f"the quota of {plan.name} is used up: {plan.quota['limit']} a {_period(plan)}")
    why = backend.throttles.refusal(limits)
    if why is not None:
        raise Refused(_TOO_MANY, why)


def _plan_of(backend: RestApis, key: str, api: str, stage: str) -> Any:
    for plan in backend.usage_plans.values():
        if key in backend.usage_plan_keys.get(plan.id, {}) and _association(plan, api, stage) is not None:
            return plan
    return None


def _association(plan: Any, api: str, stage: str) -> Any:
    return next((one for one in plan.api_stages if (one.get("apiId"), one.get("stage")) == (api, stage)), None)


def _limits_of_plan(plan: Any, key: str, api: str, stage: str, method: Method) -> list[Limit]:
    methods = _association(plan, api, stage).get("throttle") or {}
    own = methods.get(f"{method.path}/{method.http_method}") or {}
    return [
        *limit_of(own, f"the plan {plan.name}, for {method.http_method} {method.path} and {key},", *_PLAN),
        *limit_of(plan.throttle, f"the plan {plan.name}, for {key},", *_PLAN),
    ]


def _limits_of_stage(stage: Any, method: Method) -> list[Limit]:
    named = f"{method.path.replace('/', '~1')}/{method.http_method}"
    for place in (named, "*/*"):
        if place in stage.method_settings:
            of = f"the stage {stage.name}, for {method.http_method} {method.path},"
            return limit_of(stage.method_settings[place], of, *_STAGE)
    return []


def _period(plan: Any) -> str:
    return str(plan.quota["period"]).lower()


_PLAN = ("rateLimit", "burstLimit")
_STAGE = ("throttlingRateLimit", "throttlingBurstLimit")
