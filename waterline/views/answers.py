"""What a learner predicted, kept in the learner's folder so that no re-run, update or crash loses it.

The folder is ``WATERLINE_WORK``; without it, the ``work`` folder that the notebook is in; without that, ``work`` beside
the notebook. The file is ``predictions.json``: for each question the answer, and what happened once that is known.
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

FILE = "predictions.json"


def folder() -> Path:
    """The folder in which a learner's answers are kept; it need not exist yet."""
    told = os.environ.get("WATERLINE_WORK")
    if told:
        return Path(told)
    here = Path.cwd()
    return next((place for place in (here, *here.parents) if place.name == "work"), here / "work")


def recall(key: str) -> dict[str, Any]:
    """What was kept under a question's key; an empty dictionary if nothing was, or it cannot be read."""
    try:
        kept = _read(folder() / FILE).get(key, {})
    except OSError:
        return {}
    return dict(kept) if isinstance(kept, dict) else {}


def keep(key: str, **what: Any) -> None:
    """Keep something under a question's key, beside what is there. The file is whole at every instant.

    Raises OSError where the folder cannot be written to.
    """
    place = folder()
    place.mkdir(parents=True, exist_ok=True)
    file = place / FILE
    everything = _read(file, put_aside=True)
    everything[key] = {**recall(key), **what}
    handle, name = tempfile.mkstemp(prefix=FILE, dir=place)
    fresh = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            json.dump(everything, stream, ensure_ascii=False, indent=2, sort_keys=True)
            stream.write("\n")
            stream.flush()
            os.fsync(stream.fileno())
        fresh.replace(file)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise


def _read(file: Path, put_aside: bool = False) -> dict[str, Any]:
    """The file's content. One that cannot be read is never overwritten: it is put aside under another name."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (ValueError, UnicodeDecodeError):
        content = None
    if isinstance(content, dict):
        return content
    if put_aside:
        number = 1
        while (aside := file.with_name(f"{file.stem}.damaged-{number}.json")).exists():
            number += 1
        file.replace(aside)
    return {}
