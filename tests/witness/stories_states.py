"""States, in JSONPath and JSONata. Sources: AWS Step Functions Developer Guide and API Reference (read 2026-11)."""

from __future__ import annotations

import json
from typing import Any

from stage import Stage
from states_words import CAUGHT, catching, create, ended, line, output, start, task_of
from telling import Stories

STORIES = Stories("Step Functions")


# -- states ------------------------------------------------------------------------------------------------------------


@STORIES.tell(
    "A result is put into the input where ResultPath says.", "Pass workflow state", {"n": 1, "told": {"x": 2}}
)
def pass_result_path(stage: Stage) -> Any:
    return output(stage, {"P": {"Type": "Pass", "Result": {"x": 2}, "ResultPath": "$.told"}}, {"n": 1})


@STORIES.tell(
    "Parameters take values from the input and from the context.",
    "Accessing execution data from the Context object in Step Functions",
    {"n": 1, "state": "P", "fixed": "x"},
)
def parameters(stage: Stage) -> Any:
    chosen = {"n.$": "$.order.n", "state.$": "$$.State.Name", "fixed": "x"}
    return output(stage, {"P": {"Type": "Pass", "Parameters": chosen}}, {"order": {"n": 1}})


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
    return output(stage, {"P": {"Type": "Pass", "Parameters": chosen}}, {"n": 7, "list": [1, 2, 3]})


@STORIES.tell("The first rule that matches decides.", "Choice workflow state", ["large", "small", "other"])
def choice(stage: Stage) -> Any:
    rules = [
        {"Variable": "$.n", "NumericGreaterThan": 10, "Next": "Large"},
        {"And": [{"Variable": "$.n", "IsNumeric": True}, {"Not": {"Variable": "$.n", "NumericEquals": 0}}]}
        | {"Next": "Small"},
    ]
    ends = {name: {"Type": "Pass", "Result": name.lower(), "End": True} for name in ("Large", "Small", "Other")}
    states = {"C": {"Type": "Choice", "Choices": rules, "Default": "Other"}, **ends}
    machine, found = create(stage, line(states)), []
    for n in (11, 1, 0):
        data = json.dumps({"n": n})
        execution = stage.states.start_execution(stateMachineArn=machine, input=data)["executionArn"]
        found.append(json.loads(ended(stage, execution)["output"]))
    return found


@STORIES.tell(
    "A choice without a match and without a default fails.",
    "Choice workflow state",
    ["FAILED", "States.NoChoiceMatched"],
)
def choice_without_a_match(stage: Stage) -> Any:
    rule = {"Variable": "$.n", "NumericEquals": 1, "Next": "One"}
    return output(stage, {"C": {"Type": "Choice", "Choices": [rule]}, "One": {"Type": "Succeed"}}, {"n": 2})


@STORIES.tell("A wait lasts as long as it says.", "Wait workflow state", ["RUNNING", "SUCCEEDED"])
def wait(stage: Stage) -> Any:
    execution = start(stage, {"W": {"Type": "Wait", "SecondsPath": "$.seconds"}}, {"seconds": 3})
    stage.wait(1)
    return [stage.states.describe_execution(executionArn=execution)["status"], ended(stage, execution)["status"]]


@STORIES.tell("A Fail state ends with its error and cause.", "Fail workflow state", ["FAILED", "Sad", "since"])
def fail(stage: Stage) -> Any:
    end = ended(stage, start(stage, {"F": {"Type": "Fail", "Error": "Sad", "Cause": "since"}}))
    return [end["status"], end["error"], end["cause"]]


@STORIES.tell(
    "Each branch of a Parallel state gets the input; their outputs are an array in the order of the branches.",
    "Parallel workflow state",
    [{"n": 1, "slow": True}, {"n": 1}],
)
def parallel(stage: Stage) -> Any:
    slow = line({"W": {"Type": "Wait", "Seconds": 1}, "S": {"Type": "Pass", "Result": True, "ResultPath": "$.slow"}})
    return output(stage, {"P": {"Type": "Parallel", "Branches": [slow, line({"Q": {"Type": "Pass"}})]}}, {"n": 1})


@STORIES.tell(
    "When a branch fails the Parallel state fails, and can be caught.",
    "Parallel workflow state",
    {"n": 1, "error": "Sad"},
)
def parallel_that_fails(stage: Stage) -> Any:
    branches = [line({"F": {"Type": "Fail", "Error": "Sad"}}), line({"W": {"Type": "Wait", "Seconds": 20}})]
    states = {
        "P": {"Type": "Parallel", "Branches": branches, "Catch": catching("Sad", ResultPath="$.error"), "End": True},
        "Caught": {**CAUGHT, "Parameters": {"n.$": "$.n", "error.$": "$.error.Error"}},
    }
    return output(stage, states, {"n": 1})


@STORIES.tell(
    "A Map state runs for each item; the results are in the order of the items.",
    "Using Map state in Inline mode in Step Functions workflows",
    [{"index": 0, "item": "a", "n": 1}, {"index": 1, "item": "b", "n": 1}],
)
def map_items(stage: Stage) -> Any:
    chosen = {"index.$": "$$.Map.Item.Index", "item.$": "$$.Map.Item.Value", "n.$": "$.n"}
    state = {"Type": "Map", "ItemsPath": "$.items", "ItemSelector": chosen, "MaxConcurrency": 1}
    return output(
        stage, {"M": {**state, "ItemProcessor": line({"P": {"Type": "Pass"}})}}, {"items": ["a", "b"], "n": 1}
    )


@STORIES.tell(
    "A Map state without items has an empty array as its result.",
    "Using Map state in Inline mode in Step Functions workflows",
    [],
)
def map_of_nothing(stage: Stage) -> Any:
    return output(
        stage,
        {"M": {"Type": "Map", "ItemProcessor": line({"P": {"Type": "Pass"}}), "ItemsPath": "$.items"}},
        {"items": []},
    )


@STORIES.tell(
    "When an iteration fails the Map state fails with its error.",
    "Using Map state in Inline mode in Step Functions workflows",
    ["FAILED", "Sad"],
)
def map_that_fails(stage: Stage) -> Any:
    processor = line({"F": {"Type": "Fail", "Error": "Sad"}})
    return output(stage, {"M": {"Type": "Map", "ItemProcessor": processor, "ItemsPath": "$.items"}}, {"items": [1, 2]})


@STORIES.tell(
    "Variables carry data past states.", "Passing data between states with variables", {"kept": 1, "input": "other"}
)
def variables(stage: Stage) -> Any:
    states = {
        "A": {"Type": "Pass", "Assign": {"kept.$": "$.n"}},
        "B": {"Type": "Pass", "Result": "other"},
        "C": {"Type": "Pass", "Parameters": {"kept.$": "$kept", "input.$": "$"}},
    }
    return output(stage, states, {"n": 1})


# -- JSONata -----------------------------------------------------------------------------------------------------------


@STORIES.tell(
    "In JSONata an expression stands between {% and %}, and computes the output.",
    "Transforming data with JSONata in Step Functions",
    {"total": 6, "text": "order 7", "plain": "x"},
)
def jsonata_output(stage: Stage) -> Any:
    told = {
        "total": "{% $sum($states.input.prices) %}",
        "text": "{% 'order ' & $states.input.n %}",
        "plain": "x",
    }
    data = {"prices": [1, 2, 3], "n": 7}
    return output(stage, {"P": {"Type": "Pass", "Output": told}}, data, QueryLanguage="JSONata")


@STORIES.tell(
    "In JSONata arguments go into a task and its result is $states.result.",
    "Transforming data with JSONata in Step Functions",
    {"told": 2, "input": 1},
)
def jsonata_task(stage: Stage) -> Any:
    function = stage.function("def handler(event, context):\n    return event\n")
    task = task_of(
        stage,
        function,
        Arguments={"n": "{% $states.input.n + 1 %}"},
        Output={"told": "{% $states.result.n %}", "input": "{% $states.input.n %}"},
    )
    return output(stage, {"T": task}, {"n": 1}, QueryLanguage="JSONata")


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
    return output(stage, states, {"n": 11}, QueryLanguage="JSONata")


@STORIES.tell(
    "In JSONata a Map state takes its items from an expression.",
    "Transforming data with JSONata in Step Functions",
    [2, 4],
)
def jsonata_map(stage: Stage) -> Any:
    double = line({"P": {"Type": "Pass", "Output": "{% $states.input * 2 %}"}})
    state = {"Type": "Map", "Items": "{% $states.input.items %}", "ItemProcessor": double}
    return output(stage, {"M": state}, {"items": [1, 2]}, QueryLanguage="JSONata")


@STORIES.tell(
    "An expression that gives nothing is a States.QueryEvaluationError.",
    "Transforming data with JSONata in Step Functions",
    ["FAILED", "States.QueryEvaluationError"],
)
def jsonata_of_nothing(stage: Stage) -> Any:
    told = {"x": "{% $states.input.nothing %}"}
    return output(stage, {"P": {"Type": "Pass", "Output": told}}, QueryLanguage="JSONata")
