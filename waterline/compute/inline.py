"""Handlers in this process, on the clock.

A process has one standard output, one set of environment variables and one table of imported modules. Each execution
environment believes that they are its own, so they change hands whenever a handler gives the clock back: ``enter`` and
``leave`` are hung on the clock's task.
"""

from __future__ import annotations

import importlib
import io
import json
import os
import sys
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

from waterline.clock import Clock, TaskEnded
from waterline.compute.outcome import Outcome, exited, failure, raised
from waterline.compute.sandbox import Configuration, Request
from waterline.compute.watchdog import Overrun, Watchdog


class LambdaContext:
    """The second argument of a handler, with the attributes that the Python runtime gives it."""

    def __init__(self, clock: Clock, configuration: Configuration, request: Request, log_stream: str) -> None:
        self.function_name = configuration.name
        self.function_version = configuration.version
        self.invoked_function_arn = configuration.arn
        self.memory_limit_in_mb = str(configuration.memory)
        self.aws_request_id = request.request_id
        self.log_group_name = f"/aws/lambda/{configuration.name}"
        self.log_stream_name = log_stream
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
        self._variables = dict(configuration.variables)
        self._modules: dict[str, types.ModuleType] = {}
        self._printed = io.StringIO()
        self._handler: Callable[[Any, LambdaContext], object] | None = None
        self._outside: tuple[Any, Any, dict[str, str], dict[str, types.ModuleType]] | None = None

    def initialize(self) -> Outcome | None:
        return self._guarded(self._load, "init")

    def handle(self, request: Request) -> Outcome:
        handler = self._handler
        if handler is None:
            raise RuntimeError("A sandbox must be initialized before it handles anything.")
        context = LambdaContext(
            self._clock, self._configuration, request, self._variables.get("AWS_LAMBDA_LOG_STREAM_NAME", "")
        )

        def call() -> Outcome:
            result = handler(json.loads(request.event), context)
            try:
                payload = json.dumps(result)
            except (TypeError, ValueError) as error:
                return failure("Runtime.MarshalError", f"Unable to marshal response: {error}", [])
            return Outcome(payload)

        outcome = self._guarded(call, request.request_id)
        assert outcome is not None
        return outcome

    def printed(self) -> str:
        text = self._printed.getvalue()
        self._printed.seek(0)
        self._printed.truncate()
        return text

    def close(self) -> None:
        self._modules.clear()
        self._handler = None

    def _load(self) -> Outcome | None:
        module_name, dot, function = self._configuration.handler.rpartition(".")
        if not dot:
            return failure("Runtime.MalformedHandlerName", f"Bad handler '{function}': not enough values to unpack", [])
        module_name = module_name.replace("/", ".")
        try:
            module = importlib.import_module(module_name)
        except SyntaxError as error:
            return failure("Runtime.UserCodeSyntaxError", f"Syntax error in module '{module_name}': {error}", [])
        except ImportError as error:
            return failure("Runtime.ImportModuleError", f"Unable to import module '{module_name}': {error}", [])
        handler = getattr(module, function, None)
        if not callable(handler):
            return failure("Runtime.HandlerNotFound", f"Handler '{function}' missing on module '{module_name}'", [])
        self._handler = handler
        return None

    def _guarded(self, call: Callable[[], Outcome | None], request_id: str) -> Outcome | None:
        """Run the function's code on stage; whatever it raises becomes an outcome, except what is meant for us."""
        with self._on_stage():
            try:
                return call()
            except (TaskEnded, KeyboardInterrupt):
                raise
            except Overrun:
                self._wait_for_the_end()
            except SystemExit as error:
                return exited(request_id, 0 if error.code is None else error.code)
            except BaseException as error:
                return raised(error, self._configuration.package)

    def _wait_for_the_end(self) -> NoReturn:
        """Code that computes without end uses up its time on AWS; here the clock is moved to where that ends."""
        while True:
            self._clock.sleep(self._configuration.timeout)

    # -- the process's belongings change hands -----------------------------------------------------------------------

    @contextmanager
    def _on_stage(self) -> Iterator[None]:
        task = self._clock.task
        self._enter()
        if task is not None:
            task.enter, task.leave = self._enter, self._leave
        try:
            yield
        finally:
            if task is not None:
                task.enter = task.leave = None
            self._leave()

    def _enter(self) -> None:
        package = self._configuration.package
        shadowed = {name: sys.modules.pop(name) for name in package.top_level if name in sys.modules}
        self._outside = (sys.stdout, sys.stderr, dict(os.environ), shadowed)
        sys.stdout = sys.stderr = self._printed
        os.environ.update(self._variables)
        sys.meta_path.insert(0, package)
        sys.modules.update(self._modules)
        self._watchdog.enter(self._clock)

    def _leave(self) -> None:
        if self._outside is None:
            return
        self._watchdog.leave()
        sys.stdout, sys.stderr, outside, shadowed = self._outside
        self._outside = None
        package = self._configuration.package
        sys.meta_path.remove(package)
        names = package.top_level if package.is_flat else [name for name in sys.modules if name in package]
        for name in list(names):
            if name in sys.modules:
                self._modules[name] = sys.modules.pop(name)
        sys.modules.update(shadowed)
        inside = dict(os.environ)
        if inside != outside:
            self._variables.update({key: value for key, value in inside.items() if outside.get(key) != value})
            for key in inside.keys() - outside.keys():
                del os.environ[key]
            os.environ.update({key: value for key, value in outside.items() if inside.get(key) != value})
