"""What must arrive in a report: the pieces of its notebooks, taken from their parsed texts and from their cells."""

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from notebook_report.cells.outputs import FIGURES, Output
from notebook_report.checking import read_document
from notebook_report.checking.pieces import Piece
from notebook_report.document.document import Document, Part
from notebook_report.document.front import Front
from notebook_report.document.passage import Passage
from notebook_report.errors import Place
from notebook_report.reading.trees import pandoc_ast
from notebook_report.writing.dates import long_date

FRONT, FOLDED = "front", "folded"  # what stands anywhere before the text, and what only HTML shows
NAMES = {"text": "paragraph", "cell": "table cell", "note": "footnote", "figure": "picture"}
LONGEST = 90  # signs of a piece in a message


class Wanted(NamedTuple):
    """A piece that must arrive: where it stands in the notebooks, what it is called there, and the piece."""

    place: Place | str
    name: str
    piece: Piece

    def __str__(self) -> str:
        """Return how messages name this piece."""
        words = " ".join(self.piece.words.split())
        return f"{self.place}: the {self.name} “{words if len(words) <= LONGEST else words[: LONGEST - 1] + '…'}”"


Sequences = defaultdict[str, list[Wanted]]


def expected(document: Document) -> Sequences:
    """Return what a document must show: sequences of Wanted, by name, each of which keeps its order.

    What floats has sequences apart from the text, as have footnotes and code.
    """
    wanted: Sequences = defaultdict(list)
    wanted[FRONT] = [Wanted("the title page", name, Piece(name, words)) for name, words in _front_words(document.front)]
    labelled = {part.cell.place for part in document.parts if part.caption}
    for passage in document.texts:
        sequence = passage.kind if passage.place in labelled else "text"
        _want(wanted, sequence, passage.place, passage.document, _caption_name(passage))
    for _, work in document.works:
        _want(wanted, "work", work.place, work.document)
    for part in document.parts:
        _want_code(wanted, part)
    return wanted


def _front_words(front: Front) -> Iterator[tuple[str, str]]:
    """Yield name and words of all that stands before the abstract and after it."""
    yield "title", front.title
    yield "subtitle", front.subtitle
    yield from (("author", author) for author in front.authors)
    yield "date", long_date(front.date) if front.date else ""
    yield from (("fact", words) for fact in front.facts for words in fact)


def _caption_name(passage: Passage) -> str:
    """Return the number with which a caption begins."""
    return f"{passage.name} {passage.number}. " if passage.kind == "caption" else ""


def _want(
    wanted: Sequences, sequence: str, place: Place | str, document: pandoc_ast.Document, number: str = ""
) -> None:
    """Want the pieces of a document; with a number before it, it is a caption."""
    pieces, notes = read_document.read(document)
    if number:
        pieces[0] = Piece("text", number + pieces[0].words)
    for name, found in ((sequence, pieces), ("note", notes)):
        for piece in found:
            called = "caption" if number and piece is pieces[0] else NAMES.get(piece.kind, piece.kind.partition(" ")[0])
            wanted[name].append(Wanted(place, called, piece))


def _want_code(wanted: Sequences, part: Part) -> None:
    """Want a cell's code, its picture and what it printed."""
    cell = part.cell
    if cell.code and (cell.show_code or not cell.title_page):
        wanted["code" if cell.show_code else FOLDED].append(Wanted(cell.place, "code", Piece("code", cell.code)))
    for output in part.outputs:
        if isinstance(output, Output) and output.form in FIGURES:
            wanted["figure"].append(Wanted(cell.place, "picture", Piece("figure", cell.alt)))
        elif isinstance(output, Output):
            wanted["output"].append(Wanted(cell.place, "output", Piece("code", output.content)))
