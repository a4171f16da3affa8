"""What a story is, and the stories of one service.

A story is written once, against plain boto3, and told to whoever answers; what AWS documents is its `expected` outcome.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from stage import Stage

Teller = Callable[[Stage], Any]


@dataclass(frozen=True)
class Story:
    """`expected` is what AWS documents; `claim` says it in a sentence; `source` is the page or action that says so."""

    service: str
    name: str
    claim: str
    source: str
    expected: Any
    tell: Teller


class Stories:
    """The stories of one service, in the order in which they are told."""

    def __init__(self, service: str) -> None:
        self.service = service
        self._stories: list[Story] = []

    def __iter__(self) -> Iterator[Story]:
        return iter(self._stories)

    def tell(self, claim: str, source: str, expected: Any) -> Callable[[Teller], Teller]:
        """Keep the decorated function as a story; its name is the story's."""

        def keep(tell: Teller) -> Teller:
            self.add(tell.__name__, claim, source, expected, tell)
            return tell

        return keep

    def add(self, name: str, claim: str, source: str, expected: Any, tell: Teller) -> None:
        self._stories.append(Story(self.service, name, claim, source, expected, tell))


def whether(answer: str) -> str:
    """Where the API reference and the service differ in the code of the error, only whether there is one."""
    return answer if answer == "accepted" else "refused"
