"""What AWS refuses when a stream's mapping is made or changed, and what it answers.

CreateEventSourceMapping, API reference; "Lambda parameters for Amazon Kinesis Data Streams event source mappings" (read
2026-11).
"""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError, ParamValidationError
from river import PASS, River
from world import client

OUT_OF_BOUNDS: list[tuple[dict[str, Any], str]] = [
    ({"BatchSize": 10_001}, "less than or equal to 10000"),
    ({"MaximumBatchingWindowInSeconds": 301}, "less than or equal to 300"),
    ({"ParallelizationFactor": 11}, "less than or equal to 10"),
    ({"MaximumRetryAttempts": 10_001}, "less than or equal to 10000"),
    ({"MaximumRecordAgeInSeconds": 604_801}, "less than or equal to 604800"),
    ({"MaximumRecordAgeInSeconds": 59}, "at least 60"),
    ({"TumblingWindowInSeconds": 901}, "less than or equal to 900"),
    ({"ScalingConfig": {"MaximumConcurrency": 5}}, "Unsupported .scalingConfig"),
    ({"DestinationConfig": {"OnFailure": {"Destination": "arn:aws:s3:::bucket"}}}, "standard queue or topic"),
    (
        {"DestinationConfig": {"OnFailure": {"Destination": "arn:aws:sqs:us-east-1:123456789012:dead.fifo"}}},
        "standard queue or topic",
    ),
]
IDS = [f"{key} {value}" for settings, _ in OUT_OF_BOUNDS for key, value in settings.items()]


@pytest.mark.parametrize(("settings", "sentence"), OUT_OF_BOUNDS, ids=IDS)
def test_a_setting_out_of_bounds_is_refused_at_creation_and_at_change(
    river: River, settings: dict[str, Any], sentence: str
) -> None:
    river.stream()
    river.world.deploy(PASS)
    with pytest.raises(ClientError, match=sentence):
        river.map(**settings)
    assert river.world.awslambda.list_event_source_mappings()["EventSourceMappings"] == []
    mapping = river.map()
    with pytest.raises(ClientError, match=sentence):
        river.update(mapping, **settings)


@pytest.mark.parametrize("settings", [{"BatchSize": 0}, {"ParallelizationFactor": 0}, {"MaximumRetryAttempts": -2}])
def test_botocore_refuses_what_is_too_small(river: River, settings: dict[str, int]) -> None:
    river.stream()
    river.world.deploy(PASS)
    with pytest.raises(ParamValidationError):
        river.map(**settings)


def test_a_starting_position_is_asked_for(river: River) -> None:
    """ "Required for Amazon Kinesis and Amazon DynamoDB Stream event sources"; moto takes TRIM_HORIZON."""
    river.stream()
    river.world.deploy(PASS)
    with pytest.raises(ClientError, match="Value null at 'startingPosition'"):
        river.world.awslambda.create_event_source_mapping(EventSourceArn=river.arn, FunctionName="issue")


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"StartingPosition": "LAST"}, "Member must satisfy enum value set"),
        ({"StartingPosition": "AT_TIMESTAMP"}, "needs a StartingPositionTimestamp"),
        ({"StartingPosition": "AT_TIMESTAMP", "StartingPositionTimestamp": 1_800_000_000}, "in the future"),
    ],
    ids=["unknown", "no timestamp", "the future"],
)
def test_a_starting_position_must_make_sense(river: River, settings: dict[str, Any], sentence: str) -> None:
    """ "StartingPositionTimestamp cannot be in the future"."""
    river.stream()
    river.world.deploy(PASS)
    with pytest.raises(ClientError, match=sentence):
        river.map(**settings)


def test_a_table_s_stream_has_no_starting_time(river: River) -> None:
    """Fact esm.starting_positions: AT_TIMESTAMP is not for DynamoDB Streams."""
    client("dynamodb").create_table(
        TableName="orders",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
    )
    arn = client("dynamodb").describe_table(TableName="orders")["Table"]["LatestStreamArn"]
    river.world.deploy(PASS)
    with pytest.raises(ClientError, match="Unsupported starting position for arn type"):
        river.map(arn, StartingPosition="AT_TIMESTAMP", StartingPositionTimestamp=0)


def test_there_is_one_mapping_for_a_stream_and_a_function(river: River) -> None:
    """ResourceConflictException, with the UUID of the one that exists."""
    mapping = river.begin(PASS)
    with pytest.raises(ClientError, match=rf"already exists.*{mapping}") as refused:
        river.map()
    assert refused.value.response["Error"]["Code"] == "ResourceConflictException"


def test_the_answer_names_the_defaults(river: River) -> None:
    """ "Lambda parameters for Amazon Kinesis Data Streams event source mappings": what holds when nothing is said."""
    mapping = river.begin(PASS)
    answer = river.world.awslambda.get_event_source_mapping(UUID=mapping)
    assert {
        "BatchSize": 100,
        "MaximumBatchingWindowInSeconds": 0,
        "ParallelizationFactor": 1,
        "MaximumRetryAttempts": -1,
        "MaximumRecordAgeInSeconds": -1,
        "BisectBatchOnFunctionError": False,
        "TumblingWindowInSeconds": 0,
        "StartingPosition": "TRIM_HORIZON",
    }.items() <= answer.items()


def test_a_source_that_is_no_source_is_refused(river: River) -> None:
    river.world.deploy(PASS)
    with pytest.raises(ClientError, match=r"Invalid EventSourceArn|none of them"):
        river.map("arn:aws:kinesis:us-east-1:123456789012:stream/nowhere")
