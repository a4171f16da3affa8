"""What the journal calls the resource of an ARN: ``arn:aws:sqs:us-east-1:123456789012:orders`` is ``sqs:orders``."""

from __future__ import annotations

from collections.abc import Callable, Mapping


def place_of(arn: str) -> str:
    """The place of the journal that an ARN stands for; for an ARN of no service of the lab, service and name."""
    service, _, resource = arn.partition("arn:")[2].partition(":")[2].partition(":")
    rest = resource.partition(":")[2].partition(":")[2]
    named = _NAMES.get(service)
    return f"{service}:{_last(rest)}" if named is None else named(rest)


def _last(resource: str) -> str:
    return resource.rpartition("/")[2].rpartition(":")[2]


def _events(resource: str) -> str:
    kind, _, name = resource.partition("/")
    if resource.startswith(":aws-sdk:"):
        return f"api:{resource.removeprefix(':aws-sdk:')}"
    return f"eventsv2:{name.partition('/')[0]}" if kind == "event-busv2" else f"events:{name.partition('/')[0]}"


_NAMES: Mapping[str, Callable[[str], str]] = {
    "lambda": lambda resource: f"lambda:{resource.split(':')[1]}",
    "dynamodb": lambda resource: f"dynamodb:{resource.split('/')[1]}",
    "events": _events,
    "scheduler": lambda resource: f"api:{resource.removeprefix(':aws-sdk:')}",
    "execute-api": lambda resource: f"apigateway:{resource.partition('/')[0]}",
    "s3": lambda resource: f"s3:{resource}",
    "logs": lambda resource: f"logs:{resource.split(':')[1]}",
}
