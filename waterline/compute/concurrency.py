"""How many invocations run at once: the account's pool, what functions reserve of it, and how fast they may grow.

Words
-----
concurrency
    the number of invocations that run at one instant. An account has so much of it in one Region.
reserved concurrency
    what one function, all its versions together, has for itself: nobody else can use it (a floor), and the function
    cannot have more (a ceiling). Zero stops the function.
unreserved concurrency
    what is left for the functions that reserve nothing; putting a reservation must leave some of it.
provisioned concurrency
    environments that are kept initialized (``provisioned``). They count as used, whether they run or not.
throttle
    an invocation that is refused, and the reason that AWS gives for it.

Source: AWS Lambda Developer Guide, "Understanding Lambda function scaling", "Configuring reserved concurrency for a
function", "Lambda scaling behavior" and "Lambda quotas" (read 2026-11; facts ``lambda.account_concurrency_default``,
``lambda.reserved_is_cap``, ``lambda.reserved_unreserved_floor``, ``lambda.scaling_rate``,
``lambda.rps_per_concurrency``, ``lambda.throttle_reasons``).

AWS does not say what is the reason of a throttle by the scaling rate; here it is that of the request rate. It does not
say either whether a rate of requests may come in one burst; here a second's worth of them may. An account that runs at
its limit when a function reserves some of it stays within its limit: the function gets its own as others end.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from waterline.compute import limits
from waterline.services.token_bucket import TokenBucket

_GROWTH = Fraction(limits.SCALED_AT_ONCE, limits.SCALING_PERIOD)


@dataclass(frozen=True)
class Throttle:
    """`reason` is one of AWS's (fact ``lambda.throttle_reasons``); `why` says it in a sentence."""

    reason: str
    why: str


class FunctionConcurrency:
    """What one function, all its versions together, has and uses of its account's concurrency."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.reserved: int | None = None
        self.on_demand = 0
        self.provisioned = 0
        self.provisioned_running = 0
        self.scaling = TokenBucket(_GROWTH, limits.SCALED_AT_ONCE)
        self.requests: TokenBucket | None = None

    @property
    def running(self) -> int:
        """Invocations that run now."""
        return self.on_demand + self.provisioned_running

    @property
    def used(self) -> int:
        """The concurrency that nobody else can have: what runs, and what is provisioned whether it runs or not."""
        return self.on_demand + max(self.provisioned, self.provisioned_running)

    def reserve(self, count: int | None) -> None:
        self.reserved = count
        self.requests = None if count is None else _requests(count)


class Account:
    """The concurrency that all functions of an account share in one Region."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.running = 0
        self._functions: dict[str, FunctionConcurrency] = {}
        self._requests = _requests(limit)

    def of(self, name: str) -> FunctionConcurrency:
        """What the function of this name has; a new one has nothing of its own."""
        if name not in self._functions:
            self._functions[name] = FunctionConcurrency(name)
        return self._functions[name]

    @property
    def unreserved(self) -> int:
        """What no function has reserved."""
        return self.limit - sum(function.reserved or 0 for function in self._functions.values())

    def unreserved_with(self, name: str, reserved: int) -> int:
        """What would be unreserved if this function reserved so much."""
        return self.unreserved + (self.of(name).reserved or 0) - reserved

    @property
    def unprovisioned(self) -> int:
        """What is neither reserved nor provisioned to a function without a reservation."""
        return self.unreserved - sum(each.provisioned for each in self._functions.values() if each.reserved is None)

    def refusal(
        self, function: FunctionConcurrency, now: int, *, provisioned: bool, cold: bool, request: bool
    ) -> Throttle | None:
        """Why the function cannot be invoked now, or None.

        `provisioned`: the invocation would use a provisioned environment. `cold`: it would need a new one.
        `request`: it counts as one of the requests whose rate is limited.
        """
        return (
            self._no_concurrency(function, provisioned)
            or (self._too_many_requests(function, now) if request else None)
            or (self._growing_too_fast(function, now) if cold else None)
        )

    def refuse_request(self, now: int) -> Throttle | None:
        """Why an event cannot be taken into a function's asynchronous queue now, or None."""
        if self._requests.take(now):
            return None
        return Throttle(_FUNCTION_RATE, "the account's rate of requests is used up")

    def enter(self, function: FunctionConcurrency, provisioned: bool) -> None:
        self._move(function, provisioned, 1)

    def leave(self, function: FunctionConcurrency, provisioned: bool) -> None:
        self._move(function, provisioned, -1)

    def _move(self, function: FunctionConcurrency, provisioned: bool, by: int) -> None:
        self.running += by
        if provisioned:
            function.provisioned_running += by
        else:
            function.on_demand += by

    def _no_concurrency(self, function: FunctionConcurrency, provisioned: bool) -> Throttle | None:
        reserved = function.reserved
        if reserved is not None and (function.running if provisioned else function.used) >= reserved:
            return Throttle(_RESERVED, f"reserved concurrency {reserved} is used up")
        if self.running >= self.limit:
            return Throttle(_ACCOUNT, "the account's concurrency is used up")
        if reserved is None and not provisioned:
            unreserved = self.unreserved
            if sum(each.used for each in self._functions.values() if each.reserved is None) >= unreserved:
                return Throttle(_ACCOUNT, f"the account's unreserved concurrency {unreserved} is used up")
        return None

    def _too_many_requests(self, function: FunctionConcurrency, now: int) -> Throttle | None:
        if function.requests is None:
            return self.refuse_request(now)
        if function.requests.take(now):
            return None
        return Throttle(_RESERVED_RATE, f"the rate of requests of reserved concurrency {function.reserved} is used up")

    def _growing_too_fast(self, function: FunctionConcurrency, now: int) -> Throttle | None:
        if function.scaling.take(now):
            return None
        rate = f"{limits.SCALED_AT_ONCE:,} environments in {limits.SCALING_PERIOD} s"
        return Throttle(_FUNCTION_RATE, f"the function grows as fast as it may, {rate}")


_ACCOUNT = "ConcurrentInvocationLimitExceeded"
_RESERVED = "ReservedFunctionConcurrentInvocationLimitExceeded"
_FUNCTION_RATE = "FunctionInvocationRateLimitExceeded"
_RESERVED_RATE = "ReservedFunctionInvocationRateLimitExceeded"


def _requests(concurrency: int) -> TokenBucket:
    """The requests that so much concurrency may get in a second."""
    rate = concurrency * limits.REQUESTS_PER_CONCURRENCY
    return TokenBucket(rate, rate)
