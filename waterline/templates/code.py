"""The code of a template's functions: local folders, which are zipped, and sources that are given beside the template.

A template names its code by a path that begins at its folder (``CodeUri: src/``). ``sam deploy`` zips the folder and
puts it into a bucket; here it is zipped, the same bytes for the same files, and never leaves memory. What a folder's
``requirements.txt`` names is not installed: a handler imports what the lab's own Python has.

Source: AWS SAM Developer Guide, "How AWS SAM uploads local files at deployment", "AWS::Serverless::Function" (read
2026-11).
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

from waterline.compute.source import MODULE, zipped
from waterline.templates.document import Document, parse
from waterline.templates.mistakes import TemplateRefused

Source = str | PathLike[str] | bytes | Mapping[str, str]
BUCKET = "files-of-the-template"
"""The bucket that stands for the template's own files; there is no bucket of that name."""

_LEFT_OUT = ("__pycache__", "node_modules")
_ENTRY = "handler"
# Where each type names its files, and in which property of a bucket's key that stands after the translation.
_CODE = {"AWS::Serverless::Function": "CodeUri", "AWS::Lambda::Function": "Code"}
_LAYER = {"AWS::Serverless::LayerVersion": "ContentUri", "AWS::Lambda::LayerVersion": "Content"}
_WORKFLOW = {
    "AWS::Serverless::StateMachine": "DefinitionUri",
    "AWS::StepFunctions::StateMachine": "DefinitionS3Location",
}
_API = {
    "AWS::Serverless::Api": ("DefinitionUri", "DefinitionBody"),
    "AWS::Serverless::HttpApi": ("DefinitionUri", "DefinitionBody"),
    "AWS::ApiGateway::RestApi": ("BodyS3Location", "Body"),
    "AWS::ApiGatewayV2::Api": ("BodyS3Location", "Body"),
}


@dataclass(frozen=True)
class Package:
    """A zip, and the entry in it where that is not the template's (`handler`: ``module.function``)."""

    content: bytes
    handler: str | None = None


@dataclass(frozen=True)
class Files:
    """The files that a template names, by the key that stands for them; a sentence where one is not there."""

    packages: Mapping[str, Package | str]
    texts: Mapping[str, str]


def with_files(document: Document, code: Mapping[str, Source]) -> tuple[dict[str, Any], Files]:
    """The template with its own files behind keys of `BUCKET`, and those files. Raises TemplateRefused."""
    collector = _Collector(document, code)
    return collector.body(), Files(collector.packages, collector.texts)


class _Collector:
    def __init__(self, document: Document, code: Mapping[str, Source]) -> None:
        self._document = document
        self._code = code
        self.packages: dict[str, Package | str] = {}
        self.texts: dict[str, str] = {}

    def body(self) -> dict[str, Any]:
        document = self._document
        functions = [name for name, one in document.resources.items() if one["Type"] in (*_CODE, *_LAYER)]
        stray = [name for name in self._code if name not in functions]
        if stray:
            there = ", ".join(functions) or "none"
            raise TemplateRefused(f"code= names {stray[0]}, which is no function of {document.name}; it has: {there}.")
        resources = {name: self._resource(name, one) for name, one in document.resources.items()}
        body = {**document.body, "Resources": resources}
        shared = (body.get("Globals") or {}).get("Function")
        if shared and "CodeUri" in shared:  # every function has taken it over
            rest = {key: value for key, value in shared.items() if key != "CodeUri"}
            body["Globals"] = {**body["Globals"], "Function": rest}
        return body

    def _resource(self, logical_id: str, resource: dict[str, Any]) -> dict[str, Any]:
        kind = resource["Type"]
        properties = dict(resource.get("Properties") or {})
        if kind in _CODE:
            self._function(logical_id, kind, properties)
        elif kind in _LAYER:
            place = _LAYER[kind]
            if logical_id in self._code or _is_path(properties.get(place)):
                properties[place] = self._packed(logical_id, kind, properties.get(place))
        elif kind in _WORKFLOW:
            place = _WORKFLOW[kind]
            if _is_path(properties.get(place)):
                properties[place] = self._text(logical_id, kind, properties[place])
        elif kind in _API:
            place, body = _API[kind]
            if _is_path(properties.get(place)):
                path = self._file(logical_id, properties.pop(place))
                properties[body] = parse(path.read_text(encoding="utf-8-sig"), path.name)
        else:
            return resource
        return {**resource, "Properties": properties}

    def _function(self, logical_id: str, kind: str, properties: dict[str, Any]) -> None:
        place = _CODE[kind]
        written = properties.get(place)
        if kind == "AWS::Serverless::Function" and written is None and "InlineCode" not in properties:
            written = ((self._document.body.get("Globals") or {}).get("Function") or {}).get("CodeUri")
        if logical_id in self._code:
            for image in ("InlineCode", "ImageUri", "PackageType", "ImageConfig"):
                properties.pop(image, None)
            properties.setdefault("Handler", f"{MODULE}.{_ENTRY}")
            properties.setdefault("Runtime", "python3.13")
            properties[place] = self._packed(logical_id, kind, None, properties["Handler"])
        elif _is_path(written):
            properties[place] = self._packed(logical_id, kind, written)
        elif written is not None:
            properties[place] = written

    def _packed(self, logical_id: str, kind: str, path: Any, handler: Any = None) -> Any:
        package: Package | str
        try:
            if logical_id in self._code:
                package = _given(logical_id, self._code[logical_id], handler)
            else:
                package = Package(_zip_of(self._document.folder / path))
        except FileNotFoundError:
            package = (
                f"{logical_id} takes its code from {path}, and there is no {self._document.folder / path} "
                f"(put it there, or pass code={{{logical_id!r}: source}})"
            )
        digest = hashlib.sha256(package.content).hexdigest()[:12] if isinstance(package, Package) else "missing"
        key = f"{logical_id}-{digest}"
        self.packages[key] = package
        return _address(kind, key)

    def _text(self, logical_id: str, kind: str, path: str) -> Any:
        text = self._file(logical_id, path).read_text(encoding="utf-8-sig")
        key = f"{logical_id}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"
        self.texts[key] = text
        return _address(kind, key)

    def _file(self, logical_id: str, path: str) -> Path:
        found = self._document.folder / path
        if not found.is_file():
            raise TemplateRefused(f"{logical_id} of {self._document.name} names {path}, and there is no file {found}.")
        return found


def _is_path(value: Any) -> bool:
    return isinstance(value, str) and "://" not in value


def _address(kind: str, key: str) -> Any:
    if kind.startswith("AWS::Serverless::"):
        return f"s3://{BUCKET}/{key}"
    if kind == "AWS::StepFunctions::StateMachine":
        return {"Bucket": BUCKET, "Key": key}
    return {"S3Bucket": BUCKET, "S3Key": key}


def _given(logical_id: str, source: Source, handler: Any) -> Package:
    if isinstance(source, bytes):
        return Package(source)
    if isinstance(source, Mapping):
        return Package(zipped(source))
    if isinstance(source, str) and "\n" in source:
        return Package(zipped({f"{MODULE}.py": source}), f"{MODULE}.{_entry(logical_id, source, handler)}")
    return Package(_zip_of(Path(source)))


def _entry(logical_id: str, source: str, handler: Any) -> str:
    """The name that the template's Handler ends with, if the source has it, or ``handler``."""
    try:
        there = {node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)}
    except SyntaxError as error:
        raise TemplateRefused(f"The source given for {logical_id} is no Python: {error}.") from error
    wanted = str(handler).rpartition(".")[2]
    for name in (wanted, _ENTRY):
        if name in there:
            return name
    raise TemplateRefused(
        f"The source given for {logical_id} has no function {wanted} or {_ENTRY}, which is its entry."
    )


def _zip_of(path: Path) -> bytes:
    """A zip as it is, a folder or a file zipped. Raises FileNotFoundError."""
    if path.is_dir():
        return zipped({file.relative_to(path).as_posix(): file.read_bytes() for file in _below(path)})
    if path.suffix == ".zip":
        return path.read_bytes()
    return zipped({path.name: path.read_bytes()})


def _below(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name in _LEFT_OUT or path.name.startswith("."):
            continue
        if path.is_dir():
            yield from _below(path)
        else:
            yield path
