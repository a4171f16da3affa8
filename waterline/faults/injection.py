"""``cloud.faults``: the verbs that lay faults, and the questions that the services ask.

A service asks at the instant at which something could go wrong, and the answer is the faults that strike. Each fault
draws from a stream of its own, named after its kind, its target and its number among those of the same kind and target:
so laying one fault more changes nothing in what another one strikes.
"""

from __future__ import annotations

import difflib
import math
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from waterline.clock import SECOND, Clock, microseconds
from waterline.errors import CloudMisused
from waterline.faults.fault import Fault, FaultRefused, UnknownTarget, When

Names = Callable[[], Iterable[str]]
Operations = Callable[[str], Sequence[str]]

ERROR, SLOW, CRASH, OUT_OF_MEMORY, OUTAGE = "error", "slow", "crash", "out of memory", "outage"
THROTTLE, DUPLICATE, REORDER, PARTIAL_BATCH = "throttle", "duplicate", "reorder", "partial batch failure"


class Faults(Sequence[Fault]):
    """The faults of one cloud, in the order in which they were laid; those that have ended stay in the list.

    Every verb takes `rate` (0 to 1, left out: always), `start` and `end` (seconds since the cloud's start; left out:
    from now on, until it is stopped), and returns the :class:`Fault`, whose ``stop()`` ends it.

    Raises FaultRefused and UnknownTarget, each in one sentence.
    """

    def __init__(self, clock: Clock, stream: Callable[[str], random.Random]) -> None:
        self._clock = clock
        self._stream = stream
        self._faults: list[Fault] = []
        self._names: dict[str, Names] = {}
        self._operations: Operations = lambda service: ()

    # -- on invocations of a function --------------------------------------------------------------------------------

    def errors(
        self,
        target: str,
        *,
        rate: float = 1.0,
        when: When = None,
        after_work: bool = False,
        operation: str | None = None,
        start: float | None = None,
        end: float | None = None,
    ) -> Fault:
        """Invocations of a function fail with a function error; calls of a service or a downstream, with status 500.

        `when`: only those with a body (of a message in the batch, else the event as text) that holds this text, or for
        which this function is true. `after_work`: the handler runs to its end first, so its effects remain. These two
        are for a function or a downstream, `operation` (``"SendMessage"``) for a service.
        """
        scope = self._scope(target, "function", "downstream", "service")
        if scope == "service" and (when is not None or after_work):
            raise FaultRefused(f"when= and after_work= are for functions, and {target} is a service: leave them out.")
        operation = self._operation(scope, target, operation)
        options: dict[str, Any] = {"when": when, "after_work": after_work, "operation": operation}
        return self._lay(ERROR, scope, target, rate, start, end, **options)

    def slow(
        self,
        target: str,
        *,
        seconds: float,
        rate: float = 1.0,
        when: When = None,
        operation: str | None = None,
        start: float | None = None,
        end: float | None = None,
    ) -> Fault:
        """Invocations of a function, or calls of a service or a downstream, take `seconds` longer.

        A handler begins so much later. `when` as in :meth:`errors`; `operation` (``"SendMessage"``), for a service.
        """
        scope = self._scope(target, "function", "downstream", "service")
        if scope == "service" and when is not None:
            raise FaultRefused(f"when= is for functions, and {target} is a service: leave it out.")
        self._check_seconds(seconds)
        operation = self._operation(scope, target, operation)
        return self._lay(SLOW, scope, target, rate, start, end, when=when, seconds=seconds, operation=operation)

    def crashes(
        self,
        function: str,
        *,
        rate: float = 1.0,
        when: When = None,
        within: float | None = None,
        start: float | None = None,
        end: float | None = None,
    ) -> Fault:
        """The runtime of a function dies in the middle of its work, and the execution environment is lost.

        It dies at a random instant of the first `within` seconds (left out: of the function's timeout) in which the
        handler waits; a handler that is done by then dies before its answer is out.
        """
        return self._deadly(CRASH, function, rate, when, within, start, end)

    def out_of_memory(
        self,
        function: str,
        *,
        rate: float = 1.0,
        when: When = None,
        within: float | None = None,
        start: float | None = None,
        end: float | None = None,
    ) -> Fault:
        """Like :meth:`crashes`, but the runtime is killed because its memory is used up."""
        return self._deadly(OUT_OF_MEMORY, function, rate, when, within, start, end)

    def partial_batch_failures(
        self,
        function: str,
        *,
        rate: float = 1.0,
        when: When = None,
        start: float | None = None,
        end: float | None = None,
    ) -> Fault:
        """Messages of a batch are reported as failed, as if the handler had named them in ``batchItemFailures``.

        Of a FIFO queue, those that follow in the same message group are named too. The handler works on them all the
        same. As on AWS nobody reads the report unless the event source mapping has ``ReportBatchItemFailures``: without
        it they are deleted with the others.
        """
        self._scope(function, "function")
        return self._lay(PARTIAL_BATCH, "function", function, rate, start, end, when=when)

    # -- on a service, or a function as a whole ----------------------------------------------------------------------

    def outage(self, target: str, *, start: float | None = None, end: float | None = None) -> Fault:
        """From `start` to `end` nothing gets through to a function, or every call of a service fails with status 503.

        A downstream refuses connections.
        A caller of the function gets ServiceException (500); a mapping or the asynchronous queue tries again later.
        """
        return self._lay(OUTAGE, self._scope(target, "function", "downstream", "service"), target, 1.0, start, end)

    def throttles(
        self,
        target: str,
        *,
        operation: str | None = None,
        rate: float = 1.0,
        start: float | None = None,
        end: float | None = None,
    ) -> Fault:
        """Calls of a service are refused with the service's own throttling error; botocore tries again by itself.

        Requests to a downstream are answered with status 429.
        """
        scope = self._scope(target, "downstream", "service")
        operation = self._operation(scope, target, operation)
        return self._lay(THROTTLE, scope, target, rate, start, end, operation=operation)

    # -- on messages of a standard queue -----------------------------------------------------------------------------

    def duplicates(
        self,
        target: str,
        *,
        rate: float = 1.0,
        within: float = 30.0,
        start: float | None = None,
        end: float | None = None,
    ) -> Fault:
        """A standard queue delivers messages once more: a copy appears at a random instant `within` so many seconds.

        A bucket sends its notifications once more.
        The copy comes even when the original was deleted meanwhile.
        """
        if self._scope(target, "queue", "bucket") == "bucket":
            self._check_seconds(within)
            return self._lay(DUPLICATE, "bucket", target, rate, start, end, seconds=within)
        self._standard(target)
        self._check_seconds(within)
        return self._lay(DUPLICATE, "queue", target, rate, start, end, seconds=within)

    def reorders(
        self,
        queue: str,
        *,
        rate: float = 1.0,
        within: float = 5.0,
        start: float | None = None,
        end: float | None = None,
    ) -> Fault:
        """Messages of a standard queue are missed by its consumers for a random time of at most `within` seconds.

        Those that were sent later are received earlier.
        """
        self._standard(queue)
        self._check_seconds(within)
        return self._lay(REORDER, "queue", queue, rate, start, end, seconds=within)

    # -- what the services ask, and tell -----------------------------------------------------------------------------

    @contextmanager
    def known(self, names: Mapping[str, Names], operations: Operations) -> Iterator[None]:
        """Tell, for the length of a ``with`` block, which targets each scope has, and a service's operations."""
        self._names, self._operations = dict(names), operations
        try:
            yield
        finally:
            self._names.clear()

    def on(self, scope: str, target: str, *kinds: str) -> Iterator[Fault]:
        """The faults of these kinds (of all, if none is named) on a target that are active now. Nothing is drawn."""
        for fault in self._faults:
            if fault.scope == scope and fault.target == target and (not kinds or fault.kind in kinds) and fault.active:
                yield fault

    def is_down(self, function: str) -> bool:
        """Whether the function has an outage now."""
        return any(True for _ in self.on("function", function, OUTAGE))

    # -- as a list ---------------------------------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self._faults)

    def __getitem__(self, index: int) -> Fault:  # type: ignore[override]
        return self._faults[index]

    def __repr__(self) -> str:
        if not self._faults:
            return "<no faults: cloud.faults.errors(...), slow, crashes, outage, throttles, duplicates, ... lay them>"
        return "\n".join(repr(fault) for fault in self._faults)

    # -- inside ------------------------------------------------------------------------------------------------------

    def _deadly(
        self,
        kind: str,
        function: str,
        rate: float,
        when: When,
        within: float | None,
        start: float | None,
        end: float | None,
    ) -> Fault:
        self._scope(function, "function")
        if within is not None:
            self._check_seconds(within)
        return self._lay(kind, "function", function, rate, start, end, when=when, seconds=within or 0.0)

    def _lay(
        self,
        kind: str,
        scope: str,
        target: str,
        rate: float,
        start: float | None,
        end: float | None,
        *,
        when: When = None,
        seconds: float = 0.0,
        operation: str | None = None,
        after_work: bool = False,
    ) -> Fault:
        if not _is_number(rate) or not 0 <= rate <= 1:
            raise FaultRefused(f"rate={rate!r} is no share: give a number from 0 (never) to 1 (always).")
        if when is not None and not isinstance(when, str) and not callable(when):
            raise FaultRefused(f"when={when!r} chooses nothing: give a text that bodies hold, or a function of a body.")
        begins, ends = self._window(start, end)
        key = f"fault/{kind}/{scope}/{target}"
        number = sum((fault.kind, fault.scope, fault.target) == (kind, scope, target) for fault in self._faults)
        fault = Fault(
            kind,
            scope,
            target,
            rate,
            begins,
            ends,
            self._clock,
            self._stream(f"{key}/{number}"),
            when,
            seconds,
            operation,
            after_work,
        )
        self._faults.append(fault)
        return fault

    def _window(self, start: float | None, end: float | None) -> tuple[int, int | None]:
        for name, value in (("start", start), ("end", end)):
            if value is not None and (not _is_number(value) or not math.isfinite(value) or value < 0):
                raise FaultRefused(f"{name}={value!r} is no instant: give the seconds since the cloud's start.")
        begins = self._clock.now if start is None else microseconds(start)
        ends = None if end is None else microseconds(end)
        if ends is not None and ends <= begins:
            since = "now" if start is None else "start"
            raise FaultRefused(
                f"end={end:g} is not after {since} (+{begins / SECOND:g} s): both are seconds since the cloud's start."
            )
        return begins, ends

    @staticmethod
    def _check_seconds(seconds: float) -> None:
        if not _is_number(seconds) or not math.isfinite(seconds) or seconds <= 0:
            raise FaultRefused(f"{seconds!r} is no length of time: give the seconds as a number above 0.")

    def _standard(self, queue: str) -> None:
        self._scope(queue, "queue")
        if queue.endswith(".fifo"):
            raise FaultRefused(
                f"{queue} is a FIFO queue, which keeps order and drops duplicates: name a standard queue."
            )

    def _operation(self, scope: str, target: str, operation: str | None) -> str | None:
        if operation is None:
            return None
        if scope != "service":
            raise FaultRefused(f"operation= is for services, and {target} is a {scope}: leave it out.")
        known = list(self._operations(target))
        if operation not in known:
            raise UnknownTarget(f"{target} has no operation {operation!r}{_meant(operation, known)}.")
        return operation

    def _scope(self, target: str, *scopes: str) -> str:
        """What `target` is the name of, the first of these scopes that has it."""
        if not self._names:
            raise CloudMisused("This cloud is closed, so there is nothing that a fault could strike: open a new one.")
        known = {scope: list(self._names[scope]()) for scope in scopes}
        for scope, names in known.items():
            if target in names:
                return scope
        wanted = " or ".join(sorted(scopes, key=lambda scope: scope == "downstream"))
        everything = [name for scope in scopes for name in known[scope]]
        sentence = f"There is no {wanted} {target!r}{_meant(str(target), everything)}: "
        if "service" in scopes and "function" not in scopes:
            sentence += "services have their boto3 names, such as 'sqs'."
        else:
            sentence += f"the {scopes[0]}s are {', '.join(sorted(known[scopes[0]])) or 'none yet'}."
        raise UnknownTarget(sentence)


def _meant(name: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, known, 1, 0.75)
    return f" (did you mean {close[0]!r}?)" if close else ""


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
