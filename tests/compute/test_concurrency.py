"""Concurrency: the account's pool, reservations, the rates, and how a throttle is told.

AWS Lambda Developer Guide (read 2026-11): "Understanding Lambda function scaling", "Configuring reserved concurrency
for a function", "Lambda scaling behavior", "Lambda quotas".
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from world import World, opened, sleeping

from waterline.clock import SECOND
from waterline.compute import limits
from waterline.services.token_bucket import TokenBucket

ACCOUNT = limits.ACCOUNT_CONCURRENCY
FLOOR = limits.UNRESERVED_AT_LEAST


def reserve(world: World, count: int, name: str = "issue") -> Any:
    return world.awslambda.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=count)


def shrink(world: World, limit: int) -> None:
    """Give the account a lower quota, as new accounts have, so that a story needs few invocations to reach it."""
    from moto.awslambda.models import lambda_backends
    from moto.core.models import DEFAULT_ACCOUNT_ID

    lambda_backends[DEFAULT_ACCOUNT_ID]["us-east-1"]._account.limit = limit


def burst(world: World, count: int, name: str = "issue", **options: Any) -> None:
    for _ in range(count):
        world.invoke({}, name, InvocationType="Event", **options)


def most_at_once(world: World, name: str | None = None) -> int:
    """The most invocations that ran at one instant, counted from the journal alone."""
    running, most = set(), 0
    for event in world.cloud.journal:
        work = event.detail.get("invocation")
        if name not in (None, event.name) or work is None:
            continue
        if event.kind in ("started", "invoked"):
            running.add(work)
        elif event.kind in ("succeeded", "failed"):
            running.discard(work)
        most = max(most, len(running))
    return most


def refusal(world: World, name: str = "issue", **options: Any) -> tuple[int, str, str]:
    """Status, code and reason of an invocation that is throttled; the client does not try again."""
    import boto3
    from botocore.config import Config

    impatient = boto3.client("lambda", config=Config(retries={"total_max_attempts": 1}))
    with pytest.raises(ClientError) as caught:
        impatient.invoke(FunctionName=name, Payload=b"{}", **options)
    answer: dict[str, Any] = caught.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"], answer["Reason"]


# -- reserved concurrency ----------------------------------------------------------------------------------------------


def test_reserved_concurrency_is_a_ceiling_for_all_versions_together(world: World) -> None:
    """PutFunctionConcurrency: the setting holds for the function as a whole, with its versions (botocore)."""
    world.deploy(sleeping(2))
    world.awslambda.publish_version(FunctionName="issue")
    reserve(world, 2)
    burst(world, 1)
    burst(world, 1, Qualifier="1")
    world.cloud.advance(seconds=1)
    assert refusal(world) == (429, "TooManyRequestsException", "ReservedFunctionConcurrentInvocationLimitExceeded")
    assert refusal(world, Qualifier="1")[0] == 429
    (first, second) = world.cloud.journal.of("throttled")
    assert first.detail["why"] == "reserved concurrency 2 is used up"
    assert first.detail["reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
    assert (first.detail.get("qualifier"), second.detail.get("qualifier")) == (None, "1")


def test_reserved_concurrency_is_a_floor_that_others_cannot_use(world: World) -> None:
    shrink(world, FLOOR + 4)
    for name in ("issue", "greedy"):
        world.deploy(sleeping(30), name, timeout=60)
    reserve(world, 4)
    burst(world, FLOOR + 20, "greedy")
    world.cloud.advance(seconds=0.5)
    assert most_at_once(world, "greedy") == FLOOR
    assert refusal(world, "greedy")[2] == "ConcurrentInvocationLimitExceeded"
    assert world.whys("throttled")[-1] == f"the account's unreserved concurrency {FLOOR} is used up"
    burst(world, 4)
    world.cloud.advance(seconds=0.5)
    assert most_at_once(world, "issue") == 4
    assert most_at_once(world) == FLOOR + 4


def test_an_account_that_is_full_stays_within_its_limit_when_a_function_reserves_some_of_it(world: World) -> None:
    """Not documented: the function gets what it has reserved as the others end."""
    shrink(world, FLOOR + 4)
    for name in ("issue", "greedy"):
        world.deploy(sleeping(2), name)
    burst(world, FLOOR + 4, "greedy")
    world.cloud.advance(seconds=1)
    reserve(world, 4)
    assert refusal(world)[2] == "ConcurrentInvocationLimitExceeded"
    assert most_at_once(world) == FLOOR + 4
    world.cloud.advance(seconds=1.5)
    world.result()


def test_zero_reserved_concurrency_stops_a_function(world: World) -> None:
    world.deploy(sleeping(0))
    reserve(world, 0)
    assert refusal(world)[2] == "ReservedFunctionConcurrentInvocationLimitExceeded"
    assert world.cloud.journal.of("invoked") == []
    settings = world.awslambda.get_function(FunctionName="issue")
    assert settings["Concurrency"] == {"ReservedConcurrentExecutions": 0}
    world.awslambda.delete_function_concurrency(FunctionName="issue")
    assert world.result() is None


@pytest.mark.parametrize(("count", "allowed"), [(ACCOUNT - FLOOR, True), (ACCOUNT - FLOOR + 1, False)])
def test_a_reservation_must_leave_some_concurrency_unreserved(world: World, count: int, allowed: bool) -> None:
    """PutFunctionConcurrency (botocore): at least 100 stay unreserved (fact lambda.reserved_unreserved_floor)."""
    world.deploy(sleeping(0))
    if allowed:
        assert reserve(world, count)["ReservedConcurrentExecutions"] == count
        return
    with pytest.raises(ClientError, match=r"UnreservedConcurrentExecution below its minimum value of \[100\]"):
        reserve(world, count)
    assert "ReservedConcurrentExecutions" not in world.awslambda.get_function_concurrency(FunctionName="issue")


def test_the_account_settings_show_what_is_left(world: World) -> None:
    def left() -> tuple[int, int]:
        limit = world.awslambda.get_account_settings()["AccountLimit"]
        return limit["ConcurrentExecutions"], limit["UnreservedConcurrentExecutions"]

    for name in ("one", "two"):
        world.deploy(sleeping(0), name)
    assert world.awslambda.get_account_settings()["AccountUsage"]["FunctionCount"] == 2
    assert left() == (ACCOUNT, ACCOUNT)
    reserve(world, 300, "one")
    reserve(world, 200, "two")
    reserve(world, 250, "one")
    assert left() == (ACCOUNT, ACCOUNT - 450)
    world.awslambda.delete_function(FunctionName="one")
    world.awslambda.delete_function_concurrency(FunctionName="two")
    assert left() == (ACCOUNT, ACCOUNT)


# -- rates -------------------------------------------------------------------------------------------------------------


def test_a_bucket_refills_continuously_and_never_beyond_its_capacity() -> None:
    """ "Lambda scaling behavior": refilled as time goes by, and what is not used is not kept."""
    bucket = TokenBucket(100, 1_000)
    assert sum(bucket.take(0) for _ in range(4_000)) == 1_000
    assert [bucket.take(9_999), bucket.take(10_000), bucket.take(10_001)] == [False, True, False]
    assert sum(bucket.take(SECOND) for _ in range(4_000)) == 99
    assert sum(bucket.take(3_600 * SECOND) for _ in range(4_000)) == 1_000


def test_a_function_grows_by_a_thousand_environments_in_ten_seconds(world: World) -> None:
    """ "Lambda scaling behavior" (fact lambda.scaling_rate); environments that are there already are not counted."""
    shrink(world, 5 * ACCOUNT)
    world.deploy(sleeping(60), timeout=100)
    at_once = limits.SCALED_AT_ONCE
    burst(world, at_once + 50)
    world.cloud.advance(seconds=0.001)
    assert len(world.cloud.journal.of("started")) == at_once
    assert set(world.whys("throttled")) == {"the function grows as fast as it may, 1,000 environments in 10 s"}
    assert refusal(world)[2] == "FunctionInvocationRateLimitExceeded"
    world.cloud.advance(seconds=30)
    assert len(world.cloud.journal.of("started")) == at_once + 50
    world.cloud.advance(seconds=60)
    burst(world, at_once)
    world.cloud.advance(seconds=1)
    assert len(world.cloud.journal.of("started")) == at_once + 50, "the environments are warm"


def test_requests_are_limited_to_ten_in_a_second_for_each_concurrency(world: World) -> None:
    """ "Lambda quotas" (fact lambda.rps_per_concurrency): a fast function is throttled with concurrency to spare."""
    world.deploy("def handler(event, context):\n    return 1\n")
    reserve(world, 1)
    assert [world.result() for _ in range(10)] == [1] * 10
    assert refusal(world)[2] == "ReservedFunctionInvocationRateLimitExceeded"
    world.cloud.advance(seconds=0.1)
    assert world.result() == 1


# -- in general --------------------------------------------------------------------------------------------------------


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    seed=st.integers(0, 99),
    reserved=st.sampled_from([None, 0, 1, 3]),
    provisioned=st.sampled_from([0, 1, 2]),
    limit=st.integers(FLOOR + 5, FLOOR + 8),
    calls=st.lists(
        st.tuples(st.sampled_from(["one", "two"]), st.integers(0, 3_000), st.integers(1, 40), st.booleans()),
        min_size=1,
        max_size=8,
    ),
)
def test_concurrency_never_passes_its_cap_and_no_environment_runs_two_events(
    seed: int, reserved: int | None, provisioned: int, limit: int, calls: list[tuple[str, int, int, bool]]
) -> None:
    source = "import time\ndef handler(event, context):\n    time.sleep(event['s'])\n"
    with opened(seed) as world:
        shrink(world, limit)
        for name in ("one", "two"):
            world.deploy(source, name, timeout=2)
            world.awslambda.publish_version(FunctionName=name)
        if reserved is not None:
            reserve(world, reserved, "one")
        if provisioned and (reserved is None or provisioned <= reserved):
            world.awslambda.put_provisioned_concurrency_config(
                FunctionName="one", Qualifier="1", ProvisionedConcurrentExecutions=provisioned
            )
        for place, (name, pause, count, version) in enumerate(calls):
            if place == 4:
                reserve(world, 2, "two")
            qualifier = {"Qualifier": "1"} if version else {}
            for _ in range(count):
                world.invoke({"s": pause / 1000}, name, InvocationType="Event", **qualifier)
            world.cloud.advance(seconds=pause / 1000)
        world.cloud.settle()
        assert most_at_once(world) <= limit
        if reserved is not None:
            assert most_at_once(world, "one") <= reserved
        busy: Counter[tuple[str, str, int]] = Counter()
        works = {}
        for event in world.cloud.journal:
            work = event.detail.get("invocation")
            if event.kind == "invoked":
                versions = "1" if event.detail.get("qualifier") else "$LATEST"
                works[work] = (event.name, versions, event.detail["environment"])
                busy[works[work]] += 1
                assert busy[works[work]] == 1
            elif event.kind in ("succeeded", "failed") and work in works:
                busy[works.pop(work)] -= 1
