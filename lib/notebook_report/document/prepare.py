"""From notebooks to the document: everything that both writers share is done here, once."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from nbformat import NotebookNode

from notebook_report import notebooks
from notebook_report.cells import shown
from notebook_report.cells.outputs import HTML, PROSE, Output
from notebook_report.cells.shown import Cell
from notebook_report.cells.view import NOTEBOOK, REPORT, View
from notebook_report.document import author_numbers, citations, crossref, front, markdown_images, title
from notebook_report.document.crossref import UNNUMBERED, Heading
from notebook_report.document.document import Document, Entry, Part
from notebook_report.document.front import Front
from notebook_report.document.passage import Passage
from notebook_report.document.values import Values, fill
from notebook_report.errors import Place
from notebook_report.problems import Outcome, Problem, excerpt
from notebook_report.reading.reader import Source, read
from notebook_report.reading.trees import pandoc_ast, tables
from notebook_report.reading.trees.pandoc_ast import API, Element

REFERENCES = "References"  # the heading of the list of works


def report(named: Iterable[tuple[str, NotebookNode]], matter: Front, values: Values | None = None) -> Document:
    """Return the document of several notebooks, given with their names: each is one section of the report.

    matter : what stands before the first section
    values : those of the run; None leaves the words of the notebooks as they are
    """
    document = Document(matter)
    for name, nb in named:
        _add_cells(document, _sound(nb, name, document.problems), REPORT)
    _read(document)
    document.problems += fill(document.texts, values)
    document.problems += _stray_sections(_number(document))
    _resolve(document)
    return document


def notebook(nb: NotebookNode, name: str, folder: Path, view: View = NOTEBOOK) -> Document:
    """Return the document of a notebook that stands alone; its pictures and its bibliography lie in `folder`."""
    problems: list[Problem] = []
    nb = front.with_raw_matter(_sound(nb, name, problems))
    document = Document(front.of_notebook(nb, folder, problems), problems=problems)
    _add_cells(document, nb, view)
    _read(document)
    proses = [part.prose for part in document.parts if part.prose or not title.is_comment(part.cell.code)]
    promoted = title.promote(document.texts, proses, name, document.front.title)
    document.front = replace(document.front, title=document.front.title or promoted or title.of_file(name))
    fill(document.texts, None)
    written = [(header["c"][0], pandoc_ast.plain(header["c"][2])) for header in _headers(document)]
    _leave_small_ones_out(list(_headers(document)))
    _number(document, not author_numbers.are_given(document.front.title, written))
    _resolve(document)
    return document


def _sound(nb: NotebookNode, name: str, problems: list[Problem]) -> NotebookNode:
    """Return a notebook of whole characters, whose cells know where they stand."""
    notebooks.note_origins(nb, name)
    nb, found = notebooks.without_half_characters(nb)
    problems += found
    return nb


def _add_cells(document: Document, nb: NotebookNode, view: View) -> None:
    """Add what is shown of a notebook's cells."""
    document.parts += [_part(cell) for cell in shown.select(nb, view, document.problems)]
    document.code_language = _language(nb) or document.code_language


def _language(nb: NotebookNode) -> str:
    """Return the language of a notebook's code, empty if its metadata do not tell."""
    told = nb.metadata.get("language_info")
    name = told.get("name") if isinstance(told, dict) else None
    return name if isinstance(name, str) else ""


def _part(cell: Cell) -> Part:
    """Return what a cell becomes."""
    if cell.text:
        return Part(cell, prose=Passage(cell.place, "prose", cell.text, attachments=cell.attachments, tags=cell.tags))
    caption = Passage(cell.place, "caption", cell.caption, cell.label) if cell.label else None
    parts = {output: _output(output, cell.place) for output in cell.outputs}
    return Part(cell, None, caption, list(parts.values()), parts.get(cell.numbered) if cell.numbered else None)


def _output(output: Output, place: Place) -> Output | Passage:
    """Return an output as a passage if it is HTML or Markdown, else as it is."""
    kinds = {HTML: "html", PROSE: "output"}
    return Passage(place, kinds[output.form], output.content) if output.form in kinds else output


def _read(document: Document) -> None:
    """Put the cells of the title page first, and read the texts of a document."""
    if document.front.abstract:
        document.abstract = Passage("the abstract", "output", document.front.abstract)
    document.parts.sort(key=lambda part: not part.cell.title_page)  # which keeps the order of all others
    texts = document.texts
    sources = [Source("html" if text.kind == "html" else "markdown", text.text, text.place) for text in texts]
    for passage, reading in zip(texts, read(sources), strict=True):
        blocks = reading.blocks
        passage.document = {**API, "blocks": tables.prepare(blocks) if passage.kind == "html" else blocks}
        document.problems += reading.problems + _settle_shape(passage)


def _settle_shape(passage: Passage) -> list[Problem]:
    """Make headings outside a Markdown cell bold and a caption one paragraph, in place; return what was not so."""
    blocks, problems = passage.document["blocks"], []
    if passage.kind != "prose":
        for heading in pandoc_ast.elements(blocks, "Header"):
            words = excerpt(pandoc_ast.plain(heading["c"][2]))
            message = f"the heading “{words}” must stand in a Markdown cell."
            problems.append(Problem(passage.place, "heading-place", message, words, Outcome.REPAIRED))
            heading.update(t="Para", c=[{"t": "Strong", "c": heading["c"][2]}])
    if passage.kind == "caption":
        if len(blocks) != 1 or blocks[0]["t"] not in ("Para", "Plain"):
            message, words = f"the caption of `{passage.label}` must be one paragraph.", pandoc_ast.plain(blocks)
            problems.append(Problem(passage.place, "caption-shape", message, excerpt(words), Outcome.REPLACED))
            blocks[:] = [{"t": "Para", "c": [{"t": "Str", "c": words}]}]
        blocks[0]["t"] = "Plain"
    return problems


def _tell_labels_apart(parts: Iterable[Part]) -> None:
    """Give a label that is taken already an ending, in place: a name stands for one thing in either file."""
    taken: Counter[str] = Counter()
    for part in parts:
        if part.caption and taken[part.cell.label]:
            part.cell = replace(part.cell, label=f"{part.cell.label}-again-{taken[part.cell.label]}")
        taken[part.cell.label] += 1


def _headers(document: Document) -> Iterator[Element]:
    """Yield the headings of all texts."""
    for text in document.texts:
        yield from pandoc_ast.elements(text.document["blocks"], "Header")


def _leave_small_ones_out(headers: Sequence[Element]) -> None:
    """Let headings have no number if their level, or one above it, is skipped to as often as reached, in place.

    Who writes them wants small words, such as those below a figure. A level that is never used is none.
    """
    used = sorted({header["c"][0] for header in headers})
    ranks = [used.index(header["c"][0]) for header in headers]
    steps = Counter((rank, rank > before + 1) for before, rank in pairwise(ranks) if rank > before)
    skipped_to = [rank for rank in ranks if steps[rank, True] >= max(1, steps[rank, False])]
    for header, rank in zip(headers, ranks, strict=True):
        if skipped_to and rank >= min(skipped_to):
            header["c"][1][1].append(UNNUMBERED)


def _number(document: Document, sections: bool = True) -> list[Heading]:
    """Number the figures, tables, equations and perhaps sections, resolve references, and return the headings.

    A heading all of which is bold is then as bold as others.
    """
    for header in _headers(document):
        header["c"][2] = pandoc_ast.without_bold(header["c"][2])
    document.numbers = crossref.number(document.texts, document.mathematics, document.problems, sections)
    _tell_labels_apart(document.parts)
    headings = document.numbers.headings
    for heading in headings:
        content = pandoc_ast.rewrite(heading.content, pandoc_ast.without_link)
        blocks = {**API, "blocks": [{"t": "Plain", "c": content}]}
        passage = Passage(heading.place, "title", document=blocks)
        document.contents.append(Entry(heading.level, heading.number, heading.id, passage))
    return headings


def _stray_sections(headings: Iterable[Heading]) -> list[Problem]:
    """Return the problems of notebooks that are not exactly one section of the report."""
    problems, titled = [], set()
    for heading in headings:
        assert isinstance(heading.place, Place), "only cells have headings"
        notebook, words = heading.place.notebook, pandoc_ast.plain(heading.content)
        if heading.level == 1 and notebook in titled:
            sentence = f"“{words}” is the notebook's second title: write `## {words}`."
            problems.append(Problem(heading.place, "second-title", sentence))
        if heading.level > 1 and notebook not in titled:
            sentence = f"“{words}” stands before the notebook's title, `# …`."
            problems.append(Problem(heading.place, "heading-before-title", sentence))
        titled.add(notebook)
    return problems


def _resolve(document: Document) -> None:
    """Resolve citations, and embed the pictures of all texts."""
    works = citations.resolve(document.texts, document.front.bibliography, document.problems)
    for work in works:
        read = document.mathematics.annotate(work.document)
        document.works.append((work.id, Passage(work.place, "work", document=read)))
    if works:
        words = {**API, "blocks": [{"t": "Plain", "c": [{"t": "Str", "c": REFERENCES}]}]}
        passage = Passage("the list of works", "title", document=words)
        document.contents.append(Entry(1, "", REFERENCES.lower(), passage))
    for text in [*document.texts, *(work for _, work in document.works)]:
        document.problems += document.mathematics.settled(text.document, text.place)
    document.assets = markdown_images.embed(document.passages, document.front.folder, document.problems)
