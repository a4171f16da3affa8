"""Virtual time inside a cell, real time outside, whatever the cell does."""

from __future__ import annotations

import datetime as dt
import time

import pytest
from kernel import Notebook, Ran

YEAR = dt.timedelta(days=365)


def real(message: dict[str, dict[str, dt.datetime]]) -> bool:
    return abs(message["header"]["date"] - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=2)


def kernel_is_in_real_time(ran: Ran) -> bool:
    """What the kernel says of itself around a cell carries real dates."""
    around = [*ran.of("status"), *ran.of("execute_input")]
    return len(around) >= 2 and all(real(message) for message in around)


def virtual_now(lesson: Notebook) -> dt.datetime:
    return dt.datetime.fromisoformat(lesson.value("now()"))


def test_a_cell_sees_virtual_time_and_the_kernel_around_it_real_time(lesson: Notebook) -> None:
    ran = lesson.run("print(now()); time.sleep(90); print(now(), flush=True)")
    before, after = map(dt.datetime.fromisoformat, ran.printed.split())
    assert after - before == dt.timedelta(seconds=90)
    assert not any(real(message) for message in ran.of("stream"))
    assert kernel_is_in_real_time(ran)


def test_the_next_cell_goes_on_at_the_instant_at_which_the_last_one_stopped(lesson: Notebook) -> None:
    before = virtual_now(lesson)
    time.sleep(0.05)
    assert virtual_now(lesson) == before


def test_the_cell_that_opens_the_cloud_leaves_real_time_behind_it(kernel: Notebook) -> None:
    assert kernel_is_in_real_time(kernel.run("from waterline import Cloud\nwith Cloud.aside() as other: pass"))


@pytest.mark.parametrize(
    ("what", "cell"),
    [
        ("a cell that raises", "1 / 0"),
        ("a cell that is not Python", "def"),
        ("a cell that raises what nobody catches", "raise SystemExit"),
        ("an empty cell", " "),
        ("an await", "await asyncio.sleep(0.05)"),
        ("an await that raises", "await asyncio.sleep(0.05)\n1 / 0"),
        ("a cell inside a cell", "get_ipython().run_cell('1 / 0')"),
        ("a magic", "%%time\n1 / 0"),
    ],
)
def test_real_time_is_back_after(lesson: Notebook, what: str, cell: str) -> None:
    before = virtual_now(lesson)
    ran = lesson.run(cell)
    assert kernel_is_in_real_time(ran) or not cell.strip(), what
    beat = lesson.client.session.msg("kernel_info_request")
    lesson.client.shell_channel.send(beat)
    assert all(real(message) for message in lesson.finish(beat["header"]["msg_id"]).messages)
    assert virtual_now(lesson) - before < dt.timedelta(seconds=1)


def test_real_time_is_back_after_a_cell_that_leaves_two_clouds_open(lesson: Notebook) -> None:
    before = virtual_now(lesson)
    assert kernel_is_in_real_time(lesson.run("aside = Cloud.aside(); aside.__enter__(); cloud.clock.frozen"))
    assert kernel_is_in_real_time(lesson.run("aside.__exit__(None, None, None)"))
    assert virtual_now(lesson) == before


def test_a_cell_that_runs_another_cell_stays_in_virtual_time(lesson: Notebook) -> None:
    ran = lesson.run(
        "before = now()\nget_ipython().run_cell('1 + 1')\nget_ipython().run_cell(' ')\nprint(now() == before)"
    )
    assert ran.printed.endswith("True\n")


def test_a_silent_cell_sees_virtual_time_too(lesson: Notebook) -> None:
    lesson.run("silently = now()", silent=True)
    assert lesson.value("silently == now()")


def test_an_await_takes_real_time_and_may_stand_around_the_cloud(lesson: Notebook) -> None:
    ran = lesson.run("""
began, before = time.monotonic(), now()
await asyncio.sleep(0.05)
print(time.monotonic() - began >= 0.05, now() == before)
cloud.advance(days=1)
async def send():
    await asyncio.sleep(0)
    return sqs.create_queue(QueueName="from-a-coroutine")["QueueUrl"]
print(await send())
print(dt.datetime.fromisoformat(now()) - dt.datetime.fromisoformat(before))
""")
    assert not ran.error, ran.error
    assert ran.printed.splitlines() == [
        "True True",
        "https://sqs.us-east-1.amazonaws.com/123456789012/from-a-coroutine",
        "1 day, 0:00:00",
    ]
    assert kernel_is_in_real_time(ran)


def test_a_background_thread_sleeps_for_real_and_does_not_move_the_clock(lesson: Notebook) -> None:
    ran = lesson.run("""
beats, stop = [], threading.Event()
def beat():
    while not stop.is_set():
        began = time.monotonic()
        time.sleep(0.05)
        beats.append(time.monotonic() - began)
thread = threading.Thread(target=beat, daemon=True)
thread.start()
before = cloud.clock.now
for _ in range(4):
    cloud.advance(days=365 / 4)
    end = time.monotonic() + 0.1
    while time.monotonic() < end:
        pass
print(cloud.clock.now - before == 365 * 86_400_000_000, len(beats) >= 3, min(beats) >= 0.05)
""")
    assert ran.printed == "True True True\n"
    before = lesson.value("(cloud.clock.now, len(beats))")
    time.sleep(0.3)
    after = lesson.value("(cloud.clock.now, len(beats))")
    lesson.run("stop.set(); thread.join()")
    assert after[0] == before[0]
    assert after[1] - before[1] >= 3


def test_another_thread_that_calls_the_cloud_is_refused_in_a_sentence(lesson: Notebook) -> None:
    ran = lesson.run("""
said = []
def call():
    try:
        cloud.advance(seconds=1)
    except Exception as error:
        said.append(f"{type(error).__name__}: {error}")
thread = threading.Thread(target=call); thread.start(); thread.join(); print(*said)
""")
    assert ran.printed.startswith("CloudMisused: The lab cloud lives in the thread that opened it")


def test_a_shell_command_takes_real_time_and_does_not_move_the_clock(lesson: Notebook) -> None:
    ran = lesson.run(
        "before = cloud.clock.now\n"
        "began = time.monotonic()\n"
        "!sleep 0.2\n"
        "listed = !echo seen\n"
        "print(listed, time.monotonic() - began >= 0.2, cloud.clock.now == before)\n"
        "print(now() == cloud.clock.date.isoformat())\n"
    )
    assert ran.printed.splitlines() == ["['seen'] True True", "True"]


def test_time_magics_tell_virtual_time(lesson: Notebook) -> None:
    assert "Wall time: 2h" in lesson.run("%time cloud.advance(hours=2)").printed
    assert "Wall time: 3h" in lesson.run("%%time\ncloud.advance(hours=3)").printed


def test_input_works_in_a_frozen_cell(lesson: Notebook) -> None:
    request = lesson.client.execute("print(input('Cabin? '))", allow_stdin=True)
    assert lesson.client.get_stdin_msg(timeout=20)["content"]["prompt"] == "Cabin? "
    lesson.client.input("seven")
    assert lesson.finish(request).printed == "seven\n"


def test_the_kernel_answers_on_its_control_channel_during_a_long_cell(lesson: Notebook) -> None:
    took: list[float] = []

    def ask() -> None:
        began = time.monotonic()
        request = lesson.send("control", "kernel_info_request", {})
        assert lesson.reply("control", request)["status"] == "ok"
        assert lesson.client.hb_channel.is_beating()
        took.append(time.monotonic() - began)

    began = time.monotonic()
    ran = lesson.run(
        "print('go', flush=True)\nend = time.monotonic() + 1.5\nwhile time.monotonic() < end: cloud.advance(days=1)",
        ask,
    )
    assert not ran.error, ran.error
    assert took and took[0] < time.monotonic() - began - 0.5, "the answer came only after the cell"


def test_a_restart_leaves_real_time_and_the_same_first_cell_works_again(kernel: Notebook) -> None:
    kernel.restart()
    ran = kernel.run(
        "import datetime as dt\nprint(dt.datetime.now(dt.UTC).year)\n"
        "from waterline import Cloud\ncloud = Cloud.start(seed=7)\nprint(dt.datetime.now(dt.UTC).isoformat())"
    )
    assert ran.printed.splitlines() == [str(dt.datetime.now().year), "2026-01-01T00:00:00+00:00"]
    assert kernel_is_in_real_time(ran)
