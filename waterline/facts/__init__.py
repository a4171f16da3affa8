"""The dated numbers of AWS messaging: the one place where a quota, a default or a price is typed.

    from waterline.facts import facts

    facts["sqs.message_size_max"].bytes           # 1048576
    facts["esm.batching_window_range"].high       # 300, in the unit of the fact: s
    facts.at(2021)["sqs.message_size_max"].bytes  # 262144
    facts.search("visibility")                    # the facts that speak of it
    print(facts["sqs.visibility_default"])        # value, unit, month and source in one line

Words. A **fact** is a value with a unit, a month (`as_of`), a source and the evidence for it. Its **history** is what
was stated before, by whom and when. A **view** (`facts.at(2018)`) is the registry as it was known then. A
**constraint** is what the service models of botocore must say for the fact to hold; `waterline.facts.checks` reads it.

| module | what it is |
|---|---|
| `facts.toml` | the data; its header explains every key |
| `units` | the closed list of units; seconds and bytes |
| `dates` | the forms of `as_of` and their order |
| `models` | what the installed botocore says |
| `fact` | `Fact`, `Past`, `Constraint`, `Quantity` |
| `registry` | `Facts` and `View`: reading, asking, searching |
| `checks` | the facts against botocore, and against their own form |
| `command` | `waterline facts` |
"""

from waterline.facts.fact import Constraint, Fact, Past, Quantity, Value, show
from waterline.facts.registry import Facts, UnknownFact, View, facts
from waterline.facts.units import UnitError

__all__ = [
    "Constraint",
    "Fact",
    "Facts",
    "Past",
    "Quantity",
    "UnitError",
    "UnknownFact",
    "Value",
    "View",
    "facts",
    "show",
]
