"""A function that passes its timeout ends at that instant, and its environment with it.

AWS Lambda Developer Guide (read 2026-11): "Configure Lambda function timeout"; "Understanding the Lambda execution
environment lifecycle" on failures during the invoke phase.
"""

from __future__ import annotations

import pytest
from world import World, sleeping


def _ends(world: World) -> list[tuple[float, str]]:
    return [(event.seconds, event.detail["why"]) for event in world.cloud.journal.of("failed")]


def test_the_default_timeout_is_three_seconds(world: World) -> None:
    """CreateFunction, Timeout: the default is 3 seconds (fact ``lambda.timeout_default``)."""
    world.deploy(sleeping(10))
    kind, message = world.error()
    assert kind == "Sandbox.Timedout"
    assert message.endswith("Error: Task timed out after 3.00 seconds")
    assert _ends(world) == [(3, "timed out after 3 s")]


def test_finally_blocks_run_at_the_instant_of_the_timeout(world: World) -> None:
    """Ours differs: on AWS the process is gone, and they do not run. See the fidelity ledger."""
    world.deploy(
        "import time\ndef handler(event, context):\n    try:\n        time.sleep(100)\n"
        "    finally:\n        print('released at', time.time() % 86400)\n"
    )
    world.error()
    assert "released at 3.0" in world.cloud.logs("issue")


def test_the_environment_is_replaced(world: World) -> None:
    """Source: "Understanding the Lambda execution environment lifecycle"."""
    world.deploy(
        "import time\ncount = 0\ndef handler(event, context):\n    global count\n    count += 1\n"
        "    time.sleep(event.get('sleep', 0))\n    return count\n"
    )
    assert world.result() == 1
    world.error({"sleep": 60})
    assert world.result() == 1
    assert [event.detail["environment"] for event in world.cloud.journal.of("started")] == [1, 2]
    assert world.whys("ended") == ["it cannot be used again"]


@pytest.mark.parametrize(
    "body",
    [
        "    try:\n        time.sleep(60)\n    except Exception:\n        return 'caught'\n",
        "    while True:\n        try:\n            time.sleep(1)\n        except Exception:\n            pass\n",
        "    try:\n        time.sleep(60)\n    except BaseException:\n        return 'swallowed'\n",
        "    while True:\n        try:\n            time.sleep(1)\n        except BaseException:\n            pass\n",
        "    try:\n        time.sleep(60)\n    finally:\n        time.sleep(60)\n        print('never')\n",
        "    try:\n        time.sleep(60)\n    finally:\n        raise ValueError('late')\n",
        "    try:\n        time.sleep(60)\n    except BaseException:\n        raise SystemExit(0)\n",
    ],
)
def test_no_handler_outlives_its_timeout(world: World, body: str) -> None:
    """Source: "Configure Lambda function timeout"."""
    world.deploy(f"import time\ndef handler(event, context):\n{body}")
    world.deploy("import os\ndef handler(event, context):\n    print('alone')\n    return 'fine'", "other")
    assert world.error()[0] == "Sandbox.Timedout"
    assert _ends(world) == [(3, "timed out after 3 s")]
    assert world.result(name="other") == "fine"
    assert "alone" not in world.cloud.logs("issue")
    assert "never" not in world.cloud.logs("issue")


def test_the_timeout_holds_for_module_level_code(world: World) -> None:
    """ "Understanding the Lambda execution environment lifecycle": initialization has 10 s, then the timeout again."""
    world.deploy("import time\ntime.sleep(50)\ndef handler(event, context):\n    return 1\n")
    assert world.error()[0] == "Sandbox.Timedout"
    assert _ends(world) == [(13, "timed out after 3 s")]


def test_the_timeout_holds_inside_a_call_to_another_function_which_goes_on(world: World) -> None:
    """Source: "Configure Lambda function timeout"."""
    world.deploy(sleeping(20), "bank", timeout=30)
    world.deploy(
        "import boto3\ndef handler(event, context):\n"
        "    boto3.client('lambda').invoke(FunctionName='bank', Payload=b'{}')\n",
        timeout=5,
    )
    assert world.error()[0] == "Sandbox.Timedout"
    assert world.cloud.clock.now == 5_000_000
    world.cloud.settle()
    assert [(event.seconds, event.name) for event in world.cloud.journal.of("succeeded")] == [(20, "bank")]


def test_the_timeout_holds_inside_a_long_poll_and_takes_no_message_with_it(world: World) -> None:
    """Source: "Configure Lambda function timeout"."""
    queue = world.queue()
    world.deploy(
        f"import boto3\ndef handler(event, context):\n"
        f"    boto3.client('sqs').receive_message(QueueUrl={queue!r}, WaitTimeSeconds=20)\n"
    )
    assert world.error()[0] == "Sandbox.Timedout"
    world.send(queue, "one")
    world.cloud.settle()
    assert world.counts(queue) == (1, 0)


def test_the_timeout_holds_for_asyncio(world: World) -> None:
    world.deploy(
        "import asyncio\nasync def work():\n    try:\n        await asyncio.sleep(60)\n    finally:\n"
        "        print('closed')\ndef handler(event, context):\n    asyncio.run(work())\n"
    )
    assert world.error()[0] == "Sandbox.Timedout"
    world.deploy("import asyncio\ndef handler(event, context):\n    return asyncio.run(asyncio.sleep(0, 'fine'))")
    assert world.result() == "fine"


def test_a_cold_start_does_not_eat_the_handlers_time(world: World) -> None:
    """Source: "Understanding the Lambda execution environment lifecycle"."""
    world.deploy("import time\ntime.sleep(2)\ndef handler(event, context):\n    time.sleep(2)\n    return 'in time'\n")
    assert world.result() == "in time"


def test_a_timed_out_batch_comes_back(world: World) -> None:
    """Source: "Handling errors for an SQS event source in Lambda"."""
    queue = world.queue(dead_after=2)
    world.deploy(sleeping(60))
    world.map(queue)
    (message,) = world.send(queue, "one")
    world.cloud.settle()
    assert world.story(message, "failed", "dead-lettered") == [(3, "failed"), (33, "failed"), (60, "dead-lettered")]
