import numpy as np
import pytest

from twolayer import network
from twolayer.sgd import Descent

LAMS, ETAS = np.array([0.0, 0.01, 0.3]), np.array([0.1, 0.5, 0.2])


@pytest.fixture
def problem():
    rng = np.random.default_rng(0)
    return rng.standard_normal((20, 12)), rng.integers(0, 4, 20)


def some_stack(dtype=np.float64):
    return network.stack(network.initialise(12, 5, 4, np.random.default_rng(k), dtype) for k in range(3))


def plain_step(params, X, y, lam, eta):
    """θ ← θ − η ∂J/∂θ, a network at a time."""
    moved = []
    for member, lam_k, eta_k in zip(network.unstack(params), lam, eta, strict=True):
        grads = network.gradients(X, y, member, lam_k)
        moved.append(network.Parameters(*(a - eta_k * g for a, g in zip(member, grads, strict=True))))
    return network.stack(moved)


def assert_same(params, others, **tolerance):
    for a, b in zip(params, others, strict=True):
        np.testing.assert_allclose(a, b, **tolerance)


@pytest.mark.parametrize("n_steps", [1, 2, 300])
def test_steps_are_those_of_the_plain_formula(problem, n_steps):
    params = some_stack()
    descent = Descent(params, LAMS)
    for _ in range(n_steps):
        descent.step(*problem, ETAS)
        params = plain_step(params, *problem, LAMS, ETAS)
    assert_same(descent.params(), params, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("K", [1, 3])
def test_20_updates_of_float32_stay_within_1e_6_of_the_plain_formula(K):
    """At the size of CIFAR-10, in the norm of each parameter; the plain formula is computed in double precision."""
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((100, 3072)).astype(np.float32), rng.integers(0, 10, 100)
    start = network.stack(network.initialise(3072, 50, 10, rng) for _ in range(K))
    params = network.Parameters(*(array.astype(np.float64) for array in start))
    lam, eta = LAMS[-K:], np.array([0.01, 0.05, 0.02])[-K:]
    descent = Descent(start, lam)
    for _ in range(20):
        descent.step(X, y, eta)
        params = plain_step(params, X, y, lam, eta)
    for found, expected in zip(descent.params(), params, strict=True):
        assert found.dtype == np.float32
        assert np.linalg.norm(found - expected) < 1e-6 * np.linalg.norm(expected)


@pytest.mark.parametrize("decay", [1.0, 1.5, 3.0])
def test_a_penalty_larger_than_the_weights_gives_the_plain_step(problem, decay):
    """2ηλ = 1 leaves nothing of W₁ but the gradient; beyond 1 it changes the sign."""
    params, lam, eta = some_stack(), np.full(3, decay), np.full(3, 0.5)
    descent = Descent(params, lam)
    descent.step(*problem, eta)
    assert_same(descent.params(), plain_step(params, *problem, lam, eta), rtol=1e-9, atol=1e-12)


def test_reading_the_parameters_changes_nothing(problem):
    looked_at, left_alone = Descent(some_stack(), LAMS), Descent(some_stack(), LAMS)
    for _ in range(5):
        looked_at.step(*problem, 0.1)
        looked_at.params()
        left_alone.step(*problem, 0.1)
    assert_same(looked_at.params(), left_alone.params(), rtol=0)


def some_network(dtype=np.float64):
    return network.unstack(some_stack(dtype))[0]


@pytest.mark.parametrize("lam", [0.3, np.array(0.3), np.float32(0.3)])
def test_one_network_needs_no_stack(problem, lam):
    alone, of_one = Descent(some_network(), lam), Descent(network.stack([some_network()]), lam)
    for _ in range(5):
        alone.step(*problem, 0.1)
        of_one.step(*problem, 0.1)
    (expected,) = network.unstack(of_one.params())
    assert [array.shape for array in alone.params()] == [(12, 5), (5,), (5, 4), (4,)]
    assert_same(alone.params(), expected, rtol=1e-12)


@pytest.mark.parametrize("params", [some_network(), network.stack([some_network()]), some_stack()])
def test_the_start_is_not_changed(problem, params):
    before = network.Parameters(*(array.copy() for array in params))
    Descent(params, 0.01).step(*problem, 0.1)
    assert_same(params, before, rtol=0)


def test_learning_rates_and_lams_are_rounded_to_the_precision_of_the_network(problem):
    X, y = problem[0].astype(np.float32), problem[1]
    double, single = Descent(some_stack(np.float32), LAMS), Descent(some_stack(np.float32), LAMS.astype(np.float32))
    for _ in range(5):
        double.step(X, y, ETAS)
        single.step(X, y, ETAS.astype(np.float32))
    assert_same(double.params(), single.params(), rtol=0)


@pytest.mark.parametrize("lam", [[0.1, 0.2], np.zeros(4), np.zeros((3, 1))])
def test_a_wrong_number_of_lams_is_refused(lam):
    with pytest.raises(ValueError, match=r"λ has the shape .*: give one number, or one for each network, \(3,\)"):
        Descent(some_stack(), lam)


def test_one_network_has_one_lam():
    with pytest.raises(ValueError, match=r"λ has the shape \(1,\): give one number"):
        Descent(some_network(), [0.1])


def test_a_wrong_number_of_etas_is_refused(problem):
    with pytest.raises(ValueError, match=r"η has the shape \(2,\): give one number, or one for each network"):
        Descent(some_stack(), LAMS).step(*problem, [0.1, 0.2])
