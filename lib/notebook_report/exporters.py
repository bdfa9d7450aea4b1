"""The exporters that nbconvert finds by name: a notebook to one HTML page, or to one PDF."""

from pathlib import Path
from typing import Any, TextIO

from nbconvert.exporters import Exporter
from nbconvert.preprocessors import ExecutePreprocessor
from nbformat import NotebookNode
from traitlets import Int, default

from notebook_report import problems, requirements
from notebook_report.document.document import Document
from notebook_report.errors import ReportError, say_plainly
from notebook_report.notebooks import read_open, require_sound
from notebook_report.problems import Problem
from notebook_report.reading.limits import half_a_character
from notebook_report.running import provenance
from notebook_report.running.nbconvert_execute import Execute


class ReportExporter(Exporter):
    """A notebook to one document; subclasses write it."""

    def __init__(self, **options: Any) -> None:
        """Set up as every exporter; what is wrong with a notebook is then logged as one sentence."""
        super().__init__(**options)
        self.log.addFilter(say_plainly)

    def write(self, document: Document) -> tuple[str | bytes, list[Problem]]:
        """Return the file's content, and what to warn of."""
        raise NotImplementedError

    def from_file(
        self, file_stream: TextIO, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[Any, dict[str, Any]]:
        """Return the document of the notebook that an open file holds, and the resources. Raises ReportError."""
        requirements.require()
        return self.from_notebook_node(read_open(file_stream), resources, **kw)

    def from_notebook_node(
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[Any, dict[str, Any]]:
        """Return the file's content and the resources. Raises ReportError."""
        requirements.require()
        require_sound(nb)
        from notebook_report.document import prepare  # it imports what `requirements` names

        nb, told = super().from_notebook_node(nb, resources, **kw)
        metadata = told["metadata"]
        document = prepare.notebook(nb, metadata.get("name") or "notebook", Path(metadata.get("path", "")))
        warnings = problems.stop(document.problems)
        try:
            content, more = self.write(document)
            if isinstance(content, str):
                content.encode()
        except UnicodeEncodeError as error:
            raise ReportError(half_a_character(error.object[error.start])) from error
        for problem in [*warnings, *more]:
            self.log.warning(str(problem))
        return content, told

    def _init_preprocessors(self) -> None:
        super()._init_preprocessors()
        for i, step in enumerate(self._preprocessors):
            if type(step) is ExecutePreprocessor:  # one that is derived from it has its reasons
                self._preprocessors[i] = Execute(parent=self)


class ReportHTMLExporter(ReportExporter):
    """Export a notebook as one HTML file with its typefaces, its figures and their numbers inside: no request."""

    export_from_notebook = "Report (HTML)"
    output_mimetype = "text/html"

    @default("file_extension")
    def _file_extension_default(self) -> str:
        return ".html"

    def write(self, document: Document) -> tuple[str, list[Problem]]:
        """Return the page, and nothing to warn of."""
        from notebook_report.writing import html

        return html.write(document), []


class ReportPDFExporter(ReportExporter):
    """Export a notebook as PDF through Typst: no LaTeX, no browser."""

    export_from_notebook = "Report (PDF)"
    output_mimetype = "application/pdf"
    timestamp = Int(help="When the PDF says it was made, in seconds of the Unix epoch").tag(config=True)

    @default("timestamp")
    def _timestamp_default(self) -> int:
        return provenance.epoch()

    @default("file_extension")
    def _file_extension_default(self) -> str:
        return ".pdf"

    def write(self, document: Document) -> tuple[bytes, list[Problem]]:
        """Return the PDF, and what to warn of."""
        from notebook_report.writing import pdf

        return pdf.write(document, self.timestamp)
