"""S3: buckets with their notifications, and bucket policies.

Source: CloudFormation Template Reference Guide, "AWS::S3::Bucket", "AWS::S3::BucketPolicy" (read 2026-11).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from waterline.templates.resources.kind import Kind, Made, Site, Wanted

_LONGEST_NAME = 63  # characters; "General purpose bucket naming rules" of the S3 guide
# CloudFormation's name of the list, its name of the target, and the API's names of both.
_NOTIFIES = (
    ("LambdaConfigurations", "Function", "LambdaFunctionConfigurations", "LambdaFunctionArn"),
    ("QueueConfigurations", "Queue", "QueueConfigurations", "QueueArn"),
    ("TopicConfigurations", "Topic", "TopicConfigurations", "TopicArn"),
)
_IDLE = (
    "AccelerateConfiguration",
    "AccessControl",
    "BucketEncryption",
    "CorsConfiguration",
    "LifecycleConfiguration",
    "LoggingConfiguration",
    "ObjectLockEnabled",
    "OwnershipControls",
    "PublicAccessBlockConfiguration",
    "WebsiteConfiguration",
)


class Bucket(Kind):
    type = "AWS::S3::Bucket"
    named = "BucketName"
    idle = frozenset(_IDLE)
    takes = dict.fromkeys(("BucketName", "NotificationConfiguration", "VersioningConfiguration", "Tags", *_IDLE))
    attributes = frozenset({"Arn", "DomainName", "DualStackDomainName", "RegionalDomainName", "WebsiteURL"})

    def parts(self, properties: Mapping[str, Any], site: Site) -> Iterator[str]:
        known = {*(one[0] for one in _NOTIFIES), "EventBridgeConfiguration"}
        for name in properties.get("NotificationConfiguration") or {}:
            if name not in known:
                yield f"NotificationConfiguration.{name}"

    def create(self, wanted: Wanted, site: Site) -> Made:
        given = wanted.properties
        name = given.get("BucketName") or site.generated(wanted.logical_id, _LONGEST_NAME).lower()
        site.call("s3", "CreateBucket", {"Bucket": name})
        try:
            self._set(name, given, frozenset(given), site)
        except Exception:
            site.call("s3", "DeleteBucket", {"Bucket": name})
            raise
        domain = f"{name}.s3.amazonaws.com"
        return Made(
            name,
            {
                "Arn": f"arn:aws:s3:::{name}",
                "DomainName": domain,
                "DualStackDomainName": f"{name}.s3.dualstack.{site.region}.amazonaws.com",
                "RegionalDomainName": f"{name}.s3.{site.region}.amazonaws.com",
                "WebsiteURL": f"http://{name}.s3-website-{site.region}.amazonaws.com",
            },
        )

    def update(self, wanted: Wanted, made: Made, changed: frozenset[str], site: Site) -> Made | None:
        if "BucketName" in changed:
            return None
        self._set(made.physical_id, wanted.properties, changed, site)
        return made

    @staticmethod
    def _set(bucket: str, given: Mapping[str, Any], changed: frozenset[str], site: Site) -> None:
        if "VersioningConfiguration" in changed:
            status = (given.get("VersioningConfiguration") or {}).get("Status", "Suspended")
            asked = {"Bucket": bucket, "VersioningConfiguration": {"Status": status}}
            site.call("s3", "PutBucketVersioning", asked)
        if "Tags" in changed:
            site.call("s3", "PutBucketTagging", {"Bucket": bucket, "Tagging": {"TagSet": given.get("Tags") or []}})
        if "NotificationConfiguration" in changed:
            wanted = _notifications(given.get("NotificationConfiguration") or {})
            asked = {"Bucket": bucket, "NotificationConfiguration": wanted}
            site.call("s3", "PutBucketNotificationConfiguration", asked)

    def delete(self, made: Made, site: Site) -> None:
        site.call("s3", "DeleteBucket", {"Bucket": made.physical_id})


def _notifications(written: Mapping[str, Any]) -> dict[str, Any]:
    """The notifications in the API's words: a template has one event each, and calls the filter ``S3Key``."""
    asked: dict[str, Any] = {}
    for listed, target, api_list, api_target in _NOTIFIES:
        for one in written.get(listed) or []:
            events = one.get("Event") or one.get("Events")
            entry = {api_target: one[target], "Events": events if isinstance(events, list) else [events]}
            if one.get("Filter"):
                entry["Filter"] = {"Key": {"FilterRules": one["Filter"]["S3Key"]["Rules"]}}
            asked.setdefault(api_list, []).append(entry)
    bridge = written.get("EventBridgeConfiguration")
    if bridge is not None and str(bridge.get("EventBridgeEnabled", True)).lower() == "true":
        asked["EventBridgeConfiguration"] = {}
    return asked


class BucketPolicy(Kind):
    type = "AWS::S3::BucketPolicy"
    takes = dict.fromkeys(("Bucket", "PolicyDocument"))

    def create(self, wanted: Wanted, site: Site) -> Made:
        bucket, policy = wanted.properties["Bucket"], wanted.properties["PolicyDocument"]
        text = policy if isinstance(policy, str) else json.dumps(policy)
        site.call("s3", "PutBucketPolicy", {"Bucket": bucket, "Policy": text})
        return Made(bucket)

    def update(self, wanted: Wanted, made: Made, changed: frozenset[str], site: Site) -> Made | None:
        return None if "Bucket" in changed else self.create(wanted, site)

    def delete(self, made: Made, site: Site) -> None:
        site.call("s3", "DeleteBucketPolicy", {"Bucket": made.physical_id})


KINDS: tuple[Kind, ...] = (Bucket(), BucketPolicy())
