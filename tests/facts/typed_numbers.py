"""Finds numbers that were typed in code or prose although a fact holds them.

In code a number is found when it is *distinctive*, so that nobody types it without meaning the fact (345600, 43200,
1250, 0.0000166667), or when it is bound to a name that names a setting (`visibility_timeout = 30`). In prose, which is
docstrings, messages and manuscripts, it is found when its sentence names the setting and claims a default or a limit
(`hidden for 30 seconds unless you set`), when it is distinctive, or when it is money. Whether the number is that of the
fact or another, which would be worse, does not matter for a claim.

Prose may say a number when the fact's id stands in the same docstring or cell, or in the cell after it: then the
reader, and the next author, can look it up.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from waterline.facts import facts
from waterline.facts.units import BYTES, PRICES, SECONDS

# What a setting is called in prose, and the facts that say what it is by default and what it may be.
SETTINGS: Mapping[str, tuple[str, ...]] = {
    r"visibility timeout|stays? hidden|hides? (?:it|the message)": ("sqs.visibility_default", "sqs.visibility_range"),
    r"retention period|message retention": ("sqs.retention_default", "sqs.retention_range"),
    r"message delay|delay ?seconds|delay of a (?:message|queue)": ("sqs.delay_range",),
    r"long poll|wait ?time ?seconds": ("sqs.long_poll_max",),
    r"deduplication (?:interval|window)|deduplication identifier": ("sqs.dedup_interval", "sqs.dedup_id_max"),
    r"in flight|in-flight": ("sqs.inflight_standard", "sqs.inflight_fifo"),
    r"message size|size of a message|largest message": ("sqs.message_size_max", "sns.message_size_max"),
    r"max ?receive ?count": ("sqs.dlq_max_receive_default",),
    r"batch size|batch request": ("sqs.batch_entries_max", "esm.sqs_batch_default", "esm.sqs_standard_batch_max"),
    r"batching window": ("esm.batching_window_range",),
    r"pollers": ("esm.sqs_initial_concurrency", "esm.sqs_scale_up_rate", "esm.sqs_max_batches"),
    r"maximum ?concurrency": ("esm.sqs_max_concurrency_range",),
    r"function(?:'s)? timeout|timeout of a function": ("lambda.timeout_default", "lambda.timeout_max"),
    r"memory of a function|function(?:'s)? memory|memory ?size": ("lambda.memory_default", "lambda.memory_max"),
    r"account concurrency|concurrent executions": ("lambda.account_concurrency_default",),
    r"maximum event age": ("lambda.async_event_age_default", "lambda.async_event_age_range"),
    r"payload": ("lambda.payload_sync_max", "lambda.payload_async_max"),
    r"attempts? to deliver|delivery attempts?": ("sns.retry_managed_total", "sns.retry_customer_total"),
    r"shards?": ("kinesis.shard_write", "kinesis.shard_read"),
}

# What a setting is called in code, and its facts.
NAMES: Mapping[str, tuple[str, ...]] = {
    "visibilitytimeout": ("sqs.visibility_default", "sqs.visibility_range"),
    "messageretentionperiod": ("sqs.retention_default", "sqs.retention_range"),
    "retentionperiod": ("sqs.retention_default", "sqs.retention_range"),
    "delayseconds": ("sqs.delay_range",),
    "waittimeseconds": ("sqs.long_poll_max",),
    "maxreceivecount": ("sqs.dlq_max_receive_default",),
    "maximummessagesize": ("sqs.message_size_max",),
    "batchsize": ("esm.sqs_batch_default", "esm.sqs_standard_batch_max", "esm.stream_batch_default"),
    "maximumbatchingwindowinseconds": ("esm.batching_window_range",),
    "maximumconcurrency": ("esm.sqs_max_concurrency_range",),
    "timeout": ("lambda.timeout_default", "lambda.timeout_max"),
    "memory": ("lambda.memory_default", "lambda.memory_max"),
    "memorysize": ("lambda.memory_default", "lambda.memory_max"),
    "maximumretryattempts": ("lambda.async_retries_default", "eventbridge.retry_attempts_range"),
    "maximumeventageinseconds": ("lambda.async_event_age_default", "eventbridge.retry_age_range"),
    "deduplicationinterval": ("sqs.dedup_interval",),
    "inflightlimit": ("sqs.inflight_standard",),
}

CLAIM = re.compile(
    r"(?i)\bby default\b|\bdefaults?\b|\bunless\b|\bat most\b|\bat least\b|\bup to\b|\bmaximum\b|\bminimum\b|\blimit"
    r"|\bquota|\bno more than\b|\bmust be between\b|\bvalid values\b|<=|>=|\bas many as\b"
)
MONEY = re.compile(r"\$\s?\d[\d,.]*\d|\$\d|\b\d[\d,.]* USD\b")
FACT_ID = re.compile(r"\b[a-z]+(?:\.[a-z]+)?\.[a-z][a-z0-9_]+\b")
NUMBER_WORDS = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11,
    "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50,
    "sixty": 60, "ninety": 90, "hundred": 100, "thousand": 1000,
}  # fmt: skip
UNIT_WORDS: Mapping[str, tuple[str, float]] = {
    **{name: ("time", factor) for name, factor in SECONDS.items()},
    **{name: ("size", factor) for name, factor in BYTES.items()},
    "second": ("time", 1), "seconds": ("time", 1), "min": ("time", 60), "minute": ("time", 60), "h": ("time", 3600),
    "hour": ("time", 3600), "d": ("time", 86_400), "day": ("time", 86_400), "year": ("time", 365 * 86_400),
}  # fmt: skip
NUMBER = re.compile(
    r"(?<![\w.$/#'`-])(?P<number>\d+(?:[,_]\d{3})*(?:\.\d+)?|" + "|".join(NUMBER_WORDS) + r")(?![\w.]*\d)"
    r"(?:[ -](?P<unit>" + "|".join(sorted(map(re.escape, UNIT_WORDS), key=len, reverse=True)) + r")\b)?",
    re.IGNORECASE,
)


@dataclass(frozen=True, order=True)
class Typed:
    """A number that was typed: where, as what, and which facts hold it."""

    file: str
    line: int
    number: str
    why: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.number}: {self.why}"


# ---- the numbers that the facts hold ---------------------------------------------------------------------------------


@cache
def values(id: str) -> frozenset[tuple[str, float]]:
    """The numbers of a fact, today's and former ones, each with what it measures: time, size or count."""
    fact = facts[id]
    found: set[tuple[str, float]] = set()
    for one in (fact, *(fact.then(past) for past in fact.history)):
        try:
            quantities = one.quantities
        except ValueError:
            continue
        for quantity in quantities:
            kind, factor = UNIT_WORDS.get(quantity.unit, ("count", 1))
            found.add((kind, float(quantity.number * factor)))
    return frozenset(found)


@cache
def distinctive() -> Mapping[float, str]:
    """The numbers that nobody types by chance, and a fact that holds each."""
    found: dict[float, str] = {}
    for id, fact in facts.items():
        price = fact.unit in PRICES or "USD" in fact.unit
        try:
            numbers = set(fact.numbers) | ({number for _, number in values(id)} if not price else set())
        except ValueError:
            continue
        for number in numbers:
            if _distinctive_price(number) if price else _distinctive(number):
                found.setdefault(float(number), id)
    return found


def _digits(number: float) -> int:
    """Significant digits: 2 for 1,200; 6 for 0.0000166667."""
    return len(f"{number:.15g}".split("e")[0].replace(".", "").strip("0-"))


def _distinctive(number: float) -> bool:
    ordinary = {60 * 60, 24 * 3600, 1200, 1500, 1800, 7200, 1024, 4096, 65_536, 7 * 86_400, 365 * 86_400}
    return number >= 1000 and number == int(number) and _digits(number) >= 2 and number not in ordinary


def _distinctive_price(number: float) -> bool:
    return _digits(number) >= 3 or (number < 0.1 and _digits(number) >= 2)


# ---- code ------------------------------------------------------------------------------------------------------------


def in_code(file: str, source: str) -> list[Typed]:
    """Numbers of facts in the code of a module, and in its docstrings and messages."""
    tree = ast.parse(source)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    found: set[Typed] = set()
    for node in ast.walk(tree):
        number = _number(node)
        if number is not None and isinstance(node, ast.Constant) and number in distinctive():
            found.add(Typed(file, node.lineno, f"{number:.12g}", f"{distinctive()[number]} holds it"))
        for name, value in _bindings(node):
            held = _held_by_name(name, value)
            if held:
                found.add(Typed(file, value.lineno, f"{_number(value):.12g}", f"{held} holds what {name} is"))
        if isinstance(node, ast.JoinedStr):
            text = "".join(part.value for part in node.values if isinstance(part, ast.Constant))
            found.update(_in_text(file, node.lineno, text, ""))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            near = node.value if id(node) in docstrings else ""
            found.update(_in_text(file, node.lineno, node.value, near))
    return sorted(found)


def _number(node: ast.AST) -> float | None:
    """What a literal, or a product of literals, comes to."""
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)) and not isinstance(node.value, bool):
        return float(node.value)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = _number(node.operand)
        return None if inner is None else -inner
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Mult, ast.Pow)):
        left, right = _number(node.left), _number(node.right)
        if left is None or right is None or right > 1e9:
            return None
        return left * right if isinstance(node.op, ast.Mult) else left**right
    return None


def _bindings(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Names and the literals that are bound to them: assignments, arguments, defaults, dictionary keys, comparisons."""
    if isinstance(node, ast.keyword) and node.arg:
        yield node.arg, node.value
    elif isinstance(node, ast.Assign):
        yield from ((name, node.value) for target in node.targets for name in _names(target))
    elif isinstance(node, ast.AnnAssign) and node.value is not None:
        yield from ((name, node.value) for name in _names(node.target))
    elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        positional = [*node.args.posonlyargs, *node.args.args]
        yield from zip((arg.arg for arg in reversed(positional)), reversed(node.args.defaults), strict=False)
        pairs = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
        yield from ((arg.arg, default) for arg, default in pairs if default is not None)
    elif isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                yield key.value, value
    elif isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
        yield from ((name, value) for side in sides for name in _names(side) for value in sides)


def _names(node: ast.expr) -> list[str]:
    return [node.id] if isinstance(node, ast.Name) else [node.attr] if isinstance(node, ast.Attribute) else []


def _held_by_name(name: str, value: ast.expr) -> str:
    number = _number(value)
    if number is None or number in (0, 1):
        return ""
    ids = NAMES.get(re.sub(r"_|default|Default|DEFAULT", "", name).lower(), ())
    return next((id for id in ids if any(held == number for _, held in values(id)) or number in _plain(id)), "")


def _plain(id: str) -> tuple[float, ...]:
    try:
        return tuple(map(float, facts[id].numbers))
    except ValueError:
        return ()


# ---- prose -----------------------------------------------------------------------------------------------------------


def in_manuscript(file: str, source: str) -> list[Typed]:
    """Numbers of facts in the markdown cells of a manuscript in the percent format."""
    cells: list[tuple[int, bool, list[str]]] = []
    for number, line in enumerate(source.splitlines(), 1):
        if line.startswith("# %%"):
            cells.append((number + 1, "[markdown]" in line, []))
        elif cells:
            cells[-1][2].append(line)
    found: list[Typed] = []
    for position, (start, prose, lines) in enumerate(cells):
        if prose:
            after = "\n".join(cells[position + 1][2]) if position + 1 < len(cells) else ""
            text = "\n".join(line.removeprefix("#").removeprefix(" ") for line in lines)
            found += _in_text(file, start, text, text + after)
    return sorted(set(found))


def _in_text(file: str, start: int, text: str, near: str) -> Iterator[Typed]:
    """The numbers of one docstring, message or cell. `near` is where a fact's id may stand."""
    ids = {id for id in FACT_ID.findall(near) if id in facts}
    for offset, sentence in _sentences(text):
        line = start + text.count("\n", 0, offset)
        for money in MONEY.finditer(sentence):
            if not any(id.startswith("price.") for id in ids):
                yield Typed(file, line, money[0], "a price; name its fact nearby, or format it from the fact")
        claims = CLAIM.search(sentence) is not None
        held = {id for words, listed in SETTINGS.items() if re.search(f"(?i){words}", sentence) for id in listed}
        for match in NUMBER.finditer(sentence):
            kind, number = _measured(match)
            bare = _bare(match)
            if match["number"][0].isdigit() and bare in distinctive():
                if distinctive()[bare] not in ids and not _about(distinctive()[bare], ids):
                    yield Typed(file, line, match["number"], f"{distinctive()[bare]} holds it")
            elif claims and held and not held & ids:
                told = _claimed(kind, number, held, match)
                if told:
                    yield Typed(file, line, match[0], told)


def _about(id: str, ids: Iterable[str]) -> bool:
    """Tells whether an id nearby is of a fact with the same number."""
    return any(values(id) & values(other) for other in ids)


def _claimed(kind: str, number: float, held: Iterable[str], match: re.Match[str]) -> str:
    for id in sorted(held):
        if (kind, number) in values(id) or (match["unit"] is None and number in _plain(id) and number > 1):
            return f"{id} holds it; name the fact nearby, or format it from the fact"
    for id in sorted(held):
        if match["unit"] is not None and any(kind == what for what, _ in values(id)):
            return f"{id} says {facts[id].text}; name the fact nearby"
    return ""


def _bare(match: re.Match[str]) -> float:
    text = match["number"].lower().replace(",", "").replace("_", "")
    return float(NUMBER_WORDS.get(text, text))


def _measured(match: re.Match[str]) -> tuple[str, float]:
    number, unit = _bare(match), match["unit"]
    kind, factor = next(
        (UNIT_WORDS[name] for name in (unit, unit.lower()) if name in UNIT_WORDS) if unit else iter(()), ("count", 1)
    )
    return kind, number * factor


def _sentences(text: str) -> Iterator[tuple[int, str]]:
    """The sentences of a text, and where each begins. A line of a table is a sentence."""
    begin = 0
    for end in re.finditer(r"(?<=[.!?])\s+|\n\s*\n|\n(?=\s*[|*-])|\Z", text):
        sentence = text[begin : end.start()]
        if sentence.strip():
            yield begin, " ".join(sentence.split())
        begin = end.end()
