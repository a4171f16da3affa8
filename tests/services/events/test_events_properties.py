"""What holds of every bus, whatever its rules and targets are and whatever fails: no event and no copy is lost track
of, and the same seed gives the same journal.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from eventlab import ROLE, Lab, allowing, arn_of, client
from hypothesis import given, settings
from hypothesis import strategies as st

from waterline.cloud import Cloud
from waterline.journal import Event

ROOT = Path(__file__).resolve().parents[3]
BUSES = ("default", "orders")
ENDS = {"delivered", "dead-lettered", "dropped"}


@dataclass(frozen=True)
class Plan:
    """One rule: on which bus, which numbers it wants, at which targets."""

    bus: str
    least: int
    targets: tuple[str, ...]
    attempts: int
    buried: bool


PLANS = st.lists(
    st.builds(
        Plan,
        bus=st.sampled_from(BUSES),
        least=st.integers(0, 5),
        targets=st.lists(
            st.sampled_from(["queue", "closed", "topic", "function", "missing", "bus"]), max_size=3, unique=True
        ).map(tuple),
        attempts=st.integers(0, 3),
        buried=st.booleans(),
    ),
    max_size=4,
)
EVENTS = st.lists(st.tuples(st.sampled_from(BUSES), st.integers(0, 6), st.sampled_from([0, 1, 40])), max_size=8)
FAULTS = st.lists(
    st.tuples(st.sampled_from(["sqs", "sns", "lambda", "events"]), st.sampled_from(["outage", "errors"])),
    max_size=2,
    unique=True,
)


def targets(lab: Lab) -> dict[str, str]:
    """One of each kind, by name."""
    topic = client("sns").create_topic(Name="news")["TopicArn"]
    client("sns").set_topic_attributes(
        TopicArn=topic, AttributeName="Policy", AttributeValue=allowing("sns:Publish", topic)
    )
    lab.cloud.deploy("work", "def handler(event, context):\n    pass\n")
    client("lambda").add_permission(
        FunctionName="work", StatementId="r", Action="lambda:InvokeFunction", Principal="events.amazonaws.com"
    )
    lab.queue("dead")
    return {
        "queue": lab.queue("orders"),
        "closed": lab.queue("closed", open_to_rules=False),
        "topic": topic,
        "function": arn_of("lambda", "function:work"),
        "missing": arn_of("sqs", "missing"),
        "bus": lab.bus("orders"),
    }


def play(lab: Lab, plans: list[Plan], events: list[tuple[str, int, int]], faults: list[tuple[str, str]]) -> None:
    arns = targets(lab)
    for number, plan in enumerate(plans):
        given_targets = []
        for name in plan.targets:
            whole: dict[str, Any] = {"Arn": arns[name], "RetryPolicy": {"MaximumRetryAttempts": plan.attempts}}
            if name == "bus":
                whole["RoleArn"] = ROLE
            if plan.buried:
                whole["DeadLetterConfig"] = {"Arn": arn_of("sqs", "dead")}
            given_targets.append(whole)
        pattern = {"detail": {"n": [{"numeric": [">=", plan.least]}]}}
        lab.rule(*given_targets, name=f"rule-{number}", bus=plan.bus, pattern=pattern)
    for service, kind in faults:
        if kind == "outage":
            lab.cloud.faults.outage(service, start=0.5, end=20)
        else:
            lab.cloud.faults.errors(service, rate=0.5, start=0.5, end=30)
    for bus, n, seconds in events:
        entry = {"Source": "shop", "DetailType": "d", "Detail": json.dumps({"n": n}), "EventBusName": bus}
        put(entry)
        lab.cloud.advance(seconds=seconds)


def put(entry: dict[str, str]) -> None:
    """PutEvents may be down by a fault: then nothing was sent."""
    try:
        client("events").put_events(Entries=[entry])
    except client("events").exceptions.ClientError:
        return


@dataclass
class Reader:
    """Reads the journal only: which copies are under way, and which events are without any."""

    plans: list[Plan]
    under_way: dict[str, str] = field(default_factory=dict)
    ended: Counter[str] = field(default_factory=Counter)
    expected: Counter[str] = field(default_factory=Counter)
    made: Counter[str] = field(default_factory=Counter)

    def read(self, events: list[Event]) -> None:
        for event in events:
            if not event.place.startswith("events:"):
                continue
            message = str(event.message)
            match event.kind:
                case "sent":
                    n = json.loads(event.detail["body"])["n"]
                    wanted = [
                        (f"rule-{number}", plan)
                        for number, plan in enumerate(self.plans)
                        if plan.bus == event.name and n >= plan.least
                    ]
                    assert event.detail["rules"] == [name for name, _ in wanted]
                    self.expected[message] = sum(len(plan.targets) for _, plan in wanted)
                case "filtered":
                    assert self.expected[message] == 0
                case "routed":
                    (source,) = event.parents
                    self.made[source] += 1
                    assert message not in self.under_way
                    self.under_way[message] = event.detail["rule"]
                case "retried":
                    assert message in self.under_way
                    plan = self.plans[int(self.under_way[message].removeprefix("rule-"))]
                    assert event.detail["count"] <= plan.attempts
                case kind if kind in ENDS:
                    del self.under_way[message]
                    self.ended[kind] += 1
                case kind:
                    assert kind in {"refused", "throttled", "slowed", "denied"}, kind


@settings(max_examples=40, deadline=None)
@given(PLANS, EVENTS, FAULTS)
def test_every_copy_of_every_event_is_accounted_for_at_every_instant(
    plans: list[Plan], events: list[tuple[str, int, int]], faults: list[tuple[str, str]]
) -> None:
    with Cloud(seed=3) as cloud:
        lab = Lab(cloud)
        play(lab, plans, events, faults)
        reader = Reader(plans)
        read = 0
        for _ in range(3):
            reader.read(cloud.journal[read:])
            read = len(cloud.journal)
            assert reader.made == +reader.expected
            cloud.advance(seconds=7)
        cloud.settle()
        cloud.advance(seconds=60)  # by then the faults are over, and queues can be asked
        reader.read(cloud.journal[read:])
        assert reader.under_way == {}
        assert reader.made == +reader.expected
        assert reader.made.total() == reader.ended.total()
        dead = len(lab.received("dead"))
        assert dead == reader.ended["dead-lettered"]
        assert len(lab.bodies("orders")) == len(cloud.journal.of("sent", "sqs:orders"))


def digest(seed: int) -> str:
    """Of a run with jitter, a replay and a schedule."""
    plans = [
        Plan("default", 0, ("queue", "topic", "function", "bus"), 3, True),
        Plan("orders", 2, ("queue",), 1, False),
    ]
    with Cloud(seed=seed) as cloud:
        lab = Lab(cloud)
        client("events").create_archive(ArchiveName="all", EventSourceArn=arn_of("events", "event-bus/default"))
        play(lab, plans, [("default", n, 1) for n in range(6)], [("sns", "outage"), ("sqs", "errors")])
        client("events").put_rule(Name="tick", ScheduleExpression="rate(1 minute)")
        client("events").start_replay(
            ReplayName="r",
            EventSourceArn=arn_of("events", "archive/all"),
            EventStartTime=0,
            EventEndTime=4_000_000_000,
            Destination={"Arn": arn_of("events", "event-bus/default")},
        )
        cloud.advance(minutes=3)
        cloud.settle()
        return cloud.journal.digest()


def test_the_same_seed_gives_the_same_journal_in_any_process() -> None:
    here = digest(7)
    assert digest(7) == here
    assert digest(8) != here
    code = "import sys; sys.path[:0] = sys.argv[1:]; from test_events_properties import digest; print(digest(7))"
    told = subprocess.run(
        [sys.executable, "-c", code, str(ROOT), str(Path(__file__).parent)],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={"PYTHONHASHSEED": "4711", "PATH": "/usr/bin:/bin"},
    )
    assert told.stdout.strip() == here
