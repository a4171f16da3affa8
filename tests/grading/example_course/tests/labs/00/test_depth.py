"""Checks of 00.c."""

from waterline.grading.verdict import expect


def test_it_is_a_whole_number(depth):
    expect(isinstance(depth, int), f"A number of messages is whole, and {depth!r} is not.")


def test_nothing_is_left(depth):
    expect(depth <= 0, f"You said that {depth} messages are left, and none is.", belief="Reading does not delete.")
    expect(depth == 0, f"You said {depth}: a queue cannot hold fewer than none.")
