"""The pieces of a tagged PDF: its structure tree gives their order and kinds, its pages the words."""

import contextlib
import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pypdf
from pypdf.generic import ByteStringObject, ContentStream, TextStringObject

from notebook_report.checking.pieces import Flow, Piece
from notebook_report.errors import ReportError

KINDS = {"/TD": "cell", "/TH": "cell", "/Note": "note", **{f"/H{level}": f"heading {level}" for level in range(1, 6)}}
KINDS["/H6"] = KINDS["/H5"]  # as deep as HTML goes below the page's title
WORDS = {"/Span", "/Em", "/Strong", "/Quote", "/Link", "/Reference"}
INLINE = WORDS | {"/Code"}
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
    try:
        with _silent(logging.getLogger("pypdf")):  # what it remarks on a damaged file, one sentence says
            pdf = pypdf.PdfReader(path)
            reader = _Reader(pdf)
            return Paper(reader.flow.pieces, reader.flow.formulas, list(_titles(pdf.outline)), reader.astray)
    except (OSError, pypdf.errors.PyPdfError) as error:
        raise ReportError(f"{path} cannot be read: {error}.") from error
    except Exception as error:
        # At what is damaged, pypdf fails in many ways that it does not name.
        fault = f"it is damaged ({type(error).__name__})"
        raise ReportError(f"{path} cannot be read: {fault}, so build the report again.") from error


@contextlib.contextmanager
def _silent(log: logging.Logger) -> Iterator[None]:
    """Let a log and those below it write nothing meanwhile."""
    level = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        log.setLevel(level)


def _titles(outline: Iterable[Any]) -> Iterator[str]:
    """Yield the titles of an outline, whose levels are nested lists."""
    for entry in outline:
        yield from _titles(entry) if isinstance(entry, list) else [entry.title]


class _Reader:
    """Walks the structure tree, and takes the words of its leaves from the pages."""

    def __init__(self, pdf: pypdf.PdfReader) -> None:
        self.flow = Flow()
        self.astray: list[str] = []
        self._pages = {found.idnum: _marked_words(page) for page in pdf.pages if (found := page.indirect_reference)}
        self._named = pdf.named_destinations
        self._walk(pdf.root_object.get("/StructTreeRoot", {}), None)

    def _below(self, node: Node, page: int | None) -> Iterator[tuple[str | Node, int | None]]:
        """Yield what is directly below an element: words, and elements with the page that their words stand on.

        A page is the number of its object.
        """
        page = _page_of(node, page)
        below = node.get("/K", [])
        for child in below if isinstance(below, list) else [below]:
            child = child.get_object()
            if isinstance(child, int):
                yield self._words(page, child), page
            elif "/MCID" in child:
                yield self._words(_page_of(child, page), child["/MCID"]), page
            else:
                yield child, page

    def _words(self, page: int | None, mark: int) -> str:
        """Return the words of a piece of marked content; none if the page is not there."""
        return self._pages[page].get(mark, "") if page in self._pages else ""

    def _drawn(self, node: Node, page: int | None) -> str:
        """Return all words below an element."""
        below = self._below(node, page)
        return "".join(child if isinstance(child, str) else self._drawn(child, its_page) for child, its_page in below)

    def _walk(self, node: Node, page: int | None) -> None:
        """Take note of all below an element."""
        below = list(self._below(node, page))
        bare = [isinstance(child, str) or child.get("/S") in WORDS for child, _ in below]
        for i, (child, its_page) in enumerate(below):
            if isinstance(child, str):
                self.flow.add(child)
            elif "/Obj" in child:
                self._follow(child["/Obj"])
            elif child["/S"] != "/TOC":
                # Where words are in no paragraph, as in some captions, what stands in their line is a block of its own.
                in_line = any(bare[max(i - 1, 0) : i + 2])
                self._element(child, node.get("/S"), its_page, in_line)

    def _element(self, node: Node, parent: str | None, page: int | None, in_line: bool) -> None:
        """Take note of an element, and of all below it."""
        kind, alone = node["/S"], _stands_alone(node) and not in_line
        if kind == "/Formula":
            self.flow.formula(node.get("/Alt", ""), self._drawn(node, page), alone)
        elif kind == "/Figure" and "/Alt" in node:
            self.flow.whole("figure", node["/Alt"])
        # A block of code has each line in a paragraph.
        elif (kind in INLINE and not (kind == "/Code" and alone)) or (kind == "/P" and parent == "/Code"):
            self._walk(node, page)
        else:
            # A footnote and its number stand beside the paragraph in whose midst the tree has them.
            aside = kind == "/Note" or (kind == "/Lbl" and parent != "/LI")
            self.flow.begin("code" if kind == "/Code" else KINDS.get(kind), aside)
            self._walk(node, page)
            self.flow.end()

    def _follow(self, annotation: Node) -> None:
        """Take note of where a link leads."""
        if "/A" in annotation and "/URI" in annotation["/A"]:
            self.flow.whole("link", annotation["/A"]["/URI"].original_bytes.decode(), aside=True)
        elif not self._leads(annotation.get("/Dest")):
            self.astray.append(annotation.get("/Contents", "without words"))

    def _leads(self, destination: Any) -> bool:
        """Tell whether a destination, a name or an array that starts with a page, is in the file."""
        if isinstance(destination, str):
            return destination in self._named
        return bool(destination) and destination[0].idnum in self._pages


def _page_of(node: Node, page: int | None) -> int | None:
    """Return the number of the page that an element names, or else `page`."""
    return int(node.raw_get("/Pg").idnum) if "/Pg" in node else page


def _stands_alone(node: Node) -> bool:
    """Tell whether an element is a block of its own, not part of a line."""
    attributes = node.get("/A", [])
    attributes = attributes if isinstance(attributes, list) else [attributes]
    return any(attribute.get_object().get("/Placement") == "/Block" for attribute in attributes)


def _marked_words(page: pypdf.PageObject) -> dict[int | None, str]:
    """Return the words of each piece of marked content on a page, by number. Decoration has no number."""
    resources: Node = page["/Resources"]
    fonts = resources.get("/Font", {})
    characters = {name: _characters(font.get_object()) for name, font in fonts.items()}
    words: dict[int | None, str] = {}
    marks: list[tuple[int | None, str | None]] = []
    font: Mapping[bytes, str] = {}
    for operands, operator in ContentStream(page.get_contents(), page.pdf).operations:
        if operator in (b"BDC", b"BMC"):
            properties = operands[1] if operator == b"BDC" and isinstance(operands[1], dict) else {}
            # What is marked within a mark belongs to it, and may say in other words what it shows.
            mark, said = marks[-1] if marks else (None, None)
            marks.append((properties.get("/MCID", mark), properties.get("/ActualText", said)))
            if "/ActualText" in properties:
                words[marks[-1][0]] = words.get(marks[-1][0], "") + properties["/ActualText"]
        elif operator == b"EMC":
            marks.pop()
        elif operator == b"Tf":
            font = characters[operands[0]]
        elif operator in (b"Tj", b"TJ") and marks and marks[-1][1] is None:
            shown = operands[0] if operator == b"TJ" else operands
            words[marks[-1][0]] = words.get(marks[-1][0], "") + "".join(_decode(string, font) for string in shown)
    return words


def _decode(string: object, font: Mapping[bytes, str]) -> str:
    """Return the characters of a string of two-byte codes; between strings stand the numbers that space them."""
    if not isinstance(string, ByteStringObject | TextStringObject):
        return ""
    codes = string.original_bytes
    return "".join(font.get(codes[i : i + 2], "\ufffd") for i in range(0, len(codes), 2))


def _characters(font: Node) -> dict[bytes, str]:
    """Return what each two-byte code of a font means, as its map to Unicode tells."""
    if "/ToUnicode" not in font:
        return {}
    lines = font["/ToUnicode"].get_data().decode("ascii")
    blocks = re.findall(r"beginbfchar(.*?)endbfchar", lines, re.DOTALL)
    pairs = [pair for block in blocks for pair in MAPPED.findall(block)]
    return {bytes.fromhex(code): bytes.fromhex(meaning).decode("utf-16-be") for code, meaning in pairs}
