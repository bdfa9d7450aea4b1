"""Pandoc's syntax tree as JSON: dicts with a type `t` and content `c`, in nested lists."""

from collections.abc import Callable, Iterator
from typing import Any

Element = dict[str, Any]  # what `c` is, pandoc decides for each `t`
Document = dict[str, Any]  # `blocks` is a list of elements
Node = Any  # an element, a list in one, or what such a list holds

NO_ATTRIBUTES: Node = ["", [], []]
API = {"pandoc-api-version": [1, 23], "meta": {}}  # what a document has besides its blocks


def rewrite(node: Node, change: Callable[[Element], list[Element] | None]) -> Node:
    """Return `node` with every element replaced by the list of elements that `change(element)` returns.

    Works from the leaves up; `change` returns None for an element that stays as it is. Words between which nothing is
    left become one: what writes them must see where they end.
    """
    if isinstance(node, dict):
        return {
            key: rewrite(value, change) if isinstance(value, (dict, list)) else value for key, value in node.items()
        }
    if not isinstance(node, list):
        return node
    written: list[Node] = []
    for child in node:
        old = rewrite(child, change) if isinstance(child, (dict, list)) else child
        new = change(old) if isinstance(old, dict) and "t" in old else None
        for part in [old] if new is None else new:
            if written and is_a(part, "Str") and is_a(written[-1], "Str"):
                written[-1] = {"t": "Str", "c": written[-1]["c"] + part["c"]}
            else:
                written.append(part)
    return written


def is_a(node: Node, kind: str) -> bool:
    """Tell whether a node is an element of this kind."""
    return isinstance(node, dict) and node.get("t") == kind


def words(text: str) -> list[Element]:
    """Return a text as inlines."""
    parts = text.split()
    return [element for part in parts for element in ({"t": "Space"}, {"t": "Str", "c": part})][1:]


def link(text: str, address: str, kind: str) -> Element:
    """Return a link with these words and this class."""
    return {"t": "Link", "c": [["", [kind], []], words(text), [address, ""]]}


def without_link(element: Element) -> list[Element] | None:
    """Return the words of a link; None for any other element."""
    return list(element["c"][1]) if element["t"] == "Link" else None


def is_bold(inlines: Node) -> bool:
    """Tell whether all words of a line are bold."""
    rest = rewrite(inlines, lambda element: [] if element["t"] == "Strong" else None)
    return next(elements(inlines, "Strong"), None) is not None and not any(map(str.isalnum, plain(rest)))


def without_bold(inlines: Node) -> Node:
    """Return a line as it is, but for bold in which all of it stands."""
    whole = is_bold(inlines)
    return rewrite(inlines, lambda element: element["c"] if whole and element["t"] == "Strong" else None)


def elements(node: Node, *kinds: str) -> Iterator[Element]:
    """Yield every element below `node` that is of one of `kinds`, in reading order."""
    if isinstance(node, dict):
        if node.get("t") in kinds:
            yield node
        node = list(node.values())
    if isinstance(node, list):
        for child in node:
            yield from elements(child, *kinds)


def plain(node: Node) -> str:
    """Return the words below `node`, formulas as TeX and without footnotes."""
    if isinstance(node, list):
        return "".join(plain(child) for child in node)
    kind = node.get("t") if isinstance(node, dict) else None
    if kind in (None, "Note"):
        return ""
    if kind == "Str":
        return str(node["c"])
    if kind in ("Code", "Math"):
        return str(node["c"][1])
    if kind in ("Space", "SoftBreak", "LineBreak"):
        return " "
    return plain(node.get("c", []))
