"""What is wrong with the content of a report, and what is done about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from notebook_report.errors import NotebookError, Place

CODES = {
    "caption-shape": "A caption is not one paragraph.",
    "character-invalid": "A text holds an unpaired surrogate, which no file can hold.",
    "citation-unknown": "A link cites a work that the bibliography does not hold, or holds twice.",
    "citation-words": "The words of a citation are not author and year of its work.",
    "embedded-content": "A frame, film or sound is not shown.",
    "footnote-unused": "Nothing refers to a footnote.",
    "heading-place": "A heading stands outside a Markdown cell.",
    "label-without-target": "A label follows neither a formula nor a heading.",
    "link-local": "A link leads to a file of this computer.",
    "link-without-words": "A link has no words.",
    "nesting-too-deep": "Lists, quotations, tags or brackets nest too deeply.",
    "raw-content": "A text holds TeX or HTML that pandoc cannot read.",
    "reference-number": "The words of a link name a number that its target does not have.",
    "reference-unknown": "A link leads to nothing in the report.",
    "table-cell-dropped": "A row of a table has more cells than its head.",
    "table-too-large": "A table has too many cells.",
    "tables-too-deep": "Tables nest too deeply.",
    "text-too-long": "A text has too many characters.",
    "value-missing": "A link is about a value that the run does not give.",
    "value-words": "The words of a link are not the value that the run gives.",
}
EXCERPT = 70  # characters


class Outcome(Enum):
    """What became of the content that a problem is about."""

    REPAIRED = "repaired"  # all of it is shown, or what is not shown is named
    REPLACED = "replaced"  # something else stands in its place
    FATAL = "fatal"


@dataclass(frozen=True)
class Problem:
    """Something at `place` that a report cannot show as it is; `code` is a key of CODES."""

    place: Place | str
    code: str
    message: str
    excerpt: str
    outcome: Outcome

    def __str__(self) -> str:
        """Return the sentence for whoever wrote the notebook."""
        return f"{self.place}: {self.message}"


class ContentError(NotebookError):
    """All problems of a run, one a line."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        """Say all `problems`, of which there is at least one."""
        super().__init__(problems[0].place, problems[0].message)
        self.problems = tuple(problems)
        self.args = ("\n".join(str(NotebookError(problem.place, problem.message)) for problem in problems),)


def stop(problems: Sequence[Problem]) -> None:
    """Raise ContentError if there are problems: the strict policy, and the only place that knows it."""
    if problems:
        raise ContentError(problems)


def excerpt(text: str, width: int = EXCERPT) -> str:
    """Return `text` on one line, cut to `width` characters."""
    line = " ".join(text[: 4 * width].split())
    return line if len(line) <= width else line[: width - 1] + "…"
