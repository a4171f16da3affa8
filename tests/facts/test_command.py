"""`waterline facts` on the command line."""

import argparse
from dataclasses import replace
from datetime import date

import pytest

from waterline.facts import Facts, facts
from waterline.facts.command import add_parser, changes, check

DAY = date(2026, 11, 20)


def run(*words: str) -> int:
    parser = argparse.ArgumentParser("waterline")
    add_parser(parser.add_subparsers(required=True))
    arguments = parser.parse_args(["facts", *words])
    return int(arguments.run(arguments))


def test_show_prints_value_source_constraint_and_history(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("show", "sqs.message_size_max") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "sqs.message_size_max: Maximum message size, body and attributes (standard and FIFO)"
    assert "  value     1,048,576 bytes" in lines
    assert "  as of     2026-11 (read)" in lines
    assert "  botocore  sqs SendMessageRequest.MessageBody doc:1 MiB or 1,048,576 bytes" in lines
    assert "  2006      8,192 bytes '8 KB' [AWS blog post 'SQS - 15 Years and Still Queueing!']" in lines


def test_show_says_what_is_not_verified_and_what_did_not_hold(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("show", "price.sns.payload_filter") == 0
    assert "unverified: not verified" in capsys.readouterr().out
    assert run("show", "sns.retry_managed_total") == 0
    wrong = next(line for line in capsys.readouterr().out.splitlines() if "100,010 attempts" in line)
    assert "(did not hold)" in wrong


def test_every_fact_can_be_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert [run("show", id) for id in facts] == [0] * len(facts)
    assert capsys.readouterr().out.count("\n  value ") == len(facts)


def test_search_prints_one_line_per_fact(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("search", "visibility", "default") == 0
    out = capsys.readouterr().out
    assert out.splitlines()[0].split() == [
        "sqs.visibility_default",
        "30",
        "s",
        "2026-11",
        "Default",
        "VisibilityTimeout",
    ]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["show", "sqs.visibility"], "There is no fact 'sqs.visibility'; the nearest are sqs.visibility_range"),
        (["search", "teapot"], "No fact speaks of 'teapot'"),
        (["compare", "2021", "2018"], "2021 is not earlier than 2018"),
        (["compare", "today", "2018"], "today is not earlier than 2018"),
        (["compare", "then", "now"], "'then' is not a time the registry knows"),
    ],
)
def test_a_wrong_question_ends_with_two_and_one_sentence(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*words) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(sentence)
    assert printed.err.count("\n") == 1


@pytest.mark.parametrize("words", [[], ["show"], ["search"], ["compare", "2018"], ["check", "--day", "soon"]])
def test_a_wrong_command_ends_with_two(words: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run(*words)
    assert ended.value.code == 2


def test_compare_prints_what_changed_and_what_cannot_be_compared(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("compare", "2018", "2021") == 0
    lines = capsys.readouterr().out.splitlines()
    rows = {line.split()[0]: line for line in lines}
    assert lines[0].split() == ["fact", "2018", "2021"]
    assert rows["sns.retry_managed_total"].split()[1:] == ["50", "attempts", "100,015", "attempts"]
    assert "kinesis.retention_max" in rows
    assert "sqs.message_size_max" not in rows
    assert lines[-1].startswith(f"{len(lines) - 2} of the {len(facts.at(2018))} facts known at both times changed")


def test_the_same_amount_in_another_unit_is_no_change() -> None:
    fact = facts["sqs.message_size_max"]
    assert changes({"a": replace(fact, value=1, unit="MiB")}, {"a": fact}) == []
    assert len(changes({"a": replace(fact, value=2, unit="MiB")}, {"a": fact})) == 1


def test_check_ends_with_zero_when_nothing_failed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", "--day", DAY.isoformat()) == 0
    out = capsys.readouterr().out
    assert out.startswith("Old, to be looked at:\n  lambda.vcpu_at_memory is of 2022-11, 48 months old")
    assert f"{len(facts)} facts, " in out.splitlines()[-1]
    assert "0 checks failed" in out.splitlines()[-1]


def test_check_ends_with_one_and_the_sentence_of_what_failed(capsys: pytest.CaptureFixture[str]) -> None:
    wrong = Facts("""
[[fact]]
id = "sqs.delay_range"
service = "sqs"
axis = "limits"
title = "DelaySeconds"
value = [0, 800]
unit = "s"
range = true
as_of = "2026-11"
as_of_basis = "read"
source = "x"
evidence = "primary"
verified = true
botocore.service = "sqs"
botocore.shape = "SendMessageRequest"
botocore.member = "DelaySeconds"
botocore.constraint = "doc:Valid values: 0 to 800"
""")
    assert check(DAY, wrong) == 1
    out = capsys.readouterr().out
    assert out.startswith("Failed:\n  sqs.delay_range rests on 'doc:Valid values: 0 to 800' at sqs SendMessageRequest.")
    assert "0 to 900" in out
