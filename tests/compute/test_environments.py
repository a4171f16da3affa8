"""Execution environments: what is theirs alone, when they are made, and which one is used again.

AWS Lambda Developer Guide (read 2026-11): "Understanding the Lambda execution environment lifecycle", "Working with
Lambda environment variables".
"""

from __future__ import annotations

import logging
import os
import sys
from typing import Any

import pytest
from botocore.exceptions import ClientError
from world import World, sleeping

COUNTER = """
import time
count = 0

def handler(event, context):
    global count
    count += 1
    time.sleep(event.get("sleep", 0))
    return count
"""


def test_globals_live_as_long_as_their_environment(world: World) -> None:
    """Source: "Understanding the Lambda execution environment lifecycle"."""
    world.deploy(COUNTER)
    assert [world.result(), world.result(), world.result()] == [1, 2, 3]
    assert [event.kind for event in world.cloud.journal].count("started") == 1


def test_invocations_that_overlap_have_environments_and_globals_of_their_own(world: World) -> None:
    """Source: "Understanding the Lambda execution environment lifecycle"."""
    world.deploy(COUNTER)
    for _ in range(3):
        world.invoke({"sleep": 1}, InvocationType="Event")
    world.cloud.settle()
    assert {event.detail["environment"] for event in world.cloud.journal.of("started")} == {1, 2, 3}
    world.invoke({}, InvocationType="Event")
    world.cloud.settle()
    assert len(world.cloud.journal.of("started")) == 3


def test_the_environment_that_was_freed_last_is_used_first(world: World) -> None:
    """Nothing on AWS says which; it is how warm environments behave when measured, and it lets the others grow cold."""
    world.deploy(COUNTER)
    for seconds in (2.9, 1, 2):
        world.invoke({"sleep": seconds}, InvocationType="Event")
    world.cloud.settle()
    world.result()
    assert world.cloud.journal.of("invoked")[-1].detail["environment"] == 1


def test_handlers_that_sleep_ten_and_two_seconds_overlap(world: World) -> None:
    world.deploy(sleeping(10), "slow", timeout=30)
    world.deploy(sleeping(2), "quick")
    for name in ("slow", "quick"):
        world.invoke({}, name, InvocationType="Event")
    world.cloud.settle()
    ends = [(event.seconds, event.name) for event in world.cloud.journal.of("succeeded")]
    assert ends == [(2, "quick"), (10, "slow")]


def test_overlapping_cold_starts_do_not_mix_their_modules(world: World) -> None:
    source = (
        "import time\nME = {me!r}\ntime.sleep(2)\n\ndef handler(event, context):\n    time.sleep(1)\n    print(ME)\n"
    )
    for name in ("one", "two"):
        world.deploy(source.format(me=name), name, timeout=10)
        world.invoke({}, name, InvocationType="Event")
        world.cloud.advance(seconds=1)
    world.cloud.settle()
    assert "\none\n" in world.cloud.logs("one")
    assert "\ntwo\n" in world.cloud.logs("two")


OBSERVER = """
import os, sys, time

def look():
    return os.environ.get("SHOP"), os.getenv("LEARNER"), os.environ["AWS_LAMBDA_FUNCTION_NAME"]

def handler(event, context):
    before = look()
    print("begin", os.environ["SHOP"])
    os.environ["MINE"] = os.environ["SHOP"]
    time.sleep(2)
    print("end", os.environ["MINE"])
    return before, look()
"""


def test_two_overlapping_functions_see_their_own_variables_and_print_into_their_own_logs(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Source: "Working with Lambda environment variables"."""
    monkeypatch.setenv("LEARNER", "yes")
    before = dict(os.environ)
    for name in ("north", "south"):
        world.deploy(OBSERVER, name, environment={"SHOP": name})
        world.invoke({}, name, InvocationType="Event")
    world.cloud.advance(seconds=1)
    assert dict(os.environ) == before, "in the middle of both"
    world.cloud.settle()
    for name in ("north", "south"):
        printed = [line for line in world.cloud.logs(name).splitlines() if line.startswith(("begin", "end"))]
        assert printed == [f"begin {name}", f"end {name}"]
        assert world.result(name=name) == [[name, None, name]] * 2
    assert dict(os.environ) == before
    assert capsys.readouterr().out == ""


def test_a_variable_that_a_handler_sets_stays_in_its_environment(world: World) -> None:
    """Source: "Understanding the Lambda execution environment lifecycle"."""
    world.deploy(
        "import os\ndef handler(event, context):\n"
        "    before = os.environ.get('SET')\n    os.environ['SET'] = 'here'\n    return before\n"
    )
    assert [world.result(), world.result()] == [None, "here"]
    assert "SET" not in os.environ
    assert os.popen("echo $SET").read().strip() == ""


def test_a_function_has_the_variables_that_every_function_has(world: World) -> None:
    """ "Working with Lambda environment variables", defined runtime environment variables."""
    world.deploy("import os\ndef handler(event, context):\n    return dict(os.environ)", memory=256)
    variables = world.result()
    expected = {
        "AWS_REGION": "us-east-1",
        "AWS_LAMBDA_FUNCTION_NAME": "issue",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/issue",
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
        "LAMBDA_TASK_ROOT": "/var/task",
        "TZ": ":UTC",
        "_HANDLER": "lambda_function.handler",
    }
    assert expected.items() <= variables.items()


def test_the_context_tells_what_it_tells_on_aws(world: World) -> None:
    """ "Using the Lambda context object to retrieve Python function information" (read 2026-11)."""
    world.deploy(
        "import time\ndef handler(event, context):\n"
        "    first = context.get_remaining_time_in_millis()\n    time.sleep(1.5)\n"
        "    second = context.get_remaining_time_in_millis()\n"
        "    return [first, second, context.function_name, context.memory_limit_in_mb,\n"
        "            context.function_version, context.invoked_function_arn, context.log_group_name]\n",
        timeout=10,
    )
    arn = "arn:aws:lambda:us-east-1:123456789012:function:issue"
    assert world.result() == [10_000, 8_500, "issue", "128", "$LATEST", arn, "/aws/lambda/issue"]


# -- deployment packages -----------------------------------------------------------------------------------------------

FILES = {
    "app/__init__.py": "NAME = 'app'\n",
    "app/main.py": "from . import NAME\nfrom .lines import price\nfrom shared.tax import TAX\nimport colorsys\n"
    "def handler(event, context):\n    return [NAME, price(2), TAX, colorsys.WHOSE]\n",
    "app/lines.py": "from .deep.table import TABLE\ndef price(n):\n    return n * TABLE\n",
    "app/deep/__init__.py": "",
    "app/deep/table.py": "TABLE = 21\n",
    "shared/tax.py": "TAX = 25\n",
    "colorsys.py": "WHOSE = 'the function'\n",
    "README.txt": "not a module",
}


@pytest.mark.parametrize("handler", ["app.main.handler", "app/main.handler"])
def test_a_zip_of_many_modules_imports_as_on_sys_path(world: World, handler: str) -> None:
    """ "Working with .zip file archives for Python Lambda functions": packages, folders without ``__init__``, and a
    module that has the name of one of Python's own."""
    import colorsys

    world.create(FILES, handler)
    assert world.result() == ["app", 42, 25, "the function"]
    assert sys.modules["colorsys"] is colorsys
    assert not [name for name in sys.modules if name.partition(".")[0] in ("app", "shared")]


def test_two_functions_may_have_modules_of_the_same_name(world: World) -> None:
    for name in ("one", "two"):
        files = {
            "main.py": "import time, helper\ndef handler(event, context):\n    time.sleep(1)\n    import helper\n"
            "    from helper import WHOSE\n    return [helper.WHOSE, WHOSE]\n",
            "helper.py": f"WHOSE = {name!r}\n",
        }
        world.create(files, "main.handler", name)
    world.invoke({}, "one", InvocationType="Event")
    assert world.result(name="two") == ["two", "two"]
    assert world.result(name="one") == ["one", "one"]


def test_an_import_inside_a_handler_after_a_sleep_finds_its_own_package(world: World) -> None:
    files = {
        "main.py": "import time\ndef handler(event, context):\n    time.sleep(1)\n    import late\n    return late.X\n",
        "late.py": "X = 7\n",
    }
    world.create(files, "main.handler")
    assert world.result() == 7


def test_what_is_no_zip_is_refused(world: World) -> None:
    """CreateFunction: InvalidParameterValueException."""
    with pytest.raises(ClientError, match="Could not unzip uploaded file"):
        world.create(b"print('hello')", "main.handler")
    assert world.awslambda.list_functions()["Functions"] == []


def test_new_code_and_new_variables_are_what_later_invocations_run(world: World) -> None:
    """UpdateFunctionCode: running invocations finish on the old code."""
    world.deploy("import time\ndef handler(event, context):\n    time.sleep(2)\n    print('old')\n")
    world.invoke({}, InvocationType="Event")
    world.cloud.advance(seconds=1)
    world.deploy("import os\ndef handler(event, context):\n    print('new', os.environ['X'])\n", environment={"X": "1"})
    world.invoke({}, InvocationType="Event")
    world.cloud.settle()
    assert [line for line in world.cloud.logs("issue").splitlines() if line in ("old", "new 1")] == ["new 1", "old"]
    world.result()
    assert world.cloud.journal.of("invoked")[-1].detail["environment"] == 2
    assert world.whys("ended") == ["the function was updated"]


def test_a_published_version_keeps_its_code(world: World) -> None:
    """ "Manage Lambda function versions": a version's code cannot change."""
    world.deploy("def handler(event, context):\n    return 'one'")
    version = world.awslambda.publish_version(FunctionName="issue")["Version"]
    world.deploy("def handler(event, context):\n    return 'two'")
    assert world.invoke({}, Qualifier=version)["Payload"] == "one"
    assert world.invoke({}, Qualifier="$LATEST")["Payload"] == "two"
    world.awslambda.create_alias(FunctionName="issue", Name="live", FunctionVersion=version)
    assert world.invoke({}, Qualifier="live")["Payload"] == "one"
    assert world.invoke({}, "issue:live")["ExecutedVersion"] == version


# -- calls from a handler ----------------------------------------------------------------------------------------------


def test_a_handler_that_invokes_another_waits_for_it(world: World) -> None:
    """Source: Invoke."""
    world.deploy(sleeping(2), "bank", timeout=10)
    world.deploy(
        "import boto3, time\ndef handler(event, context):\n"
        "    begun = time.time()\n"
        "    answer = boto3.client('lambda').invoke(FunctionName='bank', Payload=b'{}')\n"
        "    print('in', __name__)\n"
        "    return [round(time.time() - begun, 3), answer['StatusCode']]\n",
        timeout=10,
    )
    assert world.result() == [2, 200]
    assert "in lambda_function" in world.cloud.logs("issue")
    assert "in lambda_function" not in world.cloud.logs("bank")


def test_a_long_poll_in_a_handler_waits_in_virtual_time(world: World) -> None:
    """Source: ReceiveMessage."""
    queue = world.queue()
    world.deploy(
        "import boto3, os\ndef handler(event, context):\n"
        "    answer = boto3.client('sqs').receive_message(QueueUrl=os.environ['Q'], WaitTimeSeconds=20)\n"
        "    return len(answer.get('Messages', []))\n",
        timeout=30,
        environment={"Q": queue},
    )
    world.invoke({}, InvocationType="Event")
    world.cloud.advance(seconds=7)
    world.send(queue, "late")
    world.cloud.settle()
    assert world.cloud.journal.of("succeeded")[0].seconds == 7


def test_a_function_that_invokes_itself_gets_another_environment(world: World) -> None:
    """Source: "Understanding the Lambda execution environment lifecycle"."""
    world.deploy(
        "import boto3, json\ndef handler(event, context):\n"
        "    n = event['n']\n"
        "    if n == 0:\n        return 0\n"
        "    client = boto3.client('lambda')\n"
        "    answer = client.invoke(FunctionName='issue', Payload=json.dumps({'n': n - 1}))\n"
        "    return 1 + json.loads(answer['Payload'].read())\n"
    )
    assert world.result({"n": 4}) == 4
    assert len(world.cloud.journal.of("started")) == 5


# -- what it prints and logs -------------------------------------------------------------------------------------------


def test_what_a_handler_prints_is_in_cloudwatch_logs(world: World) -> None:
    """ "Working with Lambda function logs": one group per function, one stream per environment."""
    import boto3

    world.deploy("import sys\ndef handler(event, context):\n    print('åtta 🛳')\n    print('two', file=sys.stderr)\n")
    world.result()
    logs = boto3.client("logs")
    (stream,) = logs.describe_log_streams(logGroupName="/aws/lambda/issue")["logStreams"]
    assert stream["logStreamName"].startswith("2026/01/01/[$LATEST]")
    events = logs.get_log_events(logGroupName="/aws/lambda/issue", logStreamName=stream["logStreamName"])["events"]
    lines = [event["message"].partition(" RequestId")[0] for event in events]
    assert lines == ["START", "åtta 🛳", "two", "END", "REPORT"]
    assert world.cloud.logs("issue").splitlines()[1:3] == ["åtta 🛳", "two"]
    assert world.cloud.logs("unknown") == ""


def test_deleting_the_log_group_disturbs_nothing(world: World) -> None:
    import boto3

    world.deploy("def handler(event, context):\n    print('hello')\n")
    world.result()
    boto3.client("logs").delete_log_group(logGroupName="/aws/lambda/issue")
    world.result()
    assert world.cloud.logs("issue").count("hello") == 1


def test_a_handlers_root_logger_writes_to_its_log_and_its_level_is_its_own(world: World) -> None:
    """ "Log and monitor Python Lambda functions": the runtime gives the root logger a handler."""
    before = logging.root.handlers[:], logging.root.level
    world.deploy(
        "import logging, time\nlogger = logging.getLogger()\nlogger.setLevel(logging.INFO)\n"
        "def handler(event, context):\n    time.sleep(1)\n    logger.info('paid %s', 7)\n    logger.debug('no')\n",
        "chatty",
    )
    world.deploy(
        "import logging\ndef handler(event, context):\n    logging.info('silent')\n    logging.warning('w')", "quiet"
    )
    world.invoke({}, "chatty", InvocationType="Event")
    world.invoke({}, "quiet", InvocationType="Event")
    world.cloud.settle()
    request = world.cloud.journal.of("invoked", "chatty")[0].message
    assert f"[INFO]\t2026-01-01T00:00:01.000Z\t{request}\tpaid 7\n" in world.cloud.logs("chatty")
    assert "no" not in world.cloud.logs("chatty").split("\n")[2]
    assert "silent" not in world.cloud.logs("quiet")
    assert "\tw\n" in world.cloud.logs("quiet")
    assert (logging.root.handlers, logging.root.level) == before


def test_a_flood_of_output_is_cut_and_says_so(world: World) -> None:
    world.deploy("def handler(event, context):\n    for _ in range(1200):\n        print('x' * 1999)\n")
    world.result()
    text = world.cloud.logs("issue")
    assert len(text) < 1_100_000
    assert "[the lab kept the first 1,000,000 characters; 1,400,000 more were printed]" in text


def test_asyncio_in_a_handler_takes_virtual_time_and_lets_others_go_on(world: World) -> None:
    world.deploy(
        "import asyncio, time\n"
        "async def one(n):\n    await asyncio.sleep(n)\n    return time.time()\n"
        "async def all_of_them():\n    return await asyncio.gather(one(1), one(2), one(2.5))\n"
        "def handler(event, context):\n"
        "    begun = time.time()\n    return [t - begun for t in asyncio.run(all_of_them())]\n"
    )
    world.deploy(sleeping(0.5), "other")
    world.invoke({}, "other", InvocationType="Event")
    assert world.result() == [1, 2, 2.5]
    assert [event.seconds for event in world.cloud.journal.of("succeeded")] == [0.5, 2.5]


def test_asyncio_in_a_handler_works_where_a_loop_runs_already(world: World) -> None:
    """As in a notebook, whose kernel runs in an event loop."""
    import asyncio

    world.deploy(
        "import asyncio\nasync def work():\n    await asyncio.sleep(1)\n    return 'done'\n"
        "def handler(event, context):\n    return asyncio.run(work())\n"
    )

    async def cell() -> Any:
        answer = world.result()
        await asyncio.sleep(0)
        return answer

    assert asyncio.run(cell()) == "done"
