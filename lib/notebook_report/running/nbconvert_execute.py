"""The step of nbconvert that runs a notebook (`--execute`), made to say in one sentence what is wrong with it."""

import contextlib
import logging
from collections.abc import Iterator
from typing import Any

from jupyter_client.manager import KernelManager
from nbconvert.preprocessors import ExecutePreprocessor
from nbformat import NotebookNode

from notebook_report.errors import Place
from notebook_report.notebooks import note_origins, place_of
from notebook_report.running import kernel


class Execute(kernel.Tidy, ExecutePreprocessor):
    """Runs the notebook in the kernel that it names, as nbconvert is told to."""

    def preprocess(
        self, nb: NotebookNode, resources: Any = None, km: KernelManager | None = None
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Return the executed notebook and the resources. Raises ReportError."""
        name = resources["metadata"].get("name") or "notebook"
        note_origins(nb, name)
        self.running = Place(name, 0)  # the cell that runs
        try:
            with _no_errors(self.log):
                return super().preprocess(nb, resources, km)
        except kernel.FAILURES as error:
            raise kernel.explained(error, self.running, "") from error

    def preprocess_cell(self, cell: NotebookNode, resources: Any, index: int) -> Any:
        """Run a cell, and remember which."""
        self.running = place_of(cell)
        return super().preprocess_cell(cell, resources, index)  # type: ignore[no-untyped-call] # nbconvert has no types


@contextlib.contextmanager
def _no_errors(log: logging.Logger) -> Iterator[None]:
    """Keep errors out of a log: what Jupyter writes there in many lines, it raises as well."""

    def passes(record: logging.LogRecord) -> bool:
        return record.levelno < logging.ERROR

    log.addFilter(passes)
    try:
        yield
    finally:
        log.removeFilter(passes)
