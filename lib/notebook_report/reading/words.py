"""The words of a text cut into pieces: what stays words, and what pandoc is to carry along."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from lxml import etree
from lxml.html import HtmlElement

from notebook_report.reading import citation_marks
from notebook_report.reading.kept import Kept
from notebook_report.reading.marks import Piece, math
from notebook_report.reading.mathematics_spans import HTML, find

NOTE = re.compile(r"@@note-(\d+)@@")  # as `jupyter_markdown` writes it
UNMATCHED = re.compile(r"(?<!\$)\$\$(?!\$)")
ADDRESS = re.compile(
    r"(?<![\w/@.])(?:https?://|www\.)(?:[^\s<()]|\([^\s<()]*\))*(?:[^\s<?!.,:;*_~'\")(\]]|\([^\s<()]*\))", re.IGNORECASE
)


def html(text: str, linked: bool, kept: Kept) -> Iterator[Piece]:
    """Yield words of HTML and the formulas in them."""
    for piece in find(kept.restore(text), HTML):
        yield piece.replace(r"\$", "$") if isinstance(piece, str) else math(piece.tex, piece.display)


def markdown(text: str, linked: bool, kept: Kept, cite: bool, unmatched: list[str]) -> Iterator[Piece]:
    """Yield words of Markdown and the formulas, footnotes, addresses, references and citations in them.

    unmatched: gets words that hold the `$$` of no formula.
    """
    for piece, is_kept in kept.pieces(text):
        if is_kept or not isinstance(piece, str):
            yield piece
            continue
        unmatched += [piece] if UNMATCHED.search(piece) else []
        for i, part in enumerate(NOTE.split(piece.replace(r"\$", "$"))):
            if i % 2:
                yield {"t": "Note", "c": int(part)}
            elif linked:
                yield part
            else:
                for word in addresses(part):
                    yield from references(word, cite) if isinstance(word, str) else [word]


def references(text: str, cite: bool) -> Iterator[Piece]:
    """Yield words and the references in them, and the citations, too, if there is a bibliography."""
    pattern = citation_marks.CITATION if cite else citation_marks.REFERENCE
    return _divided(text, pattern, lambda found: citation_marks.cite(found[0]))


def addresses(text: str) -> Iterator[Piece]:
    """Yield words and links for the addresses of the web in them."""
    return _divided(text, ADDRESS, lambda found: _link(found[0]))


def _link(address: str) -> HtmlElement:
    link = etree.Element("a", href=address if ":" in address else f"http://{address}")
    link.text = address
    return link


def _divided(text: str, pattern: re.Pattern[str], replace: Callable[[re.Match[str]], Any]) -> Iterator[Piece]:
    """Yield what stands between the matches of a pattern, and what replaces them."""
    start = 0
    for found in pattern.finditer(text):
        yield text[start : found.start()]
        yield replace(found)
        start = found.end()
    yield text[start:]
