"""The API of function URLs: one for a function, and one for each of its aliases, which moto does not tell apart.

Source: CreateFunctionUrlConfig, API reference; AWS Lambda Developer Guide, "Creating and managing Lambda function URLs"
(read 2026-11): a URL is for the unpublished version or for an alias, never for a version.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from moto.awslambda.exceptions import GenericResourcNotFound
from moto.awslambda.models import FunctionUrlConfig, LambdaFunction
from moto.core.exceptions import JsonRESTError

from waterline.compute.versions import VersionedFunctions, arn_of, named

_QUALIFIER = r"(^\$LATEST$)|((?!^[0-9]+$)([a-zA-Z0-9-_]+))"


class UrlExists(JsonRESTError):  # type: ignore[misc]
    """There is one URL for a function or an alias."""

    code = 409


class UrlConfig(FunctionUrlConfig):  # type: ignore[misc]
    """One URL. `name` and `qualifier` say whom it reaches."""

    def __init__(self, function: LambdaFunction, qualifier: str | None, config: dict[str, Any]) -> None:
        # AWS says BUFFERED when nothing else was asked for.
        super().__init__(function, {"InvokeMode": "BUFFERED", **config})
        self.url += "/"
        self.name: str = function.function_name
        self.qualifier = qualifier

    def to_dict(self) -> dict[str, Any]:
        answer: dict[str, Any] = super().to_dict()
        return {**answer, "FunctionArn": arn_of(self.function, self.qualifier)}


class FunctionUrls(VersionedFunctions):
    """The part of the Lambda service that keeps URLs."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self._urls: dict[tuple[str, str | None], UrlConfig] = {}

    def url_configs(self) -> Iterator[UrlConfig]:
        """The URLs of all functions."""
        yield from self._urls.values()

    def create_function_url_config(
        self, name_or_arn: str, config: dict[str, Any], qualifier: str | None = None
    ) -> UrlConfig:
        key, function = self._named_by(name_or_arn, qualifier)
        if key in self._urls:
            raise UrlExists(
                "ResourceConflictException",
                f"Failed to create function url config for [functionArn = {arn_of(function, key[1])}]. "
                "Error message:  FunctionUrlConfig exists for this Lambda function",
            )
        made = self._urls[key] = UrlConfig(function, key[1], config)
        return made

    def get_function_url_config(self, name_or_arn: str, qualifier: str | None = None) -> UrlConfig:
        key, _ = self._named_by(name_or_arn, qualifier)
        if key not in self._urls:
            raise GenericResourcNotFound
        return self._urls[key]

    def update_function_url_config(
        self, name_or_arn: str, config: dict[str, Any], qualifier: str | None = None
    ) -> UrlConfig:
        kept = self.get_function_url_config(name_or_arn, qualifier)
        kept.update(config)
        return kept

    def delete_function_url_config(self, name_or_arn: str, qualifier: str | None = None) -> None:
        kept = self.get_function_url_config(name_or_arn, qualifier)
        del self._urls[kept.name, kept.qualifier]

    def delete_alias(self, name: str, function_name: str) -> None:
        self._urls.pop((self.get_function(function_name).function_name, name), None)
        super().delete_alias(name, function_name)

    def forget(self, name: str, qualifier: str | None) -> None:
        super().forget(name, qualifier)
        if qualifier is None:
            self._urls = {key: kept for key, kept in self._urls.items() if key[0] != name}

    def _named_by(self, name_or_arn: str, qualifier: str | None) -> tuple[tuple[str, str | None], LambdaFunction]:
        qualifier = named(name_or_arn, qualifier)
        if qualifier is not None and qualifier.isdigit():
            raise JsonRESTError(
                "ValidationException",
                f"1 validation error detected: Value '{qualifier}' at 'qualifier' failed to satisfy constraint: "
                f"Member must satisfy regular expression pattern: {_QUALIFIER}",
            )
        function = self.get_function(name_or_arn, qualifier)
        return (function.function_name, None if qualifier == "$LATEST" else qualifier), function
