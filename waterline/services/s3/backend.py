"""The verbs of the S3 API that change objects, and the notifications that follow.

moto notifies while the call is under way, and of things that were not asked for: it says ``Put`` beside
``CompleteMultipartUpload``, ``ObjectTagging:Put`` for every object that is created, and nothing of delete markers. So
what it says is heard here (:func:`told`), put right, and delivered on the clock.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from types import SimpleNamespace
from typing import Any

import moto.s3.urls as moto_urls
from moto.s3 import notifications
from moto.s3.models import S3Backend, s3_backends

from waterline.clock import SECOND
from waterline.faults.injection import DUPLICATE
from waterline.ground import Ground
from waterline.services.delivery import Copies, Copy, Retries, Sender, Targets
from waterline.services.s3 import messages, rules
from waterline.services.s3.messages import Change
from waterline.services.s3.responses import SKIP, BucketResponse

_PRINCIPAL = "s3.amazonaws.com"
_WITH_AN_OBJECT = ("s3:ObjectTagging", "s3:ObjectAcl")
_RETRY_WAITS = (1, 2, 4, 8, 16, 32)
_LONGEST_WAIT = 60
_AGE = 24 * 3600 * SECOND
_NOT_IN_ORDER = 1 << 12


@contextmanager
def told() -> Iterator[None]:
    """Hear what moto would notify of, for the length of a ``with`` block, which begins without a bucket."""
    before = notifications.send_event, notifications.send_test_event
    owners = dict(s3_backends.bucket_accounts)
    s3_backends.bucket_accounts.clear()

    def heard(account_id: str, event_name: str, bucket: Any, key: Any) -> None:
        backend = s3_backends[account_id]["aws"]
        backend.notify(str(getattr(event_name, "value", event_name)), bucket, key)

    notifications.send_event, notifications.send_test_event = heard, lambda account_id, bucket: None
    try:
        yield
    finally:
        notifications.send_event, notifications.send_test_event = before
        s3_backends.bucket_accounts.clear()
        s3_backends.bucket_accounts.update(owners)


class BucketBackend(S3Backend):  # type: ignore[misc]
    """The buckets of one account. `ground` is set by ``waterline.ground.installed``."""

    ground: Ground

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self._targets = Targets(self.ground)
        self._unheard: tuple[str, ...] = ()
        self._changes = 0

    @property
    def _url_module(self) -> SimpleNamespace:
        """moto's addresses, answered by our responses: moto reads them from here when a request comes in."""
        paths = {path: getattr(BucketResponse, answer.__name__) for path, answer in moto_urls.url_paths.items()}
        return SimpleNamespace(url_bases=moto_urls.url_bases, url_paths=paths)

    @classmethod
    def accompanied(cls) -> AbstractContextManager[None]:
        return told()

    # -- verbs -------------------------------------------------------------------------------------------------------

    def get_bucket(self, bucket_name: str) -> Any:
        self.ground.clock.refuse_other_threads()
        return super().get_bucket(bucket_name)

    def create_multipart_upload(self, bucket_name: str, *args: Any, **kwargs: Any) -> Any:
        upload = super().create_multipart_upload(bucket_name, *args, **kwargs)
        uploads = self.get_bucket(bucket_name).multiparts
        del uploads[upload.id]
        upload.id = self.ground.identifier("multipart uploads")  # moto's is of the machine's own randomness
        uploads[upload.id] = upload
        return upload

    def complete_multipart_upload(self, *args: Any, **kwargs: Any) -> Any:
        with self._not_hearing("s3:ObjectCreated:Put", *_WITH_AN_OBJECT):
            return super().complete_multipart_upload(*args, **kwargs)

    def delete_object(
        self, bucket_name: str, key_name: str, version_id: str | None = None, bypass: bool = False
    ) -> tuple[bool, dict[str, Any]]:
        bucket = self.get_bucket(bucket_name)
        versions = list(bucket.keys.getlist(key_name, []))
        with self._not_hearing("s3:ObjectRemoved"):
            done: tuple[bool, dict[str, Any]] = super().delete_object(bucket_name, key_name, version_id, bypass)
        if not done[0]:
            return done
        if bucket.is_versioned and version_id is None:
            self.notify("s3:ObjectRemoved:DeleteMarkerCreated", bucket, bucket.keys.get(key_name))
        else:
            gone = [key for key in versions if version_id is None or str(key.version_id) == str(version_id)]
            for key in gone[-1:]:
                self.notify("s3:ObjectRemoved:Delete", bucket, key)
        return done

    def put_bucket_notification_configuration(self, bucket_name: str, notification_config: dict[str, Any]) -> None:
        bucket = self.get_bucket(bucket_name)
        before = bucket.notification_configuration
        try:
            bucket.set_notification_configuration(notification_config)
            found = rules.rules(bucket.notification_configuration) if bucket.notification_configuration else []
            rules.check_overlaps(found)
            if not notification_config.get(SKIP):
                rules.check_destinations(self._targets, self._sender(bucket), found)
        except BaseException:
            bucket.notification_configuration = before
            raise
        for arn in dict.fromkeys(rule.arn for rule in found if ":lambda:" not in rule.arn):
            request = self.ground.identifier("requests of S3")
            content = json.dumps(messages.test_event(bucket.name, self.ground.clock.date, request))
            name, place = self.ground.identifier("changes of objects"), f"s3:{bucket.name}"
            self.ground.journal.record("sent", place, name, self.ground.clock.cause, body=content)
            self._deliver(bucket, name, arn, self._handing(bucket, arn, content))

    @contextmanager
    def creating(self) -> Iterator[None]:
        """For the length of a ``with`` block, tags and access lists come with an object and are no change of it."""
        with self._not_hearing(*_WITH_AN_OBJECT):
            yield

    # -- notifications -----------------------------------------------------------------------------------------------

    def notify(self, event: str, bucket: Any, key: Any) -> None:
        """Something became of an object: write it down, and tell who wants to know."""
        if event.startswith(self._unheard):
            return
        clock, place = self.ground.clock, f"s3:{bucket.name}"
        change = self._change(event, bucket, key)
        name = self.ground.identifier("changes of objects")
        self.ground.journal.record(
            "written", place, name, clock.cause, key=key.name, change=event, body=key.name, bytes=change.size
        )
        configuration = bucket.notification_configuration
        if configuration is None:
            return
        for rule in rules.rules(configuration):
            if rule.matches(event, key.name):
                content = json.dumps(change.record(rule.id))
                self._deliver(bucket, name, rule.arn, self._handing(bucket, rule.arn, content))
        if configuration.event_bridge is not None and change.detail_type is not None:
            bus = f"arn:aws:events:{bucket.region_name}:{self.account_id}:event-bus/default"
            self._deliver(bucket, name, bus, lambda: self._put_event(bucket, bus, change))

    def _change(self, event: str, bucket: Any, key: Any) -> Change:
        self._changes += 1
        microseconds = int(self.ground.clock.date.timestamp() * SECOND)
        there = event.startswith(("s3:ObjectCreated", "s3:ObjectTagging", "s3:ObjectAcl", "s3:ObjectRestore"))
        return Change(
            event,
            bucket.name,
            bucket.region_name,
            self.account_id,
            key.name,
            self.ground.clock.date,
            f"{microseconds * _NOT_IN_ORDER + self._changes % _NOT_IN_ORDER:018X}",
            self.ground.identifier("requests of S3").replace("-", "")[:16].upper(),
            key.size if there and event.startswith("s3:ObjectCreated") else None,
            key.etag.strip('"') if there else None,
            str(key.version_id) if bucket.is_versioned else None,
        )

    def _deliver(self, bucket: Any, name: str, arn: str, hand_over: Callable[[], object]) -> None:
        """Make a notification's copy, and another if a fault asks for it."""
        parts = arn.split(":")
        copies = Copies(self.ground, f"s3:{bucket.name}")
        to = f"{parts[2]}:{parts[6] if parts[2] == 'lambda' else parts[-1].rpartition('/')[2]}"

        def send(duplicate: bool) -> None:
            copy = copies.make(name, to, duplicate=duplicate or None)
            copies.send(copy, lambda _copy: hand_over(), _retries, _no_grave)

        send(False)
        for fault in list(self.ground.faults.on("bucket", bucket.name, DUPLICATE)):
            if fault.strikes():
                delay = round(fault.draws.random() * fault.seconds * SECOND)
                self.ground.clock.after(delay, send, True)

    def _handing(self, bucket: Any, arn: str, content: str) -> Callable[[], object]:
        return lambda: self._hand_over(bucket, arn, content)

    def _hand_over(self, bucket: Any, arn: str, content: str) -> None:
        sender = self._sender(bucket)
        match arn.split(":")[2]:
            case "sqs":
                self._targets.queue(sender, arn, content)
            case "sns":
                self._targets.topic(sender, arn, content, subject="Amazon S3 Notification")
            case _:
                self._targets.event(sender, arn, content)

    def _put_event(self, bucket: Any, bus: str, change: Change) -> None:
        entry = {
            "Source": "aws.s3",
            "DetailType": change.detail_type,
            "Detail": json.dumps(change.detail()),
            "Resources": [bucket.arn],
            "Time": change.at.timestamp(),
        }
        self._targets.bus(self._sender(bucket), bus, [entry])

    def _sender(self, bucket: Any) -> Sender:
        return Sender(_PRINCIPAL, bucket.arn, self.account_id)

    @contextmanager
    def _not_hearing(self, *events: str) -> Iterator[None]:
        before, self._unheard = self._unheard, (*self._unheard, *events)
        try:
            yield
        finally:
            self._unheard = before


def _retries() -> Retries:
    def waits() -> Iterator[int]:
        for wait in _RETRY_WAITS:
            yield wait * SECOND
        while True:
            yield _LONGEST_WAIT * SECOND

    return Retries(waits(), _AGE)


def _no_grave(_copy: Copy) -> None:
    """A notification that nobody takes is lost: there is no dead-letter queue for it."""
