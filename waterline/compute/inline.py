"""Handlers in this process, on the clock.

What a handler believes to be its own (standard output, environment variables, modules) changes hands whenever it gives
the clock back: the stage's ``enter`` and ``leave`` are hung on the clock's task.
"""

from __future__ import annotations

import decimal
import importlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

from waterline.clock import Clock
from waterline.compute.outcome import Outcome, exited, failure, raised, syntax_error
from waterline.compute.sandbox import Configuration, Request
from waterline.compute.stage import Stage
from waterline.compute.watchdog import Overrun, Watchdog
from waterline.waiting import TaskEnded


class LambdaContext:
    """The second argument of a handler, with the attributes that the Python runtime gives it."""

    def __init__(self, clock: Clock, configuration: Configuration, request: Request) -> None:
        self.function_name = configuration.name
        self.function_version = configuration.version
        function_arn = ":".join(configuration.arn.split(":")[:7])
        self.invoked_function_arn = function_arn if request.qualifier is None else f"{function_arn}:{request.qualifier}"
        self.memory_limit_in_mb = str(configuration.memory)
        self.aws_request_id = request.request_id
        self.log_group_name = f"/aws/lambda/{configuration.name}"
        self.log_stream_name = configuration.variables.get("AWS_LAMBDA_LOG_STREAM_NAME", "")
        self.identity = None
        self.client_context = None
        self._clock = clock
        self._deadline = request.deadline

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds of virtual time until the function times out."""
        return max(0, (self._deadline - self._clock.now) // 1000)


class InlineSandbox:
    """One execution environment's code, run where the clock is."""

    def __init__(self, clock: Clock, configuration: Configuration, watchdog: Watchdog) -> None:
        self._clock = clock
        self._configuration = configuration
        self._watchdog = watchdog
        self._stage = Stage(clock, configuration.package, configuration.variables, watchdog)
        self._handler: Callable[[Any, LambdaContext], object] | None = None
        self._is_endless = False

    def initialize(self) -> Outcome | None:
        if self._is_endless:  # it would only be watched in vain for as long as the first time
            self._wait_for_the_end()
        return self._guarded(self._load, "")

    def handle(self, request: Request) -> Outcome:
        handler = self._handler
        if handler is None:
            raise RuntimeError("A sandbox must be initialized before it handles anything.")
        context = LambdaContext(self._clock, self._configuration, request)
        self._stage.log.request_id = request.request_id

        def call() -> Outcome:
            return _answer(handler(json.loads(request.event), context), request.request_id)

        outcome = self._guarded(call, request.request_id)
        assert outcome is not None
        return outcome

    def printed(self) -> str:
        return self._stage.printed.take()

    def close(self) -> None:
        self._stage.close()
        self._handler = None

    def _load(self) -> Outcome | None:
        name = self._configuration.handler
        module_name, dot, function = name.rpartition(".")
        if not dot:
            why = "not enough values to unpack (expected 2, got 1)"
            return failure("Runtime.MalformedHandlerName", f"Bad handler '{name}': {why}", [])
        module_name = module_name.replace("/", ".")
        try:
            module = importlib.import_module(module_name)
        except SyntaxError as error:
            return syntax_error(module_name, error)
        except ImportError as error:
            return failure("Runtime.ImportModuleError", f"Unable to import module '{module_name}': {error}", [])
        handler = getattr(module, function, None)
        if handler is None:
            return failure("Runtime.HandlerNotFound", f"Handler '{function}' missing on module '{module_name}'", [])
        self._handler = handler
        return None

    def _guarded(self, call: Callable[[], Outcome | None], request_id: str) -> Outcome | None:
        """Run the function's code on stage; whatever it raises becomes an outcome, except what is meant for us."""
        with self._on_stage():
            try:
                return call()
            except TaskEnded:
                raise
            except KeyboardInterrupt:
                if not self._watchdog.has_thrown:
                    raise
                self._wait_for_the_end()
            except Overrun:
                self._wait_for_the_end()
            except SystemExit as error:
                return exited(request_id, error.code)
            except BaseException as error:
                return raised(error, self._configuration.package, request_id)

    def _wait_for_the_end(self) -> NoReturn:
        """Code that computes without end uses up its time on AWS; here the clock is moved to where that ends."""
        self._is_endless = True
        while True:
            self._clock.sleep(self._configuration.timeout)

    @contextmanager
    def _on_stage(self) -> Iterator[None]:
        task, stage = self._clock.task, self._stage
        stage.enter()
        if task is not None:
            task.enter, task.leave = stage.enter, stage.leave
        try:
            yield
        finally:
            if task is not None:
                task.enter = task.leave = None
            stage.leave()


def _answer(result: object, request_id: str) -> Outcome:
    """What the runtime makes of what a handler returned: JSON in UTF-8, where a decimal number is a number too."""
    try:
        payload = json.dumps(result, ensure_ascii=False, default=_number)
        payload.encode()
    except Exception as error:
        return failure("Runtime.MarshalError", f"Unable to marshal response: {error}", [], request_id=request_id)
    return Outcome(payload)


def _number(value: object) -> float:
    if isinstance(value, decimal.Decimal):
        return float(value)
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")
