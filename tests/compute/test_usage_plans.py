"""Usage plans, API keys, and the throttles of stages and of the account.

API Gateway Developer Guide, "Usage plans and API keys for REST APIs in API Gateway", "Throttle requests to your REST
APIs for better throughput in API Gateway", "Throttle requests to your HTTP APIs for better throughput in API Gateway",
"Gateway response types" (read 2026-11).
"""

from __future__ import annotations

from typing import Any

import pytest
from frontdoor import ECHO_1, Rest, Web
from world import World

from waterline.compute.doors import throttling

TOO_MANY = {"message": "Too Many Requests"}


class Shop(Rest):
    """An API whose one method needs a key, and a plan for it."""

    def __init__(self, world: World, **plan: Any) -> None:
        super().__init__(world)
        self.world = world
        self.method("GET /keyed", needs_key=True)
        self.method("GET /other", needs_key=True)
        self.deploy()
        stages = [{"apiId": self.id, "stage": "prod", **plan.pop("stage", {})}]
        self.plan = self.gateway.create_usage_plan(name="silver", apiStages=stages, **plan)["id"]

    def key(self, name: str = "anna") -> str:
        made = self.gateway.create_api_key(name=name, enabled=True)
        self.gateway.create_usage_plan_key(usagePlanId=self.plan, keyId=made["id"], keyType="API_KEY")
        return str(made["value"])

    def get(self, key: str, path: str = "/keyed") -> Any:
        return self.world.cloud.http.get(f"{self.url}{path}", headers={"x-api-key": key})

    def statuses(self, key: str, times: int, path: str = "/keyed") -> list[int]:
        return [self.get(key, path).status for _ in range(times)]


def test_a_key_lets_in_through_its_plan_only(world: World) -> None:
    """ "Usage plans and API keys for REST APIs in API Gateway": a key must be in a plan of the stage."""
    shop = Shop(world)
    stranger = shop.gateway.create_api_key(name="stranger", enabled=True)["value"]
    assert [shop.get(key).status for key in (shop.key(), stranger, "nonsense")] == [200, 403, 403]


def test_a_plan_of_another_stage_does_not_help(world: World) -> None:
    """ "Usage plans and API keys for REST APIs in API Gateway": a plan names its stages."""
    shop = Shop(world)
    key = shop.key()
    patch = [{"op": "remove", "path": "/apiStages", "value": f"{shop.id}:prod"}]
    shop.gateway.update_usage_plan(usagePlanId=shop.plan, patchOperations=patch)
    assert shop.get(key).status == 403


def test_a_plan_throttles_each_of_its_keys_by_itself(world: World) -> None:
    """ "Usage plans and API keys for REST APIs in API Gateway": a token bucket for each key."""
    shop = Shop(world, throttle={"rateLimit": 2, "burstLimit": 3})
    anna, bert = shop.key("anna"), shop.key("bert")
    assert shop.statuses(anna, 4) == [200, 200, 200, 429]
    assert shop.get(anna).json() == TOO_MANY
    assert shop.statuses(bert, 1) == [200]
    world.cloud.advance(seconds=1)
    assert shop.statuses(anna, 3) == [200, 200, 429]


def test_a_method_of_the_plan_may_have_a_limit_of_its_own(world: World) -> None:
    """ "Throttle requests to your REST APIs for better throughput in API Gateway": the plan's method comes first."""
    shop = Shop(world, stage={"throttle": {"/keyed/GET": {"rateLimit": 1, "burstLimit": 1}}})
    key = shop.key()
    assert shop.statuses(key, 2) == [200, 429]
    assert shop.statuses(key, 2, "/other") == [200, 200]


def test_a_quota_is_used_up_until_its_period_is_over(world: World) -> None:
    """ "Gateway response types": QUOTA_EXCEEDED; fact ``apigw.usage_plan_periods``."""
    shop = Shop(world, quota={"limit": 2, "period": "DAY"})
    key = shop.key()
    assert shop.statuses(key, 3) == [200, 200, 429]
    assert shop.get(key).json() == {"message": "Limit Exceeded"}
    world.cloud.advance(hours=24)
    assert shop.statuses(key, 1) == [200]


@pytest.mark.parametrize(("period", "days"), [("WEEK", 4), ("MONTH", 31)])
def test_a_longer_period_ends_with_its_week_or_month(world: World, period: str, days: int) -> None:
    """CreateUsagePlan: the cloud opens on a Thursday, the first of a month."""
    shop = Shop(world, quota={"limit": 1, "period": period})
    key = shop.key()
    assert shop.statuses(key, 2) == [200, 429]
    world.cloud.advance(days=days - 1)
    assert shop.statuses(key, 1) == [429]
    world.cloud.advance(days=1)
    assert shop.statuses(key, 1) == [200]


def test_an_offset_makes_the_first_period_shorter(world: World) -> None:
    """CreateUsagePlan: requests that are taken off the limit in the first period."""
    shop = Shop(world, quota={"limit": 3, "offset": 2, "period": "DAY"})
    key = shop.key()
    assert shop.statuses(key, 2) == [200, 429]
    world.cloud.advance(hours=24)
    assert shop.statuses(key, 4) == [200, 200, 200, 429]


def test_usage_is_told_day_by_day(world: World) -> None:
    """GetUsage: used and remaining for each key."""
    shop = Shop(world, quota={"limit": 5, "period": "WEEK"})
    key = shop.key()
    shop.statuses(key, 2)
    world.cloud.advance(hours=24)
    shop.statuses(key, 1)
    answer = shop.gateway.get_usage(usagePlanId=shop.plan, startDate="2026-01-01", endDate="2026-01-02")
    assert list(answer["items"].values()) == [[[2, 3], [1, 2]]]


def test_a_stage_throttles_all_its_methods_or_one(world: World) -> None:
    """ "Throttle requests to your REST APIs for better throughput in API Gateway": stage and method limits."""
    rest = Rest(world, "GET /orders", "GET /seats")
    patch = [
        {"op": "replace", "path": "/*/*/throttling/rateLimit", "value": "2"},
        {"op": "replace", "path": "/*/*/throttling/burstLimit", "value": "2"},
        {"op": "replace", "path": "/~1seats/GET/throttling/rateLimit", "value": "1"},
        {"op": "replace", "path": "/~1seats/GET/throttling/burstLimit", "value": "1"},
    ]
    rest.gateway.update_stage(restApiId=rest.id, stageName="prod", patchOperations=patch)
    assert [world.cloud.http.get(f"{rest.url}/seats").status for _ in range(2)] == [200, 429]
    assert [world.cloud.http.get(f"{rest.url}/orders").status for _ in range(3)] == [200, 200, 429]
    refused = world.cloud.journal.of("answered", place="apigateway:shop")[-1]
    assert refused.detail["why"] == ("the stage prod, for GET /orders, lets in 2 requests a second, 2 at once")


def test_a_setting_that_is_no_throttle_does_not_throttle(world: World) -> None:
    """UpdateStage: what is not set is the account's limit."""
    rest = Rest(world)
    patch = [{"op": "replace", "path": "/*/*/metrics/enabled", "value": "true"}]
    rest.gateway.update_stage(restApiId=rest.id, stageName="prod", patchOperations=patch)
    settings = rest.gateway.get_stage(restApiId=rest.id, stageName="prod")["methodSettings"]["*/*"]
    limits = settings["throttlingRateLimit"], settings["throttlingBurstLimit"]
    assert limits == (throttling.RATE, throttling.BURST)


def test_the_account_has_one_bucket_for_all_its_apis(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """ "Throttle requests to your HTTP APIs for better throughput in API Gateway" (``apigw.throttle_default``)."""
    assert (throttling.RATE, throttling.BURST) == (10_000, 5_000)
    monkeypatch.setattr(throttling, "BURST", 3)
    rest, web = Rest(world), Web(world, source=ECHO_1, permitted=False)
    assert [world.cloud.http.get(url).status for url in (rest.url, web.url, rest.url)] == [200, 200, 200]
    for url in (rest.url, web.url):
        answer = world.cloud.http.get(url)
        assert (answer.status, answer.json()) == (429, TOO_MANY)
    world.cloud.advance(seconds=1)
    assert world.cloud.http.get(web.url).status == 200


def test_an_http_api_throttles_by_route_and_by_stage(world: World) -> None:
    """ "Throttle requests to your HTTP APIs for better throughput in API Gateway": route settings before defaults."""
    web = Web(world, "GET /orders", "GET /seats")
    web.gateway.update_stage(
        ApiId=web.id,
        StageName="$default",
        DefaultRouteSettings={"ThrottlingRateLimit": 2, "ThrottlingBurstLimit": 2},
        RouteSettings={"GET /seats": {"ThrottlingRateLimit": 1, "ThrottlingBurstLimit": 1}},
    )
    assert [world.cloud.http.get(f"{web.url}/seats").status for _ in range(2)] == [200, 429]
    assert [world.cloud.http.get(f"{web.url}/orders").status for _ in range(3)] == [200, 200, 429]


def test_what_is_refused_reaches_no_function(world: World) -> None:
    """ "Gateway response types": THROTTLED is an answer of the gateway."""
    shop = Shop(world, throttle={"rateLimit": 1, "burstLimit": 1})
    key = shop.key()
    shop.statuses(key, 5)
    assert len(world.cloud.journal.of("invoked")) == 1
