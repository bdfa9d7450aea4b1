"""The gradients that training follows, and the same ones by other ways: the formula, PyTorch and finite differences.

`experiments.gradient_errors` compares them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twolayer import network, sgd
from twolayer.arrays import Floats, Integers
from twolayer.network import Parameters
from twolayer.runtime.threads import one_thread

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


def torch_gradients(
    X: Floats,
    y: Integers,
    params: Parameters,
    lam: float,
    mask: float | Floats = 1,
    label_smoothing: float = 0.0,
) -> Parameters:
    """Return ∂J/∂θ by PyTorch's automatic differentiation of the same cost, in the same precision."""
    import torch

    W1, b1, W2, b2 = leaves = [torch.tensor(array, requires_grad=True) for array in params]
    S = torch.relu(torch.tensor(X) @ W1 + b1) * torch.as_tensor(mask) @ W2 + b2
    L = torch.nn.functional.cross_entropy(S, torch.tensor(y), label_smoothing=label_smoothing)
    J = L + lam * (W1.square().sum() + W2.square().sum())
    return Parameters(*(gradient.numpy() for gradient in torch.autograd.grad(J, leaves)))
