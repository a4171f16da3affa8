"""What a notification says, to queues, topics and functions, and to EventBridge.

In a record the key is URL-encoded as a form's field is, slashes excepted; for EventBridge it is as it is. A sequencer
grows with each change, so that two changes of one key can be told apart in time.

Source: Amazon S3 User Guide, "Event message structure", "EventBridge event message structure" (read 2026-11).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus

_REASONS = {
    "s3:ObjectCreated:Put": "PutObject",
    "s3:ObjectCreated:Post": "POST Object",
    "s3:ObjectCreated:Copy": "CopyObject",
    "s3:ObjectCreated:CompleteMultipartUpload": "CompleteMultipartUpload",
    "s3:ObjectRemoved:Delete": "DeleteObject",
    "s3:ObjectRemoved:DeleteMarkerCreated": "DeleteObject",
}
_DELETIONS = {
    "s3:ObjectRemoved:Delete": "Permanently Deleted",
    "s3:ObjectRemoved:DeleteMarkerCreated": "Delete Marker Created",
}
_DETAIL_TYPES = {
    "s3:ObjectCreated": "Object Created",
    "s3:ObjectRemoved": "Object Deleted",
    "s3:ObjectTagging:Put": "Object Tags Added",
    "s3:ObjectTagging:Delete": "Object Tags Deleted",
    "s3:ObjectAcl:Put": "Object ACL Updated",
    "s3:ObjectRestore:Post": "Object Restore Initiated",
    "s3:ObjectRestore:Completed": "Object Restore Completed",
    "s3:ObjectRestore:Delete": "Object Restore Expired",
}
_ADDRESS = "127.0.0.1"


@dataclass(frozen=True)
class Change:
    """What became of an object. `size` and `etag` are of one that is there; `version`: of a versioned bucket."""

    event: str
    bucket: str
    region: str
    account: str
    key: str
    at: dt.datetime
    sequencer: str
    request_id: str
    size: int | None = None
    etag: str | None = None
    version: str | None = None

    @property
    def has_order(self) -> bool:
        """Whether it says where it stands among the changes of its key."""
        return self.event.startswith(("s3:ObjectCreated", "s3:ObjectRemoved"))

    def record(self, rule: str) -> Mapping[str, Any]:
        """The message of a rule with this identifier."""
        thing = {
            "key": quote_plus(self.key, safe="/"),
            "size": self.size,
            "eTag": self.etag,
            "versionId": self.version,
            "sequencer": self.sequencer if self.has_order else None,
        }
        owner = {"principalId": self.account}
        content = {
            "s3SchemaVersion": "1.0",
            "configurationId": rule,
            "bucket": {"name": self.bucket, "ownerIdentity": owner, "arn": f"arn:aws:s3:::{self.bucket}"},
            "object": {name: value for name, value in thing.items() if value is not None},
        }
        record = {
            "eventVersion": "2.1",
            "eventSource": "aws:s3",
            "awsRegion": self.region,
            "eventTime": moment(self.at),
            "eventName": self.event.removeprefix("s3:"),
            "userIdentity": {"principalId": f"AWS:{self.account}"},
            "requestParameters": {"sourceIPAddress": _ADDRESS},
            "responseElements": {"x-amz-request-id": self.request_id, "x-amz-id-2": self.request_id},
            "s3": content,
        }
        return {"Records": [record]}

    @property
    def detail_type(self) -> str | None:
        """What EventBridge calls it; None: it is not told."""
        return _DETAIL_TYPES.get(self.event, _DETAIL_TYPES.get(self.event.rpartition(":")[0]))

    def detail(self) -> Mapping[str, Any]:
        """The detail of the event for EventBridge."""
        thing = {
            "key": self.key,
            "size": self.size,
            "etag": self.etag,
            "version-id": self.version,
            "sequencer": self.sequencer if self.has_order else None,
        }
        detail = {
            "version": "0",
            "bucket": {"name": self.bucket},
            "object": {name: value for name, value in thing.items() if value is not None},
            "request-id": self.request_id,
            "requester": self.account,
            "source-ip-address": _ADDRESS,
            "reason": _REASONS.get(self.event),
            "deletion-type": _DELETIONS.get(self.event),
        }
        return {name: value for name, value in detail.items() if value is not None}


def test_event(bucket: str, at: dt.datetime, request_id: str) -> Mapping[str, str]:
    """What a queue or a topic gets when it becomes a destination."""
    return {
        "Service": "Amazon S3",
        "Event": "s3:TestEvent",
        "Time": moment(at),
        "Bucket": bucket,
        "RequestId": request_id,
        "HostId": request_id,
    }


def moment(at: dt.datetime) -> str:
    """An instant as S3 writes it, to the millisecond."""
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z"
