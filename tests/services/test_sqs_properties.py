"""What holds of a queue whatever is done to it: no message is lost or in two states, groups keep their order."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from bench import Lab, opened
from hypothesis import given, settings
from hypothesis import strategies as st

from waterline.clock import SECOND
from waterline.journal import Event

Operation = tuple[str, int, int]

NUMBERS = st.integers(0, 9)
SECONDS = st.sampled_from([0, 1, 5, 10, 29, 30, 31, 100])
OPERATIONS = st.lists(
    st.one_of(
        st.tuples(st.just("send"), st.sampled_from([0, 0, 5, 40]), st.integers(0, 2)),
        st.tuples(st.just("receive"), st.integers(1, 10), st.sampled_from([0, 5, 30])),
        st.tuples(st.just("delete"), NUMBERS, st.just(0)),
        st.tuples(st.just("change"), NUMBERS, st.sampled_from([0, 5, 50])),
        st.tuples(st.just("advance"), SECONDS, st.just(0)),
        st.tuples(st.sampled_from(["purge", "redrive", "receive dead"]), st.just(0), st.just(0)),
    ),
    max_size=25,
)

# From which states an event may happen to a message, and the state that it leaves it in.
TRANSITIONS = {
    "sent": ({None}, "visible"),
    "delayed": ({"visible"}, "delayed"),
    "visible": ({"delayed", "in flight"}, "visible"),
    "received": ({"visible"}, "in flight"),
    "hidden": ({"in flight"}, "in flight"),
    "deleted": ({"visible", "in flight"}, "gone"),
    "expired": ({"visible", "in flight", "delayed"}, "gone"),
    "purged": ({"visible", "in flight", "delayed"}, "gone"),
    "redriven": ({"visible"}, "gone"),
    "dead-lettered": ({"visible"}, "visible"),
}


@dataclass
class Reader:
    """Reads the journal only, and says where each message is."""

    lab: Lab
    states: dict[str | None, tuple[str, str]] = field(default_factory=dict)
    read: int = 0

    def new_events(self) -> list[Event]:
        events = self.lab.journal[self.read :]
        self.read += len(events)
        for event in events:
            before, place = self.states.get(event.message, (None, event.name))
            allowed, after = TRANSITIONS[event.kind]
            assert before in allowed, (event, before)
            assert place == event.name, (event, place)
            self.states[event.message] = (after, str(event.detail.get("to", event.name)) if after != "gone" else "")
        return events

    def counts(self, name: str) -> tuple[int, int, int]:
        counted = Counter(self.states.values())
        return counted["visible", name], counted["in flight", name], counted["delayed", name]


def play(lab: Lab, queue: str, dead: str, operation: Operation, handles: list[tuple[str, str]]) -> int:
    """Carry one operation out; returns how many messages were sent."""
    kind, number, other = operation
    fifo = queue.endswith(".fifo")
    match kind:
        case "send":
            body = str(len(lab.journal))
            fifo_options = {"MessageGroupId": str(other), "MessageDeduplicationId": body}
            lab.send(queue, body, **(fifo_options if fifo else {"DelaySeconds": number}))
            return 1
        case "receive" | "receive dead":
            source = dead if kind == "receive dead" else queue
            received = lab.receive(source, max(number, 1), VisibilityTimeout=other)
            handles.extend((source, message["ReceiptHandle"]) for message in received)
        case "delete" | "change" if number < len(handles):
            source, handle = handles[-1 - number]
            entry = {"Id": "1", "ReceiptHandle": handle}
            if kind == "delete":
                lab.sqs.delete_message_batch(QueueUrl=source, Entries=[entry])
            else:
                lab.sqs.change_message_visibility_batch(QueueUrl=source, Entries=[entry | {"VisibilityTimeout": other}])
        case "advance":
            lab.advance(number)
        case "purge" if lab.clock.now > 60 * SECOND:
            lab.store(queue.rpartition("/")[2]).purge()
        case "redrive":
            running = lab.sqs.list_message_move_tasks(SourceArn=lab.arn(dead))["Results"]
            if not running or running[0]["Status"] != "RUNNING":
                lab.sqs.start_message_move_task(SourceArn=lab.arn(dead), MaxNumberOfMessagesPerSecond=1)
    return 0


def queues(lab: Lab, kind: str) -> tuple[str, str]:
    dead = lab.queue(f"dead{kind}", MessageRetentionPeriod=200)
    policy = {"deadLetterTargetArn": lab.arn(dead), "maxReceiveCount": 2}
    return lab.queue(f"tickets{kind}", MessageRetentionPeriod=120, RedrivePolicy=policy), dead


@settings(max_examples=60, deadline=None)
@given(operations=OPERATIONS, kind=st.sampled_from(["", ".fifo"]))
def test_every_message_is_in_one_state_and_the_counts_say_what_the_journal_says(
    operations: list[Operation], kind: str
) -> None:
    with opened() as lab:
        queue, dead = queues(lab, kind)
        reader, handles, sent = Reader(lab), [], 0
        for operation in operations:
            sent += play(lab, queue, dead, operation, handles)
            reader.new_events()
            assert lab.counts(queue) == reader.counts(f"tickets{kind}")
            assert lab.counts(dead) == reader.counts(f"dead{kind}")
            assert len(reader.states) == sent + len(lab.journal.of("redriven"))
        lab.settle()
        lab.advance(400)
        reader.new_events()
        assert {state for state, _ in reader.states.values()} <= {"gone"}
        assert lab.counts(queue) == lab.counts(dead) == (0, 0, 0)


@settings(max_examples=60, deadline=None)
@given(operations=OPERATIONS)
def test_a_group_is_never_received_out_of_order_nor_by_two_at_once(operations: list[Operation]) -> None:
    with opened() as lab:
        queue, dead = queues(lab, ".fifo")
        handles: list[tuple[str, str]] = []
        group: dict[str | None, str] = {}
        waiting: dict[str, list[str | None]] = {}  # what is in the queue, per group, in the order of sending
        in_flight: dict[str | None, int] = {}  # and the number of the receive that took it
        reader = Reader(lab)
        for turn, operation in enumerate(operations):
            play(lab, queue, dead, operation, handles)
            for event in reader.new_events():
                if event.name != "tickets.fifo":
                    continue
                message = event.message
                if event.kind == "sent":
                    group[message] = event.detail["group"]
                    waiting.setdefault(group[message], []).append(message)
                elif event.kind == "received":
                    older = waiting[group[message]][: waiting[group[message]].index(message)]
                    assert all(in_flight.get(other) == turn for other in older), event
                    fellows = [other for other in in_flight if group[other] == group[message]]
                    assert all(in_flight[other] == turn for other in fellows), event
                    in_flight[message] = turn
                elif event.kind == "visible":
                    in_flight.pop(message, None)
                elif event.kind in ("deleted", "expired", "purged", "dead-lettered"):
                    in_flight.pop(message, None)
                    waiting[group[message]].remove(message)


@settings(max_examples=60, deadline=None)
@given(
    sends=st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("gh"), st.sampled_from([0, 60, 299, 300]))),
    scope=st.sampled_from(["queue", "messageGroup"]),
)
def test_an_identifier_stands_for_one_message_for_five_minutes_and_numbers_grow(
    sends: list[tuple[str, str, int]], scope: str
) -> None:
    with opened() as lab:
        queue = lab.queue("tickets.fifo", DeduplicationScope=scope)
        originals: dict[tuple[str, str], tuple[int, str]] = {}
        numbers: list[str] = []
        for identifier, group, seconds in sends:
            lab.advance(seconds)
            answer = lab.sqs.send_message(
                QueueUrl=queue, MessageBody="x", MessageGroupId=group, MessageDeduplicationId=identifier
            )
            key = (identifier, group if scope == "messageGroup" else "")
            at, original = originals.get(key, (-1_000 * SECOND, ""))
            if lab.clock.now - at < 300 * SECOND:
                assert answer["MessageId"] == original
            else:
                originals[key] = (lab.clock.now, answer["MessageId"])
                numbers.append(answer["SequenceNumber"])
        assert len(set(numbers)) == len(numbers) == len(lab.journal.of("sent"))
        assert numbers == sorted(numbers)
