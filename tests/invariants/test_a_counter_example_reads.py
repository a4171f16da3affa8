"""How a counter-example is shown: a sentence, and a trace that is never too long to read."""

import pytest

from waterline.invariants import dead_within, shown


@pytest.fixture
def forty(written):
    """A message that is received forty times, every ten seconds."""
    receives = [
        (10 * n, "received", "sqs:tickets", "m", {"count": n, "until": (10 * n + 10) * 1_000_000}) for n in range(1, 41)
    ]
    return written((0, "sent", "sqs:tickets", "m", {"body": "x" * 100}), *receives)


def test_a_short_trace_is_shown_whole_and_indented(forty):
    trace = forty.trace("m")
    assert shown(trace, most=41).splitlines() == [f"    {line}" for line in str(trace).splitlines()]


@pytest.mark.parametrize("most", [3, 4, 12])
def test_a_long_trace_is_shown_with_its_beginning_its_end_and_what_is_left_out(forty, most):
    lines = shown(forty.trace("m"), most).splitlines()
    assert len(lines) == most
    assert lines[0].split() == ["+0.0", "s", "sent", "tickets"]
    assert "40th receive" in lines[-1]
    assert f"...   {41 - (most - 1)} more events" in "\n".join(lines)


def test_a_counter_example_as_text_is_its_sentence_and_its_trace(forty):
    broken = dead_within(forty, "tickets", 60)
    assert broken is not None
    sentence, _, trace = str(broken).partition("\n\n")
    assert sentence == broken.sentence
    assert f"({'x' * 60}...)" in sentence
    assert trace == shown(broken.trace)
