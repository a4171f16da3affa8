"""Short stories of SQS and Lambda, written once against plain boto3, with the outcome that AWS documents.

Each is told to the lab in virtual time and to ministack in real seconds; `docs/witness.md` says how they compare.
Sources: Amazon SQS Developer Guide, AWS Lambda Developer Guide and the API references of both (read 2026-11).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from stage import Stage, refusal

MEBIBYTE = 2**20


@dataclass(frozen=True)
class Story:
    """`expected` is what AWS documents; `claim` says it in a sentence; `source` is the page or action that says so."""

    name: str
    claim: str
    source: str
    expected: Any
    tell: Callable[[Stage], Any]


STORIES: list[Story] = []
"""In the order in which they are told."""


def story(claim: str, source: str, expected: Any) -> Callable[[Callable[[Stage], Any]], Callable[[Stage], Any]]:
    def keep(tell: Callable[[Stage], Any]) -> Callable[[Stage], Any]:
        STORIES.append(Story(tell.__name__, claim, source, expected, tell))
        return tell

    return keep


# -- queues ------------------------------------------------------------------------------------------------------------


@story("What is sent is received, and counted.", "ReceiveMessage", ["hello", "1"])
def send_and_receive(stage: Stage) -> Any:
    queue = stage.queue()
    stage.send(queue, "hello")
    (message,) = stage.receive(queue)
    return [message["Body"], message["Attributes"]["ApproximateReceiveCount"]]


@story(
    "A received message is hidden for the visibility timeout, then comes back with its receive count raised.",
    "Amazon SQS visibility timeout",
    [["hello"], [], "2"],
)
def visibility(stage: Stage) -> Any:
    queue = stage.queue(VisibilityTimeout=2)
    stage.send(queue, "hello")
    first, second = stage.bodies(queue), stage.bodies(queue)
    stage.wait(2.5)
    return [first, second, stage.receive(queue)[0]["Attributes"]["ApproximateReceiveCount"]]


@story("A visibility timeout of zero shows a message at once.", "ChangeMessageVisibility", ["hello"])
def visibility_zero(stage: Stage) -> Any:
    queue = stage.queue()
    stage.send(queue, "hello")
    (message,) = stage.receive(queue)
    stage.sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
    return stage.bodies(queue)


@story("A deleted message does not come back.", "DeleteMessage", [])
def deleted(stage: Stage) -> Any:
    queue = stage.queue(VisibilityTimeout=1)
    stage.send(queue, "hello")
    stage.delete(queue, stage.receive(queue)[0])
    stage.wait(1.5)
    return stage.bodies(queue)


@story(
    "A receipt handle of an earlier receive is accepted, and deletes nothing.", "DeleteMessage", ["accepted", ["hello"]]
)
def stale_handle(stage: Stage) -> Any:
    queue = stage.queue(VisibilityTimeout=1)
    stage.send(queue, "hello")
    (early,) = stage.receive(queue)
    stage.wait(1.5)
    stage.receive(queue)
    answer = refusal(stage.delete, queue, early)
    stage.wait(1.5)
    return [answer, stage.bodies(queue)]


@story("A delayed message cannot be received before its delay is over.", "Amazon SQS delay queues", [[], ["later"]])
def delay(stage: Stage) -> Any:
    queue = stage.queue()
    stage.send(queue, "later", DelaySeconds=2)
    before = stage.bodies(queue)
    stage.wait(2.5)
    return [before, stage.bodies(queue)]


@story(
    "A message that was received maxReceiveCount times moves to the dead-letter queue at the next receive.",
    "Using dead-letter queues in Amazon SQS",
    [["poison"], ["poison"], [], ["poison"]],
)
def dead_letter(stage: Stage) -> Any:
    dead = stage.queue("dead")
    queue = stage.queue(dead=dead, VisibilityTimeout=1)
    stage.send(queue, "poison")
    told = []
    for _ in range(3):
        told.append(stage.bodies(queue))
        stage.wait(1.5)
    return [*told, stage.bodies(dead)]


@story(
    "The dead-letter queue of a FIFO queue must be FIFO too.",
    "Using dead-letter queues in Amazon SQS",
    "InvalidParameterValue",
)
def dead_letter_of_the_other_type(stage: Stage) -> Any:
    return refusal(stage.queue, "q.fifo", dead=stage.queue("dead"))


@story("A batch takes the entries that are right and names the others.", "SendMessageBatch", [["a"], ["b"]])
def batch_with_one_bad_entry(stage: Stage) -> Any:
    entries: list[dict[str, Any]] = [
        {"Id": "a", "MessageBody": "a"},
        {"Id": "b", "MessageBody": "b", "DelaySeconds": 901},
    ]
    answer = stage.sqs.send_message_batch(QueueUrl=stage.queue(), Entries=entries)
    return [sorted(entry["Id"] for entry in answer.get(key, [])) for key in ("Successful", "Failed")]


@story(
    "A batch that is empty, too long or has an identifier twice is refused as a whole.",
    "SendMessageBatch",
    ["EmptyBatchRequest", "TooManyEntriesInBatchRequest", "BatchEntryIdsNotDistinct"],
)
def batches_that_are_wrong_as_a_whole(stage: Stage) -> Any:
    queue = stage.queue()
    batches = [[], [str(n) for n in range(11)], ["same", "same"]]
    return [
        refusal(
            stage.sqs.send_message_batch, QueueUrl=queue, Entries=[{"Id": name, "MessageBody": "x"} for name in batch]
        )
        for batch in batches
    ]


@story("A message may be one mebibyte, and no byte more.", "SendMessage", ["accepted", "InvalidParameterValue"])
def payload_of_a_message(stage: Stage) -> Any:
    queue = stage.queue()
    return [refusal(stage.send, queue, "x" * size) for size in (MEBIBYTE, MEBIBYTE + 1)]


@story("A receive gives ten messages at most.", "ReceiveMessage", "InvalidParameterValue")
def eleven_at_once(stage: Stage) -> Any:
    return refusal(stage.receive, stage.queue(), 11)


@story("A second purge within a minute is refused.", "PurgeQueue", ["accepted", "PurgeQueueInProgress"])
def purge_twice(stage: Stage) -> Any:
    queue = stage.queue()
    return [refusal(stage.sqs.purge_queue, QueueUrl=queue) for _ in range(2)]


@story("A queue that does not exist is refused.", "SendMessage", "NonExistentQueue")
def unknown_queue(stage: Stage) -> Any:
    return refusal(stage.send, stage.queue() + "-other", "hello")


# -- FIFO queues -------------------------------------------------------------------------------------------------------


@story(
    "While a message of a group is in flight no other of that group is given out, and other groups go on.",
    "FIFO delivery logic in Amazon SQS",
    [["a1"], ["b1"], [], ["a2"]],
)
def fifo_group_lock(stage: Stage) -> Any:
    queue = stage.queue("q.fifo", ContentBasedDeduplication="true")
    for body in ("a1", "a2", "b1"):
        stage.send(queue, body, MessageGroupId=body[0])
    first = stage.receive(queue, 1)
    others = [stage.bodies(queue, 1), stage.bodies(queue, 1)]
    stage.delete(queue, first[0])
    return [[first[0]["Body"]], *others, stage.bodies(queue, 1)]


@story(
    "Messages of a group that come back come back in their order.",
    "FIFO delivery logic in Amazon SQS",
    [["1", "2", "3"], ["1", "2", "3"]],
)
def fifo_order_when_it_comes_back(stage: Stage) -> Any:
    queue = stage.queue("q.fifo", VisibilityTimeout=1, ContentBasedDeduplication="true")
    for body in "123":
        stage.send(queue, body, MessageGroupId="g")
    first = stage.bodies(queue)
    stage.wait(1.5)
    return [first, stage.bodies(queue)]


@story(
    "A duplicate within five minutes is answered with the original's identifier and not delivered.",
    "Exactly-once processing in Amazon SQS",
    [True, ["hello"]],
)
def fifo_duplicate(stage: Stage) -> Any:
    queue = stage.queue("q.fifo")
    options = {"MessageGroupId": "g", "MessageDeduplicationId": "same"}
    first, second = stage.send(queue, "hello", **options), stage.send(queue, "other", **options)
    return [first["MessageId"] == second["MessageId"], stage.bodies(queue)]


@story(
    "A duplicate is dropped also when the original has been received and deleted.",
    "Exactly-once processing in Amazon SQS",
    [],
)
def fifo_duplicate_after_delete(stage: Stage) -> Any:
    queue = stage.queue("q.fifo")
    options = {"MessageGroupId": "g", "MessageDeduplicationId": "same"}
    stage.send(queue, "hello", **options)
    stage.delete(queue, stage.receive(queue)[0])
    stage.send(queue, "hello", **options)
    return stage.bodies(queue)


@story(
    "A FIFO queue wants a message group, and a deduplication identifier unless the content gives it.",
    "SendMessage",
    ["MissingParameter", "InvalidParameterValue", "accepted"],
)
def fifo_parameters(stage: Stage) -> Any:
    plain, by_content = stage.queue("q.fifo"), stage.queue("c.fifo", ContentBasedDeduplication="true")
    return [
        refusal(stage.send, plain, "x", MessageDeduplicationId="d"),
        refusal(stage.send, plain, "x", MessageGroupId="g"),
        refusal(stage.send, by_content, "x", MessageGroupId="g"),
    ]


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
_REPORTING = {"FunctionResponseTypes": ["ReportBatchItemFailures"]}


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


@story("What a function succeeds with is deleted.", "Using Lambda with Amazon SQS", [])
def mapping_success(stage: Stage) -> Any:
    return _what_dies(stage, _SUCCEEDS, "good")


@story(
    "What a function fails with comes back until it is dead-lettered.",
    "Handling errors for an SQS event source in Lambda",
    ["bad"],
)
def mapping_failure(stage: Stage) -> Any:
    return _what_dies(stage, _FAILS, "bad")


@story(
    "One bad message takes the whole batch with it.",
    "Handling errors for an SQS event source in Lambda",
    ["bad", "good"],
)
def mapping_whole_batch(stage: Stage) -> Any:
    return _what_dies(stage, _FAILS_ON_BAD, "good", "bad")


@story("Only the reported messages of a batch come back.", "Handling errors for an SQS event source in Lambda", ["bad"])
def mapping_partial_batch(stage: Stage) -> Any:
    return _what_dies(stage, _REPORTS_BAD, "good", "bad", **_REPORTING)


@story(
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

    STORIES.append(Story(name, claim, "Handling errors for an SQS event source in Lambda", expected, tell))


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


@story(
    "A message that fails blocks its own message group only, and is dead-lettered alone.",
    "FIFO delivery logic in Amazon SQS",
    ["bad"],
)
def mapping_fifo_group(stage: Stage) -> Any:
    return _what_dies(stage, _FAILS_ON_BAD, "bad", "behind", "other", fifo=".fifo", BatchSize=1)


@story(
    "What a filter rejects is deleted, and never reaches the function.",
    "Using event filtering with an Amazon SQS event source",
    ['{"kind": "wanted"}'],
)
def mapping_filter(stage: Stage) -> Any:
    filters = {"Filters": [{"Pattern": '{"body": {"kind": ["wanted"]}}'}]}
    return _what_dies(stage, _FAILS, '{"kind": "wanted"}', '{"kind": "other"}', FilterCriteria=filters)


@story(
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


@story(
    "A visibility timeout shorter than the function's timeout is refused.",
    "Using Lambda with Amazon SQS",
    "InvalidParameterValueException",
)
def mapping_short_visibility(stage: Stage) -> Any:
    return refusal(stage.map, stage.queue(VisibilityTimeout=2), stage.function(_SUCCEEDS, Timeout=3))


@story("A batch size above ten needs a batching window.", "CreateEventSourceMapping", "InvalidParameterValueException")
def mapping_large_batch_without_window(stage: Stage) -> Any:
    return refusal(stage.map, stage.queue(), stage.function(_SUCCEEDS), BatchSize=100)


@story("A FIFO queue has no batching window.", "CreateEventSourceMapping", "InvalidParameterValueException")
def mapping_fifo_window(stage: Stage) -> Any:
    queue, function = stage.queue("q.fifo"), stage.function(_SUCCEEDS)
    return refusal(stage.map, queue, function, MaximumBatchingWindowInSeconds=5)


@story("A maximum concurrency above 1,000 is refused.", "CreateEventSourceMapping", "refused")
def mapping_maximum_concurrency_above_the_bound(stage: Stage) -> Any:
    queue, function = stage.queue(), stage.function(_SUCCEEDS)
    return _whether(refusal(stage.map, queue, function, ScalingConfig={"MaximumConcurrency": 1001}))


def _whether(answer: str) -> str:
    """Where the API reference and the service differ in the code of the error, only whether there is one."""
    return answer if answer == "accepted" else "refused"


@story(
    "A queue and a function have one mapping.", "CreateEventSourceMapping", ["accepted", "ResourceConflictException"]
)
def mapping_twice(stage: Stage) -> Any:
    queue, function = stage.queue(), stage.function(_SUCCEEDS)
    return [refusal(stage.map, queue, function) for _ in range(2)]


# -- invocations -------------------------------------------------------------------------------------------------------


@story("An event goes in and a result comes out.", "Invoke", {"status": 200, "payload": {"n": 1}})
def invoke(stage: Stage) -> Any:
    return stage.invoke(stage.function("def handler(event, context):\n    return event\n"), b'{"n": 1}')


@story(
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


@story(
    "A function that passes its timeout is ended with an error of its own.",
    "Configure Lambda function timeout",
    [200, "Unhandled", "Sandbox.Timedout"],
)
def invoke_timeout(stage: Stage) -> Any:
    return _error(stage, "import time\ndef handler(event, context):\n    time.sleep(3)\n", message=False, Timeout=1)


@story(
    "A result that is no JSON is a function error.",
    "Python runtime interface client",
    [200, "Unhandled", "Runtime.MarshalError"],
)
def invoke_result_that_is_no_json(stage: Stage) -> Any:
    return _error(stage, "def handler(event, context):\n    return {1, 2}\n", message=False)


@story(
    "A handler that is not in its module is a function error.",
    "Python runtime interface client",
    [200, "Unhandled", "Runtime.HandlerNotFound"],
)
def invoke_handler_that_is_not_there(stage: Stage) -> Any:
    return _error(stage, _SUCCEEDS, handler="index.other", message=False)


@story(
    "A handler that exits is a function error.",
    "Python runtime interface client",
    [200, "Unhandled", "Runtime.ExitError"],
)
def invoke_exit(stage: Stage) -> Any:
    return _error(stage, "import sys\ndef handler(event, context):\n    sys.exit(1)\n", message=False)


@story("A function or version that is not there is not found.", "Invoke", ["ResourceNotFoundException"] * 2)
def invoke_unknown(stage: Stage) -> Any:
    function = stage.function(_SUCCEEDS)
    return [refusal(stage.invoke, function + "-other"), refusal(stage.invoke, function, Qualifier="7")]


@story("A body that is no JSON is refused.", "Invoke", "InvalidRequestContentException")
def invoke_no_json(stage: Stage) -> Any:
    return refusal(stage.invoke, stage.function(_SUCCEEDS), b"{")


@story("An event is answered with 202 at once, a dry run with 204.", "Invoke", [202, 204])
def invoke_kinds(stage: Stage) -> Any:
    function = stage.function(_SUCCEEDS)
    return [stage.invoke(function, InvocationType=kind)["status"] for kind in ("Event", "DryRun")]


@story(
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


@story(
    "Reserved concurrency of zero stops a function: its callers get a 429.",
    "Configuring reserved concurrency for a function",
    "TooManyRequestsException",
)
def invoke_stopped(stage: Stage) -> Any:
    function = stage.function(_SUCCEEDS)
    stage.awslambda.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=0)
    return refusal(stage.invoke, function)


@story(
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
        _whether(refusal(put, FunctionName=function, MaximumRetryAttempts=3)),
    ]
