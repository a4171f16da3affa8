"""Same seed, same run; and what holds for every run, whatever the workload: nothing vanishes, nothing overlaps that
must not, no limit is passed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import boto3
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from waterline.cloud import Cloud
from waterline.journal import Event, Journal

ROOT = Path(__file__).parents[1]

WORK = """
import datetime, json, os, time
seen = set()

def handler(event, context):
    failed = []
    for record in event["Records"]:
        order = json.loads(record["body"])
        time.sleep(order["takes"])
        seen.add(order["takes"])
        print(sorted(seen), datetime.datetime.now(), record["messageId"])
        outcome = order["outcomes"][(int(record["attributes"]["ApproximateReceiveCount"]) - 1) % len(order["outcomes"])]
        if outcome == "raise":
            raise ValueError(str(set("abcdef") - {"g"} == set("fedcba")))
        if outcome == "hang":
            time.sleep(10_000)
        if outcome == "exit":
            os._exit(1)
        if outcome == "report":
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}
"""


@dataclass(frozen=True)
class Order:
    """One message: when it is sent, how long its handler takes, and how each attempt ends."""

    after: float
    takes: float
    outcomes: tuple[str, ...]
    group: int


@dataclass(frozen=True)
class Workload:
    """What is sent, and how it is consumed."""

    orders: tuple[Order, ...]
    fifo: bool
    batch_size: int
    window: int
    reports: bool
    maximum_concurrency: int | None
    reserved: int | None
    dead_after: int
    visibility: int


@cache
def client(service: str) -> Any:
    return boto3.client(service, region_name="us-east-1")


def run(workload: Workload, seed: int = 7) -> tuple[Journal, str]:
    """Play a workload to its end; its journal and the function's log."""
    sqs, awslambda = client("sqs"), client("lambda")
    suffix = ".fifo" if workload.fifo else ""
    kind = {"FifoQueue": "true", "ContentBasedDeduplication": "true"} if workload.fifo else {}

    def arn(url: str) -> str:
        return str(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"])

    with Cloud(seed=seed) as cloud:
        dead = sqs.create_queue(QueueName=f"dead{suffix}", Attributes=kind)["QueueUrl"]
        policy = json.dumps({"deadLetterTargetArn": arn(dead), "maxReceiveCount": workload.dead_after})
        attributes = {**kind, "RedrivePolicy": policy, "VisibilityTimeout": str(workload.visibility)}
        url = sqs.create_queue(QueueName=f"orders{suffix}", Attributes=attributes)["QueueUrl"]
        cloud.deploy("work", WORK, timeout=5)
        if workload.reserved is not None:
            awslambda.put_function_concurrency(FunctionName="work", ReservedConcurrentExecutions=workload.reserved)
        options: dict[str, Any] = {}
        if workload.reports:
            options["FunctionResponseTypes"] = ["ReportBatchItemFailures"]
        if workload.maximum_concurrency is not None:
            options["ScalingConfig"] = {"MaximumConcurrency": workload.maximum_concurrency}
        if workload.window and not workload.fifo:
            options["MaximumBatchingWindowInSeconds"] = workload.window
        awslambda.create_event_source_mapping(
            EventSourceArn=arn(url), FunctionName="work", BatchSize=workload.batch_size, **options
        )
        for number, order in enumerate(workload.orders):
            cloud.advance(seconds=order.after)
            body = json.dumps({"number": number, "takes": order.takes, "outcomes": order.outcomes})
            group = {"MessageGroupId": str(order.group)} if workload.fifo else {}
            sqs.send_message(QueueUrl=url, MessageBody=body, **group)
        cloud.settle()
        return cloud.journal, cloud.logs("work")


# -- what holds for every run ------------------------------------------------------------------------------------------

_OUTCOMES = ("ok", "raise", "hang", "exit", "report")

orders = st.builds(
    Order,
    after=st.sampled_from([0, 0, 0, 0, 0, 0.1, 1, 40]),
    takes=st.sampled_from([0, 0.5, 1, 4]),
    outcomes=st.lists(st.sampled_from(_OUTCOMES), min_size=1, max_size=3).map(tuple),
    group=st.integers(0, 2),
)
workloads = st.builds(
    Workload,
    orders=st.lists(orders, min_size=1, max_size=20).map(tuple),
    fifo=st.booleans(),
    batch_size=st.sampled_from([1, 1, 2, 3, 10]),
    window=st.sampled_from([0, 0, 2]),
    reports=st.booleans(),
    maximum_concurrency=st.sampled_from([None, 2, 3]),
    reserved=st.sampled_from([None, None, None, 0, 1, 3]),
    dead_after=st.integers(1, 4),
    visibility=st.sampled_from([5, 6, 30, 100]),
)


def invocations(journal: Journal) -> list[tuple[list[Event], Event | None]]:
    """For each invocation the events that begin it, one for each message, and one event that ends it."""
    begun: dict[str, list[Event]] = defaultdict(list)
    ended: dict[str, Event] = {}
    for event in journal:
        if event.kind == "invoked":
            begun[event.detail["invocation"]].append(event)
        elif event.kind in ("succeeded", "failed"):
            ended[event.detail["invocation"]] = event
    return [(events, ended.get(name)) for name, events in begun.items()]


def check_nothing_vanishes(journal: Journal) -> None:
    """Each message is deleted, or was dead-lettered and lies in the dead-letter queue; and only once."""
    for message in journal.messages:
        kinds = Counter(event.kind for event in journal.of(message=message))
        assert kinds["sent"] == 1
        assert kinds["deleted"] + kinds["dead-lettered"] == 1, journal.trace(message)
        if kinds["deleted"]:
            assert kinds["succeeded"], "deleted by nobody who succeeded with it"
        for event in journal.of(kind="received", message=message):
            assert event.detail["count"] <= kinds["received"]
        ends = kinds["succeeded"] + kinds["failed"]
        assert kinds["invoked"] == ends, "every invocation ends"


def check_no_environment_runs_two_at_once(journal: Journal) -> None:
    running: dict[int, str] = {}
    for event in journal:
        environment, invocation = event.detail.get("environment"), event.detail.get("invocation")
        if event.kind == "invoked":
            assert running.setdefault(environment, invocation) == invocation
        elif event.kind in ("succeeded", "failed"):
            assert running.pop(environment, invocation) == invocation


def check_the_cap_holds(journal: Journal, cap: int) -> None:
    running: set[str] = set()
    for event in journal:
        if event.kind == "invoked":
            running.add(event.detail["invocation"])
            assert len(running) <= cap
        elif event.kind in ("succeeded", "failed"):
            running.discard(event.detail["invocation"])


def check_batches(journal: Journal, size: int) -> None:
    for events, _ in invocations(journal):
        assert len(events) == events[0].detail["batch"] <= size


def check_groups(journal: Journal, workload: Workload) -> None:
    """While one batch of a group is out (until it is done or hidden no more), no other begins; and in order."""
    group_of = {event.message: event.detail["group"] for event in journal.of("sent")}
    sent_as = {event.message: event.number for event in journal.of("sent")}
    out: dict[str, set[str]] = defaultdict(set)
    earlier_unfinished: dict[str, list[int]] = defaultdict(list)
    for event in journal:
        if event.message is None:
            continue
        group = group_of[event.message]
        if event.kind == "sent":
            earlier_unfinished[group].append(event.number)
        elif event.kind == "received":
            number = sent_as[event.message]
            waiting = [n for n in earlier_unfinished[group] if n < number]
            assert set(waiting) <= {sent_as[m] for m in out[group]}, "an earlier one of its group is not out"
            out[group].add(event.message)
        elif event.kind in ("deleted", "dead-lettered"):
            earlier_unfinished[group].remove(sent_as[event.message])
            out[group].discard(event.message)
        elif event.kind == "visible":
            out[group].discard(event.message)
    for group in earlier_unfinished.values():
        assert group == []
    intervals: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for events, end in invocations(journal):
        assert end is not None
        hidden_until = {e.message: e.at for e in events}
        for event in events:
            received = [e for e in journal.of("received", message=event.message) if e.number < event.number][-1]
            hidden_until[event.message] = received.detail["until"]
        for group in {group_of[event.message] for event in events}:
            until = min(hidden_until[e.message] for e in events if group_of[e.message] == group)
            intervals[group].append((events[0].at, min(end.at, until)))
    for spans in intervals.values():
        for (_, end), (start, _) in pairwise(spans):
            assert start >= end, "two batches of one group at once"


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(workload=workloads)
def test_whatever_is_sent_and_however_it_fails_the_rules_hold(workload: Workload) -> None:
    journal, log = run(workload)
    check_nothing_vanishes(journal)
    check_no_environment_runs_two_at_once(journal)
    check_batches(journal, workload.batch_size)
    caps = [cap for cap in (workload.maximum_concurrency, workload.reserved) if cap is not None]
    check_the_cap_holds(journal, min(caps, default=1000))
    if workload.fifo:
        check_groups(journal, workload)
    again, log_again = run(workload)
    assert again.to_json_lines() == journal.to_json_lines()
    assert log_again == log


# -- the checks themselves find what they look for ---------------------------------------------------------------------


def _tampered(journal: Journal, *, without: str = "", environment: int | None = None) -> Journal:
    """A copy in which a kind of event is missing, or every invocation claims one environment."""
    copy = Journal(journal._clock)
    for event in journal:
        detail = dict(event.detail)
        if environment is not None and "environment" in detail:
            detail["environment"] = environment
        if event.kind != without:
            copy.record(event.kind, event.place, event.message, event.parents, **detail)
    return copy


_BUSY = Workload(
    orders=tuple(Order(0, 1, ("ok",), 0) for _ in range(6)),
    fifo=False,
    batch_size=1,
    window=0,
    reports=False,
    maximum_concurrency=3,
    reserved=None,
    dead_after=3,
    visibility=30,
)


def test_the_rules_can_be_broken() -> None:
    journal, _ = run(_BUSY)
    check_nothing_vanishes(journal)
    check_the_cap_holds(journal, 3)
    with pytest.raises(AssertionError):
        check_nothing_vanishes(_tampered(journal, without="deleted"))
    with pytest.raises(AssertionError):
        check_the_cap_holds(journal, 2)
    with pytest.raises(AssertionError):
        check_no_environment_runs_two_at_once(_tampered(journal, environment=1))


# -- the same bytes everywhere -----------------------------------------------------------------------------------------

_PROCESS = """
import sys
sys.path.insert(0, {tests!r})
import test_determinism as t
journal, log = t.run(t.MIXED, seed=int(sys.argv[1]))
import hashlib
print(journal.digest(), hashlib.sha256(log.encode()).hexdigest(), len(journal))
"""

MIXED = Workload(
    orders=tuple(
        Order((0, 0.1, 3)[n % 3], (0, 0.5, 1)[n % 3], ((_OUTCOMES[n % 5]), "ok")[: 1 + n % 2], n % 3) for n in range(20)
    ),
    fifo=False,
    batch_size=4,
    window=1,
    reports=True,
    maximum_concurrency=None,
    reserved=3,
    dead_after=3,
    visibility=20,
)


def _in_processes(*places: tuple[Path, dict[str, str]]) -> list[list[str]]:
    """What each process prints; they run at the same time."""
    source = _PROCESS.format(tests=str(Path(__file__).parent))
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", source, "7"],
            cwd=cwd,
            env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
            stdout=subprocess.PIPE,
            text=True,
        )
        for cwd, variables in places
    ]
    printed = [process.communicate()[0].split() for process in processes]
    assert [process.returncode for process in processes] == [0] * len(places)
    return printed


def test_two_processes_that_have_nothing_else_in_common_write_the_same_bytes(tmp_path: Path) -> None:
    one, two = _in_processes(
        (ROOT, {"PYTHONHASHSEED": "1", "TZ": "Asia/Tokyo", "LANG": "C", "HOME": "/root"}),
        (tmp_path, {"PYTHONHASHSEED": "2", "TZ": "America/Los_Angeles", "LEARNER": "x", "HOME": str(tmp_path)}),
    )
    assert one == two
    assert int(one[2]) > 100


def test_another_seed_is_another_run() -> None:
    one, two = run(_BUSY, seed=7)[0], run(_BUSY, seed=8)[0]
    assert one.messages != two.messages
    assert one.digest() != two.digest()


def test_a_run_is_the_same_after_other_runs_in_the_same_process() -> None:
    first = run(MIXED)[0].digest()
    run(_BUSY)
    assert run(MIXED)[0].digest() == first
