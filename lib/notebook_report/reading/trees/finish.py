"""Pandoc's blocks of a text as a report has them: marks resolved, and links that lead somewhere."""

import copy
import re
from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import NamedTuple

from notebook_report.errors import Place
from notebook_report.problems import Outcome, Problem, excerpt
from notebook_report.reading.trees import pandoc_ast, tables
from notebook_report.reading.trees.pandoc_ast import Element, Node

LINKS = re.compile(r"((https?|ftp)://|mailto:|tel:|#)|[^:#]*\.ipynb(#|$)", re.IGNORECASE)
BESIDE = re.compile(r"[^/:\\#][^:#]*(#|$)")  # a file in the notebook's folder, or from there
KEPT = {"dir", "lang"}
SPACES = {"Space", "SoftBreak", "LineBreak"}
TAB = 8  # letters from one stop of tabs to the next in a listing, as browsers have them


class Finished(NamedTuple):
    """Blocks, and what was replaced in them."""

    blocks: list[Element]
    problems: list[Problem]


def finish(
    blocks: list[Element], marked: Sequence[Element], notes: Sequence[list[Element]], place: Place | str
) -> Finished:
    """Return the blocks with what their marks stand for and as few attributes as a report needs."""
    problems: list[Problem] = []

    def change(element: Element) -> list[Element] | None:
        if element["t"] == "Link":
            return _link(element, place, problems)
        if element["t"] in ("RawInline", "RawBlock"):
            text, problem = _raw(element, place)
            problems.append(problem)
            return text
        return _changed(element, marked, notes)

    return Finished(pandoc_ast.rewrite(blocks, change), problems)


def _raw(element: Element, place: Place | str) -> tuple[list[Element], Problem]:
    """Return the text of what pandoc cannot read, and the problem."""
    form, text = element["c"]
    tex = "TeX outside a formula"
    name = {"html": "HTML", "tex": tex, "latex": tex}.get(form, form)
    message = f"`{excerpt(text)}` is {name}, which a report cannot carry."
    shown = {"RawInline": "Code", "RawBlock": "CodeBlock"}[element["t"]]
    return [{"t": shown, "c": [["", [], []], text]}], Problem(
        place, "raw-content", message, excerpt(text), Outcome.REPLACED
    )


def _changed(element: Element, marked: Sequence[Element], notes: Sequence[list[Element]]) -> list[Element] | None:
    """Return what stands for an element, None for itself."""
    kind = element["t"]
    if kind == "Code":
        mark, words = dict(element["c"][0][2]).get("mark"), element["c"][1].replace("\t", " ")
        return _marked(marked[int(mark)], notes) if mark else [{"t": "Code", "c": [["", [], []], words]}]
    if kind == "CodeBlock":
        attributes, text = element["c"]
        return [{"t": "CodeBlock", "c": [attributes, "\n".join(map(str.rstrip, text.expandtabs(TAB).split("\n")))]}]
    if kind in ("Para", "Plain") and (end := _trailing_breaks(element["c"])):
        element = {"t": kind, "c": element["c"][:-end]}
        if not element["c"]:
            return []
        return [{**element, "t": "Plain"}] if _only_anchors(element) else [element]
    if kind == "Para" and _only_anchors(element):
        return [{**element, "t": "Plain"}]
    if kind == "Header":
        return _heading(element)
    if kind in ("Span", "Div"):
        (identifier, _, pairs), content = element["c"]
        kept = [pair for pair in pairs if pair[0] in KEPT]
        if identifier or kept:
            return [{"t": kind, "c": [[identifier, [], kept], content]}]
        return content if kind == "Span" else [_apart(block) for block in content]
    if kind == "Table":
        return [_plain_table(element)]
    return None


def _trailing_breaks(content: Sequence[Element]) -> int:
    """Return how many inlines at the end of a text are ends of lines or blanks, of which nothing is seen."""
    end = list(takewhile(lambda inline: inline["t"] in SPACES, reversed(content)))
    return len(end) if any(inline["t"] == "LineBreak" for inline in end) else 0


def _heading(header: Element) -> list[Element]:
    """Return a heading as one line, which contents repeat: its formulas stand in it, and its footnotes below it.

    A heading of displayed formulas alone is no heading but large: they are a paragraph. One of footnotes alone is none.
    """
    notes = list(pandoc_ast.elements(header, "Note"))
    bare = pandoc_ast.rewrite([header], lambda element: [] if element["t"] == "Note" else None)
    content = bare[0]["c"][2]
    shown = [inline for inline in content if inline["t"] not in SPACES]
    if not shown:
        bare = []
    elif all(map(_is_displayed, shown)):
        bare = [{"t": "Para", "c": content}]
    else:
        bare = pandoc_ast.rewrite(bare, _in_line)
    return [*bare, *(block for note in notes for block in note["c"])]


def _is_displayed(inline: Element) -> bool:
    return pandoc_ast.is_a(inline, "Math") and pandoc_ast.is_a(inline["c"][0], "DisplayMath")


def _in_line(element: Element) -> list[Element] | None:
    """Return a displayed formula as one that stands in a line of text; None for any other element."""
    return [{"t": "Math", "c": [{"t": "InlineMath"}, element["c"][1]]}] if _is_displayed(element) else None


def _plain_table(table: Element) -> Element:
    """Return a table whose columns are as wide as their words, and whose cells do not repeat their column's side."""
    attributes, caption, columns, head, bodies, foot = table["c"]
    for rows in (head[1], *(body[3] for body in bodies), foot[1]):
        for x, cell in (at for row in tables.placed(rows) for at in row):
            if cell[3] == 1 and x < len(columns) and cell[1] == columns[x][0]:
                cell[1] = {"t": "AlignDefault"}
    columns = [[side, {"t": "ColWidthDefault"}] for side, _ in columns]
    return {"t": "Table", "c": [attributes, caption, columns, head, bodies, foot]}


def _marked(element: Element, notes: Sequence[list[Element]]) -> list[Element]:
    """Return what a mark stands for."""
    if element["t"] != "Note":
        return [copy.deepcopy(element)]
    # A footnote cannot hold another.
    return [{"t": "Note", "c": copy.deepcopy(notes[element["c"]])}] if notes else []


def _apart(block: Element) -> Element:
    """Return a block that stands by itself."""
    return {**block, "t": "Para"} if block["t"] == "Plain" and not _only_anchors(block) else block


def _only_anchors(block: Element) -> bool:
    """Tell whether a paragraph shows nothing."""
    return all(inline["t"] == "Span" and not inline["c"][1] for inline in block["c"])


def _link(link: Element, place: Place | str, problems: list[Problem]) -> list[Element]:
    """Return a link, or its words if it leads nowhere, and note the problem."""
    _, words, (target, title) = link["c"]
    if problem := _link_problem(link, place):
        problems.append(problem)
        if not BESIDE.match(target):
            return list(words)
    itself = pandoc_ast.plain(words) in (target, target.removeprefix("mailto:"), target.removeprefix("http://"))
    return [{"t": "Link", "c": [["", ["uri"] if itself else [], []], words, [target, title]]}]


def _link_problem(link: Element, place: Place | str) -> Problem | None:
    """Return what is wrong with a link."""
    _, words, (target, _) = link["c"]
    short = excerpt(target)
    if not pandoc_ast.plain(words).strip() and not next(_images(words), None):
        message = f"the link to `{short}` has no words."
        return Problem(place, "link-without-words", message, short, Outcome.REPAIRED)
    if not target:
        message = f"the link “{excerpt(pandoc_ast.plain(words))}” has no address."
        return Problem(place, "link-without-words", message, "", Outcome.REPAIRED)
    if not LINKS.match(target):
        message = f"the link to `{short}` leads nowhere outside this computer."
        return Problem(place, "link-local", message, short, Outcome.REPLACED)
    return None


def _images(words: Node) -> Iterator[Element]:
    return pandoc_ast.elements(words, "Image")
