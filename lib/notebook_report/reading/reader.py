"""Texts in Jupyter's Markdown or in HTML → pandoc's blocks, all in one call of pandoc."""

import html
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

from lxml import etree

from notebook_report.errors import Place
from notebook_report.problems import Outcome, Problem, excerpt
from notebook_report.reading import limits
from notebook_report.reading.html import clean, drawings, shape
from notebook_report.reading.markdown import jupyter_markdown, myst
from notebook_report.reading.trees import pandoc
from notebook_report.reading.trees.finish import finish
from notebook_report.reading.trees.pandoc_ast import Element
from notebook_report.reading.words import marks, pieces
from notebook_report.reading.words.kept import Kept
from notebook_report.reading.words.marks import Piece


@dataclass(frozen=True)
class Source:
    """A text that an author or a program has written, and where it stands."""

    form: Literal["markdown", "html"]
    text: str
    place: Place | str


@dataclass(frozen=True)
class Reading:
    """A text as pandoc's blocks, and what could not be read as it was meant."""

    blocks: list[Element]
    problems: list[Problem]


@dataclass(frozen=True)
class _Part:
    """HTML for pandoc: a text or one of its footnotes, and what its marks stand for."""

    html: str
    marked: list[Element]
    notes: list["_Part"]
    problems: list[Problem]


def read(texts: Sequence[Source]) -> list[Reading]:
    """Return what Jupyter shows of each text."""
    parts = [_prepare(source) for source in texts]
    asked = [one.html for part in parts for one in (part, *part.notes)]
    answers = iter(pandoc.parse(asked))
    return [_finish(part, answers, source.place) for part, source in zip(parts, texts, strict=True)]


def _prepare(source: Source) -> _Part:
    """Return a text as HTML for pandoc."""
    kept, problems, sheets = Kept(), list[Problem](), ""
    text = source.text.replace("\r\n", "\n").replace("\r", "\n").translate(clean.UNPRINTABLE)
    code: list[range] = []
    if source.form == "html":
        text, sheets = clean.take_out_sheets(text)
    else:
        text, used = myst.to_markdown(text)
        problems += [_unread(used, source.place)] if used else []
        code = jupyter_markdown.indented_code(text) if "<svg" in text.lower() else []
    text, faulty = drawings.as_images(text, source.form, source.place, code)
    text = limits.fit(kept.data(text), "the text", source.place, problems)
    problems += faulty
    if source.form == "html":
        part = _part(text, source.place, partial(pieces.html, kept=kept), kept, sheets)
        return _Part(part.html, part.marked, [], problems + part.problems)
    markdown = kept.markdown(text)
    page = jupyter_markdown.to_html(markdown)
    if unused := page.unused_notes:
        page = jupyter_markdown.to_html(kept.names(markdown, unused))
    unmatched: list[str] = []
    cut = partial(pieces.markdown, kept=kept, unmatched=unmatched)
    whole = f"<pre>{html.escape(text)}</pre>" if page.too_deep else page.text
    notes = [_part(note, source.place, cut, kept) for note in page.notes]
    part = _part(whole, source.place, cut, kept)
    problems += [clean.too_deep(text, source.place)] if page.too_deep else []
    problems += [_dropped(cell, source.place) for cell in page.dropped_cells]
    problems += [_unmarked(kept.restore(line), source.place) for line in page.unmarked_headings]
    problems += [_in_html(kept.restore(line), source.place) for line in page.headings_in_html]
    problems += [_unmatched(text, source.place) for text in unmatched]
    problems += [_unused(label, source.place) for label in unused]
    return _Part(part.html, part.marked, notes, problems + part.problems)


def _part(
    text: str, place: Place | str, cut: Callable[[str, bool], Iterator[Piece]], kept: Kept, sheets: str = ""
) -> _Part:
    """Return HTML from anyone as HTML for pandoc."""
    root, problems = clean.clean(text, sheets, place)
    problems += shape.reshape(root, place)
    marked = marks.mark(root, cut, kept.restore)
    shape.settle_attributes(root)
    return _Part(etree.tostring(root, encoding="unicode"), marked, [], problems)


def _finish(part: _Part, answers: Iterator[list[Element]], place: Place | str) -> Reading:
    """Return the Reading of a text from the next of pandoc's answers, which are for it and its footnotes."""
    blocks = next(answers)
    notes = [finish(next(answers), note.marked, [], place) for note in part.notes]
    found = finish(blocks, part.marked, [note.blocks for note in notes], place)
    problems = [*part.problems, *(problem for note in part.notes for problem in note.problems), *found.problems]
    return Reading(found.blocks, problems + [problem for note in notes for problem in note.problems])


def _unread(names: Sequence[str], place: Place | str) -> Problem:
    named = excerpt(", ".join(names))
    message = f"MyST or Mermaid ({named}) is shown as boxes, links and words: write plain Markdown."
    return Problem(place, "myst", message, named, Outcome.REPAIRED)


def _dropped(cell: str, place: Place | str) -> Problem:
    message = f"`{excerpt(cell)}` would be lost: has a row of a table more cells than its head?"
    return Problem(place, "table-cell-dropped", message, excerpt(cell), Outcome.REPAIRED)


def _unmarked(text: str, place: Place | str) -> Problem:
    line = excerpt(text.partition("\n")[0])
    message = f"`{line}` is no heading: put a space after `#`, or write `\\#` for a literal `#`."
    return Problem(place, "heading-mark", message, line, Outcome.REPAIRED)


def _in_html(text: str, place: Place | str) -> Problem:
    line = excerpt(text)
    message = f"`{line}` is no heading: leave an empty line between it and the HTML above it."
    return Problem(place, "heading-in-html", message, line, Outcome.REPAIRED)


def _unmatched(text: str, place: Place | str) -> Problem:
    message = r"unmatched `$$`: write the formula without empty lines; for the character itself, `\$`."
    return Problem(place, "formula-unmatched", message, excerpt(text), Outcome.REPAIRED)


def _unused(label: str, place: Place | str) -> Problem:
    message = f"nothing in this cell refers to the footnote `[^{excerpt(label)}]`: refer to it here or remove it."
    return Problem(place, "footnote-unused", message, excerpt(label), Outcome.REPAIRED)
