"""The stop button: whatever it hits, the cell ends in one sentence and the cloud goes on with the next cell."""

from __future__ import annotations

import re
import time

import pytest
from kernel import Notebook

STOPPED = re.compile(r"KeyboardInterrupt: stopped at \+.* in the cloud, which goes on with the next cell\.")

ENDLESS = """
poisoned = connect("poisoned", "def handler(event, context):\\n    raise ValueError('no')")
sqs.send_message(QueueUrl=poisoned, MessageBody="x")
"""
DEPLOYED = """
computing = connect("computing", "def handler(event, context):\\n    while True: pass")
"""
COMPUTING = DEPLOYED + 'sqs.send_message(QueueUrl=computing, MessageBody="x")'
SENDING = """
talking = connect("talking", '''
import boto3
def handler(event, context):
    sqs = boto3.client("sqs")
    while True: sqs.list_queues()
''')
sqs.send_message(QueueUrl=talking, MessageBody="x")
"""

CELLS = {
    "an endless workload": (ENDLESS, "cloud.settle(limit_days=3650)"),
    "an endless workload in an async cell": (ENDLESS, "await asyncio.sleep(0)\ncloud.settle(limit_days=3650)"),
    "a loop that sleeps": (ENDLESS, "while True: time.sleep(10**5)"),
    "a loop that sleeps beside an endless workload": (ENDLESS, "while True: time.sleep(10**4)"),
    "a handler that computes": (COMPUTING, "cloud.settle()"),
    "a handler that is invoked and computes": (DEPLOYED, "awslambda.invoke(FunctionName='computing')"),
    "a cell that computes": ("", "while True: pass"),
    "an async cell that computes": ("", "await asyncio.sleep(0)\nwhile True: pass"),
    "a cell that calls the cloud again and again": ("", "while True: sqs.list_queues()"),
}


@pytest.fixture
def fresh(lesson: Notebook) -> Notebook:
    """The lesson with a cloud of its own for one test, in which the stop button is pressed."""
    renewed = lesson.run("cloud.close()\ncloud = Cloud(seed=7)._enter()")
    assert not renewed.error, renewed.error
    return lesson


@pytest.mark.parametrize("what", CELLS)
def test_the_stop_button_ends(fresh: Notebook, what: str) -> None:
    before, cell = CELLS[what]
    assert not fresh.run(before).error
    began = time.monotonic()
    ran = fresh.run(f"print('go', flush=True)\n{cell}", fresh.interrupt)
    assert time.monotonic() - began < 5
    assert STOPPED.fullmatch(ran.error), ran.error
    after_an_interrupt_the_cloud_works(fresh)


def test_the_stop_button_ends_an_await_at_once(fresh: Notebook) -> None:
    began = time.monotonic()
    ran = fresh.run("print('go', flush=True)\nawait asyncio.sleep(30)", fresh.interrupt)
    assert time.monotonic() - began < 5
    assert ran.error_name == "CancelledError"
    after_an_interrupt_the_cloud_works(fresh)


def test_a_handler_that_only_calls_the_cloud_is_stopped_by_pressing_twice(fresh: Notebook) -> None:
    assert not fresh.run(SENDING).error

    def press_twice() -> None:
        fresh.interrupt()
        fresh.interrupt()

    ran = fresh.run("print('go', flush=True)\ncloud.settle()", press_twice)
    assert STOPPED.fullmatch(ran.error), ran.error
    after_an_interrupt_the_cloud_works(fresh)


def test_ten_interrupts_leave_all_pollers_of_a_mapping_at_work(fresh: Notebook) -> None:
    fresh.run(ENDLESS)
    for _ in range(10):
        ran = fresh.run(
            "print('go', flush=True)\ncloud.settle(limit_days=3650)", lambda: fresh.manager.interrupt_kernel()
        )
        assert STOPPED.fullmatch(ran.error), ran.error
    ran = fresh.run("""
seen = len(cloud.journal.of("received"))
for number in range(50):
    sqs.send_message(QueueUrl=poisoned, MessageBody=str(number))
cloud.advance(seconds=20)
print(len(cloud.journal.of("received")) - seen >= 50)
""")
    assert ran.printed == "True\n", ran.error


def test_an_interrupt_is_journaled_as_the_failure_of_the_handler_that_it_stopped(fresh: Notebook) -> None:
    fresh.run(COMPUTING)
    fresh.run("print('go', flush=True)\ncloud.settle()", fresh.interrupt)
    assert fresh.value("[e.detail['why'] for e in cloud.journal.of('failed')]") == ["interrupted from the notebook"]


def test_a_cell_that_sleeps_past_the_year_9999_is_told_so(fresh: Notebook) -> None:
    # The kernel dates its messages, so under a later clock it could send none.
    ran = fresh.run("while True: time.sleep(10**9)")
    assert ran.error == (
        "CloudMisused: The lab's clock ends with the year 9999, and that is where this would go: wait less."
    )
    assert fresh.run("print(cloud.is_open)").printed == "True\n"


def test_an_interrupt_after_the_cell_stops_nothing(fresh: Notebook) -> None:
    fresh.run("1")
    fresh.manager.interrupt_kernel()
    time.sleep(0.1)
    after_an_interrupt_the_cloud_works(fresh)


def after_an_interrupt_the_cloud_works(lesson: Notebook) -> None:
    """The next cells: the clock goes on where it stood, output is the cell's own, and a message goes all the way."""
    instant = lesson.value("now()")
    assert lesson.value("now()") == instant
    ran = lesson.run("""
import os
queue = connect("afterwards", "def handler(event, context):\\n    print(event)")
message = sqs.send_message(QueueUrl=queue, MessageBody="still there?")["MessageId"]
cloud.advance(seconds=5)
kinds = [event.kind for event in cloud.journal if event.message == message]
print(kinds[-2:], "AWS_LAMBDA_FUNCTION_NAME" in os.environ)
""")
    assert not ran.error, ran.error
    assert ran.printed == "['succeeded', 'deleted'] False\n"
