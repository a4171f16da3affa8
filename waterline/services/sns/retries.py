"""When a delivery is tried again: the four phases of a delivery policy.

Words
-----
delivery policy
    immediate retries, then some at the minimum delay (pre-backoff), then some whose delay grows from the minimum to the
    maximum (backoff), then some at the maximum (post-backoff). All of them come after the first attempt.
AWS managed endpoint
    a queue, a function, a Firehose stream: facts ``sns.retry_managed_phases`` and ``sns.retry_managed_delays``.
customer managed endpoint
    mail, text messages, mobile push: facts ``sns.retry_customer_phases`` and ``sns.retry_customer_delays``.
    Firehose throttles too.
HTTP/S policy
    the only one that can be set, on a topic or a subscription; what it leaves out has the default. However it is set,
    no retry comes later than the hard limit after the message was published (fact ``sns.retry_http_max_total``).

Source: Amazon SNS Developer Guide, "Amazon SNS message delivery retries" (read 2026-11). It names four backoff
functions and draws them, without a formula. Here, from the minimum to the maximum: *linear* grows by equal steps,
*arithmetic* by steps that themselves grow by equal steps, *geometric* by equal factors, *exponential* by steps that
double. AWS adds jitter, the lab does not. The table's totals are the sums of its retries; the first attempt comes on
top.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from waterline.clock import SECOND, microseconds
from waterline.facts.fact import Fact
from waterline.services.delivery import Retries
from waterline.services.sns import limits
from waterline.services.sns.errors import invalid_parameter


def _linear(step: int, steps: int, low: float, high: float) -> float:
    return low + (high - low) * step / steps


def _arithmetic(step: int, steps: int, low: float, high: float) -> float:
    return low + (high - low) * step * (step + 1) / (steps * (steps + 1))


def _geometric(step: int, steps: int, low: float, high: float) -> float:
    return float(low * (high / low) ** (step / steps))


def _exponential(step: int, steps: int, low: float, high: float) -> float:
    return low + (high - low) * float(2**step - 1) / float(2**steps - 1)


BACKOFFS: Mapping[str, Callable[[int, int, float, float], float]] = {
    "linear": _linear,
    "arithmetic": _arithmetic,
    "geometric": _geometric,
    "exponential": _exponential,
}


@dataclass(frozen=True)
class Phases:
    """How many retries each phase has, and their delays in seconds."""

    immediate: int
    before: int
    backoff: int
    after: int
    minimum: int
    maximum: int
    function: str

    @classmethod
    def of(cls, counts: Fact, delays: Fact) -> Phases:
        immediate, before, backoff, after = (int(number) for number in counts.numbers)
        _none, minimum, growing, maximum = (str(delay) for delay in delays.value)  # type: ignore[union-attr]
        return cls(immediate, before, backoff, after, int(minimum), int(maximum), growing.split()[-1])

    @property
    def retries(self) -> int:
        return self.immediate + self.before + self.backoff + self.after

    def waits(self) -> Iterator[int]:
        """The microseconds before each retry."""
        for _ in range(self.immediate):
            yield 0
        for _ in range(self.before):
            yield self.minimum * SECOND
        last = max(1, self.backoff - 1)
        for step in range(self.backoff):
            yield microseconds(BACKOFFS[self.function](step, last, self.minimum, self.maximum))
        for _ in range(self.after):
            yield self.maximum * SECOND


MANAGED = Phases.of(*limits.MANAGED)
CUSTOMER = Phases.of(*limits.CUSTOMER)
_OFTEN = frozenset({"ThrottlingException", "ServiceUnavailableException", "LimitExceededException"})


def for_protocol(protocol: str, code: str) -> Retries:
    """What AWS has set for a protocol that is not HTTP; `code`: the error of the first attempt."""
    managed = protocol in ("sqs", "lambda") or (protocol == "firehose" and code not in _OFTEN)
    return Retries((MANAGED if managed else CUSTOMER).waits())


# -- policies that can be set ------------------------------------------------------------------------------------------

DEFAULT_RETRY_POLICY: Mapping[str, Any] = {
    "minDelayTarget": limits.HTTP_DELAY,
    "maxDelayTarget": limits.HTTP_DELAY,
    "numRetries": limits.HTTP_RETRIES,
    "numMaxDelayRetries": 0,
    "numNoDelayRetries": 0,
    "numMinDelayRetries": 0,
    "backoffFunction": "linear",
}
DEFAULT_CONTENT_TYPE = "text/plain; charset=UTF-8"


@dataclass(frozen=True)
class DeliveryPolicy:
    """An HTTP/S delivery policy that is known to be valid. `rate`: deliveries a second, None for no throttle."""

    retry: Mapping[str, Any]
    rate: int | None
    content_type: str = DEFAULT_CONTENT_TYPE

    @property
    def retries(self) -> Retries:
        policy = self.retry
        fixed = policy["numNoDelayRetries"] + policy["numMinDelayRetries"] + policy["numMaxDelayRetries"]
        phases = Phases(
            immediate=policy["numNoDelayRetries"],
            before=policy["numMinDelayRetries"],
            backoff=policy["numRetries"] - fixed,
            after=policy["numMaxDelayRetries"],
            minimum=policy["minDelayTarget"],
            maximum=policy["maxDelayTarget"],
            function=policy["backoffFunction"],
        )
        return Retries(phases.waits(), limits.HTTP_LONGEST * SECOND)

    def as_json(self, *, of_a_topic: bool) -> dict[str, Any]:
        """The effective policy in the form in which AWS answers it."""
        request = {"headerContentType": self.content_type}
        throttle = None if self.rate is None else {"maxReceivesPerSecond": self.rate}
        if not of_a_topic:
            own = {"healthyRetryPolicy": dict(self.retry), "requestPolicy": request}
            return own if throttle is None else {**own, "throttlePolicy": throttle}
        answer: dict[str, Any] = {"defaultHealthyRetryPolicy": dict(self.retry), "disableSubscriptionOverrides": False}
        answer["defaultRequestPolicy"] = request
        return {"http": answer if throttle is None else {**answer, "defaultThrottlePolicy": throttle}}


DEFAULT = DeliveryPolicy(DEFAULT_RETRY_POLICY, None)


def of_subscription(text: str) -> DeliveryPolicy:
    """What ``DeliveryPolicy`` of a subscription asks for. Raises InvalidParameter (sentences of ours)."""
    policy = _object(text)
    return _policy(policy, "healthyRetryPolicy", "throttlePolicy", "requestPolicy")


def of_topic(text: str) -> tuple[DeliveryPolicy, bool]:
    """What ``DeliveryPolicy`` of a topic asks for, and whether subscriptions may not override it."""
    policy = _object(text).get("http", {})
    if not isinstance(policy, dict):
        raise invalid_parameter("DeliveryPolicy: http must be an object")
    asked = _policy(policy, "defaultHealthyRetryPolicy", "defaultThrottlePolicy", "defaultRequestPolicy", "http.")
    return asked, policy.get("disableSubscriptionOverrides") is True


def _object(text: str) -> dict[str, Any]:
    try:
        policy = json.loads(text)
    except ValueError as error:
        raise invalid_parameter("DeliveryPolicy: failed to parse JSON.") from error
    if not isinstance(policy, dict):
        raise invalid_parameter("DeliveryPolicy: failed to parse JSON.")
    return policy


def _policy(policy: Mapping[str, Any], retry: str, throttle: str, request: str, prefix: str = "") -> DeliveryPolicy:
    asked = {**DEFAULT_RETRY_POLICY, **_known(policy.get(retry) or {}, f"{prefix}{retry}")}
    _check(asked, f"{prefix}{retry}")
    rate = (policy.get(throttle) or {}).get("maxReceivesPerSecond")
    if rate is not None and (not _is_number(rate) or rate < 1):
        raise invalid_parameter(f"DeliveryPolicy: {prefix}{throttle}.maxReceivesPerSecond must be 1 or greater")
    content_type = (policy.get(request) or {}).get("headerContentType", DEFAULT_CONTENT_TYPE)
    return DeliveryPolicy(asked, rate, str(content_type))


def _known(asked: Any, where: str) -> dict[str, Any]:
    if not isinstance(asked, dict):
        raise invalid_parameter(f"DeliveryPolicy: {where} must be an object")
    for name, value in asked.items():
        if name not in DEFAULT_RETRY_POLICY:
            raise invalid_parameter(f"DeliveryPolicy: {where}.{name} is not a known property")
        if name != "backoffFunction" and value is not None and (not _is_number(value) or value < 0):
            raise invalid_parameter(f"DeliveryPolicy: {where}.{name} must be 0 or greater")
    given = {name: value for name, value in asked.items() if value is not None}
    # One of the two alone moves the other's default, so that the delays stay in order.
    if "maxDelayTarget" not in given and given.get("minDelayTarget", 0) > limits.HTTP_DELAY:
        given["maxDelayTarget"] = given["minDelayTarget"]
    if "minDelayTarget" not in given and given.get("maxDelayTarget", limits.HTTP_DELAY) < limits.HTTP_DELAY:
        given["minDelayTarget"] = given["maxDelayTarget"]
    return given


def _check(policy: Mapping[str, Any], where: str) -> None:
    if policy["backoffFunction"] not in BACKOFFS:
        raise invalid_parameter(f"DeliveryPolicy: {where}.backoffFunction must be one of {', '.join(BACKOFFS)}")
    if policy["numRetries"] not in limits.HTTP_RETRIES_ALLOWED:
        highest = limits.HTTP_RETRIES_ALLOWED[-1]
        raise invalid_parameter(f"DeliveryPolicy: {where}.numRetries must be less than or equal to {highest}")
    if policy["minDelayTarget"] < 1 or policy["minDelayTarget"] > policy["maxDelayTarget"]:
        raise invalid_parameter(f"DeliveryPolicy: {where}.minDelayTarget must be between 1 and the maxDelayTarget")
    if policy["maxDelayTarget"] > limits.HTTP_LONGEST:
        longest = limits.HTTP_LONGEST
        raise invalid_parameter(f"DeliveryPolicy: {where}.maxDelayTarget must be less than or equal to {longest}")
    fixed = policy["numNoDelayRetries"] + policy["numMinDelayRetries"] + policy["numMaxDelayRetries"]
    if fixed > policy["numRetries"]:
        raise invalid_parameter(f"DeliveryPolicy: {where}.numRetries must be at least the sum of the phases' retries")


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
