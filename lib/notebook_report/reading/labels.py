"""Labels of formulas, `{#eq-…}` after one, as a report's own notebooks write them."""

import re

from notebook_report.errors import Place
from notebook_report.problems import Outcome, Problem, excerpt
from notebook_report.reading import pandoc_ast
from notebook_report.reading.pandoc_ast import Element, Node

EQUATION = re.compile(r"\{#(eq-[a-z0-9-]+)\}")
LABEL = re.compile(r"\{#(?:eq|sec|fig|tab)-\S*")


def place_labels(blocks: list[Element], place: Place | str) -> tuple[list[Element], list[Problem]]:
    """Return blocks with every display formula as an equation, with its label.

    Labels that follow no formula stay words, with a problem each.
    """
    if any(map(_is_display, pandoc_ast.elements(blocks, "Math"))):
        blocks = pandoc_ast.rewrite(_label_equations(blocks), _wrap_equation)
    stray = [text for text in pandoc_ast.elements(blocks, "Str") if LABEL.match(text["c"])]
    return blocks, [_problem(text["c"], place) for text in stray]


def _problem(label: str, place: Place | str) -> Problem:
    form = "`{#eq-…}` directly after a formula in `$$`, `{#sec-…}` after a heading"
    message = f"`{excerpt(label)}` labels nothing: write {form}."
    return Problem(place, "label-without-target", message, excerpt(label), Outcome.REPAIRED)


def _label_equations(blocks: Node) -> Node:
    """Move a label `{#eq-…}` that follows a display formula into an equation around it."""
    if isinstance(blocks, dict):
        return {key: _label_equations(value) for key, value in blocks.items()}
    if not isinstance(blocks, list):
        return blocks
    merged: list[Node] = []
    for node in blocks:
        if _is(node, "Str") and merged and _is(merged[-1], "Str"):
            merged[-1] = {"t": "Str", "c": merged[-1]["c"] + node["c"]}
            continue
        label = EQUATION.fullmatch(node["c"]) if _is(node, "Str") else None
        at = next((i for i in (-1, -2) if len(merged) >= -i and _is_display(merged[i])), None) if label else None
        if label is None or at is None:
            merged.append(_label_equations(node))
            continue
        merged[at:] = [{"t": "Span", "c": [[label[1], ["equation"], []], [merged[at]]]}]
    return merged


def _wrap_equation(element: Element) -> list[Element] | None:
    """Put every display formula into an equation; the ones with a label are already in theirs."""
    if _is_display(element):
        return [{"t": "Span", "c": [["", ["equation"], []], [element]]}]
    if element["t"] == "Span" and "equation" in element["c"][0][1]:
        inner = element["c"][1][0]
        return [{"t": "Span", "c": [element["c"][0], inner["c"][1]]}] if _is(inner, "Span") else None
    return None


def _is(node: Node, kind: str) -> bool:
    """Tell whether `node` is an element of this kind."""
    return isinstance(node, dict) and node.get("t") == kind


def _is_display(node: Node) -> bool:
    """Tell whether `node` is a formula on a line of its own."""
    return _is(node, "Math") and node["c"][0]["t"] == "DisplayMath"
