"""The exporters that nbconvert finds by name: a notebook to one HTML page, or to one PDF."""

import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from nbconvert.exporters import Exporter
from nbconvert.preprocessors import ExecutePreprocessor
from nbformat import NotebookNode
from traitlets import Bool, Int, List, Unicode, default

from notebook_report import problems
from notebook_report.cells.view import View
from notebook_report.errors import say_plainly
from notebook_report.notebooks import note_origins, read_open, require_sound
from notebook_report.problems import Problem
from notebook_report.running import provenance
from notebook_report.running.nbconvert_execute import Execute
from notebook_report.system import requirements

if TYPE_CHECKING:
    from notebook_report.document.document import Document  # which needs what `requirements` names


class ReportExporter(Exporter):
    """A notebook to one document; subclasses write it.

    What cannot be shown as it is becomes something visible in its place, and a warning.
    """

    strict = Bool(False, help="Stop at what cannot be shown as it is.").tag(config=True)
    allowed = List(Unicode(), help="The kinds of problems that do not stop a strict export.").tag(config=True)
    show_code = Bool(True, help="Show code in its place; otherwise HTML has it folded away.").tag(config=True)
    most_lines = Int(200, help="How many lines of a printed text are shown; 0 for all.").tag(config=True)

    def __init__(self, **options: Any) -> None:
        """Set up as every exporter; what is wrong with a notebook is then logged as one sentence."""
        super().__init__(**options)
        self.log.addFilter(say_plainly)

    def write(self, document: "Document") -> tuple[str | bytes, list[Problem]]:
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

        nb = copy.deepcopy(nb)
        metadata = (resources or {}).get("metadata", {})
        name = metadata.get("name") or "notebook"
        note_origins(nb, name)  # before a step of nbconvert's removes cells
        nb, told = super().from_notebook_node(nb, resources, **kw)
        document = prepare.notebook(nb, name, Path(metadata.get("path", "")), self._view())
        if self.strict:
            problems.stop(document.problems, self.allowed)
        content, more = self.write(document)
        if self.strict:
            problems.stop(more, self.allowed)
        for line in problems.warnings([*document.problems, *more]):
            self.log.warning(line)
        return content, told

    def _view(self) -> View:
        """Return what is shown of cells, as the options of nbconvert's own exporters say as well (`--no-input`)."""
        asked = self.config.get("TemplateExporter", {})
        return View(
            code=self.show_code,
            inputs=not asked.get("exclude_input") and not asked.get("exclude_code_cell"),
            outputs=not asked.get("exclude_output") and not asked.get("exclude_code_cell"),
            texts=not asked.get("exclude_markdown"),
            log=True,
            lines=self.most_lines or None,
        )

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

    def write(self, document: "Document") -> tuple[str, list[Problem]]:
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

    def write(self, document: "Document") -> tuple[bytes, list[Problem]]:
        """Return the PDF, and what to warn of."""
        from notebook_report.writing import pdf
        from notebook_report.writing.typst.compiling import Compiler

        with Compiler() as compiler:
            return pdf.write(document, self.timestamp, compiler, faces_of_system=not self.strict)
