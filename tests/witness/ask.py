"""Tells the stories to the lab and to ministack, and writes what they answered: ``python tests/witness/ask.py``.

It writes ``recorded.json`` (ministack's outcomes, and the version that gave them) and `docs/witness.md`. With
``--recorded`` nothing is told to ministack: the page is written from what was recorded.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT)]

from shared_stories import STORIES  # noqa: E402
from tellers import Outcomes, command, to_ministack, to_the_lab  # noqa: E402
from telling import Story  # noqa: E402

RECORDED = HERE / "recorded.json"
PAGE = ROOT / "docs" / "witness.md"

_OPENING = """# The second witness

{stories} short stories of {services}.
Each is written once against plain boto3 (`tests/witness/shared_stories.py`) and told twice: to the lab, in virtual
time, and to ministack {version}, an emulator with code of its own, in real seconds.
Neither is an oracle: what AWS documents decides who is right. `tests/witness/test_witness.py` holds the lab to AWS;
ministack's answers were recorded by `python tests/witness/ask.py`; with `WATERLINE_WITNESS=1` the test asks it again.
Not told: what only one of the two can do, and what takes minutes, since ministack's seconds are real.
"""


def recorded() -> tuple[str, Outcomes]:
    """ministack's version and outcomes when it was last asked."""
    read = json.loads(RECORDED.read_text(encoding="utf-8"))
    return str(read["version"]), dict(read["outcomes"])


def page(lab: Outcomes, version: str, witness: Outcomes) -> str:
    """`docs/witness.md`."""
    agreed = [story for story in STORIES if lab[story.name] == witness[story.name]]
    apart = [story for story in STORIES if story not in agreed]
    services = list(dict.fromkeys(story.service for story in STORIES))
    named = f"{', '.join(services[:-1])} and {services[-1]}"
    lines = [_OPENING.format(stories=len(STORIES), services=named, version=version)]
    lines += [
        "| service | told | they agree | the lab alone is right | ministack alone is right |",
        "|---|---|---|---|---|",
    ]
    lines += [_counts(service, lab, witness) for service in services]
    lines += [f"\n## They disagree: {len(apart)}\n", "| service | AWS says | source | the lab | ministack | right |"]
    lines += ["|---|---|---|---|---|---|"]
    for story in apart:
        told = [_told(outcomes[story.name]) for outcomes in (lab, witness)]
        says = f"{story.service} | {story.claim} | {story.source}"
        lines.append(f"| {says} | {told[0]} | {told[1]} | {_right(story, lab, witness)} |")
    lines += [f"\n## They agree: {len(agreed)}\n", "| service | AWS says | source | both | as AWS says |"]
    lines += ["|---|---|---|---|---|"]
    for story in agreed:
        right = "yes" if lab[story.name] == story.expected else "no"
        says = f"{story.service} | {story.claim} | {story.source}"
        lines.append(f"| {says} | {_told(lab[story.name])} | {right} |")
    return "\n".join(lines) + "\n"


def _counts(service: str, lab: Outcomes, witness: Outcomes) -> str:
    """A row: how the stories of one service ended."""
    stories = [story for story in STORIES if story.service == service]
    right = [_right(story, lab, witness) for story in stories if lab[story.name] != witness[story.name]]
    counts = [len(stories), len(stories) - len(right), right.count("the lab"), right.count("ministack")]
    return f"| {service} | {' | '.join(map(str, counts))} |"


def _right(story: Story, lab: Outcomes, witness: Outcomes) -> str:
    """Who told what AWS documents, of two who disagree."""
    if lab[story.name] == story.expected:
        return "the lab"
    return "ministack" if witness[story.name] == story.expected else "neither"


def _told(outcome: Any) -> str:
    text = outcome if isinstance(outcome, str) else json.dumps(outcome)
    return f"`{text}`".replace("|", "\\|")


def main() -> int:
    if "--recorded" in sys.argv[1:]:
        version, witness = recorded()
    else:
        found = command()
        if found is None:
            print(
                "ministack is not here: install it into an environment of its own (pip install ministack), "
                "and name its command in WATERLINE_MINISTACK."
            )
            return 1
        version, witness = to_ministack(found)
        told = {"version": version, "outcomes": witness}
        RECORDED.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(page(to_the_lab(), version, witness), encoding="utf-8")
    print(f"{PAGE.relative_to(ROOT)}: {len(STORIES)} stories, ministack {version}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
