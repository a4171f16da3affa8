"""Which notification configurations are refused: rules that overlap, and destinations that cannot be reached.

Two rules *overlap* when one event of one key could belong to both: they share an event type, the prefix of one begins
with that of the other, and so do the suffixes, from the end. A destination must be there, be no FIFO queue or topic,
and its policy must let S3 in for this bucket.

Source: Amazon S3 User Guide, "Configuring event notifications using object key name filtering";
PutBucketNotificationConfiguration; the sentence of the
refusal is quoted in the AWS Knowledge Center (read 2026-11).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

from moto.s3.exceptions import InvalidArgumentError

from waterline.services.delivery import NotTaken, Sender, Targets

_AMBIGUOUS = (
    "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the prefixes are "
    "overlapping for the same event type."
)
_NOT_VALIDATED = "Unable to validate the following destination configurations"
_KINDS = {"sqs": "queue", "sns": "topic", "lambda": "function"}


def rules(configuration: Any) -> list[Any]:
    """All rules of a configuration of moto's; each has `id`, `arn`, `events`, and ``matches(event, key)``."""
    return [*configuration.queue, *configuration.topic, *configuration.cloud_function]


def check_overlaps(found: Sequence[Any]) -> None:
    """Raises S3's InvalidArgument."""
    for one, other in combinations(found, 2):
        if _share(one.events, other.events) and _overlap(one, other):
            raise InvalidArgumentError(_AMBIGUOUS, "NotificationConfiguration", one.id)


def check_destinations(targets: Targets, sender: Sender, found: Sequence[Any]) -> None:
    """Raises S3's InvalidArgument."""
    for rule in found:
        kind = _KINDS[rule.arn.split(":")[2]]
        if rule.arn.endswith(".fifo"):
            raise InvalidArgumentError(_NOT_VALIDATED, rule.arn, f"The destination {kind} is a FIFO {kind}")
        try:
            targets.check(sender, rule.arn)
        except NotTaken as refusal:
            why = f"The destination {kind} does not exist"
            if refusal.code == "AccessDenied":
                why = f"Permissions on the destination {kind} do not allow S3 to publish notifications from this bucket"
            raise InvalidArgumentError(_NOT_VALIDATED, rule.arn, why) from refusal


def _share(one: Sequence[str], other: Sequence[str]) -> bool:
    return any(_covers(a, b) or _covers(b, a) for a in one for b in other)


def _covers(pattern: str, event: str) -> bool:
    return pattern == event or (pattern.endswith("*") and event.startswith(pattern[:-1]))


def _overlap(one: Any, other: Any) -> bool:
    prefixes, suffixes = zip(*(_affixes(rule) for rule in (one, other)), strict=True)
    first, second = sorted(prefixes, key=len)
    last, longer = sorted(suffixes, key=len)
    return str(second).startswith(first) and str(longer).endswith(last)


def _affixes(rule: Any) -> Iterator[str]:
    given = {each["Name"]: each["Value"] for each in rule.filters.get("S3Key", {}).get("FilterRule", [])}
    yield given.get("prefix") or ""
    yield given.get("suffix") or ""
