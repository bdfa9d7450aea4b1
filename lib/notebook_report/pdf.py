"""The PDF exporter: typeset by Typst, tagged for accessibility (PDF/UA-1) and for keeping (PDF/A-2a)."""

import base64
import json
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbformat import NotebookNode
from traitlets import Int, default

from notebook_report import facts
from notebook_report.errors import NotebookError, ReportError
from notebook_report.exporter import TEMPLATES, ReportExporter
from notebook_report.fonts import FOLDER
from notebook_report.markdown import short
from notebook_report.mathematics.paper import string
from notebook_report.outputs import FIGURES

if TYPE_CHECKING:
    import typst

STYLE = TEMPLATES / "report-pdf" / "style.typ"
ROUNDS = 10  # at most, to settle where figures stand
SUFFIXES = {
    "image/svg+xml": ".svg",
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/gif": ".gif",
    "image/webp": ".webp",
}
# Of a language that is written as in HTML: "en-GB", "zh-Hant-TW".
REGION = re.compile(r"[^-]+(?:-[a-z]{4})?-([a-z]{2})(?:-|$)", re.IGNORECASE)
# How a formula begins: with its TeX.
FORMULA = re.compile(r'#(?:formula|displayed)\(alt: "((?:[^"\\]|\\.)*)"')


class ReportPDFExporter(ReportExporter):
    """Export a notebook as PDF through Typst: no LaTeX, no browser."""

    export_from_notebook = "Report (PDF)"
    output_mimetype = "application/pdf"
    target = "typst"
    timestamp = Int(help="When the PDF says it was made, in seconds of the Unix epoch").tag(config=True)

    @default("timestamp")
    def _timestamp_default(self) -> int:
        return facts.epoch()

    @default("file_extension")
    def _file_extension_default(self) -> str:
        return ".pdf"

    @default("template_extension")
    def _template_extension_default(self) -> str:
        return ".typ.j2"

    @default("template_name")
    def _template_name_default(self) -> str:
        return "report-pdf"

    def default_filters(self) -> Iterator[tuple[str, Callable[..., object]]]:
        """Yield the shared filters and those that the template needs."""
        yield from super().default_filters()
        yield from {"region": region, "string": string}.items()

    def from_notebook_node(  # type: ignore[override] # nbconvert: a document is text to it
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[bytes, dict[str, Any]]:
        """Return the PDF's bytes and the resources."""
        images: dict[str, bytes] = {}
        resources = {**(resources or {}), "keep_image": lambda content, form: _keep(images, content, form)}
        source, resources = super().from_notebook_node(nb, resources, **kw)
        del resources["keep_image"]
        pdf, tiny = typeset(source, images, self.timestamp)
        for sentence in tiny:
            self.log.warning(sentence)
        return pdf, resources


def _keep(images: dict[str, bytes], content: str, form: str) -> str:
    """Put an image among `images`, a dict from file name to bytes, and return its file name."""
    name = f"figure-{len(images) + 1}{SUFFIXES[form]}"
    images[name] = content.encode() if form == FIGURES[0] else base64.b64decode(content)
    return name


def typeset(source: str, images: Mapping[str, bytes], timestamp: int) -> tuple[bytes, list[str]]:
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


def _too_wide(tex: str, source: str) -> str:
    """Return the warning about a formula whose letters are tiny."""
    place = _place(source, source.find(f"#displayed(alt: {string(tex)}"))
    return f"{place or 'the report'}: the formula `{short(tex)}` is too wide for the page: break it into lines."


def _position(diagnostic: str, source: str) -> int:
    """Return where in the source an error is, or -1 if it does not say."""
    words = diagnostic[diagnostic.find("error:") :]
    if found := re.search(r"main\.typ:(\d+):(\d+)", words):
        lines = source.split("\n")[: int(found[1]) - 1]
        return sum(len(line) + 1 for line in lines) + int(found[2])
    # An error within a picture: where it is shown. A character in a formula that no font has: where it stands first.
    told = re.search(r'(figure-\d+\.\w+):|the text `"(.*?)"`', words)
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
