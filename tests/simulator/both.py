"""One scenario told twice: to the simulator, and to the lab cloud with real boto3 calls and a real handler.

The handler is told by its message how long to work and whether to fail, attempt by attempt, from the simulator's own
draws; so both have the same luck, and must come to the same starts, ends, attempts and outcomes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
import numpy as np
from botocore.config import Config

from waterline.cloud import REGION, Cloud
from waterline.compute.source import HANDLER as ENTRY
from waterline.compute.source import packaged
from waterline.journal import Journal
from waterline.simulator import Arrivals, Call, Event, Failures, Function, Queue, Run, Stream, simulate
from waterline.simulator.draws import table_of, whole
from waterline.simulator.loops.layout import STRIDE

ATTEMPTS_TOLD = 12
SOURCE = """
import json, time, base64
time.sleep({cold})

def handler(event, context):
    if "Records" not in event:
        told = [event]
    elif "kinesis" in event["Records"][0]:
        told = [json.loads(base64.b64decode(record["kinesis"]["data"])) for record in event["Records"]]
    else:
        told = [json.loads(record["body"]) for record in event["Records"]]
    counts = [int(r.get("attributes", {{}}).get("ApproximateReceiveCount", 0)) for r in event.get("Records", [{{}}])]
    board = __import__("builtins").__dict__.setdefault("_tries_of_the_test", {{}})
    attempts = []
    for one, count in zip(told, counts):
        board[one["n"]] = count or board.get(one["n"], 0) + 1
        attempts.append(board[one["n"]])
    now = time.time() - {start}
    time.sleep(told[0]["durations"][attempts[0] - 1] / 1e6 + {each} * len(told))
    bad = [
        one["poison"] or one["fails"][attempt - 1] or {outage_from} <= now < {outage_to}
        for one, attempt in zip(told, attempts)
    ]
    if {partial}:
        return {{"batchItemFailures": [
            {{"itemIdentifier": record.get("messageId") or record["kinesis"]["sequenceNumber"]}}
            for record, one in zip(event["Records"], bad) if one
        ]}}
    if any(bad):
        raise RuntimeError("as the draws say")
"""


@cache
def client(service: str) -> Any:
    session = boto3.Session(aws_access_key_id="testing", aws_secret_access_key="testing", region_name=REGION)
    return session.client(service)


@dataclass(frozen=True)
class Scenario:
    """What is told to both."""

    arrivals: Arrivals
    through: Call | Event | Queue | Stream
    function: Function
    failures: Failures = Failures()  # noqa: RUF009
    seed: int = 7


Fates = list[tuple[int, int, int, str]]
"""Of each message: first start, last end, attempts, outcome."""


def simulated(scenario: Scenario) -> Fates:
    run = simulate(scenario.arrivals, scenario.through, scenario.function, scenario.failures, seed=scenario.seed)
    return fates(run)


def fates(run: Run) -> Fates:
    names = ("undecided", "done", "dead", "expired", "refused")
    return [
        (int(start), int(end), int(attempts), names[outcome])
        for start, end, attempts, outcome in zip(run.starts, run.ends, run.attempts, run.outcomes, strict=True)
    ]


def played(scenario: Scenario) -> Fates:
    """The same in the lab cloud."""
    __import__("builtins").__dict__.pop("_tries_of_the_test", None)
    with Cloud(seed=1) as cloud:
        told = _told(scenario)
        stage = {Call: _calls, Event: _events, Queue: _queue, Stream: _stream}[type(scenario.through)]
        return stage(cloud, scenario, told)


def _told(scenario: Scenario) -> list[dict[str, Any]]:
    times = scenario.arrivals.times(scenario.seed)
    table = table_of(times.size)
    durations = scenario.function.drawn.times(scenario.seed, table)
    draws = whole(scenario.seed, "failures", table)
    below = round(scenario.failures.rate * (1 << 31))
    poison = scenario.failures.poison
    assert not isinstance(poison, int | float) or poison == 0
    return [
        {
            "n": n,
            "at": int(time),
            "poison": not isinstance(poison, int | float) and n in poison,
            "durations": [int(durations[(n + k * STRIDE) & (table - 1)]) for k in range(ATTEMPTS_TOLD)],
            "fails": [bool(draws[(n + (k + 1) * STRIDE) & (table - 1)] < below) for k in range(ATTEMPTS_TOLD)],
        }
        for n, time in enumerate(times)
    ]


def _deploy(cloud: Cloud, scenario: Scenario) -> str:
    function = scenario.function
    outage = scenario.failures.outage or (0, 0)
    source = SOURCE.format(
        cold=function.cold_start,
        start=cloud.clock.start.timestamp(),
        each=function.each,
        outage_from=outage[0],
        outage_to=outage[1],
        partial=isinstance(scenario.through, Queue | Stream) and scenario.through.reports_failures,
    )
    client("lambda").create_function(
        FunctionName="work",
        Runtime="python3.13",
        Role=cloud.role,
        Handler=ENTRY,
        Code={"ZipFile": packaged(source)},
        Timeout=int(function.timeout),
    )
    if function.reserved is not None:
        client("lambda").put_function_concurrency(FunctionName="work", ReservedConcurrentExecutions=function.reserved)
    return "work"


def _wait_until(cloud: Cloud, at: int) -> None:
    if at > cloud.clock.now:
        cloud.clock.advance(at - cloud.clock.now)


def _life(journal: Journal, message: str, kind_of_attempt: str) -> tuple[int, int, int]:
    events = journal.of(message=message)
    starts = [event.at for event in events if event.kind == "invoked"]
    ends = [event.at for event in events if event.kind in ("succeeded", "failed")]
    return (
        starts[0] if starts else -1,
        ends[-1] if ends else -1,
        sum(event.kind == kind_of_attempt for event in events),
    )


def _queue(cloud: Cloud, scenario: Scenario, told: list[dict[str, Any]]) -> Fates:
    queue = scenario.through
    assert isinstance(queue, Queue)
    sqs, fifo = client("sqs"), queue.groups is not None
    suffix = ".fifo" if fifo else ""
    attributes = {
        "VisibilityTimeout": str(int(queue.visibility_timeout)),
        "MessageRetentionPeriod": str(int(queue.retention)),
    }
    if fifo:
        attributes |= {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
    if queue.max_receives is not None:
        plain = {"FifoQueue": "true"} if fifo else {}
        dead = sqs.create_queue(QueueName=f"dead{suffix}", Attributes=plain)["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        policy = {"deadLetterTargetArn": arn, "maxReceiveCount": queue.max_receives}
        attributes["RedrivePolicy"] = json.dumps(policy)
    url = sqs.create_queue(QueueName=f"jobs{suffix}", Attributes=attributes)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    _deploy(cloud, scenario)
    settings: dict[str, Any] = {"BatchSize": queue.batch_size}
    if queue.window:
        settings["MaximumBatchingWindowInSeconds"] = int(queue.window)
    if queue.maximum_concurrency is not None:
        settings["ScalingConfig"] = {"MaximumConcurrency": queue.maximum_concurrency}
    if queue.reports_failures:
        settings["FunctionResponseTypes"] = ["ReportBatchItemFailures"]
    client("lambda").create_event_source_mapping(EventSourceArn=arn, FunctionName="work", **settings)
    messages = []
    for one in told:
        _wait_until(cloud, one["at"])
        options = {}
        if fifo:
            groups = queue.groups
            group = one["n"] % groups if isinstance(groups, int) else groups[one["n"]]  # type: ignore[index]
            options["MessageGroupId"] = str(group)
        messages.append(sqs.send_message(QueueUrl=url, MessageBody=json.dumps(one), **options)["MessageId"])
    cloud.settle()
    cloud.advance(days=1)
    found = []
    for message in messages:
        start, end, attempts = _life(cloud.journal, message, "received")
        events = cloud.journal.of(message=message)
        kinds = [event.kind for event in events]
        gone = next((event for event in events if event.kind in ("dead-lettered", "expired")), None)
        if gone is not None and gone.name.startswith("jobs"):
            found.append((start, gone.at, attempts, "dead" if gone.kind == "dead-lettered" else "expired"))
        else:
            found.append((start, end, attempts, "done" if "deleted" in kinds else "undecided"))
    return found


def _events(cloud: Cloud, scenario: Scenario, told: list[dict[str, Any]]) -> Fates:
    event = scenario.through
    assert isinstance(event, Event)
    _deploy(cloud, scenario)
    client("lambda").put_function_event_invoke_config(
        FunctionName="work",
        MaximumRetryAttempts=event.retries,
        MaximumEventAgeInSeconds=int(event.maximum_age),
    )
    for one in told:
        _wait_until(cloud, one["at"])
        client("lambda").invoke(FunctionName="work", InvocationType="Event", Payload=json.dumps(one))
    cloud.settle()
    found = []
    for sent in cloud.journal.of("sent", place="lambda:work"):
        assert sent.message is not None
        start, end, attempts = _life(cloud.journal, sent.message, "invoked")
        events = cloud.journal.of(message=sent.message)
        dropped = next((one for one in events if one.kind == "dropped"), None)
        if dropped is None:
            found.append((start, end, attempts, "done"))
        else:
            why = "expired" if "age" in dropped.detail["why"] else "dead"
            found.append((start, dropped.at, attempts, why))
    return found


def _calls(cloud: Cloud, scenario: Scenario, told: list[dict[str, Any]]) -> Fates:
    _deploy(cloud, scenario)
    answers: dict[int, tuple[int, str]] = {}
    awslambda = boto3.client("lambda", region_name=REGION, config=Config(retries={"total_max_attempts": 1}))

    def call(one: dict[str, Any]) -> None:
        try:
            answer = awslambda.invoke(FunctionName="work", Payload=json.dumps(one))
            answers[one["n"]] = (cloud.clock.now, "dead" if "FunctionError" in answer else "done")
        except awslambda.exceptions.TooManyRequestsException:
            answers[one["n"]] = (cloud.clock.now, "refused")

    for one in told:
        cloud.clock.at(one["at"], _spawn, cloud, one, call)
    cloud.settle()
    begun = {event.parents[0]: event.at for event in cloud.journal.of("invoked")}
    return [(begun.get(f"client {one['n']}", -1), answers[one["n"]][0], 1, answers[one["n"]][1]) for one in told]


def _spawn(cloud: Cloud, one: dict[str, Any], call: Any) -> None:
    cloud.clock.spawn("a client", call, one, cause=(f"client {one['n']}",))


def _stream(cloud: Cloud, scenario: Scenario, told: list[dict[str, Any]]) -> Fates:
    stream = scenario.through
    assert isinstance(stream, Stream)
    assert stream.shards == 1 and stream.parallelization == 1, "keys and lanes are another hash in the simulator"
    kinesis = client("kinesis")
    kinesis.create_stream(StreamName="clicks", ShardCount=1)
    arn = kinesis.describe_stream_summary(StreamName="clicks")["StreamDescriptionSummary"]["StreamARN"]
    _deploy(cloud, scenario)
    settings: dict[str, Any] = {"BatchSize": stream.batch_size, "BisectBatchOnFunctionError": stream.bisects}
    if stream.reports_failures:
        settings["FunctionResponseTypes"] = ["ReportBatchItemFailures"]
    if stream.retries is not None:
        settings["MaximumRetryAttempts"] = stream.retries
    if stream.window:
        settings["MaximumBatchingWindowInSeconds"] = int(stream.window)
    if stream.maximum_age is not None:
        settings["MaximumRecordAgeInSeconds"] = int(stream.maximum_age)
    client("lambda").create_event_source_mapping(
        EventSourceArn=arn, FunctionName="work", StartingPosition="TRIM_HORIZON", **settings
    )
    for one in told:
        _wait_until(cloud, one["at"])
        kinesis.put_record(StreamName="clicks", Data=json.dumps(one).encode(), PartitionKey="k")
    cloud.settle()
    found = []
    for sent in cloud.journal.of("sent", place="kinesis:clicks"):
        assert sent.message is not None
        start, end, attempts = _life(cloud.journal, sent.message, "invoked")
        events = cloud.journal.of(message=sent.message)
        dropped = next((one for one in events if one.kind in ("dropped", "expired")), None)
        if dropped is None:
            found.append((start, end, attempts, "done"))
        else:
            why = "expired" if "older" in str(dropped.detail.get("why")) else "dead"
            found.append((start, dropped.at, attempts, why))
    return found


def differences(scenario: Scenario) -> list[str]:
    """Where the two do not agree, message by message."""
    ours, theirs = simulated(scenario), played(scenario)
    assert len(ours) == len(theirs)
    return [
        f"message {n}: simulator {one}, cloud {other}"
        for n, (one, other) in enumerate(zip(ours, theirs, strict=True))
        if one != other
    ]


def spread(count: int, gap: float, seed: int = 3) -> list[float]:
    """Instants that no two things of a scenario share, as real arrivals do not."""
    numbers = np.random.Generator(np.random.PCG64(seed)).random(count)
    return [round(float(n * gap + numbers[n] * gap * 0.9), 6) for n in range(count)]
