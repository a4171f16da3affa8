"""`nothing_lost`: what counts as lost, on journals written by hand and on real runs."""

import pytest

from waterline.invariants import nothing_lost

SENT = (0, "sent", "sqs:tickets", "m", {"body": "Ida"})
RECEIVED = (1, "received", "sqs:tickets", "m", {"count": 1, "until": 31_000_000})
SUCCEEDED = (2, "succeeded", "lambda:print", "m", {"invocation": "i", "environment": 1})
FAILED = (2, "failed", "lambda:print", "m", {"invocation": "i", "environment": 1, "why": "KeyError"})
DELETED = (3, "deleted", "sqs:tickets", "m", {})
DEAD = (3, "dead-lettered", "sqs:tickets", "m", {"count": 3, "to": "tickets-dead"})
EXPIRED = (4, "expired", "sqs:tickets", "m", {})
EXPIRED_DEAD = (5, "expired", "sqs:tickets-dead", "m", {})

ORDERS = [{"name": "Ida", "cabin": 12}, {"name": "Ola"}]
SWALLOWS = """
import json

def handler(event, context):
    try:
        json.loads(event["Records"][0]["body"])["cabin"]
    except KeyError:
        pass
"""
RAISES = """
import json

def handler(event, context):
    json.loads(event["Records"][0]["body"])["cabin"]
"""


@pytest.mark.parametrize(
    "lines",
    [
        (SENT,),
        (SENT, RECEIVED, FAILED),
        (SENT, RECEIVED, SUCCEEDED, DELETED),
        (SENT, RECEIVED, FAILED, DEAD),
        (SENT, RECEIVED, FAILED, DEAD, EXPIRED_DEAD),
    ],
    ids=["waiting", "failed once", "processed", "dead-lettered", "expired in another queue"],
)
def test_a_message_that_waits_or_was_processed_or_dead_lettered_is_not_lost(written, lines):
    assert nothing_lost(written(*lines), "tickets") is None


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ((SENT, RECEIVED, FAILED, DELETED), "deleted from tickets at +3.0 s, and no handler had succeeded with it"),
        ((SENT, DELETED), "no handler had succeeded"),
        ((SENT, RECEIVED, DELETED, (9, *SUCCEEDED[1:])), "no handler had succeeded"),
        ((SENT, RECEIVED, FAILED, EXPIRED), "expired in tickets at +4.0 s"),
        ((SENT, (4, "purged", "sqs:tickets", "m", {})), "was purged from tickets at +4.0 s"),
    ],
    ids=["deleted after a failure", "deleted unread", "deleted before it succeeded", "expired", "purged"],
)
def test_a_message_that_is_gone_without_a_success_is_lost(written, lines, said):
    broken = nothing_lost(written(*lines), "tickets")
    assert broken is not None
    assert broken.message == "m"
    assert broken.sentence.startswith("Message m (Ida) ")
    assert said in broken.sentence


def test_a_dead_letter_queue_can_lose_what_was_moved_to_it(written):
    broken = nothing_lost(written(SENT, DEAD, EXPIRED_DEAD), "tickets-dead")
    assert broken is not None
    assert "expired in tickets-dead at +5.0 s" in broken.sentence


def test_the_trace_ends_with_the_loss_and_is_the_shortest_there_is(written):
    other = [(second, kind, place, "n", detail) for second, kind, place, _, detail in (SENT, EXPIRED)]
    journal = written(SENT, other[0], RECEIVED, FAILED, DELETED, other[1], (9, "sent", "sqs:else", "n", {}))
    broken = nothing_lost(journal, "sqs:tickets")
    assert broken is not None
    assert broken.message == "n"
    assert broken.trace.kinds == ["sent", "expired"]


def test_an_order_whose_error_is_caught_is_not_lost_for_the_queue(ferry):
    journal = ferry(SWALLOWS, ORDERS)
    assert nothing_lost(journal, "tickets") is None
    assert len(journal.of("deleted", "tickets")) == 2


def test_an_order_that_nobody_can_print_is_lost_after_four_days_without_a_redrive_policy(ferry):
    four_days = 4 * 24 * 60 + 1
    broken = nothing_lost(ferry(RAISES, ORDERS, receives=None, visibility=7200, minutes=four_days), "tickets")
    assert broken is not None
    assert '({"name": "Ola"}) expired in tickets at +4 d' in broken.sentence
    assert nothing_lost(ferry(RAISES, ORDERS, receives=3, visibility=7200, minutes=four_days), "tickets") is None
