"""What must arrive in a report: the pieces of its notebooks, taken from their parsed texts and from their cells."""

import copy
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from nbformat import NotebookNode

from notebook_report.cells import outputs
from notebook_report.checking import read_document
from notebook_report.checking.pieces import Piece
from notebook_report.document import citations, preprocess, values
from notebook_report.document.passage import Passage
from notebook_report.errors import Place
from notebook_report.notebooks import place_of
from notebook_report.reading.pandoc_ast import Document
from notebook_report.writing.exporter import long_date

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


def expected(nb: NotebookNode) -> Sequences:
    """Return what a notebook must show: sequences of Wanted, by name, each of which keeps its order.

    What floats has sequences apart from the text, as have footnotes and code.
    """
    nb, _ = preprocess.Select().preprocess(nb, {})
    front, passages = preprocess.read(nb, {})
    values.fill(passages, front.get("values"))
    preprocess.number(passages)
    works, _ = citations.resolve(passages, front["bibliography"])
    wanted: Sequences = defaultdict(list)
    wanted[FRONT] = [Wanted("the title page", name, Piece(name, words)) for name, words in _front_words(front)]
    labelled = {passage.place for passage in passages if passage.label}
    for passage in passages:
        sequence = passage.kind if passage.place in labelled else "text"
        _want(wanted, sequence, passage.place, passage.document, _caption_name(passage))
    for work in works:
        _want(wanted, "work", work.place, work.document)
    for cell in nb.cells:
        if cell.cell_type == "code":
            _want_code(wanted, cell)
    return wanted


def other_values(nb: NotebookNode) -> list[str]:
    """Return a line for each value whose words in a notebook are not what its run gives."""
    nb, _ = preprocess.Select().preprocess(copy.deepcopy(nb), {})
    front, passages = preprocess.read(nb, {})
    return [str(problem) for problem in values.fill(passages, front.get("values"))]


def _front_words(front: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield name and words of all that stands before the abstract and after it."""
    yield "title", front["title"]
    yield "subtitle", front.get("subtitle") or ""
    yield from (("author", author) for author in front["authors"])
    yield "date", long_date(front["date"]) if front.get("date") else ""
    yield from (("fact", words) for fact in front.get("facts", ()) for words in fact)


def _caption_name(passage: Passage) -> str:
    """Return the number with which a caption begins."""
    return f"{passage.holder['name']} {passage.holder['number']}. " if passage.kind == "caption" else ""


def _want(wanted: Sequences, sequence: str, place: Place | str, document: Document, number: str = "") -> None:
    """Want the pieces of a document; with a number before it, it is a caption."""
    pieces, notes = read_document.read(document)
    if number:
        pieces[0] = Piece("text", number + pieces[0].words)
    for name, found in ((sequence, pieces), ("note", notes)):
        for piece in found:
            called = "caption" if number and piece is pieces[0] else NAMES.get(piece.kind, piece.kind.partition(" ")[0])
            wanted[name].append(Wanted(place, called, piece))


def _want_code(wanted: Sequences, cell: NotebookNode) -> None:
    """Want a cell's code, its picture and what it printed."""
    report, place = cell.metadata[preprocess.KEY], place_of(cell)
    if cell.source and (report["show_code"] or not report["title_page"]):
        wanted["code" if report["show_code"] else FOLDED].append(Wanted(place, "code", Piece("code", cell.source)))
    for output in cell.outputs:
        form = outputs.form(output)
        if form in outputs.FIGURES:
            wanted["figure"].append(Wanted(place, "picture", Piece("figure", report["alt"])))
        if form == outputs.PLAIN:
            words = output.text if output.output_type == "stream" else output.data[form]
            wanted["output"].append(Wanted(place, "output", Piece("code", words)))
