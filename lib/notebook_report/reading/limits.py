"""How large the parts of a notebook may be: beyond, no report of them would come to an end, nor be read to its end."""

import re

from notebook_report.errors import NotebookError, Place
from notebook_report.problems import Outcome, Problem, excerpt

MOST_SIGNS = 100_000  # of a text, a listing or an output: forty pages, set in seconds; a million take minutes
MOST_NUMBERS = 2_000_000  # characters of the CSV beside a figure, which is carried along and not set
MOST_COLUMNS = 1_000  # of that CSV, of which the page shows the first rows
HALF = re.compile("[\ud800-\udfff]")


def cut(text: str, place: Place | str) -> tuple[str, list[Problem]]:
    """Return the beginning of a text that a report can hold, and the problem if that is not all."""
    if len(text) <= MOST_SIGNS:
        return text, []
    message = f"the text is too long for a report ({len(text):,} characters, {MOST_SIGNS:,} at most): show less of it."
    return text[:MOST_SIGNS], [Problem(place, "text-too-long", message, excerpt(text), Outcome.REPLACED)]


def require_short(text: str, what: str, place: Place | str, most: int = MOST_SIGNS) -> None:
    """Raise NotebookError if `text`, which the message calls `what`, has more than `most` characters."""
    if len(text) > most:
        size = f"{len(text):,} characters, {most:,} at most"
        raise NotebookError(place, f"{what} is too long for a report ({size}): show less of it.")


def require_whole(text: str, place: Place | str) -> None:
    """Raise NotebookError if `text` holds half a character."""
    if half := HALF.search(text):
        raise NotebookError(place, half_a_character(half[0]))


def half_a_character(half: str) -> str:
    """Return what a message says of half a character."""
    return f"the notebook holds U+{ord(half):04X}, half a character that no file can hold: remove it."
