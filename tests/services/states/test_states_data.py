"""JSONPath: how data goes through a state. AWS Step Functions Developer Guide, unless a test says otherwise."""

from __future__ import annotations

from typing import Any

import pytest
from workflows import Workflows, invoke, line

ECHO = "def handler(event, context):\n    return {'got': event, 'status': 200}\n"


def test_input_and_output_go_through_five_fields(flows: Workflows) -> None:
    """Source: "Processing input and output in Step Functions"."""
    flows.cloud.deploy("echo", ECHO)
    task = invoke(
        "echo",
        InputPath="$.shop",
        Parameters={"title.$": "$.title", "shelf": 5},
        ResultSelector={"answer.$": "$.got"},
        ResultPath="$.task",
        OutputPath="$.task",
    )
    output = flows.output(line({"T": task}), {"shop": {"title": "Dune"}, "other": 1})
    assert output == {"answer": {"title": "Dune", "shelf": 5}}


@pytest.mark.parametrize(
    ("fields", "output"),
    [
        ({"ResultPath": None}, {"a": {"b": 1}}),
        ({"ResultPath": "$"}, "done"),
        ({"ResultPath": "$.a"}, {"a": "done"}),
        ({"ResultPath": "$.a.c.d"}, {"a": {"b": 1, "c": {"d": "done"}}}),
        ({"ResultPath": "$['x y']"}, {"a": {"b": 1}, "x y": "done"}),
        ({"InputPath": None, "ResultPath": "$.r"}, {"a": {"b": 1}, "r": "done"}),
        ({"OutputPath": None}, {}),
    ],
    ids=str,
)
def test_a_result_is_put_into_the_input(flows: Workflows, fields: dict[str, Any], output: Any) -> None:
    """Source: "Processing input and output in Step Functions": null discards."""
    assert flows.output(line({"P": {"Type": "Pass", "Result": "done", **fields}}), {"a": {"b": 1}}) == output


PATHS = [
    ("$.store.book[0].title", "Sayings"),
    ("$.store.book[-1].title", "Moby Dick"),
    ("$.store.book[*].price", [8, 9, 23]),
    ("$.store.book[0,2].price", [8, 23]),
    ("$.store.book[0:2].price", [8, 9]),
    ("$.store.book[?(@.price < 10)].title", ["Sayings", "Sword"]),
    ("$.store.book[?(@.price > 100)].title", []),
    ("$..price", [8, 9, 23]),
    ("$['store']['name']", "corner"),
    ("$.store.book.length()", 3),
]


@pytest.mark.parametrize(("path", "found"), PATHS, ids=[path for path, _ in PATHS])
def test_a_path_finds(flows: Workflows, path: str, found: Any) -> None:
    """Source: "Processing input and output in Step Functions"."""
    books = [("Sayings", 8), ("Sword", 9), ("Moby Dick", 23)]
    store = {"name": "corner", "book": [{"title": title, "price": price} for title, price in books]}
    assert flows.output(line({"P": {"Type": "Pass", "InputPath": path}}), {"store": store}) == found


def test_a_path_that_finds_nothing_fails_the_execution(flows: Workflows) -> None:
    """Source: "Handling errors in Step Functions workflows": States.Runtime, which no catcher catches."""
    task = invoke("any", InputPath="$.missing", Catch=[{"ErrorEquals": ["States.ALL"], "Next": "C"}])
    name, cause = flows.error(line({"T": task, "C": {"Type": "Pass"}}), {"here": 1})
    assert name == "States.Runtime"
    assert cause == (
        "An error occurred while executing the state 'T' (entered at the event id #2). "
        "The JSONPath '$.missing' specified for the field 'InputPath' could not be found in the input '{\"here\":1}'"
    )


def test_a_parameter_that_is_not_there_fails_the_execution(flows: Workflows) -> None:
    """Source: "Handling errors in Step Functions workflows": States.Runtime is not caught."""
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "C"}]
    task = invoke("any", Parameters={"x": {"y.$": "$.missing"}}, Catch=catch)
    name, cause = flows.error(line({"T": task, "C": {"Type": "Pass"}}), {"a": 1})
    assert name == "States.Runtime"
    assert cause.endswith(
        "The JSONPath '$.missing' specified for the field 'y.$' could not be found in the input '{\"a\":1}'"
    )


def test_a_parameter_past_the_end_of_an_array_is_null(flows: Workflows) -> None:
    state = {"Type": "Pass", "Parameters": {"x.$": "$.items[5]"}}
    assert flows.output(line({"P": state}), {"items": [1]}) == {"x": None}


@pytest.mark.parametrize("path", ["$.nope", "$.items[5]"])
def test_an_argument_that_is_not_there_fails_the_execution(flows: Workflows, path: str) -> None:
    """Source: "Intrinsic functions for JSONPath states in Step Functions"."""
    call = f"States.Format('{{}}', States.Format('{{}}', {path}))"
    name, cause = flows.error(line({"P": {"Type": "Pass", "Parameters": {"x.$": call}}}), {"items": [1]})
    assert name == "States.Runtime"
    assert cause == (
        "An error occurred while executing the state 'P' (entered at the event id #2). "
        f"The function '{call}' had the following error: The JsonPath argument for the field '{path}' could not be "
        "found in the input '{\"items\":[1]}'"
    )


def test_a_result_that_cannot_be_put_where_it_should_go_fails(flows: Workflows) -> None:
    """Source: "Handling errors in Step Functions workflows": States.ResultPathMatchFailure."""
    state = {"Type": "Pass", "Result": 1, "ResultPath": "$.a[0]"}
    assert flows.error(line({"P": state}), {"a": {}})[0] == "States.ResultPathMatchFailure"


CALLS = [
    ("States.Array($.id, 'b', null, true, -1.5)", [123456, "b", None, True, -1.5]),
    ("States.ArrayPartition($.nine, 4)", [[1, 2, 3, 4], [5, 6, 7, 8], [9]]),
    ("States.ArrayContains($.nine, 5)", True),
    ("States.ArrayContains($.nine, '5')", False),
    ("States.ArrayRange(1, 9, 2)", [1, 3, 5, 7, 9]),
    ("States.ArrayRange(3, 1, -1)", [3, 2, 1]),
    ("States.ArrayGetItem($.nine, 5)", 6),
    ("States.ArrayLength($.nine)", 9),
    ("States.ArrayUnique($.twice)", [1, 2, 3, 4]),
    ("States.Base64Encode('Data to encode')", "RGF0YSB0byBlbmNvZGU="),
    ("States.Base64Decode('RGVjb2RlZCBkYXRh')", "Decoded data"),
    ("States.Hash('input data', 'SHA-1')", "aaff4a450a104cd177d28d18d74485e8cae074b7"),
    ("States.JsonMerge($.one, $.two, false)", {"a": {"a3": 1}, "b": 2, "c": 3}),
    ("States.StringToJson('{\"foo\": [1]}')", {"foo": [1]}),
    ("States.JsonToString($.one)", '{"a":{"a1":1},"b":2}'),
    ("States.MathAdd($.id, -1)", 123455),
    ("States.StringSplit('1,2,3,4,5', ',')", ["1", "2", "3", "4", "5"]),
    ("States.StringSplit('This.is+a,test=string', '.+,=')", ["This", "is", "a", "test", "string"]),
    ("States.Format('Hello, my name is {}, I am {}.', $.name, 7)", "Hello, my name is Arnav, I am 7."),
    ("States.Format('It\\'s \\{{}\\} {}', 'x', $.one)", 'It\'s {x} {"a":{"a1":1},"b":2}'),
    ("States.Format('{}', States.ArrayGetItem(States.StringSplit($.arn, ':'), 1))", "two"),
    ("States.ArrayLength($.nine[?(@ > 5)])", 4),
]


@pytest.mark.parametrize(("call", "value"), CALLS, ids=[call for call, _ in CALLS])
def test_an_intrinsic_function_gives(flows: Workflows, call: str, value: Any) -> None:
    """Source: "Intrinsic functions for JSONPath states in Step Functions"."""
    data = {
        "id": 123456,
        "name": "Arnav",
        "nine": [1, 2, 3, 4, 5, 6, 7, 8, 9],
        "twice": [1, 2, 3, 3, 3, 4, 1],
        "one": {"a": {"a1": 1}, "b": 2},
        "two": {"a": {"a3": 1}, "c": 3},
        "arn": "one:two:three",
    }
    assert flows.output(line({"P": {"Type": "Pass", "Parameters": {"v.$": call}}}), data) == {"v": value}


WRONG = [
    "States.ArrayRange(1, 5, 0)",
    "States.ArrayRange(1, 2000, 1)",
    "States.ArrayPartition($.n, 2)",
    "States.ArrayGetItem(States.Array(1), 1)",
    "States.Base64Decode('%%%')",
    "States.Hash('a', 'CRC')",
    "States.JsonMerge($, $, true)",
    "States.StringToJson('{')",
    "States.Format('{} {}', 1)",
    "States.MathRandom(5, 5)",
    "States.ArrayLength()",
]


@pytest.mark.parametrize("call", WRONG)
def test_an_intrinsic_function_that_cannot_do_it_fails(flows: Workflows, call: str) -> None:
    """Source: "Intrinsic functions for JSONPath states in Step Functions"; States.IntrinsicFailure."""
    state = {"Type": "Pass", "Parameters": {"v.$": call}}
    assert flows.error(line({"P": state}), {"n": 5})[0] == "States.IntrinsicFailure"


def test_random_numbers_and_identifiers_come_from_the_seed(flows: Workflows) -> None:
    """Source: "Intrinsic functions for JSONPath states in Step Functions": the end of MathRandom is exclusive."""
    parameters = {
        "numbers.$": "States.Array(States.MathRandom(1, 3), States.MathRandom(1, 3), States.MathRandom(1, 3))",
        "seeded.$": "States.Array(States.MathRandom(1, 999, 7), States.MathRandom(1, 999, 7))",
        "uuid.$": "States.UUID()",
    }
    output = flows.output(line({"P": {"Type": "Pass", "Parameters": parameters}}))
    assert set(output["numbers"]) <= {1, 2}
    assert len(set(output["seeded"])) == 1
    assert output["uuid"][14] == "4"


def test_the_context_object_tells_of_the_execution(flows: Workflows) -> None:
    """Source: "Accessing execution data from the Context object in Step Functions"."""
    machine = flows.create(line({"W": {"Type": "Wait", "Seconds": 2}, "P": {"Type": "Pass", "InputPath": "$$"}}))
    execution = flows.start(machine, {"k": 1}, name="run-1")
    flows.cloud.settle()
    context = flows.described(execution)["output"]
    assert context["Execution"]["Id"] == execution
    assert (context["Execution"]["Input"], context["Execution"]["Name"]) == ({"k": 1}, "run-1")
    assert context["Execution"]["StartTime"] == "2026-01-01T00:00:00.000Z"
    assert context["State"] == {"EnteredTime": "2026-01-01T00:00:02.000Z", "Name": "P", "RetryCount": 0}
    assert context["StateMachine"] == {"Id": machine, "Name": "order"}


def test_variables_carry_data_past_states(flows: Workflows) -> None:
    """Source: "Passing data between states with variables", the example with a product."""
    states = {
        "A": {"Type": "Pass", "Assign": {"product.$": "$.product", "price.$": "$.price", "fixed": [1]}},
        "B": {"Type": "Pass", "Result": "other"},
        "C": {"Type": "Pass", "Parameters": {"p.$": "$product.name", "price.$": "$price", "fixed.$": "$fixed[0]"}},
    }
    output = flows.output(line(states), {"product": {"name": "hat"}, "price": 9})
    assert output == {"p": "hat", "price": 9, "fixed": 1}


def test_variables_are_assigned_from_what_they_were_on_entry(flows: Workflows) -> None:
    """Source: "Passing data between states with variables": all expressions see the values on state entry."""
    states = {
        "A": {"Type": "Pass", "Assign": {"x": 3, "a": 6}},
        "B": {"Type": "Pass", "Assign": {"x.$": "$a", "next.$": "$x"}},
        "C": {"Type": "Pass", "Parameters": {"x.$": "$x", "next.$": "$next"}},
    }
    assert flows.output(line(states)) == {"x": 6, "next": 3}


def test_a_branch_reads_outer_variables_and_keeps_its_own(flows: Workflows) -> None:
    """Source: "Passing data between states with variables": the outer scope cannot access an inner scope's."""
    inner = line(
        {
            "Set": {"Type": "Pass", "Assign": {"mine.$": "$outer"}},
            "Get": {"Type": "Pass", "Parameters": {"mine.$": "$mine"}},
        }
    )
    states = {
        "A": {"Type": "Pass", "Assign": {"outer": 5}},
        "P": {"Type": "Parallel", "Branches": [inner], "ResultPath": "$.p"},
        "B": {"Type": "Pass", "Parameters": {"mine.$": "$mine"}},
    }
    assert flows.error(line(states))[0] == "States.Runtime"
    assert [state for _, state in flows.walk()] == ["A", "P", "Set", "Get", "B"]


def test_too_large_an_output_ends_the_execution(flows: Workflows) -> None:
    """Source: ``sfn.payload_max`` and "Handling errors in Step Functions workflows": States.DataLimitExceeded."""
    flows.cloud.deploy("big", "def handler(e, c):\n    return 'x' * 300_000\n")
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "C"}]
    assert flows.error(line({"T": invoke("big", Catch=catch), "C": {"Type": "Pass"}}))[0] == "States.DataLimitExceeded"


@pytest.mark.parametrize("where", ["InputPath", "Parameters", "Choice"])
def test_a_filter_that_cannot_be_applied_fails_the_execution(flows: Workflows, where: str) -> None:
    path = "$.list[?(@.n =~ '(')]"
    states: dict[str, Any] = {
        "InputPath": {"Type": "Pass", "InputPath": path},
        "Parameters": {"Type": "Pass", "Parameters": {"x.$": path}},
        "Choice": {"Type": "Choice", "Choices": [{"Variable": path, "IsNull": True, "Next": "End"}], "Default": "End"},
    }
    definition = line({"A": states[where], "End": {"Type": "Pass"}})
    assert flows.error(definition, {"list": [{"n": "text"}]})[0] == "States.Runtime"


def test_a_path_may_have_a_dot_before_its_bracket(flows: Workflows) -> None:
    assert flows.output(line({"A": {"Type": "Pass", "Parameters": {"x.$": "$.[0]"}}}), ["a", "b"]) == {"x": "a"}
