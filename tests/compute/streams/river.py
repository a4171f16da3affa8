"""What a story about a stream needs beside a :class:`World`: a stream, records, and the batches they came in."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from world import World, client

PASS = "def handler(event, context):\n    return None\n"
READ = """
import base64

def bodies(event):
    return [base64.b64decode(record["kinesis"]["data"]).decode() for record in event["Records"]]

"""
FAIL_ON_BAD = (
    READ
    + """
def handler(event, context):
    if "bad" in bodies(event):
        raise ValueError("bad record")
"""
)
REPORT_BAD = (
    READ
    + """
def handler(event, context):
    for record, body in zip(event["Records"], bodies(event)):
        if body == "bad":
            return {"batchItemFailures": [{"itemIdentifier": record["kinesis"]["sequenceNumber"]}]}
"""
)


@dataclass
class River:
    """A cloud with one stream and one function, and what happens between them."""

    world: World
    arn: str = ""
    names: dict[str, str] = field(default_factory=dict)

    @property
    def kinesis(self) -> Any:
        return client("kinesis")

    @property
    def journal(self) -> Any:
        return self.world.cloud.journal

    def stream(self, shards: int = 1, name: str = "clicks") -> str:
        self.kinesis.create_stream(StreamName=name, ShardCount=shards)
        self.arn = self.kinesis.describe_stream(StreamName=name)["StreamDescription"]["StreamARN"]
        return self.arn

    def put(self, *bodies: str, key: str = "k", name: str = "clicks", **options: Any) -> list[str]:
        """Put records of one key; returns their names in the journal."""
        found = []
        for body in bodies:
            answer = self.kinesis.put_record(StreamName=name, PartitionKey=key, Data=body.encode(), **options)
            found.append(f"{answer['ShardId']}:{answer['SequenceNumber']}")
            self.names.setdefault(body, found[-1])
        return found

    def map(self, source: str = "", function: str = "issue", **settings: Any) -> str:
        settings.setdefault("StartingPosition", "TRIM_HORIZON")
        answer = self.world.awslambda.create_event_source_mapping(
            EventSourceArn=source or self.arn, FunctionName=function, **settings
        )
        return str(answer["UUID"])

    def begin(self, source: str, shards: int = 1, **settings: Any) -> str:
        """A stream, a function with this source, and a mapping between them."""
        self.stream(shards)
        self.world.deploy(source, timeout=60)
        return self.map(**settings)

    def update(self, uuid: str, **settings: Any) -> Any:
        return self.world.awslambda.update_event_source_mapping(UUID=uuid, **settings)

    def advance(self, seconds: float) -> None:
        self.world.cloud.advance(seconds=seconds)

    def settle(self) -> None:
        self.world.cloud.settle()

    # -- what happened -----------------------------------------------------------------------------------------------

    def bodies(self) -> dict[str, str]:
        return {event.message: event.detail["body"] for event in self.journal.of("sent")}

    def batches(self) -> list[tuple[float, str]]:
        """Second and bodies (with spaces between) of each invocation."""
        found: dict[str, tuple[float, list[str]]] = {}
        bodies = self.bodies()
        for event in self.journal.of("invoked"):
            entry = found.setdefault(event.detail["invocation"], (round(event.seconds, 3), []))
            if not event.detail.get("final"):
                entry[1].append(bodies[event.message])
        return [(second, " ".join(words)) for second, words in found.values()]

    def kinds(self, body: str) -> list[str]:
        """What happened to the first record with this body."""
        return [event.kind for event in self.journal.of(message=self.names[body]) if event.kind != "started"]

    def told(self, queue: str) -> list[dict[str, Any]]:
        """The descriptions that an on-failure queue holds."""
        answer = self.world.sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
        return [json.loads(message["Body"]) for message in answer.get("Messages", [])]

    def on_failure(self, name: str = "discarded") -> tuple[str, dict[str, Any]]:
        """A queue, and the DestinationConfig that names it."""
        queue = self.world.queue(name)
        return queue, {"OnFailure": {"Destination": self.world.arn(queue)}}
