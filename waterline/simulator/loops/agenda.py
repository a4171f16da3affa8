"""The agenda: what happens when, as a binary heap in two arrays.

The second array holds number, kind and subject of an event packed: so events of one time happen in the order in which
they were put there.
"""

from __future__ import annotations

from waterline.simulator.loops.layout import (
    AGENDA,
    NUMBER,
    Array,
)


def push(state: Array, agenda: Array, time: int, kind: int, subject: int) -> None:
    state[NUMBER] += 1
    hole = state[AGENDA]
    state[AGENDA] = hole + 1
    while hole > 0:
        above = (hole - 1) >> 1
        if agenda[above, 0] <= time:
            break
        agenda[hole, 0] = agenda[above, 0]
        agenda[hole, 1] = agenda[above, 1]
        hole = above
    agenda[hole, 0] = time
    agenda[hole, 1] = (state[NUMBER] << 31) | (kind << 27) | subject


def pop(state: Array, agenda: Array) -> int:
    """Take the first event; its kind and subject, packed."""
    top = agenda[0, 1]
    last = state[AGENDA] - 1
    state[AGENDA] = last
    time, packed = agenda[last, 0], agenda[last, 1]
    hole = 0
    while True:
        below = 2 * hole + 1
        if below >= last:
            break
        right = below + 1
        if right < last and (
            agenda[right, 0] < agenda[below, 0]
            or (agenda[right, 0] == agenda[below, 0] and agenda[right, 1] < agenda[below, 1])
        ):
            below = right
        if time < agenda[below, 0] or (time == agenda[below, 0] and packed < agenda[below, 1]):
            break
        agenda[hole, 0] = agenda[below, 0]
        agenda[hole, 1] = agenda[below, 1]
        hole = below
    agenda[hole, 0] = time
    agenda[hole, 1] = packed
    return top & ((1 << 31) - 1)
