"""Checks of 00.a."""

from waterline.grading.verdict import expect, wrong


def test_there_is_one_wait_per_attempt(backoff):
    waits = backoff(1, 60, 5)
    expect(len(waits) == 5, f"Five attempts need five waits, and yours are {waits}.")


def test_the_first_wait_is_the_base(backoff):
    waits = backoff(3, 60, 2)
    expect(waits[0] == 3, f"With a base of 3 s the first wait is 3 s, and yours is {waits[0]} s.", see="00, section 2")


def test_no_wait_is_longer_than_the_cap(backoff):
    waits = backoff(1, 10, 6)
    if max(waits) > 10:
        wrong(f"With a cap of 10 s your waits are {waits}.", belief="Growth never hurts.", see="00, section 3")


def test_each_wait_doubles(backoff):
    assert backoff(1, 10, 6) == [1, 2, 4, 8, 10, 10]
