"""The parameters of a template."""

from __future__ import annotations

from typing import Any

import pytest
from deployed import client

from waterline import Cloud
from waterline.templates.mistakes import TemplateRefused

NOT_THERE = "this cloud has no such parameter: put it there with put_parameter first."


def template(**declared: Any) -> dict[str, Any]:
    """A template that gives its one parameter, P, back."""
    return {
        "Parameters": {"P": {"Type": "String", **declared}},
        "Resources": {"Orders": {"Type": "AWS::SQS::Queue"}},
        "Outputs": {"P": {"Value": {"Ref": "P"}}},
    }


@pytest.mark.parametrize(
    ("declared", "given", "value"),
    [
        ({"Default": "a"}, {}, "a"),
        ({"Default": "a"}, {"P": "b"}, "b"),
        ({"Type": "Number"}, {"P": 30}, "30"),
        ({"Type": "Number", "Default": 0.5}, {}, "0.5"),
        ({"AllowedValues": [True, False]}, {"P": True}, "true"),
        ({"AllowedValues": ["dev", "prod"]}, {"P": "dev"}, "dev"),
        ({"Type": "CommaDelimitedList"}, {"P": "a, b,c"}, ["a", "b", "c"]),
        ({"Type": "List<Number>"}, {"P": [1, 2]}, ["1", "2"]),
        ({"Type": "AWS::EC2::VPC::Id"}, {"P": "vpc-1"}, "vpc-1"),
        ({"AllowedPattern": "[a-z]+", "MinLength": 1, "MaxLength": 3}, {"P": "abc"}, "abc"),
        ({"Type": "Number", "MinValue": 1, "MaxValue": 3}, {"P": 3}, "3"),
    ],
)
def test_a_parameter_has_the_value_that_is_given_or_its_default(
    cloud: Cloud, declared: dict[str, Any], given: dict[str, Any], value: Any
) -> None:
    """Source: "CloudFormation template Parameters syntax"."""
    assert cloud.deploy_template(template(**declared), parameters=given).outputs["P"] == value


def test_a_parameter_may_be_kept_by_systems_manager(cloud: Cloud) -> None:
    """Source: "CloudFormation template Parameters syntax"."""
    client("ssm").put_parameter(Name="/lab/size", Value="7", Type="String")
    stack = cloud.deploy_template(template(Type="AWS::SSM::Parameter::Value<String>", Default="/lab/size"))
    assert stack.outputs["P"] == "7"


@pytest.mark.parametrize(
    ("declared", "given", "sentence"),
    [
        ({}, {}, "The template needs a value for P: deploy_template(..., parameters={'P': ...})."),
        ({}, {"P": "a", "Q": "b"}, "The template has no parameter Q; its parameters: P."),
        ({"AllowedValues": ["dev"]}, {"P": "prod"}, "The parameter P is 'prod', and must be one of: dev."),
        ({"AllowedPattern": "[a-z]+"}, {"P": "A"}, "The parameter P is 'A', and must match [a-z]+."),
        (
            {"AllowedPattern": "[a-z]+", "ConstraintDescription": "small letters"},
            {"P": "A"},
            "The parameter P is 'A', and must match [a-z]+ (small letters).",
        ),
        ({"Type": "Number"}, {"P": "many"}, "The parameter P is 'many', and must be a number."),
        ({"Type": "Number", "MaxValue": 3}, {"P": 4}, "The parameter P is '4', and must have at most 3."),
        ({"MinLength": 2}, {"P": "a"}, "The parameter P is 'a', and must have at least 2 characters."),
        (
            {"Type": "AWS::SSM::Parameter::Value<String>"},
            {"P": "/none"},
            f"The parameter P names /none in Systems Manager, and {NOT_THERE}",
        ),
    ],
)
def test_what_a_parameter_cannot_be_is_told_in_one_sentence(
    cloud: Cloud, declared: dict[str, Any], given: dict[str, Any], sentence: str
) -> None:
    """Source: "CloudFormation template Parameters syntax"."""
    with pytest.raises(TemplateRefused) as refused:
        cloud.deploy_template(template(**declared), parameters=given)
    assert str(refused.value) == sentence
    assert "QueueUrls" not in client("sqs").list_queues()
