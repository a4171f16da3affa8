"""A queue and the mapping that polls it: pollers, batches, visibility timeouts, message groups.

A poller gathers a batch, invokes the function with it and waits. There are five at first; while there is a backlog and
none is idle, one more comes every fifth of a second. A batch that fails comes back when its visibility timeout is over.
"""

from __future__ import annotations

from waterline.simulator.compiled import compiled
from waterline.simulator.loops.agenda import pop, push
from waterline.simulator.loops.environments import connect, disconnect, enter, fails, leave, mark, start
from waterline.simulator.loops.layout import (
    AGENDA,
    ARRIVED,
    ATTEMPTS,
    BATCH,
    BEGAN,
    BEGUN,
    BEHIND,
    BIN,
    CAME,
    CLOSE,
    COUNT,
    DEAD,
    DEPTH,
    DONE,
    EACH,
    END,
    EXPIRED,
    FAILING,
    FIFO,
    FINISHED,
    FIRST,
    FIRST_POLLERS,
    FLYING,
    FRESH,
    GATHERING,
    GROUP,
    GROW,
    HERE,
    HIDDEN,
    IDLE,
    INVOCATIONS,
    LATEST,
    MOST_POLLERS,
    NEVER,
    OUT,
    OUTCOME,
    OVER,
    POLLER_EVERY,
    POLLERS,
    RECEIVED,
    RECEIVES,
    REPORTS,
    RETENTION,
    RETRY,
    SCALING,
    STRIDE,
    THROTTLED,
    TOO_MANY,
    UNUSED,
    VISIBLE,
    WAKE,
    WINDOW,
    Array,
)

RECEIVED_AT_ONCE = 10
FIRST_WAIT = 1_000_000
BACKOFF = 14


def returned(heap: Array, count: int, message: int) -> int:
    """Put a message into the heap of those that came back, by the order in which they were sent; the new count."""
    hole = count
    while hole > 0:
        above = (hole - 1) >> 1
        if heap[above] <= message:
            break
        heap[hole] = heap[above]
        hole = above
    heap[hole] = message
    return count + 1


def taken(heap: Array, count: int) -> int:
    """Take the first of a heap that is not empty away; the new count."""
    last = count - 1
    moved = heap[last]
    hole = 0
    while True:
        below = 2 * hole + 1
        if below >= last:
            break
        if below + 1 < last and heap[below + 1] < heap[below]:
            below += 1
        if moved < heap[below]:
            break
        heap[hole] = heap[below]
        hole = below
    heap[hole] = moved
    return last


def refresh(state: Array, groups: Array, heap: Array, group: int) -> None:
    """Put a group among the ready ones, by its oldest message, when it has one and none of it is in flight."""
    if groups[group, FLYING] == 0 and groups[group, FIRST] >= 0:
        state[COUNT] = returned(heap, state[COUNT], groups[group, FIRST])


def waiting(state: Array) -> bool:
    """Whether a message, or a group, can be received."""
    return state[COUNT] > 0 or (state[FIFO] == 0 and state[FRESH] < state[HERE])


def arrive(settings: Array, state: Array, messages: Array, curves: Array, groups: Array, heap: Array, now: int) -> None:
    """One more message is sent."""
    message = state[HERE]
    state[HERE] += 1
    mark(settings, state, curves, ARRIVED, now)
    if state[FIFO] != 0:
        group = messages[message, GROUP]
        messages[message, BEHIND] = -1
        if groups[group, FIRST] < 0:
            groups[group, FIRST] = message
            groups[group, LATEST] = message
            refresh(state, groups, heap, group)
        else:
            messages[groups[group, LATEST], BEHIND] = message
            groups[group, LATEST] = message


def come_back(state: Array, messages: Array, groups: Array, heap: Array, message: int) -> None:
    """A message becomes visible again. Those of a batch come back together, the last one first."""
    if state[FIFO] == 0:
        state[COUNT] = returned(heap, state[COUNT], message)
        return
    group = messages[message, GROUP]
    groups[group, FLYING] -= 1
    messages[message, BEHIND] = groups[group, FIRST]
    if groups[group, FIRST] < 0:
        groups[group, LATEST] = message
    groups[group, FIRST] = message
    refresh(state, groups, heap, group)


def next_message(state: Array, heap: Array) -> int:
    """Take the message out that would be received next from a standard queue, or -1."""
    if state[COUNT] > 0 and (state[FRESH] >= state[HERE] or heap[0] < state[FRESH]):
        message = heap[0]
        state[COUNT] = taken(heap, state[COUNT])
        return message
    if state[FRESH] < state[HERE]:
        state[FRESH] += 1
        return state[FRESH] - 1
    return -1


def take(
    settings: Array,
    state: Array,
    messages: Array,
    slots: Array,
    curves: Array,
    batches: Array,
    slot: int,
    message: int,
    now: int,
) -> bool:
    """Put a message into the batch of a slot; False for one that is too old, or was received too often."""
    if messages[message, CAME] + settings[RETENTION] <= now:
        messages[message, OUTCOME] = EXPIRED
        messages[message, OVER] = messages[message, CAME] + settings[RETENTION]
    elif settings[RECEIVES] > 0 and messages[message, ATTEMPTS] >= settings[RECEIVES]:
        messages[message, OUTCOME] = DEAD
        messages[message, OVER] = now
    else:
        messages[message, ATTEMPTS] += 1
        batches[slot, slots[slot, 0]] = message
        slots[slot, 0] += 1
        return True
    mark(settings, state, curves, FINISHED, now)
    return False


def receive(
    settings: Array,
    state: Array,
    messages: Array,
    slots: Array,
    curves: Array,
    groups: Array,
    heap: Array,
    batches: Array,
    slot: int,
    most: int,
    now: int,
) -> int:
    """Receive at most so many messages into the batch of a slot; how many."""
    number = 0
    if state[FIFO] == 0:
        while number < most:
            message = next_message(state, heap)
            if message < 0:
                break
            number += take(settings, state, messages, slots, curves, batches, slot, message, now)
        if number > 0:
            mark(settings, state, curves, RECEIVED, now)
        return number
    while number < most and state[COUNT] > 0:
        # As many of one group as there are, before the next.
        group = messages[heap[0], GROUP]
        state[COUNT] = taken(heap, state[COUNT])
        while number < most and groups[group, FIRST] >= 0:
            message = groups[group, FIRST]
            groups[group, FIRST] = messages[message, BEHIND]
            if take(settings, state, messages, slots, curves, batches, slot, message, now):
                groups[group, FLYING] += 1
                number += 1
        refresh(state, groups, heap, group)
    if number > 0:
        mark(settings, state, curves, RECEIVED, now)
    return number


def finish(
    settings: Array,
    state: Array,
    messages: Array,
    agenda: Array,
    rings: Array,
    slots: Array,
    curves: Array,
    groups: Array,
    heap: Array,
    batches: Array,
    slot: int,
    now: int,
) -> None:
    """An invocation is over: its messages are done with, or hidden until their visibility timeout is over."""
    disconnect(settings, state, agenda, rings, slots, now)
    leave(settings, state, rings, slots, curves, slot, now)
    if slots[slot, 3] == 1 or (slots[slot, 3] == 2 and settings[REPORTS] == 0):
        state[FAILING] = 1
    index = slots[slot, 0] - 1
    while index >= 0:
        message = batches[slot, index]
        messages[message, OVER] = now
        bad = slots[slot, 3] != 0
        if slots[slot, 3] == 2 and settings[REPORTS] != 0:
            bad = batches[slot, index + settings[BATCH]] != 0
        if bad:
            push(state, agenda, max(slots[slot, 1] + settings[HIDDEN], now), VISIBLE, message)
        else:
            messages[message, OUTCOME] = DONE
            mark(settings, state, curves, FINISHED, now)
            if state[FIFO] != 0:
                groups[messages[message, GROUP], FLYING] -= 1
                refresh(state, groups, heap, messages[message, GROUP])
        index -= 1
    give_up(settings, state, rings, slot)


def give_up(settings: Array, state: Array, rings: Array, slot: int) -> None:
    """The poller of a slot is free, and ends if there are too many."""
    rings[2, state[UNUSED]] = slot
    state[UNUSED] += 1
    if state[TOO_MANY] >= BACKOFF and state[POLLERS] > settings[FIRST_POLLERS]:
        state[TOO_MANY] -= BACKOFF
        state[POLLERS] -= 1
    else:
        state[IDLE] += 1


def throttled(
    settings: Array,
    state: Array,
    agenda: Array,
    rings: Array,
    slots: Array,
    curves: Array,
    batches: Array,
    slot: int,
    now: int,
) -> None:
    """Try again after one second, two, four, as long as the batch is hidden; then it comes back."""
    mark(settings, state, curves, THROTTLED, now)
    visible = slots[slot, 1] + settings[HIDDEN]
    wait = slots[slot, 4]
    if now + wait < visible:
        state[OUT] += 1
        slots[slot, 4] = wait * 2
        slots[slot, 5] = 1
        push(state, agenda, now + wait, RETRY, slot)
        return
    index = slots[slot, 0] - 1
    while index >= 0:
        push(state, agenda, visible, VISIBLE, batches[slot, index])
        index -= 1
    give_up(settings, state, rings, slot)


def invoke(
    settings: Array,
    state: Array,
    messages: Array,
    agenda: Array,
    rings: Array,
    slots: Array,
    draws: Array,
    curves: Array,
    batches: Array,
    slot: int,
    now: int,
) -> None:
    """Invoke the function with the batch of a slot."""
    if slots[slot, 5] != 0:
        state[OUT] -= 1
        slots[slot, 5] = 0
    making = enter(settings, state, rings, now)
    if making < 0:
        throttled(settings, state, agenda, rings, slots, curves, batches, slot, now)
        return
    state[INVOCATIONS] += 1
    mark(settings, state, curves, BEGUN, now)
    begun = now + making
    slots[slot, 3] = 0
    slots[slot, 6] = begun
    index = 0
    while index < slots[slot, 0]:
        message = batches[slot, index]
        if messages[message, BEGAN] < 0:
            messages[message, BEGAN] = begun
        batches[slot, index + settings[BATCH]] = 0
        if fails(settings, messages, draws, message, messages[message, ATTEMPTS], begun):
            slots[slot, 3] = 2
            batches[slot, index + settings[BATCH]] = 1
        index += 1
    head = batches[slot, 0]
    duration = draws[0, (head + (messages[head, ATTEMPTS] - 1) * STRIDE) & (draws.shape[1] - 1)]
    slots[slot, 2] = duration + settings[EACH] * slots[slot, 0]
    start(settings, state, agenda, rings, slots, curves, slot, making, now)


def gather(
    settings: Array,
    state: Array,
    messages: Array,
    slots: Array,
    curves: Array,
    groups: Array,
    heap: Array,
    batches: Array,
    slot: int,
    now: int,
) -> bool:
    """Receive for the batch of a slot, for as long as there is something; tells whether it can be invoked now."""
    while slots[slot, 0] < settings[BATCH]:
        if (
            receive(
                settings,
                state,
                messages,
                slots,
                curves,
                groups,
                heap,
                batches,
                slot,
                min(settings[BATCH] - slots[slot, 0], RECEIVED_AT_ONCE),
                now,
            )
            == 0
        ):
            return settings[WINDOW] == 0
    return True


def look(
    settings: Array,
    state: Array,
    messages: Array,
    agenda: Array,
    rings: Array,
    slots: Array,
    draws: Array,
    curves: Array,
    groups: Array,
    heap: Array,
    batches: Array,
    now: int,
) -> None:
    """Whoever has nothing to do looks at what is there: first the poller that gathers, then the idle ones."""
    while True:
        slot = state[GATHERING]
        if slot < 0:
            if state[IDLE] == 0 or not waiting(state):
                break
            state[UNUSED] -= 1
            state[IDLE] -= 1
            slot = rings[2, state[UNUSED]]
            slots[slot, 0] = 0
            slots[slot, 1] = now
            slots[slot, 4] = FIRST_WAIT
            slots[slot, 5] = 0
            if settings[WINDOW] > 0:
                slots[slot, 7] = now + settings[WINDOW]
        elif not waiting(state):
            break
        ready = gather(settings, state, messages, slots, curves, groups, heap, batches, slot, now)
        if slots[slot, 0] == 0:
            give_up(settings, state, rings, slot)
            state[GATHERING] = -1
            break
        if ready:
            state[GATHERING] = -1
            invoke(settings, state, messages, agenda, rings, slots, draws, curves, batches, slot, now)
        elif state[GATHERING] < 0:
            state[GATHERING] = slot
            push(state, agenda, slots[slot, 7], CLOSE, slot)
    # A poller beyond the first ones that finds nothing ends.
    more = state[POLLERS] - settings[FIRST_POLLERS]
    if more > 0 and state[IDLE] > 0:
        gone = min(more, state[IDLE])
        state[IDLE] -= gone
        state[POLLERS] -= gone


def wants_more(settings: Array, state: Array) -> bool:
    """Whether one more poller should come."""
    return state[IDLE] == 0 and state[OUT] == 0 and state[POLLERS] < settings[MOST_POLLERS] and waiting(state)


def scale_later(settings: Array, state: Array, agenda: Array, now: int) -> None:
    state[SCALING] = 1
    push(state, agenda, now + settings[POLLER_EVERY], GROW, 0)


def scale(settings: Array, state: Array, agenda: Array, now: int) -> None:
    """One poller more, if there is work; one in `BACKOFF` fewer, if an invocation has failed since the last time."""
    state[SCALING] = 0
    if state[FAILING] != 0:
        state[FAILING] = 0
        state[TOO_MANY] += state[POLLERS]
    if state[POLLERS] <= settings[FIRST_POLLERS]:
        state[TOO_MANY] = 0
    if not wants_more(settings, state):
        return
    new = 1
    if state[TOO_MANY] >= BACKOFF:
        state[TOO_MANY] -= BACKOFF
        new = 0
    state[POLLERS] += new
    if wants_more(settings, state):
        scale_later(settings, state, agenda, now)
    state[IDLE] += new


@compiled
def play_queue(
    settings: Array,
    state: Array,
    messages: Array,
    agenda: Array,
    rings: Array,
    slots: Array,
    draws: Array,
    curves: Array,
    groups: Array,
    heap: Array,
    batches: Array,
) -> None:
    """Slots: number of messages, when received, duration, whether it fails (2: by its messages), the wait after a
    throttle, whether it is throttled, when it was begun, when its window closes."""
    n = messages.shape[0]
    state[UNUSED] = slots.shape[0]
    state[POLLERS] = min(settings[FIRST_POLLERS], settings[MOST_POLLERS])
    state[IDLE] = state[POLLERS]
    state[GATHERING] = -1
    while state[HERE] < n or state[AGENDA] > 0:
        now = NEVER
        if state[AGENDA] > 0:
            now = agenda[0, 0]
        if state[HERE] < n and messages[state[HERE], CAME] < now:
            now = messages[state[HERE], CAME]
        while state[HERE] < n and messages[state[HERE], CAME] == now:
            arrive(settings, state, messages, curves, groups, heap, now)
        while state[AGENDA] > 0 and agenda[0, 0] == now:
            packed = pop(state, agenda)
            kind, subject = packed >> 27, packed & ((1 << 27) - 1)
            if kind == END:
                finish(settings, state, messages, agenda, rings, slots, curves, groups, heap, batches, subject, now)
            elif kind == VISIBLE:
                come_back(state, messages, groups, heap, subject)
            elif kind == WAKE:
                connect(settings, state, agenda, rings, slots, subject, now)
            elif kind == RETRY:
                invoke(settings, state, messages, agenda, rings, slots, draws, curves, batches, subject, now)
            elif kind == CLOSE:
                if state[GATHERING] == subject and slots[subject, 7] == now:
                    gather(settings, state, messages, slots, curves, groups, heap, batches, subject, now)
                    state[GATHERING] = -1
                    invoke(settings, state, messages, agenda, rings, slots, draws, curves, batches, subject, now)
            else:
                scale(settings, state, agenda, now)
        look(settings, state, messages, agenda, rings, slots, draws, curves, groups, heap, batches, now)
        if state[SCALING] == 0 and (state[FAILING] != 0 or wants_more(settings, state)):
            scale_later(settings, state, agenda, now)
        column = now // settings[BIN]
        if column < curves.shape[1]:
            curves[DEPTH, column] = state[HERE] - state[FRESH] + state[COUNT]
