"""The virtual clock: what it shows, what it plays, whom it leaves alone."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waterline import clock as clocks
from waterline.clock import EPOCH, SECOND, Clock, NothingToWaitFor, NotSettled
from waterline.waiting import TaskEnded

DAY = 86_400 * SECOND


@pytest.fixture
def clock() -> Iterator[Clock]:
    clock = Clock()
    clock.freeze()
    yield clock
    clock.close()


@pytest.fixture
def log() -> list[tuple[int, str]]:
    return []


def seconds(log: list[tuple[int, str]]) -> list[tuple[float, str]]:
    return [(at / SECOND, what) for at, what in log]


def test_python_sees_virtual_time_while_the_clock_is_frozen_and_real_time_afterwards(clock: Clock) -> None:
    assert time.time() == EPOCH.timestamp()
    clock.advance(90 * SECOND)
    assert dt.datetime.now(dt.UTC) == EPOCH + dt.timedelta(seconds=90)
    clock.thaw()
    assert abs(time.time() - EPOCH.timestamp()) > 86_400
    clock.freeze()
    assert time.time() == EPOCH.timestamp() + 90


def test_two_tasks_that_sleep_ten_and_two_seconds_end_at_ten_and_two(clock: Clock, log: list[tuple[int, str]]) -> None:
    def work(name: str, length: float) -> None:
        time.sleep(length)
        log.append((clock.now, name))

    clock.spawn("slow", work, "slow", 10)
    clock.spawn("quick", work, "quick", 2)
    clock.settle(DAY)
    assert seconds(log) == [(2, "quick"), (10, "slow")]


def test_a_sleep_in_the_cell_lets_tasks_go_on_meanwhile(clock: Clock, log: list[tuple[int, str]]) -> None:
    def tick() -> None:
        for _ in range(3):
            time.sleep(1)
            log.append((clock.now, "tick"))

    clock.spawn("ticker", tick)
    time.sleep(2.5)
    log.append((clock.now, "cell"))
    assert seconds(log) == [(1, "tick"), (2, "tick"), (2.5, "cell")]


def test_sleep_taken_by_name_is_the_virtual_one_too(clock: Clock) -> None:
    from time import sleep

    sleep(3600)
    assert clock.now == 3600 * SECOND


@pytest.mark.parametrize(("length", "error"), [(-1, ValueError), ("long", TypeError)])
def test_sleep_refuses_what_the_real_one_refuses(clock: Clock, length: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        time.sleep(length)  # type: ignore[arg-type]
    assert clock.now == 0


def test_another_thread_sleeps_for_real_and_does_not_move_the_clock(clock: Clock) -> None:
    woken: list[float] = []

    def nap() -> None:
        begun = time.perf_counter()
        time.sleep(0.05)
        woken.append(time.perf_counter() - begun)

    thread = threading.Thread(target=nap)
    thread.start()
    clock.advance(365 * DAY)
    thread.join()
    assert woken[0] >= 0.05
    assert clock.now == 365 * DAY


def test_another_thread_cannot_put_anything_on_the_agenda(clock: Clock) -> None:
    errors: list[str] = []

    def intrude() -> None:
        try:
            clock.after(1, print)
        except RuntimeError as error:
            errors.append(str(error))

    thread = threading.Thread(target=intrude)
    thread.start()
    thread.join()
    [error] = errors
    assert error.startswith("The lab cloud lives in the thread that opened it: call it from the notebook cell")


def test_a_task_that_is_ended_runs_its_finally_blocks_at_that_instant(clock: Clock, log: list[tuple[int, str]]) -> None:
    def work() -> None:
        try:
            time.sleep(100)
        finally:
            log.append((clock.now, "finally"))

    task = clock.spawn("work", work)
    clock.after(3 * SECOND, task.end, TaskEnded())
    clock.settle(DAY)
    assert seconds(log) == [(3, "finally")]
    assert not task.alive
    assert clock.now == 3 * SECOND


def test_a_finally_block_cannot_wait(clock: Clock, log: list[tuple[int, str]]) -> None:
    def work() -> None:
        try:
            time.sleep(100)
        finally:
            log.append((clock.now, "begin"))
            time.sleep(50)
            log.append((clock.now, "never"))

    task = clock.spawn("work", work)
    clock.after(3 * SECOND, task.end, TaskEnded())
    clock.settle(DAY)
    assert seconds(log) == [(3, "begin")]


def test_a_task_that_will_not_end_is_abandoned_and_the_others_go_on(clock: Clock, log: list[tuple[int, str]]) -> None:
    def stubborn() -> None:
        while True:
            try:
                time.sleep(1)
            except BaseException:
                log.append((clock.now, "no"))

    def other() -> None:
        time.sleep(20)
        log.append((clock.now, "other"))

    task = clock.spawn("stubborn", stubborn)
    clock.spawn("other", other)
    clock.after(5 * SECOND, task.end, TaskEnded())
    clock.settle(DAY)
    assert seconds(log)[-1] == (20, "other")
    assert {at for at, what in seconds(log) if what == "no"} == {5}


def test_an_interrupt_in_a_task_surfaces_in_the_cell(clock: Clock) -> None:
    def work() -> None:
        time.sleep(1)
        raise KeyboardInterrupt

    clock.spawn("work", work)
    with pytest.raises(KeyboardInterrupt):
        clock.advance(10 * SECOND)
    clock.advance(SECOND)
    assert clock.now == 2 * SECOND


def test_an_error_in_the_cell_leaves_real_time_intact() -> None:
    clock = Clock()
    with pytest.raises(ZeroDivisionError), clock.held():
        time.sleep(5)
        _ = 1 / 0
    assert not clock.frozen
    assert clocks.shown() is None
    assert abs(time.time() - EPOCH.timestamp()) > 86_400
    clock.close()


def test_closing_ends_what_still_runs(log: list[tuple[int, str]]) -> None:
    clock = Clock()
    clock.freeze()

    def work() -> None:
        try:
            time.sleep(100)
        finally:
            log.append((clock.now, "finally"))

    clock.spawn("work", work)
    clock.advance(2 * SECOND)
    clock.close()
    assert seconds(log) == [(2, "finally")]
    with pytest.raises(RuntimeError, match="closed"):
        clock.advance(SECOND)


def test_settle_does_not_wait_for_idle_waiters_or_background_timers(clock: Clock, log: list[tuple[int, str]]) -> None:
    signal = clock.signal()

    def poll() -> None:
        while signal.wait():
            log.append((clock.now, "woken"))

    clock.spawn("poller", poll)
    clock.after(30 * DAY, log.append, (30 * DAY, "retention"), background=True)
    clock.after(7 * SECOND, signal.notify)
    clock.settle(DAY)
    assert seconds(log) == [(7, "woken")]
    assert clock.now == 7 * SECOND


def test_a_background_timer_fires_when_the_time_comes(clock: Clock, log: list[tuple[int, str]]) -> None:
    clock.after(2 * DAY, log.append, (0, "retention"), background=True)
    clock.advance(3 * DAY)
    assert [what for _, what in log] == ["retention"]


def test_settle_has_a_limit_and_says_so_in_one_sentence(clock: Clock) -> None:
    def forever() -> None:
        while True:
            time.sleep(60)

    clock.spawn("forever", forever)
    with pytest.raises(NotSettled, match=r"still happening after 0\.5 virtual days: look at the end of the journal"):
        clock.settle(DAY // 2)
    assert clock.now == DAY // 2


def test_a_stretch_in_which_nothing_happens_costs_no_steps(clock: Clock) -> None:
    signal = clock.signal()
    for number in range(100):
        clock.spawn(f"poller {number}", signal.wait)
    clock.advance(SECOND)
    before = clock.switches
    clock.advance(365 * DAY)
    assert clock.switches - before == 1  # the cell itself


def test_waiting_for_what_can_no_longer_come_is_an_error_not_a_hang(clock: Clock) -> None:
    with pytest.raises(NothingToWaitFor, match="never will"):
        clock.gate().wait()


def test_a_signal_wakes_those_who_wait_in_the_order_in_which_they_came(
    clock: Clock, log: list[tuple[int, str]]
) -> None:
    signal = clock.signal()

    def wait(name: str, timeout: int | None) -> None:
        woken = signal.wait(timeout)
        log.append((clock.now, f"{name} {'woken' if woken else 'gave up'}"))

    for name, timeout in (("a", None), ("b", 2 * SECOND), ("c", 9 * SECOND), ("d", None)):
        clock.spawn(name, wait, name, timeout)
    clock.after(5 * SECOND, signal.notify)
    clock.after(6 * SECOND, signal.notify)
    clock.settle(DAY)
    assert seconds(log) == [(2, "b gave up"), (5, "a woken"), (6, "c woken")]
    assert len(signal) == 1


def test_a_gate_lets_through_those_who_wait_and_those_who_come_later(clock: Clock, log: list[tuple[int, str]]) -> None:
    gate = clock.gate()

    def go(name: str, delay: float) -> None:
        time.sleep(delay)
        gate.wait()
        log.append((clock.now, f"{name} {gate.value}"))

    clock.spawn("early", go, "early", 0)
    clock.spawn("late", go, "late", 8)
    clock.after(4 * SECOND, gate.open, 42)
    clock.settle(DAY)
    assert seconds(log) == [(4, "early 42"), (8, "late 42")]


def test_a_handler_can_neither_advance_nor_settle(clock: Clock) -> None:
    errors: list[str] = []

    def work() -> None:
        for act in (lambda: clock.advance(1), lambda: clock.settle(1)):
            try:
                act()
            except RuntimeError as error:
                errors.append(str(error))

    clock.spawn("work", work)
    clock.settle(DAY)
    assert errors == [
        "A handler only sleeps; advance belongs to the notebook cell.",
        "A handler only sleeps; settle belongs to the notebook cell.",
    ]


def test_a_cancelled_timer_does_not_fire_and_does_not_keep_settle_waiting(
    clock: Clock, log: list[tuple[int, str]]
) -> None:
    timer = clock.after(DAY, log.append, (0, "never"))
    timer.cancel()
    timer.cancel()
    clock.settle(2 * DAY)
    assert clock.now == 0
    clock.advance(2 * DAY)
    assert log == []


def test_a_start_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        Clock(dt.datetime(2026, 1, 1))


@given(st.lists(st.lists(st.integers(0, 5), max_size=5), max_size=8))
def test_tasks_wake_in_the_order_of_their_instants_whatever_they_sleep(naps: list[list[int]]) -> None:
    clock = Clock()
    log: list[tuple[int, int]] = []

    def work(number: int) -> None:
        for nap in naps[number]:
            time.sleep(nap)
            log.append((clock.now, number))

    with clock.held():
        for number in range(len(naps)):
            clock.spawn(str(number), work, number)
        clock.settle(DAY)
    clock.close()
    assert log == sorted(log, key=lambda entry: entry[0])
    for number, sleeps in enumerate(naps):
        total, expected = 0, []
        for nap in sleeps:
            total += nap * SECOND
            expected.append(total)
        assert [at for at, who in log if who == number] == expected
