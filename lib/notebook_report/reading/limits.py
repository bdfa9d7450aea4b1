"""How large the parts of a notebook may be: beyond, no report of them would come to an end, nor be read to its end."""

import html
import re
from collections.abc import Iterable
from typing import Any

from notebook_report.errors import NotebookError, Place
from notebook_report.reading import pandoc_ast
from notebook_report.reading.pandoc_ast import Document

MOST_SIGNS = 100_000  # of a text, a listing or an output: forty pages, set in seconds; a million take minutes
MOST_NUMBERS = 2_000_000  # characters of the CSV beside a figure, which is carried along and not set
MOST_COLUMNS = 1_000  # of that CSV, of which the page shows the first rows
MOST_CELLS = 10_000  # of a table; each is measured on its own, which takes a quarter of a minute in all
DEEPEST = 200  # levels of a document: 65 lists in one another; each takes two of the 1000 calls that Python allows
MOST_BRACKETS = 10  # left open at once: each doubles the time that pandoc takes; twelve need two seconds
# Where a bracket opens nothing: after a backslash, in code and in formulas.
NO_BRACKETS = re.compile(r"\\.|(?<!`)(`++).*?(?<!`)\1(?!`)|\$\$[^$]*\$\$|\$(?=\S)[^$]*(?<=\S)\$(?!\d)", re.DOTALL)
HALF = re.compile("[\ud800-\udfff]")
SPAN = re.compile(r"""\b(?:col|row)span\s*=\s*["']?\s*\+?0*(\d+)""", re.IGNORECASE)
CELL = re.compile(r"""<t[dh]\b((?:"[^"]*"|'[^']*'|[^>"'])*)""", re.IGNORECASE)


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


def require_small_table(text: str, place: Place | str) -> None:
    """Raise NotebookError if the cells of a table in HTML, each as large as it claims to be, are too many to be set."""
    cells = 0
    for attributes in CELL.findall(text):
        size = 1
        for span in SPAN.findall(html.unescape(attributes)):
            size *= int(span[:9])  # Python reads no number of thousands of digits
        cells += size
    _require_few(cells, place)


def require_small_tables(document: Document, place: Place | str) -> None:
    """Raise NotebookError if a table of a parsed text has too many cells."""
    for table in pandoc_ast.elements(document, "Table"):
        rows = [*table["c"][3][1], *(row for body in table["c"][4] for row in body[2] + body[3])]
        _require_few(sum(cell[2] * cell[3] for row in rows for cell in row[1]), place)


def _require_few(cells: int, place: Place | str) -> None:
    if cells > MOST_CELLS:
        size = f"{cells:,} cells, {MOST_CELLS:,} at most"
        raise NotebookError(place, f"a table is too large for a report ({size}): show less of it.")


def require_shallow(document: Document, place: Place | str) -> None:
    """Raise NotebookError if a parsed text nests deeper than functions that call themselves can follow."""
    layer: Iterable[Any] = [document]
    for _ in range(DEEPEST):
        layer = [child for node in layer for child in _parts(node)]
    if layer:
        raise too_deep(place)


def too_deep(place: Place | str) -> NotebookError:
    """Return what to raise for a text that nests too deeply."""
    return NotebookError(place, "lists, quotations or other parts of a text nest too deeply: write them flatter.")


def _parts(node: Any) -> Iterable[Any]:
    """Return the parts of a node of a document."""
    if isinstance(node, dict):
        return node.values()
    return node if isinstance(node, list) else ()


def require_few_brackets(markdown: str, place: Place | str) -> None:
    """Raise NotebookError if more brackets are open at once in a paragraph of Markdown than pandoc can try."""
    for paragraph in re.split(r"\n\s*\n", NO_BRACKETS.sub("", markdown)):
        opened = 0
        for sign in re.findall(r"[][]", paragraph):
            opened = opened + 1 if sign == "[" else max(0, opened - 1)
            if opened > MOST_BRACKETS:
                advice = "write `\\[` for the sign itself, or formulas and code between their marks"
                raise NotebookError(place, f"more than {MOST_BRACKETS} brackets are open at once in a text: {advice}.")
