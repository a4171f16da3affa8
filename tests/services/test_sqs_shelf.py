"""The storage under a queue: it gives back in order what is in it, and keeps nothing of what is gone."""

from __future__ import annotations

from bench import Lab
from hypothesis import given
from hypothesis import strategies as st

from waterline.clock import SECOND, Clock
from waterline.services.sqs.fifo import MessageGroups
from waterline.services.sqs.message import Message
from waterline.services.sqs.shelf import Deadlines, Shelf


def message(order: int, group: str | None = None) -> Message:
    made = Message(str(order), "x", group_id=group)
    made.order = order
    return made


@given(st.lists(st.tuples(st.sampled_from(["put", "discard", "pop"]), st.integers(0, 9), st.integers(0, 5))))
def test_a_shelf_gives_its_items_by_key_and_then_by_age(operations: list[tuple[str, int, int]]) -> None:
    shelf: Shelf[int] = Shelf()
    model: list[tuple[int, int]] = []  # key and item, oldest first
    for operation, item, key in operations:
        if operation == "pop":
            expected = min(model, key=lambda entry: entry[0], default=None)
            assert shelf.first() == shelf.pop() == (None if expected is None else expected[1])
            item = -1 if expected is None else expected[1]
        model = [entry for entry in model if entry[1] != item]
        if operation == "put":
            shelf.put(item, key)
            model.append((key, item))
        elif operation == "discard":
            shelf.discard(item)
        assert len(shelf) == len(model)
        assert list(shelf) == [item for _, item in sorted(model, key=lambda entry: entry[0])]


def test_a_shelf_keeps_nothing_of_what_is_gone() -> None:
    shelf: Shelf[int] = Shelf()
    shelf.put(-1, -1)
    for item in range(10_000):
        shelf.put(item, item)
        shelf.discard(item)
    assert len(shelf._heap) < 100


def test_message_groups_keep_nothing_of_a_group_that_is_done() -> None:
    groups = MessageGroups()
    for order in range(100):
        groups.put(message(order, group=str(order)))
    for taken in groups.take(100, lambda _message: True):
        groups.release(taken)
    assert groups._groups == {}
    assert len(groups._ready) == 0


def test_deadlines_in_the_background_leave_their_one_timer_where_it_is() -> None:
    clock = Clock()
    deadlines = Deadlines(clock, lambda: None, background=True)
    for order in range(100):
        one = message(order)
        deadlines.put(one, (order + 1) * SECOND)
        deadlines.discard(one)
    assert len(clock._agenda._queue) == 1


def test_nothing_is_left_to_wait_for_when_the_message_in_flight_is_deleted(lab: Lab) -> None:
    queue = lab.queue(VisibilityTimeout=500)
    lab.send(queue, "a")
    lab.delete(queue, lab.receive(queue)[0])
    lab.settle()
    assert lab.clock.now == 0
