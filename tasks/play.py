"""Copies of the notebooks to play in: they follow the notebooks until somebody edits them, and no edit is lost.

Beside the copies, a hidden folder keeps each notebook as it was when it was copied: what differs from it has been run
or edited since.
"""

import json
import os
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

COPIED = ".copied"


def bring(notebooks: Path, play: Path, *, afresh: bool = False) -> list[str]:
    """Bring the notebooks into the folder `play`, and return sentences for the user.

    A copy that was edited stays; afresh replaces it as well. Whatever is replaced and was run or edited is moved to a
    folder beside `play` that has the date in its name, where it runs as before. Raises OSError.
    """
    (play / COPIED).mkdir(parents=True, exist_ok=True)
    kept = play.with_name(f"{play.name}-{datetime.now():%Y-%m-%d-%H%M%S}")
    stale, moved = list[str](), list[str]()
    for original in sorted(notebooks.glob("*.ipynb")):
        mine, copied = play / original.name, play / COPIED / original.name
        if mine.exists() and not afresh:
            if _same(original, copied):
                continue
            if _edited(mine, copied) and not _same(mine, original):
                stale.append(original.stem)
                continue
        if mine.exists() and not _same(mine, copied) and not _same(mine, original):
            if not moved:
                kept.mkdir()
            mine.rename(kept / mine.name)
            moved.append(original.stem)
        _copy(original, mine)
        _copy(original, copied)
    _remove_abandoned(notebooks, play)
    return _sentences(play.name, kept.name, stale, moved)


def _sentences(play: str, kept: str, stale: list[str], moved: list[str]) -> list[str]:
    """Return what the user must know: which copies are older than their notebooks, and which were moved to `kept`."""
    older = (
        f"Edited in {play}/, and changed in notebooks/ since: {', '.join(stale)}. Yours stay; make lab AFRESH=1 brings "
        "the new ones and keeps yours in a folder beside them."
    )
    return [older] * bool(stale) + [f"Moved from {play}/ to {kept}/: {', '.join(moved)}."] * bool(moved)


def _remove_abandoned(notebooks: Path, play: Path) -> None:
    """Remove untouched copies of notebooks that are no more; others now belong to whoever has run or edited them."""
    for copied in (play / COPIED).glob("*.ipynb"):
        if not (notebooks / copied.name).exists() and _same(play / copied.name, copied):
            (play / copied.name).unlink()


def _copy(source: Path, target: Path) -> None:
    """Copy a file, wholly or not at all."""
    part = target.with_name(f".{target.name}.part")
    shutil.copyfile(source, part)
    os.replace(part, target)


def _same(one: Path, other: Path) -> bool:
    """Return whether two files have the same bytes; one that is not there is like no other."""
    return one.exists() and other.exists() and one.read_bytes() == other.read_bytes()


def _edited(mine: Path, copied: Path) -> bool:
    """Return whether a copy differs from the notebook in more than its outputs."""
    return not copied.exists() or _written(mine) != _written(copied)


def _written(path: Path) -> list[Any] | None:
    """Return what somebody has written into the cells of a notebook; None if the file is not a notebook."""
    try:
        cells = json.loads(path.read_bytes())["cells"]
        return [
            (cell["cell_type"], "".join(cell["source"]), cell.get("attachments"), cell["metadata"].get("tags"))
            for cell in cells
        ]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None
