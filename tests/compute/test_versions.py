"""Versions and aliases: what an invocation reaches.

AWS Lambda Developer Guide (read 2026-11): "Manage Lambda function versions", "Implement Lambda canary deployments using
a weighted alias".
"""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError
from world import World, opened

TELL = (
    "import os\ndef handler(event, context):\n"
    "    qualifiers = context.invoked_function_arn.split(':')[7:]\n"
    "    return [{me!r}, os.environ.get('SHOP'), context.function_version, qualifiers]\n"
)


def two_versions(world: World) -> None:
    for me in ("one", "two"):
        world.deploy(TELL.format(me=me), environment={"SHOP": me})
        world.awslambda.publish_version(FunctionName="issue")
    world.deploy(TELL.format(me="three"), environment={"SHOP": "three"})


def test_a_version_keeps_its_code_and_its_configuration(world: World) -> None:
    two_versions(world)
    assert world.invoke({}, Qualifier="1")["Payload"] == ["one", "one", "1", ["1"]]
    assert world.invoke({}, Qualifier="2")["Payload"] == ["two", "two", "2", ["2"]]
    assert world.invoke({})["Payload"] == ["three", "three", "$LATEST", []]


def test_to_delete_one_version_leaves_the_others_and_the_reservation(world: World) -> None:
    """DeleteFunction (botocore): a qualifier, or one in the name, deletes that version only."""
    two_versions(world)
    world.awslambda.put_function_concurrency(FunctionName="issue", ReservedConcurrentExecutions=5)
    assert world.invoke({}, Qualifier="2")["Payload"][0] == "two"
    world.awslambda.delete_function(FunctionName="issue:1")
    with pytest.raises(ClientError, match="Function not found"):
        world.invoke({}, Qualifier="1")
    assert world.invoke({}, Qualifier="2")["Payload"][0] == "two"
    assert world.whys("ended") == []
    left = world.awslambda.get_account_settings()["AccountLimit"]
    assert left["ConcurrentExecutions"] - left["UnreservedConcurrentExecutions"] == 5


def test_nothing_new_is_published_when_nothing_has_changed(world: World) -> None:
    """PublishVersion (botocore): no version is published if code and configuration have not changed."""
    two_versions(world)
    first = world.awslambda.publish_version(FunctionName="issue")["Version"]
    assert (first, world.awslambda.publish_version(FunctionName="issue")["Version"]) == ("3", "3")


def test_the_context_and_the_journal_name_the_alias_that_was_called(world: World) -> None:
    two_versions(world)
    world.awslambda.create_alias(FunctionName="issue", Name="live", FunctionVersion="2")
    assert world.invoke({}, "issue:live")["Payload"] == ["two", "two", "2", ["live"]]
    assert [event.detail["qualifier"] for event in world.cloud.journal if event.name == "issue"] == ["live"] * 3


def test_a_weighted_alias_sends_its_share_to_the_other_version_from_the_seed() -> None:
    def versions(seed: int) -> str:
        with opened(seed) as world:
            two_versions(world)
            weights = {"AdditionalVersionWeights": {"2": 0.3}}
            world.awslambda.create_alias(FunctionName="issue", Name="live", FunctionVersion="1", RoutingConfig=weights)
            return "".join(world.invoke({}, Qualifier="live")["ExecutedVersion"] for _ in range(200))

    first = versions(1)
    assert 40 <= first.count("2") <= 80
    assert first == versions(1) != versions(2)


@pytest.mark.parametrize(
    ("version", "weights", "sentence"),
    [
        ("1", {"2": 0.1, "3": 0.1}, "cannot be greater than 1"),
        ("$LATEST", {"2": 0.1}, r"\$LATEST is not supported"),
        ("1", {"1": 0.1}, "already included in routing"),
        ("1", {"2": 1.5}, "between 0 and 1"),
    ],
)
def test_weights_that_cannot_be_are_refused(
    world: World, version: str, weights: dict[str, float], sentence: str
) -> None:
    two_versions(world)
    with pytest.raises(ClientError, match=sentence):
        world.awslambda.create_alias(
            FunctionName="issue",
            Name="live",
            FunctionVersion=version,
            RoutingConfig={"AdditionalVersionWeights": weights},
        )


def mapped_alias(world: World, routing: dict[str, float] | None = None) -> str:
    """A queue whose mapping invokes the alias ``live``, which names version 1; returns the queue's URL."""
    two_versions(world)
    config = {"AdditionalVersionWeights": routing} if routing else {}
    world.awslambda.create_alias(FunctionName="issue", Name="live", FunctionVersion="1", RoutingConfig=config)
    queue = world.queue()
    world.map(queue, "issue:live", BatchSize=1)
    return queue


def versions_run(world: World) -> list[str]:
    return [line.rpartition("Version: ")[2] for line in world.cloud.logs("issue").splitlines() if "Version: " in line]


def test_a_mapping_follows_its_alias_to_another_version(world: World) -> None:
    """ "Create an alias for a Lambda function": the alias is updated, the event source mapping need not be."""
    queue = mapped_alias(world)
    world.send(queue, "a")
    world.cloud.advance(seconds=5)
    world.awslambda.update_alias(FunctionName="issue", Name="live", FunctionVersion="2")
    world.send(queue, "b")
    world.cloud.advance(seconds=5)
    assert versions_run(world) == ["1", "2"]
    assert {event.detail["qualifier"] for event in world.cloud.journal.of("invoked")} == {"live"}
    (mapping,) = world.awslambda.list_event_source_mappings()["EventSourceMappings"]
    assert mapping["FunctionArn"].endswith(":function:issue:live")


def test_the_batches_of_a_mapping_are_divided_between_the_versions_of_a_weighted_alias(world: World) -> None:
    """ "Implement Lambda canary deployments using a weighted alias"."""
    queue = mapped_alias(world, routing={"2": 0.5})
    world.send(queue, *map(str, range(40)))
    world.cloud.settle()
    assert 10 <= versions_run(world).count("2") <= 30
    assert len(versions_run(world)) == 40


def test_a_mapping_ends_with_its_alias(world: World) -> None:
    queue = mapped_alias(world)
    world.awslambda.delete_alias(FunctionName="issue", Name="live")
    world.send(queue, "a")
    world.cloud.settle()
    assert world.whys("ended") == ["the alias was deleted: its event source mapping stopped polling tickets"]
    assert not world.cloud.journal.of("invoked")
    assert world.counts(queue) == (1, 0)


def test_a_function_and_its_alias_can_both_be_mapped_to_a_queue(world: World) -> None:
    """CreateEventSourceMapping: one for a source and a function, and the alias is named by an ARN of its own."""
    queue = mapped_alias(world)
    world.map(queue, "issue")
    with pytest.raises(ClientError, match="already exists"):
        world.map(queue, "issue:live")
