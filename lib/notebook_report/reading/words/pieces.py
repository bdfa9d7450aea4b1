"""The words of a text cut into pieces: what stays words, and what pandoc is to carry along."""

import re
from collections.abc import Iterator

from lxml import etree
from lxml.html import HtmlElement

from notebook_report.reading.words.kept import Kept
from notebook_report.reading.words.marks import Piece, math
from notebook_report.reading.words.mathematics_spans import HTML, find

NOTE = re.compile(r"@@note-(\d+)@@")  # as `jupyter_markdown` writes it
UNMATCHED = re.compile(r"(?<!\$)\$\$(?!\$)")
WEB = r"(?<![\w/@.])(?:https?://|www\.)(?:[^\s<()]|\([^\s<()]*\))*(?:[^\s<?!.,:;*_~'\")(\]]|\([^\s<()]*\))"
# As in GitHub's Markdown, but for what ends with a number: mAP@0.5 is no address.
MAIL = r"(?<![\w.+/@-])(?a:[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[a-z]{2,})(?!\.?[\w@-])"
ADDRESS = re.compile(f"{WEB}|(?P<mail>{MAIL})", re.IGNORECASE)


def html(text: str, linked: bool, kept: Kept) -> Iterator[Piece]:
    """Yield words of HTML and the formulas in them."""
    for piece in find(kept.restore(text), HTML):
        yield piece.replace(r"\$", "$") if isinstance(piece, str) else math(piece.tex, piece.display)


def markdown(text: str, linked: bool, kept: Kept, unmatched: list[str]) -> Iterator[Piece]:
    """Yield words of Markdown and the formulas, footnotes and addresses in them.

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
                yield from addresses(part)


def addresses(text: str) -> Iterator[Piece]:
    """Yield words and links for the addresses in them, of the web or of mail."""
    start = 0
    for found in ADDRESS.finditer(text):
        yield text[start : found.start()]
        yield _link(found)
        start = found.end()
    yield text[start:]


def _link(found: re.Match[str]) -> HtmlElement:
    address = found[0]
    scheme = "mailto:" if found["mail"] else "" if ":" in address else "http://"
    link = etree.Element("a", href=scheme + address)
    link.text = address
    return link
