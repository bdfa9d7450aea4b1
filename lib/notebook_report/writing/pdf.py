"""The document as PDF: typeset by Typst, tagged for accessibility (PDF/UA-1) and for keeping (PDF/A-2a)."""

import base64
import json
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from notebook_report.cells.outputs import FIGURES, SVG, Output
from notebook_report.document.document import Document
from notebook_report.document.markdown_images import SUFFIXES
from notebook_report.errors import NotebookError, ReportError
from notebook_report.fonts import FOLDER
from notebook_report.mathematics.paper import string
from notebook_report.problems import Outcome, Problem, excerpt
from notebook_report.reading import pandoc
from notebook_report.writing import templates
from notebook_report.writing.dates import long_date
from notebook_report.writing.templates import fill

if TYPE_CHECKING:
    import typst

STYLE = templates.FOLDER / "style.typ"
ROUNDS = 10  # at most, to settle where figures stand
# Of a language that is written as in HTML: "en-GB", "zh-Hant-TW".
REGION = re.compile(r"[^-]+(?:-[a-z]{4})?-([a-z]{2})(?:-|$)", re.IGNORECASE)
# How a formula begins: with its TeX.
FORMULA = re.compile(r'#(?:formula|displayed)\(alt: "((?:[^"\\]|\\.)*)"')


def write(document: Document, timestamp: int) -> tuple[bytes, list[Problem]]:
    """Return the document as PDF, and what to warn of. It says that it was made at `timestamp`, in seconds since 1970.

    Raises NotebookError, or ReportError if no cell is to blame, with Typst's own words if something cannot be set.
    """
    text, images = source(document)
    return typeset(text, images, timestamp)


def source(document: Document) -> tuple[str, dict[str, bytes]]:
    """Return the document as Typst, and its pictures by file name. Raises NotebookError."""
    shown = [output for part in document.parts for output in part.outputs]
    drawn = [output for output in shown if isinstance(output, Output) and output.form in FIGURES]
    figures = {output: f"figure-{i}{SUFFIXES[output.form]}" for i, output in enumerate(drawn, 1)}
    images = {name: _bytes(output.content, output.form) for output, name in figures.items()}
    images |= {name: _bytes(asset.content, asset.form) for name, asset in document.assets.items()}
    passages = document.passages
    places = [passage.place for passage in passages]
    asked = [document.mathematics.written(passage.document, "typst") for passage in passages]
    written, _ = pandoc.write(asked, places, "typst")
    texts = {passage: text.strip() for passage, text in zip(passages, written, strict=True)}
    functions = {"long_date": long_date, "region": region, "string": string}
    return fill("paper.typ.j2", document=document, texts=texts, figures=figures, **functions), images


def _bytes(content: str, form: str) -> bytes:
    """Return a picture's file: an SVG is text, all others are in base 64."""
    return content.encode() if form == SVG else base64.b64decode(content)


def typeset(source: str, images: Mapping[str, bytes], timestamp: int) -> tuple[bytes, list[Problem]]:
    """Compile Typst source, with its images at hand, to the bytes of a PDF; return also what to warn of.

    Raises NotebookError, or ReportError if no cell is to blame, with Typst's own words if the source does not compile
    or breaks one of the standards.
    """
    import typst  # only who typesets needs it, see `requirements`

    with tempfile.TemporaryDirectory(prefix="notebook-report-") as folder:
        files = {"main.typ": source.encode(), STYLE.name: STYLE.read_bytes(), **images}
        for name, content in files.items():
            Path(folder, name).write_bytes(content)
        try:
            pdf, tiny = _settled(Path(folder), timestamp)
        except typst.TypstError as error:
            raise _explained(error, source) from error
    return pdf, [_too_wide(tex, source) for tex in tiny]


def _settled(folder: Path, timestamp: int) -> tuple[bytes, list[str]]:
    """Compile main.typ in `folder` again and again, until each figure that floats has no room where it would stand.

    A figure that changes its place may move the ones after it, so that settling takes a few rounds. If it takes too
    many, the last one stands: a page then has more room left than it needed. Return the PDF, and the TeX of formulas
    whose letters are tiny.
    """
    import typst

    main = folder / "main.typ"
    floating: list[str] = []
    for _ in range(ROUNDS):
        (folder / "floating.json").write_text(json.dumps(floating), encoding="utf-8")
        pdf = typst.compile(
            main,
            font_paths=[FOLDER],
            ignore_system_fonts=True,
            format="pdf",
            pdf_standards=["a-2a", "ua-1"],
            timestamp=timestamp,
        )
        marks = typst.query(main, "<marks>", field="value", font_paths=[FOLDER], ignore_system_fonts=True)
        [[stops, tiny]] = json.loads(marks)
        before, floating = floating, _without_room(stops)
        if floating == before:
            break
    return pdf, tiny


def _without_room(found: list[Any]) -> list[str]:
    """Return the labels of the figures that do not fit on the page on which the text before them ends.

    `found` holds for each figure label and page of the text's end, then label and page of the figure.
    No figure overtakes another: what follows one that floats on the same page floats, too.
    """
    floating: list[str] = []
    full = None
    for (label, page), (_, own) in zip(found[::2], found[1::2], strict=True):
        if own != page or page == full:
            floating.append(label)
            full = page
    return floating


def _explained(error: "typst.TypstError", source: str) -> ReportError:
    """Return what to raise for an error of Typst's: it names the cell and the formula, figure or text that is meant."""
    sentence = f"the PDF cannot be set: {' '.join(str(error).split())}"
    at = _position(error.diagnostic, source)
    place = _place(source, at)
    return NotebookError(place, f"{sentence} in `{_offending(source, at)}`.") if place else ReportError(f"{sentence}.")


def _place(source: str, at: int) -> str:
    """Return the cell that a position of the source belongs to, nothing if it is none."""
    start = source.rfind("\n//@ ", 0, max(at, 0)) + 1
    return source[start:].partition("\n")[0].removeprefix("//@ ") if start else ""


def _too_wide(tex: str, source: str) -> Problem:
    """Return the problem of a formula whose letters are tiny."""
    place = _place(source, source.find(f"#displayed(alt: {string(tex)}"))
    sentence = f"the formula `{excerpt(tex)}` is too wide for the page: break it into lines."
    return Problem(place or "the report", "small-formula", sentence, tex, Outcome.REPAIRED)


def _position(diagnostic: str, source: str) -> int:
    """Return where in the source an error is, or -1 if it does not say."""
    words = diagnostic[diagnostic.find("error:") :]
    if found := re.search(r"main\.typ:(\d+):(\d+)", words):
        lines = source.split("\n")[: int(found[1]) - 1]
        return sum(len(line) + 1 for line in lines) + int(found[2])
    # An error within a picture: where it is shown. A character in a formula that no font has: where it stands first.
    told = re.search(r'((?:figure|picture)-\d+\.\w+):|the text `"(.*?)"`', words)
    words = (told[1] or told[2]) if told else ""
    codes = "".join(f"\\u{{{ord(sign):x}}}" for sign in words)
    return next((at for at in map(source.find, filter(None, (words, codes))) if at >= 0), -1)


def _offending(source: str, at: int) -> str:
    """Return the user's words at a position of the source: the TeX of a formula, a figure's label, or the text."""
    formula = [found for found in FORMULA.finditer(source) if found.start() <= at][-1:]
    if formula and (at < formula[0].end() or source.count("$", formula[0].end(), at + 1) % 2):
        return re.sub(r"\\u\{(\w+)\}", lambda code: chr(int(code[1], 16)), formula[0][1]).strip()
    start = source.rfind("\n", 0, at) + 1
    figure = re.match(r'#picture\("([^"]*)"', source[start:])
    return figure[1] if figure else source[at:].partition("\n")[0][:70]


def region(language: str | None) -> str:
    """Return the region that the code of a language names as a string literal of Typst, or `none`."""
    found = REGION.match(language or "")
    return string(found[1]) if found else "none"
