"""Each optimiser takes the steps of PyTorch's, on the same gradients, through the same training."""

from functools import partial

import numpy as np
import pytest

from twolayer import network
from twolayer.sgd import ByGradients, HeavyBall
from twolayer.techniques.optimisers import Adam, Momentum

LAM, ETA, STEPS = 0.01, 0.05, 15


@pytest.fixture(scope="module")
def problem():
    rng = np.random.default_rng(0)
    return rng.standard_normal((20, 12)), rng.integers(0, 4, 20), network.initialise(12, 5, 4, rng, np.float64)


def trained(descent, X, y):
    for _ in range(STEPS):
        descent.step(X, y, ETA)
    return descent.params()


def by_torch(X, y, params, make):
    """Return the parameters after STEPS steps of one of PyTorch's optimisers."""
    import torch

    W1, b1, W2, b2 = leaves = [torch.tensor(array, requires_grad=True) for array in params]
    optimiser = make(torch.optim)(leaves, lr=ETA)
    for _ in range(STEPS):
        optimiser.zero_grad()
        S = torch.relu(torch.tensor(X) @ W1 + b1) @ W2 + b2
        L = torch.nn.functional.cross_entropy(S, torch.tensor(y))
        (L + LAM * (W1.square().sum() + W2.square().sum())).backward()
        optimiser.step()
    return [leaf.detach().numpy() for leaf in leaves]


@pytest.mark.parametrize(
    ("descend", "make"),
    [
        (partial(ByGradients, optimiser=Momentum), lambda optim: partial(optim.SGD, momentum=0.9)),
        (
            partial(ByGradients, optimiser=partial(Momentum, momentum=0.5)),
            lambda optim: partial(optim.SGD, momentum=0.5),
        ),
        (partial(HeavyBall, momentum=0.9), lambda optim: partial(optim.SGD, momentum=0.9)),
        (partial(ByGradients, optimiser=Adam), lambda optim: optim.Adam),
    ],
    ids=["Momentum", "Momentum of 0.5", "HeavyBall", "Adam"],
)
def test_optimisers_take_the_steps_of_pytorchs(problem, descend, make):
    X, y, params = problem
    found = trained(descend(params, LAM), X, y)
    for array, expected, start in zip(found, by_torch(X, y, params, make), params, strict=True):
        np.testing.assert_allclose(array, expected, rtol=1e-9, atol=1e-11)
        assert np.abs(expected - start).max() > 0.01


def test_the_fast_momentum_is_the_worked_example_on_a_stack_with_a_changing_rate(problem):
    X, y, _ = problem
    start = network.stack(network.initialise(12, 5, 4, np.random.default_rng(k), np.float64) for k in range(3))
    lams = np.array([0.0, 0.01, 0.3])
    fast, slow = HeavyBall(start, lams, momentum=0.9), ByGradients(start, lams, optimiser=Momentum)
    for t in range(STEPS):
        for descent in (fast, slow):
            descent.step(X, y, np.array([0.1, 0.0, 0.02]) * (t % 4))
    for a, b in zip(fast.params(), slow.params(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)
