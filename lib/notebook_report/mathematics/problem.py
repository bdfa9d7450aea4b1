"""What is wrong with a formula: said, while the formula is shown as JupyterLab shows it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """A problem: a code that programs know, a message for whoever wrote the notebook, and the TeX that it is about."""

    code: str  # one of the constants below
    message: str
    excerpt: str


ERROR = "formula-error"
LIMIT = "formula-limit"
UNDEFINED_COMMAND = "undefined-command"
UNDEFINED_LABEL = "undefined-label"
DUPLICATE_LABEL = "duplicate-label"
NO_MATHJAX = "no-mathjax"

WARNINGS = {DUPLICATE_LABEL, NO_MATHJAX}  # all is shown that was written
