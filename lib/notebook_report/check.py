"""Did both files come out whole? Every piece of the executed notebooks, looked for in both, and in the same order."""

from collections import Counter, defaultdict
from difflib import SequenceMatcher
from typing import NamedTuple

from notebook_report import build, citations, outputs, preprocess, read_document, read_html, read_pdf
from notebook_report.exporter import long_date, plain_output
from notebook_report.notebooks import place_of
from notebook_report.pieces import Piece, signs

NAMES = {"text": "paragraph", "cell": "table cell", "note": "footnote", "figure": "picture"}
LONGEST = 90  # signs of a piece in a message
FRONT, FOLDED = "front", "folded"  # sequences with rules of their own


class Wanted(NamedTuple):
    """A piece that must arrive: where it stands in the notebooks, what it is called there, and the piece."""

    place: object
    name: str
    piece: Piece

    def __str__(self):
        """Return how messages name this piece."""
        words = " ".join(self.piece.words.split())
        return f"{self.place}: the {self.name} “{words if len(words) <= LONGEST else words[: LONGEST - 1] + '…'}”"


def problems(settings, work, html, pdf):
    """Return one line for each thing that the notebooks in `work` hold and that the file `html` or `pdf` lacks.

    Raises ReportError if one of the files cannot be read.
    """
    return compare(expected(build.merged(settings, work)[0]), html, pdf)


def compare(wanted, html, pdf):
    """Return one line for each of the pieces `wanted` that `html` or `pdf` lacks, and for each link to nowhere."""
    page, paper = read_html.read(html), read_pdf.read(pdf)
    in_paper = {name: sequence for name, sequence in wanted.items() if name != FOLDED}
    headings = [item for item in wanted["text"] if item.piece.kind.startswith("heading")]
    found = _losses(wanted, page.pieces, html) + _losses(in_paper, paper.pieces, pdf)
    found += [f"{item} is not in the outline of {pdf}." for item in headings if not _outlined(item, paper.outline)]
    found += [f"{html}: the link to #{target} leads nowhere." for target in page.astray]
    return found + [f"{pdf}: the link “{words}” leads nowhere." for words in paper.astray]


def expected(nb):
    """Return what a merged notebook must show: sequences of Wanted, by name, each of which keeps its order.

    What floats has sequences apart from the text, as have footnotes and code.
    """
    nb, _ = preprocess.Select().preprocess(nb, {})
    front = preprocess.front_matter(nb, {})
    passages = list(preprocess.passages(nb, front))
    preprocess.number(passages)
    works = citations.resolve(passages, front["bibliography"])
    wanted = defaultdict(list)
    wanted[FRONT] = [Wanted("the title page", name, Piece(name, words)) for name, words in _front_words(front)]
    labelled = {passage.place for passage in passages if passage.label}
    for passage in passages:
        sequence = passage.kind if passage.place in labelled else "text"
        _want(wanted, sequence, passage.place, passage.document, _caption_name(passage))
    for work in works:
        _want(wanted, "work", "the bibliography", work["document"])
    for cell in nb.cells:
        if cell.cell_type == "code":
            _want_code(wanted, cell)
    return wanted


def _front_words(front):
    """Yield name and words of all that stands before the abstract and after it."""
    yield "title", front["title"]
    yield "subtitle", front.get("subtitle") or ""
    yield from (("author", author) for author in front["authors"])
    yield "date", long_date(front["date"]) if front.get("date") else ""
    yield from (("fact", words) for fact in front.get("facts", ()) for words in fact)


def _caption_name(passage):
    """Return the number with which a caption begins."""
    return f"{passage.holder['name']} {passage.holder['number']}. " if passage.kind == "caption" else ""


def _want(wanted, sequence, place, document, number=""):
    """Put the pieces of a document behind those that are wanted already."""
    pieces, notes = read_document.read(document)
    if number:
        pieces[0] = Piece("text", number + pieces[0].words)
    for name, found in ((sequence, pieces), ("note", notes)):
        for piece in found:
            called = "caption" if number and piece is pieces[0] else NAMES.get(piece.kind, piece.kind.partition(" ")[0])
            wanted[name].append(Wanted(place, called, piece))


def _want_code(wanted, cell):
    """Put a cell's code, its picture and what it printed behind those that are wanted already."""
    report, place = cell.metadata[preprocess.KEY], place_of(cell)
    if cell.source and (report["show_code"] or not report["title_page"]):
        wanted["code" if report["show_code"] else FOLDED].append(Wanted(place, "code", Piece("code", cell.source)))
    for output in cell.outputs:
        form = outputs.form(output)
        if form in outputs.FIGURES:
            wanted["figure"].append(Wanted(place, "picture", Piece("figure", report["alt"])))
        if form == outputs.PLAIN:
            words = plain_output(output.text if output.output_type == "stream" else output.data[form])
            wanted["output"].append(Wanted(place, "output", Piece("code", words)))


def _losses(wanted, shown, path):
    """Return a line for each piece of the sequences `wanted` that is not among those `shown`, or out of order."""
    left, everything = Counter(piece.signs for piece in shown), signs("".join(piece.words for piece in shown))
    lines = []
    for name, sequence in wanted.items():
        if name == FRONT:
            lines += [f"{item} is not in {path}." for item in sequence if signs(item.piece.words) not in everything]
            continue
        there = []
        for item in sequence:
            (there.append(item) if left[item.piece.signs] > 0 else lines.append(f"{item} is not in {path}."))
            left[item.piece.signs] -= 1
        lines += [f"{item} is out of its order in {path}." for item in _moved(there, shown)]
    return lines


def _moved(wanted, shown):
    """Return those of the pieces `wanted`, all of them shown, that stand before others that they should follow."""
    kinds = {item.piece.signs for item in wanted}
    asked, given = [item.piece.signs for item in wanted], [piece.signs for piece in shown if piece.signs in kinds]
    rest = iter(given)
    if all(piece in rest for piece in asked):
        return []
    blocks = SequenceMatcher(None, asked, given, autojunk=False).get_matching_blocks()
    kept = {block.a + i for block in blocks for i in range(block.size)}
    return [item for i, item in enumerate(wanted) if i not in kept]


def _outlined(heading, titles):
    """Tell whether a heading is in the outline, which writes formulas in its own way."""
    start = signs(heading.piece.words.partition("$")[0])
    return any(signs(title).startswith(start) for title in titles)
