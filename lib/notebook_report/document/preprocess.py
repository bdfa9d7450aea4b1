"""The two steps between an executed notebook and a template, as nbconvert preprocessors.

`Select` decides what is shown; it leaves in each cell's metadata, under `report`, a dict: label, caption, alt, numbers
(of a figure, as CSV), show_code, title_page. `Typeset` numbers, resolves the references and citations and writes every
text for its target, in the same fields of the notebook that held the Markdown.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode
from traitlets import Unicode

from notebook_report.cells import cell_options, outputs
from notebook_report.document import citations, markdown_images, title, values
from notebook_report.document.crossref import NAMES, Heading, Numbers
from notebook_report.document.passage import Passage
from notebook_report.errors import NotebookError, Place, ReportError
from notebook_report.notebooks import note_origins, place_of
from notebook_report.problems import stop
from notebook_report.reading import limits, lost_words, markdown, pandoc, pandoc_ast, stray_markup, tables
from notebook_report.reading.pandoc import Work
from notebook_report.reading.pandoc_ast import Document
from notebook_report.writing import highlight

KEY = "report"
API = {"pandoc-api-version": [1, 23], "meta": {}}
# What each entry of a report's front matter must be; those not named are texts.
FRONT: Mapping[str, Callable[[object], bool]] = {
    "authors": lambda value: are_texts(value),
    "keywords": lambda value: are_texts(value),
    "facts": lambda value: isinstance(value, list | tuple) and all(map(is_pair, value)),
    "values": lambda value: values.are_values(value),
    "date": lambda value: not value or is_day(value),
}
REFERENCES = {"level": 1, "number": "", "id": "references", "title": "References"}

Resources = dict[str, Any]  # what nbconvert hands from step to step
Front = dict[str, Any]  # what stands before the first section; `merge` names the keys


def is_text(value: object) -> bool:
    """Tell whether a value of the metadata is a text, or none."""
    return value is None or isinstance(value, str)


def are_texts(value: object) -> bool:
    """Tell whether a value of the metadata is a list of texts."""
    return isinstance(value, list | tuple) and all(isinstance(text, str) for text in value)


def is_pair(value: object) -> bool:
    """Tell whether a value of the metadata is a pair of texts."""
    return isinstance(value, list | tuple) and len(value) == 2 and are_texts(value)


def is_day(value: object) -> bool:
    """Tell whether a value of the metadata is a day of the calendar, as in 2026-05-03."""
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


class Select(Preprocessor):
    """Read each code cell's options, and keep the cells and outputs that the report shows."""

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """Return the notebook with title-page cells first and hidden cells gone."""
        note_origins(nb, resources.get("metadata", {}).get("name") or "notebook")
        nb.cells = [cell for cell in nb.cells if self._select(cell, place_of(cell))]
        # A stable sort: all others keep their order.
        nb.cells.sort(key=lambda cell: not cell.metadata[KEY]["title_page"])
        return nb, resources

    def _select(self, cell: NotebookNode, place: Place) -> bool:
        """Prepare the cell, in place; tell whether the report shows it."""
        cell.metadata[KEY] = {"label": None, "title_page": False, "show_code": False}
        if cell.cell_type == "raw" and cell.source.strip():
            raise NotebookError(place, "a raw cell cannot be carried into the report: make it Markdown or code.")
        if cell.cell_type != "code":
            limits.require_short(cell.source, "the text", place)
            return bool(cell.source.strip())
        chosen, cell.source = cell_options.read(cell.source, place)
        if chosen.get("hide"):
            return False
        limits.require_short(cell.source, "the code", place)
        cell.outputs = outputs.choose(cell.outputs, place)
        cell.metadata[KEY]["numbers"] = outputs.take_numbers(cell.outputs)
        label = chosen.get("label")
        outputs.check(cell.outputs, label, place)
        cell.metadata[KEY].update(label=label, caption=chosen.get("caption"), alt=chosen.get("alt", "").strip())
        cell.metadata[KEY].update(title_page=chosen.get("title-page", False), show_code=chosen.get("show-code", False))
        return bool(cell.source or cell.outputs)


class Typeset(Preprocessor):
    """Turn every text of the notebook into `target`: "html" or "typst"."""

    target = Unicode(help="What the template wants").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """Return the notebook with its texts written; `resources` gets `report`, a dict.

        It holds front, contents, notes, references, and the problems that stop no report.
        """
        front, found = read(nb, resources.get("metadata", {}))
        problems = values.fill(found, front.get("values"))
        numbers = number(found)
        works, miscited = citations.resolve(found, front["bibliography"])
        stop([*numbers.problems, *miscited])
        references = [{"id": work.id} for work in works]
        listed = [_work(*pair) for pair in zip(references, works, strict=True)]
        markdown_images.embed(found + listed, front["folder"], resources.get("keep_image", markdown_images.as_uri))
        if "report_front" in nb.metadata:
            _check_sections(numbers.headings)
        contents: list[dict[str, Any]] = [
            {"level": heading.level, "number": heading.number, "id": heading.id} for heading in numbers.headings
        ]
        titles = [_title(*pair) for pair in zip(contents, numbers.headings, strict=True)]
        written = found + titles + listed
        documents = [self._listed(passage.document) for passage in written]
        texts, notes = pandoc.write(documents, [passage.place for passage in written], self.target)
        for passage, text in zip(written, texts, strict=True):
            passage.holder[passage.key] = text.strip()
        contents += [REFERENCES] if works else []
        resources["report"] = {"front": front, "contents": contents, "notes": notes, "references": references}
        resources["report"]["problems"] = problems
        return nb, resources

    def _listed(self, document: Document) -> Document:
        """Return the document with its blocks of code in colours; Typst colours them itself."""
        if self.target != "html":
            return document
        return {**document, "blocks": pandoc_ast.rewrite(document["blocks"], highlight.as_html)}


def read(nb: NotebookNode, metadata: Mapping[str, Any]) -> tuple[Front, list[Passage]]:
    """Return what stands before the first section, and all passages, parsed and checked.

    metadata: nbconvert's, with the notebook's `name` and, for a file, `path`, the folder in which it lies.
    """
    front = front_matter(nb, metadata)
    found = list(passages(nb, front))
    parse(found)
    if "report_front" not in nb.metadata:
        front["title"] = nb.metadata.get("title") or title.promote(found) or front["title"]
    return front, found


def front_matter(nb: NotebookNode, metadata: Mapping[str, Any]) -> Front:
    """Return what stands before the first section: that of a report, or what a single notebook's metadata hold."""
    front = nb.metadata.get("report_front") or {}
    if not isinstance(front, dict):
        raise _no_front()
    front = {key: value for key, value in front.items() if value is not None}
    if not all(FRONT.get(key, is_text)(value) for key, value in front.items()):
        raise _no_front()
    front.setdefault("title", metadata.get("name") or "Notebook")
    front.setdefault("authors", _authors(nb.metadata.get("authors", [])))
    front.setdefault("folder", metadata.get("path", ""))
    if "bibliography" not in front:
        named = nb.metadata.get("bibliography")
        if named and not is_text(named):
            raise ReportError(f"the notebook's metadata name {named!r} as `bibliography`: name a BibTeX file.")
        front["bibliography"] = read_bibliography(Path(front["folder"], named)) if named else ""
    return front


def _no_front() -> ReportError:
    return ReportError("the notebook's metadata hold a `report_front` that is none: remove it.")


def _authors(listed: Iterable[object]) -> list[str]:
    """Return the names of the authors that a notebook's metadata list. Raises ReportError."""
    named = [author["name"] for author in listed if isinstance(author, dict) and "name" in author]
    if not are_texts(named):
        raise ReportError("the notebook's metadata have an author whose name is no text: write it in quotes.")
    return named


def read_bibliography(path: Path) -> str:
    """Return the text of the BibTeX file at `path`. Raises ReportError if there is none."""
    try:
        # A pipe may keep whoever reads it waiting for ever.
        if path.exists() and not path.is_file():
            raise ReportError(f"the bibliography {path} is not a file: name a BibTeX file.")
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        fault = getattr(error, "strerror", None) or error
        raise ReportError(f"the bibliography {path} cannot be read: {fault}.") from error


def parse(passages: Sequence[Passage]) -> None:
    """Parse and check all passages."""
    asked = [(*_source(passage), passage.place) for passage in passages]
    for passage, document in zip(passages, pandoc.parse(asked), strict=True):
        if passage.kind == "table":
            document = tables.prepare(document, passage.place)
        else:
            stray_markup.check(passage.holder[passage.key], document["blocks"], passage.place)
        passage.document = markdown.prepare(document, passage.place)
        _check_shape(passage)
        _check_words(passage, document)


def number(passages: Sequence[Passage]) -> Numbers:
    """Number all passages, resolve their references, and return the Numbers."""
    numbers = Numbers()
    for passage in passages:
        if passage.label:
            kind = passage.label.partition("-")[0]
            passage.holder.update(number=numbers.label(passage.label, kind, passage.place), name=NAMES[kind])
        numbers.prose(passage.document, passage.place, passage.tags)
    for passage in passages:
        passage.document["blocks"] = numbers.refer(passage.document["blocks"], passage.place)
    for heading in numbers.headings:
        heading.content = numbers.refer(heading.content, heading.place)
    return numbers


def _source(passage: Passage) -> tuple[str, str]:
    """Return the format and the text that pandoc reads."""
    text = passage.holder[passage.key]
    return (pandoc.HTML, tables.without_style(text)) if passage.kind == "table" else (pandoc.MARKDOWN, text)


def _check_sections(headings: Iterable[Heading]) -> None:
    """Refuse one of several notebooks that is not exactly one section of the report."""
    titled = set()
    for heading in headings:
        assert isinstance(heading.place, Place), "only cells have headings"
        notebook, words = heading.place.notebook, pandoc_ast.plain(heading.content)
        if heading.level == 1 and notebook in titled:
            raise NotebookError(heading.place, f"“{words}” is the notebook's second title: write `## {words}`.")
        if heading.level > 1 and notebook not in titled:
            raise NotebookError(heading.place, f"“{words}” stands before the notebook's title, `# …`.")
        titled.add(notebook)


def _check_shape(passage: Passage) -> None:
    """Refuse a heading outside a Markdown cell, and a caption of more than one paragraph."""
    blocks = passage.document["blocks"]
    heading = next(pandoc_ast.elements(blocks, "Header"), None) if passage.kind != "prose" else None
    if heading:
        words = pandoc_ast.plain(heading["c"][2])
        raise NotebookError(passage.place, f"the heading “{words}” must stand in a Markdown cell.")
    if passage.kind == "caption":
        if len(blocks) != 1 or blocks[0]["t"] not in ("Para", "Plain"):
            raise NotebookError(passage.place, f"the caption of `{passage.label}` must be one paragraph.")
        blocks[0]["t"] = "Plain"


def _check_words(passage: Passage, document: Document) -> None:
    """Refuse Markdown of which the parser has read less than was written."""
    lost = lost_words.words(passage.holder[passage.key], document["blocks"]) if passage.kind != "table" else []
    if lost:
        words = " ".join(lost)
        raise NotebookError(passage.place, f"`{words}` would be lost: has a row of a table more cells than its head?")


def passages(nb: NotebookNode, front: Front) -> Iterator[Passage]:
    """Yield every text of the notebook in reading order."""
    if front.get("abstract"):
        yield Passage("the abstract", "output", front, "abstract")
    for cell in nb.cells:
        report, place = cell.metadata[KEY], place_of(cell)
        if cell.cell_type == "markdown":
            yield Passage(place, "prose", cell, "source", tags=cell.metadata.get("tags", ()))
            continue
        if report["label"]:
            yield Passage(place, "caption", report, "caption", report["label"])
        for output in cell.outputs:
            form = outputs.form(output)
            if form in (outputs.TABLE, outputs.PROSE):
                kind = "table" if form == outputs.TABLE else "output"
                yield Passage(place, kind, output.data, form)


def _title(entry: dict[str, Any], heading: Heading) -> Passage:
    """Return the passage that becomes the title of an entry in the table of contents: itself a link, so without any."""
    content = pandoc_ast.rewrite(heading.content, lambda element: element["c"][1] if element["t"] == "Link" else None)
    document = {**API, "blocks": [{"t": "Plain", "c": content}]}
    return Passage(heading.place, "title", entry, "title", document=document)


def _work(entry: dict[str, Any], work: Work) -> Passage:
    """Return the passage that becomes the text of an entry in the list of works."""
    return Passage(work.place, "work", entry, "text", document=work.document)
