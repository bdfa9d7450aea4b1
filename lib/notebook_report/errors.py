"""What can be wrong with a report: one sentence each, meant for whoever wrote the notebooks."""

import logging
from typing import NamedTuple

from nbconvert.utils.exceptions import ConversionException

LONGEST = 600  # characters of a message


class ReportError(ConversionException):
    """A report cannot be made; the message is one sentence that says why and what to do.

    nbconvert ends with status 1 at an error of its own kind, and with a traceback at any other.
    """

    def __init__(self, sentence: str) -> None:
        """Say `sentence`, on one line that a terminal only shows: it may quote what others have written."""
        line = "".join(
            sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in " ".join(sentence.split())
        )
        super().__init__(line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…")


class Place(NamedTuple):
    """A cell of a notebook, as a reader counts: the first cell is number 1."""

    notebook: str
    cell: int

    def __str__(self) -> str:
        """Return how messages name this cell."""
        return f"{self.notebook}.ipynb, cell {self.cell}"


class NotebookError(ReportError):
    """Something at `place` (a Place, or words for a text outside the notebooks) cannot be carried into the report."""

    def __init__(self, place: Place | str, sentence: str, code: str = "not-shown") -> None:
        """Say `sentence` of `place`; `code` names the kind of problem."""
        super().__init__(f"{place}: {sentence}")
        self.place, self.sentence, self.code = place, sentence, code


def say_plainly(record: logging.LogRecord) -> bool:
    """Filter a log: of a ReportError say its sentence only; a traceback tells whoever wrote the notebook nothing."""
    error = record.exc_info and record.exc_info[1]
    if isinstance(error, ReportError):
        record.msg, record.args, record.exc_info = str(error), (), None
    return True
