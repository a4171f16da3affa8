"""What calls and events share: an attempt of one message, and its end."""

from __future__ import annotations

from waterline.simulator.loops.environments import disconnect, enter, fails, leave, mark, start
from waterline.simulator.loops.layout import (
    ATTEMPTS,
    BEGAN,
    BEGUN,
    FINISHED,
    INVOCATIONS,
    OUTCOME,
    OVER,
    STRIDE,
    UNUSED,
    Array,
)


def begin(
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
) -> int:
    """Begin an attempt: its slot, or -1 when it is throttled."""
    making = enter(settings, state, rings, now)
    if making < 0:
        return -1
    state[UNUSED] -= 1
    slot = rings[2, state[UNUSED]]
    messages[message, ATTEMPTS] += 1
    state[INVOCATIONS] += 1
    mark(settings, state, curves, BEGUN, now)
    begun = now + making
    if messages[message, BEGAN] < 0:
        messages[message, BEGAN] = begun
    slots[slot, 0] = message
    slots[slot, 2] = draws[0, (message + (messages[message, ATTEMPTS] - 1) * STRIDE) & (draws.shape[1] - 1)]
    slots[slot, 3] = 0
    slots[slot, 6] = begun
    if fails(settings, messages, draws, message, messages[message, ATTEMPTS], begun):
        slots[slot, 3] = 1
    start(settings, state, agenda, rings, slots, curves, slot, making, now)
    return slot


def over(
    settings: Array, state: Array, agenda: Array, rings: Array, slots: Array, curves: Array, slot: int, now: int
) -> None:
    """An attempt has ended."""
    disconnect(settings, state, agenda, rings, slots, now)
    leave(settings, state, rings, slots, curves, slot, now)
    rings[2, state[UNUSED]] = slot
    state[UNUSED] += 1


def decide(settings: Array, state: Array, messages: Array, curves: Array, message: int, outcome: int, now: int) -> None:
    """What becomes of a message is known."""
    messages[message, OVER] = now
    messages[message, OUTCOME] = outcome
    mark(settings, state, curves, FINISHED, now)
