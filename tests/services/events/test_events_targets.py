"""The services that rules deliver to, and who must let them in."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from eventlab import ACCOUNT, ROLE, Lab, allowing, arn_of, client

ECHO = "import json\ndef handler(event, context):\n    print(json.dumps(event))\n"
FUNCTION = arn_of("lambda", "function:work")


def permit(rule: str | None = None, **fields: Any) -> None:
    """Let EventBridge invoke the function."""
    if rule is not None:
        fields["SourceArn"] = rule
    client("lambda").add_permission(
        FunctionName="work",
        StatementId="rules",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        **fields,
    )


def test_a_function_is_invoked_asynchronously(lab: Lab) -> None:
    """Source: fact ``eventbridge.lambda_invocation``; "Using resource-based policies for Amazon EventBridge"."""
    lab.cloud.deploy("work", ECHO)
    permit(lab.rule(FUNCTION))
    event = lab.put({"order": 7})
    assert lab.of("invoked", "lambda:work") == [], "not inside the producer's call"
    lab.cloud.settle()
    assert lab.kinds() == ["sent", "routed", "delivered"]
    (invoked,) = lab.of("invoked", "lambda:work")
    assert invoked.message in lab.family(event)
    assert '"order": 7' in lab.cloud.logs("work")


def test_a_function_without_a_permission_is_never_invoked(lab: Lab) -> None:
    """Source: "Using resource-based policies for Amazon EventBridge"; fact ``eventbridge.retry_client_error``."""
    lab.cloud.deploy("work", ECHO)
    lab.rule(FUNCTION)
    lab.put()
    lab.cloud.settle()
    assert lab.kinds() == ["sent", "routed", "dropped"]
    assert [event.detail["by"] for event in lab.of("denied", "lambda:work")] == [arn_of("events", "rule/rule")]


def test_a_permission_may_name_another_rule(lab: Lab) -> None:
    """Source: "Using resource-based policies for Amazon EventBridge"."""
    lab.cloud.deploy("work", ECHO)
    lab.rule(FUNCTION)
    permit(arn_of("events", "rule/other"))
    lab.put()
    lab.cloud.settle()
    assert lab.of("denied", "lambda:work")


@pytest.mark.parametrize(
    ("condition", "delivered"),
    [
        ({"ArnEquals": {"aws:SourceArn": arn_of("events", "rule/rule")}}, True),
        ({"ArnLike": {"aws:SourceArn": arn_of("events", "rule/*")}}, True),
        ({"ArnEquals": {"aws:SourceArn": arn_of("events", "rule/other")}}, False),
        ({"StringEquals": {"aws:SourceAccount": ACCOUNT}}, True),
        ({"StringEquals": {"aws:SourceAccount": "999999999999"}}, False),
    ],
)
def test_a_queue_asks_who_sends(lab: Lab, condition: Any, delivered: bool) -> None:
    """Source: "Using resource-based policies for Amazon EventBridge"."""
    arn = lab.queue(open_to_rules=False, Policy=allowing("sqs:SendMessage", arn_of("sqs", "orders"), **condition))
    lab.rule(arn)
    lab.put()
    lab.cloud.settle()
    assert len(lab.bodies()) == delivered
    assert bool(lab.of("denied", "sqs:orders")) is not delivered


def test_a_fifo_queue_gets_its_group(lab: Lab) -> None:
    """Source: PutTargets."""
    lab.rule({"Arn": lab.queue("orders.fifo"), "SqsParameters": {"MessageGroupId": "g"}})
    lab.put()
    lab.cloud.settle()
    (message,) = lab.received("orders.fifo")
    assert message["Attributes"]["MessageGroupId"] == "g"


def test_a_fifo_queue_needs_content_based_deduplication(lab: Lab) -> None:
    """Source: PutTargets."""
    dead = lab.queue("dead")
    queue = lab.queue("orders.fifo", ContentBasedDeduplication="false")
    lab.rule({"Arn": queue, "SqsParameters": {"MessageGroupId": "g"}, "DeadLetterConfig": {"Arn": dead}})
    lab.put()
    lab.cloud.settle()
    (letter,) = lab.letters()
    assert letter["ERROR_CODE"] == "INVALID_PARAMETER"
    assert "ContentBasedDeduplication" in letter["ERROR_MESSAGE"]


def test_a_topic_hands_the_event_on(lab: Lab) -> None:
    """Source: "Event bus targets in Amazon EventBridge"; "Using resource-based policies for Amazon EventBridge"."""
    topic = client("sns").create_topic(Name="news")["TopicArn"]
    client("sns").set_topic_attributes(
        TopicArn=topic, AttributeName="Policy", AttributeValue=allowing("sns:Publish", topic)
    )
    lab.rule(topic)
    lab.put({"n": 1})
    lab.cloud.settle()
    assert lab.kinds() == ["sent", "routed", "delivered"]


def test_a_stream_gets_the_event_under_its_identifier_or_a_key_from_it(lab: Lab) -> None:
    """Source: PutTargets."""
    client("kinesis").create_stream(StreamName="clicks", ShardCount=1)
    arn = arn_of("kinesis", "stream/clicks")
    lab.rule(
        {"Arn": arn, "RoleArn": ROLE, "InputPath": "$.detail"},
        {"Arn": arn, "RoleArn": ROLE, "KinesisParameters": {"PartitionKeyPath": "$.detail.customer"}},
    )
    event = lab.put({"customer": "c7"})
    lab.cloud.settle()
    shard = client("kinesis").get_shard_iterator(
        StreamName="clicks", ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )
    records = client("kinesis").get_records(ShardIterator=shard["ShardIterator"])["Records"]
    assert [record["PartitionKey"] for record in records] == [event, "c7"]
    assert json.loads(records[0]["Data"]) == {"customer": "c7"}


def test_a_delivery_stream_takes_the_event(lab: Lab) -> None:
    """Source: "Event bus targets in Amazon EventBridge"."""
    client("s3").create_bucket(Bucket="lake")
    client("firehose").create_delivery_stream(
        DeliveryStreamName="lake",
        ExtendedS3DestinationConfiguration={"RoleARN": ROLE, "BucketARN": "arn:aws:s3:::lake"},
    )
    lab.rule({"Arn": arn_of("firehose", "deliverystream/lake"), "RoleArn": ROLE})
    lab.put({"n": 1})
    lab.cloud.advance(minutes=20)
    assert lab.kinds() == ["sent", "routed", "delivered"]


def test_a_state_machine_is_started_with_the_event(lab: Lab) -> None:
    """Source: "Event bus targets in Amazon EventBridge"."""
    machine = client("stepfunctions").create_state_machine(
        name="flow", roleArn=ROLE, definition=json.dumps({"StartAt": "a", "States": {"a": {"Type": "Succeed"}}})
    )["stateMachineArn"]
    lab.rule({"Arn": machine, "RoleArn": ROLE, "InputPath": "$.detail"})
    lab.put({"order": 7})
    lab.cloud.settle()
    (execution,) = client("stepfunctions").list_executions(stateMachineArn=machine)["executions"]
    described = client("stepfunctions").describe_execution(executionArn=execution["executionArn"])
    assert json.loads(described["input"]) == {"order": 7}


def test_a_log_group_keeps_the_event_if_its_policy_lets_the_rule_in(lab: Lab) -> None:
    """Source: "Using resource-based policies for Amazon EventBridge"; "Amazon EventBridge input transformation"."""
    client("logs").create_log_group(logGroupName="/aws/events/orders")
    arn = arn_of("logs", "log-group:/aws/events/orders")
    own = {"InputPathsMap": {"n": "$.detail.n"}, "InputTemplate": '{"timestamp": <n>, "message": "number <n>"}'}
    lab.rule(arn, {"Arn": arn, "InputTransformer": own})
    lab.put({"n": 1767225605000})
    lab.cloud.settle()
    assert len(lab.of("denied", "logs:/aws/events/orders")) == 2
    client("logs").put_resource_policy(policyName="rules", policyDocument=allowing("logs:PutLogEvents", f"{arn}:*"))
    lab.put({"n": 1767225606000})
    lab.cloud.settle()
    events = client("logs").filter_log_events(logGroupName="/aws/events/orders")["events"]
    whole, own = sorted(events, key=lambda event: event["timestamp"])
    assert json.loads(whole["message"])["detail"] == {"n": 1767225606000}
    assert (own["timestamp"], own["message"]) == (1767225606000, "number 1767225606000")


def test_a_bus_hands_an_event_to_another_bus_of_the_account(lab: Lab) -> None:
    """Source: "Sending events between event buses in the same account and Region in Amazon EventBridge"."""
    lab.rule({"Arn": lab.bus("billing"), "RoleArn": ROLE})
    lab.rule(lab.queue(), bus="billing")
    first = lab.put({"order": 7}, Resources=["arn:1"])
    lab.cloud.settle()
    (event,) = lab.events()
    assert (event["source"], event["detail"], event["resources"]) == ("shop", {"order": 7}, ["arn:1"])
    assert event["id"] in lab.family(first)


def test_an_event_from_a_bus_goes_to_no_third_bus(lab: Lab) -> None:
    """Source: "Sending events between event buses in the same account and Region in Amazon EventBridge"; "Using
    dead-letter queues to process undelivered events in EventBridge".
    """
    lab.rule({"Arn": lab.bus("billing"), "RoleArn": ROLE})
    third = {"Arn": lab.bus("archive"), "RoleArn": ROLE, "DeadLetterConfig": {"Arn": lab.queue("dead")}}
    lab.rule(third, bus="billing")
    lab.rule(lab.queue(), bus="archive")
    lab.put()
    lab.cloud.settle()
    assert lab.bodies() == []
    (letter,) = lab.letters()
    assert letter["ERROR_CODE"] == "THIRD_ACCOUNT_HOP_DETECTED"
    assert letter["ERROR_MESSAGE"].startswith("Events received from another event bus cannot be forwarded")
    assert letter["RETRY_ATTEMPTS"] == "0"


def test_a_rule_that_feeds_its_own_bus_does_not_run_for_ever(lab: Lab) -> None:
    """Source: "Sending events between event buses in the same account and Region in Amazon EventBridge"."""
    lab.rule({"Arn": arn_of("events", "event-bus/default"), "RoleArn": ROLE})
    lab.put()
    lab.cloud.settle()
    assert lab.kinds() == ["sent", "routed", "sent", "routed", "delivered", "dropped"]


def test_a_bus_that_denies_an_event_of_another_bus_does_not_get_it(lab: Lab) -> None:
    """Source: "Permissions for event buses in Amazon EventBridge"."""
    arn = lab.bus("billing")
    deny = json.loads(allowing("events:PutEvents", arn))
    deny["Statement"][0] |= {
        "Effect": "Deny",
        "Principal": "*",
        "Condition": {"StringEquals": {"events:eventBusInvocation": "true"}},
    }
    client("events").put_permission(EventBusName="billing", Policy=json.dumps(deny))
    lab.rule({"Arn": arn, "RoleArn": ROLE})
    lab.put()
    lab.put(EventBusName="billing")
    lab.cloud.settle()
    assert [event.kind for event in lab.of("dropped")] == ["dropped"]
    assert len(lab.of("sent", "events:billing")) == 1


def test_a_bus_of_another_region_takes_events_too(lab: Lab) -> None:
    """Source: PutEvents."""
    session = boto3.Session(aws_access_key_id="testing", aws_secret_access_key="testing", region_name="eu-west-1")
    there = session.client("events")
    there.put_rule(Name="rule", EventPattern=json.dumps({"source": ["shop"]}))
    target = f"arn:aws:events:eu-west-1:{ACCOUNT}:event-bus/default"
    lab.rule({"Arn": target, "RoleArn": ROLE})
    lab.put()
    lab.cloud.settle()
    first, second = lab.of("sent")
    assert (first.detail["rules"], second.detail["rules"]) == (["rule"], ["rule"])
    assert second.message in lab.family(str(first.message))


@pytest.mark.parametrize("allowed", [True, False])
def test_a_bus_of_another_account_must_let_the_account_in(lab: Lab, allowed: bool) -> None:
    """Source: PutPermission; "Permissions for event buses in Amazon EventBridge"."""
    other = "222222222222"
    got = client("sts").assume_role(RoleArn=f"arn:aws:iam::{other}:role/admin", RoleSessionName="them")["Credentials"]
    there = boto3.client(
        "events",
        region_name="us-east-1",
        aws_access_key_id=got["AccessKeyId"],
        aws_secret_access_key=got["SecretAccessKey"],
        aws_session_token=got["SessionToken"],
    )
    there.put_rule(Name="all", EventPattern=json.dumps({"account": [ACCOUNT]}))
    there.put_permission(
        Action="events:PutEvents", Principal=ACCOUNT if allowed else "333333333333", StatementId="them"
    )
    lab.rule({"Arn": f"arn:aws:events:us-east-1:{other}:event-bus/default", "RoleArn": ROLE})
    lab.put()
    lab.cloud.settle()
    assert [event.detail["rules"] for event in lab.of("sent")] == [["rule"], ["all"]][: 1 + allowed]
    assert bool(lab.of("dropped")) is not allowed


def test_an_api_in_front_of_a_function_can_be_a_target(lab: Lab) -> None:
    """Source: "Event bus targets in Amazon EventBridge"."""
    lab.cloud.deploy("work", "def handler(event, context):\n    print(event['body'])\n    return {'statusCode': 200}\n")
    gateway = client("apigateway")
    api = gateway.create_rest_api(name="orders")["id"]
    (root,) = gateway.get_resources(restApiId=api)["items"]
    resource = gateway.create_resource(restApiId=api, parentId=root["id"], pathPart="orders")["id"]
    where = {"restApiId": api, "resourceId": resource, "httpMethod": "POST"}
    gateway.put_method(**where, authorizationType="NONE")
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{FUNCTION}/invocations"
    gateway.put_integration(**where, type="AWS_PROXY", integrationHttpMethod="POST", uri=uri)
    gateway.create_deployment(restApiId=api, stageName="prod")
    client("lambda").add_permission(
        FunctionName="work", StatementId="api", Action="lambda:InvokeFunction", Principal="apigateway.amazonaws.com"
    )
    lab.rule({"Arn": arn_of("execute-api", f"{api}/prod/POST/orders"), "InputPath": "$.detail"})
    lab.put({"order": 7})
    lab.cloud.settle()
    assert lab.kinds() == ["sent", "routed", "delivered"]
    assert '{"order":7}' in lab.cloud.logs("work")


def test_an_object_of_a_bucket_becomes_an_event_for_a_rule(lab: Lab) -> None:
    """Source: "Creating Amazon EventBridge event patterns"."""
    lab.rule(lab.queue(), pattern={"source": ["aws.s3"], "detail-type": ["Object Created"]})
    client("s3").create_bucket(Bucket="pictures")
    configuration: dict[str, Any] = {"EventBridgeConfiguration": {}}
    client("s3").put_bucket_notification_configuration(Bucket="pictures", NotificationConfiguration=configuration)
    client("s3").put_object(Bucket="pictures", Key="cat.png", Body=b"cat")
    lab.cloud.settle()
    (event,) = lab.events()
    assert (event["source"], event["resources"]) == ("aws.s3", ["arn:aws:s3:::pictures"])
    assert event["detail"]["object"]["key"] == "cat.png"


def test_what_the_lab_does_not_deliver_to_is_told_in_a_sentence(lab: Lab) -> None:
    lab.rule(arn_of("ssm", "automation-definition/repair"))
    lab.put()
    lab.cloud.settle()
    (dropped,) = lab.of("dropped")
    assert "the lab's rules do not deliver to ssm" in dropped.detail["why"]


def test_a_record_of_a_function_reaches_a_bus_as_the_service(lab: Lab) -> None:
    """Source: "Capturing records of Lambda asynchronous invocations"."""
    lab.cloud.deploy("work", "def handler(event, context):\n    raise ValueError('no')\n")
    client("lambda").put_function_event_invoke_config(
        FunctionName="work",
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": arn_of("events", "event-bus/default")}},
    )
    kind = "Lambda Function Invocation Result - Failure"
    lab.rule(lab.queue(), pattern={"source": ["aws.lambda"], "detail-type": [kind]})
    client("lambda").invoke(FunctionName="work", InvocationType="Event", Payload="{}")
    lab.cloud.settle()
    (event,) = lab.events()
    assert event["detail"]["requestContext"]["condition"] == "RetriesExhausted"
