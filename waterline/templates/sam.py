"""From AWS SAM to CloudFormation: AWS's own translator, without a call to AWS.

``Transform: AWS::Serverless-2016-10-31`` makes a template one of SAM's: ``AWS::Serverless::Function`` becomes a
function, its role, its permissions and its mappings; ``Globals`` go into every resource. Source: AWS SAM Developer
Guide, "AWS SAM template anatomy", "Generated CloudFormation resources" (read 2026-11).
"""

from __future__ import annotations

import copy
import logging
from collections.abc import Mapping
from typing import Any

import boto3

from waterline.templates.mistakes import TemplateRefused

TRANSFORM = "AWS::Serverless-2016-10-31"
EXTENSIONS = "AWS::LanguageExtensions"  # Fn::Length and Fn::ToJsonString


def transforms(body: Mapping[str, Any]) -> list[str]:
    """The names of the template's transforms."""
    named = body.get("Transform") or []
    return [
        str(one.get("Name") if isinstance(one, Mapping) else one)
        for one in (named if isinstance(named, list) else [named])
    ]


def translated(body: dict[str, Any], parameters: Mapping[str, Any], name: str, region: str) -> dict[str, Any]:
    """The template without anything of SAM's. Raises TemplateRefused with what the translator has to say."""
    if TRANSFORM not in transforms(body):
        return body
    # Here, because the translator takes a second to import and most clouds have no template.
    from samtranslator.metrics.metrics import DummyMetricsPublisher, Metrics
    from samtranslator.model.exceptions import ExceptionWithMessage, InvalidDocumentException
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator

    logger = logging.getLogger("samtranslator")
    if not logger.handlers:  # it tells of features of its own, to nobody's use
        logger.addHandler(logging.NullHandler())
    template, metrics = copy.deepcopy(body), Metrics("ServerlessTransform", DummyMetricsPublisher())
    try:
        translator = Translator(None, Parser(), boto_session=boto3.Session(region_name=region), metrics=metrics)
        answer = translator.translate(template, dict(parameters), get_managed_policy_map=dict)
    except InvalidDocumentException as error:
        causes = "; ".join(cause.message for cause in error.causes)
        raise TemplateRefused(f"AWS SAM refuses {name}: {causes}") from error
    except ExceptionWithMessage as error:
        raise TemplateRefused(f"AWS SAM refuses {name}: {error.message}") from error
    finally:
        metrics.publish()  # to nowhere; what is not published is complained about
    return dict(answer)
