"""Colours of cells: in the PDF as they are, on the page so that they can be read in light and dark."""

import re

import pytest

from notebook_report.reading.trees import pandoc
from notebook_report.reading.trees.pandoc_ast import API
from notebook_report.writing.tables import cell_colours

BARS = "#ff000066 0%, #ff000066 25%, #00000000 25%, #00000000 100%"


@pytest.fixture
def written():
    """Return a function from the attributes of a cell to the cell as a file has it."""

    def write(target, **attributes):
        pairs = " ".join(f'data-{name}="{value}"' for name, value in attributes.items())
        [table] = pandoc.parse([f"<table><tr><th>a</th></tr><tr><td {pairs}>1</td></tr></table>"])[0]
        change = cell_colours.as_html if target == "html" else cell_colours.as_typst
        [text], _ = pandoc.write([{**API, "blocks": change(table)}], ["here"], target)
        return " ".join(text.split())

    return write


@pytest.mark.parametrize(
    ("attributes", "style"),
    [
        ({"background": "#ffff00"}, "background: #ffff00; color: #1f1e1b"),
        ({"background": "#08306b", "color": "#f1f1f1"}, "background: #08306b; color: #f1f1f1"),
        ({"background": "#08306b"}, "background: #08306b; color: #[9a-f]"),
        ({"color": "#ff0000"}, r"color: light-dark\(#[0-9a-f]{6}, #[0-9a-f]{6}\)"),
        (
            {"background": BARS},
            r"background: linear-gradient\(90deg, #ff000066 0%, #ff000066 25%, #00000000 25%, #00000000 100%\)",
        ),
        ({"weight": "bold"}, "font-weight: bold"),
    ],
)
def test_the_page_has_colours_that_can_be_read(written, attributes, style):
    text = written("html", **attributes)
    assert re.search(f'<td[^>]*style="[^"]*{style}', text)
    assert "data-" not in text


@pytest.mark.parametrize(
    ("attributes", "arguments"),
    [
        ({"background": "#ffff00"}, ['fill: rgb("#ffff00")', 'fill: rgb("#1f1e1b")']),
        ({"color": "#ffff00"}, ["set text(fill: rgb("]),
        (
            {"background": BARS},
            ['(rgb("#ff000066"), 0%), (rgb("#ff000066"), 25%), (rgb("#00000000"), 25%), (rgb("#00000000"), 100%)'],
        ),
        ({"weight": "bold"}, ['set text(weight: "bold")']),
    ],
)
def test_the_paper_has_the_same(written, attributes, arguments):
    assert [argument for argument in arguments if argument not in written("typst", **attributes)] == []
