"""A stack: deployed again with changes, undone when a service refuses, and deleted."""

from __future__ import annotations

import json
from typing import Any

import pytest
from deployed import bodies, client

from waterline import Cloud
from waterline.templates.mistakes import DeploymentFailed, NoSuchStack, TemplateRefused

TRUST = {
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]
}


def queue(**properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::SQS::Queue", "Properties": properties}


def attribute(url: str, name: str) -> str:
    asked = client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
    return str(asked["Attributes"][name])


def queues() -> set[str]:
    return {url.rpartition("/")[2] for url in client("sqs").list_queues().get("QueueUrls", [])}


def test_a_template_that_is_deployed_again_changes_nothing(cloud: Cloud) -> None:
    """Source: "Update behaviors of stack resources"."""
    first = cloud.deploy_template({"Resources": {"Orders": queue(DelaySeconds=5)}})
    client("sqs").send_message(QueueUrl=first.resources["Orders"], MessageBody="kept", DelaySeconds=0)
    assert cloud.deploy_template({"Resources": {"Orders": queue(DelaySeconds=5)}}) == first
    assert bodies(first.resources["Orders"]) == ["kept"]


def test_a_change_that_the_service_can_make_leaves_the_resource_where_it_is(cloud: Cloud) -> None:
    """Source: "Update behaviors of stack resources", SetQueueAttributes."""
    first = cloud.deploy_template({"Resources": {"Orders": queue(DelaySeconds=5)}})
    second = cloud.deploy_template({"Resources": {"Orders": queue(DelaySeconds=9)}})
    assert second.resources == first.resources
    assert attribute(second.resources["Orders"], "DelaySeconds") == "9"


def test_a_change_that_the_service_cannot_make_is_a_replacement_and_others_follow(cloud: Cloud) -> None:
    """Source: "Update behaviors of stack resources"."""

    def template(fifo: bool) -> dict[str, Any]:
        kind = {"FifoQueue": True} if fifo else {}
        return {
            "Resources": {
                "Dead": queue(**kind),
                "Orders": queue(
                    **kind, RedrivePolicy={"deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]}, "maxReceiveCount": 3}
                ),
            }
        }

    first = cloud.deploy_template(template(fifo=False))
    second = cloud.deploy_template(template(fifo=True))
    assert set(first.resources.values()).isdisjoint(second.resources.values())
    assert queues() == {url.rpartition("/")[2] for url in second.resources.values()}
    redrive = json.loads(attribute(second.resources["Orders"], "RedrivePolicy"))
    assert redrive["deadLetterTargetArn"].endswith(second.resources["Dead"].rpartition("/")[2])


def test_a_resource_with_a_name_of_its_own_cannot_be_replaced(cloud: Cloud) -> None:
    """Source: "Update behaviors of stack resources"."""
    cloud.deploy_template({"Resources": {"Orders": queue(QueueName="orders.fifo", FifoQueue=True)}})
    with pytest.raises(DeploymentFailed) as refused:
        cloud.deploy_template({"Resources": {"Orders": queue(QueueName="orders.fifo"), "More": queue()}})
    assert str(refused.value).endswith(
        "CloudFormation cannot update a stack when a custom-named resource requires replacing. "
        "Rename orders.fifo and update the stack again."
    )
    assert queues() == {"orders.fifo"}


def test_what_is_new_is_made_and_what_is_gone_is_taken_away(cloud: Cloud) -> None:
    """Source: "Update behaviors of stack resources"."""
    cloud.deploy_template({"Resources": {"Old": queue(QueueName="old"), "Kept": queue(QueueName="kept")}})
    stack = cloud.deploy_template({"Resources": {"Kept": queue(QueueName="kept"), "New": queue(QueueName="new")}})
    assert queues() == {"kept", "new"}
    assert list(stack.resources) == ["Kept", "New"]


def test_new_code_is_deployed_to_the_same_function(cloud: Cloud) -> None:
    """Source: "Update behaviors of stack resources", UpdateFunctionCode, UpdateFunctionConfiguration."""

    def template(answer: int, timeout: int) -> dict[str, Any]:
        code = f"def handler(event, context):\n    return {answer}\n"
        return {
            "Resources": {
                "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": TRUST}},
                "Say": {
                    "Type": "AWS::Lambda::Function",
                    "Properties": {
                        "Runtime": "python3.13",
                        "Handler": "index.handler",
                        "Code": {"ZipFile": code},
                        "Timeout": timeout,
                        "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                    },
                },
            }
        }

    first = cloud.deploy_template(template(1, 3))
    second = cloud.deploy_template(template(2, 9))
    assert second.resources == first.resources
    name = second.resources["Say"]
    assert json.load(client("lambda").invoke(FunctionName=name)["Payload"]) == 2
    assert client("lambda").get_function_configuration(FunctionName=name)["Timeout"] == 9


def test_what_is_retained_outlives_its_stack(cloud: Cloud) -> None:
    """Source: "DeletionPolicy attribute"."""
    kept = {**queue(QueueName="kept"), "DeletionPolicy": "Retain"}
    cloud.deploy_template({"Resources": {"Kept": kept, "Gone": queue(QueueName="gone")}})
    cloud.deploy_template({"Resources": {"Gone": queue(QueueName="gone")}})
    assert queues() == {"kept", "gone"}
    cloud.delete_stack()
    assert queues() == {"kept"}


def test_what_is_retained_outlives_its_replacement(cloud: Cloud) -> None:
    """Source: "UpdateReplacePolicy attribute"."""
    first = {**queue(), "UpdateReplacePolicy": "Retain"}
    second = {**queue(FifoQueue=True), "UpdateReplacePolicy": "Retain"}
    cloud.deploy_template({"Resources": {"Orders": first}})
    cloud.deploy_template({"Resources": {"Orders": second}})
    assert len(queues()) == 2


def test_a_deployment_that_a_service_refuses_is_undone(cloud: Cloud) -> None:
    """Source: "Choose how to handle failures when provisioning resources"."""
    client("sqs").create_queue(QueueName="taken", Attributes={"DelaySeconds": "1"})
    resources = {"First": queue(QueueName="first"), "Taken": queue(QueueName="taken", DelaySeconds=2)}
    with pytest.raises(DeploymentFailed) as refused:
        cloud.deploy_template({"Resources": resources})
    assert str(refused.value).startswith(
        "Taken (AWS::SQS::Queue) of The template was refused, and the deployment was undone: "
    )
    assert queues() == {"taken"}
    with pytest.raises(NoSuchStack):
        cloud.delete_stack()


def test_an_update_that_a_service_refuses_leaves_the_stack_as_it_was(cloud: Cloud) -> None:
    """Source: "Choose how to handle failures when provisioning resources"."""
    before = cloud.deploy_template({"Resources": {"Orders": queue(DelaySeconds=5), "Gone": queue(QueueName="gone")}})
    resources = {"Orders": queue(DelaySeconds=9), "New": queue(), "Bad": queue(DelaySeconds=100_000)}
    with pytest.raises(DeploymentFailed):
        cloud.deploy_template({"Resources": resources})
    assert queues() == {url.rpartition("/")[2] for url in before.resources.values()}
    assert attribute(before.resources["Orders"], "DelaySeconds") == "5"
    assert (
        cloud.deploy_template({"Resources": {"Orders": queue(DelaySeconds=5), "Gone": queue(QueueName="gone")}})
        == before
    )


def test_what_was_taken_away_on_the_way_to_a_failure_is_there_again(cloud: Cloud) -> None:
    """Source: "Choose how to handle failures when provisioning resources"."""

    def template(source: str, **more: Any) -> dict[str, Any]:
        mapping = {"FunctionName": {"Ref": "Say"}, "EventSourceArn": {"Fn::GetAtt": [source, "Arn"]}}
        code = {
            "InlineCode": "def handler(event, context): pass\n",
            "Handler": "index.handler",
            "Runtime": "python3.13",
        }
        return {
            "Transform": "AWS::Serverless-2016-10-31",
            "Resources": {
                "One": queue(),
                "Two": queue(),
                "Say": {"Type": "AWS::Serverless::Function", "Properties": code},
                "Feed": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": mapping},
                **more,
            },
        }

    first = cloud.deploy_template(template("One"))
    bad = {**queue(DelaySeconds=100_000), "DependsOn": "Feed"}
    with pytest.raises(DeploymentFailed):
        cloud.deploy_template(template("Two", Bad=bad))
    [mapping] = client("lambda").list_event_source_mappings()["EventSourceMappings"]
    assert mapping["EventSourceArn"].endswith(first.resources["One"].rpartition("/")[2])
    cloud.delete_stack()
    assert client("lambda").list_event_source_mappings()["EventSourceMappings"] == []


def test_what_a_service_does_not_let_go_is_left_behind_and_told(cloud: Cloud) -> None:
    """Source: "Update behaviors of stack resources", DeleteBucket."""
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "full"}}
    cloud.deploy_template({"Resources": {"Full": bucket, "Orders": queue()}})
    client("s3").put_object(Bucket="full", Key="a", Body=b"a")
    stack = cloud.deploy_template({"Resources": {"Orders": queue()}})
    [sentence] = stack.left_behind
    assert sentence.startswith("full (AWS::S3::Bucket): BucketNotEmpty")


def test_a_resource_that_somebody_deleted_by_hand_is_no_obstacle(cloud: Cloud) -> None:
    stack = cloud.deploy_template({"Resources": {"Orders": queue(), "More": queue()}})
    client("sqs").delete_queue(QueueUrl=stack.resources["Orders"])
    cloud.delete_stack()
    assert queues() == set()


def test_a_bucket_with_objects_cannot_be_deleted(cloud: Cloud) -> None:
    """Source: DeleteBucket, "AWS::S3::Bucket"."""
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "full"}}
    cloud.deploy_template({"Resources": {"Full": bucket, "Orders": queue()}})
    client("s3").put_object(Bucket="full", Key="a", Body=b"a")
    with pytest.raises(DeploymentFailed) as refused:
        cloud.delete_stack()
    assert str(refused.value).startswith("Full (AWS::S3::Bucket) of lab cannot be deleted: BucketNotEmpty")
    client("s3").delete_object(Bucket="full", Key="a")
    cloud.delete_stack()
    assert client("s3").list_buckets()["Buckets"] == []


def test_stacks_with_names_of_their_own_stand_side_by_side(cloud: Cloud) -> None:
    template = {"Resources": {"Orders": queue()}}
    one, two = (cloud.deploy_template(template, stack_name=name) for name in ("one", "two"))
    assert [url.rpartition("/")[2].split("-")[0] for url in (one.resources["Orders"], two.resources["Orders"])] == [
        "one",
        "two",
    ]
    cloud.delete_stack("one")
    assert queues() == {two.resources["Orders"].rpartition("/")[2]}


def test_a_stack_that_is_not_there_is_told_in_one_sentence(cloud: Cloud) -> None:
    with pytest.raises(NoSuchStack) as refused:
        cloud.delete_stack("gone")
    assert str(refused.value) == "There is no stack gone; the stacks of this cloud: none."


@pytest.mark.parametrize("name", ["2nd", "my_stack", "", "my stack"])
def test_a_stack_is_called_as_cloudformation_allows(cloud: Cloud, name: str) -> None:
    """Source: CreateStack."""
    with pytest.raises(TemplateRefused) as refused:
        cloud.deploy_template({"Resources": {"Orders": queue()}}, stack_name=name)
    assert str(refused.value).startswith(f"A stack cannot be called {name!r}: ")


def test_generated_names_say_stack_and_logical_id(cloud: Cloud) -> None:
    """Source: "AWS::SQS::Queue"."""
    stack = cloud.deploy_template(
        {"Resources": {"Orders": queue(), "InOrder": queue(FifoQueue=True)}}, stack_name="shop"
    )
    assert stack.resources["Orders"].rpartition("/")[2].startswith("shop-Orders-")
    assert stack.resources["InOrder"].endswith(".fifo")
