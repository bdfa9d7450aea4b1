"""The headings of a notebook that stands alone: people write its title as one of them."""

from collections.abc import Sequence

from notebook_report.document.passage import Passage
from notebook_report.reading import pandoc_ast
from notebook_report.reading.pandoc_ast import Element

UNFIT = ("Note", "Math", "Image", "Link", "RawInline")  # what a title, which is plain text, cannot hold


def promote(passages: Sequence[Passage]) -> str | None:
    """Take the heading that is the notebook's title out of its passages, let the others move up, and return its words.

    The title is the first heading, if all others are below it; None if there is none.
    """
    headings = [
        (passage, block) for passage in passages for block in passage.document["blocks"] if block["t"] == "Header"
    ]
    if not headings:
        return None
    (passage, first), *others = headings
    highest = min((header["c"][0] for _, header in others), default=first["c"][0] + 1)
    words = _words(first) if highest == first["c"][0] + 1 else None
    if words:
        passage.document["blocks"].remove(first)
    # A title's level is no one else's.
    too_deep = first["c"][0] if words else min(highest, first["c"][0]) - 1
    for _, header in headings:
        header["c"][0] -= too_deep
    return words


def _words(header: Element) -> str | None:
    """Return the words of a heading that can be a title, or None."""
    content = header["c"][2]
    return None if next(pandoc_ast.elements(content, *UNFIT), None) else pandoc_ast.plain(content)
