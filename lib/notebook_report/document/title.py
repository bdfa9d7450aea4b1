"""The headings of a notebook that stands alone: people write its title as one of them."""

from collections.abc import Sequence

from notebook_report.document.passage import Passage
from notebook_report.reading import pandoc_ast
from notebook_report.reading.pandoc_ast import Element

UNFIT = ("Note", "Math", "Image", "Link", "RawInline")  # what a title, which is plain text, cannot hold


def promote(passages: Sequence[Passage], known: str = "") -> str | None:
    """Take the heading that is the notebook's title out of its passages, let the others move up, and return its words.

    The title is the first heading, if all others are below it, or if it says what is known as the title; None if there
    is none. Links lead to where it was.
    """
    headings = [
        (passage, block) for passage in passages for block in passage.document["blocks"] if block["t"] == "Header"
    ]
    if not headings:
        return None
    (passage, first), *others = headings
    level = first["c"][0]
    highest = min((header["c"][0] for _, header in others), default=level + 1)
    words = _words(first)
    if words is not None and (_same(words, known) if known else highest > level):
        anchors = [span for span in pandoc_ast.elements(first, "Span") if span["c"][0][0]]
        place = {"t": "Div", "c": [["-".join(words.split()), [], []], [{"t": "Plain", "c": anchors}]]}
        blocks = passage.document["blocks"]
        blocks[blocks.index(first)] = place
    else:
        words, highest = None, min(highest, level)
    for _, header in headings:
        header["c"][0] -= highest - 1
    return words


def _same(words: str, others: str) -> bool:
    return words.casefold().split() == others.casefold().split()


def _words(header: Element) -> str | None:
    """Return the words of a heading that can be a title, or None."""
    content = header["c"][2]
    return None if next(pandoc_ast.elements(content, *UNFIT), None) else pandoc_ast.plain(content)
