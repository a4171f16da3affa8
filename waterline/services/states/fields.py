"""The fields that each type of state may have and must have, in either query language.

Source: Amazon States Language; AWS Step Functions Developer Guide, "Discovering workflow states to use in Step
Functions" (read 2026-11).
"""

from __future__ import annotations

_COMMON = frozenset({"Type", "Comment", "QueryLanguage"})
_MOVES = frozenset({"Next", "End"})
_ERRORS = frozenset({"Retry", "Catch"})
_FILTERS = frozenset({"InputPath", "OutputPath"})
_RESULTS = frozenset({"ResultSelector", "ResultPath"})
_LIMITS = frozenset({"TimeoutSeconds", "HeartbeatSeconds"})
_MAP = frozenset(
    {
        "ItemProcessor",
        "Iterator",
        "ItemSelector",
        "ItemReader",
        "ItemBatcher",
        "ResultWriter",
        "MaxConcurrency",
        "ToleratedFailureCount",
        "ToleratedFailurePercentage",
        "Label",
    }
)
_MAP_PATHS = frozenset({"MaxConcurrencyPath", "ToleratedFailureCountPath", "ToleratedFailurePercentagePath"})

TOP = frozenset({"Comment", "StartAt", "States", "Version", "TimeoutSeconds", "QueryLanguage"})
PROCESSOR = frozenset({"Comment", "StartAt", "States", "ProcessorConfig"})

ALLOWED: dict[str, dict[str, frozenset[str]]] = {
    "JSONPath": {
        "Task": _COMMON
        | _MOVES
        | _ERRORS
        | _FILTERS
        | _RESULTS
        | _LIMITS
        | {"Resource", "Parameters", "TimeoutSecondsPath", "HeartbeatSecondsPath", "Credentials", "Assign"},
        "Pass": _COMMON | _MOVES | _FILTERS | {"Result", "ResultPath", "Parameters", "Assign"},
        "Wait": _COMMON | _MOVES | _FILTERS | {"Seconds", "SecondsPath", "Timestamp", "TimestampPath", "Assign"},
        "Choice": _COMMON | _FILTERS | {"Choices", "Default", "Assign"},
        "Succeed": _COMMON | _FILTERS,
        "Fail": _COMMON | {"Error", "Cause", "ErrorPath", "CausePath"},
        "Parallel": _COMMON | _MOVES | _ERRORS | _FILTERS | _RESULTS | {"Branches", "Parameters", "Assign"},
        "Map": _COMMON
        | _MOVES
        | _ERRORS
        | _FILTERS
        | _RESULTS
        | _MAP
        | _MAP_PATHS
        | {"ItemsPath", "Parameters", "Assign"},
    },
    "JSONata": {
        "Task": _COMMON | _MOVES | _ERRORS | _LIMITS | {"Resource", "Arguments", "Output", "Credentials", "Assign"},
        "Pass": _COMMON | _MOVES | {"Output", "Assign"},
        "Wait": _COMMON | _MOVES | {"Seconds", "Timestamp", "Output", "Assign"},
        "Choice": _COMMON | {"Choices", "Default", "Output", "Assign"},
        "Succeed": _COMMON | {"Output"},
        "Fail": _COMMON | {"Error", "Cause"},
        "Parallel": _COMMON | _MOVES | _ERRORS | {"Branches", "Arguments", "Output", "Assign"},
        "Map": _COMMON | _MOVES | _ERRORS | _MAP | {"Items", "Output", "Assign"},
    },
}
REQUIRED: dict[str, tuple[str, ...]] = {
    "Task": ("Resource",),
    "Choice": ("Choices",),
    "Parallel": ("Branches",),
}
PATHS = (
    "InputPath",
    "OutputPath",
    "ItemsPath",
    "SecondsPath",
    "TimestampPath",
    "TimeoutSecondsPath",
    "HeartbeatSecondsPath",
    "MaxConcurrencyPath",
    "ToleratedFailureCountPath",
    "ToleratedFailurePercentagePath",
)
TEMPLATES = ("Parameters", "ResultSelector", "ItemSelector", "Assign")
EXPRESSIONS = (
    "Arguments",
    "Output",
    "Assign",
    "Items",
    "ItemSelector",
    "Seconds",
    "Timestamp",
    "TimeoutSeconds",
    "HeartbeatSeconds",
    "MaxConcurrency",
    "ToleratedFailureCount",
    "ToleratedFailurePercentage",
    "Error",
    "Cause",
)
