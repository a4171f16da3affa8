"""So much a second: what holds of any sequence of attempts."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from waterline.clock import SECOND
from waterline.services.per_second import PerSecond

RATE = 100
ATTEMPTS = st.lists(
    st.tuples(st.sampled_from([0, 1, 1000, 250_000, 999_999, SECOND, 3 * SECOND]), st.integers(1, 60)), max_size=60
)


@given(attempts=ATTEMPTS)
def test_no_second_holds_more_than_the_rate(attempts: list[tuple[int, int]]) -> None:
    rate, now, taken = PerSecond(RATE), 0, list[tuple[int, int]]()
    for gap, amount in attempts:
        now += gap
        if not rate.wait(now, amount):
            rate.take(now, amount)
            taken.append((now, amount))
    for begin, _ in taken:
        assert sum(amount for at, amount in taken if begin <= at < begin + SECOND) <= RATE


@given(attempts=ATTEMPTS, wanted=st.integers(1, 150))
@settings(max_examples=200)
def test_the_wait_is_as_long_as_it_must_be_and_no_longer(attempts: list[tuple[int, int]], wanted: int) -> None:
    rate, now = PerSecond(RATE), 0
    for gap, amount in attempts:
        now += gap
        if not rate.wait(now, amount):
            rate.take(now, amount)
    wait = rate.wait(now, wanted)
    if wait:
        assert rate.left(now + wait - 1) < min(wanted, RATE)
    assert rate.left(now + wait) >= min(wanted, RATE)


def test_more_than_the_rate_is_paid_for_afterwards() -> None:
    rate = PerSecond(RATE)
    rate.take(0, 5 * RATE)
    assert rate.wait(0, 1) == rate.wait(0, RATE) == 5 * SECOND
    assert rate.wait(5 * SECOND - 1, 1) == 1
    assert rate.left(5 * SECOND) == RATE


def test_more_than_the_rate_waits_until_nothing_else_counts() -> None:
    rate = PerSecond(RATE)
    rate.take(0, 1)
    assert rate.wait(SECOND // 2, 5 * RATE) == SECOND // 2
