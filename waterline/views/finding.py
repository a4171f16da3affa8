"""What a run shows, in words: the sentence under its picture, and what became of each message.

The sentence is counted from the journal, never written by hand, so it is as true as the picture. It says what was done
and within what time, what was tried more than once, what was done twice, what died and where, and what is not over yet.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from waterline.views.lives import Life
from waterline.views.words import count, longest, span, times

_UNFINISHED = {
    "waiting": "still waiting in the queue",
    "delayed": "still delayed",
    "hidden": "still hidden",
    "at work": "still being worked on",
}
_GONE = {
    "purged": "purged",
    "dropped": "given up, with no dead-letter queue",
    "denied": "refused by a policy",
    "filtered": "filtered out",
    "deduplicated": "dropped as a duplicate",
    "passed on": "passed on",
}
_PAST = {"expired": "expired unread", "failed": "failed and was not tried again"}


@dataclass(frozen=True)
class _Clause:
    """What is true of `number` messages: said of one of them, or of several."""

    number: int
    one: str
    many: str

    def __str__(self) -> str:
        return f"{self.number:,} {self.one if self.number == 1 else self.many}"


def fate(life: Life) -> str:
    """What became of one message, for the end of its row: ``done after 2.1 s``, ``died after 3 tries``."""
    match life.fate:
        case "done":
            after = span((life.done_at or life.start) - life.start)
            if life.successes > 1:
                return f"done after {after}, {times(life.successes)} over"
            return f"done after {after}" + (f", on try {life.tries}" if life.tries > 1 else "")
        case "dead":
            return f"died after {count(life.tries, 'try')}" if life.tries else "died"
        case other:
            words = {**_UNFINISHED, **_GONE, **_PAST}[other].partition(",")[0].partition(" and ")[0]
            return f"{words}, tried {times(life.tries)}" if life.tries else words


def sentence(lives: Sequence[Life], end: int, noun: str = "message") -> str:
    """The finding of a run whose last instant is `end` (microseconds); `noun`: what one message is called."""
    if not lives:
        return f"Nothing happened: no {noun} was sent."
    clauses = [*_done(lives), *_dead(lives), *_unfinished(lives, end), *_gone(lives)]
    if len(lives) == 1:
        return f"The {noun} {clauses[0].one}."
    if len(clauses) == 1:
        return f"All {count(len(lives), noun)} {clauses[0].many}."
    return f"Of {count(len(lives), noun)}, {'; '.join(map(str, clauses))}."


def _done(lives: Sequence[Life]) -> Iterator[_Clause]:
    done = [life for life in lives if life.fate == "done"]
    if not done:
        return
    within = longest(max((life.done_at or 0) - life.start for life in done))
    one, many = [f"was done within {within}"], [f"were done within {within}"]
    again = [life for life in done if life.tries > 1 and life.successes <= 1]
    if again:
        tries = count(max(life.tries for life in again), "try")
        one.append(f"after {tries}")
        many.append(f"{len(again):,} of them only after {'up to ' if len(again) > 1 else ''}{tries}")
    twice = [life for life in done if life.successes > 1]
    if twice:
        often = times(max(life.successes for life in twice))
        one.append(f"but handled {often}")
        many.append(f"but {len(twice):,} of them {'was' if len(twice) == 1 else 'were'} handled {often}")
    yield _Clause(len(done), ", ".join(one), ", ".join(many))


def _dead(lives: Sequence[Life]) -> Iterator[_Clause]:
    by_queue: dict[str, list[tuple[Life, int]]] = {}
    for life in lives:
        if life.death is not None:
            queue = str(life.death.detail.get("to", "the dead-letter queue"))
            by_queue.setdefault(queue, []).append((life, life.death.at - life.start))
    for queue, dead in by_queue.items():
        tries = {life.tries for life, _ in dead}
        after = max(age for _, age in dead)
        often = f"{times(max(tries))} each" if len(tries) == 1 else f"up to {times(max(tries))}"
        yield _Clause(
            len(dead),
            (f"was tried {times(max(tries))} and " if max(tries) else "") + f"died in {queue} after {span(after)}",
            (f"were tried {often} and " if max(tries) else "") + f"died in {queue} within {longest(after)}",
        )


def _unfinished(lives: Sequence[Life], end: int) -> Iterator[_Clause]:
    for state, words in _UNFINISHED.items():
        those = [life for life in lives if life.fate == state]
        if those:
            tries = max(life.tries for life in those)
            at_the_end = f"{words} at the end ({span(end)})"
            yield _Clause(
                len(those),
                f"was {at_the_end}" + (f", tried {times(tries)} so far" if tries else ""),
                f"were {at_the_end}" + (f", tried up to {times(tries)} so far" if tries else ""),
            )


def _gone(lives: Sequence[Life]) -> Iterator[_Clause]:
    for state, words in _PAST.items():
        number = sum(life.fate == state for life in lives)
        if number:
            yield _Clause(number, words, words.replace("was not", "were not"))
    for state, words in _GONE.items():
        number = sum(life.fate == state for life in lives)
        if number:
            yield _Clause(number, f"was {words}", f"were {words}")
