"""Maps in distributed mode. AWS Step Functions Developer Guide, unless a test says otherwise."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from workflows import REGION, Workflows, invoke, line

BAD = {
    "Choose": {
        "Type": "Choice",
        "Choices": [{"Variable": "$", "NumericLessThan": 0, "Next": "Bad"}],
        "Default": "Good",
    },
    "Bad": {"Type": "Fail", "Error": "Negative"},
    "Good": {"Type": "Pass", "End": True},
}


def distributed(states: dict[str, Any], kind: str = "STANDARD", **more: Any) -> dict[str, Any]:
    processor = line(states, ProcessorConfig={"Mode": "DISTRIBUTED", "ExecutionType": kind})
    return {"Type": "Map", "Label": "Each", "ItemProcessor": processor, **more}


def bucket(**objects: str) -> Any:
    s3 = boto3.client("s3", region_name=REGION)
    s3.create_bucket(Bucket="files")
    for key, text in objects.items():
        s3.put_object(Bucket="files", Key=key, Body=text.encode())
    return s3


@pytest.mark.parametrize("kind", ["STANDARD", "EXPRESS"])
def test_each_item_is_a_child_execution(flows: Workflows, kind: str) -> None:
    """Source: "Using Map state in Distributed mode for large-scale parallel workloads in Step Functions"."""
    execution = flows.start(flows.create(line({"M": distributed({"P": {"Type": "Pass"}}, kind)})), [1, 2, 3])
    flows.cloud.settle()
    assert flows.described(execution)["output"] == [1, 2, 3]
    types = ["ExecutionStarted", "MapStateEntered", "MapStateStarted", "MapRunStarted", "MapRunSucceeded"]
    assert flows.types(execution)[:5] == types
    children = [event for event in flows.journal("sent") if event.name == "order/Each"]
    assert [event.parents for event in children] == [(execution,)] * 3
    assert {event.detail["workflow"] for event in children} == {kind}


def test_a_map_run_counts_its_children(flows: Workflows) -> None:
    """Source: ListMapRuns, DescribeMapRun and ListExecutions by mapRunArn."""
    state = distributed(BAD, ToleratedFailureCount=2, MaxConcurrency=1)
    execution = flows.start(flows.create(line({"M": state})), [1, -1, 2, -2])
    flows.cloud.settle()
    assert flows.described(execution)["output"] == [1, 2]
    run = flows.client.list_map_runs(executionArn=execution)["mapRuns"][0]["mapRunArn"]
    found = flows.client.describe_map_run(mapRunArn=run)
    assert (found["status"], found["toleratedFailureCount"], found["maxConcurrency"]) == ("SUCCEEDED", 2, 1)
    counts = {key: count for key, count in found["itemCounts"].items() if count}
    assert counts == {"succeeded": 2, "failed": 2, "total": 4, "resultsWritten": 2}
    failed = flows.client.list_executions(mapRunArn=run, statusFilter="FAILED")["executions"]
    assert len(failed) == 2


@pytest.mark.parametrize(
    ("fields", "data", "status"),
    [
        ({}, [1, -1], "FAILED"),
        ({"ToleratedFailureCount": 1}, [1, -1], "SUCCEEDED"),
        ({"ToleratedFailureCount": 1}, [-1, -1], "FAILED"),
        ({"ToleratedFailurePercentage": 50}, [1, -1], "SUCCEEDED"),
        ({"ToleratedFailurePercentage": 49.9}, [1, -1], "FAILED"),
        ({"ToleratedFailurePercentage": 100, "ToleratedFailureCount": 1}, [-1, -1], "FAILED"),
    ],
    ids=str,
)
def test_so_many_failures_are_tolerated(flows: Workflows, fields: dict[str, Any], data: Any, status: str) -> None:
    """Source: "Setting failure thresholds for Distributed Map states in Step Functions"."""
    found = flows.run(line({"M": distributed(BAD, **fields)}), data)
    assert found["status"] == status
    if status == "FAILED":
        assert found["error"] == "States.ExceedToleratedFailureThreshold"


def test_items_are_put_into_batches(flows: Workflows) -> None:
    """Source: "ItemBatcher (Map)"."""
    batcher = {"MaxItemsPerBatch": 2, "BatchInput": {"fact.$": "$.fact"}}
    state = distributed({"P": {"Type": "Pass"}}, ItemsPath="$.items", ItemBatcher=batcher)
    output = flows.output(line({"M": state}), {"fact": "x", "items": [1, 2, 3]})
    assert output == [{"BatchInput": {"fact": "x"}, "Items": [1, 2]}, {"BatchInput": {"fact": "x"}, "Items": [3]}]


def test_a_batch_is_not_larger_than_it_may_be(flows: Workflows) -> None:
    """Source: "ItemBatcher (Map)": MaxInputBytesPerBatch."""
    state = distributed({"P": {"Type": "Pass"}}, ItemBatcher={"MaxInputBytesPerBatch": 30})
    output = flows.output(line({"M": state}), ["aaaaaaa", "bbbbbbb", "ccccccc"])
    assert [batch["Items"] for batch in output] == [["aaaaaaa"], ["bbbbbbb"], ["ccccccc"]]


READ = {"Resource": "arn:aws:states:::s3:getObject", "Parameters": {"Bucket": "files", "Key.$": "$.key"}}
FILES = [
    ({"InputType": "JSON"}, '[{"a": 1}, {"a": 2}]', [{"a": 1}, {"a": 2}]),
    ({"InputType": "JSON", "ItemsPointer": "/x/0"}, '{"x": [[5]]}', [5]),
    ({"InputType": "JSON", "MaxItems": 1}, "[1, 2]", [1]),
    ({"InputType": "JSONL"}, '{"a": 1}\n{"a": 2}\n', [{"a": 1}, {"a": 2}]),
    ({"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"}, 'id,name\n1,"a,b"\n2,c\n',
     [{"id": "1", "name": "a,b"}, {"id": "2", "name": "c"}]),
    ({"InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": ["x", "y"], "CSVDelimiter": "PIPE"}, "1|2\n",
     [{"x": "1", "y": "2"}]),
]  # fmt: skip


@pytest.mark.parametrize(("config", "text", "items"), FILES, ids=[str(config) for config, _, _ in FILES])
def test_items_are_read_from_a_file(flows: Workflows, config: dict[str, Any], text: str, items: list[Any]) -> None:
    """Source: "ItemReader (Map)"."""
    bucket(data=text)
    state = distributed({"P": {"Type": "Pass"}}, ItemReader={**READ, "ReaderConfig": config})
    assert flows.output(line({"M": state}), {"key": "data"}) == items


def test_items_are_the_objects_of_a_bucket(flows: Workflows) -> None:
    """Source: "ItemReader (Map)": iterating over Amazon S3 objects."""
    bucket(**{f"in{n}": "x" * n for n in (1, 2, 3)})
    reader = {"Resource": "arn:aws:states:::s3:listObjectsV2", "Parameters": {"Bucket": "files", "Prefix": "in"}}
    selector = {"key.$": "$$.Map.Item.Value.Key", "size.$": "$$.Map.Item.Value.Size"}
    output = flows.output(line({"M": distributed({"P": {"Type": "Pass"}}, ItemReader=reader, ItemSelector=selector)}))
    assert output == [{"key": f"in{n}", "size": n} for n in (1, 2, 3)]


def test_a_file_that_cannot_be_read_fails_the_state(flows: Workflows) -> None:
    """Source: "Handling errors in Step Functions workflows": States.ItemReaderFailed."""
    bucket(data="no json")
    state = distributed({"P": {"Type": "Pass"}}, ItemReader=READ)
    for number, key in enumerate(("data", "missing")):
        assert flows.error(line({"M": state}), {"key": key}, name=f"m{number}")[0] == "States.ItemReaderFailed"


def test_results_are_written_to_a_bucket(flows: Workflows) -> None:
    """Source: "ResultWriter (Map)"."""
    s3 = bucket()
    writer = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "files", "Prefix": "out"}}
    state = distributed(BAD, ResultWriter=writer, ToleratedFailureCount=1)
    output = flows.output(line({"M": state}), [1, -1])
    where = output["ResultWriterDetails"]
    assert where["Key"] == f"out/{output['MapRunArn'].rpartition(':')[2]}/manifest.json"
    manifest = json.loads(s3.get_object(**where)["Body"].read())
    files = {status: [each["Key"] for each in each_of] for status, each_of in manifest["ResultFiles"].items()}
    assert [len(files[status]) for status in ("SUCCEEDED", "FAILED", "PENDING")] == [1, 1, 0]
    records = json.loads(s3.get_object(Bucket="files", Key=files["FAILED"][0])["Body"].read())
    assert [(record["Status"], record["Error"]) for record in records] == [("FAILED", "Negative")]


def test_a_redrive_runs_only_those_children_again_that_failed(flows: Workflows) -> None:
    """Source: RedriveExecution: the parent redrives a failed Map Run."""
    code = (
        "calls = []\ndef handler(e, c):\n    calls.append(e)\n    assert e != 2 or calls.count(2) > 1\n    return e\n"
    )
    flows.cloud.deploy("work", code)
    state = distributed({"T": invoke("work")}, MaxConcurrency=1)
    execution = flows.start(flows.create(line({"M": state})), [1, 2, 3])
    flows.cloud.settle()
    flows.client.redrive_execution(executionArn=execution)
    flows.cloud.settle()
    assert flows.described(execution)["output"] == [1, 2, 3]
    assert len(flows.cloud.journal.of("invoked", "lambda:work")) == 4
    assert "MapRunRedriven" in flows.types(execution)


def test_children_do_not_see_the_variables_of_their_parent(flows: Workflows) -> None:
    """Source: "Passing data between states with variables": a Distributed Map cannot reference outer variables."""
    child = {"P": {"Type": "Pass", "Parameters": {"v.$": "$v"}}}
    states = {"A": {"Type": "Pass", "Assign": {"v": 1}}, "M": distributed(child)}
    assert flows.error(line(states), [1])[0] == "States.ExceedToleratedFailureThreshold"
