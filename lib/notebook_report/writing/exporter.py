"""What the two exporters share: where their templates lie, the preprocessors and some filters."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any, TextIO

from nbconvert.exporters import TemplateExporter
from nbconvert.preprocessors import ExecutePreprocessor
from nbformat import NotebookNode
from traitlets import default

from notebook_report import requirements
from notebook_report.document.preprocess import Select, Typeset
from notebook_report.errors import ReportError, say_plainly
from notebook_report.notebooks import read_open, require_sound
from notebook_report.reading.limits import half_a_character
from notebook_report.running.nbconvert_execute import Execute

TEMPLATES = Path(__file__).with_name("templates")


class ReportExporter(TemplateExporter):
    """A notebook, plain or merged, to one document; subclasses name their `target` and template."""

    target = ""

    def __init__(self, **options: Any) -> None:
        """Set up as every exporter; what is wrong with a notebook is then logged as one sentence."""
        super().__init__(**options)
        self.log.addFilter(say_plainly)

    @default("extra_template_basedirs")
    def _templates_of_this_package(self) -> list[str]:
        return [str(TEMPLATES)]

    def default_filters(self) -> Iterator[tuple[str, Callable[..., object]]]:
        """Yield nbconvert's filters and the one that both templates need."""
        yield from super().default_filters()
        yield "long_date", long_date

    def from_file(
        self, file_stream: TextIO, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[Any, dict[str, Any]]:
        """Return the document of the notebook that an open file holds, and the resources. Raises ReportError."""
        requirements.require()
        return self.from_notebook_node(read_open(file_stream), resources, **kw)

    def from_notebook_node(  # type: ignore[override] # nbconvert: a document is a notebook to it
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[str, dict[str, Any]]:
        """Return the document and the resources. Raises ReportError."""
        requirements.require()
        require_sound(nb)
        try:
            text, resources = super().from_notebook_node(nb, resources, **kw)
            text.encode()
        except UnicodeEncodeError as error:
            raise ReportError(half_a_character(error.object[error.start])) from error
        return text, resources

    def _init_preprocessors(self) -> None:
        super()._init_preprocessors()
        for i, step in enumerate(self._preprocessors):
            if type(step) is ExecutePreprocessor:  # one that is derived from it has its reasons
                self._preprocessors[i] = Execute(parent=self)
        # After all others: `--execute` and the like have then done their work.
        for own in (Select(parent=self), Typeset(parent=self, target=self.target)):
            self.register_preprocessor(own, enabled=True)


def long_date(text: str) -> str:
    """Return an ISO date as in 3 May 2026."""
    day = date.fromisoformat(text)
    return f"{day.day} {day:%B %Y}"
