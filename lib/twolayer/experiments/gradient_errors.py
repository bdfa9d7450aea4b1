"""Compare gradients: the relative errors between them, and the bounds that these must keep."""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from twolayer import network
from twolayer.arrays import Floats, Integers
from twolayer.gradient_check import Differences, central_differences, forward_differences
from twolayer.network import Parameters

WITHOUT_TORCH = (
    "*PyTorch is not installed, so nothing is compared with its gradients: `python -m tasks install torch` brings it.*"
)


class GradientError(AssertionError):
    """A gradient is wrong."""


def elementwise_error(a: Floats, b: Floats, eps: float = 1e-10) -> float:
    """Return max |a − b| / max(ε, |a| + |b|), the course's relative error, of the worst element."""
    return float(np.max(np.abs(a - b) / np.maximum(eps, np.abs(a) + np.abs(b))))


def normwise_error(a: Floats, b: Floats) -> float:
    """Return ‖a − b‖ / (‖a‖ + ‖b‖), the relative error of the whole vector: tiny elements do not dominate it."""
    size = np.linalg.norm(a) + np.linalg.norm(b)
    return float(np.linalg.norm(a - b) / size) if size else 0.0


def compare(grads: Parameters, others: Mapping[str, Parameters | Differences]) -> pd.DataFrame:
    """Return a data frame of the errors between gradients: one row for each parameter and each of `others`.

    others maps a name to Parameters or Differences. Elements whose difference straddles a kink are counted in the
    column "kinks" and left out of the errors; where no element is left, the errors are NaN, not 0.
    """
    rows = []
    for method, other in others.items():
        if not isinstance(other, Differences):
            everywhere = [np.arange(array.size) for array in other]
            other = Differences(everywhere, other, [np.zeros(array.size, bool) for array in other])
        columns = zip(Parameters._fields, grads, other.entries, other.values, other.kinks, strict=True)
        for name, grad, entries, values, kinks in columns:
            a, b = grad.reshape(-1)[entries][~kinks], values.reshape(-1)[~kinks]
            element_wise, norm_wise = (elementwise_error(a, b), normwise_error(a, b)) if a.size else (np.nan, np.nan)
            row = {"parameter": name, "method": method, "elements": len(entries), "kinks": int(kinks.sum())}
            rows.append({**row, "element-wise": element_wise, "norm-wise": norm_wise})
    return pd.DataFrame(rows)


def require_agreement(table: pd.DataFrame, error: str, bounds: Mapping[str, float]) -> None:
    """Raise GradientError, which names the parameter and where to look, if an error exceeds the bound of its method.

    table is a data frame of `compare` for the step's gradients, error one of its columns, bounds maps methods to the
    largest error allowed; a method that the table lacks is passed over. An error that is not a number is no agreement.
    """
    bounded = table[table["method"].isin(list(bounds))]
    wrong = bounded[~(bounded[error] <= bounded["method"].map(bounds))]
    if wrong.empty:
        return
    first = wrong.iloc[0]
    judge = "PyTorch" if "PyTorch" in set(bounded["method"]) else "central"
    disputed = set(wrong.loc[wrong["parameter"] == first["parameter"], "method"])
    if judge not in disputed:
        place = f"network.py: the step agrees with “{judge}”, the formula does not"
    elif "formula" in disputed:
        place = "`Descent.step` in sgd.py first, then at network.py"
    else:
        place = "both sgd.py and network.py: step and formula agree with each other alone"
    raise GradientError(
        f"The gradient of {symbol(first['parameter'])} is wrong: the step differs from “{first['method']}” by "
        f"{first[error]:.0e} ({error}; at most {bounds[first['method']]:.0e} is rounding). Look at {place}."
    )


def symbol(parameter: str) -> str:
    """Return a parameter's name as formulas write it: "W1" → "W₁"."""
    return parameter.replace("1", "₁").replace("2", "₂")


def step_errors(X: Floats, y: Integers, params: Parameters, lam: float, steps: Iterable[float]) -> pd.DataFrame:
    """Return a data frame of the errors of forward and central differences for each step h in `steps`.

    Its columns: h, method ("forward" or "central"), "element-wise" and "norm-wise", the errors of the worst parameter
    against back-propagation. Raises ValueError if steps is empty.
    """
    grads = network.gradients(X, y, params, lam)
    tables = []
    for h in steps:
        others = {
            "forward": forward_differences(X, y, params, lam, h),
            "central": central_differences(X, y, params, lam, h),
        }
        errors = compare(grads, others).groupby("method", sort=False)[["element-wise", "norm-wise"]].max()
        tables.append(errors.reset_index().assign(h=h)[["h", "method", "element-wise", "norm-wise"]])
    if not tables:
        raise ValueError("steps is empty: give at least one step.")
    return pd.concat(tables, ignore_index=True)
