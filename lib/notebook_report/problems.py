"""Problems: what of a notebook cannot be shown as it is, where it stands, and what became of it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import Enum

from notebook_report.errors import NotebookError, Place

CODES = {
    "cell-option": "A `#|` line of a cell is none that can be meant.",
    "caption-shape": "A caption is not one paragraph.",
    "character-invalid": "A text holds an unpaired surrogate, which no file can hold.",
    "citation-unknown": "A link cites a work that the bibliography does not hold, or holds twice.",
    "citation-words": "The words of a citation are not author and year of its work.",
    "duplicate-label": "A label of a formula is there twice.",
    "embedded-content": "A frame, film or sound is not shown.",
    "failed-cell": "A cell has failed.",
    "figure-without-label": "A figure has no label.",
    "footnote-unused": "Nothing refers to a footnote.",
    "formula-error": "MathJax finds a formula wrong.",
    "formula-limit": "A formula is too long, or takes too much time or memory.",
    "formula-unmatched": "`$$` begins or ends no formula.",
    "front-matter": "The front matter of a notebook holds what cannot be meant.",
    "heading-before-title": "A heading stands before the title of its notebook.",
    "heading-in-html": "A heading follows HTML without an empty line between them, and is text.",
    "heading-skips": "A heading is more than one level below the one before it.",
    "heading-mark": "A line begins with `#` and is no heading.",
    "heading-place": "A heading stands outside a Markdown cell.",
    "label-taken": "Two figures or tables have the same label.",
    "letters-missing": "No typeface at hand has some signs: the PDF shows others for them.",
    "link-local": "A link leads to a file of this computer: on paper it is only words.",
    "link-without-words": "A link has no words, or no address.",
    "missing-image": "A picture of a text is not there.",
    "myst": "A text holds directives or roles of MyST, or a diagram of Mermaid.",
    "nesting-too-deep": "Lists, quotations, tags or brackets nest too deeply.",
    "no-alternative-text": "A picture has no words that say what is there.",
    "interactive-figure": "A figure is drawn by a script, which no report runs.",
    "no-mathjax": "MathJax does not run on this computer.",
    "no-numbers": "The numbers beside a figure cannot be shown.",
    "no-picture": "A file is not a picture, or one that cannot be shown.",
    "not-shown": "A part of the notebook cannot be shown, for another reason.",
    "output-cut": "Long printed text, or a long traceback, is cut.",
    "raw-cell": "A raw cell is shown as it is written.",
    "raw-content": "A text holds TeX or HTML that pandoc cannot read.",
    "reference-number": "The words of a link name a number that its target does not have.",
    "reference-unknown": "A link leads to nothing in the report.",
    "remote-image": "A picture is on the network.",
    "second-title": "A notebook of a report has two titles.",
    "small-formula": "A formula is set very small, to fit the page.",
    "table-cut": "A table is too wide for paper: the PDF shows its first columns.",
    "table-cell-dropped": "A row of a table has more cells than its head.",
    "table-too-large": "A table has too many cells.",
    "tables-too-deep": "Tables nest too deeply.",
    "text-too-long": "A text has too many characters.",
    "undefined-command": "A formula holds a command that TeX does not know.",
    "undefined-label": "A formula refers to a label that nothing has.",
    "unfit-outputs": "The outputs of a cell do not go with its label.",
    "unknown-output": "An output has no form that both files can show.",
    "unset": "A part cannot be set in the PDF.",
    "widget-unsaved": "A widget has no saved state that tells what it shows.",
    "value-missing": "A link is about a value that the run does not give.",
    "value-words": "The words of a link are not the value that the run gives.",
}
TOLERATED = {"duplicate-label", "no-mathjax", "small-formula", "value-missing", "value-words"}  # nothing is lost
# Faults of form, which keep a report from being written; of a stranger's notebook a reader loses nothing by them.
FORMAL = {"figure-without-label", "heading-place", "heading-skips", "label-taken", "link-without-words", "raw-cell"}
EXCERPT = 70  # characters
MOST_NAMED = 5  # problems of a kind
# Kinds of which one line tells how many there are, and the first.
COUNTED = {
    "heading-mark": "{} lines, the first of them `{}`, are no headings: put a space after `#`, or write `\\#`.",
    "link-local": "{} links, the first of them `{}`, lead to other notebooks or files: on paper they are words.",
    "no-alternative-text": "{} pictures, the first of them `{}`, have no words that say what is there.",
}


class Outcome(Enum):
    """What became of the content that a problem is about."""

    REPAIRED = "repaired"  # all of it is shown, or what is not shown is named
    REPLACED = "replaced"  # something visible stands in its place


@dataclass(frozen=True)
class Problem:
    """What cannot be shown as it is: its place, a key of CODES, one sentence, and the words that it is about."""

    place: Place | str
    code: str
    message: str
    excerpt: str = ""
    outcome: Outcome = Outcome.REPAIRED

    def __post_init__(self) -> None:
        """Hold the code to the table."""
        assert self.code in CODES, self.code

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


def stop(problems: Iterable[Problem], allowed: Collection[str] = ()) -> None:
    """Raise Problems, which lists all of them, unless each is tolerated or of a kind that is allowed: strict policy."""
    problems = list(problems)
    if any(problem.code not in TOLERATED and problem.code not in allowed for problem in problems):
        raise Problems(problems)


def warnings(problems: Iterable[Problem]) -> list[str]:
    """Return a line for each problem by which a reader loses something: lenient policy.

    Those that say the same are one, and of each kind a few are named.
    """
    lines: list[str] = []
    kinds: dict[str, dict[str, list[Problem]]] = {}
    for problem in dict.fromkeys(problem for problem in problems if problem.code not in FORMAL):
        kinds.setdefault(problem.code, {}).setdefault(problem.message, []).append(problem)
    for code, said in kinds.items():
        alike = [problem for problems in said.values() for problem in problems]
        if code in COUNTED and len(alike) > 1:
            alike.sort(key=_cell)
            lines.append(f"{_places(alike)}: {COUNTED[code].format(len(alike), alike[0].excerpt)}")
            continue
        for message, same in list(said.items())[:MOST_NAMED]:
            is_more = len(same) > len({problem.place for problem in same})
            lines.append(f"{_places(same)}{f' ({len(same)} times)' if is_more else ''}: {message}")
        if (more := len(said) - MOST_NAMED) > 0:
            lines.append(f"{more} more of the kind `{code}`: {CODES[code]}")
    return lines


def _places(problems: Iterable[Problem]) -> str:
    """Return the place of the first of these problems, and how many more there are."""
    first, *others = dict.fromkeys(problem.place for problem in problems)
    return f"{first}{f' and {len(others)} more' if others else ''}"


def _cell(problem: Problem) -> int:
    """Return the cell of a problem, and 0 for one of something else."""
    return problem.place.cell if isinstance(problem.place, Place) else 0


def excerpt(text: str, width: int = EXCERPT) -> str:
    """Return `text` on one line, cut to `width` characters."""
    line = " ".join(text[: 4 * width].split())
    return line if len(line) <= width else line[: width - 1] + "…"
