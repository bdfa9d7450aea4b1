"""Check the gradients that training follows: against the formula, PyTorch and finite differences."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from twolayer import network, sgd
from twolayer.arrays import Floats, Integers
from twolayer.network import Parameters
from twolayer.runtime.threads import one_thread

WITHOUT_TORCH = (
    "*PyTorch is not installed, so nothing is compared with its gradients: `python -m tasks install torch` brings it.*"
)


Entries = Sequence[Integers] | None  # flat indices of the entries of each parameter; None means all
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Differences:
    """A numerical gradient. Each field holds an array for each parameter.

    entries : flat indices
    values : ∂J/∂θ there
    kinks : True where a ReLU switched between the two points of a difference: J has no derivative there
    """

    entries: Sequence[Integers]
    values: Parameters
    kinks: Sequence[Mask]


def central_differences(
    X: Floats, y: Integers, params: Parameters, lam: float, h: float, entries: Entries = None, model: Any = network
) -> Differences:
    """Return (J(θ + h) − J(θ − h)) / 2h for each parameter θ, or for those at the flat indices `entries`.

    J is the cost of `model`, the module `network` or one with the same functions. The truncation error falls with h²,
    the rounding error grows with 1/h. Raises ValueError unless h is finite and positive, the parameters are floats and
    entries has an array for each.
    """
    return _differences(X, y, params, lam, (-h, h), entries, model)


def forward_differences(
    X: Floats, y: Integers, params: Parameters, lam: float, h: float, entries: Entries = None
) -> Differences:
    """Return (J(θ + h) − J(θ)) / h: the truncation error falls only with h.

    Raises ValueError as `central_differences` does.
    """
    return _differences(X, y, params, lam, (0.0, h), entries, network)


def _differences(
    X: Floats, y: Integers, params: Parameters, lam: float, steps: tuple[float, float], entries: Entries, model: Any
) -> Differences:
    """Return the differences of J between θ + steps[0] and θ + steps[1], for one θ at a time. Raises ValueError."""
    params = Parameters(*(array.copy() for array in params))
    entries = [np.arange(array.size) for array in params] if entries is None else entries
    if not 0 < steps[1] < np.inf:
        raise ValueError(f"The step h = {steps[1]:g}: choose a finite number above 0.")
    if not all(np.issubdtype(array.dtype, np.floating) for array in params):
        raise ValueError("The parameters are integers, which cannot take a small step: convert them to floats.")
    if len(entries) != len(params):
        raise ValueError(f"entries holds {len(entries)} arrays: give one for each of the {len(params)} parameters.")

    def cost_and_active() -> tuple[Floats, Mask]:
        return model.cost(X, y, params, lam), model.forward(X, params)[0] > 0

    with one_thread():  # thousands of small products: a second BLAS thread would wait for the first
        found = [
            [_difference(array.reshape(-1), i, steps, cost_and_active) for i in chosen]
            for array, chosen in zip(params, entries, strict=True)
        ]
    values = Parameters(*(np.array([slope for slope, _ in column]) for column in found))
    return Differences(entries, values, [np.array([kink for _, kink in column], bool) for column in found])


def _difference(
    theta: Floats, i: int, steps: tuple[float, float], cost_and_active: Callable[[], tuple[Floats, Mask]]
) -> tuple[Floats, bool]:
    """Return the slope of J between two steps of theta[i], and whether a ReLU switched between them."""
    start, (low, high) = theta[i], steps
    theta[i] = start + low
    J_low, active_low = cost_and_active()
    theta[i] = start + high
    J_high, active_high = cost_and_active()
    theta[i] = start
    return (J_high - J_low) / (high - low), bool((active_low != active_high).any())


class GradientError(AssertionError):
    """A gradient is wrong."""


def of_step(X: Floats, y: Integers, params: Parameters, lam: float, module: Any = sgd) -> Parameters:
    """Return (θ − θ′) / η, the gradients that the training's own step from θ to θ′ follows.

    η is so large that θ itself is lost in the rounding of θ′, and a power of two, which rounds nothing. That would hide
    a step that does not start from θ; so θ − θ′ of a step with η = 0 is added, which is 0 for a correct one. module is
    `sgd` or a copy of it.
    """
    eta = 2.0**30
    ends = []
    for rate in (eta, 0.0):
        trained = module.Descent(params, lam)
        trained.step(X, y, rate)
        ends.append(trained.params())
    return Parameters(*((theta - far) / eta + (theta - near) for theta, far, near in zip(params, *ends, strict=True)))


def has_torch() -> bool:
    """Return whether PyTorch is installed."""
    return find_spec("torch") is not None


def other_ways(
    X: Floats, y: Integers, params: Parameters, lam: float, h_central: float, h_forward: float, entries: Entries = None
) -> dict[str, Parameters | Differences]:
    """Return the gradients by other ways than the step: "formula", "PyTorch" if it is installed, "central", "forward".

    h_central and h_forward are the steps of the differences. Raises ValueError as `central_differences` does.
    """
    by_torch = {"PyTorch": torch_gradients(X, y, params, lam)} if has_torch() else {}
    return {
        "formula": network.gradients(X, y, params, lam),
        **by_torch,
        "central": central_differences(X, y, params, lam, h_central, entries),
        "forward": forward_differences(X, y, params, lam, h_forward, entries),
    }


def torch_gradients(X: Floats, y: Integers, params: Parameters, lam: float) -> Parameters:
    """Return ∂J/∂θ by PyTorch's automatic differentiation of the same cost, in the same precision."""
    import torch

    W1, b1, W2, b2 = leaves = [torch.tensor(array, requires_grad=True) for array in params]
    S = torch.relu(torch.tensor(X) @ W1 + b1) @ W2 + b2
    J = torch.nn.functional.cross_entropy(S, torch.tensor(y)) + lam * (W1.square().sum() + W2.square().sum())
    return Parameters(*(gradient.numpy() for gradient in torch.autograd.grad(J, leaves)))


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
