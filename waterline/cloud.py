"""The cloud: the only door. It opens moto, starts the clock, installs the services and closes all of it again.

with Cloud(seed=7) as cloud:                  # in a notebook: cloud = Cloud.start(seed=7)
    sqs = boto3.client("sqs")                 # plain boto3 from here on
    cloud.deploy("issue-ticket", SOURCE, timeout=10)
    cloud.advance(minutes=5)                  # all that happens in five minutes happens now
    cloud.settle()                            # play on until nothing is left to happen
    stack = cloud.deploy_template("template.yaml")    # an AWS SAM or CloudFormation template, as it is
    cloud.faults.errors("issue-ticket", rate=0.05)    # what is to go wrong, from the seed
    cloud.journal.trace(message_id)           # the whole life of one message
"""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from os import PathLike
from types import TracebackType
from typing import TYPE_CHECKING, Any

import boto3
from moto import mock_aws
from moto.backends import get_backend
from moto.core.base_backend import BackendDict
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.iam.models import iam_backends
from moto.moto_api._internal import mock_random

from waterline.clock import EPOCH, SECOND, Clock
from waterline.compute.doors import openapi
from waterline.compute.source import HANDLER, packaged
from waterline.downstreams import Database, Databases, ThirdParty
from waterline.errors import CloudMisused, LabMistake
from waterline.facts import facts
from waterline.faults.backoff import seeded
from waterline.faults.calls import operations, services, under_faults
from waterline.ground import Ground, installed
from waterline.journal import Journal
from waterline.services.eventsv2.wire import known_to_moto
from waterline.services.hosts import known_hosts
from waterline.services.kinesis import subscriptions_answered
from waterline.web.wire import wired

if TYPE_CHECKING:
    from waterline.compute.doors.client import HttpClient
    from waterline.templates.code import Source
    from waterline.templates.stack import Stack, Stacks

REGION = "us-east-1"
_ROLE = "lab"
# What moto keeps the state of, by its own name, and what delivers in its place; imported when it is first asked for.
_SERVICES = {
    "sqs": "waterline.services.sqs:QueueBackend",
    "sns": "waterline.services.sns:TopicBackend",
    "kinesis": "waterline.services.kinesis:StreamBackend",
    "firehose": "waterline.services.firehose:HoseBackend",
    "dynamodb": "waterline.services.dynamodb:TableBackend",
    "dynamodbstreams": "waterline.services.dynamodb:StreamReaders",
    "s3": "waterline.services.s3:BucketBackend",
    "events": "waterline.services.events:EventBackend",
    "eventbridgev2": "waterline.services.eventsv2.backend:EventBuses",
    "scheduler": "waterline.services.scheduler:ScheduleBackend",
    "pipes": "waterline.pipes:PipeBackend",
    "stepfunctions": "waterline.services.states:StatesBackend",
    "lambda": "waterline.compute.backend:Functions",
    "cloudwatch": "waterline.services.cloudwatch:MetricBackend",
    "apigateway": "waterline.compute.doors.rest_backend:RestApis",
    "apigatewayv2": "waterline.compute.doors.http_backend:HttpApis",
}
openapi.stand_in()
_MOTO_SETTINGS: Any = {"core": {"mock_credentials": False, "reset_boto3_session": False}}
_DAY = 86_400 * SECOND


@dataclass(frozen=True, eq=False)
class Cell:
    """One run of one notebook cell; `name` is the cell's, whatever text it holds at the time."""

    name: str


# Set by waterline.notebook while a cell runs, when it knows which.
running_cell: ContextVar[Cell | None] = ContextVar("running_cell", default=None)


class CloudAlreadyOpen(LabMistake, RuntimeError):
    """There is one lab cloud at a time."""


# The open clouds, the innermost last; more than one only where one was opened aside. Here because moto patches the
# process, so that a second cloud would be the first one's queues under another clock.
_open: list[Cloud] = []


def current() -> Cloud | None:
    """The cloud that is open, or None."""
    return _open[-1] if _open else None


class Cloud:
    """A cloud of its own on a virtual clock: no account, no network, nothing that takes real time.

    Parameters
    ----------
    seed: every random choice comes from it; the same seed gives the same journal, to the byte.
    start: the virtual date at which it opens, with a time zone.
    """

    def __init__(self, seed: int = 0, start: dt.datetime = EPOCH) -> None:
        self.seed = seed
        self.clock = Clock(start)
        self.journal = Journal(self.clock)
        self._ground = Ground(self.clock, self.journal, self.seed)
        self.faults = self._ground.faults
        self.web = self._ground.web
        self._databases = Databases(self._ground)
        self._opened_at: Cell | None = None
        self._closing: ExitStack | None = None
        self._stacks: Stacks | None = None
        self._http: HttpClient | None = None

    # -- opening and closing -----------------------------------------------------------------------------------------

    @classmethod
    def start(cls, seed: int = 0, start: dt.datetime = EPOCH) -> Cloud:
        """Open a cloud that stays open until :meth:`close`: what a notebook does in its first cell.

        Running the same cell again, edited or not, closes the cloud that it opened before and opens a new one.
        """
        caller = sys._getframe(1)
        here = running_cell.get() or Cell(f"{caller.f_code.co_filename}:{caller.f_lineno}")
        before = current()
        earlier = None if before is None else before._opened_at
        again = earlier is not None and earlier.name == here.name and earlier is not here
        if before is not None and again and _in_a_notebook():
            before.close()
        cloud = cls(seed, start)
        cloud._opened_at = here
        return cloud._enter()

    @classmethod
    @contextmanager
    def aside(cls, seed: int = 0, start: dt.datetime = EPOCH) -> Iterator[Cloud]:
        """A cloud beside the open one, for the length of a ``with`` block; the open one stands still meanwhile."""
        cloud = cls(seed, start)._enter(aside=True)
        try:
            yield cloud
        finally:
            cloud.close()

    def __enter__(self) -> Cloud:
        return self._enter()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _enter(self, aside: bool = False) -> Cloud:
        if _open and not aside:
            raise CloudAlreadyOpen(
                f"A cloud is open already (seed {_open[-1].seed}): close it with close() before you open another."
            )
        if self._closing is not None:
            raise CloudMisused("This cloud has been open before: make a new one.")
        ground = self._ground
        with ExitStack() as stack:
            stack.enter_context(_moto_parked())
            moto = mock_aws(config=_MOTO_SETTINGS)
            moto.start(reset=False)
            stack.callback(moto.stop)
            stack.enter_context(known_to_moto())
            stack.enter_context(installed(_SERVICES, ground))
            stack.enter_context(known_hosts())
            stack.enter_context(under_faults(self.clock, self.journal, self.faults))
            stack.enter_context(subscriptions_answered())
            stack.enter_context(seeded(ground.random("retries of botocore")))
            targets: dict[str, Callable[[], Iterable[str]]]
            targets = {"function": _functions, "queue": _queues, "service": services}
            targets["bucket"] = _buckets
            targets["downstream"] = lambda: [*ground.web.names, *self._databases.names]
            stack.enter_context(self._databases.importable())
            stack.enter_context(wired(ground.web))
            stack.enter_context(self.faults.known(targets, operations))
            stack.callback(self.clock.close)
            mock_random.seed(self.seed)
            self.clock.freeze()
            self.role = _make_role()
            ground.web.entrance = lambda host: self._client().entrance(host)
            self._closing = stack.pop_all()
        _open.append(self)
        return self

    def close(self) -> None:
        """Close the cloud: handlers that still run are ended, and the process sees real time again."""
        if self in _open:
            _open.remove(self)
            assert self._closing is not None
            self._closing.close()

    @property
    def is_open(self) -> bool:
        return self in _open

    # -- time --------------------------------------------------------------------------------------------------------

    def advance(self, *, seconds: float = 0, minutes: float = 0, hours: float = 0, days: float = 0) -> None:
        """Play everything that happens in the given time."""
        self._must_be_open("advance")
        delay = dt.timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        if delay < dt.timedelta(0):
            raise ValueError("The clock cannot go back: advance takes a positive time.")
        self.clock.advance(delay // dt.timedelta(microseconds=1))

    def settle(self, *, limit_days: float = 30) -> None:
        """Play on until nothing is left to happen but idle waiting.

        Raises NotSettled, in one sentence, when things still happen after `limit_days` virtual days.
        """
        self._must_be_open("settle")
        self.clock.settle(round(limit_days * _DAY))

    # -- functions ---------------------------------------------------------------------------------------------------

    def deploy(
        self,
        name: str,
        source: str,
        *,
        timeout: int | None = None,
        memory: int | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> str:
        """Deploy one module whose ``handler`` is the entry, as a real zip through ``create_function``.

        `timeout` in seconds and `memory` in MB; left out, AWS's defaults hold. A function of that name is updated.
        Returns the function's ARN.
        """
        self._must_be_open("deploy")
        client = boto3.client("lambda", region_name=REGION)
        settings: dict[str, Any] = {
            "Environment": {"Variables": dict(environment or {})},
            "Timeout": facts["lambda.timeout_default"].value if timeout is None else timeout,
            "MemorySize": facts["lambda.memory_default"].value if memory is None else memory,
        }
        code = packaged(source)
        try:
            client.get_function(FunctionName=name)
        except client.exceptions.ResourceNotFoundException:
            answer = client.create_function(
                FunctionName=name,
                Runtime="python3.13",
                Role=self.role,
                Handler=HANDLER,
                Code={"ZipFile": code},
                **settings,
            )
        else:
            client.update_function_code(FunctionName=name, ZipFile=code)
            answer = client.update_function_configuration(FunctionName=name, **settings)
        return str(answer["FunctionArn"])

    # -- templates ---------------------------------------------------------------------------------------------------

    def deploy_template(
        self,
        template: str | PathLike[str] | Mapping[str, Any],
        *,
        parameters: Mapping[str, Any] | None = None,
        stack_name: str = "lab",
        code: Mapping[str, Source] | None = None,
        allow_unsupported: bool = False,
    ) -> Stack:
        """Deploy an AWS SAM or CloudFormation template: a file, its text, or a mapping.

        Folders that it names (``CodeUri: src/``) begin where the file is. `code` gives functions other code by their
        logical IDs: a module's text, a path, a zip, or a mapping of file names to texts. A stack of that name is
        updated. Raises TemplateRefused; NotSupported, which names all that the lab does not have before anything is
        created (`allow_unsupported` deploys the rest); and DeploymentFailed when a service refuses a resource.
        """
        self._must_be_open("deploy_template")
        from waterline.templates.document import read

        return self._stack_set().deploy(read(template), stack_name, parameters or {}, code or {}, allow_unsupported)

    def delete_stack(self, stack_name: str = "lab") -> None:
        """Take away all that a template's deployment made. Raises NoSuchStack."""
        self._must_be_open("delete_stack")
        self._stack_set().delete(stack_name)

    def _stack_set(self) -> Stacks:
        # Imported here, because it takes a third of a second and most clouds have no template.
        from waterline.templates.stack import Stacks

        if self._stacks is None:
            self._stacks = Stacks(self._ground, DEFAULT_ACCOUNT_ID, REGION)
        return self._stacks

    @property
    def http(self) -> HttpClient:
        """Sends HTTP requests to function URLs and APIs of this cloud: ``cloud.http.get(url)``."""
        self._must_be_open("http")
        return self._client()

    def _client(self) -> HttpClient:
        if self._http is None:
            with self.clock.off_stage():  # a handler may be the first to need the doors
                from waterline.compute.doors.client import HttpClient
            self._http = HttpClient(self._ground, DEFAULT_ACCOUNT_ID)
        return self._http

    # -- downstreams -------------------------------------------------------------------------------------------------

    def third_party(self, name: str, **settings: Any) -> ThirdParty:
        """Somebody else's HTTP API at ``https://api.NAME.example``, with the settings of :class:`ThirdParty`.

        ``cloud.third_party("bank", rate=10, latency=0.2)``
        """
        self._must_be_open("third_party")
        return ThirdParty(self._ground, name, **settings)

    def database(self, name: str, **settings: Any) -> Database:
        """A relational database that ``import labdb`` connects to, with the settings of :class:`Database`.

        ``cloud.database("orders", max_connections=50, query_time=0.02)``
        """
        self._must_be_open("database")
        return self._databases.add(Database(self._ground, name, **settings))

    # -- what a function says ----------------------------------------------------------------------------------------

    def logs(self, function: str) -> str:
        """What a function printed, with the lines that Lambda adds, in order: its CloudWatch log group as text."""
        self._must_be_open("logs")
        group = get_backend("logs")[DEFAULT_ACCOUNT_ID][REGION].groups.get(f"/aws/lambda/{function}")
        if group is None:
            return ""
        events = [event for stream in group.streams.values() for event in stream.events]
        return "\n".join(event.message for event in sorted(events, key=lambda event: (event.timestamp, event.event_id)))

    def _must_be_open(self, verb: str) -> None:
        if not self.is_open:
            raise CloudMisused(f"This cloud is closed, so {verb} has nothing to work on: open a new one.")

    def __repr__(self) -> str:
        state = f"at +{self.clock.now / SECOND:,.1f} s" if self.is_open else "closed"
        return f"<cloud, seed {self.seed}, {state}, {len(self.journal)} events>"


def _in_a_notebook() -> bool:
    ipython: Any = sys.modules.get("IPython")
    return ipython is not None and ipython.get_ipython() is not None


def _functions() -> set[str]:
    backends = get_backend("lambda")[DEFAULT_ACCOUNT_ID].values()
    return {function.function_name for backend in backends for function in backend.list_functions()}


def _queues() -> set[str]:
    return {name for backend in get_backend("sqs")[DEFAULT_ACCOUNT_ID].values() for name in backend.queues}


def _buckets() -> set[str]:
    return set(get_backend("s3")[DEFAULT_ACCOUNT_ID]["aws"].buckets)


def _make_role() -> str:
    """The execution role that :meth:`Cloud.deploy` gives to functions."""
    trust = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}]}
    role = iam_backends[DEFAULT_ACCOUNT_ID]["aws"].create_role(
        role_name=_ROLE,
        assume_role_policy_document=json.dumps(trust),
        path="/",
        permissions_boundary=None,
        description="",
        tags=[],
        max_session_duration="3600",
    )
    return str(role.arn)


@contextmanager
def _moto_parked() -> Iterator[None]:
    """Put away whatever moto holds, and bring it back at the end, so that a cloud begins and ends with nothing."""
    in_use = list(BackendDict._instances)
    kept = [(backends, dict(backends)) for backends in in_use]
    numbers = mock_random.getstate()
    for backends in in_use:
        backends.clear()
    BackendDict._instances.clear()
    try:
        yield
    finally:
        for backends in BackendDict._instances:
            backends.clear()
        BackendDict._instances[:] = in_use
        for backends, content in kept:
            backends.update(content)
        mock_random.setstate(numbers)
