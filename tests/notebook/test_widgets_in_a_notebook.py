"""A widget's callback: virtual time while it runs, the cloud at hand, real time afterwards."""

from __future__ import annotations

import datetime as dt

import pytest
from kernel import Notebook

SLIDER = """
import ipywidgets
slider, seen = ipywidgets.IntSlider(), []

@slider.observe
def turned(change):
    if change["name"] == "value":
        seen.append(now())
        sqs.send_message(QueueUrl=queue, MessageBody=str(change["new"]))
        cloud.advance(hours=change["new"])
        seen.append(now())
        if change["new"] == 13:
            cloud.advance(hours=-1)

queue = sqs.create_queue(QueueName="turned")["QueueUrl"]
print(slider.model_id)
"""


@pytest.fixture(scope="module")
def slider(lesson: Notebook) -> str:
    ran = lesson.run(SLIDER)
    assert not ran.error, ran.error
    return ran.printed.strip()


@pytest.fixture(scope="module")
def subshell(lesson: Notebook) -> str:
    """What JupyterLab makes for the messages of widgets."""
    return str(lesson.reply("control", lesson.send("control", "create_subshell_request", {}))["subshell_id"])


@pytest.mark.parametrize("through", ["the main shell", "a subshell"])
def test_a_callback_sees_virtual_time_and_calls_the_cloud(
    lesson: Notebook, slider: str, subshell: str, through: str
) -> None:
    began = lesson.value("cloud.clock.date.isoformat()")
    hours = {"the main shell": 2, "a subshell": 3}[through]
    lesson.run("seen.clear()")
    ran = lesson.touch(slider, {"value": hours}, subshell if through == "a subshell" else None)
    assert not ran.error, ran.error
    before, after = lesson.value("seen")
    assert before == began
    assert dt.datetime.fromisoformat(after) - dt.datetime.fromisoformat(before) == dt.timedelta(hours=hours)
    assert lesson.value("cloud.journal.of('sent')[-1].detail['body']") == str(hours)
    assert abs(ran.of("status")[-1]["header"]["date"] - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=1)


def test_a_callback_waits_for_the_cell_that_runs(lesson: Notebook, slider: str, subshell: str) -> None:
    lesson.run("seen.clear()")
    update = {"comm_id": slider, "data": {"method": "update", "state": {"value": 5}, "buffer_paths": []}}
    ran = lesson.run(
        "print('go', flush=True)\n"
        "end = time.monotonic() + 1\n"
        "while time.monotonic() < end: cloud.advance(minutes=1)\n"
        "instant = now()\n"
        "print(seen)",
        lambda: lesson.send("shell", "comm_msg", update, subshell),
    )
    assert ran.printed.endswith("[]\n"), ran.error
    assert lesson.value("(len(seen), seen[0] == instant)") == (2, True)


def test_a_callback_during_an_await_does_not_end_the_cells_virtual_time(
    lesson: Notebook, slider: str, subshell: str
) -> None:
    lesson.run("seen.clear()")
    update = {"comm_id": slider, "data": {"method": "update", "state": {"value": 7}, "buffer_paths": []}}
    ran = lesson.run(
        "print('go', flush=True)\nwhile len(seen) < 2: await asyncio.sleep(0.02)\nprint(seen[1] == now())",
        lambda: lesson.send("shell", "comm_msg", update, subshell),
    )
    assert ran.printed.endswith("True\n"), ran.error


def test_a_callback_that_fails_leaves_real_time(lesson: Notebook, slider: str, subshell: str) -> None:
    ran = lesson.touch(slider, {"value": 13}, subshell)
    assert abs(ran.of("status")[-1]["header"]["date"] - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=1)
    assert "The clock cannot go back" in ran.error
    assert not lesson.run("cloud.advance(seconds=1)").error


def test_the_control_of_a_lesson_runs_its_scenario_from_a_subshell(lesson: Notebook, subshell: str) -> None:
    made = lesson.run("""
from waterline import explore
from waterline.views.explore import Control
def scenario(aside, value):
    here = boto3.client("sqs")
    url = here.create_queue(QueueName="inside")["QueueUrl"]
    for number in range(value):
        here.send_message(QueueUrl=url, MessageBody=str(number))
    aside.advance(seconds=value)
control = explore(scenario, Control("messages", [1, 2, 3]))
print(control.model_id)
""")
    assert not made.error, made.error
    ran = lesson.touch(made.printed.strip(), {"choice": 2}, subshell)
    assert not ran.error, ran.error
    assert "error" not in lesson.value("list(control.frames['2'])"), lesson.value("control.frames['2']")
    assert lesson.value("cloud.is_open")
