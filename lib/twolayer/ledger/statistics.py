"""Statistics of a number over runs: mean, standard deviation, and the interval for one more run."""

import warnings
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import t as student
from scipy.stats import ttest_ind

from twolayer.arrays import Floats

LOGARITHMIC = ("λ", "relative error")  # units of numbers whose logarithms are averaged
RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


class Spread(NamedTuple):
    """Mean and standard deviation of n runs, and the 95 % prediction interval (low, high) for one more run.

    With one run, sd, low and high are NaN; with none, the mean is as well.
    """

    mean: float
    sd: float
    n: int
    low: float
    high: float

    def __format__(self, spec: str) -> str:
        """Return "46.05 ± 0.31" for the format ".2f", "46.05 (n = 1, no spread)" for one run, "not run" for none."""
        if not self.n:
            return "not run"
        return f"{self.mean:{spec}} (n = 1, no spread)" if self.n == 1 else f"{self.mean:{spec}} ± {self.sd:{spec}}"


def scientific(value: float, digits: int = 1) -> str:
    """Return a number as a product with a power of ten: "6.5·10⁻⁴", "10⁻⁵" for 1e-5 without digits."""
    factor, _, exponent = f"{value:.{digits}e}".partition("e")
    if not exponent or int(exponent) == 0:
        return factor
    power = "10" + str(int(exponent)).translate(RAISED)
    return power if factor == "1" else f"{factor}·{power}"


UNMEASURED = Spread(np.nan, np.nan, 0, np.nan, np.nan)


@np.errstate(over="ignore", invalid="ignore")  # the deviation of infinite values is NaN
def spread(values: ArrayLike, unit: str = "") -> Spread:
    """Return the Spread of a number over runs; values is a number or (n,). Raises ValueError as `runs` does.

    The interval is Student's prediction interval, mean ± t₀.₉₇₅ s √(1 + 1/n) with n − 1 degrees of freedom (G. J. Hahn
    and W. Q. Meeker, "Statistical Intervals", 1991, section 4.2). For a unit in LOGARITHMIC it is computed from the
    logarithms, and the mean is geometric.
    """
    values = runs(values)
    n = len(values)
    if unit in LOGARITHMIC and (values > 0).all():
        mean, low, high = np.exp(_interval(np.log(values), 1 + 1 / n)).tolist()
    else:
        mean, low, high = _interval(values, 1 + 1 / n)
    return Spread(mean, deviation(values), n, low, high)


def runs(values: ArrayLike) -> Floats:
    """Return a number, or one number for each run, as floats (n,). Raises ValueError for another shape or none."""
    numbers = np.atleast_1d(np.asarray(values, float))
    if numbers.ndim > 1 or not numbers.size:
        raise ValueError(f"Values of shape {numbers.shape}: give a number, or one number for each run.")
    return numbers


def deviation(values: Floats) -> float:
    """Return the sample standard deviation of values (n,), with n − 1 degrees of freedom; NaN if n = 1."""
    return float(np.std(values, ddof=1)) if len(values) > 1 else np.nan


@np.errstate(over="ignore", invalid="ignore")
def paired(a: ArrayLike, b: ArrayLike) -> tuple[float, float, float]:
    """Return the mean of the differences a − b (n,), and low and high of its 95 % confidence interval (Student's).

    SciPy's `ttest_rel` gives the same except for rounding, but warns if all differences are equal. With one pair, low
    and high are NaN. Raises ValueError if a and b differ in length.
    """
    a, b = runs(a), runs(b)
    if len(a) != len(b):
        raise ValueError(f"{len(a)} and {len(b)} numbers cannot be paired: give the same number of each.")
    return _interval(a - b, 1 / len(a))


@np.errstate(over="ignore", invalid="ignore")
def difference(a: ArrayLike, b: ArrayLike) -> tuple[float, float, float]:
    """Return the difference of the means of two independent samples, and low and high of its 95 % confidence interval.

    The interval is Welch's, which does not take the variances for equal. With one run in a sample low and high are NaN.
    """
    a, b = runs(a), runs(b)
    low = high = np.nan
    if min(len(a), len(b)) > 1:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # that all runs of a sample are equal
            low, high = ttest_ind(a, b, equal_var=False).confidence_interval(0.95)
    return float(np.mean(a) - np.mean(b)), float(low), float(high)


def _interval(values: Floats, factor: float) -> tuple[float, float, float]:
    """Return mean, low and high of Student's 95 % interval, mean ± t₀.₉₇₅ s √factor."""
    n, mean = len(values), float(np.mean(values))
    half = float(student.ppf(0.975, n - 1) * deviation(values) * np.sqrt(factor)) if n > 1 else np.nan
    return mean, mean - half, mean + half
