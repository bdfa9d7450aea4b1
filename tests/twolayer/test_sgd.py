import numpy as np
import pytest
from scipy.linalg import get_blas_funcs

from twolayer import network
from twolayer.runtime.threads import one_thread
from twolayer.sgd import ByGradients, Descent, HeavyBall
from twolayer.techniques.optimisers import Momentum

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


# Variants of the step ---------------------------------------------------------------------------------------


def straight_step(arrays, X, y, lam, eta):
    """The step of one network, written as one piece: every product and sum as the numbers of the report need them."""
    W1, b1, W2, b2 = arrays
    n, decay = len(X), 1 - 2 * eta * lam
    H = X @ W1
    H += b1
    np.maximum(H, 0, out=H)
    G2 = network.softmax(W2.T @ H.T + b2[:, None], axis=-2)
    G2 -= np.eye(len(b2), dtype=X.dtype)[:, y]
    G2 *= eta / n
    G1 = G2.T @ W2.T
    G1 *= H > 0
    W2 *= decay
    W2 -= H.T @ G2.T
    b2 -= G2.sum(axis=-1)
    W1 *= decay
    gemm = get_blas_funcs("gemm", dtype=X.dtype)
    gemm(-1, G1.T, X.T, beta=1, c=W1.T, trans_b=True, overwrite_c=True)
    b1 -= G1.sum(axis=0)


@pytest.mark.parametrize("settings", [{}, {"label_smoothing": 0.0}])
def test_without_variants_the_step_has_the_bits_that_it_always_had(settings):
    rng = np.random.default_rng(0)
    arrays = network.initialise(3072, 50, 10, rng)
    lam, eta = np.float32(1e-3), np.float32(0.05)
    with one_thread():
        descent = Descent(arrays, lam, **settings)
        for _ in range(20):
            X, y = rng.standard_normal((100, 3072), dtype=np.float32), rng.integers(0, 10, 100)
            descent.step(X, y, eta)
            straight_step(arrays, X, y, lam, eta)
    assert_same(descent.params(), arrays, rtol=0)


def masks_of(stack, rng):
    """Return a mask for the networks of a stack as `gradients` takes it, (K, n, m), and as `step` does."""
    mask = network.dropout_mask((*stack, 20, 5), 0.4, rng, np.float64)
    return mask, np.moveaxis(mask, -2, 0)


@pytest.mark.parametrize("params", [network.unstack(some_stack())[0], some_stack()], ids=["one", "stack"])
@pytest.mark.parametrize("label_smoothing", [0.0, 0.2])
@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_the_variants_follow_the_formula(problem, params, label_smoothing, momentum):
    """Dropout, label smoothing and momentum: V ← μV − η ∂J/∂θ, θ ← θ + V, with another mask and η at each step."""
    stack = params.b1.shape[:-1]
    lam, rng = (LAMS if stack else 0.3), np.random.default_rng(1)
    descent = HeavyBall(params, lam, label_smoothing, momentum) if momentum else Descent(params, lam, label_smoothing)
    V = [np.zeros_like(array) for array in params]
    for t in range(10):
        (mask, images_first), eta = masks_of(stack, rng), (t + 1) * (ETAS if stack else 0.1) / 10
        descent.step(*problem, eta, images_first)
        grads = network.gradients(*problem, params, lam, mask, label_smoothing)
        V = [momentum * v - each(eta, g) * g for v, g in zip(V, grads, strict=True)]
        params = network.Parameters(*(theta + v for theta, v in zip(params, V, strict=True)))
    assert_same(descent.params(), params, rtol=1e-9, atol=1e-12)


def test_what_is_not_said_of_a_variant_is_the_usual(problem):
    params = network.unstack(some_stack())[0]
    for short, whole in (
        (HeavyBall(params, 0.3), HeavyBall(params, 0.3, label_smoothing=0.0, momentum=0.9)),
        (ByGradients(params, 0.3, optimiser=Momentum), ByGradients(params, 0.3, 0.0, optimiser=Momentum)),
    ):
        for descent in (short, whole):
            for _ in range(2):
                descent.step(*problem, 0.1)
        assert_same(short.params(), whole.params(), rtol=0)


def each(value, array):
    """Return a number for each network, (K,), to multiply with an array (K, …) of theirs."""
    return np.reshape(value, np.shape(value) + (1,) * (array.ndim - np.ndim(value)))


@pytest.mark.parametrize("params", [network.unstack(some_stack())[0], some_stack()], ids=["one", "stack"])
def test_an_optimiser_gets_each_parameter_its_gradient_and_eta(problem, params):
    stack = params.b1.shape[:-1]
    lam, eta = (LAMS, ETAS) if stack else (0.3, 0.1)
    mask, images_first = masks_of(stack, np.random.default_rng(1))

    def plain(of_start):
        def update(theta, gradient, rate):
            assert theta is of_start
            theta -= rate * gradient

        return update

    descent = ByGradients(params, lam, 0.1, optimiser=plain)
    for _ in range(3):
        descent.step(*problem, eta, images_first)
        grads = network.gradients(*problem, params, lam, mask, 0.1)
        params = network.Parameters(
            *(theta - each(eta, g) * g for theta, g in zip(params, grads, strict=True)),
        )
    assert_same(descent.params(), params, rtol=1e-9, atol=1e-12)
