"""The PDF exporter: typeset by Typst, tagged for accessibility (PDF/UA-1) and for keeping (PDF/A-2a)."""

import base64
import os
import re
import tempfile
import time
from pathlib import Path

import typst
from traitlets import Int, default

from notebook_report.errors import NotebookError, ReportError
from notebook_report.exporter import TEMPLATES, ReportExporter
from notebook_report.outputs import FIGURES

STANDARDS = ["a-2a", "ua-1"]
STYLE = TEMPLATES / "report-pdf" / "style.typ"
SUFFIXES = {"image/svg+xml": ".svg", "image/png": ".png", "image/jpeg": ".jpg"}


class ReportPDFExporter(ReportExporter):
    """Export a notebook as PDF through Typst: no LaTeX, no browser."""

    export_from_notebook = "Report (PDF)"
    output_mimetype = "application/pdf"
    target = "typst"
    timestamp = Int(help="When the PDF says it was made, in seconds of the Unix epoch").tag(config=True)

    @default("timestamp")
    def _timestamp_default(self):
        return int(os.environ.get("SOURCE_DATE_EPOCH", time.time()))

    @default("file_extension")
    def _file_extension_default(self):
        return ".pdf"

    @default("template_extension")
    def _template_extension_default(self):
        return ".typ.j2"

    @default("template_name")
    def _template_name_default(self):
        return "report-pdf"

    def default_filters(self):
        """Yield the shared filters and the one that the template needs."""
        yield from super().default_filters()
        yield "string", string

    def from_notebook_node(self, nb, resources=None, **kw):
        """Return the PDF's bytes and the resources."""
        images = {}
        resources = {**(resources or {}), "keep_image": lambda content, form: _keep(images, content, form)}
        source, resources = super().from_notebook_node(nb, resources, **kw)
        del resources["keep_image"]
        return typeset(source, images, self.timestamp), resources


def _keep(images, content, form):
    """Put an image among `images`, a dict from file name to bytes, and return its file name."""
    name = f"figure-{len(images) + 1}{SUFFIXES[form]}"
    images[name] = content.encode() if form == FIGURES[0] else base64.b64decode(content)
    return name


def typeset(source, images, timestamp):
    """Compile Typst source, with its images at hand, to the bytes of a PDF.

    Raises ReportError with Typst's own words if it does not compile or breaks one of the standards.
    """
    with tempfile.TemporaryDirectory(prefix="notebook-report-") as folder:
        files = {"main.typ": source.encode(), STYLE.name: STYLE.read_bytes(), **images}
        for name, content in files.items():
            Path(folder, name).write_bytes(content)
        try:
            main = str(Path(folder, "main.typ"))
            how = {"ignore_system_fonts": True, "pdf_standards": STANDARDS, "timestamp": timestamp}
            return typst.compile(main, format="pdf", **how)
        except typst.TypstError as error:
            raise _explained(error, source) from error


def _explained(error, source):
    """Return what to raise for an error of Typst's: it names the cell that stands last before the error's line."""
    words = " ".join(str(error).split())
    line = re.search(r"main\.typ:(\d+):", error.diagnostic)
    before = source.split("\n")[: int(line[1])] if line else []
    places = [text.removeprefix("//@ ") for text in before if text.startswith("//@ ")]
    sentence = f"the PDF cannot be set: {words}"
    offending = before[-1].strip() if before else ""
    return NotebookError(places[-1], f"{sentence} in `{offending[:100]}`.") if places else ReportError(f"{sentence}.")


def string(text):
    """Return `text` as a string literal of Typst."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'
