"""The faults of moto's SQS that we mend: each story is told on both, and moto is held to getting it wrong.

When an upgrade of moto mends one of them, its test here fails and says so.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest
from bench import Bench, backend, bare_moto, opened
from moto.sqs.models import Message as MotoMessage
from moto.sqs.models import Queue as MotoQueue

FIFO = "tickets.fifo"


class StillWaiting(Exception):
    """moto has waited more seconds than it was asked to."""


def redelivery_of_a_group(bench: Bench) -> object:
    """Three messages of a group come back together when their visibility timeout is over."""
    queue = bench.queue(FIFO)
    for body in ("b1", "b2", "b3"):
        bench.send(queue, body, MessageGroupId="b", MessageDeduplicationId=body)
    assert bench.bodies(queue) == ["b1", "b2", "b3"]
    bench.advance(30.001)
    return bench.bodies(queue)


def a_duplicate_of_a_deleted_message(bench: Bench) -> object:
    """A message that is sent again within five minutes is not delivered again, though the first one was deleted."""
    queue = bench.queue(FIFO)
    for _ in range(2):
        bench.send(queue, "again", MessageGroupId="g", MessageDeduplicationId="same")
        received = bench.receive(queue)
        for message in received:
            bench.delete(queue, message)
    return len(received)


def a_fresh_message_behind_an_expired_one(bench: Bench) -> object:
    """An expired message is gone; it does not stand before the others."""
    queue = bench.queue(MessageRetentionPeriod=60)
    bench.send(queue, "old")
    bench.advance(30)
    bench.send(queue, "fresh")
    bench.advance(31)
    return bench.counts(queue), bench.bodies(queue)


def a_long_poll_of_an_empty_queue(bench: Bench) -> object:
    """A long poll ends after its twenty seconds."""
    queue = bench.queue()
    try:
        return bench.bodies(queue, WaitTimeSeconds=20)
    except StillWaiting:
        return "still waiting"


def a_redrive_task(bench: Bench) -> object:
    """What was dead-lettered moves back to where it came from."""
    dead = bench.queue("dead")
    queue = bench.queue(RedrivePolicy={"deadLetterTargetArn": bench.arn(dead), "maxReceiveCount": 1})
    bench.send(queue, "poison")
    bench.receive(queue)
    bench.advance(31)
    assert bench.bodies(queue) == []
    try:
        bench.sqs.start_message_move_task(SourceArn=bench.arn(dead))
    except NotImplementedError:
        return "not implemented"
    bench.advance(1)
    return bench.bodies(queue)


def calls(action: Callable[[], object]) -> int:
    """How many Python functions are called."""
    count = 0

    def see(_frame: Any, event: str, _argument: Any) -> None:
        nonlocal count
        count += event == "call"

    sys.setprofile(see)
    try:
        action()
    finally:
        sys.setprofile(None)
    return count


def growth_with_the_backlog(bench: Bench) -> float:
    """How many times the work of a send, a receive and a delete grows from 10 waiting messages to 2,000."""
    queue = bench.queue()
    entries = [{"Id": str(number), "MessageBody": "x"} for number in range(10)]

    def cycle() -> None:
        bench.send(queue, "one more")
        bench.delete(queue, bench.receive(queue, 1)[0])

    bench.sqs.send_message_batch(QueueUrl=queue, Entries=entries)
    cycle()
    few = calls(cycle)
    store(queue, 1_990)
    return calls(cycle) / few


def store(queue: str, number: int) -> None:
    """Put so many messages into a queue, past the API, which on bare moto would take minutes."""
    name = queue.rpartition("/")[2]
    stored = backend().get_queue(name)
    for index in range(number):
        if type(stored) is MotoQueue:
            message = MotoMessage(str(index), "x")
            message.mark_sent()
            stored._messages.append(message)
        else:
            backend().send_message(name, "x")
    assert stored.approximate_number_of_messages == number + 10


STORIES = [
    (redelivery_of_a_group, ["b1", "b2", "b3"], ["b3"]),
    (a_duplicate_of_a_deleted_message, 0, 1),
    (a_fresh_message_behind_an_expired_one, ((1, 0, 0), ["fresh"]), ((2, 0, 0), [])),
    (a_long_poll_of_an_empty_queue, [], "still waiting"),
    (a_redrive_task, ["poison"], "not implemented"),
]


@pytest.mark.parametrize(("story", "right", "wrong"), STORIES, ids=lambda value: getattr(value, "__name__", ""))
def test_we_tell_the_story_as_aws_does_and_bare_moto_does_not(
    story: Callable[[Bench], object], right: object, wrong: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened() as lab:
        assert story(lab) == right
    waits = iter(range(25))

    def wait(_queue: MotoQueue, _seconds: int) -> None:
        if next(waits, None) is None:
            raise StillWaiting

    # moto waits in slices of one real second, for a virtual instant that never comes; here the slices are empty.
    monkeypatch.setattr(MotoQueue, "wait_for_messages", wait)
    with bare_moto() as bench:
        assert story(bench) == wrong


def test_the_work_of_a_call_does_not_grow_with_the_backlog_and_on_bare_moto_it_does() -> None:
    with opened() as lab:
        assert growth_with_the_backlog(lab) < 1.5
    with bare_moto() as bench:
        assert growth_with_the_backlog(bench) > 10


class Mapping:
    """An event source mapping that must not be asked."""

    @property
    def enabled(self) -> bool:
        raise RuntimeError("a handler would run inside the producer's call")


@pytest.mark.parametrize("ours", [True, False])
def test_a_send_runs_no_handler_and_on_bare_moto_it_does(ours: bool) -> None:
    with opened() if ours else bare_moto() as bench:
        queue = bench.queue()
        backend().get_queue("tickets").lambda_event_source_mappings["arn"] = Mapping()
        if ours:
            assert bench.send(queue, "a")
        else:
            with pytest.raises(RuntimeError, match="inside the producer's call"):
                bench.send(queue, "a")
