"""What a Firehose stream is told to do, from the words of the API; and what of it the lab does not do, by name.

Sources: CreateDeliveryStream and UpdateDestination, API reference; Amazon Data Firehose Developer Guide, "Transform
source data in Amazon Data Firehose" (read 2026-11).
"""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from moto.firehose.exceptions import InvalidArgumentException

from waterline.clock import SECOND
from waterline.facts import Fact
from waterline.services.firehose import limits
from waterline.services.firehose.prefixes import Prefixes

_EXTENSIONS = {"UNCOMPRESSED": "", "GZIP": ".gz"}
_PROCESSORS = ("Lambda", "AppendDelimiterToRecord")


@dataclass(frozen=True)
class Hints:
    """When a buffer is full: after so many bytes, or so many microseconds after its first record."""

    size: int
    interval: int


@dataclass(frozen=True)
class Transformation:
    """The function that records go through. `retries` of an invocation that failed."""

    function: str
    retries: int
    hints: Hints


@dataclass(frozen=True)
class Settings:
    """A destination. `delimiter` follows each record; `zone` is that of times in keys."""

    bucket: str
    prefixes: Prefixes
    hints: Hints
    gzip: bool
    extension: str
    zone: dt.tzinfo
    delimiter: bytes = b""
    transformation: Transformation | None = None


def settings_of(destination: Mapping[str, Any]) -> Settings:
    """Read a destination as moto keeps it; raises what AWS, or the lab, answers to one that cannot be used."""
    config = destination.get("ExtendedS3") or destination.get("S3")
    if config is None:
        kind = next(name for name in destination if name != "destination_id")
        raise _not_in_the_lab(f"writes to S3 buckets, not to {kind}")
    compression = config.get("CompressionFormat") or "UNCOMPRESSED"
    if compression not in _EXTENSIONS:
        raise _not_in_the_lab(f"compresses with GZIP, not with {compression}")
    for name, what in (
        ("DynamicPartitioningConfiguration", "does not partition dynamically"),
        ("DataFormatConversionConfiguration", "does not convert formats"),
    ):
        if (config.get(name) or {}).get("Enabled"):
            raise _not_in_the_lab(f"{what} ({name})")
    if config.get("S3BackupMode") == "Enabled":
        raise _not_in_the_lab("does not back up source records (S3BackupMode)")
    processors = _processors(config.get("ProcessingConfiguration") or {})
    return Settings(
        bucket=str(config["BucketARN"]).rpartition(":")[2],
        prefixes=Prefixes.of(config.get("Prefix"), config.get("ErrorOutputPrefix")),
        hints=_hints(config.get("BufferingHints") or {}),
        gzip=compression == "GZIP",
        extension=config.get("FileExtension") or _EXTENSIONS[compression],
        zone=_zone(config.get("CustomTimeZone")),
        delimiter=_delimiter(processors),
        transformation=_transformation(processors.get("Lambda")),
    )


def _processors(configuration: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    if not configuration.get("Enabled"):
        return {}
    found = {}
    for processor in configuration.get("Processors") or []:
        if processor["Type"] not in _PROCESSORS:
            raise _not_in_the_lab(f"has no processor {processor['Type']}")
        parameters = processor.get("Parameters") or []
        found[processor["Type"]] = {each["ParameterName"]: str(each["ParameterValue"]) for each in parameters}
    return found


def _transformation(parameters: Mapping[str, str] | None) -> Transformation | None:
    if parameters is None:
        return None
    if "LambdaArn" not in parameters:
        raise InvalidArgumentException("A processor of type Lambda needs the parameter LambdaArn.")
    size = float(parameters.get("BufferSizeInMBs", limits.LAMBDA_SIZE_DEFAULT))
    interval = int(parameters.get("BufferIntervalInSeconds", limits.LAMBDA_INTERVAL_DEFAULT))
    _check("BufferSizeInMBs", size, limits.LAMBDA_SIZE)
    _check("BufferIntervalInSeconds", interval, limits.LAMBDA_INTERVAL)
    retries = int(parameters.get("NumberOfRetries", limits.LAMBDA_RETRIES))
    return Transformation(parameters["LambdaArn"], retries, Hints(int(size * limits.MIB), interval * SECOND))


def _delimiter(processors: Mapping[str, Mapping[str, str]]) -> bytes:
    if "AppendDelimiterToRecord" not in processors:
        return b""
    return processors["AppendDelimiterToRecord"].get("Delimiter", "\\n").replace("\\n", "\n").encode()


def _hints(hints: Mapping[str, Any]) -> Hints:
    if len(hints) == 1:
        raise InvalidArgumentException("SizeInMBs and IntervalInSeconds of BufferingHints must be specified together.")
    size = int(hints.get("SizeInMBs", limits.SIZE_DEFAULT))
    interval = int(hints.get("IntervalInSeconds", limits.INTERVAL_DEFAULT))
    _check("SizeInMBs", size, limits.SIZE)
    _check("IntervalInSeconds", interval, limits.INTERVAL)
    return Hints(size * limits.MIB, interval * SECOND)


def _check(name: str, value: float, allowed: Fact) -> None:
    if not allowed.low <= value <= allowed.high:
        raise InvalidArgumentException(f"{name} must be between {allowed.low} and {allowed.high}, not {value:g}.")


def _zone(name: str | None) -> dt.tzinfo:
    if not name or name == "UTC":
        return dt.UTC
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError) as error:
        raise InvalidArgumentException(f"CustomTimeZone {name} is not known.") from error


def _not_in_the_lab(what: str) -> InvalidArgumentException:
    return InvalidArgumentException(f"The lab's Firehose {what}.")
