"""The pieces of a parsed document, footnotes apart."""

from notebook_report.checking.pieces import Flow, Piece
from notebook_report.reading import pandoc_ast
from notebook_report.reading.pandoc_ast import Document, Element, Node

DEEPEST = 5  # HTML has no heading for a level below, as the page's title is the first


def read(document: Document) -> tuple[list[Piece], list[Piece]]:
    """Return the pieces of a pandoc document in reading order, and those of its footnotes."""
    reader = _Reader()
    reader.blocks(document["blocks"])
    return reader.flow.pieces, reader.notes


class _Reader:
    """Walks blocks and inlines; every kind of element has a method or is told from its content."""

    def __init__(self, kind: str | None = None) -> None:
        self.flow = Flow()
        self.notes: list[Piece] = []
        self.flow.begin(kind)

    def blocks(self, blocks: list[Element], kind: str | None = None) -> None:
        for block in blocks:
            self.flow.begin(kind)
            self._block(block["t"], block.get("c"))
            self.flow.end()

    def _block(self, kind: str, content: Node) -> None:
        if kind in ("Para", "Plain"):
            self.inlines(content)
        elif kind == "Header":
            level, (_, _, attributes), words = content
            self.flow.begin(f"heading {min(level, DEEPEST)}")
            number = dict(attributes).get("number", "")
            self.flow.add(f"Appendix {number} " if number.isalpha() else f"{number} ")
            self.inlines(words)
            self.flow.end()
        elif kind == "CodeBlock":
            self.flow.whole("code", content[1])
        elif kind == "BlockQuote":
            self.blocks(content)
        elif kind in ("BulletList", "OrderedList"):
            for item in content if kind == "BulletList" else content[1]:
                self.blocks(item)
        elif kind == "DefinitionList":
            for term, meanings in content:
                self.blocks([{"t": "Plain", "c": term}])
                for meaning in meanings:
                    self.blocks(meaning)
        elif kind == "LineBlock":
            for line in content:
                self.inlines(line)
        elif kind == "Table":
            self._table(content)
        elif kind != "HorizontalRule":
            raise ValueError(f"a document holds a block of the unknown kind {kind}")

    def _table(self, content: Node) -> None:
        _, (_, caption), _, (_, head), bodies, (_, foot) = content
        self.blocks(caption)
        rows = head + [row for body in bodies for row in body[2] + body[3]] + foot
        for _, cells in rows:
            for cell in cells:
                self.blocks(cell[4], "cell")

    def inlines(self, inlines: list[Element]) -> None:
        for inline in inlines:
            self._inline(inline["t"], inline.get("c"))

    def _inline(self, kind: str, content: Node) -> None:
        if kind == "Str":
            self.flow.add(content)
        elif kind in ("Space", "SoftBreak", "LineBreak"):
            self.flow.add(" ")
        elif kind == "Code":
            self.flow.add(content[1])
        elif kind == "Math":
            form, tex = content
            self.flow.formula(tex, alone=form["t"] == "DisplayMath")
        elif kind == "Note":
            note = _Reader("note")
            note.blocks(content)
            self.notes += note.flow.pieces + note.notes
        elif kind == "Link":
            self.inlines(content[1])
            if not content[2][0].startswith("#"):
                self.flow.whole("link", content[2][0], aside=True)
        elif kind == "Image":
            self.flow.whole("figure", pandoc_ast.plain(content[1]))
        elif kind in ("Span", "Cite", "Quoted"):
            self.inlines(content[1])
        elif kind in ("Emph", "Strong", "Strikeout", "Underline", "SmallCaps", "Superscript", "Subscript"):
            self.inlines(content)
        else:
            raise ValueError(f"a document holds an inline of the unknown kind {kind}")
