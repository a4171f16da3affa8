"""JSONata states. AWS Step Functions Developer Guide, unless a test says otherwise."""

from __future__ import annotations

from typing import Any

import pytest
from workflows import REGION, Workflows, line

LANGUAGE = {"QueryLanguage": "JSONata"}


def jsonata(states: dict[str, Any], **more: Any) -> dict[str, Any]:
    return line(states, QueryLanguage="JSONata", **more)


def task(function: str, **more: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": f"arn:aws:lambda:{REGION}:123456789012:function:{function}", **more}


EXPRESSIONS = [
    ("{% $states.input.title %}", "Doctor"),
    ("{% $states.input.title & ' ' & $states.input.name %}", "Doctor María"),
    ("$states.input.title", "$states.input.title"),
    (" {% $states.input.title %}", " {% $states.input.title %}"),
    ("{% $sum($states.input.prices) %}", 6),
    ("{% $states.input.prices[$ > 1] %}", [2, 3]),
    ("{% [$states.input.prices[$ > 2]] %}", [3]),
    ("{% $states.input.nothing.here ? 'a' : 'b' %}", "b"),
    ("{% $states.input.none %}", None),
    ("{% {'x': $states.input.none, 'y': [1..3]} %}", {"x": None, "y": [1, 2, 3]}),
    ("{% $exists($states.input.none) %}", True),
    ("{% 7 / 2 %}", 3.5),
    ("{% 8 / 2 %}", 4),
    ("{% $partition([1,2,3,4], 3) %}", [[1, 2, 3], [4]]),
    ("{% $range(0, 10, 5) %}", [0, 5, 10]),
    ("{% $hash('input data', 'SHA-1') %}", "aaff4a450a104cd177d28d18d74485e8cae074b7"),
    ("{% $parse('{\"a\": [1]}').a %}", [1]),
    ("{% $now() %}", "2026-01-01T00:00:00.000Z"),
    ("{% $states.context.State.Name %}", "P"),
    ("{% ($f := function($n) { $n * 2 }; $map($states.input.prices, $f)) %}", [2, 4, 6]),
    ({"deep": [{"a": "{% 1 + 1 %}"}]}, {"deep": [{"a": 2}]}),
]


@pytest.mark.parametrize(("output", "value"), EXPRESSIONS, ids=[str(each) for each, _ in EXPRESSIONS])
def test_an_expression_gives(flows: Workflows, output: Any, value: Any) -> None:
    """Source: "Transforming data with JSONata in Step Functions"."""
    data = {"title": "Doctor", "name": "María", "prices": [1, 2, 3], "none": None}
    assert flows.output(jsonata({"P": {"Type": "Pass", "Output": output}}), data) == value


@pytest.mark.parametrize(
    "expression",
    ["$states.input.nothing", "$error('no')", "1 + 'a'", "$eval('1')", "function($n) { $n }", "$unknown()"],
)
def test_an_expression_that_gives_nothing_is_an_error(flows: Workflows, expression: str) -> None:
    """Source: "Handling errors in Step Functions workflows": States.QueryEvaluationError."""
    name, cause = flows.error(jsonata({"P": {"Type": "Pass", "Output": f"{{% {expression} %}}"}}), {"a": 1})
    assert name == "States.QueryEvaluationError"
    where = "An error occurred while executing the state 'P' (entered at the event id #2). "
    assert cause.startswith(f"{where}The JSONata expression '{expression}' specified for the field 'Output'")


def test_random_numbers_and_identifiers_come_from_the_seed(flows: Workflows) -> None:
    """Source: "Transforming data with JSONata in Step Functions": $random takes a seed, $uuid is version 4."""
    output = {"r": "{% $random() %}", "s": "{% [$random(7), $random(7)] %}", "u": "{% $uuid() %}"}
    found = flows.output(jsonata({"P": {"Type": "Pass", "Output": output}}))
    assert 0 <= found["r"] < 1
    assert len(set(found["s"])) == 1
    assert found["u"][14] == "4"


def test_arguments_go_in_and_output_comes_out(flows: Workflows) -> None:
    """Source: "Transforming data with JSONata in Step Functions": Arguments and Output replace five fields."""
    flows.cloud.deploy("add", "def handler(e, c):\n    return {'sum': e['a'] + e['b'], 'rest': 1}\n")
    state = task(
        "add",
        Arguments={"a": "{% $states.input.x %}", "b": 2},
        Assign={"total": "{% $states.result.sum %}"},
        Output={"in": "{% $states.input.x %}", "sum": "{% $states.result.sum %}"},
    )
    states = {"T": state, "P": {"Type": "Pass", "Output": "{% $merge([$states.input, {'total': $total}]) %}"}}
    assert flows.output(jsonata(states), {"x": 40}) == {"in": 40, "sum": 42, "total": 42}


def test_without_output_a_task_gives_its_result_and_a_pass_its_input(flows: Workflows) -> None:
    """Source: "Transforming data with JSONata in Step Functions"."""
    flows.cloud.deploy("one", "def handler(e, c):\n    return {'one': e}\n")
    assert flows.output(jsonata({"T": task("one"), "P": {"Type": "Pass"}}), {"x": 1}) == {"one": {"x": 1}}


def test_a_condition_chooses_and_its_rule_assigns(flows: Workflows) -> None:
    """Source: "Choice workflow state": Condition, and an Assign and an Output for each rule."""
    rules = [
        {"Condition": "{% $states.input.n > 5 %}", "Next": "End", "Assign": {"size": "big"}, "Output": {"n": "big"}},
        {"Condition": "{% $states.input.n > 3 %}", "Next": "End", "Assign": {"size": "medium"}},
    ]
    small: dict[str, Any] = {"Assign": {"size": "small"}, "Output": {"n": "none"}}
    choice = {"Type": "Choice", "Choices": rules, "Default": "End", **small}
    states = {"C": choice, "End": {"Type": "Succeed", "Output": {"in": "{% $states.input %}", "size": "{% $size %}"}}}
    machine = flows.create(jsonata(states))
    executions = [flows.start(machine, {"n": n}) for n in (6, 4, 1)]
    flows.cloud.settle()
    assert [flows.described(execution)["output"] for execution in executions] == [
        {"in": {"n": "big"}, "size": "big"},
        {"in": {"n": 4}, "size": "medium"},
        {"in": {"n": "none"}, "size": "small"},
    ]


def test_a_condition_must_be_true_or_false(flows: Workflows) -> None:
    """Source: "Handling errors in Step Functions workflows": States.QueryEvaluationError."""
    choice = {"Type": "Choice", "Choices": [{"Condition": "{% 1 %}", "Next": "End"}]}
    assert flows.error(jsonata({"C": choice, "End": {"Type": "Succeed"}}))[0] == "States.QueryEvaluationError"


def test_waits_and_limits_can_be_computed(flows: Workflows) -> None:
    """Source: "Wait workflow state" and "Task workflow state"."""
    flows.cloud.deploy("slow", "import time\ndef handler(e, c):\n    time.sleep(50)\n", timeout=60)
    states = {
        "W": {"Type": "Wait", "Seconds": "{% $states.input.n * 2 %}"},
        "U": {"Type": "Wait", "Timestamp": "{% $fromMillis(1767225630000) %}"},
        "T": task("slow", TimeoutSeconds="{% $states.input.n %}"),
    }
    name, _cause = flows.error(jsonata(states), {"n": 5})
    assert name == "States.Timeout"
    assert flows.walk() == [(0, "W"), (10, "U"), (30, "T")]


def test_a_catcher_has_the_error_in_states(flows: Workflows) -> None:
    """Source: "Handling errors in Step Functions workflows": $states.errorOutput."""
    flows.cloud.deploy("bad", "def handler(e, c):\n    raise ValueError('no')\n")
    catcher = {
        "ErrorEquals": ["ValueError"],
        "Next": "After",
        "Assign": {"error": "{% $states.errorOutput.Error %}"},
        "Output": {"was": "{% $states.input.x %}", "why": "{% $parse($states.errorOutput.Cause).errorMessage %}"},
    }
    after = {"Type": "Pass", "Output": "{% $merge([$states.input, {'error': $error}]) %}"}
    output = flows.output(jsonata({"T": task("bad", Catch=[catcher], Next="After"), "After": after}), {"x": 1})
    assert output == {"was": 1, "why": "no", "error": "ValueError"}


def test_a_fail_state_computes_its_error(flows: Workflows) -> None:
    """Source: "Fail workflow state"."""
    state = {"Type": "Fail", "Error": "{% 'E' & $states.input.n %}", "Cause": "{% $states.input.why %}"}
    assert flows.error(jsonata({"F": state}), {"n": 1, "why": "so"}) == ("E1", "so")


def test_a_map_takes_items_and_its_iterations_keep_their_variables(flows: Workflows) -> None:
    """Source: "Map workflow state" and "Passing data between states with variables"."""
    inner = {"Set": {"Type": "Pass", "Assign": {"n": "{% $states.input.v * $factor %}"}}}
    inner["Get"] = {"Type": "Pass", "Output": "{% $n %}"}
    states = {
        "A": {"Type": "Pass", "Assign": {"factor": 10}},
        "M": {
            "Type": "Map",
            "Items": "{% $states.input.list %}",
            "ItemSelector": {"v": "{% $states.context.Map.Item.Value %}"},
            "MaxConcurrency": "{% 2 %}",
            "ItemProcessor": line(inner),
            "Output": {"all": "{% $states.result %}", "factor": "{% $factor %}"},
        },
    }
    assert flows.output(jsonata(states), {"list": [1, 2, 3]}) == {"all": [10, 20, 30], "factor": 10}


def test_a_jsonata_state_can_stand_in_a_jsonpath_workflow(flows: Workflows) -> None:
    """Source: "Transforming data with JSONata in Step Functions": QueryLanguage of a state."""
    states = {
        "Path": {"Type": "Pass", "Parameters": {"n.$": "$.n"}},
        "Nata": {"Type": "Pass", "Output": {"twice": "{% $states.input.n * 2 %}"}, **LANGUAGE},
    }
    assert flows.output(line(states), {"n": 4}) == {"twice": 8}


def test_the_items_of_an_object_have_keys(flows: Workflows) -> None:
    """Source: "Map workflow state": a JSON object is iterated over as key-value pairs."""
    state = {"Type": "Map", "Items": {"a": 1, "b": 2}, "ItemProcessor": line({"P": {"Type": "Pass"}})}
    assert flows.output(jsonata({"M": state})) == [{"Key": "a", "Value": 1}, {"Key": "b", "Value": 2}]
