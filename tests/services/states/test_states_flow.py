"""The types of states, one by one. AWS Step Functions Developer Guide, unless a test says otherwise."""

from __future__ import annotations

from typing import Any

import pytest
from workflows import Workflows, invoke, line


def test_a_pass_state_gives_its_result(flows: Workflows) -> None:
    """Source: "Pass workflow state"."""
    coordinates = {"x-datum": 0.381018, "y-datum": 622.2269926397355}
    state = {"Type": "Pass", "Result": coordinates, "ResultPath": "$.coords"}
    assert flows.output(line({"No-op": state}), {"georefOf": "Home"}) == {"georefOf": "Home", "coords": coordinates}


def test_a_pass_state_without_a_result_passes_its_input(flows: Workflows) -> None:
    """Source: "Pass workflow state"."""
    assert flows.output(line({"A": {"Type": "Pass"}}), {"a": [1, None, "x"]}) == {"a": [1, None, "x"]}


@pytest.mark.parametrize(
    ("state", "data", "seconds"),
    [
        ({"Seconds": 10}, {}, 10),
        ({"Seconds": 0}, {}, 0),
        ({"SecondsPath": "$.wait"}, {"wait": 7}, 7),
        ({"Timestamp": "2026-01-01T01:00:00Z"}, {}, 3600),
        ({"TimestampPath": "$.at"}, {"at": "2026-01-01T02:00:00+01:00"}, 3600),
        ({"Timestamp": "2025-12-31T23:00:00Z"}, {}, 0),
    ],
    ids=["seconds", "zero", "a path to seconds", "a date", "a path to a date", "a date that is past"],
)
def test_a_wait_state_waits(flows: Workflows, state: dict[str, Any], data: Any, seconds: float) -> None:
    """Source: "Wait workflow state"."""
    flows.run(line({"W": {"Type": "Wait", **state}, "Then": {"Type": "Pass"}}), data)
    assert flows.walk() == [(0, "W"), (seconds, "Then")]


@pytest.mark.parametrize(("state", "data"), [("SecondsPath", "soon"), ("TimestampPath", 5), ("TimestampPath", "today")])
def test_a_wait_for_what_is_no_time_fails(flows: Workflows, state: str, data: Any) -> None:
    assert flows.error(line({"W": {"Type": "Wait", state: "$.wait"}}), {"wait": data})[0] == "States.Runtime"


def test_a_workflow_may_wait_for_months(flows: Workflows) -> None:
    """Source: "Choosing workflow type in Step Functions": a Standard workflow may run for up to one year."""
    assert flows.run(line({"W": {"Type": "Wait", "Seconds": 300 * 86_400}}))["status"] == "SUCCEEDED"
    assert flows.cloud.clock.now == 300 * 86_400 * 1_000_000


def test_after_a_year_a_workflow_is_over(flows: Workflows) -> None:
    """Source: ``sfn.standard_duration_max``."""
    execution = flows.start(flows.create(line({"W": {"Type": "Wait", "Seconds": 400 * 86_400}})))
    flows.cloud.advance(days=364)
    assert flows.described(execution)["status"] == "RUNNING"
    flows.cloud.advance(days=2)
    assert flows.described(execution)["status"] == "TIMED_OUT"


CHOICES = [
    ({"Variable": "$.v", "StringEquals": "a"}, "a", "b"),
    ({"Variable": "$.v", "StringLessThan": "b"}, "a", "b"),
    ({"Variable": "$.v", "StringGreaterThan": "a"}, "b", "a"),
    ({"Variable": "$.v", "StringLessThanEquals": "b"}, "b", "c"),
    ({"Variable": "$.v", "StringGreaterThanEquals": "b"}, "b", "a"),
    ({"Variable": "$.v", "NumericEquals": 1}, 1.0, 2),
    ({"Variable": "$.v", "NumericLessThan": 1}, 0, 1),
    ({"Variable": "$.v", "NumericGreaterThan": 1}, 1.5, 1),
    ({"Variable": "$.v", "NumericLessThanEquals": 1}, 1, 2),
    ({"Variable": "$.v", "NumericGreaterThanEquals": 1}, 1, 0),
    ({"Variable": "$.v", "BooleanEquals": True}, True, False),
    (
        {"Variable": "$.v", "TimestampEquals": "2026-01-01T00:00:00Z"},
        "2026-01-01T01:00:00+01:00",
        "2026-01-02T00:00:00Z",
    ),
    ({"Variable": "$.v", "TimestampLessThan": "2026-01-01T00:00:00Z"}, "2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
    ({"Variable": "$.v", "TimestampGreaterThan": "2026-01-01T00:00:00Z"}, "2026-01-01T00:00:00.5Z", "soon"),
    (
        {"Variable": "$.v", "TimestampLessThanEquals": "2026-01-01T00:00:00Z"},
        "2026-01-01T00:00:00Z",
        "2027-01-01T00:00:00Z",
    ),
    (
        {"Variable": "$.v", "TimestampGreaterThanEquals": "2026-01-01T00:00:00Z"},
        "2026-01-01T00:00:00Z",
        "2025-01-01T00:00:00Z",
    ),
    ({"Variable": "$.v", "StringEqualsPath": "$.other"}, "same", "another"),
    ({"Variable": "$.v", "StringMatches": "log-*.txt"}, "log-2026.txt", "log-2026.csv"),
    ({"Variable": "$.v", "StringMatches": "*-\\*-?"}, "a-*-?", "a-b-?"),
    ({"Variable": "$.v", "IsNull": True}, None, 0),
    ({"Variable": "$.v", "IsNumeric": True}, 1, "1"),
    ({"Variable": "$.v", "IsNumeric": False}, True, 1),
    ({"Variable": "$.v", "IsString": True}, "", 1),
    ({"Variable": "$.v", "IsBoolean": True}, False, 0),
    ({"Variable": "$.v", "IsTimestamp": True}, "2026-01-01T00:00:00Z", "2026-01-01"),
    ({"Variable": "$.w", "IsPresent": False}, 1, 1),
    ({"Not": {"Variable": "$.v", "StringEquals": "a"}}, "b", "a"),
    ({"And": [{"Variable": "$.v", "NumericGreaterThan": 1}, {"Variable": "$.v", "NumericLessThan": 9}]}, 5, 9),
    ({"Or": [{"Variable": "$.v", "NumericEquals": 1}, {"Variable": "$.v", "StringEquals": "one"}]}, "one", "two"),
]


@pytest.mark.parametrize(("rule", "yes", "no"), CHOICES, ids=[str(rule) for rule, _, _ in CHOICES])
def test_a_choice_rule_compares(flows: Workflows, rule: dict[str, Any], yes: Any, no: Any) -> None:
    """Source: "Choice workflow state"."""
    definition = line(
        {
            "C": {"Type": "Choice", "Choices": [{**rule, "Next": "Yes"}], "Default": "No"},
            "Yes": {"Type": "Pass", "Result": "yes", "End": True},
            "No": {"Type": "Pass", "Result": "no", "End": True},
        }
    )
    machine = flows.create(definition)
    executions = [flows.start(machine, {"v": value, "other": "same"}) for value in (yes, no)]
    flows.cloud.settle()
    expected = ["yes", "yes"] if "IsPresent" in rule else ["yes", "no"]
    assert [flows.described(execution)["output"] for execution in executions] == expected


def test_the_first_rule_that_matches_decides(flows: Workflows) -> None:
    """Source: "Choice workflow state"."""
    rules = [{"Variable": "$.n", "NumericGreaterThan": limit, "Next": f"Over{limit}"} for limit in (100, 10, 1)]
    ends = {f"Over{limit}": {"Type": "Pass", "End": True} for limit in (100, 10, 1)}
    flows.run(line({"C": {"Type": "Choice", "Choices": rules}, **ends}), {"n": 50})
    assert flows.walk() == [(0, "C"), (0, "Over10")]


def test_a_choice_without_a_match_and_without_a_default_fails(flows: Workflows) -> None:
    """Source: "Choice workflow state": States.NoChoiceMatched."""
    rule = {"Variable": "$.n", "NumericEquals": 1, "Next": "One"}
    definition = line({"C": {"Type": "Choice", "Choices": [rule]}, "One": {"Type": "Succeed"}})
    assert flows.error(definition, {"n": 2})[0] == "States.NoChoiceMatched"


def test_a_choice_on_what_is_not_there_fails(flows: Workflows) -> None:
    """Source: "Choice workflow state"; a test of IsPresent first avoids it."""
    rule = {"Variable": "$.missing", "NumericEquals": 1, "Next": "One"}
    name, cause = flows.error(line({"C": {"Type": "Choice", "Choices": [rule]}, "One": {"Type": "Succeed"}}))
    assert (name, "'$.missing'" in cause) == ("States.Runtime", True)


def test_a_choice_can_loop_until_a_job_is_done(flows: Workflows) -> None:
    """Source: "Choice workflow state" and "Wait workflow state", the job poller of the tutorials."""
    flows.cloud.deploy(
        "status", "calls = []\ndef handler(e, c):\n    calls.append(1)\n    return {'done': len(calls) > 3}\n"
    )
    definition = line(
        {
            "Ask": invoke("status", Next="Done?"),
            "Done?": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.done", "BooleanEquals": True, "Next": "Yes"}],
                "Default": "Later",
            },
            "Later": {"Type": "Wait", "Seconds": 60, "Next": "Ask"},
            "Yes": {"Type": "Succeed"},
        }
    )
    flows.run(definition)
    assert [at for at, state in flows.walk() if state == "Ask"] == [0, 60, 120, 180]


def test_a_succeed_state_ends_a_workflow(flows: Workflows) -> None:
    """Source: "Succeed workflow state"."""
    definition = line({"S": {"Type": "Succeed", "InputPath": "$.a", "OutputPath": "$.b"}})
    assert flows.output(definition, {"a": {"b": 1}}) == 1


@pytest.mark.parametrize(
    ("state", "error"),
    [
        ({"Error": "ErrorA", "Cause": "Kaiju attack"}, ("ErrorA", "Kaiju attack")),
        ({"ErrorPath": "$.e", "CausePath": "States.Format('the {}', $.c)"}, ("E1", "the end")),
    ],
    ids=["as it is", "by paths"],
)
def test_a_fail_state_fails_the_workflow(flows: Workflows, state: dict[str, Any], error: tuple[str, str]) -> None:
    """Source: "Fail workflow state"."""
    assert flows.error(line({"F": {"Type": "Fail", **state}}), {"e": "E1", "c": "end"}) == error


def test_the_branches_of_a_parallel_state_run_side_by_side(flows: Workflows) -> None:
    """Source: "Parallel workflow state": the output is an array with the branches' outputs in their order."""
    branches = [
        line({"LookupAddress": {"Type": "Wait", "Seconds": 5}, "Street": {"Type": "Pass", "Result": "Main"}}),
        line({"LookupPhone": {"Type": "Wait", "Seconds": 3}, "Phone": {"Type": "Pass", "Result": 42}}),
    ]
    definition = line({"LookupCustomerInfo": {"Type": "Parallel", "Branches": branches}})
    assert flows.output(definition, {"customerId": 1}) == ["Main", 42]
    assert flows.cloud.clock.now == 5_000_000


def test_each_branch_gets_a_copy_of_the_input(flows: Workflows) -> None:
    """Source: "Parallel workflow state"."""
    branches = [line({f"B{n}": {"Type": "Pass", "Result": n, "ResultPath": "$.n"}}) for n in range(2)]
    output = flows.output(line({"P": {"Type": "Parallel", "Branches": branches}}), {"a": 1})
    assert output == [{"a": 1, "n": 0}, {"a": 1, "n": 1}]


def test_when_a_branch_fails_the_parallel_state_fails_and_the_others_stop(flows: Workflows) -> None:
    """Source: "Parallel workflow state": if any branch fails, the entire state fails and all branches are stopped."""
    branches = [
        line({"Slow": {"Type": "Wait", "Seconds": 60}, "Never": {"Type": "Pass"}}),
        line({"Quick": {"Type": "Wait", "Seconds": 1}, "Boom": {"Type": "Fail", "Error": "Boom"}}),
    ]
    catch = [{"ErrorEquals": ["Boom"], "ResultPath": "$.error", "Next": "After"}]
    definition = line(
        {"P": {"Type": "Parallel", "Branches": branches, "Catch": catch}, "After": {"Type": "Wait", "Seconds": 100}}
    )
    assert flows.output(definition) == {"error": {"Error": "Boom", "Cause": ""}}
    assert flows.walk()[-1] == (1, "After")
    assert "Never" not in [state for _, state in flows.walk()]


def test_a_map_state_runs_its_states_for_each_item(flows: Workflows) -> None:
    """Source: "Using Map state in Inline mode in Step Functions workflows", the example with ItemSelector."""
    selector = {"parcel.$": "$$.Map.Item.Value", "index.$": "$$.Map.Item.Index", "courier.$": "$.delivery-partner"}
    state = {
        "Type": "Map",
        "ItemsPath": "$.shipped",
        "ItemSelector": selector,
        "ItemProcessor": line({"Ship": {"Type": "Pass"}}),
        "ResultPath": "$.done",
    }
    output = flows.output(line({"M": state}), {"delivery-partner": "UQS", "shipped": ["a", "b"]})
    assert output["done"] == [{"parcel": v, "index": n, "courier": "UQS"} for n, v in enumerate("ab")]


@pytest.mark.parametrize(("limit", "seconds"), [(0, 10), (1, 60), (2, 30), (4, 20)])
def test_a_map_state_runs_so_many_iterations_at_a_time(flows: Workflows, limit: int, seconds: int) -> None:
    """Source: "Map workflow state": MaxConcurrency; 0 sets no limit."""
    state = {
        "Type": "Map",
        "MaxConcurrency": limit,
        "ItemProcessor": line({"W": {"Type": "Wait", "Seconds": 10}}),
    }
    flows.output(line({"M": state}), list(range(6)))
    assert flows.cloud.clock.now == seconds * 1_000_000


def test_an_inline_map_runs_forty_iterations_at_a_time_at_most(flows: Workflows) -> None:
    """Source: ``sfn.inline_map_parallel``."""
    state = {"Type": "Map", "ItemProcessor": line({"W": {"Type": "Wait", "Seconds": 10}})}
    flows.output(line({"M": state}), list(range(41)))
    assert [at for at, state in flows.walk() if state == "W"] == [0] * 40 + [10]


def test_a_map_over_no_items_gives_none(flows: Workflows) -> None:
    state = {"Type": "Map", "ItemProcessor": line({"W": {"Type": "Fail"}})}
    assert flows.output(line({"M": state}), []) == []


def test_a_map_over_what_is_no_array_fails(flows: Workflows) -> None:
    state = {"Type": "Map", "ItemsPath": "$.n", "ItemProcessor": line({"W": {"Type": "Pass"}})}
    assert flows.error(line({"M": state}), {"n": 5})[0] == "States.Runtime"


def test_when_an_iteration_fails_the_map_fails_at_once(flows: Workflows) -> None:
    """Source: "Map workflow state"."""
    choose = {
        "Type": "Choice",
        "Choices": [{"Variable": "$", "NumericEquals": 2, "Next": "Bad"}],
        "Default": "Good",
    }
    states = {"Choose": choose, "Bad": {"Type": "Fail", "Error": "Two"}, "Good": {"Type": "Wait", "Seconds": 60}}
    state = {"Type": "Map", "MaxConcurrency": 3, "ItemProcessor": line(states)}
    assert flows.error(line({"M": state}), [1, 2, 3, 4])[0] == "Two"
    assert flows.cloud.clock.now == 0
    assert [state for _, state in flows.walk()].count("Choose") == 3
