"""Problems: what of a notebook cannot be shown as it is, where it stands, and what became of it."""

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from notebook_report.errors import NotebookError, Place


class Outcome(Enum):
    """What became of a part that has a problem."""

    REPAIRED = "repaired"  # it is shown whole, though not as it was written
    REPLACED = "replaced"  # something visible stands in its place
    FATAL = "fatal"  # it cannot be shown


@dataclass(frozen=True)
class Problem:
    """What cannot be shown as it is: its place, a stable code, one sentence, and the words that it is about."""

    place: Place | str
    code: str
    message: str
    excerpt: str = ""
    outcome: Outcome = Outcome.FATAL

    def __str__(self) -> str:
        """Return the problem as a line of a list."""
        return f"{self.place}: {self.message}"


class Problems(NotebookError):
    """Everything that keeps a report from being written: one line for each problem."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        """List the problems in the order in which they were found, each once."""
        self.problems = list(dict.fromkeys(problems))
        first = self.problems[0]
        super().__init__(first.place, first.message)
        lines = [str(NotebookError(problem.place, problem.message)) for problem in self.problems]
        self.args = ("\n".join(lines),)


TOLERATED = {"no-mathjax", "small-formula"}  # nothing is lost by these


def stop(problems: Iterable[Problem]) -> list[Problem]:
    """Raise Problems, which lists all of them but those that are tolerated; return these, to warn of: strict policy."""
    problems = list(problems)
    if any(problem.code not in TOLERATED for problem in problems):
        raise Problems(problems)
    return problems


@contextlib.contextmanager
def noted(problems: list[Problem]) -> Iterator[None]:
    """Turn an error about a part of the notebook into a problem, so that the other parts are looked at as well."""
    try:
        yield
    except NotebookError as error:
        problems.append(Problem(error.place, error.code, error.sentence))
