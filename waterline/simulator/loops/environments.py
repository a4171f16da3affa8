"""Environments, what they fail with, and the connections that they need of what is behind them.

How many run is counted; those that are free lie on a ring, the last one freed on top; a bucket says how many may still
be made: one token flows in every `GROWTH` microseconds.
"""

from __future__ import annotations

from waterline.simulator.loops.agenda import push
from waterline.simulator.loops.layout import (
    BILLED,
    BIN,
    BOTTOM,
    BURST,
    COLD,
    COLD_STARTS,
    CONNECTED,
    CONNECTIONS,
    END,
    ENDED,
    FAIL_BELOW,
    GROWTH,
    HIGHEST,
    KEPT,
    KNEE,
    LEVEL,
    LEVEL_AT,
    LIMIT,
    OUTAGE_FROM,
    OUTAGE_TO,
    POISON,
    PROVISIONED,
    QUEUE_HEAD,
    QUEUE_TAIL,
    RUNNING,
    SLOWER,
    STRIDE,
    THROTTLES,
    TIMEOUT,
    TOP,
    WAITING_FREE,
    WAKE,
    Array,
)


def enter(settings: Array, state: Array, rings: Array, now: int) -> int:
    """Take an environment: the time that it takes to be made, or -1 when the invocation is throttled."""
    if state[RUNNING] >= settings[LIMIT]:
        state[THROTTLES] += 1
        return -1
    if state[WAITING_FREE] > 0:
        state[WAITING_FREE] -= 1
        state[RUNNING] += 1
        return 0
    mask = rings.shape[1] - 1
    while state[BOTTOM] < state[TOP] and rings[0, state[BOTTOM] & mask] + settings[KEPT] <= now:
        state[BOTTOM] += 1
    if state[BOTTOM] < state[TOP]:
        state[TOP] -= 1
        state[RUNNING] += 1
        return 0
    state[LEVEL] = min(state[LEVEL] + now - state[LEVEL_AT], settings[BURST] * settings[GROWTH])
    state[LEVEL_AT] = now
    if state[LEVEL] < settings[GROWTH]:
        state[THROTTLES] += 1
        return -1
    state[LEVEL] -= settings[GROWTH]
    state[COLD_STARTS] += 1
    state[RUNNING] += 1
    return settings[COLD]


def leave(settings: Array, state: Array, rings: Array, slots: Array, curves: Array, slot: int, now: int) -> None:
    """An invocation has ended: give its environment back, provisioned ones first, so they are there for the next."""
    state[RUNNING] -= 1
    mark(settings, state, curves, ENDED, now)
    bill(settings, curves, now - slots[slot, 6], now)
    if state[WAITING_FREE] + state[RUNNING] < settings[PROVISIONED] and state[WAITING_FREE] < settings[PROVISIONED]:
        state[WAITING_FREE] += 1
    else:
        rings[0, state[TOP] & (rings.shape[1] - 1)] = now
        state[TOP] += 1


def fails(settings: Array, messages: Array, draws: Array, message: int, attempt: int, now: int) -> bool:
    """Whether an attempt that begins now fails."""
    if messages[message, POISON] != 0 or (settings[OUTAGE_FROM] <= now and now < settings[OUTAGE_TO]):
        return True
    return draws[1, (message + attempt * STRIDE) & (draws.shape[1] - 1)] < settings[FAIL_BELOW]


def mark(settings: Array, state: Array, curves: Array, row: int, now: int) -> None:
    column = now // settings[BIN]
    if column < curves.shape[1]:
        curves[row, column] += 1
        if state[RUNNING] > curves[HIGHEST, column]:
            curves[HIGHEST, column] = state[RUNNING]


def start(
    settings: Array,
    state: Array,
    agenda: Array,
    rings: Array,
    slots: Array,
    curves: Array,
    slot: int,
    making: int,
    now: int,
) -> None:
    """Let an invocation work, after its environment has been made."""
    if making > 0:
        bill(settings, curves, making, now + making)
        push(state, agenda, now + making, WAKE, slot)
    else:
        connect(settings, state, agenda, rings, slots, slot, now)


def bill(settings: Array, curves: Array, microseconds: int, now: int) -> None:
    """What has been used until now is billed, in whole milliseconds."""
    column = min(now // settings[BIN], curves.shape[1] - 1)
    curves[BILLED, column] += (microseconds + 999) // 1_000


def connect(settings: Array, state: Array, agenda: Array, rings: Array, slots: Array, slot: int, now: int) -> None:
    """Let an invocation work: at once, or in the line of the downstream when all its connections are taken."""
    if state[CONNECTED] < settings[CONNECTIONS]:
        work(settings, state, agenda, slots, slot, now)
    else:
        rings[1, state[QUEUE_TAIL] & (rings.shape[1] - 1)] = slot
        state[QUEUE_TAIL] += 1


def work(settings: Array, state: Array, agenda: Array, slots: Array, slot: int, now: int) -> None:
    """Hold a connection for as long as the work takes; more than `KNEE` of them make each other slower."""
    state[CONNECTED] += 1
    duration = slots[slot, 2]
    if state[CONNECTED] > settings[KNEE]:
        duration += duration * (state[CONNECTED] - settings[KNEE]) * settings[SLOWER] // 1_000
    over = now + duration
    latest = slots[slot, 6] + settings[TIMEOUT]
    if over > latest:
        over = max(latest, now)
        slots[slot, 3] = 1
    push(state, agenda, over, END, slot)


def disconnect(settings: Array, state: Array, agenda: Array, rings: Array, slots: Array, now: int) -> None:
    """Give the connection to who has waited longest."""
    state[CONNECTED] -= 1
    if state[QUEUE_HEAD] < state[QUEUE_TAIL]:
        slot = rings[1, state[QUEUE_HEAD] & (rings.shape[1] - 1)]
        state[QUEUE_HEAD] += 1
        work(settings, state, agenda, slots, slot, now)
