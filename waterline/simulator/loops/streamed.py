"""A stream and the mapping that reads it: lanes, each with one batch after another.

Every shard is polled on a grid of instants, and what has arrived by then is dealt to its lanes. A batch that fails is
tried again after one second, two, four up to a minute, whole or split in two; what is behind it in its lane waits.
"""

from __future__ import annotations

from waterline.simulator.compiled import compiled
from waterline.simulator.loops.agenda import pop, push
from waterline.simulator.loops.environments import connect, disconnect, enter, fails, leave, mark, start
from waterline.simulator.loops.layout import (
    AGE,
    AGENDA,
    ARRIVED,
    ATTEMPTS,
    BATCH,
    BEGAN,
    BEGUN,
    BISECT,
    CAME,
    CLOSE,
    DEAD,
    DONE,
    EACH,
    END,
    EXPIRED,
    FAILED,
    FINISHED,
    HEAD,
    INVOCATIONS,
    LEFT,
    MOST_ATTEMPTS,
    OUTCOME,
    OVER,
    POLL,
    REPORTS,
    RETRY,
    STRIDE,
    THROTTLED,
    UNDECIDED,
    WAKE,
    WINDOW,
    Array,
)


def tick(settings: Array, time: int) -> int:
    """The first poll at this instant or later."""
    return -(-time // settings[POLL]) * settings[POLL]


def rest_after(failures: int) -> int:
    """The wait after so many failures or throttles in a row: one second, two, four, up to a minute."""
    wait = 1
    while failures > 1 and wait < 60:
        wait *= 2
        failures -= 1
    return min(wait, 60) * 1_000_000


@compiled
def play_stream(
    settings: Array,
    state: Array,
    messages: Array,
    agenda: Array,
    rings: Array,
    slots: Array,
    draws: Array,
    curves: Array,
    members: Array,
    begins: Array,
    lanes: Array,
    stack: Array,
) -> None:
    """The lanes of a stream's shards. `members[begins[lane]:begins[lane + 1]]` are a lane's records in their order.

    A lane is its own slot. `stack[lane]` holds what is left of its batch, the part to be tried next on top: its first
    member and the one after its last, failures, retries and throttles.
    """
    last_lane = begins.size - 1
    n = messages.shape[0]
    lane = 0
    while lane < last_lane:
        lanes[lane, HEAD] = begins[lane]
        if lanes[lane, HEAD] < begins[lane + 1]:
            push(state, agenda, tick(settings, messages[members[lanes[lane, HEAD]], CAME]), CLOSE, lane)
        lane += 1
    here = 0
    while state[AGENDA] > 0:
        now = agenda[0, 0]
        while here < n and messages[here, CAME] <= now:
            mark(settings, state, curves, ARRIVED, messages[here, CAME])
            here += 1
        packed = pop(state, agenda)
        kind, lane = packed >> 27, packed & ((1 << 27) - 1)
        last = begins[lane + 1]
        if kind == WAKE:
            connect(settings, state, agenda, rings, slots, lane, now)
            continue
        if kind == CLOSE:
            # Records have been read: gather a batch, or begin with what has been gathered.
            full = lanes[lane, HEAD] + settings[BATCH]
            ready = read_until = now
            if settings[WINDOW] > 0 and slots[lane, 5] == 0:
                ready = slots[lane, 5] = now + settings[WINDOW]
                if full <= last:
                    ready = min(ready, max(tick(settings, messages[members[full - 1], CAME]), now))
            if ready > now:
                push(state, agenda, ready, CLOSE, lane)
                continue
            if settings[WINDOW] > 0 and now == slots[lane, 5]:
                read_until = now - 1  # what is read at the very end of a window is for the next batch
            slots[lane, 5] = 0
            stop = lanes[lane, HEAD]
            while stop < last and stop < full and tick(settings, messages[members[stop], CAME]) <= read_until:
                stop += 1
            stack[lane, 0, 0], stack[lane, 0, 1] = lanes[lane, HEAD], stop
            stack[lane, 0, 2] = stack[lane, 0, 3] = stack[lane, 0, 4] = 0
            lanes[lane, LEFT] = 1
            lanes[lane, HEAD] = stop
        elif kind == END:
            disconnect(settings, state, agenda, rings, slots, now)
            leave(settings, state, rings, slots, curves, lane, now)
            top = lanes[lane, LEFT] - 1
            low, high = stack[lane, top, 0], stack[lane, top, 1]
            index = low
            while index < high:
                messages[members[index], OVER] = now
                index += 1
            verdict = DONE
            if slots[lane, 3] != 0:
                failures = stack[lane, top, 2] + 1
                retries = stack[lane, top, 3]
                # With reports, what stands before the first record that failed is done with.
                checkpoint = low
                reports = settings[REPORTS] != 0 and slots[lane, 3] == 2  # and did not time out
                while reports and messages[members[checkpoint], FAILED] == 0:
                    messages[members[checkpoint], OUTCOME] = DONE
                    mark(settings, state, curves, FINISHED, now)
                    checkpoint += 1
                if checkpoint > low:
                    failures = 1
                    low = stack[lane, top, 0] = checkpoint
                    if settings[BISECT] != 0:
                        retries -= 1  # is no retry then
                elif settings[BISECT] != 0 and not reports and high - low > 1:
                    middle = low + (high - low) // 2
                    stack[lane, top, 0], stack[lane, top, 1] = middle, high
                    stack[lane, top + 1, 0], stack[lane, top + 1, 1] = low, middle
                    stack[lane, top + 1, 2] = stack[lane, top, 2] = failures
                    stack[lane, top + 1, 3] = retries
                    stack[lane, top + 1, 4] = stack[lane, top, 4] = 0
                    lanes[lane, LEFT] += 1
                    verdict = UNDECIDED
                if verdict == DONE:
                    if settings[MOST_ATTEMPTS] < 0 or retries < settings[MOST_ATTEMPTS]:
                        stack[lane, top, 2] = failures
                        stack[lane, top, 3] = retries + 1
                        stack[lane, top, 4] = 0
                        verdict = UNDECIDED
                    else:
                        verdict = DEAD
                if verdict == UNDECIDED:
                    push(state, agenda, now + rest_after(failures), RETRY, lane)
                    continue
            index = low
            while index < high:
                messages[members[index], OUTCOME] = verdict
                mark(settings, state, curves, FINISHED, now)
                index += 1
            lanes[lane, LEFT] -= 1
        # The next attempt of the lane.
        while lanes[lane, LEFT] > 0:
            top = lanes[lane, LEFT] - 1
            low, high = stack[lane, top, 0], stack[lane, top, 1]
            while low < high and now - messages[members[low], CAME] > settings[AGE]:
                messages[members[low], OUTCOME] = EXPIRED
                messages[members[low], OVER] = now
                mark(settings, state, curves, FINISHED, now)
                low += 1
            stack[lane, top, 0] = low
            if low < high:
                break
            lanes[lane, LEFT] -= 1
        if lanes[lane, LEFT] == 0:
            if lanes[lane, HEAD] < last:
                push(state, agenda, max(tick(settings, messages[members[lanes[lane, HEAD]], CAME]), now), CLOSE, lane)
            continue
        making = enter(settings, state, rings, now)
        if making < 0:
            mark(settings, state, curves, THROTTLED, now)
            stack[lane, top, 4] += 1
            push(state, agenda, now + rest_after(max(stack[lane, top, 4], stack[lane, top, 2])), RETRY, lane)
            continue
        state[INVOCATIONS] += 1
        mark(settings, state, curves, BEGUN, now)
        begun = now + making
        slots[lane, 3] = 0
        index = low
        while index < high:
            message = members[index]
            messages[message, ATTEMPTS] += 1
            if messages[message, BEGAN] < 0:
                messages[message, BEGAN] = begun
            messages[message, FAILED] = 0
            if fails(settings, messages, draws, message, messages[message, ATTEMPTS], begun):
                messages[message, FAILED] = 1
                slots[lane, 3] = 2
            index += 1
        message = members[low]
        slots[lane, 6] = begun
        slots[lane, 2] = draws[
            0, (message + (messages[message, ATTEMPTS] - 1) * STRIDE) & (draws.shape[1] - 1)
        ] + settings[EACH] * (high - low)
        start(settings, state, agenda, rings, slots, curves, lane, making, now)
    while here < n:
        mark(settings, state, curves, ARRIVED, messages[here, CAME])
        here += 1
