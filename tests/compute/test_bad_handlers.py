"""Bad handlers: each gets the error that AWS gives, at once, and the process lives.

AWS Lambda Developer Guide (read 2026-11): "AWS Lambda function errors in Python", "Troubleshoot invocation issues in
Lambda"; the error types are those of the Python runtime interface client.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator

import pytest
from world import World

from waterline.compute.watchdog import watchdog

OK = "def handler(event, context):\n    return 1\n"


def _handler(*lines: str) -> str:
    return "def handler(event, context):\n" + "".join(f"    {line}\n" for line in lines)


@pytest.mark.parametrize(
    ("source", "kind", "message"),
    [
        ("def handler(event, context)\n    return 1\n", "Runtime.UserCodeSyntaxError", "Syntax error in module"),
        ("x = 1\0\n" + OK, "Runtime.UserCodeSyntaxError", "Syntax error in module"),
        ("import nothing_of_the_kind\n" + OK, "Runtime.ImportModuleError", "No module named 'nothing_of_the_kind'"),
        ("from json import nothing\n" + OK, "Runtime.ImportModuleError", "cannot import name 'nothing'"),
        (
            "def Handler(event, context):\n    return 1\n",
            "Runtime.HandlerNotFound",
            "Handler 'handler' missing on module",
        ),
        ("1 / 0\n" + OK, "ZeroDivisionError", "division by zero"),
        ("handler = 3\n", "TypeError", "'int' object is not callable"),
        ("def handler(event):\n    return 1\n", "TypeError", "takes 1 positional argument but 2 were given"),
        (_handler("return {1, 2}"), "Runtime.MarshalError", "Object of type set is not JSON serializable"),
        (_handler("yield 1"), "Runtime.MarshalError", "Object of type generator is not JSON serializable"),
        (_handler("return (n for n in event)"), "Runtime.MarshalError", "Object of type generator"),
        (_handler("return b'bytes'"), "Runtime.MarshalError", "Object of type bytes is not JSON serializable"),
        (_handler("a = []", "a.append(a)", "return a"), "Runtime.MarshalError", "Circular reference detected"),
        (_handler("return '\\ud800'"), "Runtime.MarshalError", "surrogates not allowed"),
        (_handler("return handler(event, context)"), "RecursionError", "maximum recursion depth exceeded"),
        (_handler("raise ValueError('no cabin')"), "ValueError", "no cabin"),
        (_handler("raise ValueError('\\ud800')"), "ValueError", "\\ud800"),
        (_handler("raise GeneratorExit"), "GeneratorExit", ""),
        (_handler("import sys", "sys.exit(3)"), "Runtime.ExitError", "Runtime exited with error: exit status 3"),
        (_handler("import sys", "sys.exit('why')"), "Runtime.ExitError", "Runtime exited with error: exit status 1"),
        (_handler("import sys", "sys.exit(0)"), "Runtime.ExitError", "Runtime exited without providing a reason"),
        (_handler("exit()"), "Runtime.ExitError", "Runtime exited without providing a reason"),
        (_handler("quit(2)"), "Runtime.ExitError", "exit status 2"),
        (_handler("import os", "os._exit(4)"), "Runtime.ExitError", "exit status 4"),
        (_handler("import os", "os.abort()"), "Runtime.ExitError", "exit status 134"),
        (_handler("import os", "os.kill(os.getpid(), 9)"), "Runtime.ExitError", "exit status 137"),
        (_handler("return input('name? ')"), "EOFError", "EOF when reading a line"),
        (_handler("import sys", "return sys.stdin.read() + 1"), "TypeError", "can only concatenate str"),
        (_handler("import signal", "signal.alarm(1)"), "RuntimeError", "An alarm rings in real time"),
        (_handler("import signal", "signal.signal(2, print)"), "ValueError", "cannot change what a signal does"),
        (_handler("import os", "os.fork()"), "RuntimeError", "so it cannot fork"),
        (_handler("import time", "time.sleep(-1)"), "ValueError", "sleep length must be non-negative"),
        ("import sys\nsys.exit(5)\n" + OK, "Runtime.ExitError", "exit status 5"),
    ],
)
def test_a_bad_handler_gets_its_own_error(world: World, source: str, kind: str, message: str) -> None:
    """Source: "AWS Lambda function errors in Python" and "Troubleshoot invocation issues in Lambda"."""
    before = sys.stdout, sys.stdin, dict(os.environ), signal.getsignal(signal.SIGINT), threading.Thread.start, os._exit
    world.create({"lambda_function.py": source}, "lambda_function.handler")
    found, said = world.error()
    assert (found, message in said) == (kind, True), said
    assert world.error()[0] == kind, "a second time, maybe in the same environment"
    assert len(world.cloud.journal.of("failed")) == 2
    assert before == (
        sys.stdout,
        sys.stdin,
        dict(os.environ),
        signal.getsignal(signal.SIGINT),
        threading.Thread.start,
        os._exit,
    )
    world.cloud.journal.digest()


@pytest.mark.parametrize(
    ("handler", "kind"),
    [
        ("handler", "Runtime.MalformedHandlerName"),
        ("other.handler", "Runtime.ImportModuleError"),
        ("main.missing", "Runtime.HandlerNotFound"),
        ("main.", "Runtime.HandlerNotFound"),
    ],
)
def test_a_wrong_handler_name_gets_its_own_error(world: World, handler: str, kind: str) -> None:
    """Source: "Troubleshoot invocation issues in Lambda"."""
    world.create({"main.py": OK}, handler)
    assert world.error()[0] == kind


def test_a_function_error_has_the_payload_of_one_on_aws(world: World) -> None:
    """ "AWS Lambda function errors in Python": errorMessage, errorType, requestId, stackTrace."""
    world.deploy(
        "def price(order):\n    return order['cabin']\n\ndef handler(event, context):\n    return price(event)\n"
    )
    answer = world.invoke({"name": "Ida"})
    assert answer["StatusCode"] == 200
    assert answer["Payload"] == {
        "errorMessage": "'cabin'",
        "errorType": "KeyError",
        "requestId": world.cloud.journal.of("failed")[0].message,
        "stackTrace": [
            '  File "/var/task/lambda_function.py", line 5, in handler\n    return price(event)\n',
            "  File \"/var/task/lambda_function.py\", line 2, in price\n    return order['cabin']\n",
        ],
    }
    assert world.whys("failed") == ["KeyError: 'cabin' (line 2: return order['cabin'])"]


def test_decimals_and_letters_come_back_as_json(world: World) -> None:
    """The Python runtime serializes Decimal, which DynamoDB's numbers are, as a number."""
    world.deploy(
        "from decimal import Decimal\ndef handler(event, context):\n    return {'kr': Decimal('1.5'), 'by': 'Åre'}"
    )
    assert world.result() == {"kr": 1.5, "by": "Åre"}


def test_an_exit_costs_the_environment(world: World) -> None:
    """Source: "Understanding the Lambda execution environment lifecycle"."""
    world.deploy("import sys\ndef handler(event, context):\n    sys.exit(1)\n")
    world.error()
    world.error()
    assert len(world.cloud.journal.of("started")) == 2


def test_an_exception_does_not_cost_the_environment(world: World) -> None:
    """Source: "Understanding the Lambda execution environment lifecycle"."""
    world.deploy(_handler("raise ValueError"))
    world.error()
    world.error()
    assert len(world.cloud.journal.of("started")) == 1


@pytest.mark.parametrize(
    "lines",
    [
        ("time.sleep(60)",),
        ("boto3.client('sqs').create_queue(QueueName='q')",),
        ("boto3.client('lambda').invoke(FunctionName='issue', Payload=b'{}')",),
    ],
)
def test_a_thread_of_a_handler_may_neither_sleep_nor_use_the_lab(world: World, lines: tuple[str, ...]) -> None:
    world.deploy(
        "import boto3, time\nfrom concurrent.futures import ThreadPoolExecutor\n"
        "def work():\n" + "".join(f"    {line}\n" for line in lines) + "def handler(event, context):\n"
        "    with ThreadPoolExecutor() as pool:\n        return pool.submit(work).result()\n"
    )
    kind, message = world.error()
    assert kind == "CloudMisused"
    assert message.startswith("The lab cloud lives in the thread that opened it")


def test_a_thread_of_a_handler_may_compute(world: World) -> None:
    world.deploy(
        "from concurrent.futures import ThreadPoolExecutor\ndef handler(event, context):\n"
        "    with ThreadPoolExecutor() as pool:\n        return list(pool.map(lambda n: n * n, range(4)))\n"
    )
    assert world.result() == [0, 1, 4, 9]


@pytest.fixture
def impatient() -> Iterator[None]:
    dog = watchdog()
    before, dog.patience = dog.patience, 0.4
    yield
    dog.patience = before


@pytest.mark.parametrize(
    "source",
    [
        _handler("while True:", "    pass"),
        "while True:\n    pass\n" + OK,
        _handler("import time", "end = time.time() + 5", "while time.time() < end:", "    pass"),
        _handler("while True:", "    try:", "        list(range(1000))", "    except Exception:", "        pass"),
        _handler("import threading", "threading.Event().wait()"),
        _handler("import threading", "lock = threading.Lock()", "lock.acquire()", "lock.acquire()"),
        _handler("import asyncio", "asyncio.run(asyncio.Event().wait())"),
    ],
)
@pytest.mark.usefixtures("impatient")
def test_code_that_never_ends_times_out(world: World, source: str) -> None:
    """On AWS it would use up its time; here it does so on the virtual clock (``watchdog``).

    Source: "Configure Lambda function timeout".
    """
    world.deploy(source)
    world.deploy(OK, "other")
    assert world.error()[0] == "Sandbox.Timedout"
    is_initialization = source.startswith("while")  # which has ten seconds before the timeout counts
    assert world.cloud.clock.now == (13_000_000 if is_initialization else 3_000_000)
    assert world.result(name="other") == 1


def test_bad_functions_behind_a_queue_end_in_the_dead_letter_queue(world: World) -> None:
    """Source: "Handling errors for an SQS event source in Lambda"."""
    queue = world.queue(dead_after=2)
    world.create({"main.py": "import nothing_of_the_kind"}, "main.handler")
    world.map(queue)
    (message,) = world.send(queue, "one")
    world.cloud.settle()
    assert world.story(message, "dead-lettered") == [(60, "dead-lettered")]
    assert (
        world.whys("failed")
        == ["Runtime.ImportModuleError: Unable to import module 'main': No module named 'nothing_of_the_kind'"] * 2
    )
