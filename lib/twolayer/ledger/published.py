"""The published numbers, compared with ours."""

import io
import math
import os
import reprlib
import warnings
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from twolayer.ledger.ledger import Ledger
from twolayer.ledger.schema import LedgerError
from twolayer.ledger.statistics import Spread
from twolayer.runtime import files

COLUMNS = ("name", "experiment", "quantity", "unit", "published")  # of the published numbers; the last may be empty
Spreads = Ledger | Mapping[str, Spread]  # both map the name of a number to its Spread


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


def missing(published: str | os.PathLike[str], ledger: Ledger) -> list[str]:
    """Return the notebooks whose numbers in the CSV file `published` are not all in the ledger."""
    known = ledger.numbers()
    lacking = (name for name in read_published(published)["name"] if name not in known)
    return list(dict.fromkeys(name.partition(".")[0] for name in lacking))


def beside_published(published: str | os.PathLike[str], ledger: Spreads, notebook: str = "") -> pd.DataFrame:
    """Return the published numbers with ours beside them, for one notebook or for all.

    published is a CSV file with COLUMNS, of which `name` is that of a number in the ledger. Returns a data frame with
    these columns, those of a Spread, and `inside`: whether the published number lies in the interval for one more run
    ("yes", "no", or "–" if one of the two is missing, and for λ: all our runs choose from the same λ, so their interval
    does not hold for a run with others). Raises FileError, and LedgerError if the ledger lacks one of the numbers.
    """
    rows = read_published(published)
    rows = rows[rows["name"].str.startswith(notebook)].reset_index(drop=True)
    ours = pd.DataFrame([_known(ledger, name) for name in rows["name"]], columns=Spread._fields)
    inside = np.where(rows["published"].between(ours["low"], ours["high"]), "yes", "no")
    inside[rows["published"].isna() | ours["low"].isna() | (rows["unit"] == "λ")] = "–"
    return rows.join(ours).assign(inside=inside)


def _known(ledger: Spreads, name: str) -> Spread:
    try:
        return ledger[name]
    except KeyError:
        notebook = reprlib.repr(name.partition(".")[0])
        raise LedgerError(f"The ledger lacks {reprlib.repr(name)}: run {notebook} first.") from None


def mean_and_deviation(numbers: pd.DataFrame, digits: int = 2) -> list[str]:
    """Return the numbers of a data frame with the columns mean and sd as "46.05 ± 0.31", or "46.05" for one run."""
    return [
        f"{mean:.{digits}f}" if math.isnan(sd) else f"{mean:.{digits}f} ± {sd:.{digits}f}"
        for mean, sd in zip(numbers["mean"], numbers["sd"], strict=True)
    ]
