"""Dynamic references: ``{{resolve:ssm:name}}`` and ``{{resolve:secretsmanager:id:SecretString:key}}``.

They are looked up when a resource is made, in the Parameter Store and the Secrets Manager of this cloud, so that a
template may refer to a secret of its own. Source: AWS CloudFormation User Guide, "Get values stored in other services
using dynamic references" (read 2026-11).
"""

from __future__ import annotations

import json
import re
from typing import Any

from waterline.templates.resources.kind import Site

_REFERENCE = re.compile(r"\{\{resolve:(ssm|ssm-secure|secretsmanager):([^{}]+)\}\}")


def looked_up(value: Any, site: Site) -> Any:
    """The value with its dynamic references replaced. Raises botocore's ClientError where there is nothing to find."""
    if isinstance(value, dict):
        return {key: looked_up(inner, site) for key, inner in value.items()}
    if isinstance(value, list):
        return [looked_up(inner, site) for inner in value]
    if isinstance(value, str) and "{{resolve:" in value:
        return _REFERENCE.sub(lambda found: _found(found[1], found[2], site), value)
    return value


def _found(service: str, rest: str, site: Site) -> str:
    if service != "secretsmanager":
        name = rest if ":" not in rest else rest.rpartition(":")[0]  # a version may follow
        return str(site.call("ssm", "GetParameter", {"Name": name, "WithDecryption": True})["Parameter"]["Value"])
    secret, _, parts = rest.partition(":SecretString")
    text = str(site.call("secretsmanager", "GetSecretValue", {"SecretId": secret})["SecretString"])
    key = parts.removeprefix(":").partition(":")[0]
    return str(json.loads(text)[key]) if key else text
