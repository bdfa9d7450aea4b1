"""The colours of table cells, such as pandas' Styler gives them, in both files.

A cell has the attributes `background`, either #rrggbb or the stops of bars from left to right (#rrggbbaa and a
percentage each), `color` (#rrggbb) and `weight`, each with `data-` before it, which pandoc drops from some.
"""

import re
from collections.abc import Callable

from notebook_report.mathematics.colours import on_a_page, readable
from notebook_report.reading.pandoc_ast import Element, Node

SAID = {"background": re.compile(r"#[0-9a-f]{6}|(#[0-9a-f]{8} [\d.]+%(, )?)+"), "color": re.compile("#[0-9a-f]{6}")}
SAID["weight"] = re.compile("bold")
PAPER = "#ffffff"
STOP = re.compile(r"(#[0-9a-f]{8}) ([\d.]+%)")
INK = "#000000"

Attributes = list[list[str]]


def for_html(element: Element) -> list[Element] | None:
    """Return a table whose cells have their colours as styles; None for any other element."""
    return _rewritten(element, _style)


def for_typst(element: Element) -> list[Element] | None:
    """Return a table whose cells have their colours as pandoc's attributes for Typst; None for any other element."""
    return _rewritten(element, _arguments)


def _rewritten(element: Element, write: Callable[[str, str, str], Attributes]) -> list[Element] | None:
    if element["t"] != "Table":
        return None
    for cell in cells(element):
        name, classes, pairs = cell[0]
        told = {key.removeprefix("data-"): value for key, value in pairs}
        said = [told.get(key, "") if shape.fullmatch(told.get(key, "")) else "" for key, shape in SAID.items()]
        others = [pair for pair in pairs if pair[0].removeprefix("data-") not in SAID]
        new = write(*said) if any(said) else []
        cell[0] = [name, classes, [*others, *new]]
    return [element]


def cells(table: Element) -> list[Node]:
    """Return the cells of a table."""
    return [cell for row in rows(table) for cell in row[1]]


def rows(table: Element) -> list[Node]:
    """Return the rows of a table, those of its head first."""
    _, _, _, head, bodies, foot = table["c"]
    return [*head[1], *(row for body in bodies for row in (*body[2], *body[3])), *foot[1]]


def _style(background: str, colour: str, weight: str) -> Attributes:
    """Return a cell's style. Words on a ground of their own stay as they are; others follow the page."""
    stops = ", ".join(f"{stop} {part}" for stop, part in STOP.findall(background))
    if stops:
        ground = [f"background: linear-gradient(90deg, {stops})", f"color: {on_a_page(colour)}" if colour else ""]
    elif background:
        ground = [f"background: {background}", f"color: {_readable(colour, background)}"]
    else:
        ground = [f"color: {on_a_page(colour)}" if colour else ""]
    return [["style", "; ".join(filter(None, [*ground, f"font-weight: {weight}" if weight else ""]))]]


def _readable(colour: str, ground: str) -> str:
    """Return a colour for words on a ground; without one, black or white."""
    return readable(colour, ground) if colour else INK if readable(INK, ground) == INK else PAPER


def _arguments(background: str, colour: str, weight: str) -> Attributes:
    stops = ", ".join(f'(rgb("{stop}"), {part})' for stop, part in STOP.findall(background))
    solid = background and not stops
    words = _readable(colour, background if solid else PAPER) if solid or colour else ""
    fill = f"gradient.linear({stops})" if stops else f'rgb("{background}")' if background else ""
    found = {"typst:fill": fill, "typst:text:fill": f'rgb("{words}")' if words else ""}
    found["typst:text:weight"] = f'"{weight}"' if weight else ""
    return [[name, value] for name, value in found.items() if value]
