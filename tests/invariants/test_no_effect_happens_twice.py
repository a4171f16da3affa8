"""`no_effect_twice`: what counts as the same effect, and how the trace tells where the second came from."""

from waterline.invariants import no_effect_twice

SENDS_AND_FAILS_ONCE = """
import os
import boto3

tries = []

def handler(event, context):
    tries.append(1)
    boto3.client("sqs").send_message(QueueUrl=os.environ["PRINTED"], MessageBody=event["Records"][0]["body"])
    if len(tries) == 1:
        raise RuntimeError("after printing")
"""


def printed(second, message, body, parent):
    return (second, "sent", "sqs:printed", message, {"body": body, "parents": (parent,)})


def test_different_tickets_are_different_effects(written):
    assert no_effect_twice(written(printed(1, "a", "Ida", "m"), printed(2, "b", "Maja", "m")), "printed") is None


def test_the_same_ticket_elsewhere_is_another_effect(written):
    elsewhere = (2, "sent", "sqs:archive", "b", {"body": "Ida"})
    assert no_effect_twice(written(printed(1, "a", "Ida", "m"), elsewhere), "sqs:printed") is None


def test_the_same_ticket_twice_is_told_with_both_instants(written):
    broken = no_effect_twice(written(printed(1, "a", "Ida", "m"), printed(3, "b", "Ida", "n")), "printed")
    assert broken is not None
    assert broken.sentence == "Ida was sent to printed at +1.0 s and again at +3.0 s."
    assert broken.message == "b"


def test_a_key_of_ones_own_says_what_is_the_same(written):
    journal = written(printed(1, "a", "Ida, first try", "m"), printed(3, "b", "Ida, second try", "m"))
    assert no_effect_twice(journal, "printed") is None
    assert no_effect_twice(journal, "printed", key=lambda event: event.detail["body"].split(",")[0]) is not None


def test_a_common_parent_is_told_and_the_rest_of_its_batch_is_not(written):
    journal = written(
        (0, "sent", "sqs:tickets", "m", {}),
        (0, "sent", "sqs:tickets", "other", {}),
        (1, "sent", "sqs:printed", "a", {"body": "Ida", "parents": ("m", "other")}),
        (2, "visible", "sqs:tickets", "m", {}),
        (3, "sent", "sqs:printed", "b", {"body": "Ida", "parents": ("m",)}),
        (4, "deleted", "sqs:tickets", "m", {}),
    )
    broken = no_effect_twice(journal, "printed")
    assert broken is not None
    assert [(event.kind, event.message) for event in broken.trace] == [
        ("sent", "m"),
        ("sent", "a"),
        ("visible", "m"),
        ("sent", "b"),
    ]


def test_a_handler_that_fails_after_printing_prints_twice(ferry):
    broken = no_effect_twice(ferry(SENDS_AND_FAILS_ONCE, [{"name": "Ida"}]), "printed")
    assert broken is not None
    assert [event.name for event in broken.trace if event.kind == "sent"] == ["tickets", "printed", "printed"]
    assert broken.trace.kinds.count("received") == 2
    assert broken.trace.kinds[-1] == "sent"
