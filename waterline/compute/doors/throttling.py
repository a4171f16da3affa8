"""How many requests an API lets in: token buckets of the account, of a stage's methods, and of usage plans.

Words
-----
usage plan
    what its API keys may do with the stages that it names: a *throttle* (rate and burst, for each key) and a *quota*
    (so many requests in a day, a week or a month).

A request passes, in this order: the client's throttle and quota in its usage plan, the throttle of the stage's method,
the account's. Each bucket is as full as its burst at first, and again when its settings are changed. What a bucket gave
is not given back when the next one refuses.

Source: API Gateway Developer Guide, "Throttle requests to your REST APIs for better throughput in API Gateway",
"Throttle requests to your HTTP APIs for better throughput in API Gateway", "Usage plans and API keys for REST APIs in
API Gateway"; fact ``apigw.throttle_default`` (read 2026-11). AWS calls these limits targets that it meets on a
best-effort basis; here they are exact. A week begins on Monday and a month with its first day, in UTC, which AWS does
not say.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from waterline.facts import facts
from waterline.ground import Ground
from waterline.services.token_bucket import TokenBucket

RATE, BURST = (int(number) for number in facts["apigw.throttle_default"].numbers)


@dataclass(frozen=True)
class Limit:
    """Requests a second, and how many at once. `of`: whose limit it is, in words for the journal."""

    rate: float
    burst: int
    of: str


class Throttles:
    """The buckets of one account in one Region, filled when they are first asked."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._buckets: dict[Limit, TokenBucket] = {}

    def refusal(self, limits: list[Limit]) -> str | None:
        """Take one request from each of these buckets and from the account's; who refuses it, or None."""
        now = self._ground.clock.now
        for limit in [*limits, Limit(RATE, BURST, "the account")]:
            bucket = self._buckets.setdefault(limit, TokenBucket(limit.rate, limit.burst, now))
            if not bucket.take(now):
                return f"{limit.of} lets in {limit.rate:g} requests a second, {limit.burst:,} at once"
        return None


def limit_of(settings: Mapping[str, Any], of: str, rate: str, burst: str) -> list[Limit]:
    """The limit that settings hold under these two names; what they do not name is the account's."""
    if settings.get(rate) is None and settings.get(burst) is None:
        return []
    return [Limit(float(settings.get(rate, RATE)), int(settings.get(burst, BURST)), of)]


class Quotas:
    """How many requests each API key has made in the current period of each usage plan."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._days: dict[tuple[str, str], dict[dt.date, int]] = {}

    def take(self, plan: Any, key: str) -> bool:
        """Count one request of a key; tells whether the plan's quota still allowed it."""
        today = self._ground.clock.date.astimezone(dt.UTC).date()
        if plan.quota and self.left(plan, key, today) <= 0:
            return False
        days = self._days.setdefault((plan.id, key), {})
        days[today] = days.get(today, 0) + 1
        return True

    def left(self, plan: Any, key: str, day: dt.date) -> int:
        """What the plan's quota still allows a key at the end of a day, or now."""
        days, first = self._days.get((plan.id, key), {}), _begin(plan.quota["period"], day)
        used = sum(count for one, count in days.items() if first <= one <= day)
        # An offset is taken off in the first period only.
        is_first = not any(one < first for one in days)
        return max(int(plan.quota["limit"]) - int(plan.quota.get("offset") or 0) * is_first - used, 0)

    def used(self, plan: Any, key: str, day: dt.date) -> int:
        return self._days.get((plan.id, key), {}).get(day, 0)


def _begin(period: str, day: dt.date) -> dt.date:
    """The first day of the period that a day is in."""
    if period == "DAY":
        return day
    return day - dt.timedelta(days=day.weekday()) if period == "WEEK" else day.replace(day=1)
