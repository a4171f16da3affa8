"""The registry: reading facts, asking for them, in the form a caller needs."""

import dataclasses
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import waterline.facts
from waterline.facts import Facts, UnitError, UnknownFact, facts, show

FILE = Path(waterline.facts.__file__).with_name("facts.toml")

ONE = """
[[fact]]
id = "queue.size"
service = "queue"
axis = "limits"
title = "Largest size"
value = {value}
unit = "{unit}"
as_of = "2026-11"
as_of_basis = "read"
source = "a page"
evidence = "primary"
verified = true
"""


def registry(value: str, unit: str) -> Facts:
    return Facts(ONE.format(value=value, unit=unit))


def test_reading_piece_by_piece_gives_what_reading_the_whole_file_gives() -> None:
    whole = {table["id"]: table for table in tomllib.loads(FILE.read_text(encoding="utf-8"))["fact"]}
    assert list(facts) == list(whole)
    for id, table in whole.items():
        value = tuple(table["value"]) if isinstance(table["value"], list) else table["value"]
        fact = facts[id]
        assert (fact.id, fact.value, fact.unit, fact.as_of) == (id, value, table["unit"], table["as_of"])
        assert (fact.source, fact.verified) == (table["source"], table["verified"])
        assert [past.as_of for past in fact.history] == [entry["as_of"] for entry in table.get("history", [])]
        assert (fact.botocore.text if fact.botocore else None) == table.get("botocore", {}).get("constraint")


def test_no_key_of_the_file_is_left_unread() -> None:
    tables = tomllib.loads(FILE.read_text(encoding="utf-8"))["fact"]
    fact_keys = {field.name for field in dataclasses.fields(waterline.facts.Fact)}
    past_keys = {field.name for field in dataclasses.fields(waterline.facts.Past)}
    assert {key for table in tables for key in table} <= fact_keys
    assert {key for table in tables for entry in table.get("history", []) for key in entry} <= past_keys


# What the lab reads at its start. A new number of AWS moves this table on purpose, together with the fact.
LAB = [
    ("esm.sqs_initial_concurrency", "count", 5),
    ("esm.sqs_scale_up_rate", "count", 300),
    ("esm.sqs_max_batches", "count", 1250),
    ("esm.sqs_batch_default", "count", 10),
    ("esm.sqs_standard_batch_max", "count", 10_000),
    ("esm.sqs_fifo_batch_max", "count", 10),
    ("esm.sqs_large_batch_window_min", "seconds", 1),
    ("esm.batching_window_range", "low", 0),
    ("esm.batching_window_range", "high", 300),
    ("sqs.visibility_default", "seconds", 30),
    ("sqs.visibility_range", "high", 43_200),
    ("sqs.retention_default", "seconds", 345_600),
    ("sqs.retention_range", "low", 60),
    ("sqs.retention_range", "high", 1_209_600),
    ("sqs.delay_default", "seconds", 0),
    ("sqs.delay_range", "high", 900),
    ("sqs.long_poll_default", "seconds", 0),
    ("sqs.long_poll_max", "high", 20),
    ("sqs.dedup_interval", "seconds", 300),
    ("sqs.message_size_max", "bytes", 1_048_576),
    ("sqs.receive_messages_default", "count", 1),
    ("sqs.batch_entries_max", "count", 10),
    ("sqs.inflight_standard", "count", 120_000),
    ("sqs.inflight_fifo", "count", 120_000),
    ("lambda.timeout_default", "seconds", 3),
    ("lambda.timeout_max", "seconds", 900),
    ("lambda.memory_default", "count", 128),
    ("lambda.memory_min", "bytes", 128 * 2**20),
    ("lambda.memory_max", "count", 10_240),
    ("kinesis.retention_default", "seconds", 86_400),
    ("eventbridge.event_size_max", "bytes", 2**20),
    ("apigw.http_timeout", "high", 30_000),
    ("price.sqs.standard", "number", 0.4),
]


@pytest.mark.parametrize(("id", "helper", "expected"), LAB)
def test_the_lab_finds_its_numbers(id: str, helper: str, expected: float) -> None:
    assert getattr(facts[id], helper) == expected


def test_a_missing_id_names_the_nearest_ones() -> None:
    with pytest.raises(UnknownFact) as refused:
        facts["sqs.visibilty_default"]
    assert str(refused.value).startswith(
        "There is no fact 'sqs.visibilty_default'; the nearest are sqs.visibility_default, "
    )
    assert "\n" not in str(refused.value)
    assert facts.get("sqs.visibilty_default") is None
    assert "sqs.visibilty_default" not in facts


def test_an_id_like_no_other_points_to_the_search() -> None:
    with pytest.raises(UnknownFact, match=r"facts\.search"):
        facts["?"]


def test_two_facts_of_one_id_are_refused() -> None:
    with pytest.raises(ValueError, match=r"two facts with the id 'queue\.size'"):
        len(Facts(ONE.format(value=1, unit="s") * 2))


def test_a_fact_without_an_id_in_front_is_refused() -> None:
    with pytest.raises(ValueError, match="does not begin with its id"):
        len(Facts('[[fact]]\ntitle = "no id"\n'))


def test_a_key_that_means_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match=r"The fact 'queue\.size' has the key 'vale'"):
        Facts(ONE.format(value=1, unit="s") + "vale = 2\n")["queue.size"]


def test_a_fact_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        facts["sqs.visibility_default"].value = 31  # type: ignore[misc]


@pytest.mark.parametrize(
    ("value", "unit", "seconds"),
    [("250", "ms", 0.25), ("30", "s", 30), ("5", "minutes", 300), ("24", "hours", 86_400), ("14", "days", 1_209_600)],
)
def test_a_time_of_any_unit_is_given_in_seconds(value: str, unit: str, seconds: float) -> None:
    assert registry(value, unit)["queue.size"].seconds == seconds


@pytest.mark.parametrize(
    ("value", "unit", "size"),
    [("8192", "bytes", 8192), ("64", "KB", 65_536), ("64", "KiB", 65_536), ("1", "MiB", 2**20), ("2", "GB", 2**31)],
)
def test_a_size_of_any_unit_is_given_in_bytes(value: str, unit: str, size: int) -> None:
    assert registry(value, unit)["queue.size"].bytes == size


@pytest.mark.parametrize(
    ("id", "helper", "sentence"),
    [
        ("sqs.message_size_max", "seconds", "sqs.message_size_max is not a time, it is '1,048,576 bytes'."),
        ("sqs.visibility_default", "bytes", "sqs.visibility_default is not a size, it is '30 s'."),
        ("sqs.delay_range", "seconds", "sqs.delay_range is not one number, it is '0 to 900 s': use .low and .high."),
        ("sqs.visibility_default", "low", "sqs.visibility_default is not a range, it is '30 s'."),
        ("lambda.async_retry_waits", "high", "lambda.async_retry_waits is not a range, it is '60, 120 s'."),
        ("eventbridge.dlq", "number", "eventbridge.dlq is not one number, it is 'yes'."),
        ("price.sqs.standard", "count", "price.sqs.standard is not a whole number, it is '0.4 USD / 1M'."),
        ("firehose.name", "numbers", "firehose.name is not made of numbers, it is 'Amazon Data Firehose'."),
    ],
)
def test_a_form_the_value_does_not_have_is_refused_with_a_sentence(id: str, helper: str, sentence: str) -> None:
    with pytest.raises(UnitError) as refused:
        getattr(facts[id], helper)
    assert str(refused.value) == sentence


def test_each_number_of_a_mixed_value_has_its_own_unit() -> None:
    retries, age = facts["eventbridge.custom_bus_retry_default"].quantities
    assert (retries.number, retries.unit, age.seconds) == (5, "retries", 300)
    with pytest.raises(UnitError, match="'retries' is not a time"):
        _ = retries.seconds


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (show(True), "yes"),
        (show(1_048_576, "bytes"), "1,048,576 bytes"),
        (show(0.0000166667, "USD / GB-s"), "0.0000166667 USD / GB-s"),
        (show((0, 900), "s", ranged=True), "0 to 900 s"),
        (show((2, 2), "retries", ranged=True), "2 retries"),
        (show((60, 120), "s"), "60, 120 s"),
        (show((5, 300), "retries, s"), "5 retries, 300 s"),
        (show(()), "none"),
        (show("FIFO", "enum"), "FIFO"),
    ],
)
def test_values_are_shown_as_words(text: str, expected: str) -> None:
    assert text == expected


def test_a_fact_prints_as_one_line_that_says_when_it_is_not_verified() -> None:
    assert str(facts["sqs.visibility_default"]).startswith("sqs.visibility_default: 30 s (2026-11) [botocore")
    assert "(2026-11, unverified)" in str(facts["price.sns.payload_filter"])


def test_search_finds_every_fact_that_speaks_of_all_the_words_the_id_first() -> None:
    found = [fact.id for fact in facts.search("Visibility")]
    assert {"sqs.visibility_default", "sqs.visibility_range", "kinesis.queue_visibility"} <= set(found)
    assert "sqs.delay_range" not in found
    assert [fact.id for fact in facts.search("fifo deduplication interval")][-1].endswith("dedup_interval")
    retention = ["retention" in fact.id for fact in facts.search("retention")]
    assert retention == sorted(retention, reverse=True)
    assert [fact.id for fact in facts.search("sqs 1,048,576 batch")] == ["sqs.batch_payload_max"]
    assert facts.search("teapot") == () == facts.search("  ")


def test_the_facts_alone_read_nothing_at_import_and_one_piece_per_question() -> None:
    script = f"""
import sys, types
house = types.ModuleType("waterline")  # the floor alone, without the house above it
house.__path__ = [{str(FILE.parent.parent)!r}]
sys.modules["waterline"] = house
from waterline.facts import facts
assert not facts._pieces
facts["sqs.visibility_default"]
assert list(facts._read) == ["sqs.visibility_default"]
outside = {{name.split(".")[0] for name in sys.modules}} - set(sys.stdlib_module_names) - {{"waterline", "__main__"}}
print(sorted(name for name in outside if name.startswith(("boto", "moto", "simpy", "numpy"))))
print(sorted(name for name in sys.modules if name.startswith("waterline.") and "facts" not in name))
"""
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert done.stdout == "[]\n[]\n"
