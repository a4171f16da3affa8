"""The Map state in distributed mode: each item, or batch of items, is a child execution with a history of its own.

Words
-----
Map Run
    one run of such a state: its child executions, and how they ended (DescribeMapRun).
tolerated failure
    how many items, or what share of them, may fail; one more and the Map Run fails. Left out, it is none.

Source: AWS Step Functions Developer Guide, "Using Map state in Distributed mode for large-scale parallel workloads in
Step Functions", "ResultWriter (Map)" and "Setting failure thresholds for Distributed Map states in Step Functions"
(read 2026-11). The outputs are those of the children that succeeded, in the items' order.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from waterline.facts import facts
from waterline.services.states import item_source, jsonata, maps, templates
from waterline.services.states.calls import called
from waterline.services.states.children import play
from waterline.services.states.errors import (
    RESULT_WRITER_FAILED,
    TASK_FAILED,
    TIMEOUT,
    TOO_MANY_FAILED,
    Answered,
    StateError,
)
from waterline.services.states.intrinsics import text_of
from waterline.services.states.resources import Resource
from waterline.services.states.visit import Visit

if TYPE_CHECKING:
    from waterline.services.states.execution import Execution

PARALLEL: Final = facts["sfn.distributed_map_parallel"].count
_PUT = "arn:aws:states:::s3:putObject"
_WORDS = {"SUCCEEDED": "succeeded", "FAILED": "failed", "TIMED_OUT": "timedOut", "ABORTED": "aborted"}


@dataclass(eq=False)
class ChildRun:
    """One child execution of a Map Run; `size` items are in it."""

    map_run: MapRun
    data: Any
    size: int
    number: int
    done: bool = False
    execution: Execution | None = None

    def run(self) -> Any:
        """Start it, or redrive it, and wait for its end."""
        if self.execution is not None and self.execution.kind == "STANDARD":
            self.execution.redrive()
        else:
            self.execution = self.map_run.start(self)
        child = self.execution
        child.finished.wait()
        if child.status != "SUCCEEDED":
            failed = TIMEOUT if child.status == "TIMED_OUT" else TASK_FAILED
            raise StateError(child.error or failed, child.cause_text)
        self.done = True
        return child.output

    def abort(self) -> None:
        if self.execution is not None and not self.execution.is_over:
            self.execution.stop(None, None)


@dataclass(eq=False)
class MapRun:
    """A Map Run. `processor` is the children's definition, `kind` their type."""

    arn: str
    parent: Execution
    label: str
    processor: Mapping[str, Any]
    kind: str
    most: int
    count: int
    percentage: float
    children: list[ChildRun] = field(default_factory=list)
    status: str = "RUNNING"
    redrives: int = 0

    def __post_init__(self) -> None:
        self.started_at = self.parent.ground.clock.date
        self.stopped_at: Any = None

    def start(self, child: ChildRun) -> Execution:
        return self.parent.service.start_child(self, child)

    def tolerates(self, _child: ChildRun, _error: StateError) -> bool:
        """Whether the Map Run may go on with what has failed so far."""
        failed = sum(each.size for each in self.children if each.execution is not None and _lost(each))
        if not failed:
            return True
        share = 100 * failed / sum(each.size for each in self.children)
        return (failed <= self.count if self.count else True) and (
            share <= self.percentage if self.percentage else bool(self.count)
        )

    def change(self, most: int | None, count: int | None, percentage: float | None) -> None:
        """UpdateMapRun: of what has not begun. How many run at a time is not changed in a run that goes on."""
        self.most = self.most if most is None else min(int(most) or PARALLEL, PARALLEL)
        self.count = self.count if count is None else int(count)
        self.percentage = self.percentage if percentage is None else float(percentage)

    def close(self, status: str) -> None:
        self.status, self.stopped_at = status, self.parent.ground.clock.date

    def description(self) -> dict[str, Any]:
        """The answer of DescribeMapRun."""
        by_execution, by_item = Counter[str](), Counter[str]()
        for child in self.children:
            status = "pending" if child.execution is None else _WORDS.get(child.execution.status, "running")
            by_execution[status] += 1
            by_item[status] += child.size
        names = ("pending", "running", "succeeded", "failed", "timedOut", "aborted")
        return {
            "mapRunArn": self.arn,
            "executionArn": self.parent.arn,
            "status": self.status,
            "startDate": self.started_at,
            "stopDate": self.stopped_at,
            "maxConcurrency": self.most,
            "toleratedFailurePercentage": self.percentage,
            "toleratedFailureCount": self.count,
            "itemCounts": {
                **{name: by_item[name] for name in names},
                "total": by_item.total(),
                "resultsWritten": by_item["succeeded"],
            },
            "executionCounts": {
                **{name: by_execution[name] for name in names},
                "total": by_execution.total(),
                "resultsWritten": by_execution["succeeded"],
            },
            "redriveCount": self.redrives,
        }


def _lost(child: ChildRun) -> bool:
    return child.execution is not None and child.execution.status in ("FAILED", "TIMED_OUT", "ABORTED")


def work(
    visit: Visit, processor: Mapping[str, Any], data: Any, items_of: Callable[[], list[dict[str, Any]]]
) -> list[Any] | dict[str, Any]:
    """Run the children; returns their outputs, or where the ResultWriter has written them. Raises StateError."""
    branch, execution = visit.branch, visit.branch.execution
    map_run: MapRun
    if branch.children:
        map_run = branch.children[0].map_run
        map_run.redrives, map_run.status, map_run.stopped_at = map_run.redrives + 1, "RUNNING", None
        branch.add("MapRunRedriven", mapRunArn=map_run.arn, redriveCount=map_run.redrives)
    else:
        map_run = _new(visit, processor, data)
        branch.add("MapStateStarted", length=len(items_of()) if "ItemReader" not in visit.state else 0)
        branch.add("MapRunStarted", mapRunArn=map_run.arn)
        try:
            map_run.children = _children(visit, map_run, data, items_of)
        except StateError:
            map_run.close("FAILED")
            branch.add("MapRunFailed")
            raise
        branch.children = list(map_run.children)
    try:
        error = play(execution.ground.clock, execution.cause, map_run.children, map_run.most, map_run.tolerates)
    except BaseException:
        map_run.close("ABORTED")
        raise
    if error is not None:
        map_run.close("FAILED")
        failure = Answered(TOO_MANY_FAILED, "The specified tolerated failure threshold was exceeded")
        branch.add("MapRunFailed", error=failure.name, cause=failure.cause)
        raise failure
    result = _result(visit, map_run, data)
    map_run.close("SUCCEEDED")
    branch.add("MapRunSucceeded")
    branch.add("MapStateSucceeded")
    return result


def _new(visit: Visit, processor: Mapping[str, Any], data: Any) -> MapRun:
    execution = visit.branch.execution
    label = visit.state.get("Label") or visit.name
    return execution.service.map_run(
        execution,
        label,
        processor,
        processor["ProcessorConfig"].get("ExecutionType", "STANDARD"),
        min(int(visit.number("MaxConcurrency", data) or PARALLEL), PARALLEL),
        int(visit.number("ToleratedFailureCount", data) or 0),
        float(visit.number("ToleratedFailurePercentage", data) or 0),
    )


def _children(visit: Visit, map_run: MapRun, data: Any, items_of: Callable[[], list[dict[str, Any]]]) -> list[ChildRun]:
    if "ItemReader" in visit.state:
        items = [{"Index": number, "Value": value} for number, value in enumerate(item_source.read(visit, data))]
    else:
        items = items_of()
    chosen = [maps.selected(visit, data, item) for item in items]
    return [
        ChildRun(map_run, value, size, number)
        for number, (value, size) in enumerate(item_source.batched(visit, data, chosen))
    ]


def _result(visit: Visit, map_run: MapRun, data: Any) -> list[Any] | dict[str, Any]:
    children = [child.execution for child in map_run.children if child.execution is not None]
    writer = visit.state.get("ResultWriter")
    if not writer or "Resource" not in writer:
        return [child.output for child in children if child.status == "SUCCEEDED"]
    name = "Arguments" if visit.jsonata else "Parameters"
    fill = jsonata.filled if visit.jsonata else templates.filled
    where = fill(name, writer.get(name, {}), visit.view(data))
    prefix = "/".join(
        part for part in (str(where.get("Prefix", "")).strip("/"), map_run.arn.rpartition(":")[2]) if part
    )
    files: dict[str, list[dict[str, Any]]] = {"FAILED": [], "PENDING": [], "SUCCEEDED": []}
    try:
        for status in ("SUCCEEDED", "FAILED"):
            wanted = [child for child in children if (child.status == "SUCCEEDED") == (status == "SUCCEEDED")]
            if wanted:
                text = json.dumps([_record(child) for child in wanted])
                key = f"{prefix}/{status}_0.json"
                _put(visit, where["Bucket"], key, text)
                files[status].append({"Key": key, "Size": len(text.encode())})
        manifest = {"DestinationBucket": where["Bucket"], "MapRunArn": map_run.arn, "ResultFiles": files}
        _put(visit, where["Bucket"], f"{prefix}/manifest.json", text_of(manifest))
    except (StateError, KeyError) as error:
        raise StateError(RESULT_WRITER_FAILED, f"The results could not be written: {error}") from error
    details = {"Bucket": where["Bucket"], "Key": f"{prefix}/manifest.json"}
    return {"MapRunArn": map_run.arn, "ResultWriterDetails": details}


def _put(visit: Visit, bucket: str, key: str, text: str) -> None:
    parameters = {"Bucket": bucket, "Key": key, "Body": text}
    called(visit.branch.execution.service.clients, Resource("sdk", _PUT, "s3", "putObject"), parameters)


def _record(child: Execution) -> dict[str, Any]:
    return {"ExecutionArn": child.arn, **child.description()}
