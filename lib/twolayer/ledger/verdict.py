"""Do the published numbers hold? The answer in sentences that follow from the numbers."""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from twolayer.arrays import Floats, Integers
from twolayer.ledger.schema import Entry
from twolayer.ledger.statistics import LOGARITHMIC, spread


def count_inside(rows: pd.DataFrame, numbers: Mapping[str, Entry]) -> str:
    """Return how many published numbers lie inside their intervals, and how many would lie outside by chance.

    rows is a data frame from `beside_published`, numbers those of the ledger.
    """
    compared = rows[rows["inside"] != "–"]
    n, n_outside = len(compared), int((compared["inside"] == "no").sum())
    if not n:
        return "No published accuracy or gradient error has been compared with several runs of ours."
    chances = outside_by_chance(numbers[name] for name in compared["name"])
    errors = compared[compared["unit"].isin(LOGARITHMIC)]
    of_errors = ""
    if len(errors):
        widest = np.log10(errors["high"] / errors["low"]).max()
        of_errors = (
            f"{len(errors)} of them are gradient errors, of which {(errors['inside'] == 'yes').sum()} lie inside, but "
            f"their intervals span up to {widest:.0f} powers of ten. "
        )
    expected, as_many = chances @ np.arange(len(chances)), chances[n_outside:].sum()
    return (
        f"Of {n} published accuracies and gradient errors, {n - n_outside} lie in the interval for one more run of "
        f"ours. {of_errors}How many would chance put outside? Each run of ours takes the published one's place, "
        f"against the interval of the others: {expected:.1f} lie outside on average, and {n_outside} or more in about "
        f"{100 * as_many:.0f} of 100 cases. "
        f"{n_outside} is {'no larger' if as_many > 0.05 else 'larger'} than chance explains."
    )


def outside_by_chance(entries: Iterable[Entry]) -> Floats:
    """Return the probabilities that 0, 1, 2, … published numbers lie outside if they are runs of ours.

    Each of our own runs of an experiment plays the published one, against the interval that the others give. Numbers of
    one run depend on each other, so they are counted together; experiments do not, so any run of one can meet any run
    of another. Numbers with fewer than three runs say nothing and are left out.
    """
    outside: dict[tuple[str, int], Integers] = {}
    for entry in entries:
        values, n = np.array(entry["values"], float), len(entry["values"])
        if n < 3:
            continue
        others = [spread(np.delete(values, i), entry["unit"]) for i in range(n)]
        is_outside = [not found.low <= value <= found.high for value, found in zip(values, others, strict=True)]
        experiment = entry["notebook"], n
        outside[experiment] = outside.get(experiment, np.zeros(n, int)) + is_outside
    chances = np.ones(1)
    for counts in outside.values():
        chances = np.convolve(chances, np.bincount(counts) / len(counts))
    return chances


def distances(rows: pd.DataFrame, numbers: Mapping[str, Entry]) -> list[str]:
    """Return each published number outside its interval, in words, and how far it lies from our mean."""
    found = []
    for row in rows[rows["inside"] == "no"].itertuples():
        values = np.array([row.published, row.high, *numbers[row.name]["values"]], float)
        with np.errstate(all="ignore"):  # equal or infinite numbers give an infinite distance, or none
            published, high, *runs = np.log(values) if row.unit in LOGARITHMIC else values
            distance, end = (np.array([published, high]) - np.mean(runs)) / np.std(runs, ddof=1)
        side = "above" if distance > 0 else "below"
        found.append(
            f"{row.experiment}, {row.quantity} ({abs(distance):.1f} standard deviations {side} the mean of {row.n} "
            f"runs, where the interval reaches {end:.1f})"
        )
    return found
