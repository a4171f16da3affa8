"""What a learner is shown: a card, as text and as HTML.

A card says the same in both. Its outcome is a word and a sign, never color alone; its box is a live region
(`role="status"`), so that a screen reader says it. Nothing on it depends on the machine, the date or how long it took.
"""

from __future__ import annotations

import html
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from waterline.grading.logbook import Standing
from waterline.grading.manifest import Course, Exercise
from waterline.grading.verdict import Outcome, Verdict

WIDTH = 100
SIGNS = {
    Outcome.CORRECT: ("✔", "Correct", "#2a7d4f"),
    Outcome.INCORRECT: ("✘", "Incorrect", "#b3541e"),
    Outcome.NOT_ATTEMPTED: ("○", "Not attempted", "#5f6b76"),
    Outcome.CANNOT_BE_RUN: ("!", "Cannot be run", "#7a4fa3"),
}


@dataclass(frozen=True)
class Part:
    """One paragraph of a card: a label, which may be empty, and text, which is Markdown or, if `code`, verbatim."""

    text: str
    label: str = ""
    code: bool = False


@dataclass(frozen=True)
class Card:
    """A heading and paragraphs."""

    heading: str
    parts: tuple[Part, ...] = ()
    color: str = "#3b6ea5"

    def __repr__(self) -> str:
        return "\n".join([self.heading, *(_text(part) for part in self.parts)])

    def _repr_html_(self) -> str:
        body = "".join(_html(part) for part in self.parts)
        return (
            f'<div role="status" style="border-left: 4px solid {self.color}; padding: 0.2em 1em; margin: 0.5em 0">'
            f"<p><strong>{html.escape(self.heading)}</strong></p>{body}</div>"
        )


def result(exercise: Exercise, verdict: Verdict, note: str = "") -> Card:
    """What a check says. `note`: a sentence on what could not be recorded."""
    sign, word, color = SIGNS[verdict.outcome]
    parts = [Part(verdict.message)] if verdict.message else []
    if verdict.belief:
        parts.append(Part(verdict.belief, "The belief behind it"))
    if verdict.see:
        parts.append(Part(verdict.see, "Treated in"))
    if verdict.correct:
        parts += [Part("\n".join(f"- {claim}" for claim in verdict.held), "It holds that")] if verdict.held else []
        parts += [Part(exercise.after, "Why, and what else")] if exercise.after else []
    if verdict.printed:
        parts.append(Part(verdict.printed, "Your code printed", code=True))
    if note:
        parts.append(Part(note, "Not recorded"))
    points = f" · {exercise.points} {'point' if exercise.points == 1 else 'points'}" if verdict.correct else ""
    return Card(f"{sign} {word} · {exercise.id} {exercise.title}{points}", tuple(parts), color)


def hint(exercise: Exercise, number: int, note: str = "") -> Card:
    """Hint `number`, counted from 1."""
    parts = [Part(exercise.hints[number - 1]), *([Part(note, "Not recorded")] if note else [])]
    return Card(f"? Hint {number} of {len(exercise.hints)} · {exercise.id} {exercise.title}", tuple(parts))


def solution(exercise: Exercise, sources: Iterable[str], note: str = "") -> Card:
    """One answer that is right, and why."""
    parts = [Part(source, code=True) for source in sources]
    parts += [Part(exercise.after, "Why, and what else")] if exercise.after else []
    parts += [Part(note, "Not recorded")] if note else []
    return Card(f"Solution · {exercise.id} {exercise.title}", tuple(parts))


def sealed(exercise: Exercise) -> Card:
    """What is shown in place of a solution before the exercise is solved."""
    text = (
        f'It opens when your answer is correct; to read it before that, call `solution("{exercise.name}", show=True)`.'
    )
    return Card(f"Solution · {exercise.id} {exercise.title}", (Part(text),))


@dataclass(frozen=True)
class Table:
    """What `progress()` shows: per module its exercises, how they stand, points, attempts, hints."""

    course: Course
    standings: Mapping[str, Standing]
    note: str = ""

    COLUMNS = ("exercise", "state", "points", "attempts", "hints")
    SIDES = ("left", "left", "right", "right", "left")  # to which each is set, in text and in HTML

    def __repr__(self) -> str:
        lines = []
        for title, rows in self._modules():
            width = max([len(row[0]) for row in rows] + [len("exercise")])
            lines.append(title)
            lines += [
                f"  {row[0]:{width}}  {row[1]:15}  {row[2]:>6}  {row[3]:>8}  {row[4]}" for row in [self.COLUMNS, *rows]
            ]
        return "\n".join([*lines, self.note] if self.note else lines)

    def _repr_html_(self) -> str:
        tables = []
        for title, rows in self._modules():
            sides = [f'style="text-align: {side}"' for side in self.SIDES]
            head = "".join(
                f'<th scope="col" {side}>{column}</th>' for column, side in zip(self.COLUMNS, sides, strict=True)
            )
            body = "".join(
                "<tr>"
                + "".join(f"<td {side}>{html.escape(cell)}</td>" for cell, side in zip(row, sides, strict=True))
                + "</tr>"
                for row in rows
            )
            tables.append(
                f"<table><caption>{html.escape(title)}</caption><thead><tr>{head}</tr></thead>"
                f"<tbody>{body}</tbody></table>"
            )
        return "".join(tables) + (f"<p>{html.escape(self.note)}</p>" if self.note else "")

    def _modules(self) -> list[tuple[str, list[tuple[str, ...]]]]:
        return [
            (
                f"{module.number} {module.title} · {self._points(module.exercises)} of {module.points} points",
                [self._row(exercise) for exercise in module.exercises],
            )
            for module in self.course.modules
        ]

    def _points(self, exercises: Iterable[Exercise]) -> int:
        return sum(exercise.points for exercise in exercises if self._standing(exercise).correct)

    def _standing(self, exercise: Exercise) -> Standing:
        return self.standings.get(exercise.id, Standing())

    def _row(self, exercise: Exercise) -> tuple[str, ...]:
        standing = self._standing(exercise)
        state = "✔ correct" if standing.correct else "… in progress" if standing.attempts else "○ not attempted"
        points = exercise.points if standing.correct else 0
        return (
            f"{exercise.id} {exercise.title}",
            state,
            f"{points}/{exercise.points}",
            str(standing.attempts),
            f"{standing.hints}/{len(exercise.hints)}" + (" +solution" if standing.solution_seen else ""),
        )


def _text(part: Part) -> str:
    if part.code:
        text = textwrap.indent(part.text.rstrip(), "    ")
        return f"{part.label}:\n{text}" if part.label else text
    blocks = []
    for i, block in enumerate(part.text.strip("\n").split("\n\n")):
        label = f"{part.label}: " if part.label and i == 0 else ""
        if block.startswith("    "):  # Markdown's way to say "as it is": a trace
            blocks.append(block.rstrip())
        elif block.lstrip().startswith("- "):
            blocks.append((label.rstrip() + "\n" if label else "") + textwrap.indent(block, "  "))
        else:
            blocks.append(
                textwrap.fill(label + " ".join(block.split()), WIDTH, break_long_words=False, break_on_hyphens=False)
            )
    return "\n".join(blocks)


def _html(part: Part) -> str:
    label = f"<p><em>{html.escape(part.label)}</em></p>" if part.label else ""
    if part.code:
        return f"{label}<pre>{html.escape(part.text.rstrip())}</pre>"
    import mistune  # the Markdown of nbconvert, hence of JupyterLab

    rendered = mistune.create_markdown(escape=True)(part.text)
    return f"{label}{str(rendered).strip()}"
