"""What stories about pipes do: queues and streams at both ends, and a pipe between them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3

from waterline import Cloud
from waterline.cloud import REGION

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/pipes"


@cache
def client(service: str) -> Any:
    """One client for all tests."""
    session = boto3.Session(aws_access_key_id="testing", aws_secret_access_key="testing", region_name=REGION)
    return session.client(service)


def queue_arn(name: str) -> str:
    return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"


@dataclass(frozen=True)
class Plumbing:
    """A cloud, and pipes in it."""

    cloud: Cloud

    @property
    def api(self) -> Any:
        return client("pipes")

    # -- ends --------------------------------------------------------------------------------------------------------

    def queue(self, name: str = "orders", dead_after: int | None = None, **attributes: str) -> str:
        """Make a queue; its ARN."""
        if name.endswith(".fifo"):
            attributes |= {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
        if dead_after is not None:
            dead = {"deadLetterTargetArn": self.queue(f"{name}-dead"), "maxReceiveCount": dead_after}
            attributes["RedrivePolicy"] = json.dumps(dead)
        client("sqs").create_queue(QueueName=name, Attributes=attributes)
        return queue_arn(name)

    def send(self, *bodies: Any, to: str = "orders", group: str | None = None) -> list[str]:
        url = client("sqs").get_queue_url(QueueName=to)["QueueUrl"]
        more = {} if group is None else {"MessageGroupId": group}
        texts = [body if isinstance(body, str) else json.dumps(body) for body in bodies]
        return [client("sqs").send_message(QueueUrl=url, MessageBody=text, **more)["MessageId"] for text in texts]

    def stream(self, name: str = "clicks", shards: int = 1) -> str:
        client("kinesis").create_stream(StreamName=name, ShardCount=shards)
        return f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/{name}"

    def put(self, *contents: Any, into: str = "clicks", key: str = "k") -> None:
        for content in contents:
            client("kinesis").put_record(StreamName=into, PartitionKey=key, Data=json.dumps(content).encode())

    def table(self, name: str = "orders") -> str:
        """Make a table with a stream; the stream's ARN."""
        made = client("dynamodb").create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        )
        return str(made["TableDescription"]["LatestStreamArn"])

    # -- pipes -------------------------------------------------------------------------------------------------------

    def make(self, source: str, target: str, name: str = "flow", **settings: Any) -> None:
        """Make a pipe and wait until it runs."""
        self.api.create_pipe(Name=name, Source=source, Target=target, RoleArn=ROLE, **settings)
        self.cloud.advance(seconds=2)

    def from_stream(self, target: str, stream: str | None = None, **settings: Any) -> None:
        """Make a pipe from a stream. Parameters of the source under `source`, as the API names them."""
        arn = stream or self.stream()
        block = "KinesisStreamParameters" if ":kinesis:" in arn else "DynamoDBStreamParameters"
        parameters = {block: {"StartingPosition": "TRIM_HORIZON", **settings.pop("source", {})}}
        filters = settings.pop("filters", None)
        if filters:
            parameters["FilterCriteria"] = filters
        self.make(arn, target, SourceParameters=parameters, **settings)

    # -- what happened -----------------------------------------------------------------------------------------------

    def arrived(self, place: str = "sqs:out") -> list[str]:
        """What came in, in order."""
        return [event.detail["body"] for event in self.cloud.journal.of("sent", place)]

    def log(self, function: str) -> list[str]:
        """What a function printed."""
        lines = self.cloud.logs(function).splitlines()
        return [
            line
            for line in lines
            if not line.startswith(("START", "END", "REPORT", "INIT_START", "[ERROR]", "Traceback", " "))
        ]


def wanting(*patterns: dict[str, Any]) -> dict[str, Any]:
    """Filter criteria."""
    return {"Filters": [{"Pattern": json.dumps(pattern)} for pattern in patterns]}
