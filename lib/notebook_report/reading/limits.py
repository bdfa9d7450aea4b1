"""How large the parts of a notebook may be: beyond, no report of them would come to an end, nor be read to its end."""

from notebook_report.errors import Place
from notebook_report.problems import Outcome, Problem, excerpt

MOST_SIGNS = 100_000  # of a text, a listing or an output: forty pages, set in seconds; a million take minutes


def fit(text: str, what: str, place: Place | str, problems: list[Problem]) -> str:
    """Return the beginning of a text, which messages call `what`, that a report can hold; the rest is a problem."""
    return _fitted(text, MOST_SIGNS, what, place, problems)


def fit_ends(text: str, what: str, place: Place | str, problems: list[Problem]) -> str:
    """Return the beginning and the end of a text, as much in all."""
    return _fitted(text, MOST_SIGNS // 2, what, place, problems)


def _fitted(text: str, first: int, what: str, place: Place | str, problems: list[Problem]) -> str:
    """Return so many of the first characters of a text and as many of the last ones as it may have besides."""
    more = len(text) - MOST_SIGNS
    if more <= 0:
        return text
    problems.append(Problem(place, "text-too-long", too_long(what, text), excerpt(text), Outcome.REPLACED))
    return "\n".join(filter(None, [text[:first], f"… ({more:,} more characters)", text[first + more :]]))


def too_long(what: str, text: str, most: int = MOST_SIGNS) -> str:
    """Return the sentence that `what` has more than `most` characters."""
    return f"{what} is too long for a report ({len(text):,} characters, {most:,} at most): show less of it."
