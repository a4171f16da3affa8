"""The comparison of services: every number from a fact, every change in words, nothing known said as such."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from waterline.facts import Facts, facts
from waterline.views import cells, comparison
from waterline.views.cells import LAYOUT, TIMES, Entry, cells_at, spoken

AXES = [axis["id"] for axis in LAYOUT["axis"]]
SERVICES = {service["id"]: service for service in LAYOUT["service"]}
ENTRIES = [(id, axis, *entry) for id, service in SERVICES.items() for axis in AXES for entry in service.get(axis, [])]


def lines(time: str, service: str, axis: str) -> list[str]:
    return cells_at(time)[service, axis].lines(TIMES[max(TIMES.index(time) - 1, 0)])


def test_the_axes_and_services_are_those_of_the_talk_and_the_new_bus() -> None:
    made = comparison()
    assert made.axes == ["Scale and concurrency", "Durability", "Persistence", "Consumption", "Retries", "Pricing"]
    assert made.services == [
        "Lambda API",
        "SNS",
        "SQS standard",
        "SQS FIFO",
        "EventBridge Classic",
        "EventBridge Custom Event Bus",
        "Kinesis Data Streams",
        "Firehose",
        "Step Functions",
    ]


def test_no_word_of_the_layout_holds_a_digit() -> None:
    words = [text for _, _, _, *texts in ENTRIES for text in texts]
    assert [text for text in words if re.search(r"\d", re.sub("x86|arm64", "", text))] == []


def test_every_entry_names_a_fact_and_says_its_value_unless_it_is_yes_or_no() -> None:
    for service, axis, id, words, *_ in ENTRIES:
        value = facts[id].value
        assert ("{}" in words) == (not isinstance(value, bool)), id
        assert service in SERVICES and axis in AXES


def test_no_service_has_a_key_that_is_no_axis() -> None:
    for service in SERVICES.values():
        assert set(service) <= {"id", "name", "launched", *AXES}


CHANGES = [
    ("2021", "sns", "retries", "100,015 attempts to Lambda, SQS and Firehose (changed; 2018: 50 attempts"),
    ("2021", "sns", "retries", "over 23 days (changed; 2018: over 13 hours)"),
    ("2021", "sns", "retries", "a dead-letter queue for each subscription (changed; 2018: no dead-letter queue)"),
    ("2021", "kinesis", "persistence", "up to 365 days (changed; 2018: up to 7 days)"),
    ("2021", "lambda", "retries", "asynchronous: 0 to 2 retries (changed; 2018: asynchronous: 2 retries)"),
    ("today", "sqs-standard", "consumption", "of up to 1 MiB (changed; 2021: of up to 256 KiB)"),
    ("today", "sns", "consumption", "filters read MessageAttributes, MessageBody (changed; 2021: filters read Mess"),
    ("today", "sqs-standard", "scale", "to 1,250 concurrent invocations (changed; 2021: to 1,000 concurrent"),
    ("today", "sqs-fifo", "scale", "70,000 requests/s with high throughput (changed; 2021: 3,000 requests/s"),
    ("today", "firehose", "consumption", "buffered for 0 s to 15 minutes (changed; 2021: buffered for 1 minute to"),
    ("today", "custom-bus", "persistence", "every event is kept 1 to 365 days (changed; 2021: nothing is kept)"),
]


@pytest.mark.parametrize(("time", "service", "axis", "told"), CHANGES)
def test_what_changed_is_said_in_words(time: str, service: str, axis: str, told: str) -> None:
    assert any(line.startswith(told) for line in lines(time, service, axis)), lines(time, service, axis)


@pytest.mark.parametrize(
    ("service", "axis"), [("sqs-standard", "persistence"), ("lambda", "pricing"), ("kinesis", "pricing")]
)
def test_what_did_not_change_is_not_marked(service: str, axis: str) -> None:
    for time in TIMES:
        assert not cells_at(time)[service, axis].changed


def test_a_statement_that_gives_fewer_numbers_is_not_taken_for_a_change() -> None:
    assert lines("2021", "kinesis", "scale")[1] == "and gives 2 MB/s"
    assert lines("today", "kinesis", "scale")[1] == "and gives 5 GetRecords calls/s, 2 MiB/s"


# research on the sources: statements that were wrong, contradictory or loose when they were made.
SAID = [
    ("2018", "sqs-standard", "durability", "multiple highly-available AWS regions"),
    ("2018", "kinesis", "retries", "KCL retries records"),
    ("2021", "sns", "retries", "100,010"),
    ("2021", "sns", "scale", "billions of subscribers"),
    ("2021", "sns", "scale", "'10 million (soft)' and '12,500,000 per topic'"),
    ("2021", "eventbridge", "pricing", "first million requests free"),
    ("2021", "eventbridge", "persistence", "EventBridge has no persistence"),
    ("2021", "lambda", "scale", "a few minutes"),
    ("2021", "sqs-standard", "consumption", "10 records per second"),
    ("today", "sqs-fifo", "consumption", "Exactly once delivery"),
    ("today", "sqs-standard", "persistence", "No persistence of messages"),
    ("today", "lambda", "consumption", "Docker is not supported"),
]


@pytest.mark.parametrize(("time", "service", "axis", "said"), SAID)
def test_what_a_source_said_wrongly_is_shown_as_said_then(time: str, service: str, axis: str, said: str) -> None:
    shown = [line for line in lines(time, service, axis) if said in line]
    assert shown and all(line.startswith("said then, and it did not hold: ") for line in shown)
    for other in TIMES:
        assert other == time or not any(said in line for line in lines(other, service, axis))


def test_every_wrong_statement_about_a_fact_of_the_table_is_shown_once_for_each_of_its_cells() -> None:
    listed = [id for _, _, id, *_ in ENTRIES]
    wrong = sum(not past.holds for id in listed for past in facts[id].history)
    assert wrong == sum(len(cell.sayings) for time in TIMES for cell in cells_at(time).values())
    assert wrong > 15


def test_what_nobody_knew_then_is_said_so() -> None:
    assert lines("2018", "stepfunctions", "pricing") == ["The registry knows nothing dated of this then."]
    assert lines("today", "firehose", "durability") == ["No fact is known."]
    assert lines("2021", "custom-bus", "retries") == ["There was no such service: it is of 2026-09."]


def test_an_unverified_fact_is_marked_and_its_origin_says_so() -> None:
    found = [entry for cell in cells_at("today").values() for entry in cell.entries if not entry.fact.verified]
    assert found
    for entry in found:
        assert "unverified" in entry.origin
    assert "by data; the rate is unknown (unverified)" in lines("today", "custom-bus", "pricing")


def test_an_origin_names_fact_month_source_and_note() -> None:
    [entry] = [e for e in cells_at("2021")["kinesis", "persistence"].entries if e.was]
    assert entry.origin.startswith("kinesis.retention_max, ~2021. AWS blog post")
    assert "Note: 'replay messages from up to 7 days'" in entry.origin


SPOKEN = [
    ("sqs.retention_default", "4 days"),
    ("sqs.retention_range", "1 minute to 14 days"),
    ("sqs.visibility_default", "30 s"),
    ("sqs.message_size_max", "1 MiB"),
    ("kinesis.retention_max", "365 days"),
    ("kinesis.retention_default", "24 hours"),
    ("firehose.consumers", "1 destination"),
    ("price.sns.lambda_sqs", "0 USD / 1M"),
    ("price.lambda.gbs_x86_t2", "0.000015 USD / GB-s"),
    ("lambda.async_retry_waits", "1 minute, 2 minutes"),
    ("sqs.delay_range", "0 s to 15 minutes"),
]


@pytest.mark.parametrize(("id", "text"), SPOKEN)
def test_values_are_said_as_a_person_would(id: str, text: str) -> None:
    assert spoken(facts[id]) == text


def test_a_number_in_the_table_is_the_registrys() -> None:
    """Another registry, another number: nothing is typed."""
    path = Path(cells.__file__).parents[1] / "facts" / "facts.toml"
    text = path.read_text(encoding="utf-8")
    start = text.index('id = "sqs.retention_default"')
    changed = text[:start] + text[start:].replace("value = 345600", "value = 172800", 1)
    cell = cells_at("today", Facts(changed))["sqs-standard", "persistence"]
    assert cell.entries[0].text == "2 days by default"
    assert cell.entries[0].was == "4 days by default"


def test_the_plain_table_says_what_the_widget_says() -> None:
    made = comparison(2021)
    table = made.table()
    assert table.columns == ("service", *made.axes)
    for row, shown in zip(table.rows, made.cells["2021"], strict=True):
        assert list(row[1:]) == ["; ".join(cell["said"]) for cell in shown]
    assert table.title == made.caption
    assert re.fullmatch(r"What is known in 2021: \d+ facts; \d+ of them changed since 2018\.", made.caption)


def test_the_year_control_holds_all_years_so_that_no_kernel_is_needed() -> None:
    made = comparison()
    assert set(made.cells) == set(TIMES)
    made.time = "2018"  # what the browser sends
    assert made.cell("sns", "retries").entries[0].text == "50 attempts to Lambda, SQS and Firehose"
    assert made.caption.startswith("What was known in 2018: ")


def test_where_there_are_no_widgets_the_table_is_shown_and_the_text_is_the_same_each_time() -> None:
    bundle: Any = comparison(2018)._repr_mimebundle_()
    data, _ = bundle
    assert data["text/html"].startswith("<table><caption>What was known in 2018")
    assert data["text/plain"] == repr(comparison(2018)) == comparison("2018").text


def test_an_entry_tells_a_past_value_as_stated_and_not_as_unverified() -> None:
    entry: Entry = cells_at("2018")["sns", "pricing"].entries[1]
    assert entry.fact.id == "price.sns.chunk"
    assert entry.verified


def test_another_year_is_refused_with_a_sentence() -> None:
    with pytest.raises(ValueError, match="kept for 2018, 2021, today, not for 2019"):
        comparison(2019)
