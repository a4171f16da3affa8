"""Kinesis and Firehose, and the tables of DynamoDB.

Source: CloudFormation Template Reference Guide, "AWS::Kinesis::Stream", "AWS::Kinesis::StreamConsumer",
"AWS::KinesisFirehose::DeliveryStream", "AWS::DynamoDB::Table" (read 2026-11).
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from waterline.facts import facts
from waterline.templates.resources.kind import Kind, Made, Simple, Site, Wanted, only, shaped

_LONGEST_STREAM = 128  # characters; CreateStream of the API reference
_LONGEST_TABLE = 255  # characters; CreateTable of the API reference


class Stream(Kind):
    type = "AWS::Kinesis::Stream"
    named = "Name"
    takes = MappingProxyType(
        {
            **shaped("kinesis", "CreateStream", "ShardCount", "StreamModeDetails", "Tags"),
            **shaped("kinesis", "IncreaseStreamRetentionPeriod", "RetentionPeriodHours"),
            "Name": None,
            "StreamEncryption": None,
        }
    )
    idle = frozenset({"StreamEncryption"})
    attributes = frozenset({"Arn"})

    def create(self, wanted: Wanted, site: Site) -> Made:
        given = wanted.properties
        name = given.get("Name") or site.generated(wanted.logical_id, _LONGEST_STREAM)
        site.call(
            "kinesis", "CreateStream", {"StreamName": name, **only(given, "ShardCount", "StreamModeDetails", "Tags")}
        )
        self._wait(name, site)
        hours = given.get("RetentionPeriodHours")
        if hours is not None and hours > facts["kinesis.retention_default"].seconds // 3600:
            asked = {"StreamName": name, "RetentionPeriodHours": hours}
            site.call("kinesis", "IncreaseStreamRetentionPeriod", asked)
        return Made(name, {"Arn": site.arn("kinesis", f"stream/{name}")})

    def delete(self, made: Made, site: Site) -> None:
        site.call("kinesis", "DeleteStream", {"StreamName": made.physical_id, "EnforceConsumerDeletion": True})

    @staticmethod
    def _wait(name: str, site: Site) -> None:
        summary = site.call("kinesis", "DescribeStreamSummary", {"StreamName": name})["StreamDescriptionSummary"]
        if summary["StreamStatus"] == "CREATING":
            site.client("kinesis").get_waiter("stream_exists").wait(StreamName=name)


class DeliveryStream(Simple):
    """A delivery stream, ready to take records."""

    def create(self, wanted: Wanted, site: Site) -> Made:
        asked = self.parameters(wanted, site)
        name = asked["DeliveryStreamName"]
        arn = site.call("firehose", "CreateDeliveryStream", asked)["DeliveryStreamARN"]
        return Made(name, {"Arn": arn}, {**asked})


class Table(Kind):
    type = "AWS::DynamoDB::Table"
    named = "TableName"
    takes = MappingProxyType(
        {
            **shaped(
                "dynamodb",
                "CreateTable",
                "TableName",
                "AttributeDefinitions",
                "KeySchema",
                "BillingMode",
                "ProvisionedThroughput",
                "OnDemandThroughput",
                "GlobalSecondaryIndexes",
                "LocalSecondaryIndexes",
                "StreamSpecification",
                "TableClass",
                "DeletionProtectionEnabled",
                "Tags",
            ),
            **shaped("dynamodb", "UpdateTimeToLive", "TimeToLiveSpecification"),
            "SSESpecification": None,
            "PointInTimeRecoverySpecification": None,
            "ContributorInsightsSpecification": None,
            "KinesisStreamSpecification": None,
            "ResourcePolicy": None,
        }
    )
    idle = frozenset(
        {"SSESpecification", "PointInTimeRecoverySpecification", "ContributorInsightsSpecification", "ResourcePolicy"}
    )
    attributes = frozenset({"Arn", "StreamArn"})
    _beside = frozenset({"TimeToLiveSpecification", "KinesisStreamSpecification"})

    def create(self, wanted: Wanted, site: Site) -> Made:
        given = wanted.properties
        name = given.get("TableName") or site.generated(wanted.logical_id, _LONGEST_TABLE)
        asked = {key: value for key, value in given.items() if key not in self.idle | self._beside}
        if "StreamSpecification" in asked:
            asked["StreamSpecification"] = {"StreamEnabled": True, **asked["StreamSpecification"]}
        table = site.call("dynamodb", "CreateTable", {**asked, "TableName": name})["TableDescription"]
        self._settle(name, given, site)
        attributes = {"Arn": table["TableArn"], "StreamArn": table.get("LatestStreamArn")}
        return Made(name, attributes, {"TableName": name})

    def update(self, wanted: Wanted, made: Made, changed: frozenset[str], site: Site) -> Made | None:
        if not changed <= self._beside:
            return None
        self._settle(made.physical_id, only(wanted.properties, *changed), site)
        return made

    def _settle(self, name: str, given: Any, site: Site) -> None:
        if "TimeToLiveSpecification" in given:
            site.call("dynamodb", "UpdateTimeToLive", {"TableName": name, **only(given, "TimeToLiveSpecification")})
        if "KinesisStreamSpecification" in given:
            stream = given["KinesisStreamSpecification"]["StreamArn"]
            asked = {"TableName": name, "StreamArn": stream}
            site.call("dynamodb", "EnableKinesisStreamingDestination", asked)

    def delete(self, made: Made, site: Site) -> None:
        site.call("dynamodb", "DeleteTable", {"TableName": made.physical_id})


KINDS: tuple[Kind, ...] = (
    Stream(),
    Simple(
        "AWS::Kinesis::StreamConsumer",
        "kinesis",
        "RegisterStreamConsumer",
        delete="DeregisterStreamConsumer",
        takes=("ConsumerName", "StreamARN"),
        physical_id="Consumer.ConsumerARN",
        attributes={
            "ConsumerARN": "Consumer.ConsumerARN",
            "ConsumerName": "Consumer.ConsumerName",
            "ConsumerStatus": "Consumer.ConsumerStatus",
            "StreamARN": "StreamARN",
        },
        delete_with={"ConsumerARN": "Consumer.ConsumerARN"},
    ),
    DeliveryStream(
        "AWS::KinesisFirehose::DeliveryStream",
        "firehose",
        "CreateDeliveryStream",
        delete="DeleteDeliveryStream",
        name=("DeliveryStreamName", 64),
        physical_id="DeliveryStreamName",
        attributes={"Arn": "Arn"},
    ),
    Table(),
)
