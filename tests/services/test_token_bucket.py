"""A token bucket: its rate, its burst, and whole numbers all the way."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waterline.clock import SECOND
from waterline.services.token_bucket import TokenBucket


def test_it_begins_full_and_refills_at_its_rate() -> None:
    bucket = TokenBucket(rate=2, burst=3)
    assert [bucket.take(0) for _ in range(4)] == [True, True, True, False]
    assert [bucket.take(SECOND // 2 - 1), bucket.take(SECOND // 2)] == [False, True]
    assert bucket.holds(60 * SECOND) == 3


def test_several_tokens_are_taken_together_or_not_at_all() -> None:
    bucket = TokenBucket(rate=1, burst=5)
    assert not bucket.take(0, 6)
    assert bucket.holds(0) == 5
    assert bucket.take(0, 5)


@pytest.mark.parametrize(
    ("rate", "tokens", "wait"),
    [(1, 1, SECOND), (0.5, 1, 2 * SECOND), (Fraction(3), 2, -(-2 * SECOND // 3)), (1, 9, None), (0, 1, None)],
)
def test_it_says_how_long_to_wait(rate: float, tokens: int, wait: int | None) -> None:
    bucket = TokenBucket(rate, burst=4)
    assert bucket.wait(0) == 0
    bucket.take(0, 4)
    assert bucket.wait(0, tokens) == wait
    if wait is not None:
        assert not bucket.take(wait - 1, tokens)
        assert bucket.take(wait, tokens)


@given(st.floats(0.01, 1_000), st.integers(1, 100), st.lists(st.integers(0, 10 * SECOND), max_size=60))
def test_no_stretch_of_time_gets_more_than_its_burst_and_its_rate(rate: float, burst: int, gaps: list[int]) -> None:
    bucket, now, taken = TokenBucket(rate, burst), 0, 0
    for gap in gaps:
        now += gap
        taken += bucket.take(now)
        assert taken <= burst + Fraction(rate).limit_denominator(1_000_000) * now / SECOND
