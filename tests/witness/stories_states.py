"""Workflows. Sources: AWS Step Functions Developer Guide and API Reference (read 2026-11)."""

from __future__ import annotations

import json
from typing import Any

from stage import Stage, refusal
from telling import Stories

STORIES = Stories("Step Functions")
_ERRORS = "Handling errors in Step Functions workflows"
_FAILS = 'class Sad(Exception):\n    pass\ndef handler(event, context):\n    raise Sad("no")\n'


def _line(states: dict[str, Any], **more: Any) -> dict[str, Any]:
    """States one after the other, the last one the end, except where a state says how it goes on."""
    names, made = list(states), {}
    for name, following in zip(names, [*names[1:], None], strict=True):
        state = dict(states[name])
        if state["Type"] not in ("Choice", "Succeed", "Fail") and not {"Next", "End"} & set(state):
            state |= {"Next": following} if following else {"End": True}
        made[name] = state
    return {"StartAt": names[0], "States": made, **more}


def _create(stage: Stage, definition: Any, name: str = "m") -> str:
    made = stage.states.create_state_machine(
        name=f"{stage.name}-{name}", definition=json.dumps(definition), roleArn=stage.role
    )
    return str(made["stateMachineArn"])


def _start(stage: Stage, states: dict[str, Any], data: Any = None, **more: Any) -> str:
    machine = _create(stage, _line(states, **more))
    return str(stage.states.start_execution(stateMachineArn=machine, input=json.dumps(data or {}))["executionArn"])


def _ended(stage: Stage, execution: str, within: float = 30) -> dict[str, Any]:
    describe = stage.states.describe_execution
    stage.until(lambda: describe(executionArn=execution)["status"] != "RUNNING", within)
    return dict(describe(executionArn=execution))


def _output(stage: Stage, states: dict[str, Any], data: Any = None, **more: Any) -> Any:
    """The output of an execution, or how else it ended: its status and error."""
    end = _ended(stage, _start(stage, states, data, **more))
    return json.loads(end["output"]) if "output" in end else [end["status"], end.get("error")]


def _entered(stage: Stage, execution: str) -> list[str]:
    """The states that were entered, in order."""
    events = stage.states.get_execution_history(executionArn=execution, maxResults=1000)["events"]
    return [
        event["stateEnteredEventDetails"]["name"] for event in events if "stateEnteredEventDetails" in event
    ]


def _scheduled(stage: Stage, execution: str) -> int:
    """How many times a task was started."""
    events = stage.states.get_execution_history(executionArn=execution, maxResults=1000)["events"]
    return sum(event["type"] in ("LambdaFunctionScheduled", "TaskScheduled") for event in events)


def _task(stage: Stage, function: str, **more: Any) -> dict[str, Any]:
    configuration = stage.awslambda.get_function(FunctionName=function)["Configuration"]
    return {"Type": "Task", "Resource": configuration["FunctionArn"], **more}


def _catch(*errors: str, **more: Any) -> list[dict[str, Any]]:
    return [{"ErrorEquals": list(errors), "Next": "Caught", **more}]


_CAUGHT: dict[str, Any] = {"Type": "Pass", "End": True}


# -- states ------------------------------------------------------------------------------------------------------------


@STORIES.tell(
    "A result is put into the input where ResultPath says.", "Pass workflow state", {"n": 1, "told": {"x": 2}}
)
def pass_result_path(stage: Stage) -> Any:
    return _output(stage, {"P": {"Type": "Pass", "Result": {"x": 2}, "ResultPath": "$.told"}}, {"n": 1})


@STORIES.tell(
    "Parameters take values from the input and from the context.",
    "Accessing execution data from the Context object in Step Functions",
    {"n": 1, "state": "P", "fixed": "x"},
)
def parameters(stage: Stage) -> Any:
    chosen = {"n.$": "$.order.n", "state.$": "$$.State.Name", "fixed": "x"}
    return _output(stage, {"P": {"Type": "Pass", "Parameters": chosen}}, {"order": {"n": 1}})


@STORIES.tell(
    "Intrinsic functions compute.",
    "Intrinsic functions for JSONPath states in Step Functions",
    {"text": "order 7", "list": [1, 2], "sum": 8, "parts": ["a", "b"], "length": 3},
)
def intrinsics(stage: Stage) -> Any:
    chosen = {
        "text.$": "States.Format('order {}', $.n)",
        "list.$": "States.Array(1, 2)",
        "sum.$": "States.MathAdd($.n, 1)",
        "parts.$": "States.StringSplit('a,b', ',')",
        "length.$": "States.ArrayLength($.list)",
    }
    return _output(stage, {"P": {"Type": "Pass", "Parameters": chosen}}, {"n": 7, "list": [1, 2, 3]})


@STORIES.tell("The first rule that matches decides.", "Choice workflow state", ["large", "small", "other"])
def choice(stage: Stage) -> Any:
    rules = [
        {"Variable": "$.n", "NumericGreaterThan": 10, "Next": "Large"},
        {"And": [{"Variable": "$.n", "IsNumeric": True}, {"Not": {"Variable": "$.n", "NumericEquals": 0}}]}
        | {"Next": "Small"},
    ]
    ends = {name: {"Type": "Pass", "Result": name.lower(), "End": True} for name in ("Large", "Small", "Other")}
    states = {"C": {"Type": "Choice", "Choices": rules, "Default": "Other"}, **ends}
    machine, found = _create(stage, _line(states)), []
    for n in (11, 1, 0):
        data = json.dumps({"n": n})
        execution = stage.states.start_execution(stateMachineArn=machine, input=data)["executionArn"]
        found.append(json.loads(_ended(stage, execution)["output"]))
    return found


@STORIES.tell(
    "A choice without a match and without a default fails.",
    "Choice workflow state",
    ["FAILED", "States.NoChoiceMatched"],
)
def choice_without_a_match(stage: Stage) -> Any:
    rule = {"Variable": "$.n", "NumericEquals": 1, "Next": "One"}
    return _output(stage, {"C": {"Type": "Choice", "Choices": [rule]}, "One": {"Type": "Succeed"}}, {"n": 2})


@STORIES.tell("A wait lasts as long as it says.", "Wait workflow state", ["RUNNING", "SUCCEEDED"])
def wait(stage: Stage) -> Any:
    execution = _start(stage, {"W": {"Type": "Wait", "SecondsPath": "$.seconds"}}, {"seconds": 3})
    stage.wait(1)
    return [stage.states.describe_execution(executionArn=execution)["status"], _ended(stage, execution)["status"]]


@STORIES.tell("A Fail state ends with its error and cause.", "Fail workflow state", ["FAILED", "Sad", "since"])
def fail(stage: Stage) -> Any:
    end = _ended(stage, _start(stage, {"F": {"Type": "Fail", "Error": "Sad", "Cause": "since"}}))
    return [end["status"], end["error"], end["cause"]]


@STORIES.tell(
    "Each branch of a Parallel state gets the input; their outputs are an array in the order of the branches.",
    "Parallel workflow state",
    [{"n": 1, "slow": True}, {"n": 1}],
)
def parallel(stage: Stage) -> Any:
    slow = _line({"W": {"Type": "Wait", "Seconds": 1}, "S": {"Type": "Pass", "Result": True, "ResultPath": "$.slow"}})
    return _output(stage, {"P": {"Type": "Parallel", "Branches": [slow, _line({"Q": {"Type": "Pass"}})]}}, {"n": 1})


@STORIES.tell(
    "When a branch fails the Parallel state fails, and can be caught.",
    "Parallel workflow state",
    {"n": 1, "error": "Sad"},
)
def parallel_that_fails(stage: Stage) -> Any:
    branches = [_line({"F": {"Type": "Fail", "Error": "Sad"}}), _line({"W": {"Type": "Wait", "Seconds": 20}})]
    states = {
        "P": {"Type": "Parallel", "Branches": branches, "Catch": _catch("Sad", ResultPath="$.error"), "End": True},
        "Caught": {**_CAUGHT, "Parameters": {"n.$": "$.n", "error.$": "$.error.Error"}},
    }
    return _output(stage, states, {"n": 1})


@STORIES.tell(
    "A Map state runs for each item; the results are in the order of the items.",
    "Using Map state in Inline mode in Step Functions workflows",
    [{"index": 0, "item": "a", "n": 1}, {"index": 1, "item": "b", "n": 1}],
)
def map_items(stage: Stage) -> Any:
    chosen = {"index.$": "$$.Map.Item.Index", "item.$": "$$.Map.Item.Value", "n.$": "$.n"}
    state = {"Type": "Map", "ItemsPath": "$.items", "ItemSelector": chosen, "MaxConcurrency": 1}
    return _output(stage, {"M": {**state, "ItemProcessor": _line({"P": {"Type": "Pass"}})}}, {"items": ["a", "b"], "n": 1})


@STORIES.tell(
    "A Map state without items has an empty array as its result.",
    "Using Map state in Inline mode in Step Functions workflows",
    [],
)
def map_of_nothing(stage: Stage) -> Any:
    return _output(stage, {"M": {"Type": "Map", "ItemProcessor": _line({"P": {"Type": "Pass"}}), "ItemsPath": "$.items"}}, {"items": []})


@STORIES.tell(
    "When an iteration fails the Map state fails with its error.",
    "Using Map state in Inline mode in Step Functions workflows",
    ["FAILED", "Sad"],
)
def map_that_fails(stage: Stage) -> Any:
    processor = _line({"F": {"Type": "Fail", "Error": "Sad"}})
    return _output(stage, {"M": {"Type": "Map", "ItemProcessor": processor, "ItemsPath": "$.items"}}, {"items": [1, 2]})


@STORIES.tell(
    "Variables carry data past states.", "Passing data between states with variables", {"kept": 1, "input": "other"}
)
def variables(stage: Stage) -> Any:
    states = {
        "A": {"Type": "Pass", "Assign": {"kept.$": "$.n"}},
        "B": {"Type": "Pass", "Result": "other"},
        "C": {"Type": "Pass", "Parameters": {"kept.$": "$kept", "input.$": "$"}},
    }
    return _output(stage, states, {"n": 1})


# -- errors ------------------------------------------------------------------------------------------------------------


@STORIES.tell(
    "A task that fails is tried again as often as its retrier says, then its error is the execution's.",
    _ERRORS,
    ["FAILED", "Sad", 3],
)
def retry(stage: Stage) -> Any:
    retrier = {"ErrorEquals": ["Sad"], "IntervalSeconds": 1, "BackoffRate": 1, "MaxAttempts": 2}
    execution = _start(stage, {"T": _task(stage, stage.function(_FAILS), Retry=[retrier])})
    end = _ended(stage, execution)
    return [end["status"], end.get("error"), _scheduled(stage, execution)]


@STORIES.tell("No attempts in a retrier means no retry.", _ERRORS, 1)
def retry_never(stage: Stage) -> Any:
    none = {"ErrorEquals": ["Sad"], "MaxAttempts": 0}
    every = {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1}
    execution = _start(stage, {"T": _task(stage, stage.function(_FAILS), Retry=[none, every])})
    _ended(stage, execution)
    return _scheduled(stage, execution)


@STORIES.tell(
    "A catcher gets the error's name and cause, after all retries.",
    _ERRORS,
    [{"n": 1, "error": {"Error": "Sad", "message": "no"}}, 2],
)
def catch(stage: Stage) -> Any:
    retrier = {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 1}
    task = _task(
        stage, stage.function(_FAILS), Retry=[retrier], Catch=_catch("States.ALL", ResultPath="$.error"), End=True
    )
    execution = _start(stage, {"T": task, "Caught": _CAUGHT}, {"n": 1})
    output = json.loads(_ended(stage, execution)["output"])
    cause = json.loads(output["error"].pop("Cause"))
    output["error"]["message"] = cause.get("errorMessage")
    return [output, _scheduled(stage, execution)]


@STORIES.tell("States.TaskFailed means an error of a task, and not a timeout.", _ERRORS, ["caught", "States.Timeout"])
def task_failed(stage: Stage) -> Any:
    function = stage.function(_FAILS)
    told = []
    wait_for_token = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken"}
    parameters = {"QueueUrl": stage.queue(), "MessageBody.$": "$$.Task.Token"}
    for name, task in (
        ("a", _task(stage, function)),
        ("b", {**wait_for_token, "Parameters": parameters, "TimeoutSeconds": 1}),
    ):
        states = {"T": {**task, "Catch": _catch("States.TaskFailed"), "End": True}, "Caught": _CAUGHT}
        machine = _create(stage, _line(states), name)
        end = _ended(stage, stage.states.start_execution(stateMachineArn=machine, input="{}")["executionArn"])
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
        "Branches": [_line({"Q": {"Type": "Pass", "Parameters": {"x.$": "$.nothing"}}})],
        "Catch": _catch("States.ALL"),
        "End": True,
    }
    return _output(stage, {"P": parallel, "Caught": _CAUGHT})


@STORIES.tell("A workflow that takes longer than it may is timed out.", _ERRORS, "TIMED_OUT")
def workflow_timeout(stage: Stage) -> Any:
    return _ended(stage, _start(stage, {"W": {"Type": "Wait", "Seconds": 20}}, TimeoutSeconds=2))["status"]


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
    execution = _start(stage, {"T": task})
    token = json.loads(stage.arrived(queue, 1)[0])["token"]
    before = stage.states.describe_execution(executionArn=execution)["status"]
    stage.states.send_task_success(taskToken=token, output='{"answer": 42}')
    return [before, json.loads(_ended(stage, execution)["output"])]


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
    _start(stage, tasks)
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
    answer = _output(stage, {"T": task}, {"n": 1})
    return [answer["StatusCode"], answer["Payload"]] if isinstance(answer, dict) else answer


@STORIES.tell(
    "A name whose execution runs gives the same execution for the same input, and is refused for another.",
    "StartExecution",
    [True, "ExecutionAlreadyExists"],
)
def execution_twice(stage: Stage) -> Any:
    machine = _create(stage, _line({"W": {"Type": "Wait", "Seconds": 20}}))
    call = {"stateMachineArn": machine, "name": "one"}
    first, second = (stage.states.start_execution(**call, input="{}")["executionArn"] for _ in range(2))
    return [first == second, refusal(stage.states.start_execution, **call, input='{"n": 1}')]


@STORIES.tell("A stopped execution is aborted.", "StopExecution", ["ABORTED", "Enough"])
def execution_stopped(stage: Stage) -> Any:
    execution = _start(stage, {"W": {"Type": "Wait", "Seconds": 20}})
    stage.wait(0.5)
    stage.states.stop_execution(executionArn=execution, error="Enough")
    end = _ended(stage, execution)
    return [end["status"], end.get("error")]


@STORIES.tell("The history says which states were entered.", "GetExecutionHistory", ["A", "B"])
def history(stage: Stage) -> Any:
    execution = _start(stage, {"A": {"Type": "Pass"}, "B": {"Type": "Pass"}})
    _ended(stage, execution)
    return _entered(stage, execution)


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
    return [refusal(_create, stage, definition, str(number)) for number, definition in enumerate(wrong)]


# -- JSONata -----------------------------------------------------------------------------------------------------------


@STORIES.tell(
    "In JSONata an expression stands between {% and %}, and computes the output.",
    "Transforming data with JSONata in Step Functions",
    {"total": 6, "text": "order 7", "plain": "x"},
)
def jsonata_output(stage: Stage) -> Any:
    output = {
        "total": "{% $sum($states.input.prices) %}",
        "text": "{% 'order ' & $states.input.n %}",
        "plain": "x",
    }
    data = {"prices": [1, 2, 3], "n": 7}
    return _output(stage, {"P": {"Type": "Pass", "Output": output}}, data, QueryLanguage="JSONata")


@STORIES.tell(
    "In JSONata arguments go into a task and its result is $states.result.",
    "Transforming data with JSONata in Step Functions",
    {"told": 2, "input": 1},
)
def jsonata_task(stage: Stage) -> Any:
    function = stage.function("def handler(event, context):\n    return event\n")
    task = _task(
        stage,
        function,
        Arguments={"n": "{% $states.input.n + 1 %}"},
        Output={"told": "{% $states.result.n %}", "input": "{% $states.input.n %}"},
    )
    return _output(stage, {"T": task}, {"n": 1}, QueryLanguage="JSONata")


@STORIES.tell(
    "In JSONata a condition chooses, and its rule assigns variables.",
    "Transforming data with JSONata in Step Functions",
    "large 11",
)
def jsonata_choice(stage: Stage) -> Any:
    rule = {"Condition": "{% $states.input.n > 10 %}", "Assign": {"seen": "{% $states.input.n %}"}, "Next": "Large"}
    states = {
        "C": {"Type": "Choice", "Choices": [rule], "Default": "Small"},
        "Large": {"Type": "Pass", "Output": "{% 'large ' & $seen %}", "End": True},
        "Small": {"Type": "Pass", "Output": "small", "End": True},
    }
    return _output(stage, states, {"n": 11}, QueryLanguage="JSONata")


@STORIES.tell(
    "In JSONata a Map state takes its items from an expression.",
    "Transforming data with JSONata in Step Functions",
    [2, 4],
)
def jsonata_map(stage: Stage) -> Any:
    double = _line({"P": {"Type": "Pass", "Output": "{% $states.input * 2 %}"}})
    state = {"Type": "Map", "Items": "{% $states.input.items %}", "ItemProcessor": double}
    return _output(stage, {"M": state}, {"items": [1, 2]}, QueryLanguage="JSONata")


@STORIES.tell(
    "An expression that gives nothing is a States.QueryEvaluationError.",
    "Transforming data with JSONata in Step Functions",
    ["FAILED", "States.QueryEvaluationError"],
)
def jsonata_of_nothing(stage: Stage) -> Any:
    output = {"x": "{% $states.input.nothing %}"}
    return _output(stage, {"P": {"Type": "Pass", "Output": output}}, QueryLanguage="JSONata")
