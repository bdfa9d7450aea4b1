"""How sure a number is: mean, deviation, and where one more run would fall."""

from typing import NamedTuple

import numpy as np
from scipy.stats import t as student

LOGARITHMIC = ("λ", "relative error")  # units whose numbers spread by factors, not by differences


class Spread(NamedTuple):
    """Mean and standard deviation of n runs, and the interval (low, high) that holds one more run in 95 of 100 cases.

    With one run, sd, low and high are NaN.
    """

    mean: float
    sd: float
    n: int
    low: float
    high: float


def spread(values, unit=""):
    """Return the Spread of one number over runs; values is a number or (n,).

    The interval is Student's prediction interval, mean ± t₀.₉₇₅ s √(1 + 1/n) with n − 1 degrees of freedom (G. J. Hahn
    and W. Q. Meeker, "Statistical Intervals", 1991, section 4.2). For a unit in LOGARITHMIC it is that of the
    logarithms, and the mean is geometric.
    """
    values = np.atleast_1d(np.asarray(values, float))
    if unit in LOGARITHMIC and (values > 0).all():
        mean, _, n, low, high = spread(np.log(values))
        return Spread(np.exp(mean), deviation(values), n, np.exp(low), np.exp(high))
    n, mean, sd = len(values), float(values.mean()), deviation(values)
    half = student.ppf(0.975, n - 1) * sd * np.sqrt(1 + 1 / n) if n > 1 else np.nan
    return Spread(mean, sd, n, mean - half, mean + half)


def deviation(values):
    """Return the standard deviation of the population that values (n,) were drawn from; NaN for one."""
    return float(np.std(values, ddof=1)) if len(values) > 1 else np.nan


def paired(a, b):
    """Return mean, low and high of the differences a − b (n,): the 95 % confidence interval of their mean."""
    differences = np.subtract(a, b)
    n, mean = len(differences), float(np.mean(differences))
    half = student.ppf(0.975, n - 1) * deviation(differences) / np.sqrt(n) if n > 1 else np.nan
    return mean, mean - half, mean + half
