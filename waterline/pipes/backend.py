"""The verbs of EventBridge Pipes, on moto's pipes.

A pipe is made, changed, started and stopped in the background; how long that takes is not documented: here one second.
A pipe that is stopped takes nothing more from its source, and what it has taken it sees through.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType
from typing import Any

import moto.pipes.urls
from moto.pipes.exceptions import ConflictException
from moto.pipes.models import EventBridgePipesBackend
from moto.pipes.models import Pipe as MotoPipe

from waterline.clock import SECOND
from waterline.ground import Ground
from waterline.pipes.checks import check_enrichment, check_request, check_target
from waterline.pipes.consumer import PipeConsumer, Steps
from waterline.pipes.enrichment import Enrichment
from waterline.pipes.source import Polling, Source
from waterline.pipes.targets import Target
from waterline.pipes.templates import Naming
from waterline.services.delivery import Sender, Targets, place_of

_PROVISIONING = SECOND
RUNNING, STOPPED = "RUNNING", "STOPPED"


class CloudPipe(MotoPipe):  # type: ignore[misc]
    """A pipe of moto's, whose state changes on the clock and not when somebody looks."""

    status: str = ""

    def advance(self) -> None:
        """Nothing."""


@dataclass
class _Plumbing:
    """What of a pipe moves: its source, its consumer, and the pollers between them."""

    source: Source
    consumer: PipeConsumer
    polling: Polling


class PipeBackend(EventBridgePipesBackend):  # type: ignore[misc]
    """The pipes of one account in one Region. `ground` is set by ``waterline.ground.installed``."""

    ground: Ground

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self._plumbing: dict[str, _Plumbing] = {}

    @property
    def _url_module(self) -> ModuleType:
        module: ModuleType = moto.pipes.urls
        return module

    def create_pipe(self, **request: Any) -> MotoPipe:
        self.ground.clock.refuse_other_threads()
        if request["name"] in self.pipes:
            raise ConflictException(f"Pipe {request['name']} already exists.")
        content = {_API_NAMES[name]: value for name, value in request.items() if value is not None}
        check_request("CreatePipe", content)
        source = Source(self.ground, request["source"])
        parameters = request["source_parameters"] or {}
        size = self._checked(source, parameters, content)
        pipe = super().create_pipe(**request)
        pipe.__class__ = CloudPipe
        pipe.status = "CREATING"
        consumer = self._consumer(pipe, source)
        self._plumbing[pipe.name] = _Plumbing(source, consumer, source.polled_by(consumer, parameters, size))
        self._soon(pipe)
        return pipe

    def update_pipe(self, **request: Any) -> MotoPipe:
        before = self.describe_pipe(request["name"])
        plumbing = self._plumbing[before.name]
        content = {_API_NAMES[name]: value for name, value in request.items() if value is not None}
        check_request("UpdatePipe", content)
        given = dict(request["source_parameters"] or {})
        own = (before.source_parameters or {}).get(plumbing.source.block)
        if own is not None:
            given[plumbing.source.block] = {**own, **(given.get(plumbing.source.block) or {})}
        parameters = {**(before.source_parameters or {}), **given}
        later = {
            "Target": before.target,
            "TargetParameters": before.target_parameters,
            "Enrichment": before.enrichment,
            **content,
        }
        size = self._checked(plumbing.source, parameters, later)
        pipe = super().update_pipe(**{**request, "source_parameters": parameters})
        was_known = plumbing.consumer
        plumbing.consumer = self._consumer(pipe, plumbing.source).taking_over(was_known)
        plumbing.source.change(plumbing.polling, plumbing.consumer, parameters, size)
        pipe.status = "UPDATING"
        self._soon(pipe)
        return pipe

    def start_pipe(self, name: str) -> MotoPipe:
        pipe = self.describe_pipe(name)
        if pipe.status not in (STOPPED, "START_FAILED", "STOP_FAILED"):
            raise ConflictException(f"Pipe {name} is {pipe.status}, and only a stopped pipe can be started.")
        pipe.desired_state, pipe.status = RUNNING, "STARTING"
        self._soon(pipe)
        return pipe

    def stop_pipe(self, name: str) -> MotoPipe:
        pipe = self.describe_pipe(name)
        if pipe.status not in (RUNNING, "START_FAILED", "STOP_FAILED"):
            raise ConflictException(f"Pipe {name} is {pipe.status}, and only a running pipe can be stopped.")
        pipe.desired_state, pipe.status = STOPPED, "STOPPING"
        self._soon(pipe)
        return pipe

    def delete_pipe(self, name: str) -> MotoPipe:
        pipe = super().delete_pipe(name)
        plumbing = self._plumbing.pop(name)
        plumbing.consumer.exists = plumbing.consumer.running = False
        plumbing.polling.close()
        return pipe

    # -- inside ------------------------------------------------------------------------------------------------------

    def _checked(self, source: Source, parameters: dict[str, Any], content: dict[str, Any]) -> int:
        """Raise what is answered to a pipe that cannot be; the size of its batches."""
        source.check(parameters)
        largest = [check_target(content["Target"], content.get("TargetParameters") or {})]
        if content.get("Enrichment"):
            largest.append(check_enrichment(content["Enrichment"]))
        return source.batch_size(parameters, min((size for size in largest if size is not None), default=None))

    def _consumer(self, pipe: MotoPipe, source: Source) -> PipeConsumer:
        targets = Targets(self.ground)
        sender = Sender("pipes.amazonaws.com", pipe.arn, self.account_id, by_role=True)
        given, asked = pipe.target_parameters or {}, pipe.enrichment_parameters or {}
        enrichment = Enrichment(targets, sender, pipe.enrichment, asked) if pipe.enrichment else None
        steps = Steps(
            Naming(pipe.arn, pipe.name, pipe.source, pipe.enrichment or "", pipe.target),
            Target(targets, sender, pipe.target, pipe.name, given, in_order=source.in_order),
            given.get("InputTemplate"),
            enrichment,
            asked.get("InputTemplate"),
            source.patience,
        )
        return PipeConsumer(self.ground, steps, place_of(pipe.target))

    def _soon(self, pipe: MotoPipe) -> None:
        """Bring a pipe into the state that it is to be in."""
        self.ground.clock.after(_PROVISIONING, self._settle, pipe)

    def _settle(self, pipe: MotoPipe) -> None:
        if self.pipes.get(pipe.name) is not pipe:
            return
        plumbing = self._plumbing[pipe.name]
        pipe.status = pipe.desired_state
        plumbing.consumer.running = pipe.status == RUNNING
        if plumbing.consumer.running:
            plumbing.polling.start()
        else:
            plumbing.polling.stop()


_API_NAMES = {
    "name": "Name",
    "description": "Description",
    "desired_state": "DesiredState",
    "source": "Source",
    "source_parameters": "SourceParameters",
    "enrichment": "Enrichment",
    "enrichment_parameters": "EnrichmentParameters",
    "target": "Target",
    "target_parameters": "TargetParameters",
    "role_arn": "RoleArn",
    "tags": "Tags",
    "log_configuration": "LogConfiguration",
    "kms_key_identifier": "KmsKeyIdentifier",
}
