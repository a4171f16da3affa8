"""The timeline: one row per message, its attempts as bars, its hops as signs, on virtual time.

How to read it: a thin line is a message that waits; a tall pale bar is the time for which a received message is hidden
from other consumers; a solid bar in it is a function at work. Quiet stretches of time are folded (see ``axis``) and
shown as folds. Where several signs fall on one spot, they are drawn side by side (see ``layout``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from waterline.trace import Table, aligned, instant, note
from waterline.views.drawing import timeline_svg
from waterline.views.figure import figure_html
from waterline.views.finding import fate, sentence
from waterline.views.layout import WIDTH, Layout, layout
from waterline.views.lives import Life, Source, lives, reach
from waterline.views.words import count

MOST_ROWS = 60


@dataclass(frozen=True)
class Timeline:
    """A picture of a run. In a notebook it is shown as a figure; as text it is its text alternative.

    shown: the lives that are drawn, one per row. everything: those that the finding was counted from. shared: the
    layout that it has in common with others; without it, it has its own.
    """

    shown: tuple[Life, ...]
    everything: tuple[Life, ...]
    end: int
    title: str
    noun: str
    said: str | None = None
    shared: Layout | None = None

    @property
    def caption(self) -> str:
        """The finding, in words, counted from the journal; and what is not drawn, if anything is not."""
        found = self.said if self.said is not None else sentence(self.everything, self.end, self.noun)
        if len(self.shown) < len(self.everything):
            found += (
                f" Drawn are {len(self.shown)} of the {count(len(self.everything), self.noun)}: "
                "first those that died or were tried again, then the earliest."
            )
        return found

    @property
    def text(self) -> str:
        """The text alternative: title, caption, and one line for each row of the picture."""
        lines = aligned([(life.label, f"sent {instant(life.start)}", fate(life)) for life in self.shown])
        return "\n".join([f"{self.title}. {self.caption}" if self.title else self.caption, *lines])

    @property
    def alt(self) -> str:
        """What a screen reader says in place of the image."""
        what = f"Timeline: {self.title}." if self.title else "Timeline."
        rows = f"One row for each of {count(len(self.shown), self.noun)}" if self.shown else "Without rows"
        return f"{what} {self.caption} {rows}, from left to right in virtual time; the table below says the same."

    def table(self) -> Table:
        """The table twin: a row per row of the picture, with every event of it."""
        rows = tuple(
            (
                life.label,
                instant(life.start),
                str(life.tries),
                str(life.failures),
                fate(life),
                "; ".join(_hop(life, number) for number in range(len(life.events))),
            )
            for life in self.shown
        )
        columns = (self.noun, "sent", "tries", "failed", "fate", "what happened")
        return Table(columns, rows, self.title or "Timeline")

    @cached_property
    def layout(self) -> Layout:
        """Where everything is, the time axis included."""
        return self.shared or layout([(self.shown, self.end)])

    @cached_property
    def svg(self) -> str:
        """The image, the same to the byte in every process."""
        return timeline_svg(self.shown, self.layout, self.title)

    def _repr_html_(self) -> str:
        return figure_html(self.svg, self.alt, self.caption, self.table(), width=round(WIDTH / 72 * 96))

    def __repr__(self) -> str:
        return self.text


def timeline(
    journal: Source,
    *,
    messages: Iterable[str] | None = None,
    title: str | None = None,
    caption: str | None = None,
    noun: str = "message",
) -> Timeline:
    """The picture of a run.

    Parameters
    ----------
    journal: a journal, a trace, or a list of events.
    messages: the identifiers to draw; without it, all. The finding is then about these alone.
    title: what the run is called.
    caption: the finding in the author's words, in place of the one counted from the journal.
    noun: what one message is called in the finding, in the singular: ``ticket``.

    Raises LookupError, in one sentence, for an identifier that the journal does not know.
    """
    everything = lives(journal)
    if messages is not None:
        known = {life.message: life for life in everything}
        wanted = list(dict.fromkeys(messages))
        unknown = [message for message in wanted if message not in known]
        if unknown:
            raise LookupError(
                f"The journal holds no message {unknown[0]!r}: it is the MessageId that send_message returned; "
                "cloud.journal.messages lists those there are."
            )
        everything = [known[message] for message in wanted]
    shown = everything
    if len(everything) > MOST_ROWS:
        interesting = sorted(range(len(everything)), key=lambda number: (_dullness(everything[number]), number))
        shown = [everything[number] for number in sorted(interesting[:MOST_ROWS])]
    return Timeline(tuple(shown), tuple(everything), reach(journal), title or "", noun, caption)


def alike(pictures: Sequence[Timeline]) -> list[Timeline]:
    """The same pictures in one layout, so that they can be compared: one time axis, and room beside it for all."""
    common = layout([(picture.shown, picture.end) for picture in pictures])
    return [replace(picture, shared=common) for picture in pictures]


def _dullness(life: Life) -> int:
    if life.fate not in ("done", "waiting", "delayed", "hidden", "at work"):
        return 0
    if life.successes > 1:
        return 1
    if life.tries > 1 or life.failures:
        return 2
    return 3 if life.open else 4


def _hop(life: Life, number: int) -> str:
    event = life.events[number]
    remark = note(event)
    return f"{instant(event.at)} {event.kind} {event.name}" + (f" ({remark})" if remark else "")
