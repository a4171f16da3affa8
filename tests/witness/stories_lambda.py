"""Event source mappings and invocations. Sources: AWS Lambda Developer Guide and API Reference (read 2026-11)."""

from __future__ import annotations

import json
from typing import Any

from stage import Stage, refusal
from telling import Stories, whether

STORIES = Stories("Lambda")
MEBIBYTE = 2**20

# -- event source mappings ---------------------------------------------------------------------------------------------

_SUCCEEDS = "def handler(event, context):\n    return None\n"
_FAILS = "def handler(event, context):\n    raise ValueError('no')\n"
_FAILS_ON_BAD = """
def handler(event, context):
    if any(record["body"] == "bad" for record in event["Records"]):
        raise ValueError("bad")
"""
_REPORTS_BAD = """
def handler(event, context):
    return {"batchItemFailures": [{"itemIdentifier": r["messageId"]} for r in event["Records"] if r["body"] == "bad"]}
"""
_REPORTING: dict[str, Any] = {"FunctionResponseTypes": ["ReportBatchItemFailures"]}


def _what_dies(stage: Stage, source: str, *bodies: str, fifo: str = "", **settings: Any) -> Any:
    """Map a queue that holds these messages to a function; who ends in the dead-letter queue once it is empty."""
    dead = stage.queue(f"dead{fifo}")
    queue = stage.queue(f"q{fifo}", dead=dead, VisibilityTimeout=4)
    function = stage.function(source)
    stage.invoke(function, b'{"Records": []}')  # a warm environment: ministack's seconds are real
    for number, body in enumerate(bodies):
        group = {"MessageGroupId": body[0], "MessageDeduplicationId": str(number)} if fifo else {}
        stage.send(queue, body, **group)
    stage.map(queue, function, **settings)
    if not stage.empty(queue):
        return "still there"
    return sorted(stage.bodies(dead))


@STORIES.tell("What a function succeeds with is deleted.", "Using Lambda with Amazon SQS", [])
def mapping_success(stage: Stage) -> Any:
    return _what_dies(stage, _SUCCEEDS, "good")


@STORIES.tell(
    "What a function fails with comes back until it is dead-lettered.",
    "Handling errors for an SQS event source in Lambda",
    ["bad"],
)
def mapping_failure(stage: Stage) -> Any:
    return _what_dies(stage, _FAILS, "bad")


@STORIES.tell(
    "One bad message takes the whole batch with it.",
    "Handling errors for an SQS event source in Lambda",
    ["bad", "good"],
)
def mapping_whole_batch(stage: Stage) -> Any:
    return _what_dies(stage, _FAILS_ON_BAD, "good", "bad")


@STORIES.tell(
    "Only the reported messages of a batch come back.", "Handling errors for an SQS event source in Lambda", ["bad"]
)
def mapping_partial_batch(stage: Stage) -> Any:
    return _what_dies(stage, _REPORTS_BAD, "good", "bad", **_REPORTING)


@STORIES.tell(
    "A report is ignored where the mapping did not ask for one.",
    "Handling errors for an SQS event source in Lambda",
    [],
)
def mapping_report_nobody_asked_for(stage: Stage) -> Any:
    return _what_dies(stage, _REPORTS_BAD, "good", "bad")


def _response(name: str, claim: str, response: str, expected: list[str]) -> None:
    """What one answer of a function to a batch of two means."""

    def tell(stage: Stage) -> Any:
        source = (
            "import json\n"
            "def handler(event, context):\n"
            f"    first = json.dumps(next(r['messageId'] for r in event['Records'] if r['body'] == 'a'))\n"
            f"    return json.loads({response!r}.replace('FIRST', first))\n"
        )
        return _what_dies(stage, source, "a", "b", **_REPORTING)

    STORIES.add(name, claim, "Handling errors for an SQS event source in Lambda", expected, tell)


_response("report_null", "A null answer is a success of the whole batch.", "null", [])
_response("report_empty", "An empty list of failures is a success.", '{"batchItemFailures": []}', [])
_response(
    "report_miscased",
    "A report under a wrong name (another case) is no report: a success.",
    '{"BatchItemFailures": [{"itemIdentifier": FIRST}]}',
    [],
)
_response(
    "report_empty_identifier",
    "An empty item identifier fails the whole batch.",
    '{"batchItemFailures": [{"itemIdentifier": ""}]}',
    ["a", "b"],
)
_response(
    "report_null_identifier",
    "A null item identifier fails the whole batch.",
    '{"batchItemFailures": [{"itemIdentifier": null}]}',
    ["a", "b"],
)
_response(
    "report_misnamed_identifier",
    "An item identifier under a wrong name fails the whole batch.",
    '{"batchItemFailures": [{"messageId": FIRST}]}',
    ["a", "b"],
)
_response(
    "report_unknown_identifier",
    "An identifier of no message in the batch fails the whole batch.",
    '{"batchItemFailures": [{"itemIdentifier": "unknown"}]}',
    ["a", "b"],
)


@STORIES.tell(
    "A message that fails blocks its own message group only, and is dead-lettered alone.",
    "FIFO delivery logic in Amazon SQS",
    ["bad"],
)
def mapping_fifo_group(stage: Stage) -> Any:
    return _what_dies(stage, _FAILS_ON_BAD, "bad", "behind", "other", fifo=".fifo", BatchSize=1)


@STORIES.tell(
    "What a filter rejects is deleted, and never reaches the function.",
    "Using event filtering with an Amazon SQS event source",
    ['{"kind": "wanted"}'],
)
def mapping_filter(stage: Stage) -> Any:
    filters = {"Filters": [{"Pattern": '{"body": {"kind": ["wanted"]}}'}]}
    return _what_dies(stage, _FAILS, '{"kind": "wanted"}', '{"kind": "other"}', FilterCriteria=filters)


@STORIES.tell(
    "The dead-letter queue of a function is for asynchronous events: what it fails with from a queue is not put there.",
    "Using Lambda with Amazon SQS",
    [["bad"], []],
)
def mapping_and_the_functions_own_dead_letter_queue(stage: Stage) -> Any:
    dead, wrong = stage.queue("dead"), stage.queue("wrong")
    queue = stage.queue(dead=dead, VisibilityTimeout=4)
    function = stage.function(_FAILS, DeadLetterConfig={"TargetArn": stage.arn(wrong)})
    stage.map(queue, function)
    stage.send(queue, "bad")
    stage.empty(queue)
    return [stage.bodies(dead), stage.bodies(wrong)]


@STORIES.tell(
    "A visibility timeout shorter than the function's timeout is refused.",
    "Using Lambda with Amazon SQS",
    "InvalidParameterValueException",
)
def mapping_short_visibility(stage: Stage) -> Any:
    return refusal(stage.map, stage.queue(VisibilityTimeout=2), stage.function(_SUCCEEDS, Timeout=3))


@STORIES.tell(
    "A batch size above ten needs a batching window.", "CreateEventSourceMapping", "InvalidParameterValueException"
)
def mapping_large_batch_without_window(stage: Stage) -> Any:
    return refusal(stage.map, stage.queue(), stage.function(_SUCCEEDS), BatchSize=100)


@STORIES.tell("A FIFO queue has no batching window.", "CreateEventSourceMapping", "InvalidParameterValueException")
def mapping_fifo_window(stage: Stage) -> Any:
    queue, function = stage.queue("q.fifo"), stage.function(_SUCCEEDS)
    return refusal(stage.map, queue, function, MaximumBatchingWindowInSeconds=5)


@STORIES.tell("A maximum concurrency above 1,000 is refused.", "CreateEventSourceMapping", "refused")
def mapping_maximum_concurrency_above_the_bound(stage: Stage) -> Any:
    queue, function = stage.queue(), stage.function(_SUCCEEDS)
    return whether(refusal(stage.map, queue, function, ScalingConfig={"MaximumConcurrency": 1001}))


@STORIES.tell(
    "A queue and a function have one mapping.", "CreateEventSourceMapping", ["accepted", "ResourceConflictException"]
)
def mapping_twice(stage: Stage) -> Any:
    queue, function = stage.queue(), stage.function(_SUCCEEDS)
    return [refusal(stage.map, queue, function) for _ in range(2)]


# -- invocations -------------------------------------------------------------------------------------------------------


@STORIES.tell("An event goes in and a result comes out.", "Invoke", {"status": 200, "payload": {"n": 1}})
def invoke(stage: Stage) -> Any:
    return stage.invoke(stage.function("def handler(event, context):\n    return event\n"), b'{"n": 1}')


@STORIES.tell(
    "An error of the function is an answer with status 200 that says so.",
    "AWS Lambda function errors in Python",
    [200, "Unhandled", "ValueError", "no"],
)
def invoke_error(stage: Stage) -> Any:
    return _error(stage, _FAILS)


def _error(stage: Stage, source: str, *, message: bool = True, **settings: Any) -> list[Any]:
    answer = stage.invoke(stage.function(source, **settings))
    payload = answer["payload"] if isinstance(answer["payload"], dict) else {}
    told = [answer["status"], answer.get("error"), payload.get("errorType")]
    return [*told, payload.get("errorMessage")] if message else told


@STORIES.tell(
    "A function that passes its timeout is ended with an error of its own.",
    "Configure Lambda function timeout",
    [200, "Unhandled", "Sandbox.Timedout"],
)
def invoke_timeout(stage: Stage) -> Any:
    return _error(stage, "import time\ndef handler(event, context):\n    time.sleep(3)\n", message=False, Timeout=1)


@STORIES.tell(
    "A result that is no JSON is a function error.",
    "Python runtime interface client",
    [200, "Unhandled", "Runtime.MarshalError"],
)
def invoke_result_that_is_no_json(stage: Stage) -> Any:
    return _error(stage, "def handler(event, context):\n    return {1, 2}\n", message=False)


@STORIES.tell(
    "A handler that is not in its module is a function error.",
    "Python runtime interface client",
    [200, "Unhandled", "Runtime.HandlerNotFound"],
)
def invoke_handler_that_is_not_there(stage: Stage) -> Any:
    return _error(stage, _SUCCEEDS, handler="index.other", message=False)


@STORIES.tell(
    "A handler that exits is a function error.",
    "Python runtime interface client",
    [200, "Unhandled", "Runtime.ExitError"],
)
def invoke_exit(stage: Stage) -> Any:
    return _error(stage, "import sys\ndef handler(event, context):\n    sys.exit(1)\n", message=False)


@STORIES.tell("A function or version that is not there is not found.", "Invoke", ["ResourceNotFoundException"] * 2)
def invoke_unknown(stage: Stage) -> Any:
    function = stage.function(_SUCCEEDS)
    return [refusal(stage.invoke, function + "-other"), refusal(stage.invoke, function, Qualifier="7")]


@STORIES.tell("A body that is no JSON is refused.", "Invoke", "InvalidRequestContentException")
def invoke_no_json(stage: Stage) -> Any:
    return refusal(stage.invoke, stage.function(_SUCCEEDS), b"{")


@STORIES.tell("An event is answered with 202 at once, a dry run with 204.", "Invoke", [202, 204])
def invoke_kinds(stage: Stage) -> Any:
    function = stage.function(_SUCCEEDS)
    return [stage.invoke(function, InvocationType=kind)["status"] for kind in ("Event", "DryRun")]


@STORIES.tell(
    "A synchronous body may have 6 MB, an asynchronous one 1 MB.",
    "Lambda quotas",
    ["accepted", "RequestTooLargeException", "accepted", "RequestTooLargeException"],
)
def invoke_payloads(stage: Stage) -> Any:
    function = stage.function(_SUCCEEDS)
    return [
        refusal(stage.invoke, function, json.dumps("x" * (size - 2)).encode(), InvocationType=kind)
        for kind, limit in (("RequestResponse", 6 * MEBIBYTE), ("Event", MEBIBYTE))
        for size in (limit, limit + 1)
    ]


@STORIES.tell(
    "Reserved concurrency of zero stops a function: its callers get a 429.",
    "Configuring reserved concurrency for a function",
    "TooManyRequestsException",
)
def invoke_stopped(stage: Stage) -> Any:
    function = stage.function(_SUCCEEDS)
    stage.awslambda.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=0)
    return refusal(stage.invoke, function)


@STORIES.tell(
    "The settings of asynchronous invocation are kept, and more than two retries are refused.",
    "PutFunctionEventInvokeConfig",
    [[0, 60], "refused"],
)
def asynchronous_settings(stage: Stage) -> Any:
    function = stage.function(_SUCCEEDS)
    put = stage.awslambda.put_function_event_invoke_config
    put(FunctionName=function, MaximumRetryAttempts=0, MaximumEventAgeInSeconds=60)
    kept = stage.awslambda.get_function_event_invoke_config(FunctionName=function)
    return [
        [kept["MaximumRetryAttempts"], kept["MaximumEventAgeInSeconds"]],
        whether(refusal(put, FunctionName=function, MaximumRetryAttempts=3)),
    ]
