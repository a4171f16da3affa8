"""A template as text: YAML with short forms, JSON, includes; and what is wrong with one is told in a sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from waterline import Cloud
from waterline.templates.document import parse, read
from waterline.templates.mistakes import TemplateRefused

QUEUE = {"Resources": {"Orders": {"Type": "AWS::SQS::Queue", "Properties": {"DelaySeconds": 5}}}}


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("!Ref A", {"Ref": "A"}),
        ("!GetAtt A.Arn", {"Fn::GetAtt": ["A", "Arn"]}),
        ("!GetAtt A.Outputs.Url", {"Fn::GetAtt": ["A", "Outputs.Url"]}),
        ("!GetAtt [A, Arn]", {"Fn::GetAtt": ["A", "Arn"]}),
        ("!Sub '${A}-x'", {"Fn::Sub": "${A}-x"}),
        ("!Sub ['${a}', {a: !Ref A}]", {"Fn::Sub": ["${a}", {"a": {"Ref": "A"}}]}),
        ("!Join ['-', [!Ref A, b]]", {"Fn::Join": ["-", [{"Ref": "A"}, "b"]]}),
        ("!If [C, 1, !Ref AWS::NoValue]", {"Fn::If": ["C", 1, {"Ref": "AWS::NoValue"}]}),
        ("!Condition C", {"Condition": "C"}),
        ("!Base64 {Ref: A}", {"Fn::Base64": {"Ref": "A"}}),
        ("2012-10-17", "2012-10-17"),
        ("yes", True),
    ],
)
def test_short_forms_are_read_as_long_ones_and_dates_stay_text(short: str, long: Any) -> None:
    """Source: "Intrinsic function reference"."""
    assert parse(f"x: {short}", "it") == {"x": long}


def test_json_and_yaml_and_a_mapping_say_the_same(tmp_path: Path) -> None:
    """Source: "Template anatomy"."""
    as_json, as_yaml = tmp_path / "t.json", tmp_path / "t.yaml"
    as_json.write_text(json.dumps(QUEUE), encoding="utf-8")
    as_yaml.write_text("Resources:\n  Orders:\n    Type: AWS::SQS::Queue\n    Properties: {DelaySeconds: 5}\n", "utf-8")
    assert read(as_json).body == read(str(as_yaml)).body == read(QUEUE).body == read(json.dumps(QUEUE, indent=1)).body


def test_an_include_is_put_in_its_place(tmp_path: Path) -> None:
    """Source: "AWS::Include transform"."""
    (tmp_path / "delay.yaml").write_text("DelaySeconds: 5\n", encoding="utf-8")
    template = tmp_path / "template.yaml"
    include = {"Fn::Transform": {"Name": "AWS::Include", "Parameters": {"Location": "delay.yaml"}}}
    template.write_text(json.dumps({"Resources": {"Orders": {"Type": "AWS::SQS::Queue", "Properties": include}}}))
    assert read(template).body == QUEUE


@pytest.mark.parametrize(
    ("template", "sentence"),
    [
        ("nowhere.yaml", "There is no template nowhere.yaml: give a file, its text, or a mapping."),
        ("Resources:\n  - [", "The template is neither YAML nor JSON: while parsing"),
        ('{"Resources":\n', "The template is neither YAML nor JSON: Expecting value"),
        ("- one\n- two\n", "The template is no template: it must be a mapping with a section Resources."),
        ("Description: empty\n", "The template has no resources: they stand in its section Resources."),
        ({"Resources": {}}, "The template has no resources"),
        ({**QUEUE, "Outcomes": {}}, "The template has a section Outcomes, which templates do not have"),
        ({"Resources": {"A": {"Properties": {}}}}, "The resource A of The template has no Type."),
        ({"Resources": {"A": {"Type": "AWS::SQS::Queue", "Properties": [1]}}}, "The Properties of A in The template"),
    ],
)
def test_what_is_no_template_is_refused_in_one_sentence(cloud: Cloud, template: Any, sentence: str) -> None:
    with pytest.raises(TemplateRefused) as refused:
        cloud.deploy_template(template)
    assert str(refused.value).startswith(sentence)
    assert "\n" not in str(refused.value)
