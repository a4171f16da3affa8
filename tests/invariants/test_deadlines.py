"""`done_within` and `dead_within`: what is in time, what is late, and what is not decided yet."""

import pytest

from waterline.invariants import dead_within, done_within

SENT = (10, "sent", "sqs:tickets", "m", {"body": "Ida"})
SUCCEEDED = (40, "succeeded", "lambda:print", "m", {"invocation": "i", "environment": 1})
DELETED = (40, "deleted", "sqs:tickets", "m", {})
DEAD = (100, "dead-lettered", "sqs:tickets", "m", {"count": 3, "to": "tickets-dead"})

FAILS = """
import json, time

def handler(event, context):
    order = json.loads(event["Records"][0]["body"])
    time.sleep(2)
    order["cabin"]
"""


@pytest.mark.parametrize(
    ("lines", "seconds", "until", "holds"),
    [
        ((SENT, SUCCEEDED, DELETED), 30, 500, True),
        ((SENT, SUCCEEDED, DELETED), 29.9, 500, False),
        ((SENT, DELETED), 30, 500, False),
        ((SENT, DEAD), 30, 500, False),
        ((SENT,), 30, 40, True),
        ((SENT,), 30, 41, False),
    ],
    ids=["at the deadline", "after it", "deleted unprocessed", "dead", "not decided yet", "never"],
)
def test_a_message_is_done_in_time_or_it_is_not(written, lines, seconds, until, holds):
    assert (done_within(written(*lines, until=until), "tickets", seconds) is None) == holds


@pytest.mark.parametrize(
    ("lines", "seconds", "until", "holds"),
    [
        ((SENT, DEAD), 90, 500, True),
        ((SENT, DEAD), 89, 500, False),
        ((SENT,), 90, 100, True),
        ((SENT,), 90, 101, False),
        ((SENT, SUCCEEDED, DELETED), 10, 500, True),
    ],
    ids=["at the deadline", "after it", "not decided yet", "never", "processed, so need not die"],
)
def test_a_message_that_cannot_be_processed_is_dead_in_time_or_it_is_not(written, lines, seconds, until, holds):
    assert (dead_within(written(*lines, until=until), "tickets", seconds) is None) == holds


def test_only_the_messages_that_are_named_are_asked_for(written):
    journal = written(SENT, until=500)
    assert done_within(journal, "tickets", 30, of=["other"]) is None
    assert dead_within(journal, "tickets", 30, of=["other"]) is None
    assert dead_within(journal, "tickets", 30, of=["m"]) is not None


def test_a_late_message_is_told_with_its_deadline_and_when_it_came(written):
    broken = dead_within(written(SENT, DEAD), "tickets", 60)
    assert broken is not None
    assert broken.sentence == (
        "Message m (Ida) came into tickets at +10.0 s and should have been in a dead-letter queue by +70.0 s: "
        "it was at +100.0 s."
    )


def test_the_trace_of_what_never_happens_ends_at_the_deadline(ferry):
    journal = ferry(FAILS, [{"name": "Ola"}], receives=None)
    broken = dead_within(journal, "tickets", 90)
    assert broken is not None
    assert "it never was." in broken.sentence
    assert broken.trace[-1].at <= 90_000_000
    assert broken.trace.kinds.count("received") == 4


def test_three_receives_thirty_seconds_apart_take_ninety_seconds(ferry):
    journal = ferry(FAILS, [{"name": "Ida", "cabin": 12}, {"name": "Ola"}])
    assert done_within(journal, "tickets", 2) is not None
    assert done_within(journal, "tickets", 2, of=[journal.messages[0]]) is None
    assert dead_within(journal, "tickets", 90) is None
    assert dead_within(journal, "tickets", 89.9) is not None
