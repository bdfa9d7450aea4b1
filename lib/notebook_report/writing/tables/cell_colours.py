"""Colours of table cells, as both writers have them: words can be read on them, on light pages and on dark ones."""

from collections.abc import Callable, Mapping

from notebook_report.mathematics.colours import on_a_page, readable
from notebook_report.reading.trees.pandoc_ast import Element

INK, PAPER = "#1f1e1b", "#ffffff"


def as_html(element: Element) -> list[Element] | None:
    """Return a table whose cells have their colours as CSS; None for any other element."""
    return _dressed(element, _css)


def as_typst(element: Element) -> list[Element] | None:
    """Return a table whose cells have their colours as pandoc's attributes for Typst; None for any other element."""
    return _dressed(element, _typst)


def _dressed(table: Element, dress: Callable[[Mapping[str, str]], dict[str, str]]) -> list[Element] | None:
    if table["t"] != "Table":
        return None
    attributes, caption, columns, head, bodies, foot = table["c"]
    rows = [*head[1], *(row for body in bodies for row in body[2] + body[3]), *foot[1]]
    for cell in (cell for row in rows for cell in row[1]):
        colours = {name.removeprefix("data-"): value for name, value in cell[0][2]}  # which pandoc removes of some
        cell[0] = ["", [], [list(pair) for pair in dress(colours).items()]]
    return [{"t": "Table", "c": [attributes, caption, columns, head, bodies, foot]}]


def _css(cell: Mapping[str, str]) -> dict[str, str]:
    ground, ink = cell.get("background", ""), cell.get("color", "")
    rules = []
    if "%" in ground:
        rules = [f"background: linear-gradient(90deg, {ground})"]
    elif ground:
        rules = [f"background: {ground}", f"color: {readable(ink or INK, ground)}"]
    elif ink:
        rules = [f"color: {on_a_page(ink)}"]
    rules += ["font-weight: bold"] if "weight" in cell else []
    return {"style": "; ".join(rules)} if rules else {}


def _typst(cell: Mapping[str, str]) -> dict[str, str]:
    ground, ink = cell.get("background", ""), cell.get("color", "")
    found = {}
    if ground:
        found["typst:fill"] = _bars(ground) if "%" in ground else _rgb(ground)
    if ink or ground:
        found["typst:text:fill"] = _rgb(readable(ink or INK, PAPER if "%" in ground else ground or PAPER))
    if "weight" in cell:
        found["typst:text:weight"] = '"bold"'
    return found


def _bars(stops: str) -> str:
    """Return the stops of bars as a gradient of Typst's."""
    found = (stop.split(" ") for stop in stops.split(", "))
    return f"gradient.linear({', '.join(f'({_rgb(colour)}, {place})' for colour, place in found)})"


def _rgb(colour: str) -> str:
    return f'rgb("{colour}")'
