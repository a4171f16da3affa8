"""A prediction: asked before a run, kept, and set beside what happened after it.

A learner who has committed to an answer notices being wrong; one who has only read the result finds it obvious. So the
question comes first, the answer is written down, and it can be changed only until what happened is revealed.
"""

from __future__ import annotations

import contextlib
import html
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from waterline.views import answers

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Reveal:
    """A prediction beside what happened; shown as text and as HTML that say the same."""

    question: str
    said: str | None
    was: str
    what: str = ""

    @property
    def text(self) -> str:
        if self.said is None:
            first = f"You made no prediction. It was {self.was}."
        elif self.said == self.was:
            first = f"You said {self.said}, and so it was."
        else:
            first = f"You said {self.said}. It was {self.was}."
        return " ".join(part for part in (first, self.what) if part)

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return f'<p class="waterline-reveal"><strong>{html.escape(self.text)}</strong></p>'


class Prediction(anywidget.AnyWidget):  # type: ignore[misc]
    """The question on screen: choices, or a field for a number or a text, and a button that commits to the answer."""

    _esm = _HERE / "predict.js"
    _css = _HERE / "views.css"

    question = traitlets.Unicode().tag(sync=True)
    kind = traitlets.Enum(["choice", "number", "text"], "choice").tag(sync=True)
    choices = traitlets.List(traitlets.Unicode()).tag(sync=True)
    answer = traitlets.Unicode(None, allow_none=True).tag(sync=True)
    revealed = traitlets.Unicode("").tag(sync=True)
    trouble = traitlets.Unicode("").tag(sync=True)

    def __init__(self, question: str, kind: str, choices: Sequence[str], key: str) -> None:
        self.key = key
        kept = answers.recall(key)
        said = kept.get("answer")
        if not isinstance(said, str) or (kind == "choice" and said not in choices):
            said = None  # the question was changed since: its old answer is no answer to it
        revealed = str(kept.get("revealed", "")) if said is not None else ""
        super().__init__(question=question, kind=kind, choices=list(choices), answer=said, revealed=revealed)
        self.observe(self._committed, names="answer")

    @traitlets.validate("answer")  # type: ignore[untyped-decorator]
    def _only_until_revealed(self, proposal: dict[str, Any]) -> Any:
        return self.answer if self.revealed else proposal["value"]

    def _committed(self, _change: object) -> None:
        try:
            answers.keep(self.key, question=self.question, answer=self.answer, revealed="")
            self.trouble = ""
        except OSError as error:
            self.trouble = (
                f"Your answer holds for this session but could not be kept in {answers.folder()}: {error.strerror}."
            )

    def against(self, actual: object, what: str = "") -> Reveal:
        """Set the prediction beside what happened.

        Parameters
        ----------
        actual: what it was: the choice that was right, or the number or text.
        what: a sentence on what happened, for example with the number behind the choice.
        """
        reveal = Reveal(self.question, self.answer, _text(actual), what)
        if self.answer is not None:
            self.revealed = reveal.text
            with contextlib.suppress(OSError):  # that it cannot be kept was said when the answer was given
                answers.keep(self.key, revealed=reveal.text)
        return reveal

    reveal = against

    @property
    def text(self) -> str:
        """The text alternative: the question, its choices, and the answer so far."""
        choices = f" ({' / '.join(self.choices)})" if self.choices else ""
        said = f"You said {self.answer}." if self.answer is not None else "No prediction yet."
        return f"Predict: {self.question}{choices}\n{self.revealed or said}"

    def __repr__(self) -> str:
        return self.text

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        # Where widgets are not shown (a notebook not trusted yet, a page without them) the question still is.
        bundle = super()._repr_mimebundle_(**kwargs)
        if isinstance(bundle, tuple):
            bundle[0]["text/plain"] = self.text
            bundle[0]["text/html"] = f"<p>{html.escape(self.text)}</p>"
        return bundle


def predict(
    question: str, choices: Sequence[object] = (), *, kind: str | None = None, key: str | None = None
) -> Prediction:
    """Ask for a prediction before a run. Make it the last line of a cell, or it is not shown.

    Parameters
    ----------
    question: one question, in words.
    choices: the answers to choose from. Without them, `kind` is ``"number"`` or ``"text"``, and the answer is typed in.
    key: under what name the answer is kept; without it, the question itself. Give one where the wording may change.

    Raises ValueError, in one sentence, for choices that are not different, or a kind that does not fit.
    """
    texts = [_text(choice) for choice in choices]
    kind = kind or ("choice" if texts else "text")
    if len(set(texts)) < len(texts):
        raise ValueError(f"Two choices of the prediction {question!r} read the same: {', '.join(texts)}.")
    if kind not in ("choice", "number", "text") or (kind == "choice") != bool(texts):
        raise ValueError('A prediction has choices, or it is of kind="number" or kind="text".')
    return Prediction(question, kind, texts, key or question)


def _text(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
