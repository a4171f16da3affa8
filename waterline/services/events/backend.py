"""The verbs of the EventBridge API, on buses of ours.

moto parses a request, keeps buses, rules, targets, connections and policies, and writes the answer. What an event does
is decided here. AWS services put their own events by :meth:`EventBackend.put_events` with themselves as the sender, as
``delivery.Targets.bus`` does.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from moto.backends import get_backend
from moto.events import urls as moto_urls
from moto.events.exceptions import InvalidEventPatternException, ValidationException

from waterline.services import patterns
from waterline.services.delivery import Sender
from waterline.services.events import bus_policy, checks, limits
from waterline.services.events import event as made
from waterline.services.events.api_destinations import ApiDestinations
from waterline.services.events.archive_verbs import ArchiveBackend
from waterline.services.events.arrivals import Arrivals, enabled
from waterline.services.events.event import BusEvent
from waterline.services.events.handover import PRINCIPAL, Handover
from waterline.services.events.responses import EventResponse
from waterline.services.events.routing import Router
from waterline.services.events.timetable import Timetable
from waterline.services.policy import Request, judged, statements_of

_DEFAULT = "default"
_ANYBODY = {"Effect": "Allow", "Principal": "*", "Action": "*"}
_EVENT_FIELDS = ("id", "account", "source", "time", "region", "resources", "detail-type")


class EventBackend(ArchiveBackend):
    """The buses of one account in one Region. `ground` is set by ``waterline.ground.installed``."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.api_destinations = ApiDestinations(self.ground, self.destinations, self.connections)
        router = Router(self.ground, Handover(self.ground, account_id, self.api_destinations))
        self._arrivals = Arrivals(self.ground, router, self.shelves)
        self._timetable = Timetable(self.ground, self._rule_is_due)

    @property
    def _url_module(self) -> SimpleNamespace:
        """moto's addresses, answered by our responses: moto reads them from here when a request comes in."""
        return SimpleNamespace(
            url_bases=moto_urls.url_bases, url_paths=dict.fromkeys(moto_urls.url_paths, EventResponse.dispatch)
        )

    def listen(self, heard: Callable[[str, BusEvent], object]) -> None:
        """Tell of every event that comes to a bus, with the bus's name. `heard` must not block."""
        self._arrivals.listeners.append(heard)

    # -- buses and rules ---------------------------------------------------------------------------------------------

    def bus_at(self, arn: str) -> Any:
        """The bus with this ARN, or None."""
        return next((bus for bus in self.event_buses.values() if bus.arn == arn), None)

    def create_event_bus(self, name: str, *arguments: Any, **options: Any) -> Any:
        self.ground.clock.refuse_other_threads()
        if name not in self.event_buses and len(self.event_buses) >= limits.BUSES:
            raise checks.LimitExceededException
        return super().create_event_bus(name, *arguments, **options)

    def put_permission(
        self,
        event_bus_name: str | None,
        action: str | None,
        principal: str | None,
        statement_id: str | None,
        condition: dict[str, str] | None,
        policy: str | None,
    ) -> None:
        bus = self.describe_event_bus(event_bus_name or _DEFAULT)
        if policy:
            bus_policy.put_whole(bus, policy)
        else:
            before = dict(bus._statements)
            super().put_permission(event_bus_name, action, principal, statement_id, condition, policy)
            bus_policy.keep(bus, before, str(statement_id))

    def put_rule(
        self,
        name: str,
        description: str | None = None,
        event_bus_arn: str | None = None,
        event_pattern: str | None = None,
        role_arn: str | None = None,
        scheduled_expression: str | None = None,
        state: str | None = None,
        managed_by: str | None = None,
        tags: list[dict[str, str]] | None = None,
    ) -> Any:
        self.ground.clock.refuse_other_threads()
        bus = self._get_event_bus(self._normalize_event_bus_arn(event_bus_arn))
        pattern, schedule = checks.pattern(event_pattern), checks.schedule(scheduled_expression)
        if name not in bus.rules and len(bus.rules) >= limits.RULES:
            raise checks.LimitExceededException
        rule = super().put_rule(
            name,
            description,
            event_bus_arn,
            event_pattern,
            role_arn,
            scheduled_expression,
            state,
            managed_by,
            tags,
        )
        self._arrivals.know(rule, pattern)
        self._timetable.put(rule, schedule)
        return rule

    def delete_rule(self, name: str, event_bus_arn: str | None) -> None:
        super().delete_rule(name, event_bus_arn)
        bus = self.event_buses.get(self._normalize_event_bus_arn(event_bus_arn))
        if bus is not None and name not in bus.rules:
            self._timetable.remove(_rule_arn(bus, name))

    def put_targets(self, name: str, event_bus_arn: str | None, targets: list[dict[str, Any]]) -> None:
        rule = self.describe_bus_rule(name, event_bus_arn)
        checks.targets(targets, [] if rule is None else rule.targets)
        super().put_targets(name, event_bus_arn, targets)

    def describe_bus_rule(self, name: str, event_bus_arn: str | None) -> Any:
        """A rule of a bus, or None."""
        bus = self.event_buses.get(self._normalize_event_bus_arn(event_bus_arn))
        return None if bus is None else bus.rules.get(name)

    def matches(self, pattern: str, event: str) -> bool:
        """TestEventPattern: whether a pattern wants an event, both as JSON text."""
        wanted = checks.pattern(pattern)
        try:
            document = patterns.parsed(event)
        except ValueError as error:
            raise ValidationException("Parameter Event is not valid.") from error
        missing = [name for name in _EVENT_FIELDS if not isinstance(document, dict) or name not in document]
        if missing:
            raise ValidationException(f"Parameter Event is not valid. Reason: it has no {', '.join(missing)}.")
        if wanted is None:
            raise InvalidEventPatternException(reason="it is empty")
        return wanted.wants(document)

    # -- events ------------------------------------------------------------------------------------------------------

    def put_events(self, events: list[dict[str, Any]], sender: Sender | None = None) -> list[dict[str, Any]]:
        """Put entries on buses. `sender`: the AWS service that does; None: the account itself."""
        self.ground.clock.refuse_other_threads()
        if len(events) > limits.ENTRIES:
            raise ValidationException(
                "1 validation error detected: Value '[PutEventsRequestEntry]' at 'entries' failed to satisfy "
                f"constraint: Member must have length less than or equal to {limits.ENTRIES}"
            )
        if made.total_size(events) >= limits.ENTRIES_SIZE:
            raise ValidationException("Total size of the entries in the request is over the limit.")
        return [self._put(entry, sender) for entry in events]

    def _put(self, entry: Mapping[str, Any], sender: Sender | None) -> dict[str, Any]:
        fault = made.fault(entry, by_service=sender is not None)
        if fault is None:
            home, name = self._home(str(entry.get("EventBusName") or _DEFAULT))
            bus = home.event_buses.get(name)
            fault = None if bus is None else home._denied(bus, entry, sender, self.account_id)
        if fault is not None:
            return {"ErrorCode": fault[0], "ErrorMessage": fault[1]}
        event = home._made_of(entry, sender, self.account_id)
        if bus is None:
            # Reported, not documented: such an event is answered as if it had been taken.
            home._arrivals.lose(name, event)
        else:
            home._arrivals.arrive(bus, event)
        return {"EventId": event.id}

    def _home(self, name: str) -> tuple[EventBackend, str]:
        """The backend that has a bus, which an ARN may say, and the bus's name."""
        if not name.startswith("arn:"):
            return self, name
        parts = name.split(":")
        return get_backend("events")[parts[4]][parts[3]], parts[5].partition("/")[2]

    def _made_of(self, entry: Mapping[str, Any], sender: Sender | None, account: str) -> BusEvent:
        now = self.ground.clock.date
        content = self._content(
            entry["Source"],
            entry["DetailType"],
            made.moment(entry.get("Time"), now),
            entry.get("Resources") or [],
            made.loaded(entry["Detail"]),
            account if sender is None else sender.account,
        )
        forwarded = sender is not None and sender.principal == PRINCIPAL and ":rule/" in sender.arn
        return BusEvent(content, entry["Detail"], now, forwarded)

    def _content(
        self, source: str, detail_type: str, time: dt.datetime, resources: Sequence[str], detail: Any, account: str
    ) -> dict[str, Any]:
        """A new event, as targets see it."""
        return {
            "version": "0",
            "id": self.ground.identifier("events"),
            "detail-type": detail_type,
            "source": source,
            "account": account,
            "time": made.as_time(time),
            "region": self.region_name,
            "resources": list(resources),
            "detail": detail,
        }

    def _denied(
        self, bus: Any, entry: Mapping[str, Any], sender: Sender | None, account: str
    ) -> tuple[str, str] | None:
        """What the bus's policy says against an entry: code and sentence, or None.

        Who is of the bus's account, or comes with a role, needs no statement; but one may deny it.
        """
        principal = f"arn:aws:iam::{account}:root" if sender is None else sender.principal
        if sender is not None and principal == PRINCIPAL:
            principal = f"arn:aws:iam::{sender.account}:root"  # a rule delivers as its account
        context = {
            "events:source": entry["Source"],
            "events:detail-type": entry["DetailType"],
            "events:eventbusinvocation": "true" if sender is not None and sender.principal == PRINCIPAL else "false",
            **({} if sender is None else sender.context),
        }
        statements = statements_of(bus.policy)
        if account == self.account_id and (sender is None or sender.account == self.account_id):
            statements = [*statements, _ANYBODY]
        verdict = judged(statements, Request(principal, "events:PutEvents", bus.arn, context))
        if verdict.allowed:
            return None
        by, cause = principal if sender is None else sender.arn, self.ground.clock.cause
        place = f"events:{bus.name}"
        self.ground.journal.record("denied", place, next(iter(cause), None), cause[1:], why=verdict.why, by=by)
        return "AccessDeniedException", f"events:{bus.name} did not let {principal} in: {verdict.why}"

    # -- schedules ---------------------------------------------------------------------------------------------------

    def _rule_is_due(self, rule: Any) -> None:
        bus, now = self.event_buses[_DEFAULT], self.ground.clock.date
        if bus.rules.get(rule.name) is rule and enabled(rule):
            content = self._content("aws.events", "Scheduled Event", now, [rule.arn], {}, self.account_id)
            self._arrivals.fall_due(bus, rule, BusEvent(content, "{}", now))

    # -- replays -----------------------------------------------------------------------------------------------------

    def put_again(self, bus: Any, event: BusEvent, only: frozenset[str] | None, replay: str, first: str) -> None:
        self._arrivals.arrive(bus, event, only, replay=replay, parents=(first,))


def _rule_arn(bus: Any, name: str) -> str:
    within = "" if bus.name == _DEFAULT else f"{bus.name}/"
    return f"{bus.arn.rpartition(':')[0]}:rule/{within}{name}"
