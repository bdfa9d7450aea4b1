"""The pieces of a tagged PDF: its structure tree gives their order and kinds, its pages the words."""

import logging
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pypdf
from pypdf.generic import ByteStringObject, ContentStream, TextStringObject

from notebook_report.checking.pieces import Flow, Piece
from notebook_report.errors import ReportError

KINDS = {"/TD": "cell", "/TH": "cell", "/Note": "note", **{f"/H{level}": f"heading {level}" for level in range(1, 6)}}
KINDS |= {"/H6": KINDS["/H5"], "/Code": "code"}  # a heading is as deep as HTML goes below the page's title
WORDS = {"/Span", "/Em", "/Strong", "/Quote", "/Link", "/Reference"}
MAPPED = re.compile(r"<([0-9A-Fa-f]{4})>\s*<([0-9A-Fa-f]+)>")

Node = Any  # a dictionary of the PDF, such as an element of its structure tree; what it holds, only the file tells


class Paper(NamedTuple):
    """What a PDF shows, its formulas (TeX and drawn letters), the titles of its outline, its links to nowhere."""

    pieces: list[Piece]
    formulas: list[tuple[str, str]]
    outline: list[str]
    astray: list[str]


def read(path: Path) -> Paper:
    """Return the Paper in the PDF at `path`. Raises ReportError if it cannot be read."""
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # what it remarks on a damaged file, one sentence says
    try:
        pdf = pypdf.PdfReader(path)
        reader = _Reader(pdf)
        return Paper(reader.flow.pieces, reader.flow.formulas, list(_titles(pdf.outline)), reader.astray)
    except (OSError, pypdf.errors.PyPdfError) as error:
        raise ReportError(f"{path} cannot be read: {error}.") from error
    except Exception as error:
        # At what is damaged, pypdf fails in many ways that it does not name.
        fault = f"it is damaged ({type(error).__name__})"
        raise ReportError(f"{path} cannot be read: {fault}, so build the report again.") from error


def _titles(outline: Iterable[Any]) -> Iterator[str]:
    """Yield the titles of an outline, whose levels are nested lists."""
    for entry in outline:
        yield from _titles(entry) if isinstance(entry, list) else [entry.title]


class _Reader:
    """Walks the structure tree, and takes the words of its leaves from the pages."""

    def __init__(self, pdf: pypdf.PdfReader) -> None:
        self.flow = Flow()
        self.astray: list[str] = []
        self._pages = {_number(page.indirect_reference): _marked_words(page) for page in pdf.pages}
        self._named = pdf.named_destinations
        self._walk(pdf.root_object.get("/StructTreeRoot", {}))

    def _below(self, node: Node) -> Iterator[str | Node]:
        """Yield what is directly below an element: words and elements."""
        below = node.get("/K", [])
        for child in below if isinstance(below, list) else [below]:
            child = child.get_object()
            marked = {"/MCID": child} if isinstance(child, int) else child
            page = (marked if "/Pg" in marked else node).get("/Pg")
            yield self._pages.get(_number(page), {}).get(marked["/MCID"], "") if "/MCID" in marked else child

    def _drawn(self, node: Node) -> str:
        """Return all words below an element."""
        return "".join(child if isinstance(child, str) else self._drawn(child) for child in self._below(node))

    def _walk(self, node: Node) -> None:
        """Take note of all below an element."""
        below = list(self._below(node))
        bare = [isinstance(child, str) or child.get("/S") in WORDS for child in below]
        for i, child in enumerate(below):
            if isinstance(child, str):
                self.flow.add(child)
            elif "/Obj" in child:
                self._follow(child["/Obj"])
            elif child["/S"] != "/TOC":
                # Where words are in no paragraph, as in some captions, what stands in their line is a block of its own.
                in_line = any(bare[max(i - 1, 0) : i + 2])
                self._element(child, node.get("/S"), _stands_alone(child) and not in_line)

    def _element(self, node: Node, parent: str | None, alone: bool) -> None:
        """Take note of an element, and of all below it."""
        kind = node["/S"]
        if kind == "/Formula":
            self.flow.formula(node.get("/Alt", ""), self._drawn(node), alone)
        elif kind == "/Figure" and "/Alt" in node:
            self.flow.whole("figure", node["/Alt"])
        # A block of code has each line in a paragraph.
        elif kind in WORDS or (kind == "/Code" and not alone) or (kind == "/P" and parent == "/Code"):
            self._walk(node)
        else:
            # A footnote and its number stand beside the paragraph in whose midst the tree has them.
            with self.flow.box(KINDS.get(kind), aside=kind == "/Note" or (kind == "/Lbl" and parent != "/LI")):
                self._walk(node)

    def _follow(self, annotation: Node) -> None:
        """Take note of where a link leads: out of the file, to a name, or to an array that starts with a page."""
        target = annotation.get("/Dest")
        if "/URI" in annotation.get("/A", {}):
            self.flow.whole("link", annotation["/A"]["/URI"].original_bytes.decode(), aside=True)
        elif not (target in self._named if isinstance(target, str) else target and _number(target[0]) in self._pages):
            self.astray.append(annotation.get("/Contents", "without words"))


def _number(reference: Node) -> int:
    """Return the number of the object that is a page, 0 for none."""
    return reference.indirect_reference.idnum if reference is not None else 0


def _stands_alone(node: Node) -> bool:
    """Tell whether an element is a block of its own, not part of a line."""
    attributes = node.get("/A", [])
    attributes = attributes if isinstance(attributes, list) else [attributes]
    return any(attribute.get_object().get("/Placement") == "/Block" for attribute in attributes)


def _marked_words(page: pypdf.PageObject) -> dict[int | None, str]:
    """Return the words of each piece of marked content on a page, by number. Decoration has no number."""
    resources: Node = page["/Resources"]
    fonts = {name: _characters(font.get_object()) for name, font in resources.get("/Font", {}).items()}
    words: dict[int | None, str] = {}
    marks: list[tuple[int | None, str | None]] = [(None, None)]
    font: dict[bytes, str] = {}
    for operands, operator in ContentStream(page.get_contents(), page.pdf).operations:
        mark, said = marks[-1]
        text = ""
        if operator in (b"BDC", b"BMC"):
            properties = operands[1] if operator == b"BDC" and isinstance(operands[1], dict) else {}
            # What is marked within a mark belongs to it, and may say in other words what it shows.
            mark, text = properties.get("/MCID", mark), properties.get("/ActualText", "")
            marks.append((mark, properties.get("/ActualText", said)))
        elif operator == b"EMC":
            marks.pop()
        elif operator == b"Tf":
            font = fonts[operands[0]]
        elif operator in (b"Tj", b"TJ") and said is None:
            shown = operands[0] if operator == b"TJ" else operands
            text = "".join(_decode(string, font) for string in shown)
        words[mark] = words.get(mark, "") + text
    return words


def _decode(string: object, font: dict[bytes, str]) -> str:
    """Return the characters of a string of two-byte codes; between strings stand the numbers that space them."""
    codes = string.original_bytes if isinstance(string, ByteStringObject | TextStringObject) else b""
    return "".join(font.get(codes[i : i + 2], "\ufffd") for i in range(0, len(codes), 2))


def _characters(font: Node) -> dict[bytes, str]:
    """Return what each two-byte code of a font means, as its map to Unicode tells."""
    lines = font["/ToUnicode"].get_data().decode("ascii") if "/ToUnicode" in font else ""
    pairs = MAPPED.findall("".join(re.findall(r"beginbfchar(.*?)endbfchar", lines, re.DOTALL)))
    return {bytes.fromhex(code): bytes.fromhex(meaning).decode("utf-16-be") for code, meaning in pairs}
