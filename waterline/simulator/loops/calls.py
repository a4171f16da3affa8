"""Calls: a client waits for each, and tries again by itself.

Words
-----
patience
    how long a client waits for an answer. The function knows nothing of it and goes on working.
budget
    retries may be no more than a share of the answers that came: each answer adds so many thousandths of a retry.
circuit breaker
    after so many failures in a row nobody calls for a while.
"""

from __future__ import annotations

from waterline.simulator.compiled import compiled
from waterline.simulator.loops.agenda import pop, push
from waterline.simulator.loops.environments import connect, mark
from waterline.simulator.loops.layout import (
    AGENDA,
    ARRIVED,
    ATTEMPTS,
    BASE,
    BREAK_AFTER,
    BREAK_FOR,
    BUCKET_BURST,
    BUCKET_EVERY,
    BUDGET,
    BUDGET_LEFT,
    CAME,
    CAP,
    CLOSE,
    DEAD,
    DECORRELATED,
    DONE,
    END,
    EQUAL,
    FULL,
    HELD,
    IN_A_ROW,
    JITTER,
    MOST_ATTEMPTS,
    OPEN_UNTIL,
    OVER,
    PATIENCE,
    REFUSED,
    RETRY,
    STRIDE,
    THROTTLED,
    TOKENS,
    TOKENS_AT,
    UNUSED,
    WAKE,
    Array,
)
from waterline.simulator.loops.pushed import begin, decide, over

RETRY_COSTS = 1_000
BUDGET_AT_FIRST = 10_000
BUDGET_AT_MOST = 100_000


def backoff(settings: Array, draws: Array, message: int, attempt: int, before: int) -> int:
    """The wait after a failed attempt; `before`: the wait before it."""
    draw = draws[1, (message * 3 + attempt * STRIDE + 1) & (draws.shape[1] - 1)]
    if settings[JITTER] == DECORRELATED:
        low = settings[BASE]
        high = min(settings[CAP], max(before, low) * 3)
        return low + (max(high - low, 0) * draw >> 31)
    wait = settings[BASE]
    while attempt > 1 and wait < settings[CAP]:
        wait *= 2
        attempt -= 1
    wait = min(wait, settings[CAP])
    if settings[JITTER] == FULL:
        return wait * draw >> 31
    if settings[JITTER] == EQUAL:
        return (wait >> 1) + ((wait >> 1) * draw >> 31)
    return wait


def again(
    settings: Array,
    state: Array,
    messages: Array,
    agenda: Array,
    draws: Array,
    curves: Array,
    message: int,
    otherwise: int,
    now: int,
) -> None:
    """An attempt has failed: another one after a wait, if the client has one left."""
    state[IN_A_ROW] += 1
    if settings[BREAK_AFTER] > 0 and state[IN_A_ROW] >= settings[BREAK_AFTER]:
        state[OPEN_UNTIL] = now + settings[BREAK_FOR]
        state[IN_A_ROW] = 0
    messages[message, OVER] = now
    if messages[message, ATTEMPTS] >= settings[MOST_ATTEMPTS] or (
        settings[BUDGET] > 0 and state[BUDGET_LEFT] < RETRY_COSTS
    ):
        decide(settings, state, messages, curves, message, otherwise, now)
        return
    if settings[BUDGET] > 0:
        state[BUDGET_LEFT] -= RETRY_COSTS
    messages[message, HELD] = backoff(settings, draws, message, messages[message, ATTEMPTS], messages[message, HELD])
    push(state, agenda, now + messages[message, HELD], RETRY, message)


def may_call(settings: Array, state: Array, now: int) -> bool:
    """Whether the client's own token bucket and circuit breaker let a call out."""
    if now < state[OPEN_UNTIL]:
        return False
    if settings[BUCKET_BURST] > 0:
        state[TOKENS] = min(state[TOKENS] + now - state[TOKENS_AT], settings[BUCKET_BURST] * settings[BUCKET_EVERY])
        state[TOKENS_AT] = now
        if state[TOKENS] < settings[BUCKET_EVERY]:
            return False
        state[TOKENS] -= settings[BUCKET_EVERY]
    return True


def call(
    settings: Array,
    state: Array,
    messages: Array,
    agenda: Array,
    rings: Array,
    slots: Array,
    draws: Array,
    curves: Array,
    message: int,
    now: int,
) -> None:
    slot = -1
    if may_call(settings, state, now):
        slot = begin(settings, state, messages, agenda, rings, slots, draws, curves, message, now)
    if slot < 0:
        messages[message, ATTEMPTS] += 1
        mark(settings, state, curves, THROTTLED, now)
        again(settings, state, messages, agenda, draws, curves, message, REFUSED, now)
    elif settings[PATIENCE] > 0:
        slots[slot, 5] = now + settings[PATIENCE]
        push(state, agenda, now + settings[PATIENCE], CLOSE, slot)


def answered(
    settings: Array,
    state: Array,
    messages: Array,
    agenda: Array,
    rings: Array,
    slots: Array,
    draws: Array,
    curves: Array,
    slot: int,
    now: int,
) -> None:
    over(settings, state, agenda, rings, slots, curves, slot, now)
    message = slots[slot, 0]
    slots[slot, 5] = -1
    if message < 0:
        return  # the client has not waited for it
    if slots[slot, 3] != 0:
        again(settings, state, messages, agenda, draws, curves, message, DEAD, now)
        return
    state[IN_A_ROW] = 0
    state[BUDGET_LEFT] = min(state[BUDGET_LEFT] + settings[BUDGET], BUDGET_AT_MOST)
    decide(settings, state, messages, curves, message, DONE, now)


@compiled
def play_calls(
    settings: Array,
    state: Array,
    messages: Array,
    agenda: Array,
    rings: Array,
    slots: Array,
    draws: Array,
    curves: Array,
) -> None:
    n = messages.shape[0]
    state[UNUSED] = slots.shape[0]
    state[TOKENS] = settings[BUCKET_BURST] * settings[BUCKET_EVERY]
    state[BUDGET_LEFT] = BUDGET_AT_FIRST
    state[OPEN_UNTIL] = -1
    here = 0
    while here < n or state[AGENDA] > 0:
        if here < n and (state[AGENDA] == 0 or messages[here, CAME] <= agenda[0, 0]):
            now, kind, subject = messages[here, CAME], RETRY, here
            here += 1
            mark(settings, state, curves, ARRIVED, now)
        else:
            now = agenda[0, 0]
            packed = pop(state, agenda)
            kind, subject = packed >> 27, packed & ((1 << 27) - 1)
        if kind == END:
            answered(settings, state, messages, agenda, rings, slots, draws, curves, subject, now)
        elif kind == WAKE:
            connect(settings, state, agenda, rings, slots, subject, now)
        elif kind == CLOSE:
            if slots[subject, 0] >= 0 and slots[subject, 5] == now:
                message = slots[subject, 0]
                slots[subject, 0] = -1
                again(settings, state, messages, agenda, draws, curves, message, DEAD, now)
        else:
            call(settings, state, messages, agenda, rings, slots, draws, curves, subject, now)
