"""``%%function``: the line, the cell, and what a learner is told about either."""

from __future__ import annotations

import pytest
from kernel import Notebook

from waterline.notebook import CellMistake, parse

KNOWS = "it knows timeout=SECONDS, memory=MEGABYTES and NAME=value in capitals for an environment variable."

LINES = [
    ("issue-ticket", ("issue-ticket", None, None, {})),
    ("issue-ticket timeout=10", ("issue-ticket", 10, None, {})),
    ("issue_ticket memory=256 timeout=900", ("issue_ticket", 900, 256, {})),
    (
        "t PASSES=3 TABLE_NAME='cabin passes' EMPTY=",
        ("t", None, None, {"PASSES": "3", "TABLE_NAME": "cabin passes", "EMPTY": ""}),
    ),
    ("""t LIMITS='{"cabin": 2}'""", ("t", None, None, {"LIMITS": '{"cabin": 2}'})),
    ("t URL=https://host/?a=b", ("t", None, None, {"URL": "https://host/?a=b"})),
]

MISTAKES = [
    ("", "%%function needs a name first, for example: %%function issue-ticket timeout=10"),
    ("timeout=10", "%%function needs a name first, for example: %%function issue-ticket timeout=10"),
    ("t retries=2", f"%%function does not understand 'retries=2': {KNOWS}"),
    ("t fast", f"%%function does not understand 'fast': {KNOWS}"),
    ("t Passes=2", f"%%function does not understand 'Passes=2': {KNOWS}"),
    ("t timeout=soon", "%%function cannot set timeout=soon: it is a whole number of seconds from 1 to 900."),
    ("t timeout=0", "%%function cannot set timeout=0: it is a whole number of seconds from 1 to 900."),
    ("t timeout=901", "%%function cannot set timeout=901: it is a whole number of seconds from 1 to 900."),
    ("t memory=64", "%%function cannot set memory=64: it is a whole number of MB from 128 to 10240."),
    ("t PASSES={passes}", "%%function cannot fill in PASSES={passes}: the notebook has no name 'passes' yet."),
    ("t timeout={patience}", "%%function cannot fill in timeout={patience}: the notebook has no name 'patience' yet."),
    ("t NAME='open", "The %%function line has an opening quotation mark without a closing one."),
    (
        "issue.ticket",
        (
            "%%function cannot name a function 'issue.ticket': a name has up to 64 letters, digits, hyphens and "
            "underscores."
        ),
    ),
]


@pytest.mark.parametrize(("line", "expected"), LINES)
def test_a_line_is_understood(line: str, expected: tuple[object, ...]) -> None:
    function = parse(line, "the cell\n")
    assert (function.name, function.timeout, function.memory, dict(function.environment)) == expected
    assert function.source == "the cell\n"


@pytest.mark.parametrize(("line", "sentence"), MISTAKES)
def test_a_line_that_is_not_understood_gets_one_sentence(line: str, sentence: str) -> None:
    with pytest.raises(CellMistake) as mistake:
        parse(line, "")
    assert str(mistake.value) == sentence


# --- in a notebook ----------------------------------------------------------------------------------------------------


def test_without_a_cloud_the_function_is_kept_for_one(kernel: Notebook) -> None:
    ran = kernel.run("import waterline\nwaterline.__version__")
    assert not ran.error, ran.error
    ran = kernel.run("%%function keep-me timeout=4\ndef handler(event, context):\n    return 'kept'")
    assert ran.printed == "keep-me is kept; no cloud is open to deploy it to.\n"
    ran = kernel.run("""
from waterline import Cloud
import boto3
with Cloud(seed=1) as inner:
    print(keep_me.deploy(inner))
    client = boto3.client("lambda")
    print(client.get_function(FunctionName="keep-me")["Configuration"]["Timeout"])
    print(client.invoke(FunctionName="keep-me")["Payload"].read().decode())
""")
    assert ran.printed.splitlines() == ["arn:aws:lambda:us-east-1:123456789012:function:keep-me", "4", '"kept"']


CELL = '''%%function issue-ticket timeout=7 PASSES={passes} LINE="Hurtig {line}"
"""Issues tickets."""
# A comment above everything.
import os

def handler(event, context):
    print(os.environ["PASSES"], os.environ["LINE"])
    return event["cabin"]
'''


def test_the_notebooks_variables_are_filled_in_and_the_function_is_deployed(lesson: Notebook) -> None:
    ran = lesson.run(f"passes, line = 3, 'Ruten'\nget_ipython().run_cell({CELL!r})")
    assert "issue-ticket is deployed.\n" in ran.printed, ran.error
    ran = lesson.run("""
print(awslambda.invoke(FunctionName="issue-ticket", Payload=b'{"cabin": 12}')["Payload"].read().decode())
configuration = awslambda.get_function(FunctionName="issue-ticket")["Configuration"]
print(configuration["Timeout"], configuration["Environment"]["Variables"])
print("3 Hurtig Ruten" in cloud.logs("issue-ticket"))
""")
    assert ran.printed.splitlines() == ["12", "7 {'PASSES': '3', 'LINE': 'Hurtig Ruten'}", "True"], ran.error


def test_an_error_in_a_handler_names_the_line_below_the_magic_as_line_one(lesson: Notebook) -> None:
    lesson.run("passes, line = 3, 'Ruten'")
    lesson.run(CELL)
    answer = lesson.value(
        "json.loads(awslambda.invoke(FunctionName='issue-ticket', Payload=b'{}')['Payload'].read())['stackTrace']"
    )
    body = CELL.splitlines()[1:]
    number = 1 + next(at for at, text in enumerate(body) if "return event" in text)
    assert len(answer) == 1
    assert f'File "/var/task/lambda_function.py", line {number}, in handler' in answer[0]
    assert 'return event["cabin"]' in answer[0]


def test_running_an_edited_cell_updates_the_function_and_keeps_its_source_under_its_name(lesson: Notebook) -> None:
    for answer in ("one", "two"):
        ran = lesson.run(f"%%function answers\ndef handler(event, context):\n    return {answer!r}")
        assert ran.printed == "answers is deployed.\n"
        assert lesson.value("awslambda.invoke(FunctionName='answers')['Payload'].read().decode()") == f'"{answer}"'
        assert lesson.value("answers.source") == f"def handler(event, context):\n    return {answer!r}\n"


SENTENCES = {
    "a cell that is not Python": (
        "%%function issue-ticket\ndef handler(event, context):\n    return event[\n",
        (
            "CellMistake: issue-ticket was not deployed, because its line 2 is not Python ('[' was never closed): "
            "return event["
        ),
    ),
    "a line without a name": (
        "%%function\ndef handler(event, context): pass",
        "CellMistake: %%function needs a name first, for example: %%function issue-ticket timeout=10",
    ),
    "a variable that is not there": (
        "%%function t PASSES={not_there}\npass",
        "CellMistake: %%function cannot fill in PASSES={not_there}: the notebook has no name 'not_there' yet.",
    ),
    "a function that would replace something": (
        "%%function sqs\npass",
        (
            "CellMistake: %%function sqs would take the place of sqs, which is something else in this notebook: "
            "give the function another name."
        ),
    ),
}


@pytest.mark.parametrize("what", SENTENCES)
def test_a_mistake_in_a_function_cell_is_one_sentence(lesson: Notebook, what: str) -> None:
    cell, sentence = SENTENCES[what]
    lesson.run("%%function issue-ticket\ndef handler(event, context):\n    return 'before'")
    ran = lesson.run(cell)
    assert ran.error == sentence
    assert lesson.value("awslambda.invoke(FunctionName='issue-ticket')['Payload'].read().decode()") == '"before"'
