"""Gradients by other means, and how far two gradients differ."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from twolayer import network
from twolayer.arrays import Floats, Integers
from twolayer.network import Parameters

WITHOUT_TORCH = (
    "*PyTorch is not installed, so nothing is compared with its gradients: `python -m tasks install torch` brings it.*"
)


class Model(Protocol):
    """What computes a cost: the module `network`, or one with the same functions."""

    def cost(self, X: Floats, y: Integers, params: Parameters, lam: float | Floats, /) -> Floats:
        """Return J, as `network.cost` does."""
        ...

    def forward(self, X: Floats, params: Parameters, /) -> tuple[Floats, Floats]:
        """Return H and P, as `network.forward` does."""
        ...


@dataclass(frozen=True)
class Differences:
    """A numerical gradient: values and, for each, whether the step straddled a kink of a ReLU.

    entries, values and kinks hold an array for each parameter: flat indices, ∂J/∂θ there, and booleans. Where a kink
    lies between the two points of a difference, J has no derivative for it to approach.
    """

    entries: Sequence[Integers]
    values: Parameters
    kinks: Sequence[NDArray[np.bool_]]


def central_differences(
    X: Floats,
    y: Integers,
    params: Parameters,
    lam: float,
    h: float,
    entries: Sequence[Integers] | None = None,
    model: Model = network,
) -> Differences:
    """Return (J(θ + h) − J(θ − h)) / 2h for each parameter θ, or for those at the flat indices `entries`.

    J is the cost of `model`, which has the functions `cost` and `forward` of the module `network`. The truncation
    error falls with h², the rounding error grows with 1/h. Raises ValueError for a step, parameters or entries that
    give no differences.
    """
    return _differences(X, y, params, lam, -h, h, entries, model)


def forward_differences(
    X: Floats, y: Integers, params: Parameters, lam: float, h: float, entries: Sequence[Integers] | None = None
) -> Differences:
    """Return (J(θ + h) − J(θ)) / h: half the work of central differences, and an error that falls only with h.

    Raises ValueError as `central_differences` does.
    """
    return _differences(X, y, params, lam, 0.0, h, entries, network)


def _differences(
    X: Floats,
    y: Integers,
    params: Parameters,
    lam: float,
    low: float,
    high: float,
    entries: Sequence[Integers] | None,
    model: Model,
) -> Differences:
    params = Parameters(*(array.copy() for array in params))
    entries = _all(params) if entries is None else entries
    _check(params, high, entries)
    # Thousands of small products: a second BLAS thread would wait for the first, and on a busy machine for long.
    with threadpool_limits(limits=1, user_api="blas"):
        pairs = [
            [_difference(X, y, params, lam, array.reshape(-1), i, low, high, model) for i in chosen]
            for array, chosen in zip(params, entries, strict=True)
        ]
    values = Parameters(*(np.array([value for value, _ in column]) for column in pairs))
    return Differences(entries, values, [np.array([kink for _, kink in column], bool) for column in pairs])


def _check(params: Parameters, h: float, entries: Sequence[Integers]) -> None:
    """Raise ValueError for what gives no differences."""
    if not 0 < h < np.inf:
        raise ValueError(f"A step of {h:g}: choose a finite one above 0.")
    if not all(np.issubdtype(array.dtype, np.floating) for array in params):
        raise ValueError("Parameters that are whole numbers cannot take a small step: make them floats.")
    if len(entries) != len(params):
        raise ValueError(f"Entries of {len(entries)} parameters: give those of all {len(params)}, or leave them out.")


def _all(params: Parameters) -> list[Integers]:
    """Return the flat indices of all entries of each parameter."""
    return [np.arange(array.size) for array in params]


def _difference(
    X: Floats,
    y: Integers,
    params: Parameters,
    lam: float,
    flat: Floats,
    i: int,
    low: float,
    high: float,
    model: Model,
) -> tuple[Floats, bool]:
    """Return the slope of J between θ + low and θ + high for θ = flat[i], and whether a ReLU switched."""
    theta = flat[i]
    points = []
    for step in (low, high):
        flat[i] = theta + step
        points.append((model.cost(X, y, params, lam), model.forward(X, params)[0] > 0))
    flat[i] = theta
    (J_low, active_low), (J_high, active_high) = points
    return (J_high - J_low) / (high - low), bool((active_low != active_high).any())


def has_torch() -> bool:
    """Tell whether PyTorch is installed."""
    return find_spec("torch") is not None


def other_ways(
    X: Floats,
    y: Integers,
    params: Parameters,
    lam: float,
    h_central: float,
    h_forward: float,
    entries: Sequence[Integers] | None = None,
) -> dict[str, Parameters | Differences]:
    """Return the gradients by other ways than back-propagation: "PyTorch" if it is installed, "central", "forward".

    h_central and h_forward are the steps of the differences. Raises ValueError as `central_differences` does.
    """
    by_torch = {"PyTorch": torch_gradients(X, y, params, lam)} if has_torch() else {}
    return {
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
    """Return max |a − b| / max(ε, |a| + |b|), the course's relative error: its worst element speaks for all."""
    return float(np.max(np.abs(a - b) / np.maximum(eps, np.abs(a) + np.abs(b))))


def normwise_error(a: Floats, b: Floats) -> float:
    """Return ‖a − b‖ / (‖a‖ + ‖b‖): the error of the whole vector, which no tiny element can dominate."""
    size = np.linalg.norm(a) + np.linalg.norm(b)
    return float(np.linalg.norm(a - b) / size) if size else 0.0


def compare(grads: Parameters, others: Mapping[str, Parameters | Differences]) -> pd.DataFrame:
    """Return a data frame of the errors between gradients: one row for each parameter and each of `others`.

    others maps a name to Parameters or Differences. Elements whose difference straddles a kink are counted in the
    column "kinks" and left out of the errors.
    """
    rows = []
    for method, other in others.items():
        for name, row in zip(Parameters._fields, _rows(grads, other), strict=True):
            rows.append({"parameter": name, "method": method, **row})
    return pd.DataFrame(rows)


def _rows(grads: Parameters, other: Parameters | Differences) -> Iterator[dict[str, float]]:
    if not isinstance(other, Differences):
        other = Differences(_all(other), other, [np.zeros(array.size, bool) for array in other])
    for grad, entries, values, kinks in zip(grads, other.entries, other.values, other.kinks, strict=True):
        a, b = grad.reshape(-1)[entries][~kinks], values.reshape(-1)[~kinks]
        yield {
            "elements": len(entries),
            "kinks": int(kinks.sum()),
            # Where every step straddled a kink, nothing was compared: that is no error of 0.
            "element-wise": elementwise_error(a, b) if a.size else np.nan,
            "norm-wise": normwise_error(a, b) if a.size else np.nan,
        }


def step_errors(X: Floats, y: Integers, params: Parameters, lam: float, steps: Iterable[float]) -> pd.DataFrame:
    """Return a data frame of the errors of forward and central differences for each step h in `steps`.

    Its columns: h, method ("forward" or "central"), and the errors "element-wise" and "norm-wise" against
    back-propagation, those of the worst parameter. They fall with h until rounding, which grows with 1/h, takes over.
    Raises ValueError without a step.
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
        raise ValueError("There are no errors without a step: give at least one.")
    return pd.concat(tables, ignore_index=True)
