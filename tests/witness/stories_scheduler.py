"""Schedules of EventBridge Scheduler. Sources: its User Guide and API Reference (read 2026-11)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from stage import Stage, refusal
from telling import Stories

STORIES = Stories("Scheduler")
_TYPES = "Schedule types in EventBridge Scheduler"


def _in(seconds: float) -> str:
    """A schedule expression for that time from now."""
    return f"at({dt.datetime.now(dt.UTC) + dt.timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%S})"


def _schedule(stage: Stage, queue: str, when: str, target: Any = None, name: str = "plan", **settings: Any) -> str:
    """A schedule's name; it sends "hello" to the queue."""
    name = f"{stage.name}-{name}"
    stage.clients["scheduler"].create_schedule(
        Name=name,
        ScheduleExpression=when,
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": stage.arn(queue), "RoleArn": stage.role, "Input": "hello", **(target or {})},
        **settings,
    )
    return name


def _kept(stage: Stage, name: str, **where: str) -> str:
    return refusal(stage.clients["scheduler"].get_schedule, Name=name, **where)


@STORIES.tell("A one-time schedule hands its input to its target once, and stays.", _TYPES, [[], ["hello"], "accepted"])
def scheduled_once(stage: Stage) -> Any:
    queue = stage.open_queue()
    name = _schedule(stage, queue, _in(4))
    before = stage.bodies(queue)
    return [before, stage.arrived(queue, 2, within=12), _kept(stage, name)]


@STORIES.tell(
    "A schedule may be deleted after its last invocation.", "CreateSchedule", [["hello"], "ResourceNotFoundException"]
)
def scheduled_and_deleted(stage: Stage) -> Any:
    queue = stage.open_queue()
    name = _schedule(stage, queue, _in(2), ActionAfterCompletion="DELETE")
    bodies = stage.arrived(queue, 1, within=20)
    stage.until(lambda: _kept(stage, name) != "accepted", 90)
    return [bodies, _kept(stage, name)]


@STORIES.tell("A disabled schedule invokes nothing.", "CreateSchedule", [])
def scheduled_but_disabled(stage: Stage) -> Any:
    queue = stage.open_queue()
    _schedule(stage, queue, _in(2), State="DISABLED")
    return stage.arrived(queue, 1, within=10)


@STORIES.tell("A schedule can be changed until it has been invoked.", "UpdateSchedule", ["changed"])
def schedule_changed(stage: Stage) -> Any:
    queue = stage.open_queue()
    name = _schedule(stage, queue, _in(4))
    stage.clients["scheduler"].update_schedule(
        Name=name,
        ScheduleExpression=_in(4),
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": stage.arn(queue), "RoleArn": stage.role, "Input": "changed"},
    )
    return stage.arrived(queue, 2, within=12)


@STORIES.tell("A FIFO queue gets the message group that the target names.", "CreateSchedule", [["g", "hello"]])
def scheduled_for_a_fifo_queue(stage: Stage) -> Any:
    queue = stage.open_queue("q.fifo", ContentBasedDeduplication="true")
    _schedule(stage, queue, _in(2), {"SqsParameters": {"MessageGroupId": "g"}})
    found: list[list[str]] = []

    def arrived() -> bool:
        found.extend([message["Attributes"]["MessageGroupId"], message["Body"]] for message in stage.receive(queue))
        return bool(found)

    stage.until(arrived, 20)
    return found


@STORIES.tell(
    "What cannot be delivered since the queue is gone moves to the schedule's dead-letter queue.",
    "CreateSchedule",
    ["hello"],
)
def scheduled_for_what_is_gone(stage: Stage) -> Any:
    queue, dead = stage.open_queue(), stage.open_queue("dead")
    more = {"DeadLetterConfig": {"Arn": stage.arn(dead)}, "RetryPolicy": {"MaximumRetryAttempts": 0}}
    _schedule(stage, queue, _in(3), more)
    stage.sqs.delete_queue(QueueUrl=queue)
    return stage.arrived(dead, 1, within=12)


@STORIES.tell("A group has one schedule of a name.", "CreateSchedule", "ConflictException")
def scheduled_twice(stage: Stage) -> Any:
    queue = stage.open_queue()
    _schedule(stage, queue, _in(600))
    return refusal(_schedule, stage, queue, _in(600))


@STORIES.tell("An expression that is none is refused.", "CreateSchedule", ["ValidationException"] * 3)
def schedules_that_are_wrong(stage: Stage) -> Any:
    queue, wrong = stage.open_queue(), ("tomorrow", "rate(0 minutes)", "at(2026-13-01T00:00:00)")
    return [refusal(_schedule, stage, queue, when, name=str(number)) for number, when in enumerate(wrong)]


@STORIES.tell("A deleted group takes its schedules with it.", "DeleteScheduleGroup", "ResourceNotFoundException")
def schedule_group_deleted(stage: Stage) -> Any:
    queue, group, scheduler = stage.open_queue(), f"{stage.name}-group", stage.clients["scheduler"]
    scheduler.create_schedule_group(Name=group)
    name = _schedule(stage, queue, _in(600), GroupName=group)
    scheduler.delete_schedule_group(Name=group)
    stage.until(lambda: _kept(stage, name, GroupName=group) != "accepted", 10)
    return _kept(stage, name, GroupName=group)
