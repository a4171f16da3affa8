"""A template as its author wrote it: YAML with CloudFormation's short forms (``!Ref``, ``!Sub`` ...), or JSON.

Words
-----
template
    a mapping with the sections Parameters, Mappings, Conditions, Resources and Outputs; AWS SAM adds Globals.
logical ID
    the name of a resource in its template.
include
    ``Fn::Transform`` with ``AWS::Include``: another file's content, which is put in its place before anything else.

A date such as ``2012-10-17`` stays text, as CloudFormation reads it. Source: AWS CloudFormation User Guide, "Template
anatomy"; CloudFormation Template Reference Guide, "Intrinsic function reference", "AWS::Include transform" (read
2026-11).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import yaml

from waterline.templates.mistakes import NotSupported, TemplateRefused

SECTIONS = (
    "AWSTemplateFormatVersion",
    "Description",
    "Metadata",
    "Parameters",
    "Rules",
    "Mappings",
    "Conditions",
    "Transform",
    "Globals",
    "Resources",
    "Outputs",
)
_BARE = {"Ref", "Condition"}  # the short forms whose long form has no ``Fn::``


@dataclass(frozen=True)
class Document:
    """A template. `name` is how sentences call it; `folder` is where its local paths begin."""

    name: str
    folder: Path
    body: dict[str, Any]

    @property
    def resources(self) -> dict[str, dict[str, Any]]:
        return dict(self.body["Resources"])


class _Loader(yaml.SafeLoader):  # type: ignore[misc]
    """YAML as CloudFormation reads it: with short forms, and without dates."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _short_form(loader: yaml.SafeLoader, name: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)
        value = loader.construct_mapping(node, deep=True)
    if name == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {name if name in _BARE else f"Fn::{name}": value}


_Loader.add_multi_constructor("!", _short_form)


def parse(text: str, name: str) -> Any:
    """What a text in YAML or JSON says. Raises TemplateRefused where it is neither."""
    try:
        if text.lstrip().startswith("{"):
            return json.loads(text)
        return yaml.load(text, _Loader)
    except (ValueError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise TemplateRefused(f"{name} is neither YAML nor JSON: {reason}") from error


def read(template: str | PathLike[str] | Mapping[str, Any]) -> Document:
    """The template in a file, in a text, or as a mapping. Local paths in a text begin at the working directory."""
    if isinstance(template, Mapping):
        return _checked(Document("The template", Path.cwd(), json.loads(json.dumps(template))))
    if isinstance(template, str) and ("\n" in template or template.lstrip().startswith("{")):
        return _checked(Document("The template", Path.cwd(), parse(template, "The template")))
    path = Path(template)
    if not path.is_file():
        raise TemplateRefused(f"There is no template {path}: give a file, its text, or a mapping.")
    body = parse(path.read_text(encoding="utf-8-sig"), path.name)
    return _checked(Document(path.name, path.resolve().parent, body))


def _checked(document: Document) -> Document:
    name, body = document.name, document.body
    if not isinstance(body, dict):
        raise TemplateRefused(f"{name} is no template: it must be a mapping with a section Resources.")
    unknown = [section for section in body if section not in SECTIONS]
    if unknown:
        raise TemplateRefused(f"{name} has a section {unknown[0]}, which templates do not have: {', '.join(SECTIONS)}.")
    resources = body.get("Resources")
    if not isinstance(resources, dict) or not resources:
        raise TemplateRefused(f"{name} has no resources: they stand in its section Resources.")
    loops = [key for key in resources if key.startswith("Fn::")]
    if loops:
        raise NotSupported(name, loops)
    for logical_id, resource in resources.items():
        if not isinstance(resource, dict) or not isinstance(resource.get("Type"), str):
            raise TemplateRefused(f"The resource {logical_id} of {name} has no Type.")
        if not isinstance(resource.get("Properties") or {}, dict):
            raise TemplateRefused(f"The Properties of {logical_id} in {name} are no mapping.")
    return Document(name, document.folder, _included(body, document))


def _included(value: Any, document: Document) -> Any:
    """The value with local includes put in their places."""
    if isinstance(value, list):
        return [_included(item, document) for item in value]
    if not isinstance(value, dict):
        return value
    found: dict[str, Any] = {}
    for key, inner in value.items():
        location = _local_include(inner) if key == "Fn::Transform" else None
        if location is None:
            found[key] = _included(inner, document)
            continue
        path = document.folder / location
        if not path.is_file():
            raise TemplateRefused(f"{document.name} includes {location}, and there is no file {path}.")
        content = parse(path.read_text(encoding="utf-8-sig"), path.name)
        if not isinstance(content, dict):
            raise TemplateRefused(f"{location}, which {document.name} includes, is no mapping.")
        found |= _included(content, document)
    return found


def _local_include(transform: Any) -> str | None:
    if not isinstance(transform, dict) or transform.get("Name") != "AWS::Include":
        return None
    location = (transform.get("Parameters") or {}).get("Location")
    return location if isinstance(location, str) and "://" not in location else None
