"""The numbers of EventBridge, all of them facts."""

from __future__ import annotations

from typing import Final

from waterline.clock import SECOND
from waterline.facts import facts

ENTRIES: Final = facts["eventbridge.put_events_entries"].high
ENTRIES_SIZE: Final = facts["eventbridge.event_size_max"].bytes
DETAIL_TYPE: Final = facts["eventbridge.detail_type_max"].count
PATTERN: Final = facts["eventbridge.pattern_max"].count
TEMPLATE: Final = facts["eventbridge.input_template_max"].count
TARGETS: Final = facts["eventbridge.targets_per_rule"].count
TARGETS_PUT: Final = facts["eventbridge.put_targets_entries"].count
RULES: Final = facts["eventbridge.rules_per_bus"].count
BUS_POLICY: Final = facts["eventbridge.bus_policy_max"].bytes
BUSES: Final = facts["eventbridge.buses"].count
RETRIES: Final = facts["eventbridge.retry_attempts_range"]
AGE: Final = facts["eventbridge.retry_age_range"]
REPLAYS: Final = facts["eventbridge.replays_concurrent"].count
REPLAY_INTERVAL: Final = round(facts["eventbridge.replay_interval"].seconds)
API_DESTINATION_TIMEOUT: Final = round(facts["eventbridge.api_destination_timeout"].seconds * SECOND)
