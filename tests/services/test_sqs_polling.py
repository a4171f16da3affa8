"""Long polling: a receive that waits in virtual time, in the notebook cell and in handlers."""

from __future__ import annotations

import time

import pytest
from bench import Lab
from botocore.exceptions import ClientError

from waterline.clock import SECOND
from waterline.waiting import TaskEnded


def test_a_long_poll_takes_twenty_virtual_seconds(lab: Lab) -> None:
    """Source: "Amazon SQS short and long polling"."""
    queue = lab.queue()
    assert lab.bodies(queue, WaitTimeSeconds=20) == []
    assert lab.clock.now == 20 * SECOND


def test_the_queues_own_wait_time_holds_where_the_call_gives_none(lab: Lab) -> None:
    """Source: ReceiveMessage."""
    queue = lab.queue(ReceiveMessageWaitTimeSeconds=7)
    assert lab.bodies(queue) == []
    assert lab.clock.now == 7 * SECOND
    assert lab.bodies(queue, WaitTimeSeconds=0) == []
    assert lab.clock.now == 7 * SECOND


def test_a_long_poll_ends_the_instant_a_message_is_sent(lab: Lab) -> None:
    """Source: "Amazon SQS short and long polling"."""
    queue = lab.queue()
    lab.clock.after(3 * SECOND, lambda: lab.clock.spawn("producer", lab.send, queue, "a"))
    assert lab.bodies(queue, WaitTimeSeconds=20) == ["a"]
    assert lab.clock.now == 3 * SECOND


@pytest.mark.parametrize("why", ["visible again", "delayed"])
def test_a_long_poll_ends_the_instant_a_message_becomes_receivable(lab: Lab, why: str) -> None:
    queue = lab.queue()
    lab.send(queue, "a", DelaySeconds=9 if why == "delayed" else 0)
    if why == "visible again":
        lab.receive(queue, VisibilityTimeout=9)
    assert lab.bodies(queue, WaitTimeSeconds=20) == ["a"]
    assert lab.clock.now == 9 * SECOND


def test_a_message_that_becomes_visible_in_the_last_instant_of_a_long_poll_is_received(lab: Lab) -> None:
    queue = lab.queue()
    lab.send(queue, "a", DelaySeconds=20)
    assert lab.bodies(queue, WaitTimeSeconds=20) == ["a"]


def test_each_message_wakes_one_consumer_and_they_are_served_in_the_order_in_which_they_came(lab: Lab) -> None:
    queue = lab.queue()
    got: list[tuple[str, list[str], int]] = []

    def consume(name: str) -> None:
        bodies = lab.bodies(queue, 1, WaitTimeSeconds=20)
        got.append((name, bodies, lab.clock.now // SECOND))

    for name in ("one", "two", "three"):
        lab.clock.spawn(name, consume, name)
    lab.advance(5)
    assert len(lab.store().arrivals) == 3
    lab.send(queue, "a")
    assert len(lab.store().arrivals) == 2
    lab.advance(1)
    lab.send(queue, "b")
    lab.advance(20)
    assert got == [("one", ["a"], 5), ("two", ["b"], 6), ("three", [], 20)]


def test_two_consumers_that_work_while_they_hold_a_message_overlap(lab: Lab) -> None:
    queue = lab.queue()
    done: list[tuple[str, int]] = []

    def consume() -> None:
        for message in lab.receive(queue, 1, WaitTimeSeconds=20):
            time.sleep(10 if message["Body"] == "slow" else 2)
            lab.delete(queue, message)
            done.append((message["Body"], lab.clock.now // SECOND))

    lab.clock.spawn("one", consume)
    lab.clock.spawn("two", consume)
    lab.advance(1)
    lab.send(queue, "slow")
    lab.send(queue, "quick")
    lab.settle()
    assert done == [("quick", 3), ("slow", 11)]
    assert lab.counts(queue) == (0, 0, 0)


def test_the_message_of_a_consumer_that_is_ended_as_it_wakes_goes_to_the_next(lab: Lab) -> None:
    queue = lab.queue()
    got: list[str] = []
    first = lab.clock.spawn("first", lambda: got.extend(lab.bodies(queue, WaitTimeSeconds=20)))
    lab.clock.spawn("second", lambda: got.extend(["second", *lab.bodies(queue, WaitTimeSeconds=20)]))
    lab.advance(1)

    def send_and_end() -> None:
        first.end(TaskEnded("out of time"))
        lab.send(queue, "a")  # wakes the first, which is about to end

    lab.clock.spawn("producer", send_and_end)
    lab.advance(1)
    assert got == ["second", "a"]


def test_whoever_waits_for_a_queue_that_is_deleted_is_told_so(lab: Lab) -> None:
    queue = lab.queue()
    told: list[tuple[str, int]] = []

    def consume() -> None:
        with pytest.raises(ClientError) as caught:
            lab.receive(queue, WaitTimeSeconds=20)
        told.append((caught.value.response["Error"]["Code"], lab.clock.now // SECOND))

    lab.clock.spawn("one", consume)
    lab.clock.spawn("two", consume)
    lab.advance(4)
    lab.sqs.delete_queue(QueueUrl=queue)
    lab.settle()
    assert told == [("AWS.SimpleQueueService.NonExistentQueue", 4)] * 2


def test_closing_the_clock_ends_who_waits(lab: Lab) -> None:
    queue = lab.queue()
    ended: list[str] = []

    def consume() -> None:
        try:
            lab.receive(queue, WaitTimeSeconds=20)
        finally:
            ended.append("ended")

    lab.clock.spawn("one", consume)
    lab.advance(1)
    lab.clock.close()
    assert ended == ["ended"]
