"""What the lab does not have of a template is named in one sentence, before anything is made."""

from __future__ import annotations

from typing import Any

import pytest
from deployed import client

from waterline import Cloud
from waterline.templates.mistakes import NotSupported, TemplateRefused

QUEUE = {"Type": "AWS::SQS::Queue"}


def lacking(cloud: Cloud, resources: dict[str, Any], **sections: Any) -> tuple[str, ...]:
    with pytest.raises(NotSupported) as refused:
        cloud.deploy_template({"Resources": resources, **sections})
    assert "QueueUrls" not in client("sqs").list_queues()
    assert "\n" not in str(refused.value)
    return refused.value.what


@pytest.mark.parametrize(
    ("resources", "named"),
    [
        (
            {"Orders": QUEUE, "Site": {"Type": "AWS::EC2::VPC"}, "Other": {"Type": "AWS::EC2::VPC"}},
            "AWS::EC2::VPC (Site, Other)",
        ),
        ({"Own": {"Type": "Custom::Thing", "Properties": {"ServiceToken": "arn"}}}, "Custom::Thing (Own)"),
        (
            {"Orders": {**QUEUE, "Properties": {"Colour": "red"}}},
            "Orders: the property Colour of AWS::SQS::Queue",
        ),
        (
            {"Rule": {"Type": "AWS::Events::Rule", "Properties": {"Targets": [{"Id": "a", "Arn": "b", "Speed": 9}]}}},
            "Rule: the property Targets[0].Speed of AWS::Events::Rule",
        ),
        (
            {"Orders": {**QUEUE, "CreationPolicy": {"ResourceSignal": {}}}},
            "Orders: the attribute CreationPolicy",
        ),
        (
            {
                "Bucket": {
                    "Type": "AWS::S3::Bucket",
                    "Properties": {"NotificationConfiguration": {"MailConfigurations": []}},
                }
            },
            "Bucket: NotificationConfiguration.MailConfigurations",
        ),
        (
            {"Chat": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"Name": "chat", "ProtocolType": "WEBSOCKET"}}},
            "Chat: ProtocolType WEBSOCKET",
        ),
    ],
)
def test_what_the_lab_does_not_have_is_named(cloud: Cloud, resources: dict[str, Any], named: str) -> None:
    assert lacking(cloud, resources) == (named,)


def test_an_attribute_that_a_type_does_not_have_is_named(cloud: Cloud) -> None:
    outputs = {"Size": {"Value": {"Fn::GetAtt": ["Orders", "Size"]}}}
    assert lacking(cloud, {"Orders": QUEUE}, Outputs=outputs) == ("the attribute Size of AWS::SQS::Queue (Orders)",)


def test_transforms_and_rules_are_named(cloud: Cloud) -> None:
    sections = {"Transform": ["AWS::LanguageExtensions", "MyMacro"], "Rules": {"Same": {"Assertions": []}}}
    assert lacking(cloud, {"Orders": QUEUE}, **sections) == ("the transform MyMacro", "the section Rules")


def test_a_loop_over_resources_is_named(cloud: Cloud) -> None:
    loop = ["Name", ["a", "b"], {"Queue${Name}": QUEUE}]
    assert lacking(cloud, {"Fn::ForEach::Queues": loop}) == ("Fn::ForEach::Queues",)


def test_everything_is_named_at_once_and_the_sentence_says_what_to_do(cloud: Cloud) -> None:
    resources = {"Site": {"Type": "AWS::EC2::VPC"}, "Orders": {**QUEUE, "Properties": {"Colour": "red"}}}
    with pytest.raises(NotSupported) as refused:
        cloud.deploy_template({"Resources": resources})
    assert str(refused.value) == (
        "The template asks for 2 things that the lab does not have, and nothing was created: AWS::EC2::VPC (Site); "
        "Orders: the property Colour of AWS::SQS::Queue. (allow_unsupported=True deploys the rest.)"
    )


def test_the_rest_is_deployed_when_asked_for_and_what_needs_more_is_left_out_too(cloud: Cloud) -> None:
    resources = {
        "Broker": {"Type": "AWS::AmazonMQ::Broker"},
        "Orders": {**QUEUE, "Properties": {"Colour": "red", "DelaySeconds": 5}},
        "Policy": {
            "Type": "AWS::IAM::ManagedPolicy",
            "Properties": {
                "PolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [{"Effect": "Allow", "Action": "mq:*", "Resource": {"Fn::GetAtt": ["Broker", "Arn"]}}],
                }
            },
        },
        "Ear": {
            "Type": "AWS::SNS::Subscription",
            "Properties": {
                "TopicArn": {"Ref": "Broker"},
                "Protocol": "sqs",
                "Endpoint": {"Fn::GetAtt": ["Orders", "Arn"]},
            },
        },
    }
    outputs = {"Url": {"Value": {"Ref": "Orders"}}, "Broker": {"Value": {"Ref": "Broker"}}}
    stack = cloud.deploy_template({"Resources": resources, "Outputs": outputs}, allow_unsupported=True)
    assert list(stack.resources) == ["Orders", "Policy"]
    assert list(stack.outputs) == ["Url"]
    assert stack.left_out[:2] == ("AWS::AmazonMQ::Broker (Broker)", "Orders: the property Colour of AWS::SQS::Queue")
    assert stack.left_out[2].startswith("Ear (AWS::SNS::Subscription), which needs what is left out: ")


def test_a_function_is_deployed_without_the_layers_of_others(cloud: Cloud) -> None:
    code = "def handler(event, context):\n    return 7\n"
    layer = "arn:aws:lambda:us-east-1:111122223333:layer:tools:1"
    function = {"Runtime": "python3.13", "Handler": "index.handler", "InlineCode": code, "Layers": [layer]}
    template = {
        "Transform": "AWS::Serverless-2016-10-31",
        "Resources": {"Say": {"Type": "AWS::Serverless::Function", "Properties": function}},
    }
    stack = cloud.deploy_template(template, allow_unsupported=True)
    assert stack.left_out == (f"Say: the layer {layer}, which is of another account",)
    assert client("lambda").invoke(FunctionName=stack.resources["Say"])["Payload"].read() == b"7"


def test_properties_without_effect_are_told(cloud: Cloud) -> None:
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"BucketEncryption": {}, "AccessControl": "Private"}}
    stack = cloud.deploy_template({"Resources": {"Passports": bucket}})
    assert stack.without_effect == ("Passports.BucketEncryption", "Passports.AccessControl")


@pytest.mark.parametrize(
    ("properties", "sentence"),
    [
        ({"ShardCount": "many"}, "Positions.ShardCount is 'many', and must be of the type integer"),
        ({"StreamModeDetails": "fast"}, "Positions.StreamModeDetails must be a mapping"),
    ],
)
def test_values_of_the_wrong_type_are_told_before_anything_is_made(
    cloud: Cloud, properties: dict[str, Any], sentence: str
) -> None:
    resources = {"Orders": QUEUE, "Positions": {"Type": "AWS::Kinesis::Stream", "Properties": properties}}
    with pytest.raises(TemplateRefused) as refused:
        cloud.deploy_template({"Resources": resources})
    assert str(refused.value) == f"The template is wrong, and nothing was created: {sentence}."
    assert "QueueUrls" not in client("sqs").list_queues()


def test_resources_come_after_what_they_refer_to_and_depend_on(cloud: Cloud) -> None:
    """Source: "DependsOn attribute"."""
    resources = {
        "Last": {**QUEUE, "DependsOn": ["Middle"]},
        "Middle": {**QUEUE, "Properties": {"Tags": [{"Key": "of", "Value": {"Fn::Sub": "${First.QueueName}"}}]}},
        "Free": QUEUE,
        "First": QUEUE,
    }
    assert list(cloud.deploy_template({"Resources": resources}).resources) == ["Free", "First", "Middle", "Last"]


@pytest.mark.parametrize(
    ("resources", "sentence"),
    [
        (
            {"A": {**QUEUE, "DependsOn": "B"}, "B": {**QUEUE, "DependsOn": "C"}, "C": {**QUEUE, "DependsOn": "B"}},
            "The template cannot be deployed in any order: B and C need each other.",
        ),
        (
            {"A": {**QUEUE, "Properties": {"QueueName": {"Fn::GetAtt": ["A", "Arn"]}}}},
            "The template cannot be deployed in any order: A needs itself.",
        ),
        ({"A": {**QUEUE, "DependsOn": "B"}}, "A of The template depends on B, which is no resource."),
    ],
)
def test_an_order_that_cannot_be_is_told(cloud: Cloud, resources: dict[str, Any], sentence: str) -> None:
    """Source: "DependsOn attribute"."""
    with pytest.raises(TemplateRefused) as refused:
        cloud.deploy_template({"Resources": resources})
    assert str(refused.value) == sentence


def test_what_sam_refuses_is_told_in_its_words(cloud: Cloud) -> None:
    """Source: "AWS SAM template anatomy"."""
    with pytest.raises(TemplateRefused) as refused:
        cloud.deploy_template(
            {
                "Transform": "AWS::Serverless-2016-10-31",
                "Resources": {"Say": {"Type": "AWS::Serverless::Function", "Properties": {"Handler": "app.handler"}}},
            }
        )
    assert str(refused.value).startswith("AWS SAM refuses The template: Resource with id [Say] is invalid.")
