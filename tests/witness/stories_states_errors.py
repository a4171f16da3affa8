"""Retries, catchers, executions, services. Sources: AWS Step Functions Developer Guide and API (read 2026-11)."""

from __future__ import annotations

import json
from typing import Any

from stage import Stage, refusal
from states_words import CAUGHT, catching, create, ended, line, output, start, task_of
from telling import Stories

STORIES = Stories("Step Functions")
_ERRORS = "Handling errors in Step Functions workflows"
_FAILS = 'class Sad(Exception):\n    pass\ndef handler(event, context):\n    raise Sad("no")\n'


def scheduled(stage: Stage, execution: str) -> int:
    """How many times a task was started."""
    events = stage.states.get_execution_history(executionArn=execution, maxResults=1000)["events"]
    return sum(event["type"] in ("LambdaFunctionScheduled", "TaskScheduled") for event in events)


def entered(stage: Stage, execution: str) -> list[str]:
    """The states that were entered, in order."""
    events = stage.states.get_execution_history(executionArn=execution, maxResults=1000)["events"]
    return [event["stateEnteredEventDetails"]["name"] for event in events if "stateEnteredEventDetails" in event]


# -- errors ------------------------------------------------------------------------------------------------------------


@STORIES.tell(
    "A task that fails is tried again as often as its retrier says, then its error is the execution's.",
    _ERRORS,
    ["FAILED", "Sad", 3],
)
def retry(stage: Stage) -> Any:
    retrier = {"ErrorEquals": ["Sad"], "IntervalSeconds": 1, "BackoffRate": 1, "MaxAttempts": 2}
    execution = start(stage, {"T": task_of(stage, stage.function(_FAILS), Retry=[retrier])})
    end = ended(stage, execution)
    return [end["status"], end.get("error"), scheduled(stage, execution)]


@STORIES.tell("No attempts in a retrier means no retry.", _ERRORS, 1)
def retry_never(stage: Stage) -> Any:
    none = {"ErrorEquals": ["Sad"], "MaxAttempts": 0}
    every = {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1}
    execution = start(stage, {"T": task_of(stage, stage.function(_FAILS), Retry=[none, every])})
    ended(stage, execution)
    return scheduled(stage, execution)


@STORIES.tell(
    "A catcher gets the error's name and cause, after all retries.",
    _ERRORS,
    [{"n": 1, "error": {"Error": "Sad", "message": "no"}}, 2],
)
def catch(stage: Stage) -> Any:
    retrier = {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 1}
    task = task_of(
        stage, stage.function(_FAILS), Retry=[retrier], Catch=catching("States.ALL", ResultPath="$.error"), End=True
    )
    execution = start(stage, {"T": task, "Caught": CAUGHT}, {"n": 1})
    output = json.loads(ended(stage, execution)["output"])
    cause = json.loads(output["error"].pop("Cause"))
    output["error"]["message"] = cause.get("errorMessage")
    return [output, scheduled(stage, execution)]


@STORIES.tell("States.TaskFailed means an error of a task, and not a timeout.", _ERRORS, ["caught", "States.Timeout"])
def task_failed(stage: Stage) -> Any:
    function = stage.function(_FAILS)
    told = []
    wait_for_token = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken"}
    parameters = {"QueueUrl": stage.queue(), "MessageBody.$": "$$.Task.Token"}
    for name, task in (
        ("a", task_of(stage, function)),
        ("b", {**wait_for_token, "Parameters": parameters, "TimeoutSeconds": 1}),
    ):
        states = {"T": {**task, "Catch": catching("States.TaskFailed"), "End": True}, "Caught": CAUGHT}
        machine = create(stage, line(states), name)
        end = ended(stage, stage.states.start_execution(stateMachineArn=machine, input="{}")["executionArn"])
        told.append("caught" if end["status"] == "SUCCEEDED" else end.get("error"))
    return told


@STORIES.tell(
    "A parameter that finds nothing fails the execution with States.Runtime, which nobody catches.",
    _ERRORS,
    ["FAILED", "States.Runtime"],
)
def runtime_error(stage: Stage) -> Any:
    parallel = {
        "Type": "Parallel",
        "Branches": [line({"Q": {"Type": "Pass", "Parameters": {"x.$": "$.nothing"}}})],
        "Catch": catching("States.ALL"),
        "End": True,
    }
    return output(stage, {"P": parallel, "Caught": CAUGHT})


@STORIES.tell("A workflow that takes longer than it may is timed out.", _ERRORS, "TIMED_OUT")
def workflow_timeout(stage: Stage) -> Any:
    return ended(stage, start(stage, {"W": {"Type": "Wait", "Seconds": 20}}, TimeoutSeconds=2))["status"]


# -- executions and services -------------------------------------------------------------------------------------------


@STORIES.tell(
    "A task that waits for its token goes on with what SendTaskSuccess brings.",
    "Discover service integration patterns in Step Functions",
    ["RUNNING", {"answer": 42}],
)
def task_token(stage: Stage) -> Any:
    queue = stage.queue()
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {"QueueUrl": queue, "MessageBody": {"token.$": "$$.Task.Token"}},
    }
    execution = start(stage, {"T": task})
    token = json.loads(stage.arrived(queue, 1)[0])["token"]
    before = stage.states.describe_execution(executionArn=execution)["status"]
    stage.states.send_task_success(taskToken=token, output='{"answer": 42}')
    return [before, json.loads(ended(stage, execution)["output"])]


@STORIES.tell(
    "A task can send to a queue, and to a topic, by itself.",
    "Integrating services with Step Functions",
    [["to the queue"], ["to the topic"]],
)
def service_tasks(stage: Stage) -> Any:
    queues = [stage.open_queue(name) for name in "ab"]
    topic = stage.sns.create_topic(Name=f"{stage.name}-t")["TopicArn"]
    raw = {"RawMessageDelivery": "true"}
    stage.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=stage.arn(queues[1]), Attributes=raw)
    states = {
        "Q": {"Resource": "sqs:sendMessage", "Parameters": {"QueueUrl": queues[0], "MessageBody": "to the queue"}},
        "T": {"Resource": "sns:publish", "Parameters": {"TopicArn": topic, "Message": "to the topic"}},
    }
    tasks = {
        name: {**state, "Type": "Task", "Resource": f"arn:aws:states:::{state['Resource']}"}
        for name, state in states.items()
    }
    start(stage, tasks)
    return [stage.arrived(queue, 1) for queue in queues]


@STORIES.tell(
    "The optimized Lambda integration gives the payload with what is around it.",
    "Integrating services with Step Functions",
    [200, {"n": 1}],
)
def optimized_lambda(stage: Stage) -> Any:
    function = stage.function("def handler(event, context):\n    return event\n")
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": function, "Payload.$": "$"},
    }
    answer = output(stage, {"T": task}, {"n": 1})
    return [answer["StatusCode"], answer["Payload"]] if isinstance(answer, dict) else answer


@STORIES.tell(
    "A name whose execution runs is accepted again for the same input, and refused for another.",
    "StartExecution",
    ["accepted", "accepted", "ExecutionAlreadyExists"],
)
def execution_twice(stage: Stage) -> Any:
    machine = create(stage, line({"W": {"Type": "Wait", "Seconds": 20}}))
    call = {"stateMachineArn": machine, "name": "one"}
    return [refusal(stage.states.start_execution, **call, input=text) for text in ("{}", "{}", '{"n": 1}')]


@STORIES.tell("A stopped execution is aborted.", "StopExecution", ["ABORTED", "Enough"])
def execution_stopped(stage: Stage) -> Any:
    execution = start(stage, {"W": {"Type": "Wait", "Seconds": 20}})
    stage.wait(0.5)
    stage.states.stop_execution(executionArn=execution, error="Enough")
    end = ended(stage, execution)
    return [end["status"], end.get("error")]


@STORIES.tell("The history says which states were entered.", "GetExecutionHistory", ["A", "B"])
def history(stage: Stage) -> Any:
    execution = start(stage, {"A": {"Type": "Pass"}, "B": {"Type": "Pass"}})
    ended(stage, execution)
    return entered(stage, execution)


@STORIES.tell(
    "A definition whose states lead nowhere is refused.",
    "CreateStateMachine",
    ["InvalidDefinition", "InvalidDefinition", "InvalidDefinition"],
)
def definitions_that_are_wrong(stage: Stage) -> Any:
    good = {"Type": "Pass", "End": True}
    wrong = [
        {"StartAt": "B", "States": {"A": good}},
        {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}}},
        {"StartAt": "A", "States": {"A": {"Type": "Dance", "End": True}}},
    ]
    return [refusal(create, stage, definition, str(number)) for number, definition in enumerate(wrong)]
