r"""Formulas in a text, found before Markdown is read, as JupyterLab does, or in the words of HTML, as MathJax does.

A formula stands between `$`, `$$`, `\\(` and `\\)`, `\\[` and `\\]` (in HTML with one backslash each), or in an
environment; MathJax also sets `\ref{…}` and `\eqref{…}` among words. It ends before an empty line, its braces are
balanced if they can be, and none begins in code, nor at a dollar sign within an address of the web.
"""

import re
from dataclasses import dataclass

ENVIRONMENT = r"\\(?:begin|end)\{[a-z]*\*?\}"
REFERENCE = r"\\(?:eq)?ref\{[^{}\n]*\}"
# An address of the web; one that ends in a dollar sign has a formula beside it, or is in one.
ADDRESS = r"\bhttps?://[A-Za-z0-9_$./:?#@!&'+=%~-]{1,2000}+(?<!\$)(?<!\$[.!?:])"
COMMON = rf"{ADDRESS}|\$\$?|{ENVIRONMENT}|{REFERENCE}|\\[{{}}$]|[{{}}]|\n\s*\n"
# A fenced block, or a code span.
CODE = r"(?:^[ \t>]*(`{3,}|~{3,})[^`\n]*\n(?s:.*?)^[ \t>]*\1|(?<![\\`])(`+)(?!`)[^\n]*?[^`\n]\2(?!`))"
MARKDOWN = re.compile(rf"{CODE}|{COMMON}|\\\\[()\[\]]", re.IGNORECASE | re.MULTILINE)
HTML = re.compile(rf"{COMMON}|\\[()\[\]]", re.IGNORECASE)
CLOSING = {"$": "$", "$$": "$$", r"\(": r"\)", r"\[": r"\]", r"\\(": r"\\)", r"\\[": r"\\]"}


@dataclass(frozen=True)
class Formula:
    """A formula: its TeX, without delimiters but with its environment, and all of it as the author wrote it."""

    tex: str
    display: bool
    source: str


def find(text: str, delimiters: re.Pattern[str]) -> list[str | Formula]:
    """Return the text cut into what is no formula, and formulas; delimiters: MARKDOWN or HTML."""
    found = list(delimiters.finditer(text))
    marks = [mark[0] for mark in found]
    pieces: list[str | Formula] = []
    given_up: dict[str, int] = {}
    start = i = 0
    while i < len(found):
        closing = _closing(marks[i])
        last = None
        if re.fullmatch(REFERENCE, marks[i]):
            pieces += [text[start : found[i].start()], Formula(marks[i], False, marks[i])]
            start = found[i].end()
        if closing and given_up.get(closing, 0) <= i:
            last, given_up[closing] = _end(marks, i, closing)
        if last is not None:
            inside = text[found[i].end() : found[last].start()]
            if inside.strip():
                pieces.append(text[start : found[i].start()])
                pieces.append(_formula(marks[i], inside, text[found[i].start() : found[last].end()]))
                start = found[last].end()
            i = last
        i += 1
    return [*pieces, text[start:]]


def _closing(mark: str) -> str | None:
    """Return what ends a formula that `mark` begins; None if it begins none."""
    if mark.lower().startswith(r"\begin"):
        return rf"\end{mark[6:]}"
    return CLOSING.get(mark)


def _end(marks: list[str], start: int, closing: str) -> tuple[int | None, int]:
    """Return the index of the mark that ends the formula begun at `start`, or None, and where the search ended."""
    last, braces = None, 0
    for i in range(start + 1, len(marks)):
        mark = marks[i]
        if mark == closing:
            if not braces:
                return i, i
            last = i
        elif mark == "{":
            braces += 1
        elif mark == "}":
            braces = max(0, braces - 1)
        elif mark.startswith("\n"):
            return last, i
    return last, len(marks)


def _formula(mark: str, inside: str, source: str) -> Formula:
    """Return the formula that begins with this mark."""
    if mark.lower().startswith(r"\begin"):
        return Formula(source, True, source)
    return Formula(inside, mark == "$$" or mark.endswith("["), source)
