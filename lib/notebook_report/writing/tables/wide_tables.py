"""Tables that are too wide for a page of paper: turned, or in groups of columns, so that nobody needs a lens.

What its words need is only estimated here; `style.typ` measures it, and fits what is nearly right.
"""

from collections.abc import Iterator, Sequence
from itertools import islice

from notebook_report import fonts
from notebook_report.errors import Place
from notebook_report.problems import Outcome, Problem
from notebook_report.reading.trees.pandoc_ast import Element, Node, elements, plain, words
from notebook_report.reading.trees.tables import placed
from notebook_report.writing.direction import raw_block, within

SIZE = 7.5  # points of type; what is a little too wide, `style.typ` sets smaller
INSET = 2 * 0.6 * SIZE
UPRIGHT, SIDEWAYS = 448, 694  # points, the width of the text and its height
MOST_SIGNS = 30  # in each of three lines; what is longer has more lines
STEP = 16  # points, by which the widths of groups are tried
LONGEST = 24  # letters of a word that is not broken
MOST_GROUPS = 12
MOST_INDICES = 3  # columns
ROWS_UPRIGHT, ROWS_SIDEWAYS = 60, 40  # of a page


def arranged(block: Element, place: Place | str, may_turn: bool) -> tuple[list[Element], Problem | None]:
    """Return a block, or what stands for a table that is too wide, and the problem if not all of it is shown.

    may_turn: whether it may stand on a page of its own that lies on its side
    """
    if block["t"] != "Table" or sum(needs := _needs(block)) <= UPRIGHT:
        return [block], None
    index = _index(block)
    groups = _balanced(needs, index)
    if may_turn and sum(needs) <= SIDEWAYS and _saves_a_page(len(rows(block)), len(groups)):
        return within("sideways", [block]), None
    shown = [_columns(block, [*range(index if start else 0), *range(start, end)]) for start, end in groups]
    last = groups[-1][1]
    if last == len(needs):
        return shown, None
    sentence = f"The table goes on: its last {len(needs) - last} columns are not shown here."
    message = f"a table is too wide for paper: the PDF shows {last} of its {len(needs)} columns."
    problem = Problem(place, "table-cut", message, outcome=Outcome.REPLACED)
    return [*shown, {"t": "Para", "c": [{"t": "Emph", "c": words(sentence)}]}], problem


def _saves_a_page(n_rows: int, n_groups: int) -> bool:
    """Tell whether a table takes fewer pages turned than in groups of columns: before it and after it, pages end."""
    return n_rows * n_groups / ROWS_UPRIGHT - n_rows / ROWS_SIDEWAYS > 1


def apart(table: Element) -> list[Element] | None:
    """Return a table, of whose cells those that hold tables do not measure these; None for any other element.

    What measures its inside, which measures its own, takes many times longer for each of them.
    """
    if table["t"] != "Table":
        return None
    for cell in cells(table):
        if any(elements(cell[4], "Table")):
            cell[4] = [raw_block("#let figure = unmeasured"), *cell[4]]
    return [table]


def without_empty_head(element: Element) -> Element:
    """Return a table without a head that names no column, which Markdown asks for; any other element as it is."""
    if element["t"] != "Table":
        return element
    named = [cell[4] for row in element["c"][3][1] for cell in row[1]]
    if any(plain(blocks).strip() or any(elements(blocks, "Image", "RawInline")) for blocks in named):
        return element
    attributes, caption, columns, head, *rest = element["c"]
    return {"t": "Table", "c": [attributes, caption, columns, [head[0], []], *rest]}


def cells(table: Element) -> list[Node]:
    """Return the cells of a table."""
    return [cell for row in rows(table) for cell in row[1]]


def rows(table: Element) -> list[Node]:
    """Return the rows of a table, those of its head first."""
    _, _, _, head, bodies, foot = table["c"]
    return [*head[1], *(row for body in bodies for row in (*body[2], *body[3])), *foot[1]]


def _needs(table: Element) -> list[float]:
    """Return how wide each column is at least, in points."""
    needs = [INSET] * len(table["c"][2])
    for row in placed(rows(table)):
        for x, cell in row:
            if cell[3] == 1 and x < len(needs):
                text = plain(cell[4]).split()
                longest = fonts.width(max(text, key=len, default="")[:LONGEST])
                share = fonts.width(" ".join(text)[: 3 * MOST_SIGNS]) / 3  # of three lines
                needs[x] = max(needs[x], INSET + SIZE * max(longest, share))
    return needs


def _index(table: Element) -> int:
    """Return how many columns name the rows: those that have no name themselves, or the first one.

    Where a cell reaches down over rows, the next column tells these apart.
    """
    heads = [{x: plain(cell[4]).strip() for x, cell in row} for row in placed(table["c"][3][1])]
    named = [x for head in heads[-1:] for x, name in sorted(head.items()) if name]
    body = (cell for body in table["c"][4] for row in placed(body[3]) for cell in row)
    reaching = {column for x, cell in body if cell[2] > 1 for column in range(x, x + cell[3])}
    telling = next(x for x in range(len(reaching) + 1) if x not in reaching) + 1
    return min(max(1, named[0] if named else 1, telling), MOST_INDICES)


def _balanced(needs: Sequence[float], index: int) -> list[tuple[int, int]]:
    """Return where each group of columns begins and ends: as few groups as fit the page, of much the same width."""
    widest = list(islice(_groups(needs, index, UPRIGHT), MOST_GROUPS))
    if widest[-1][1] < len(needs):
        return widest
    found = (list(_groups(needs, index, width)) for width in range(0, UPRIGHT + STEP, STEP))
    return next(groups for groups in found if len(groups) == len(widest))


def _groups(needs: Sequence[float], index: int, width: float) -> Iterator[tuple[int, int]]:
    """Yield where each group of columns begins and ends; before each but the first stand those that name the rows."""
    start = 0
    while start < len(needs):
        end, room = start + 1, width - needs[start] - (sum(needs[:index]) if start else 0)
        while end < len(needs) and room >= needs[end]:
            room -= needs[end]
            end += 1
        yield start, end
        start = end


def _columns(table: Element, chosen: Sequence[int]) -> Element:
    """Return a table of some columns."""
    attributes, caption, columns, head, bodies, foot = table["c"]

    def cut(rows: list[Node]) -> list[Node]:
        beside = zip(rows, placed(rows), strict=True)
        return [[row[0], [inside for cell in cells for inside in _cut(*cell, chosen)]] for row, cells in beside]

    bodies = [[body[0], body[1], cut(body[2]), cut(body[3])] for body in bodies]
    parts = [[head[0], cut(head[1])], bodies, [foot[0], cut(foot[1])]]
    return {"t": "Table", "c": [attributes, caption, [columns[x] for x in chosen], *parts]}


def _cut(x: int, cell: Node, chosen: Sequence[int]) -> list[Node]:
    """Return a cell that begins in column x as far as it is in the chosen columns."""
    inside = sum(x <= column < x + cell[3] for column in chosen)
    return [[*cell[:3], inside, cell[4]]] if inside else []
