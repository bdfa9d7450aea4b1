"""The published numbers, compared with ours."""

import io
import math
import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from twolayer.ledger.schema import Entry, LedgerError, read_spread
from twolayer.ledger.statistics import LOGARITHMIC, UNMEASURED, Spread, scientific
from twolayer.runtime import files

if TYPE_CHECKING:
    from pandas.io.formats.style import Styler  # which needs Jinja, and only who shows a table has it

COLUMNS = ("name", "experiment", "quantity", "unit", "published")  # of the published numbers; the last may be empty


def read_published(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Return the published numbers of a CSV file with COLUMNS. Raises FileError, and LedgerError if it is not valid."""
    text = io.StringIO(files.read(Path(path)))
    types = {**dict.fromkeys(COLUMNS, str), "published": float}
    try:
        # A row with too many columns is only a warning.
        with warnings.catch_warnings(action="error", category=pd.errors.ParserWarning):
            rows = pd.read_csv(text, dtype=types, index_col=False)[list(COLUMNS)]
    except (
        KeyError,
        ValueError,
        pd.errors.ParserWarning,
    ):  # KeyError: a missing column; pandas' own errors are ValueErrors
        raise LedgerError(
            f"{path} is not a table in CSV with the columns {', '.join(COLUMNS)}: compare it with the committed one."
        ) from None
    empty = rows[list(COLUMNS[:4])].isna().any(axis=1)
    if empty.any():
        raise LedgerError(f"{path} lacks name, experiment, quantity or unit in row {empty.idxmax() + 1}: complete it.")
    return rows


def beside_published(published: str | os.PathLike[str], numbers: Mapping[str, Entry]) -> pd.DataFrame:
    """Return the published numbers with ours beside them.

    published is a CSV file with COLUMNS, of which `name` is that of a number in the ledger. Returns a data frame with
    these columns, those of a Spread, `ours` as a text, and `inside`: whether the published number lies in the interval
    for one more run, judged by the digits that are shown ("yes", "no", or "–" if one of the two is missing, and for λ:
    all our runs choose from the same λ, so their interval does not hold for a run with others). Raises FileError, and
    LedgerError for an invalid file.
    """
    rows = read_published(published)
    spreads = [read_spread(numbers[name]) if name in numbers else UNMEASURED for name in rows["name"]]
    found = rows.join(pd.DataFrame(spreads, columns=Spread._fields))
    return found.assign(
        ours=[_ours(spread, unit) for spread, unit in zip(spreads, rows["unit"], strict=True)],
        inside=[_inside(*row) for row in found[["published", "low", "high", "unit"]].itertuples(index=False)],
    )


def shown(value: float, unit: str) -> str:
    """Return a number as tables show it: "46.05", "1.2·10⁻⁴" if its unit is LOGARITHMIC, "–" for NaN."""
    if math.isnan(value):
        return "–"
    return scientific(value) if unit in LOGARITHMIC else f"{value:{_digits(unit)}}"


def _digits(unit: str) -> str:
    return ".1e" if unit in LOGARITHMIC else ".2f"


def _ours(spread: Spread, unit: str) -> str:
    return shown(spread.mean, unit) if spread.n and unit in LOGARITHMIC else f"{spread:{_digits(unit)}}"


def _inside(published: float, low: float, high: float, unit: str) -> str:
    if unit == "λ" or math.isnan(published + low + high):
        return "–"
    published, low, high = (float(f"{value:{_digits(unit)}}") for value in (published, low, high))
    return "yes" if low <= published <= high else "no"


def as_table(rows: pd.DataFrame, *columns: str) -> "Styler":
    """Return rows of `beside_published` as a table to be shown, which begins with the given columns."""
    texts = {
        name: [shown(value, unit) for value, unit in zip(rows[name], rows["unit"], strict=True)]
        for name in ("published", "low", "high")
    }
    chosen = [*columns, "published", "ours", "low", "high", "inside", "n"]
    return rows.assign(**texts)[chosen].style.hide(axis="index")
