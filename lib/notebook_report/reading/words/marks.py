"""Marks in the words of HTML, for elements that pandoc is to carry along: formulas and footnotes.

A mark is an element `code` with the number of what it stands for, an element of pandoc.
"""

from collections.abc import Callable, Iterable
from typing import TypeAlias

from lxml import etree
from lxml.html import HtmlElement

from notebook_report.reading.trees.pandoc_ast import Element

# Words, an element of pandoc that a mark is to stand for, or an element of HTML.
Piece: TypeAlias = str | Element | HtmlElement
NUMBER = "data-mark"  # the attribute, which no author can give
CODE = {"pre", "code", "kbd", "samp", "tt"}
IGNORED = {"tex2jax_ignore", "mathjax_ignore"}


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
        words, element.text = element.text or "", None
        children = [(child, child.tail or "") for child in element]
        _insert(element, None, [restore(words)] if code else cut(words, linked), marked)
        for child, words in children:
            child.tail = None
            _insert(element, child, [restore(words)] if code else cut(words, linked), marked)
        waiting += [(child, code, linked) for child, _ in children]
    return marked


def _insert(element: HtmlElement, last: HtmlElement | None, pieces: Iterable[Piece], marked: list[Element]) -> None:
    """Insert pieces into an element after its child `last`, which has no tail, or at its beginning, in place.

    What marks stand for is noted in `marked`.
    """
    for piece in pieces:
        if isinstance(piece, str):
            if last is None:
                element.text = (element.text or "") + piece
            else:
                last.tail = (last.tail or "") + piece
            continue
        if isinstance(piece, dict):
            marked.append(piece)
            piece = etree.Element("code", {NUMBER: str(len(marked) - 1)})
            piece.text = "mark"  # pandoc drops what is empty
        _put(element, last, piece)
        last = piece


def _put(element: HtmlElement, last: HtmlElement | None, new: HtmlElement) -> None:
    """Put a new child after the child `last` and its tail, or after the text of an element."""
    if last is None:
        element.insert(0, new)
    else:
        words, last.tail = last.tail, None
        last.addnext(new)
        last.tail = words


def math(tex: str, display: bool) -> Element:
    """Return a formula as an element of pandoc."""
    return {"t": "Math", "c": [{"t": "DisplayMath" if display else "InlineMath"}, tex]}
