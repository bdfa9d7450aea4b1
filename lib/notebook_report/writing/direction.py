"""Texts that run from right to left: what an author says is so, and what begins with a letter of such a script."""

import unicodedata
from collections.abc import Callable

from notebook_report.reading.trees.pandoc_ast import Element, plain

FROM_RIGHT = ("R", "AL")  # as Unicode calls them
TEXTS = ("Para", "Plain", "Header", "BulletList", "OrderedList", "DefinitionList", "LineBlock", "BlockQuote", "Table")
Pairs = list[list[str]]


def raw_block(text: str) -> Element:
    """Return source of Typst's as a block."""
    return {"t": "RawBlock", "c": ["typst", text]}


def within(function: str, blocks: list[Element]) -> list[Element]:
    """Return blocks as what a function of Typst's is called with."""
    return [raw_block(f"#{function}["), *blocks, raw_block("]")]


def for_html(block: Element) -> Element:
    """Return a block, in a `div` that says so if it runs from right to left."""
    if not runs_from_right(block):
        return block
    if block["t"] == "Header":
        level, (name, classes, pairs), words = block["c"]
        return {"t": "Header", "c": [level, [name, classes, [*pairs, ["dir", "rtl"]]], words]}
    return {"t": "Div", "c": [["", [], [["dir", "rtl"]]], [block]]}


def runs_from_right(block: Element) -> bool:
    """Tell whether a block is a text that begins with a letter of a script that runs from right to left."""
    return block["t"] in TEXTS and from_right(plain(block))


def from_right(text: str) -> bool:
    """Tell whether the first letter of a text belongs to a script that runs from right to left."""
    kinds = map(unicodedata.bidirectional, text)
    return next((kind for kind in kinds if kind in ("L", *FROM_RIGHT)), "L") in FROM_RIGHT


def for_typst(element: Element) -> list[Element] | None:
    """Return what stands for a part of which the author says where it begins; None for any other element."""
    said = dict(element["c"][0][2]).get("dir") if element["t"] in ("Div", "Span") else None
    if said not in ("rtl", "ltr"):
        return None
    raw: Callable[[str], Element] = raw_block if element["t"] == "Div" else _raw_inline
    return [raw(f"#{'from-right' if said == 'rtl' else 'from-left'}["), *element["c"][1], raw("]")]


def _raw_inline(text: str) -> Element:
    return {"t": "RawInline", "c": ["typst", text]}
