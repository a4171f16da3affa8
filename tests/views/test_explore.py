"""The explorer runs the scenario again for each value, once, and shows what came of it."""

from typing import Any

import pytest
from stories import a_cloud_of_a_clock

from waterline.clock import SECOND
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


PATIENCE = Control("visibility timeout", [10, 30, 60, 300], unit="s", start=30)


class Patience:
    """One ticket that is done, and one whose death depends on the control."""

    def __init__(self) -> None:
        self.ran: list[int] = []

    def __call__(self, cloud: Any, value: int) -> None:
        self.ran.append(value)
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


def layouts(made: Any) -> list[Any]:
    return [picture.layout for picture in made._pictures.values()]


def test_run_ahead_all_pictures_have_one_time_axis_and_say_so() -> None:
    made = explore(Patience(), PATIENCE, open_cloud=a_cloud_of_a_clock, ahead=True)
    assert len({*layouts(made)}) == 1
    assert layouts(made)[0].axis.stretches[-1].end == 903 * SECOND
    assert made.note == "All pictures have one time axis, that of the longest run (15 min 3 s)."
    assert made.turn(30).note == made.note


def test_without_that_the_axis_fits_all_runs_so_far_and_pictures_are_drawn_again_not_run_again() -> None:
    scenario = Patience()
    made = explore(scenario, PATIENCE, open_cloud=a_cloud_of_a_clock)
    assert made.note == ""
    first = made.frames["1"]["html"]
    made.turn(300)
    assert made.note == "The time axis is another one now: it fits all runs so far, and the longest takes 15 min 3 s."
    assert made.frames["1"]["html"] != first
    assert len({*layouts(made)}) == 1
    second = made.frames["1"]["html"]
    assert made.turn(30).note == "All pictures so far have one time axis, that of the longest run (15 min 3 s)."
    made.turn(60)
    assert made.note == "All pictures so far have one time axis, that of the longest run (15 min 3 s)."
    assert made.frames["1"]["html"] == second
    assert scenario.ran == [30, 300, 60]


def test_what_does_not_change_stays_where_it_is_from_one_picture_to_the_next() -> None:
    made = explore(Patience(), PATIENCE, open_cloud=a_cloud_of_a_clock, ahead=True)
    places = set()
    for picture in made._pictures.values():
        good = picture.shown[0]
        places.add(tuple(where for _, where in picture.layout.signs(good)))
    assert len(places) == 1


def test_pictures_of_another_kind_are_shown_as_they_are() -> None:
    class Plain:
        caption = "So it was."
        text = "So it was."

        def table(self) -> Any: ...

        def _repr_html_(self) -> str:
            return "<p>So it was.</p>"

    made = explore(Lesson(), TIMEOUT, open_cloud=a_cloud_of_a_clock, draw=lambda _: Plain()).turn(10)
    assert made.frames["0"] == {"html": "<p>So it was.</p>", "finding": "So it was."}
    assert made.note == ""


def test_a_picture_that_cannot_be_drawn_is_told_like_a_run_that_failed() -> None:
    class Broken:
        caption = text = ""

        def table(self) -> Any: ...

        def _repr_html_(self) -> str:
            raise RuntimeError("no ink")

    made = explore(Lesson(), TIMEOUT, open_cloud=a_cloud_of_a_clock, draw=lambda _: Broken())
    assert made.caption == "With visibility timeout = 30 s: the run stopped. RuntimeError: no ink."


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
