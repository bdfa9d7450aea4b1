"""The pieces of a parsed document, footnotes apart."""

from notebook_report.checking.pieces import Flow, Piece
from notebook_report.reading.trees import pandoc_ast
from notebook_report.reading.trees.pandoc_ast import Document, Node

DEEPEST = 5  # HTML has no heading for a level below, as the page's title is the first
BOXES = ("Para", "Plain", "Table", "DefinitionList", "LineBlock")
BLANKS = ("Space", "SoftBreak", "LineBreak")


def read(document: Document) -> tuple[list[Piece], list[Piece]]:
    """Return the pieces of a pandoc document in reading order, and those of its footnotes."""
    flow, notes = Flow(), list[Piece]()
    _read(document["blocks"], flow, notes)
    return flow.pieces, notes


def _read(node: Node, flow: Flow, notes: list[Piece]) -> None:
    """Put what is below a node into the flow, and footnotes into `notes`."""
    if isinstance(node, list):
        for child in node:
            _read(child, flow, notes)
    if not isinstance(node, dict) or "t" not in node:
        return
    kind: str = node["t"]
    content: Node = node.get("c")
    if kind in ("Str", *BLANKS):
        flow.add(content or " ")
    elif kind == "Code":
        flow.add(content[1])
    elif kind == "Math":
        flow.formula(content[1], alone=content[0]["t"] == "DisplayMath")
    elif kind == "CodeBlock":
        flow.whole("code", content[1])
    elif kind == "Image":
        flow.whole("figure", pandoc_ast.plain(content[1]))
    elif kind == "Note":
        note, inner = Flow("note"), list[Piece]()
        _read(content, note, inner)
        notes += note.pieces + inner
    elif kind == "Header":
        level, (_, _, attributes), words = content
        number = dict(attributes).get("number", "")
        with flow.box(f"heading {min(level, DEEPEST)}"):
            flow.add(f"Appendix {number} " if number.isalpha() else f"{number} ")
            _read(words, flow, notes)
    elif kind in BOXES:
        with flow.box("cell" if kind == "Table" else None):
            _read(content, flow, notes)
    else:
        _read(content, flow, notes)
    if kind == "Link" and not content[2][0].startswith("#"):
        flow.whole("link", content[2][0], aside=True)
