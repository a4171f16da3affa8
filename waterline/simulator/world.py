"""A scenario as the arrays that a loop works on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from waterline.facts import facts
from waterline.simulator.arrivals import Arrivals
from waterline.simulator.compiled import Loop
from waterline.simulator.draws import Times, table_of, whole
from waterline.simulator.loops import layout
from waterline.simulator.loops.calls import play_calls
from waterline.simulator.loops.events import play_events
from waterline.simulator.loops.polled import play_queue
from waterline.simulator.loops.streamed import play_stream
from waterline.simulator.mistakes import refused
from waterline.simulator.scenario import Call, Downstream, Event, Failures, Function, Queue, Source, Stream

SECOND = 1_000_000

_JITTER = {"none": layout.NONE, "full": layout.FULL, "equal": layout.EQUAL, "decorrelated": layout.DECORRELATED}
World = dict[str, Times]


@dataclass(frozen=True)
class Game:
    """A loop, and the arrays that it is played on, by name. It can be played once: the arrays are what comes out."""

    loop: Loop
    arrays: World


def prepared(
    arrivals: Arrivals,
    through: Source,
    function: Function,
    failures: Failures,
    downstream: Downstream | None,
    *,
    seed: int,
    bins: int,
) -> Game:
    """What :func:`waterline.simulator.simulate` plays. Raises ScenarioRefused, in one sentence."""
    times = arrivals.times(seed)
    if times.size == 0:
        raise refused("No message comes: give a higher rate or more seconds.")
    settings = _settings(through, function, failures, downstream)
    settings[layout.BIN] = max(int(times[-1]) // bins, 1) if times[-1] else SECOND
    world = _world(times, settings, function, failures, _slots(through, function, times.size), 2 * bins + 1, seed)
    match through:
        case Call():
            return Game(play_calls, world)
        case Event():
            waits = facts["lambda.async_retry_waits"].numbers[: through.retries]
            return Game(play_events, {**world, "waits": np.array(waits, dtype=np.int64) * SECOND})
        case Queue():
            return Game(play_queue, _with_queue(world, through))
        case Stream():
            return Game(play_stream, _with_stream(world, through, seed))


def _settings(through: Source, function: Function, failures: Failures, downstream: Downstream | None) -> Times:
    p = np.zeros(layout.SETTINGS, dtype=np.int64)

    def put(place: int, seconds: float) -> None:
        p[place] = round(seconds * SECOND)

    p[layout.LIMIT] = function.limit
    p[layout.PROVISIONED] = function.provisioned
    put(layout.COLD, function.cold_start)
    put(layout.KEPT, function.kept_idle)
    p[layout.BURST] = function.scaling
    put(layout.GROWTH, 10 / function.scaling)
    put(layout.TIMEOUT, function.timeout)
    put(layout.EACH, function.each)
    p[layout.FAIL_BELOW] = round(failures.rate * (1 << 31))
    outage = failures.outage or (0.0, 0.0)
    put(layout.OUTAGE_FROM, outage[0])
    put(layout.OUTAGE_TO, outage[1])
    p[layout.CONNECTIONS] = layout.NEVER if downstream is None else downstream.connections
    p[layout.KNEE] = layout.NEVER if downstream is None or downstream.knee is None else downstream.knee
    p[layout.SLOWER] = 0 if downstream is None else round(downstream.slower * 1000)
    match through:
        case Call():
            p[layout.MOST_ATTEMPTS] = through.attempts
            put(layout.BASE, through.base)
            put(layout.CAP, through.cap)
            p[layout.JITTER] = _JITTER[through.jitter]
            put(layout.PATIENCE, through.patience or 0)
            p[layout.BUDGET] = round((through.budget or 0) * 1000)
            if through.breaker is not None:
                p[layout.BREAK_AFTER] = through.breaker[0]
                put(layout.BREAK_FOR, through.breaker[1])
            if through.bucket is not None:
                put(layout.BUCKET_EVERY, 1 / through.bucket[0])
                p[layout.BUCKET_BURST] = through.bucket[1]
        case Event():
            low, high = facts["lambda.async_throttle_backoff"].numbers
            put(layout.BASE, low)
            put(layout.CAP, high)
            put(layout.AGE, through.maximum_age)
        case Queue():
            most = through.maximum_concurrency or facts["esm.sqs_max_batches"].count
            p[layout.FIRST_POLLERS] = through.pollers or facts["esm.sqs_initial_concurrency"].count
            p[layout.MOST_POLLERS] = through.pollers or most
            put(layout.POLLER_EVERY, 60 / facts["esm.sqs_scale_up_rate"].count)
            p[layout.BATCH] = through.batch_size
            put(layout.WINDOW, through.window)
            put(layout.HIDDEN, through.visibility_timeout)
            p[layout.RECEIVES] = through.max_receives or 0
            put(layout.RETENTION, through.retention)
            p[layout.REPORTS] = through.reports_failures
        case Stream():
            p[layout.BATCH] = through.batch_size
            put(layout.WINDOW, through.window)
            p[layout.MOST_ATTEMPTS] = -1 if through.retries is None else through.retries
            put(layout.AGE, min(through.maximum_age or through.retention, through.retention))
            p[layout.BISECT] = through.bisects
            p[layout.REPORTS] = through.reports_failures
            put(layout.POLL, 1 / facts["esm.kinesis_poll_rate"].count)
    return p


def _slots(through: Source, function: Function, count: int) -> int:
    if isinstance(through, Stream):
        return through.shards * through.parallelization
    if isinstance(through, Queue):
        return through.pollers or through.maximum_concurrency or facts["esm.sqs_max_batches"].count
    return max(min(function.limit, count * (through.attempts if isinstance(through, Call) else 1)), 1)


def _world(
    times: Times, settings: Times, function: Function, failures: Failures, slots: int, columns: int, seed: int
) -> World:
    """The arrays that every loop works on, by name."""
    count, table = times.size, table_of(times.size)
    state = np.zeros(layout.STATE, dtype=np.int64)
    state[layout.LEVEL] = settings[layout.BURST] * settings[layout.GROWTH]
    state[layout.WAITING_FREE] = function.provisioned
    messages = np.zeros((count, layout.MESSAGE), dtype=np.int64)
    messages[:, layout.CAME] = times
    messages[:, layout.BEGAN] = messages[:, layout.OVER] = -1
    if failures.poison != 0:
        messages[:, layout.POISON] = _poison(failures.poison, count, seed)
    rings = np.zeros((3, 1 << max(function.limit, slots).bit_length()), dtype=np.int64)
    rings[2, :slots] = np.arange(slots - 1, -1, -1)
    return {
        "settings": settings,
        "state": state,
        "messages": messages,
        "agenda": np.empty((count + 3 * slots + 64, 2), dtype=np.int64),
        "rings": rings,
        "slots": np.zeros((slots, 8), dtype=np.int64),
        "draws": np.stack([function.drawn.times(seed, table), whole(seed, "failures", table)]),
        "curves": np.zeros((layout.CURVES, columns), dtype=np.int64),
    }


def _poison(poison: float | Sequence[int], count: int, seed: int) -> Times:
    if isinstance(poison, int | float):
        drawn = whole(seed, "poison", table_of(count))
        chosen = drawn[np.arange(count) & (drawn.size - 1)] < round(poison * (1 << 31))
        return np.asarray(chosen, dtype=np.int64)
    marked = np.zeros(count, dtype=np.int64)
    for number in poison:
        if not 0 <= number < count:
            raise refused(f"poison names message {number}, and there are {count:,}: the first is number 0.")
        marked[number] = 1
    return marked


def _dealt(by: int | Sequence[int] | None, count: int, what: str) -> Times:
    """To which of so many each message belongs: in turn, or as a list says."""
    if isinstance(by, int):
        return np.asarray(np.arange(count, dtype=np.int64) % by)
    if by is None:
        return np.zeros(count, dtype=np.int64)
    given = np.array(by, dtype=np.int64)
    if given.size != count or (given < 0).any():
        raise refused(
            f"The list of {what} has {given.size:,} entries and there are {count:,} messages: one for each, from 0."
        )
    return given


def _with_queue(world: World, through: Queue) -> World:
    messages, state, slots = world["messages"], world["state"], world["slots"]
    groups = _dealt(through.groups, messages.shape[0], "groups")
    messages[:, layout.GROUP] = groups
    messages[:, layout.BEHIND] = -1
    state[layout.FIFO] = through.groups is not None
    table = np.full((int(groups.max()) + 1, 3), -1, dtype=np.int64)
    table[:, layout.FLYING] = 0
    return {
        **world,
        "groups": table,
        "heap": np.empty(messages.shape[0] + 1, dtype=np.int64),
        "batches": np.zeros((slots.shape[0], 2 * through.batch_size), dtype=np.int64),
    }


def _with_stream(world: World, through: Stream, seed: int) -> World:
    count, lanes = world["messages"].shape[0], through.shards * through.parallelization
    keys = np.arange(count, dtype=np.int64) if through.keys is None else _dealt(through.keys, count, "keys")
    lane_of_key = whole(seed, "lanes of keys", table_of(int(keys.max()) + 1))
    lane = lane_of_key[keys & (lane_of_key.size - 1)] % lanes
    return {
        **world,
        "members": np.argsort(lane, kind="stable").astype(np.int64),
        "begins": np.concatenate([[0], np.cumsum(np.bincount(lane, minlength=lanes))]).astype(np.int64),
        "lanes": np.zeros((lanes, 2), dtype=np.int64),
        "stack": np.zeros((lanes, through.batch_size.bit_length() + 2, 5), dtype=np.int64),
    }
