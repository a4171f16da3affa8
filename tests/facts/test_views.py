"""`facts.at`: what was known when."""

import pytest

from waterline.facts import Facts, UnknownFact, facts
from waterline.facts.dates import Month, moment, published, stated


@pytest.mark.parametrize(
    ("as_of", "month"),
    [
        ("2018-08", Month(2018, 8)),
        ("~2020-10", Month(2020, 10)),
        (">=2023-11", Month(2023, 11)),
        ("2013", Month(2013, 1)),
        ("~2021", Month(2021, 1)),
        ("before 2026", Month(2025, 12)),
        ("before 2026-09", Month(2026, 8)),
        ("undated", None),
    ],
)
def test_every_form_of_as_of_has_its_month(as_of: str, month: Month | None) -> None:
    assert stated(as_of) == month


@pytest.mark.parametrize("as_of", ["", "2018-13", "18-08", "2018-8", ">=2023", "about 2021", "today", "2018-08-01"])
def test_any_other_form_is_refused(as_of: str) -> None:
    with pytest.raises(ValueError, match="as_of is"):
        stated(as_of)


@pytest.mark.parametrize("as_of", ["2026", "~2026-11", "undated", "before 2026-11"])
def test_a_fact_itself_needs_a_year_and_a_month(as_of: str) -> None:
    with pytest.raises(ValueError, match="write a year and a month"):
        published(as_of)


def test_a_year_is_asked_for_at_its_end() -> None:
    assert moment(2018) == moment("2018") == moment("2018-12")
    with pytest.raises(ValueError, match="is not a time the registry knows"):
        moment("~2018")


def test_every_date_in_the_registry_is_read() -> None:
    for fact in facts.values():
        published(fact.as_of)
        for past in fact.history:
            stated(past.as_of)


@pytest.mark.parametrize(
    ("id", "when", "text"),
    [
        ("sqs.message_size_max", 2006, "8,192 bytes"),
        ("sqs.message_size_max", 2012, "65,536 bytes"),
        ("sqs.message_size_max", 2018, "262,144 bytes"),
        ("sqs.message_size_max", 2021, "262,144 bytes"),
        ("sqs.message_size_max", "2025-07", "262,144 bytes"),
        ("sqs.message_size_max", "2025-08", "1,048,576 bytes"),
        ("sns.retry_managed_total", 2018, "50 attempts"),
        ("sns.retry_managed_total", 2020, "100,015 attempts"),  # 100,010, of that year, did not hold
        ("sns.retry_managed_duration", 2018, "13 hours"),
        ("kinesis.retention_max", 2018, "168 hours"),
        ("kinesis.retention_max", 2021, "8,760 hours"),
        ("kinesis.modes", 2021, "PROVISIONED, ON_DEMAND"),  # a dated month outranks "~2021"
        ("eventbridge.dlq", 2020, "yes"),  # of one month the later in the file: announced after "no"
        ("sns.dlq_per_subscription", 2018, "no"),
        ("sns.dlq_per_subscription", 2021, "yes"),
        ("esm.sqs_max_batches", 2022, "1,000 concurrent invocations"),
        ("esm.sqs_max_concurrency_range", 2021, "none"),
        ("lambda.memory_max", 2020, "3,008 MB"),
        ("sqs.fifo_tps_high", 2021, "3,000 requests/s"),
        ("price.sqs.standard", 2018, "0.4 USD / 1M"),
        ("price.sqs.standard", 2021, "0.4 USD / 1M"),  # "0.24-0.595 by Region" states no rate for one Region
    ],
)
def test_what_was_known_then(id: str, when: int | str, text: str) -> None:
    assert facts.at(when)[id].text == text


def test_a_past_value_comes_with_its_own_source_and_makes_no_claim_of_today() -> None:
    then = facts.at(2018)["sns.retry_managed_phases"]
    assert then.numbers == (0, 2, 10, 38)
    assert "Munns" in then.source
    assert (then.as_of, then.evidence, then.verified, then.botocore, then.history) == (
        "2018-08",
        "stated",
        False,
        None,
        (),
    )
    assert facts.at(2021)["sqs.message_size_max"].note == "256 KB"


def test_what_was_not_known_then_is_left_out_and_refused_with_a_sentence() -> None:
    view = facts.at(2018)
    assert "sqs.visibility_default" not in view
    assert "sqs.visibility_default" not in list(view)
    assert view.get("sqs.visibility_default") is None
    with pytest.raises(UnknownFact) as refused:
        view["sqs.visibility_default"]
    assert str(refused.value) == (
        "Nothing is known about sqs.visibility_default at 2018-12; the first dated statement is of 2026-11."
    )
    with pytest.raises(UnknownFact, match=r"There is no fact 'sqs\.color'"):
        view["sqs.color"]


def test_an_undated_statement_answers_no_question_about_a_year() -> None:
    assert any(past.as_of == "undated" for past in facts["sns.message_size_default"].history)
    assert "sns.message_size_default" not in facts.at("2026-10")


def test_today_is_the_registry_itself() -> None:
    assert dict(facts.today) == dict(facts)
    assert dict(facts.at("2026-11")) == dict(facts)


def test_knowledge_only_grows() -> None:
    sizes = [len(facts.at(year)) for year in range(2005, 2027)]
    assert sizes[0] == 0
    assert sizes == sorted(sizes)
    assert sizes[-1] == len(facts)


def test_a_statement_that_does_not_hold_is_never_what_was_known() -> None:
    for fact in facts.values():
        for past in fact.history:
            if past.holds:
                continue
            month = stated(past.as_of)
            then = facts.at(str(month)).get(fact.id) if month else None
            assert then is None or (then.value, then.source) != (past.value, past.source), (fact.id, past)


def test_a_past_text_in_place_of_a_number_is_refused_as_a_number() -> None:
    then = facts.at(2021)["sqs.dlq_redrive_rate_max"]
    with pytest.raises(ValueError, match="is not one number, it is 'own Lambda with backoff"):
        _ = then.number


def test_views_of_a_registry_of_ones_own() -> None:
    text = """
[[fact]]
id = "a"
service = "s"
axis = "limits"
title = "t"
value = 3
unit = "s"
as_of = "2020-06"
as_of_basis = "read"
source = "x"
evidence = "primary"
verified = true
history = [
  { as_of = "before 2019", value = 1, source = "y" },
  { as_of = "2019-05", value = 2, source = "y", unit = "minutes" },
]
"""
    own = Facts(text)
    known = {when: own.at(when)["a"].seconds for when in ("2018-12", "2019-04", "2019-05", "2020-05", "2020-06", 2030)}
    assert known == {"2018-12": 1, "2019-04": 1, "2019-05": 120, "2020-05": 120, "2020-06": 3, 2030: 3}
    assert "a" not in own.at("2018-11")
