"""Every type of resource: one template has them all; it deploys, changes, and leaves nothing behind."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from deployed import HERE, client

from waterline import Cloud
from waterline.templates.document import read
from waterline.templates.resources import KINDS

EVERYTHING = HERE / "everything.yaml"
# How what is there is listed, by service; names of what the cloud itself has are left out below.
LISTS: Mapping[str, tuple[str, str]] = {
    "sqs": ("list_queues", "QueueUrls"),
    "sns": ("list_topics", "Topics"),
    "events": ("list_rules", "Rules"),
    "scheduler": ("list_schedules", "Schedules"),
    "pipes": ("list_pipes", "Pipes"),
    "kinesis": ("list_streams", "StreamNames"),
    "firehose": ("list_delivery_streams", "DeliveryStreamNames"),
    "dynamodb": ("list_tables", "TableNames"),
    "s3": ("list_buckets", "Buckets"),
    "lambda": ("list_functions", "Functions"),
    "stepfunctions": ("list_state_machines", "stateMachines"),
    "apigateway": ("get_rest_apis", "items"),
    "apigatewayv2": ("get_apis", "Items"),
    "logs": ("describe_log_groups", "logGroups"),
    "cloudwatch": ("describe_alarms", "MetricAlarms"),
    "ssm": ("describe_parameters", "Parameters"),
    "secretsmanager": ("list_secrets", "SecretList"),
}


def there() -> dict[str, int]:
    """How many things each service has."""
    found = {}
    for service, (operation, listed) in LISTS.items():
        answer = getattr(client(service), operation)()
        found[service] = len(answer.get(listed) or [])
    found["buses"] = len(client("events").list_event_buses()["EventBuses"])
    found["archives"] = len(client("events").list_archives()["Archives"])
    found["roles"] = len(client("iam").list_roles()["Roles"])
    found["policies"] = len(client("iam").list_policies(Scope="Local")["Policies"])
    found["mappings"] = len(client("lambda").list_event_source_mappings()["EventSourceMappings"])
    return found


def test_the_template_has_every_type_that_the_lab_has() -> None:
    assert {resource["Type"] for resource in read(EVERYTHING).resources.values()} == set(KINDS)


def test_every_type_is_made_with_all_its_attributes_and_nothing_stays_behind(cloud: Cloud) -> None:
    before = there()
    template = read(EVERYTHING)
    attributes = {
        f"{logical_id}{name}": {"Value": {"Fn::GetAtt": [logical_id, name]}}
        for logical_id, resource in template.resources.items()
        for name in sorted(KINDS[resource["Type"]].attributes)
    }
    # As a mapping its paths begin in the working directory, so the layer is given.
    body = {**template.body, "Outputs": {**template.body["Outputs"], **attributes}}
    layer = str(HERE / "layer")
    stack = cloud.deploy_template(body, code={"Words": layer})
    assert set(stack.resources) == set(template.resources)
    quiet = {"OrdersToNoticesStateReason"}  # a pipe that runs has no reason for its state
    assert {name for name, value in stack.outputs.items() if value in (None, "")} <= quiet
    cloud.delete_stack()
    assert there() == before


def test_every_type_takes_a_change(cloud: Cloud) -> None:
    first = cloud.deploy_template(EVERYTHING)
    second = cloud.deploy_template(EVERYTHING, parameters={"Comment": "second"})
    assert set(second.resources) == set(first.resources)
    assert second.outputs["Comment"] == "second"
    # What its service can change in place has stayed where it was.
    for logical_id in ("Notices", "NoticesToOrders", "OnArrival", "Setting", "TooMany", "Greet", "Live", "Say"):
        assert second.resources[logical_id] == first.resources[logical_id], logical_id
    described = client("events").describe_rule(
        Name=second.resources["OnArrival"].partition("|")[2], EventBusName="harbor"
    )
    assert described["Description"] == "second"
    cloud.delete_stack()


# -- that properties arrive --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def everything() -> Any:
    """The stack with everything, and its cloud."""
    with Cloud(seed=7) as cloud:
        yield cloud.deploy_template(EVERYTHING), cloud


def subscription(names: Mapping[str, str]) -> Any:
    attributes = client("sns").get_subscription_attributes(SubscriptionArn=names["NoticesToOrders"])["Attributes"]
    return json.loads(attributes["FilterPolicy"]), attributes["RawMessageDelivery"], attributes["FilterPolicyScope"]


def target(names: Mapping[str, str]) -> Any:
    rule = names["OnArrival"].partition("|")[2]
    [one] = client("events").list_targets_by_rule(Rule=rule, EventBusName="harbor")["Targets"]
    return one["RetryPolicy"], one["InputTransformer"]["InputTemplate"]


def retries(names: Mapping[str, str]) -> Any:
    config = client("lambda").get_function_event_invoke_config(FunctionName=names["Say"])
    return config["MaximumRetryAttempts"]


def environment(names: Mapping[str, str]) -> Any:
    configuration = client("lambda").get_function_configuration(FunctionName=names["Say"])
    return configuration["Environment"]["Variables"]


def redrive(names: Mapping[str, str]) -> Any:
    asked = client("sqs").get_queue_attributes(QueueUrl=names["Orders"], AttributeNames=["All"])
    return json.loads(asked["Attributes"]["RedrivePolicy"])["maxReceiveCount"]


def notification(names: Mapping[str, str]) -> Any:
    config = client("s3").get_bucket_notification_configuration(Bucket=names["Passports"])
    return config["QueueConfigurations"][0]["Events"]


def lives(names: Mapping[str, str]) -> Any:
    return client("dynamodb").describe_time_to_live(TableName=names["LogBook"])["TimeToLiveDescription"]


def retention(names: Mapping[str, str]) -> Any:
    summary = client("kinesis").describe_stream_summary(StreamName=names["Positions"])["StreamDescriptionSummary"]
    return summary["RetentionPeriodHours"], summary["OpenShardCount"]


def alarm(names: Mapping[str, str]) -> Any:
    [one] = client("cloudwatch").describe_alarms(AlarmNames=[names["TooMany"]])["MetricAlarms"]
    return one["Period"], one["AlarmActions"] == [names["Notices"]]


def buffer(names: Mapping[str, str]) -> Any:
    described = client("firehose").describe_delivery_stream(DeliveryStreamName=names["Lake"])
    [one] = described["DeliveryStreamDescription"]["Destinations"]
    return one["ExtendedS3DestinationDescription"]["BufferingHints"]


def plan(names: Mapping[str, str]) -> Any:
    described = client("apigateway").get_usage_plan(usagePlanId=names["Plan"])
    return described["throttle"], described["quota"]["limit"]


def throttle(names: Mapping[str, str]) -> Any:
    stage = client("apigateway").get_stage(restApiId=names["Desk"], stageName="open")
    return stage["methodSettings"]["*/*"]["throttlingRateLimit"]


def tags(names: Mapping[str, str]) -> Any:
    table = client("dynamodb").describe_table(TableName=names["LogBook"])["Table"]["TableArn"]
    return (
        client("sqs").list_queue_tags(QueueUrl=names["Orders"])["Tags"],
        client("dynamodb").list_tags_of_resource(ResourceArn=table)["Tags"],
        client("s3").get_bucket_tagging(Bucket=names["Passports"])["TagSet"],
    )


def secret(names: Mapping[str, str]) -> Any:
    text = client("secretsmanager").get_secret_value(SecretId=names["Password"])["SecretString"]
    return json.loads(text)["username"], len(json.loads(text)["password"])


def policies(names: Mapping[str, str]) -> Any:
    return sorted(client("iam").list_role_policies(RoleName=names["Role"])["PolicyNames"])


OF = [{"Key": "of", "Value": "all"}]


@pytest.mark.parametrize(
    ("look", "expected"),
    [
        (subscription, ({"kind": ["order", "first"]}, "true", "MessageBody")),
        (target, ({"MaximumRetryAttempts": 3, "MaximumEventAgeInSeconds": 600}, '{"ship": "<ship>"}')),
        (retries, 1),
        (environment, {"COMMENT": "first", "DELAY": "5", "LOUD": "true"}),
        (redrive, 3),
        (notification, ["s3:ObjectCreated:*"]),
        (lives, {"AttributeName": "ends", "TimeToLiveStatus": "ENABLED"}),
        (retention, (48, 2)),
        (alarm, (60, True)),
        (buffer, {"IntervalInSeconds": 60, "SizeInMBs": 5}),
        (plan, ({"burstLimit": 5, "rateLimit": 10.0}, 100)),
        (throttle, 100.0),
        (tags, ({"of": "first"}, OF, OF)),
        (secret, ("purser", 24)),
        (policies, ["all", "more", "yet-more"]),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_properties_arrive_in_the_words_of_the_api(everything: Any, look: Any, expected: Any) -> None:
    stack, _ = everything
    assert look(stack.resources) == expected


def test_the_front_doors_of_the_template_lead_to_its_function(everything: Any) -> None:
    stack, cloud = everything
    host = "execute-api.us-east-1.amazonaws.com"
    url = client("lambda").get_function_url_config(FunctionName=stack.resources["Say"])["FunctionUrl"]
    for door in (
        f"https://{stack.resources['Desk']}.{host}/open/greeting",
        f"https://{stack.resources['Quay']}.{host}/greeting",
        url,
    ):
        assert cloud.http.get(door).body == "aye"
