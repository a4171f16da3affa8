"""Lambda: functions in Python, and layers.

Source: CloudFormation Template Reference Guide, "AWS::Lambda::Function", "AWS::Lambda::LayerVersion" (read 2026-11).
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from waterline.compute.source import zipped
from waterline.templates.code import BUCKET, Package
from waterline.templates.resources.kind import Kind, Made, Site, Wanted, only, shaped

_LONGEST_NAME = 64  # characters; CreateFunction of the API reference
_SETTINGS = (
    "DeadLetterConfig",
    "Description",
    "Environment",
    "EphemeralStorage",
    "Handler",
    "LoggingConfig",
    "MemorySize",
    "Role",
    "Runtime",
    "Timeout",
)
# What a function has when a setting is gone from its template.
_NOTHING: Mapping[str, Any] = MappingProxyType({"DeadLetterConfig": {}, "Environment": {"Variables": {}}})
_IDLE = ("Architectures", "KmsKeyArn", "RuntimeManagementConfig", "SnapStart", "TracingConfig", "VpcConfig")


class Function(Kind):
    """A function in Python, from a zip. The modules of the template's own layers are put into the zip."""

    type = "AWS::Lambda::Function"
    named = "FunctionName"
    takes = MappingProxyType(
        {
            **shaped("lambda", "CreateFunction", "FunctionName", "PackageType", "Layers", "Tags", *_SETTINGS),
            **shaped("lambda", "PutFunctionConcurrency", "ReservedConcurrentExecutions"),
            "RecursiveLoop": None,
            "Code": None,
            **dict.fromkeys(_IDLE),
        }
    )
    idle = frozenset(_IDLE)
    attributes = frozenset({"Arn"})

    def lacks(self, properties: Mapping[str, Any], site: Site) -> Iterator[str]:
        code = properties.get("Code") or {}
        package = site.files.packages.get(code.get("S3Key", "")) if code.get("S3Bucket") == BUCKET else None
        if isinstance(package, str):
            yield package
            return
        if properties.get("PackageType", "Zip") == "Image" or "ImageUri" in code:
            yield "PackageType Image (the lab runs functions from a zip only; give it code=)"
            return
        runtime = str(properties.get("Runtime", ""))
        if not runtime.startswith("python") and not (package is not None and package.handler):
            yield f"Runtime {runtime} (the lab runs Python; give it code=)"

    def parts(self, properties: Mapping[str, Any], site: Site) -> Iterator[str]:
        for layer in properties.get("Layers") or []:
            if layer.startswith("arn:"):
                yield f"the layer {layer}, which is of another account"

    def create(self, wanted: Wanted, site: Site) -> Made:
        given = wanted.properties
        name = given.get("FunctionName") or site.generated(wanted.logical_id, _LONGEST_NAME)
        code, settings = _code(given, site), _settings(given, site)
        asked = {"FunctionName": name, "Code": code, **settings, **only(given, "Tags")}
        arn = site.call("lambda", "CreateFunction", asked)["FunctionArn"]
        made = Made(name, {"Arn": arn})
        try:
            self._limit(given, made, site)
        except Exception:
            self.delete(made, site)
            raise
        return made

    def update(self, wanted: Wanted, made: Made, changed: frozenset[str], site: Site) -> Made | None:
        given, name = wanted.properties, {"FunctionName": made.physical_id}
        if "FunctionName" in changed:
            return None
        if changed & {"Code", "Layers"}:
            site.call("lambda", "UpdateFunctionCode", {**name, **_code(given, site)})
        taken_away = {one: value for one, value in _NOTHING.items() if one in changed}
        site.call("lambda", "UpdateFunctionConfiguration", {**name, **taken_away, **_settings(given, site)})
        if "ReservedConcurrentExecutions" in changed and "ReservedConcurrentExecutions" not in given:
            site.call("lambda", "DeleteFunctionConcurrency", name)
        self._limit(given, made, site)
        return made

    @staticmethod
    def _limit(given: Mapping[str, Any], made: Made, site: Site) -> None:
        name = {"FunctionName": made.physical_id}
        limit = only(given, "ReservedConcurrentExecutions")
        if limit:
            site.call("lambda", "PutFunctionConcurrency", {**name, **limit})
        if "RecursiveLoop" in given:
            site.call("lambda", "PutFunctionRecursionConfig", {**name, "RecursiveLoop": given["RecursiveLoop"]})

    def delete(self, made: Made, site: Site) -> None:
        site.call("lambda", "DeleteFunction", {"FunctionName": made.physical_id})


def _package(given: Mapping[str, Any], site: Site) -> Package | None:
    """The template's own package, if the function's code is one."""
    code = given["Code"]
    package = site.files.packages.get(code.get("S3Key", "")) if code.get("S3Bucket") == BUCKET else None
    return package if isinstance(package, Package) else None


def _settings(given: Mapping[str, Any], site: Site) -> dict[str, Any]:
    settings = only(given, *_SETTINGS)
    package = _package(given, site)
    if package is not None and package.handler:
        settings["Handler"] = package.handler
        if not str(settings.get("Runtime", "")).startswith("python"):
            settings["Runtime"] = "python3.13"
    return settings


def _code(given: Mapping[str, Any], site: Site) -> dict[str, Any]:
    """Where the code is, in the API's words: a zip, unless it is in a bucket of the cloud."""
    code, package = given["Code"], _package(given, site)
    if package is not None:
        content = package.content
    elif "ZipFile" in code:  # the text of one module, which is called index
        content = zipped({"index.py": code["ZipFile"]})
    else:
        return {key: value for key, value in code.items() if key.startswith("S3")}
    layers = [one for one in (site.layers.get(layer) for layer in given.get("Layers") or []) if one is not None]
    return {"ZipFile": _with_layers(content, layers) if layers else content}


def _with_layers(content: bytes, layers: list[bytes]) -> bytes:
    """A zip and the modules below ``python/`` of the layers; the function's own come first."""
    files: dict[str, str | bytes] = {}
    for layer in layers:
        with zipfile.ZipFile(io.BytesIO(layer)) as archive:
            names = [name for name in archive.namelist() if name.startswith("python/") and not name.endswith("/")]
            files |= {name.removeprefix("python/"): archive.read(name) for name in names}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        files |= {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}
    return zipped(files)


class LayerVersion(Kind):
    type = "AWS::Lambda::LayerVersion"
    takes = MappingProxyType(
        {
            **shaped("lambda", "PublishLayerVersion", "LayerName", "Description", "CompatibleRuntimes", "LicenseInfo"),
            "CompatibleArchitectures": None,
            "Content": None,
        }
    )
    idle = frozenset({"CompatibleArchitectures"})
    attributes = frozenset({"LayerVersionArn"})

    def lacks(self, properties: Mapping[str, Any], site: Site) -> Iterator[str]:
        package = site.files.packages.get((properties.get("Content") or {}).get("S3Key", ""))
        if isinstance(package, str):
            yield package

    def create(self, wanted: Wanted, site: Site) -> Made:
        given = wanted.properties
        package = site.files.packages.get(given["Content"].get("S3Key", ""))
        name = given.get("LayerName") or site.generated(wanted.logical_id, _LONGEST_NAME)
        content = {"ZipFile": package.content} if isinstance(package, Package) else given["Content"]
        settings = only(given, "Description", "CompatibleRuntimes", "LicenseInfo")
        answer = site.call("lambda", "PublishLayerVersion", {"LayerName": name, "Content": content, **settings})
        arn = answer["LayerVersionArn"]
        if isinstance(package, Package):
            site.layers[arn] = package.content
        return Made(arn, {"LayerVersionArn": arn}, {"LayerName": name, "VersionNumber": answer["Version"]})

    def delete(self, made: Made, site: Site) -> None:
        site.call("lambda", "DeleteLayerVersion", made.facts)
        site.layers.pop(made.physical_id, None)


KINDS: tuple[Kind, ...] = (Function(), LayerVersion())
