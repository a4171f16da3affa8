"""Whatever is wired to whatever, and whatever fails: every copy of a message is accounted for at every instant.

Graphs of topics, buses, queues and functions are drawn by hypothesis, with filters, dead-letter queues, policies that
are missing, and faults; the account is kept from the journal (`accounts`).
"""

from __future__ import annotations

import json
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
from accounts import Accounts, stored_in_queues
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from waterline.cloud import REGION, Cloud

HANDLER = """
import json, os, time
import boto3

def handler(event, context):
    time.sleep(float(os.environ["SECONDS"]))
    forward = os.environ.get("FORWARD")
    if forward:
        kind, where = forward.split(" ", 1)
        if kind == "queue":
            boto3.client("sqs").send_message(QueueUrl=where, MessageBody="forwarded")
        elif kind == "topic":
            boto3.client("sns").publish(TopicArn=where, Message="forwarded")
    if os.environ["FAILS"] == "yes":
        raise RuntimeError("no")
"""


@cache
def client(service: str) -> Any:
    session = boto3.Session(aws_access_key_id="testing", aws_secret_access_key="testing", region_name=REGION)
    return session.client(service)


@dataclass(frozen=True)
class Edge:
    """From a topic or a bus (`source`) to a target; `wants`: which colors pass, or all."""

    source: str
    target: str
    wants: str | None
    permitted: bool
    buried: bool


@dataclass(frozen=True)
class Function:
    seconds: float
    fails: bool
    forward: str | None
    buried: bool


@dataclass(frozen=True)
class Graph:
    edges: tuple[Edge, ...]
    functions: tuple[Function, Function]
    mapped: bool
    messages: tuple[tuple[str, str], ...]
    outages: tuple[str, ...]
    seed: int


SOURCES = st.sampled_from(["topic-0", "topic-1", "bus-0"])
TARGETS = st.sampled_from(["queue-0", "queue-1", "function-0", "function-1", "topic-1", "gone"])
EDGES = st.builds(
    Edge,
    source=SOURCES,
    target=TARGETS,
    wants=st.sampled_from([None, None, "red", "blue"]),
    permitted=st.sampled_from([True, True, True, False]),
    buried=st.booleans(),
)
FUNCTIONS = st.builds(
    Function,
    seconds=st.sampled_from([0.0, 0.5, 2.0]),
    fails=st.booleans(),
    forward=st.sampled_from([None, None, "queue-1", "topic-1"]),
    buried=st.booleans(),
)
GRAPHS = st.builds(
    Graph,
    edges=st.lists(EDGES, min_size=1, max_size=6, unique_by=lambda edge: (edge.source, edge.target)).map(tuple),
    functions=st.tuples(FUNCTIONS, FUNCTIONS),
    mapped=st.booleans(),
    messages=st.lists(st.tuples(SOURCES, st.sampled_from(["red", "blue"])), min_size=1, max_size=5).map(tuple),
    outages=st.lists(st.sampled_from(["sqs", "lambda", "sns"]), max_size=2, unique=True).map(tuple),
    seed=st.integers(0, 3),
)


class Wired:
    """A graph, made with boto3."""

    def __init__(self, cloud: Cloud, graph: Graph) -> None:
        self.cloud, self.graph = cloud, graph
        self.urls = {name: self._queue(name) for name in ("queue-0", "queue-1", "dead")}
        self.arns = {name: self._arn(url) for name, url in self.urls.items()}
        for name in ("topic-0", "topic-1"):
            self.arns[name] = client("sns").create_topic(Name=name)["TopicArn"]
        self.arns["bus-0"] = client("events").create_event_bus(Name="bus-0")["EventBusArn"]
        self.arns["gone"] = self.arns["queue-0"].replace("queue-0", "gone")
        for number, function in enumerate(graph.functions):
            self._function(f"function-{number}", function)
        self._permit()
        if graph.mapped:
            client("lambda").create_event_source_mapping(
                EventSourceArn=self.arns["queue-0"], FunctionName="function-0", BatchSize=2
            )
        for number, edge in enumerate(graph.edges):
            (self._rule if edge.source == "bus-0" else self._subscription)(number, edge)

    def _queue(self, name: str) -> str:
        attributes = {"VisibilityTimeout": "30"}
        if name == "queue-0":
            dead = client("sqs").create_queue(QueueName="dead")["QueueUrl"]
            policy = {"deadLetterTargetArn": self._arn(dead), "maxReceiveCount": 2}
            attributes["RedrivePolicy"] = json.dumps(policy)
        return str(
            client("sqs").create_queue(QueueName=name, Attributes={} if name == "dead" else attributes)["QueueUrl"]
        )

    @staticmethod
    def _arn(url: str) -> str:
        answer = client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return str(answer["Attributes"]["QueueArn"])

    def _function(self, name: str, function: Function) -> None:
        where = {"queue-1": f"queue {self.urls['queue-1']}", "topic-1": f"topic {self.arns['topic-1']}"}
        variables = {"SECONDS": str(function.seconds), "FAILS": "yes" if function.fails else "no"}
        if function.forward:
            variables["FORWARD"] = where[function.forward]
        self.arns[name] = self.cloud.deploy(name, HANDLER, timeout=5, environment=variables)
        if function.buried:
            client("lambda").update_function_configuration(
                FunctionName=name, DeadLetterConfig={"TargetArn": self.arns["dead"]}
            )

    def _permit(self) -> None:
        """Let in those whose edges are permitted, and into the dead-letter queue everybody."""
        for name in ("queue-0", "queue-1", "dead"):
            allowed = [self.arns[edge.source] for edge in self.graph.edges if edge.target == name and edge.permitted]
            statement: dict[str, Any] = {
                "Effect": "Allow",
                "Principal": {"Service": ["sns.amazonaws.com", "events.amazonaws.com"]},
                "Action": "sqs:SendMessage",
                "Resource": self.arns[name],
            }
            if name != "dead":
                sources = [arn.replace(":event-bus/", ":rule/") + "*" for arn in allowed]
                statement["Condition"] = {"ArnLike": {"aws:SourceArn": sources}}
            if name == "dead" or allowed:
                policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
                client("sqs").set_queue_attributes(QueueUrl=self.urls[name], Attributes={"Policy": policy})
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sns:Publish",
            "Resource": self.arns["topic-1"],
        }
        if any(edge.target == "topic-1" and edge.permitted for edge in self.graph.edges):
            policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
            client("sns").set_topic_attributes(
                TopicArn=self.arns["topic-1"], AttributeName="Policy", AttributeValue=policy
            )
        for number, edge in enumerate(self.graph.edges):
            if edge.target.startswith("function") and edge.permitted:
                principal = "events.amazonaws.com" if edge.source == "bus-0" else "sns.amazonaws.com"
                client("lambda").add_permission(
                    FunctionName=edge.target,
                    StatementId=f"edge-{number}",
                    Action="lambda:InvokeFunction",
                    Principal=principal,
                )

    def _subscription(self, number: int, edge: Edge) -> None:
        if edge.target == "topic-1":
            return  # a topic has no topics among its subscribers
        attributes = {}
        if edge.wants:
            attributes["FilterPolicy"] = json.dumps({"color": [edge.wants]})
        if edge.buried:
            attributes["RedrivePolicy"] = json.dumps({"deadLetterTargetArn": self.arns["dead"]})
        protocol = "lambda" if edge.target.startswith("function") else "sqs"
        client("sns").subscribe(
            TopicArn=self.arns[edge.source], Protocol=protocol, Endpoint=self.arns[edge.target], Attributes=attributes
        )

    def _rule(self, number: int, edge: Edge) -> None:
        pattern: dict[str, Any] = {"source": ["shop"]}
        if edge.wants:
            pattern["detail"] = {"color": [edge.wants]}
        client("events").put_rule(Name=f"rule-{number}", EventBusName="bus-0", EventPattern=json.dumps(pattern))
        target: dict[str, Any] = {"Id": "it", "Arn": self.arns[edge.target]}
        if edge.buried:
            target["DeadLetterConfig"] = {"Arn": self.arns["dead"]}
        client("events").put_targets(Rule=f"rule-{number}", EventBusName="bus-0", Targets=[target])

    def send(self, source: str, color: str) -> None:
        """What an outage refuses is not sent."""
        with suppress(ClientError):
            self._send(source, color)

    def _send(self, source: str, color: str) -> None:
        if source == "bus-0":
            entry = {"Source": "shop", "DetailType": "order", "Detail": json.dumps({"color": color})}
            client("events").put_events(Entries=[{**entry, "EventBusName": "bus-0"}])
        else:
            attributes = {"color": {"DataType": "String", "StringValue": color}}
            client("sns").publish(TopicArn=self.arns[source], Message=color, MessageAttributes=attributes)

    def counted(self) -> Counter[str]:
        """How many messages each queue itself says that it has."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found: Counter[str] = Counter()
        for name, url in self.urls.items():
            answer = client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
            found[name] = sum(int(answer[one]) for one in names)
        return found


# Found faults are not made smaller: that takes minutes, and a graph is small already.
QUICK: dict[str, Any] = {"max_examples": 40, "deadline": None, "derandomize": True, "phases": [Phase.generate]}


@given(graph=GRAPHS)
@settings(**QUICK, suppress_health_check=[HealthCheck.too_slow])
def test_every_copy_is_accounted_for_at_every_instant(graph: Graph) -> None:
    digests = set()
    for _ in range(2):
        with Cloud(seed=graph.seed) as cloud:
            wired = Wired(cloud, graph)
            accounts = Accounts(cloud.journal)
            for number, (source, color) in enumerate(graph.messages):
                wired.send(source, color)
                if number == 0:
                    for service in graph.outages:
                        cloud.faults.outage(service, start=cloud.clock.now / 1e6, end=cloud.clock.now / 1e6 + 90)
                cloud.advance(seconds=0.7)
                accounts.catch_up()
            for _ in range(5):
                cloud.advance(seconds=40)
                accounts.catch_up()
            cloud.advance(hours=30)
            accounts.catch_up()
            assert accounts.left() == []
            stored = stored_in_queues(accounts, cloud.journal)
            assert +stored == +wired.counted()
            _fan_out_is_whole(cloud, graph)
            digests.add(cloud.journal.digest())
    assert len(digests) == 1


def _fan_out_is_whole(cloud: Cloud, graph: Graph) -> None:
    """What came to a topic made a copy for each subscription, or was filtered for it; no copy was made of nothing."""
    for name in ("topic-0", "topic-1"):
        subscribers = sum(edge.source == name and edge.target != "topic-1" for edge in graph.edges)
        for sent in cloud.journal.of("sent", place=f"sns:{name}"):
            assert sent.message is not None
            filtered = [one for one in cloud.journal.of("filtered", message=sent.message) if one.name == name]
            copies = [
                child
                for child in cloud.journal.children(sent.message)
                if cloud.journal.of("routed", place=f"sns:{name}", message=child)
            ]
            assert len(filtered) + len(copies) == subscribers
