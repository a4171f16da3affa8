"""`never_more_than`: invocations that overlap are counted, messages are not."""

from waterline.invariants import never_more_than

SLOW = """
import time

def handler(event, context):
    time.sleep(10)
"""


def began(second, message, invocation):
    detail = {"invocation": invocation, "environment": 1}
    return (second, "invoked", "lambda:print", message, detail)


def ended(second, message, invocation, kind="succeeded"):
    return (second, kind, "lambda:print", message, {"invocation": invocation, "environment": 1})


def test_a_batch_is_one_invocation(written):
    assert never_more_than(written(began(0, "a", "i"), began(0, "b", "i")), "print", 1) is None


def test_one_after_the_other_is_one_at_a_time(written):
    journal = written(began(0, "a", "i"), ended(5, "a", "i", "failed"), began(5, "b", "j"), ended(9, "b", "j"))
    assert never_more_than(journal, "print", 1) is None


def test_two_that_overlap_are_told_with_the_instant_and_their_beginnings(written):
    broken = never_more_than(written(began(0, "a", "i"), began(3, "b", "j"), ended(4, "a", "i")), "print", 1)
    assert broken is not None
    assert broken.sentence == "At +3.0 s 2 invocations of print were running, and no more than 1 may."
    assert broken.message == "b"
    assert [event.message for event in broken.trace] == ["a", "b"]


def test_another_function_is_not_counted(written):
    journal = written(began(0, "a", "i"), (1, "invoked", "lambda:other", "b", {"invocation": "j"}))
    assert never_more_than(journal, "lambda:print", 1) is None


def test_a_new_mapping_begins_with_five_pollers(ferry):
    journal = ferry(SLOW, [{"name": str(number)} for number in range(5)])
    assert never_more_than(journal, "print-ticket", 5) is None
    assert never_more_than(journal, "print-ticket", 4) is not None
