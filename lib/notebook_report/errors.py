"""What can be wrong with a report: one sentence each, meant for whoever wrote the notebooks."""

from typing import NamedTuple


class ReportError(Exception):
    """A report cannot be made; the message is one sentence that says why and what to do."""


class Place(NamedTuple):
    """A cell of a notebook, as a reader counts: the first cell is number 1."""

    notebook: str
    cell: int

    def __str__(self):
        """Return how messages name this cell."""
        return f"{self.notebook}, cell {self.cell}"


class NotebookError(ReportError):
    """Something at `place` (a Place, or words for a text outside the notebooks) cannot be carried into the report."""

    def __init__(self, place, sentence):
        """Say `sentence` of `place`."""
        super().__init__(f"{place}: {sentence}")
        self.place = place
