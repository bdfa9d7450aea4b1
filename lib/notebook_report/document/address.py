"""Where a link within a report leads: to an anchor of the same notebook, to another notebook, or to an anchor there."""

from pathlib import PurePosixPath
from urllib.parse import unquote

from notebook_report.errors import Place


def split(address: str, place: Place | str) -> tuple[str, str] | None:
    """Return the notebook and the anchor that an address at `place` names, or None if it leads out of the report.

    The anchor is empty where a notebook alone is named; so is the notebook in a text that stands outside of all.
    """
    path, sign, anchor = address.partition("#")
    if not path:
        return (place.notebook if isinstance(place, Place) else "", unquote(anchor)) if sign else None
    if ":" in path or not path.endswith(".ipynb"):
        return None
    return str(PurePosixPath(" ".join(unquote(path).split())).with_suffix("")), unquote(anchor)
