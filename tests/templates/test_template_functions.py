"""The intrinsic functions, conditions and mappings of a template."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from deployed import client

from waterline import Cloud
from waterline.templates.mistakes import NotSupported, TemplateRefused

ARN = "arn:aws:sqs:us-east-1:123456789012:orders"


def template(value: Any, **sections: Any) -> dict[str, Any]:
    """A template with a parameter, a mapping, two conditions and a queue, that gives a value back."""
    return {
        "Parameters": {"Size": {"Type": "String", "Default": "big"}},
        "Mappings": {"Delays": {"big": {"seconds": "9"}, "small": {"seconds": "1"}}},
        "Conditions": {
            "Big": {"Fn::Equals": [{"Ref": "Size"}, "big"]},
            "Small": {"Fn::Not": [{"Condition": "Big"}]},
        },
        "Resources": {"Orders": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "orders"}}},
        "Outputs": {"It": {"Value": value}},
        **sections,
    }


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"Ref": "Size"}, "big"),
        ({"Ref": "AWS::Region"}, "us-east-1"),
        ({"Ref": "AWS::AccountId"}, "123456789012"),
        ({"Ref": "AWS::StackName"}, "lab"),
        ({"Ref": "AWS::Partition"}, "aws"),
        ({"Fn::GetAtt": ["Orders", "Arn"]}, ARN),
        ({"Fn::GetAtt": "Orders.QueueName"}, "orders"),
        ({"Fn::Sub": "${Size}:${Orders.Arn}:${AWS::Region}:${!Literal}"}, f"big:{ARN}:us-east-1:${{Literal}}"),
        ({"Fn::Sub": ["${a}-${Size}", {"a": {"Fn::GetAtt": ["Orders", "QueueName"]}}]}, "orders-big"),
        ({"Fn::Sub": '{"when": "${Size}", "cost": "$5"}'}, '{"when": "big", "cost": "$5"}'),
        ({"Fn::Join": ["/", ["a", {"Ref": "Size"}, 3, True]]}, "a/big/3/true"),
        ({"Fn::Split": [":", "a:b"]}, ["a", "b"]),
        ({"Fn::Select": ["5", {"Fn::Split": [":", {"Fn::GetAtt": ["Orders", "Arn"]}]}]}, "orders"),
        ({"Fn::FindInMap": ["Delays", {"Ref": "Size"}, "seconds"]}, "9"),
        ({"Fn::FindInMap": ["Delays", "huge", "seconds", {"DefaultValue": "0"}]}, "0"),
        ({"Fn::Base64": {"Ref": "Size"}}, base64.b64encode(b"big").decode()),
        ({"Fn::If": ["Big", "yes", "no"]}, "yes"),
        ({"Fn::If": ["Small", "yes", {"Fn::If": ["Big", "no", "never"]}]}, "no"),
        ([1, {"Ref": "AWS::NoValue"}, 2], [1, 2]),
        ({"a": {"Ref": "AWS::NoValue"}, "b": 1}, {"b": 1}),
        ({"Fn::GetAZs": ""}, ["us-east-1a", "us-east-1b", "us-east-1c"]),
        ({"Fn::Cidr": ["10.0.0.0/16", 2, 8]}, ["10.0.0.0/24", "10.0.1.0/24"]),
        ({"Fn::Length": [1, 2, 3]}, 3),
        ({"Fn::ToJsonString": {"a": {"Ref": "Size"}}}, '{"a": "big"}'),
    ],
)
def test_a_function_gives_what_the_reference_says(cloud: Cloud, value: Any, expected: Any) -> None:
    """Source: "Intrinsic function reference", "Get AWS values using pseudo parameters"."""
    assert cloud.deploy_template(template(value)).outputs["It"] == expected


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"Fn::Equals": [{"Ref": "Size"}, "small"]}, False),
        ({"Fn::Equals": [{"Fn::FindInMap": ["Delays", {"Ref": "Size"}, "seconds"]}, 9]}, True),
        ({"Fn::And": [{"Condition": "Big"}, {"Fn::Not": [{"Condition": "Small"}]}]}, True),
        ({"Fn::Or": [{"Condition": "Small"}, {"Fn::Equals": ["a", "b"]}]}, False),
    ],
)
def test_a_resource_is_made_where_its_condition_holds(cloud: Cloud, condition: Any, holds: bool) -> None:
    """Source: "Condition functions", "CloudFormation template Conditions syntax"."""
    sections = template("x")
    sections["Conditions"]["Wanted"] = condition
    sections["Resources"]["More"] = {"Type": "AWS::SQS::Queue", "Condition": "Wanted"}
    sections["Outputs"]["More"] = {"Condition": "Wanted", "Value": {"Ref": "More"}}
    stack = cloud.deploy_template(sections)
    assert ("More" in stack.resources, "More" in stack.outputs) == (holds, holds)


def test_a_property_that_has_no_value_is_left_to_the_service(cloud: Cloud) -> None:
    """Source: "Get AWS values using pseudo parameters"."""
    sections = template("x")
    delay = {"Fn::If": ["Small", 9, {"Ref": "AWS::NoValue"}]}
    sections["Resources"]["Orders"]["Properties"]["DelaySeconds"] = delay
    url = cloud.deploy_template(sections).resources["Orders"]
    assert client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["DelaySeconds"])["Attributes"] == {
        "DelaySeconds": "0"
    }


def test_an_export_is_imported_by_another_stack(cloud: Cloud) -> None:
    """Source: "CloudFormation template Outputs syntax"."""
    first = template("x")
    first["Outputs"]["Arn"] = {
        "Value": {"Fn::GetAtt": ["Orders", "Arn"]},
        "Export": {"Name": {"Fn::Sub": "${AWS::StackName}-arn"}},
    }
    cloud.deploy_template(first, stack_name="one")
    second = {
        "Resources": {"More": {"Type": "AWS::SQS::Queue"}},
        "Outputs": {"It": {"Value": {"Fn::ImportValue": {"Fn::Sub": "one-arn"}}}},
    }
    assert cloud.deploy_template(second, stack_name="two").outputs["It"] == ARN


def test_dynamic_references_are_looked_up_when_the_resource_is_made(cloud: Cloud) -> None:
    """Source: "Get values stored in other services using dynamic references"."""
    client("ssm").put_parameter(Name="name", Value="billing", Type="String")
    client("secretsmanager").create_secret(Name="db", SecretString='{"tag": "ship"}')
    sections = template("x")
    sections["Resources"]["Orders"]["Properties"] = {
        "QueueName": "{{resolve:ssm:name}}",
        "Tags": [{"Key": "of", "Value": "{{resolve:secretsmanager:db:SecretString:tag}}"}],
    }
    url = cloud.deploy_template(sections).resources["Orders"]
    assert url.endswith("/billing")
    assert client("sqs").list_queue_tags(QueueUrl=url)["Tags"] == {"of": "ship"}


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ({"Ref": "Nobody"}, "refers to Nobody, which the template has neither as a parameter nor as a resource."),
        ({"Fn::Sub": "${Nobody.Arn}"}, "refers to Nobody, which the template has neither"),
        ({"Fn::If": ["Maybe", 1, 2]}, "names the condition Maybe, which the template does not have."),
        ({"Fn::ImportValue": "gone"}, "imports gone, which no stack of this cloud exports."),
        ({"Fn::FindInMap": ["Delays", "huge", "seconds"]}, "has a Fn::FindInMap that cannot be resolved"),
        ({"Fn::Select": ["7", ["a"]]}, "has a Fn::Select that cannot be resolved"),
        ({"Ref": "Tiny"}, "refers to Tiny, which is not there, because its condition does not hold."),
    ],
)
def test_what_cannot_be_resolved_is_told_before_anything_is_made(cloud: Cloud, value: Any, sentence: str) -> None:
    sections = template(value)
    sections["Resources"]["Tiny"] = {"Type": "AWS::SQS::Queue", "Condition": "Small"}
    with pytest.raises(TemplateRefused) as refused:
        cloud.deploy_template(sections)
    assert str(refused.value).startswith("The output It of The template ")
    assert sentence in str(refused.value)
    assert "QueueUrls" not in client("sqs").list_queues()


def test_a_function_that_the_lab_does_not_have_is_named(cloud: Cloud) -> None:
    sections = template("x")
    sections["Resources"]["Orders"]["Properties"]["DelaySeconds"] = {"Fn::ForEach::Loop": []}
    with pytest.raises(NotSupported) as refused:
        cloud.deploy_template(sections)
    assert refused.value.what == ("Orders: Fn::ForEach::Loop",)
    stack = cloud.deploy_template(sections, allow_unsupported=True)
    assert list(stack.resources) == ["Orders"]
