"""Formulas, footnotes, citations and bare addresses in the words of HTML, as elements that pandoc carries along.

A mark is an element `code` with the number of what it stands for, an element of pandoc.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeAlias

from lxml import etree
from lxml.html import HtmlElement

from notebook_report.reading import citation_marks
from notebook_report.reading.pandoc_ast import Element

Piece: TypeAlias = (
    str | Element | HtmlElement
)  # words, an element of pandoc that a mark is to stand for, an element of HTML
NUMBER = "data-mark"  # the attribute, which no author can give
CODE = {"pre", "code", "kbd", "samp", "tt"}
IGNORED = {"tex2jax_ignore", "mathjax_ignore"}
ADDRESS = re.compile(
    r"(?<![\w/@.])(?:https?://|www\.)(?:[^\s<()]|\([^\s<()]*\))*(?:[^\s<?!.,:;*_~'\")(\]]|\([^\s<()]*\))", re.IGNORECASE
)


def mark(
    root: HtmlElement, cut: Callable[[str, bool], Iterable[Piece]], restore: Callable[[str], str]
) -> list[Element]:
    """Put marks into the words of a tree, in place; return what they stand for, by their number.

    cut: divides words into pieces, also given whether they stand in a link. restore: returns what the author wrote,
    for code and attributes, which hold no formulas.
    """
    marked: list[Element] = []
    waiting = [(root, False, False)]
    while waiting:
        element, code, linked = waiting.pop()
        code = code or element.tag in CODE or not IGNORED.isdisjoint((element.get("class") or "").split())
        linked = linked or element.tag == "a"
        for name, value in element.attrib.items():
            element.set(name, restore(value))
        children = list(element)
        words, element.text = element.text, None
        _insert(element, 0, [restore(words or "")] if code else cut(words or "", linked), marked)
        for child in children:
            words, child.tail = child.tail, None
            pieces = [restore(words or "")] if code else cut(words or "", linked)
            _insert(element, element.index(child) + 1, pieces, marked)
        waiting += [(child, code, linked) for child in children]
    return marked


def _insert(element: HtmlElement, at: int, pieces: Iterable[Piece], marked: list[Element]) -> None:
    """Insert pieces among the children of an element, in place, and note in `marked` what marks stand for."""
    for piece in pieces:
        if isinstance(piece, str):
            if at:
                element[at - 1].tail = (element[at - 1].tail or "") + piece
            else:
                element.text = (element.text or "") + piece
            continue
        if isinstance(piece, dict):
            marked.append(piece)
            piece = etree.Element("code", {NUMBER: str(len(marked) - 1)})
            piece.text = "mark"  # pandoc drops what is empty
        element.insert(at, piece)
        at += 1


def math(tex: str, display: bool) -> Element:
    """Return a formula as an element of pandoc."""
    return {"t": "Math", "c": [{"t": "DisplayMath" if display else "InlineMath"}, tex]}


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
