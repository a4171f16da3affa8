"""The explorer runs the scenario again for each value, once, and shows what came of it."""

from typing import Any

import pytest
from stories import a_cloud_of_a_clock

from waterline.views import Control, explore

TIMEOUT = Control("visibility timeout", [10, 30, 60], unit="s", start=30, look_for="When is the ticket given up?")


class Lesson:
    """A scenario that counts its runs."""

    def __init__(self) -> None:
        self.ran: list[int] = []

    def __call__(self, cloud: Any, value: int) -> None:
        self.ran.append(value)
        if value == 60:
            raise ValueError("The queue takes\nno more")
        cloud.story.done(0, "m1", body="A-1").poison(3, "m2", hidden=value, body="A-2")


def explorer(lesson: Lesson, **options: Any) -> Any:
    return explore(lesson, TIMEOUT, open_cloud=a_cloud_of_a_clock, noun="ticket", **options)


def test_the_first_picture_is_there_at_once() -> None:
    lesson = Lesson()
    made = explorer(lesson)
    assert lesson.ran == [30]
    assert made.value == 30
    assert made.readings == ["10 s", "30 s", "60 s"]
    assert set(made.frames) == {"1"}
    assert made.frames["1"]["html"].startswith("<figure")
    assert repr(made) == (
        "visibility timeout: 10 s / 30 s / 60 s\n"
        "With visibility timeout = 30 s: Of 2 tickets, 1 was done within 2.1 s; "
        "1 was tried 3 times and died in tickets-dead after 90 s.\n"
        "A-1   sent +0.0 s   done after 2.1 s\n"
        "A-2   sent +3.0 s   died after 3 tries"
    )


def test_turning_the_control_runs_the_scenario_with_that_value() -> None:
    lesson = Lesson()
    made = explorer(lesson)
    seen: list[bool] = []
    made.observe(lambda change: seen.append(change["new"]), names="running")
    made.choice = 0  # what the browser sends
    assert lesson.ran == [30, 10]
    assert seen == [True, False]
    assert made.caption.startswith("With visibility timeout = 10 s:")
    assert made.caption.endswith("died in tickets-dead after 30 s.")


def test_a_value_seen_before_is_not_run_again() -> None:
    lesson = Lesson()
    made = explorer(lesson).turn(10).turn(30).turn(10)
    assert lesson.ran == [30, 10]
    assert made.value == 10


def test_a_run_that_fails_is_told_in_one_sentence_and_the_control_goes_on_working() -> None:
    made = explorer(Lesson()).turn(60)
    assert made.frames["2"] == {"error": "ValueError: The queue takes no more."}
    assert made.caption == "With visibility timeout = 60 s: the run stopped. ValueError: The queue takes no more."
    assert made.running is False
    assert "tickets-dead" in made.turn(10).caption


def test_a_run_that_fails_at_the_start_is_told_as_well() -> None:
    def broken(cloud: Any, value: int) -> None:
        raise KeyError("seat")

    made = explore(broken, TIMEOUT, open_cloud=a_cloud_of_a_clock)
    assert repr(made).splitlines()[1] == "With visibility timeout = 30 s: the run stopped. KeyError: 'seat'."


def test_run_ahead_it_needs_no_kernel() -> None:
    lesson = Lesson()
    made = explorer(lesson, ahead=True)
    assert lesson.ran == [10, 30, 60]
    assert set(made.frames) == {"0", "1", "2"}


def test_where_there_are_no_widgets_the_picture_is_shown() -> None:
    made = explorer(Lesson())
    data, _ = made._repr_mimebundle_()
    assert data["text/plain"] == repr(made)
    assert data["text/html"].startswith(made.frames["1"]["html"])
    assert data["application/vnd.jupyter.widget-view+json"]["model_id"] == made.model_id


@pytest.mark.parametrize(
    ("values", "start", "said"),
    [([1], None, "needs two values or more"), ([1, 2], 3, "cannot start at 3: that is none of its values")],
)
def test_a_control_that_cannot_be_turned_is_refused(values: list[int], start: int | None, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Control("batch size", values, start=start)


def test_a_value_that_the_control_does_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match="11 is none of the values of 'visibility timeout'"):
        explorer(Lesson()).turn(11)


def test_without_more_ado_the_scenario_runs_in_a_cloud_of_its_own_beside_the_open_one() -> None:
    import boto3

    from waterline.cloud import Cloud

    def scenario(cloud: Cloud, seconds: int) -> None:
        sqs = boto3.client("sqs", region_name="us-east-1")
        url = sqs.create_queue(QueueName="tickets", Attributes={"VisibilityTimeout": str(seconds)})["QueueUrl"]
        sqs.send_message(QueueUrl=url, MessageBody="A-1")
        sqs.receive_message(QueueUrl=url)
        cloud.advance(seconds=20)

    with Cloud(seed=1) as outer:
        made = explore(scenario, Control("visibility timeout", [10, 30], unit="s"), noun="ticket")
        assert made.caption == (
            "With visibility timeout = 10 s: "
            "The ticket was still waiting in the queue at the end (20 s), tried once so far."
        )
        assert "still hidden at the end (20 s)" in made.turn(30).caption
        assert len(outer.journal) == 0
        assert outer.clock.now == 0
