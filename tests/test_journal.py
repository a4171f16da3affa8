"""The journal: what it keeps, how it is asked, how it reads, and that its bytes are the same."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator

import pytest

from waterline.clock import SECOND, Clock
from waterline.journal import KINDS, Journal, UnknownMessage
from waterline.trace import Table, aligned, instant, ordinal


@pytest.fixture
def clock() -> Iterator[Clock]:
    clock = Clock()
    yield clock
    clock.close()


@pytest.fixture
def journal(clock: Clock) -> Journal:
    """An order that fails once, and the ticket that comes of it."""
    journal = Journal(clock)
    steps: list[tuple[float, str, str, str | None, tuple[str, ...], dict[str, object]]] = [
        (0, "sent", "sqs:orders", "order", (), {"body": "{}"}),
        (0, "received", "sqs:orders", "order", (), {"count": 1, "until": 30 * SECOND}),
        (0, "started", "lambda:print", "order", (), {"environment": 1}),
        (0, "invoked", "lambda:print", "order", (), {"environment": 1, "batch": 2}),
        (2, "failed", "lambda:print", "order", (), {"environment": 1, "why": "KeyError: 'cabin'"}),
        (30, "visible", "sqs:orders", "order", (), {}),
        (30, "received", "sqs:orders", "order", (), {"count": 2, "until": 60 * SECOND}),
        (30, "invoked", "lambda:print", "order", (), {"environment": 1, "batch": 1}),
        (31, "sent", "sqs:tickets", "ticket", ("order",), {"body": "x"}),
        (32, "succeeded", "lambda:print", "order", (), {"environment": 1}),
        (32, "deleted", "sqs:orders", "order", (), {}),
        (40, "sent", "sqs:orders", "another", (), {}),
        (40, "ended", "lambda:print", None, (), {"environment": 1, "why": "the function was updated"}),
    ]
    for at, kind, place, message, parents, detail in steps:
        clock.at(round(at * SECOND), lambda *a, d=detail: journal.record(*a, **d), kind, place, message, parents)
    clock.settle(100 * SECOND)
    return journal


def test_an_event_cannot_be_changed(journal: Journal) -> None:
    event = journal[0]
    with pytest.raises(dataclasses.FrozenInstanceError):
        event.kind = "lost"  # type: ignore[misc]
    with pytest.raises(TypeError):
        event.detail["body"] = "other"  # type: ignore[index]


def test_a_kind_that_is_not_defined_is_refused(journal: Journal) -> None:
    with pytest.raises(ValueError, match="'vanished' is no kind of event: the journal knows sent, "):
        journal.record("vanished", "sqs:orders", "order")


def test_every_kind_has_a_sentence() -> None:
    assert all(len(sentence.split()) >= 3 for sentence in KINDS.values())


def test_it_is_a_sequence_in_the_order_in_which_things_happened(journal: Journal) -> None:
    assert [event.number for event in journal] == list(range(13)) == list(range(len(journal)))
    assert [event.at for event in journal] == sorted(event.at for event in journal)
    assert journal[-1].kind == "ended" and [event.kind for event in journal[:2]] == ["sent", "received"]


@pytest.mark.parametrize(
    ("asked", "numbers"),
    [
        ({"kind": "received"}, [1, 6]),
        ({"place": "sqs:orders", "kind": "sent"}, [0, 11]),
        ({"place": "orders", "kind": "sent"}, [0, 11]),
        ({"message": "ticket"}, [8]),
        ({"message": "nobody"}, []),
        ({"message": "order", "kind": "deleted", "place": "orders"}, [10]),
        ({}, list(range(13))),
    ],
)
def test_it_is_asked_by_kind_place_and_message(journal: Journal, asked: dict[str, str], numbers: list[int]) -> None:
    assert [event.number for event in journal.of(**asked)] == numbers


def test_messages_are_in_the_order_in_which_they_appeared_and_know_their_children(journal: Journal) -> None:
    assert journal.messages == ["order", "ticket", "another"]
    assert journal.children("order") == ["ticket"]
    assert journal.children("ticket") == []


def test_a_trace_is_the_life_of_a_message_and_of_what_came_from_it(journal: Journal) -> None:
    assert str(journal.trace("order")).splitlines() == [
        "+0.0 s    sent        orders",
        "+0.0 s    received    orders    1st receive, hidden until +30.0 s",
        "+0.0 s    started     print     environment 1: cold start",
        "+0.0 s    invoked     print     environment 1, in a batch of 2",
        "+2.0 s    failed      print     environment 1: KeyError: 'cabin'",
        "+30.0 s   visible     orders",
        "+30.0 s   received    orders    2nd receive, hidden until +60.0 s",
        "+30.0 s   invoked     print     environment 1",
        "+31.0 s   sent        tickets",
        "+32.0 s   succeeded   print     environment 1",
        "+32.0 s   deleted     orders",
    ]
    assert journal.trace("ticket").kinds == ["sent"]


def test_a_circle_of_messages_has_a_trace(clock: Clock) -> None:
    journal = Journal(clock)
    journal.record("sent", "sqs:a", "one", ("two",))
    journal.record("sent", "sqs:a", "two", ("one",))
    assert len(journal.trace("one")) == 2


def test_an_unknown_message_is_told_in_one_sentence(journal: Journal) -> None:
    with pytest.raises(UnknownMessage, match=r"^The journal holds no message 'nobody': it is the MessageId that"):
        journal.trace("nobody")


def test_a_table_has_a_row_for_each_event_as_text_and_as_html(journal: Journal) -> None:
    table = journal.table(message="order")
    assert table.columns == ("when", "what", "where", "message", "note")
    assert len(table.rows) == 10
    page = Table(("a",), (("<b>&",),), "1 < 2")._repr_html_()
    assert (
        '<td style="text-align: left; white-space: nowrap">&lt;b&gt;&amp;</td>' in page
        and "<caption>1 &lt; 2</caption>" in page
        and 'scope="col"' in page
    )


def test_its_bytes_are_lines_of_json_that_hold_everything(journal: Journal) -> None:
    lines = journal.to_json_lines().decode().splitlines()
    assert len(lines) == len(journal)
    assert json.loads(lines[8]) == {
        "at": 31 * SECOND,
        "detail": {"body": "x"},
        "kind": "sent",
        "message": "ticket",
        "number": 8,
        "parents": ["order"],
        "place": "sqs:tickets",
    }
    before = journal.digest()
    assert journal.digest() == before
    journal.record("sent", "sqs:orders", "one more")
    assert journal.digest() != before


def test_a_detail_that_is_none_is_left_out(clock: Clock) -> None:
    assert dict(Journal(clock).record("sent", "sqs:a", "one", body=None, group="g").detail) == {"group": "g"}


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (0, "+0.0 s"),
        (1_500_000, "+1.5 s"),
        (86_399 * SECOND, "+86,399.0 s"),
        (86_400 * SECOND, "+1 d 00:00:00.0"),
        (266_405 * SECOND, "+3 d 02:00:05.0"),
    ],
)
def test_an_instant_reads_in_seconds_and_from_one_day_on_in_days(at: int, text: str) -> None:
    assert instant(at) == text


@pytest.mark.parametrize(
    ("number", "text"), [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (112, "112th"), (21, "21st")]
)
def test_ordinals(number: int, text: str) -> None:
    assert ordinal(number) == text


def test_columns_line_up_and_no_line_ends_in_blanks() -> None:
    assert aligned([("a", "bb"), ("ccc", "")]) == ["a     bb", "ccc"]
    assert aligned([]) == []
