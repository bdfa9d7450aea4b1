"""What programs put out as HTML: tables as data frames print them, cleaned, numbers lined up; and printed text."""

import re
from collections.abc import Sequence

from notebook_report.reading.trees import pandoc_ast
from notebook_report.reading.trees.pandoc_ast import Element, Node

BOUND = "[<>≤≥]? ?"  # of a number that is no larger or no smaller, such as "<0.0005"
EXPONENT = r"([eE][-+−]?\d+|(·10)?[⁻⁰¹²³⁴-⁹]+)"
NUMBER = re.compile(
    rf"{BOUND}[-+−]?[\d,\u00a0\u202f]*+(\.\d+|(?<=\d)\.?){EXPONENT}?( ?%)?|[-+−]?(nan|inf|∞)|[–—-]?|…|\.\.\.",
    re.IGNORECASE,
)
PRINTED = "output"  # the class of a listing that is no code but printed text; authors may give it as well
FIGURE_SPACE, PUNCTUATION_SPACE, NO_BREAK_SPACE = "\u2007", "\u2008", "\u00a0"


def prepare(blocks: list[Element]) -> list[Element]:
    """Return the blocks of an output's HTML: tables clean, one header row if two can be one and numbers lined up.

    A listing that names no language, such as rich writes, is printed text.
    """
    return list(pandoc_ast.rewrite(blocks, _prepared))


def placed(rows: Sequence[Node]) -> list[list[tuple[int, Node]]]:
    """Return the cells of each row, each with the column in which it begins: rows above may reach down."""
    found, taken = [], dict[int, int]()  # until which row a column is taken
    for y, row in enumerate(rows):
        x, cells = 0, []
        for cell in row[1]:
            while taken.get(x, 0) > y:
                x += 1
            cells.append((x, cell))
            taken |= dict.fromkeys(range(x, x + cell[3]), y + cell[2])
            x += cell[3]
        found.append(cells)
    return found


def _prepared(block: Element) -> list[Element] | None:
    if block["t"] == "CodeBlock" and not block["c"][0][1]:
        return [{"t": "CodeBlock", "c": [["", [PRINTED], []], block["c"][1]]}]
    return [_clean(block)] if block["t"] == "Table" else None


def _clean(table: Element) -> Element:
    """Return the table without caption, with one header row if two can be one and aligned columns."""
    _, _, columns, head, bodies, foot = table["c"]
    head_rows = _merge_header([_bare(row) for row in head[1]])
    bodies = [[pandoc_ast.NO_ATTRIBUTES, body[1], [], [_bare(row) for row in body[2] + body[3]]] for body in bodies]
    found: list[list[Node]] = [[] for _ in columns]  # the cells of each that span no other
    for x, cell in (at for body in bodies for row in placed(body[3]) for at in row):
        if cell[3] == 1 and x < len(found):
            found[x].append(cell)
    columns = [[{"t": _align_column(cells)}, {"t": "ColWidthDefault"}] for cells in found]
    foot = [pandoc_ast.NO_ATTRIBUTES, [_bare(row) for row in foot[1]]]
    content = [pandoc_ast.NO_ATTRIBUTES, [None, []], columns, [pandoc_ast.NO_ATTRIBUTES, head_rows], bodies, foot]
    return {"t": "Table", "c": content}


def _bare(row: Node) -> Node:
    """Return a row whose cells have no side of their own; one that spans columns stands in the middle of them."""
    return [pandoc_ast.NO_ATTRIBUTES, [_bare_cell(cell[0], *cell[2:5]) for cell in row[1]]]


def _bare_cell(attributes: Node, rows: int, columns: int, blocks: Node) -> Node:
    side = "AlignCenter" if columns > 1 else "AlignDefault"
    return [attributes, {"t": side}, rows, columns, _apart(_tie(blocks))]


def _apart(blocks: Node) -> Node:
    """Return a cell's blocks, the words of each on lines of their own if there are several."""
    if len(blocks) == 1:
        return blocks
    return [{**block, "t": "Para"} if block["t"] == "Plain" else block for block in blocks]


def _tie(blocks: Node) -> Node:
    """Return a cell's blocks with no place to break beside ±."""
    for block in pandoc_ast.elements(blocks, "Plain", "Para"):
        words = block["c"]
        for i, word in enumerate(words):
            around = words[max(0, i - 1) : i + 2]
            if word == {"t": "Space"} and {"t": "Str", "c": "±"} in around:
                words[i] = {"t": "Str", "c": NO_BREAK_SPACE}
    return blocks


def _merge_header(rows: list[Node]) -> list[Node]:
    """Return one header row for two that fill each other's gaps: pandas puts the index's name on a row of its own."""
    if len(rows) != 2 or any(cell[2:4] != [1, 1] for row in rows for cell in row[1]):
        return rows
    upper, lower = rows[0][1], rows[1][1]
    if len(upper) != len(lower) or any(_words(a) and _words(b) for a, b in zip(upper, lower, strict=True)):
        return rows
    return [[pandoc_ast.NO_ATTRIBUTES, [a if _words(a) else b for a, b in zip(upper, lower, strict=True)]]]


def _align_column(cells: Sequence[Node]) -> str:
    """Line up the numbers of a column's cells, in place, and return the column's alignment."""
    words = [_words(cell) for cell in cells]
    if not any(words) or not all(NUMBER.fullmatch(text) for text in words):
        return "AlignLeft"
    most = max(_decimals(text) for text in words)
    for cell, text in zip(cells, words, strict=True):
        missing = most - _decimals(text)
        if missing and re.fullmatch(rf"{BOUND}[-+−]?\d+(\.\d*)?", text):
            gap = (PUNCTUATION_SPACE if "." not in text else "") + FIGURE_SPACE * missing
            _append(cell, gap)
    return "AlignRight"


def _append(cell: Node, gap: str) -> None:
    """Put a gap after the last word of a table cell, in its face and in place; a list in a cell gets none."""
    for block in cell[4][-1:]:
        if block["t"] in ("Para", "Plain"):
            words = block["c"]
            while words and words[-1]["t"] in ("Strong", "Emph"):
                words = words[-1]["c"]
            words.append({"t": "Str", "c": gap})


def _decimals(text: str) -> int:
    """Return how many digits follow the point of a plain decimal number."""
    return len(text.partition(".")[2]) if re.fullmatch(rf"{BOUND}[-+−]?\d*\.\d+", text) else 0


def _words(cell: Node) -> str:
    """Return the words of a table cell."""
    return pandoc_ast.plain(cell[4]).strip()
