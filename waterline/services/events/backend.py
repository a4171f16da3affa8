"""The verbs of the EventBridge API, on buses of ours.

moto parses a request, keeps buses, rules, targets, connections and policies, and writes the answer. What an event does
is decided here. AWS services put their own events by :meth:`EventBackend.put_events` with themselves as the sender, as
``delivery.Targets.bus`` does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from moto.backends import get_backend
from moto.events import urls as moto_urls
from moto.events.exceptions import (
    IllegalStatusException,
    InvalidEventPatternException,
    ValidationException,
)
from moto.events.models import EventsBackend, ReplayState

from waterline.ground import Ground
from waterline.services import patterns
from waterline.services.delivery import Sender
from waterline.services.events import checks, limits
from waterline.services.events import event as made
from waterline.services.events.api_destinations import ApiDestinations
from waterline.services.events.archives import Replays, Shelf
from waterline.services.events.event import BusEvent
from waterline.services.events.handover import PRINCIPAL, Handover
from waterline.services.events.inputs import Naming
from waterline.services.events.responses import EventResponse
from waterline.services.events.routing import Router
from waterline.services.events.timetable import Timetable
from waterline.services.policy import Request, judged, statements_of

_DEFAULT = "default"
_ANYBODY = {"Effect": "Allow", "Principal": "*", "Action": "*"}
_EVENT_FIELDS = ("id", "account", "source", "time", "region", "resources", "detail-type")


class EventBackend(EventsBackend):  # type: ignore[misc]
    """The buses of one account in one Region. `ground` is set by ``waterline.ground.installed``."""

    ground: Ground

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self._patterns: dict[str, patterns.Pattern | None] = {}
        self._shelves: dict[str, Shelf] = {}
        destinations = ApiDestinations(self.ground, self.destinations, self.connections)
        self._router = Router(self.ground, Handover(self.ground, account_id, destinations))
        self._timetable = Timetable(self.ground, self._rule_is_due)
        self._replays = Replays(self.ground, self._put_again)

    @property
    def _url_module(self) -> SimpleNamespace:
        """moto's addresses, answered by our responses: moto reads them from here when a request comes in."""
        return SimpleNamespace(
            url_bases=moto_urls.url_bases, url_paths=dict.fromkeys(moto_urls.url_paths, EventResponse.dispatch)
        )

    # -- buses and rules ---------------------------------------------------------------------------------------------

    def bus_at(self, arn: str) -> Any:
        """The bus with this ARN, or None."""
        return next((bus for bus in self.event_buses.values() if bus.arn == arn), None)

    def create_event_bus(self, name: str, *arguments: Any, **options: Any) -> Any:
        self.ground.clock.refuse_other_threads()
        if name not in self.event_buses and len(self.event_buses) >= limits.BUSES:
            raise checks.LimitExceededException
        return super().create_event_bus(name, *arguments, **options)

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
        self._patterns[rule.arn] = pattern
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
            home._record_sent(name, event, entry, ())
            home.ground.journal.record("dropped", f"events:{name}", event.id, why=f"there is no event bus {name}")
        else:
            home._arrive(bus, event, entry)
        return {"EventId": event.id}

    def _home(self, name: str) -> tuple[EventBackend, str]:
        """The backend that has a bus, which an ARN may say, and the bus's name."""
        if not name.startswith("arn:"):
            return self, name
        parts = name.split(":")
        return get_backend("events")[parts[4]][parts[3]], parts[5].partition("/")[2]

    def _made_of(self, entry: Mapping[str, Any], sender: Sender | None, account: str) -> BusEvent:
        now = self.ground.clock.date
        content = {
            "version": "0",
            "id": self.ground.identifier("events"),
            "detail-type": entry["DetailType"],
            "source": entry["Source"],
            "account": account if sender is None else sender.account,
            "time": made.as_time(made.moment(entry.get("Time"), now)),
            "region": self.region_name,
            "resources": list(entry.get("Resources") or []),
            "detail": made.loaded(entry["Detail"]),
        }
        forwarded = sender is not None and sender.principal == PRINCIPAL and ":rule/" in sender.arn
        return BusEvent(content, entry["Detail"], now, forwarded)

    def _denied(
        self, bus: Any, entry: Mapping[str, Any], sender: Sender | None, account: str
    ) -> tuple[str, str] | None:
        """What the bus's policy says against an entry: code and sentence, or None.

        Who is of the bus's account, or comes with a role, needs no statement; but one may deny it.
        """
        principal = f"arn:aws:iam::{account}:root" if sender is None else sender.principal
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
        by = principal if sender is None else sender.arn
        self.ground.journal.record(
            "denied", f"events:{bus.name}", None, self.ground.clock.cause, why=verdict.why, by=by
        )
        return "AccessDeniedException", f"events:{bus.name} did not let {principal} in: {verdict.why}"

    def _arrive(
        self,
        bus: Any,
        event: BusEvent,
        entry: Mapping[str, Any] | None,
        only: frozenset[str] | None = None,
        **detail: Any,
    ) -> None:
        """An event is on a bus: for its archives, and the rules that want it (`only`: of those with these ARNs)."""
        rules = [rule for rule in bus.rules.values() if self._wants(rule, event) and (only is None or rule.arn in only)]
        self._record_sent(bus.name, event, entry or {}, [rule.name for rule in rules], **detail)
        for archive in self.archives.values():
            if archive.source_arn == bus.arn and archive.state == "ENABLED":
                self._shelves[archive.name].take(event)
        if not rules:
            self.ground.journal.record("filtered", f"events:{bus.name}", event.id, why="no rule of the bus wants it")
        for rule in rules:
            self._router.send(bus.name, Naming(rule.arn, rule.name), rule.targets, event)

    def _wants(self, rule: Any, event: BusEvent) -> bool:
        pattern = self._patterns.get(rule.arn)
        enabled = rule.state != "DISABLED" and not rule.managed_by
        return enabled and pattern is not None and pattern.wants(event.document)

    def _record_sent(
        self, bus: str, event: BusEvent, entry: Mapping[str, Any], rules: Sequence[str], **detail: Any
    ) -> None:
        self.ground.journal.record(
            "sent",
            f"events:{bus}",
            event.id,
            detail.pop("parents", self.ground.clock.cause),
            body=event.detail,
            size=made.size(entry) or None,
            source=event.content["source"],
            detail_type=event.content["detail-type"],
            rules=list(rules),
            **detail,
        )

    # -- schedules ---------------------------------------------------------------------------------------------------

    def _rule_is_due(self, rule: Any) -> None:
        bus = self.event_buses[_DEFAULT]
        if bus.rules.get(rule.name) is not rule or rule.state == "DISABLED":
            return
        now = self.ground.clock.date
        content = {
            "version": "0",
            "id": self.ground.identifier("events"),
            "detail-type": "Scheduled Event",
            "source": "aws.events",
            "account": self.account_id,
            "time": made.as_time(now),
            "region": self.region_name,
            "resources": [rule.arn],
            "detail": {},
        }
        event = BusEvent(content, "{}", now)
        self._record_sent(bus.name, event, {}, [rule.name], scheduled=True)
        self._router.send(bus.name, Naming(rule.arn, rule.name), rule.targets, event)

    # -- archives and replays ----------------------------------------------------------------------------------------

    def create_archive(self, name: str, source_arn: str, description: str, event_pattern: str, retention: str) -> Any:
        pattern = checks.pattern(event_pattern)
        archive = super().create_archive(name, source_arn, description, event_pattern, retention)
        archive.source_arn = self._get_event_bus(source_arn).arn
        self._shelves[name] = Shelf(pattern)
        return archive

    def update_archive(self, name: str, description: str, event_pattern: str, retention: str) -> dict[str, Any]:
        pattern = checks.pattern(event_pattern)
        answer: dict[str, Any] = super().update_archive(name, description, event_pattern, retention)
        if pattern is not None:
            self._shelves[name].pattern = pattern
        return answer

    def describe_archive(self, name: str) -> dict[str, Any]:
        answer: dict[str, Any] = super().describe_archive(name)
        return answer | self._held(name)

    def list_archives(self, name_prefix: str | None, source_arn: str | None, state: str | None) -> list[dict[str, Any]]:
        listed = super().list_archives(name_prefix, source_arn, state)
        return [archive | self._held(archive["ArchiveName"]) for archive in listed]

    def delete_archive(self, name: str) -> None:
        super().delete_archive(name)
        del self._shelves[name]

    def _held(self, name: str) -> dict[str, int]:
        shelf = self._fresh_shelf(name)
        return {"EventCount": len(shelf.events), "SizeBytes": shelf.size}

    def _fresh_shelf(self, name: str) -> Shelf:
        shelf = self._shelves[name]
        shelf.forget(int(self.archives[name].retention or 0), self.ground.clock.date)
        return shelf

    def start_replay(
        self,
        name: str,
        description: str,
        source_arn: str,
        start_time: str,
        end_time: str,
        destination: dict[str, Any],
    ) -> dict[str, Any]:
        self.ground.clock.refuse_other_threads()
        running = [one for one in self.replays.values() if one.state in (ReplayState.STARTING, ReplayState.RUNNING)]
        if len(running) >= limits.REPLAYS:
            raise checks.LimitExceededException
        now = self.ground.clock.date
        start, end = made.moment(start_time, now), made.moment(end_time, now)
        # moto's archives hold no events here, so that moto replays none.
        answer: dict[str, Any] = super().start_replay(name, description, source_arn, start_time, end_time, destination)
        rules = destination.get("FilterArns")
        events = self._fresh_shelf(source_arn.split("/")[-1]).between(start, end)
        self._replays.start(self.replays[name], events, frozenset(rules) if rules else None)
        return answer

    def _put_again(self, event: BusEvent, replay: str, only: frozenset[str] | None) -> None:
        bus = self.event_buses.get(self.replays[replay].destination["Arn"].split("/")[-1])
        if bus is None:
            return
        content = {**event.content, "id": self.ground.identifier("events"), "replay-name": replay}
        again = BusEvent(content, event.detail, self.ground.clock.date, event.forwarded)
        self._arrive(bus, again, None, only, replay=replay, parents=(event.id,))

    def cancel_replay(self, name: str) -> dict[str, str]:
        replay = self._get_replay(name)
        if replay.state not in (ReplayState.STARTING, ReplayState.RUNNING):
            raise IllegalStatusException(f"Replay {name} is not in a valid state for this operation.")
        replay.state = ReplayState.CANCELLING
        return {"ReplayArn": replay.arn, "State": ReplayState.CANCELLING.value}

    def last_replayed(self, name: str) -> float | None:
        """The time of the event that a replay put last, in seconds since 1970."""
        last: float | None = self._get_replay(name).last_time
        return last


def _rule_arn(bus: Any, name: str) -> str:
    within = "" if bus.name == _DEFAULT else f"{bus.name}/"
    return f"{bus.arn.rpartition(':')[0]}:rule/{within}{name}"
