"""Provisioned concurrency: environments that are there before the first event.

AWS Lambda Developer Guide, "Configuring provisioned concurrency for a function" (read 2026-11); the API's words are
those of botocore's PutProvisionedConcurrencyConfig.
"""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from world import World

from waterline.compute import limits

SLOW_START = "import time\ntime.sleep(4)\ndef handler(event, context):\n    time.sleep(1)\n    return {answer!r}\n"


def publish(world: World, answer: int = 1, **settings: Any) -> str:
    world.deploy(SLOW_START.format(answer=answer), **settings)
    return str(world.awslambda.publish_version(FunctionName="issue")["Version"])


def provision(world: World, count: int, qualifier: str = "1") -> Any:
    return world.awslambda.put_provisioned_concurrency_config(
        FunctionName="issue", Qualifier=qualifier, ProvisionedConcurrentExecutions=count
    )


def state(world: World, qualifier: str = "1") -> tuple[str, int, int, int]:
    answer = world.awslambda.get_provisioned_concurrency_config(FunctionName="issue", Qualifier=qualifier)
    numbers = [answer[f"{name}ProvisionedConcurrentExecutions"] for name in ("Requested", "Allocated", "Available")]
    return (answer["Status"], *numbers)


def seconds_to_answer(world: World, **options: Any) -> float:
    begun = world.cloud.clock.now
    assert "FunctionError" not in world.invoke({}, **options)
    return (world.cloud.clock.now - begun) / 1_000_000


def test_provisioned_environments_are_initialized_ahead_and_have_no_cold_start(world: World) -> None:
    publish(world)
    assert provision(world, 2)["Status"] == "IN_PROGRESS"
    world.cloud.settle()
    assert world.cloud.clock.now == 4_000_000
    assert state(world) == ("READY", 2, 2, 2)
    assert seconds_to_answer(world, Qualifier="1") == 1
    assert len(world.cloud.journal.of("started")) == 2


def test_what_provisioned_environments_cannot_take_spills_over_to_cold_starts(world: World) -> None:
    publish(world, timeout=10)
    provision(world, 1)
    world.cloud.settle()
    for _ in range(2):
        world.invoke({}, Qualifier="1", InvocationType="Event")
    world.cloud.advance(seconds=0.5)
    assert state(world) == ("READY", 1, 1, 0)
    world.cloud.settle()
    assert [event.seconds - 4 for event in world.cloud.journal.of("succeeded")] == [1, 5]
    assert [event.detail["provisioned"] for event in world.cloud.journal.of("invoked")] == [True, False]


def test_an_unpublished_version_has_cold_starts_all_the_same(world: World) -> None:
    publish(world, timeout=10)
    provision(world, 1)
    world.cloud.settle()
    assert seconds_to_answer(world) == 5


def test_provisioned_environments_outlive_an_idle_day_and_end_with_their_configuration(world: World) -> None:
    publish(world)
    provision(world, 1)
    world.cloud.advance(days=1)
    assert seconds_to_answer(world, Qualifier="1") == 1
    world.awslambda.delete_provisioned_concurrency_config(FunctionName="issue", Qualifier="1")
    assert world.whys("ended") == ["its provisioned concurrency was taken back"]
    with pytest.raises(ClientError, match="ProvisionedConcurrencyConfigNotFoundException"):
        state(world)
    assert seconds_to_answer(world, Qualifier="1") == 5


def test_a_provisioned_environment_that_is_lost_is_made_again(world: World) -> None:
    source = "import time\ndef handler(event, context):\n    time.sleep(event.get('s', 0))\n"
    world.deploy(source)
    world.awslambda.publish_version(FunctionName="issue")
    provision(world, 1)
    world.cloud.settle()
    assert world.invoke({"s": 9}, Qualifier="1")["FunctionError"] == "Unhandled"
    world.cloud.settle()
    assert state(world) == ("READY", 1, 1, 1)
    assert world.whys("ended") == ["it cannot be used again"]


def test_provisioned_environments_that_cannot_be_initialized_are_reported_as_failed(world: World) -> None:
    world.deploy("raise ValueError('no licence')")
    world.awslambda.publish_version(FunctionName="issue")
    provision(world, 1)
    world.cloud.settle()
    answer = world.awslambda.get_provisioned_concurrency_config(FunctionName="issue", Qualifier="1")
    assert answer["Status"] == "FAILED"
    assert "FUNCTION_ERROR_INIT_FAILURE" in answer["StatusReason"]
    assert "no licence" in answer["StatusReason"]


def test_an_alias_takes_its_provisioned_concurrency_to_another_version(world: World) -> None:
    publish(world, 1)
    publish(world, 2)
    world.awslambda.create_alias(FunctionName="issue", Name="live", FunctionVersion="1")
    provision(world, 1, "live")
    world.cloud.settle()
    world.awslambda.update_alias(FunctionName="issue", Name="live", FunctionVersion="2")
    world.cloud.settle()
    assert state(world, "live") == ("READY", 1, 1, 1)
    assert seconds_to_answer(world, Qualifier="live") == 1
    (config,) = world.awslambda.list_provisioned_concurrency_configs(FunctionName="issue")[
        "ProvisionedConcurrencyConfigs"
    ]
    assert config["FunctionArn"].endswith(":function:issue:live")


def test_provisioned_concurrency_counts_as_used_whether_it_runs_or_not(world: World) -> None:
    """ "Understanding Lambda function scaling": it is taken out of the function's reservation, or of the account."""
    publish(world)
    world.awslambda.put_function_concurrency(FunctionName="issue", ReservedConcurrentExecutions=2)
    provision(world, 1)
    world.cloud.settle()
    for _ in range(2):
        world.invoke({}, InvocationType="Event")
    world.cloud.advance(seconds=0.1)
    assert world.whys("throttled") == ["reserved concurrency 2 is used up"]
    assert seconds_to_answer(world, Qualifier="1") == 1


def test_provisioned_concurrency_that_was_taken_back_is_there_for_others(world: World) -> None:
    publish(world)
    world.awslambda.put_function_concurrency(FunctionName="issue", ReservedConcurrentExecutions=1)
    provision(world, 1)
    world.cloud.settle()
    world.awslambda.delete_provisioned_concurrency_config(FunctionName="issue", Qualifier="1")
    assert seconds_to_answer(world) == 5


@pytest.mark.parametrize(
    ("qualifier", "count", "sentence"),
    [
        ("$LATEST", 1, "cannot be applied to unpublished function versions"),
        ("1", 6, "should not be greater than the reservedConcurrentExecution"),
        ("7", 1, "Function not found"),
        ("split", 1, "Alias with weights can not be used with Provisioned Concurrency"),
    ],
)
def test_provisioned_concurrency_is_refused_where_aws_refuses_it(
    world: World, qualifier: str, count: int, sentence: str
) -> None:
    publish(world, 1)
    publish(world, 2)
    weights = {"AdditionalVersionWeights": {"2": 0.5}}
    world.awslambda.create_alias(FunctionName="issue", Name="split", FunctionVersion="1", RoutingConfig=weights)
    world.awslambda.put_function_concurrency(FunctionName="issue", ReservedConcurrentExecutions=5)
    with pytest.raises(ClientError, match=sentence):
        provision(world, count, qualifier)


def test_provisioned_concurrency_must_leave_some_for_others_and_a_reservation_must_cover_it(world: World) -> None:
    publish(world)
    with pytest.raises(ClientError, match=r"below its minimum value of \[100\]"):
        provision(world, limits.ACCOUNT_CONCURRENCY)
    provision(world, 3)
    with pytest.raises(ClientError, match=r"should not be lower than function's total provisioned concurrency \[3\]"):
        world.awslambda.put_function_concurrency(FunctionName="issue", ReservedConcurrentExecutions=2)
