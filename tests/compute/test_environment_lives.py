"""The life of an execution environment: how long it may take to begin, and how long it is kept.

AWS Lambda Developer Guide, "Understanding the Lambda execution environment lifecycle" (read 2026-11). How long a free
environment is kept is not documented.
"""

from __future__ import annotations

import pytest
from world import World

COUNTING = (
    "import boto3, time\n"
    "time.sleep({seconds})\n"
    "count = 0\n"
    "def handler(event, context):\n"
    "    global count\n    count += 1\n    return [count, context.get_remaining_time_in_millis()]\n"
)


def starts(world: World) -> list[tuple[float, int]]:
    return [(event.seconds, event.detail["environment"]) for event in world.cloud.journal.of("started")]


def test_initialization_does_not_count_for_the_timeout(world: World) -> None:
    world.deploy(COUNTING.format(seconds=9), timeout=3)
    assert world.result() == [1, 3_000]
    assert starts(world) == [(0, 1)]


def test_initialization_that_takes_longer_than_ten_seconds_begins_again_within_the_timeout(world: World) -> None:
    world.deploy(COUNTING.format(seconds=12), timeout=20)
    assert world.result() == [1, 8_000]
    assert starts(world) == [(0, 1), (10, 1)]
    assert world.whys("started") == ["", "initialization took longer than 10 s and begins again"]
    assert world.cloud.journal.of("succeeded")[0].detail["duration"] == 12_000_000
    assert world.result() == [2, 20_000], "and then it is warm"


def test_initialization_that_passes_the_timeout_too_ends_the_environment(world: World) -> None:
    world.deploy(COUNTING.format(seconds=12), timeout=5)
    assert world.error()[0] == "Sandbox.Timedout"
    assert [(event.seconds, event.kind) for event in world.cloud.journal.of(place="issue")] == [
        (0, "started"),
        (10, "started"),
        (15, "failed"),
        (15, "ended"),
    ]


def test_module_level_code_that_refuses_to_end_is_not_waited_for(world: World) -> None:
    world.deploy(
        "import time\nwhile True:\n    try:\n        time.sleep(60)\n    except BaseException:\n        pass\n"
        "def handler(event, context):\n    return 1\n"
    )
    assert world.error()[0] == "Sandbox.Timedout"
    assert world.cloud.clock.now == 13_000_000


def test_what_the_first_initialization_has_set_is_gone_in_the_second(world: World) -> None:
    world.deploy(
        "import os, time\nseen = os.environ.get('MARK')\nos.environ['MARK'] = 'set'\ntime.sleep(12)\n"
        "def handler(event, context):\n    return [seen, os.environ['MARK']]\n",
        timeout=20,
    )
    assert world.result() == [None, "set"]


@pytest.mark.parametrize(("idle", "answer"), [(359, 2), (361, 1)])
def test_an_environment_that_is_idle_for_six_minutes_is_shut_down(world: World, idle: int, answer: int) -> None:
    world.deploy(COUNTING.format(seconds=0))
    world.result()
    world.cloud.advance(seconds=idle)
    assert world.result()[0] == answer
    assert world.whys("ended") == ["it was idle for 360 s"] * (answer == 1)


def test_each_idle_environment_is_shut_down_in_its_own_time_and_settling_does_not_wait_for_it(world: World) -> None:
    world.deploy("import time\ndef handler(event, context):\n    time.sleep(event['s'])\n", timeout=300)
    for seconds in (1, 100, 200):
        world.invoke({"s": seconds}, InvocationType="Event")
    world.cloud.settle()
    assert world.cloud.clock.now == 200_000_000
    world.cloud.advance(hours=1)
    ends = [(event.seconds, event.detail["environment"]) for event in world.cloud.journal.of("ended")]
    assert ends == [(361, 1), (460, 2), (560, 3)]


def test_an_environment_that_is_used_now_and_then_is_kept(world: World) -> None:
    world.deploy(COUNTING.format(seconds=0))
    for count in range(1, 8):
        assert world.result()[0] == count
        world.cloud.advance(minutes=5)
