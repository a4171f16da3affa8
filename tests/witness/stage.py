"""Where a story is told: AWS's services through plain boto3, and a way to let time pass.

A story knows nothing of who answers: the lab (on its virtual clock) or ministack (in real seconds). So this module and
the stories import nothing of the project.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.config import Config
from botocore.exceptions import ClientError

ONCE = Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=30, inject_host_prefix=False)
"""For the clients of a stage: an error is told as it comes, and not tried again."""

SERVICES = (
    *("dynamodb", "dynamodbstreams", "events", "kinesis", "lambda", "pipes", "s3", "scheduler", "sns", "sqs"),
    "stepfunctions",
)
"""Whose clients a stage has."""

_STEP = 0.5


@dataclass(frozen=True)
class Stage:
    """One teller's clients, by service. `name` sets what it makes apart from what the other stories make."""

    name: str
    clients: Mapping[str, Any]
    role: str
    wait: Callable[[float], object]

    @property
    def sqs(self) -> Any:
        return self.clients["sqs"]

    @property
    def sns(self) -> Any:
        return self.clients["sns"]

    @property
    def events(self) -> Any:
        return self.clients["events"]

    @property
    def kinesis(self) -> Any:
        return self.clients["kinesis"]

    @property
    def dynamodb(self) -> Any:
        return self.clients["dynamodb"]

    @property
    def s3(self) -> Any:
        return self.clients["s3"]

    @property
    def states(self) -> Any:
        return self.clients["stepfunctions"]

    @property
    def awslambda(self) -> Any:
        return self.clients["lambda"]

    # -- queues ------------------------------------------------------------------------------------------------------

    def queue(self, name: str = "q", dead: str | None = None, dead_after: int = 2, **attributes: object) -> str:
        """A queue's URL. `dead`: the URL of its dead-letter queue. A name that ends in .fifo makes it FIFO."""
        if name.endswith(".fifo"):
            attributes["FifoQueue"] = "true"
        if dead:
            policy = {"deadLetterTargetArn": self.arn(dead), "maxReceiveCount": dead_after}
            attributes["RedrivePolicy"] = json.dumps(policy)
        values = {key: str(value) for key, value in attributes.items()}
        return str(self.sqs.create_queue(QueueName=f"{self.name}-{name}", Attributes=values)["QueueUrl"])

    def open_queue(self, name: str = "q", **attributes: Any) -> str:
        """A queue's URL that every service may send to."""
        url = self.queue(name, **attributes)
        statement = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": self.arn(url)}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
        return url

    def arn(self, url: str) -> str:
        answer = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return str(answer["Attributes"]["QueueArn"])

    def send(self, url: str, body: str, **options: Any) -> Any:
        return self.sqs.send_message(QueueUrl=url, MessageBody=body, **options)

    def receive(self, url: str, count: int = 10) -> list[dict[str, Any]]:
        answer = self.sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=count, MessageSystemAttributeNames=["All"], WaitTimeSeconds=0
        )
        return list(answer.get("Messages", []))

    def bodies(self, url: str, count: int = 10) -> list[str]:
        return [message["Body"] for message in self.receive(url, count)]

    def arrived(self, url: str, count: int, within: float = 10) -> list[str]:
        """The bodies that arrive in a queue, in order, until there are this many or as many seconds have passed."""
        bodies: list[str] = []

        def enough() -> bool:
            for message in self.receive(url):
                bodies.append(message["Body"])
                self.delete(url, message)
            return len(bodies) >= count

        self.until(enough, within)
        return bodies

    def delete(self, url: str, message: Mapping[str, Any]) -> None:
        self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])

    def held(self, url: str) -> int:
        """How many messages the queue has, visible or not."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        attributes = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return sum(int(attributes[name]) for name in names)

    def quiet(self, seconds: float = 2) -> None:
        """Long enough for what is on its way to arrive."""
        self.wait(seconds)

    def empty(self, url: str, within: float = 60) -> bool:
        """Whether the queue gets rid of all its messages in this many seconds."""
        return self.until(lambda: self.held(url) == 0, within)

    def until(self, holds: Callable[[], bool], within: float) -> bool:
        """Let time pass until this holds, in steps of half a second; False when it does not come true in time."""
        for _ in range(round(within / _STEP)):
            if holds():
                return True
            self.wait(_STEP)
        return holds()

    # -- functions ---------------------------------------------------------------------------------------------------

    def function(self, source: str, handler: str = "index.handler", **settings: Any) -> str:
        """Create a function from one module and wait until it is active; its name."""
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("index.py", source)
        name = f"{self.name}-f"
        settings.setdefault("Timeout", 4)
        self.awslambda.create_function(
            FunctionName=name,
            Runtime="python3.11",
            Role=self.role,
            Handler=handler,
            Code={"ZipFile": archive.getvalue()},
            **settings,
        )
        self.until(lambda: self.awslambda.get_function(FunctionName=name)["Configuration"]["State"] == "Active", 10)
        return name

    def map(self, url: str, function: str, **settings: Any) -> Any:
        return self.awslambda.create_event_source_mapping(
            EventSourceArn=self.arn(url), FunctionName=function, **settings
        )

    def informer(self, queue: str) -> str:
        """The ARN of a function that tells a queue what it was invoked with: its failures go there."""
        name = self.function("def handler(event, context):\n    raise ValueError\n")
        self.awslambda.put_function_event_invoke_config(
            FunctionName=name,
            MaximumRetryAttempts=0,
            DestinationConfig={"OnFailure": {"Destination": self.arn(queue)}},
        )
        return str(self.awslambda.get_function(FunctionName=name)["Configuration"]["FunctionArn"])

    def informed(self, queue: str) -> Any:
        """What the informer of a queue was invoked with first; None, if nothing comes of it."""
        bodies = self.arrived(queue, 1)
        return json.loads(bodies[0])["requestPayload"] if bodies else None

    def invoke(self, function: str, payload: bytes = b"{}", **options: Any) -> dict[str, Any]:
        """The answer's status, function error and payload, read."""
        answer = self.awslambda.invoke(FunctionName=function, Payload=payload, **options)
        text = answer["Payload"].read()
        told = {"status": answer["StatusCode"], "payload": json.loads(text) if text else None}
        return told | ({"error": answer["FunctionError"]} if "FunctionError" in answer else {})


def refusal(call: Callable[..., object], *arguments: Any, **options: Any) -> str:
    """The code of the error that a call gives, or "accepted"."""
    try:
        call(*arguments, **options)
    except ClientError as error:
        return str(error.response["Error"]["Code"]).removeprefix("AWS.SimpleQueueService.")
    return "accepted"
