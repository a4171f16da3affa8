"""Asynchronous events: tried again after the next of `waits` (an error), or after 1, 2, 4 ... seconds (a throttle)."""

from __future__ import annotations

from waterline.simulator.compiled import compiled
from waterline.simulator.loops.agenda import pop, push
from waterline.simulator.loops.environments import connect, mark
from waterline.simulator.loops.layout import (
    AGE,
    AGENDA,
    ARRIVED,
    ATTEMPTS,
    BASE,
    CAME,
    CAP,
    DEAD,
    DONE,
    END,
    EXPIRED,
    HELD,
    OVER,
    RETRY,
    THROTTLED,
    UNUSED,
    WAKE,
    Array,
)
from waterline.simulator.loops.pushed import begin, decide, over


def throttled(
    settings: Array, state: Array, messages: Array, agenda: Array, curves: Array, message: int, now: int
) -> None:
    """No environment was free: again later, unless the event would be too old."""
    mark(settings, state, curves, THROTTLED, now)
    wait = settings[BASE]
    doublings = messages[message, HELD]
    while doublings > 0 and wait < settings[CAP]:
        wait *= 2
        doublings -= 1
    wait = min(wait, settings[CAP])
    messages[message, HELD] += 1
    again(settings, state, messages, agenda, curves, message, wait, EXPIRED, now)


def again(
    settings: Array,
    state: Array,
    messages: Array,
    agenda: Array,
    curves: Array,
    message: int,
    wait: int,
    otherwise: int,
    now: int,
) -> None:
    if now + wait > messages[message, CAME] + settings[AGE]:
        decide(settings, state, messages, curves, message, otherwise, now)
    else:
        push(state, agenda, now + wait, RETRY, message)


def finished(
    settings: Array,
    state: Array,
    messages: Array,
    agenda: Array,
    rings: Array,
    slots: Array,
    curves: Array,
    waits: Array,
    slot: int,
    now: int,
) -> None:
    """An attempt is over: the event is done with, or tried again."""
    over(settings, state, agenda, rings, slots, curves, slot, now)
    message = slots[slot, 0]
    errors = messages[message, ATTEMPTS]
    if slots[slot, 3] == 0:
        decide(settings, state, messages, curves, message, DONE, now)
    elif errors > waits.size:
        decide(settings, state, messages, curves, message, DEAD, now)
    else:
        messages[message, OVER] = now
        again(settings, state, messages, agenda, curves, message, waits[errors - 1], EXPIRED, now)


@compiled
def play_events(
    settings: Array,
    state: Array,
    messages: Array,
    agenda: Array,
    rings: Array,
    slots: Array,
    draws: Array,
    curves: Array,
    waits: Array,
) -> None:
    n = messages.shape[0]
    state[UNUSED] = slots.shape[0]
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
            finished(settings, state, messages, agenda, rings, slots, curves, waits, subject, now)
        elif kind == WAKE:
            connect(settings, state, agenda, rings, slots, subject, now)
        elif begin(settings, state, messages, agenda, rings, slots, draws, curves, subject, now) < 0:
            throttled(settings, state, messages, agenda, curves, subject, now)
