import numpy as np
import pytest

from twolayer import network
from twolayer.network import Parameters

# Two images of two pixels, two hidden units, two classes; every number below was worked out on paper.
X = np.array([[1.0, 2.0], [0.0, -1.0]])
y = np.array([0, 1])
PARAMS = Parameters(
    W1=np.array([[1.0, 0.0], [0.0, 1.0]]),
    b1=np.array([0.0, 0.5]),
    W2=np.array([[np.log(2), 0.0], [0.0, 0.0]]),
    b2=np.array([0.0, 0.0]),
)
LAM = 0.1


@pytest.fixture
def some_images():
    rng = np.random.default_rng(1)
    return rng.standard_normal((7, 12)), rng.integers(0, 4, 7)


def some_network(seed, dtype=np.float64):
    rng = np.random.default_rng(seed)
    start = network.initialise(12, 5, 4, rng, dtype)
    return start._replace(b1=rng.standard_normal(5).astype(dtype), b2=rng.standard_normal(4).astype(dtype))


def test_forward_by_hand():
    H, P = network.forward(X, PARAMS)
    np.testing.assert_allclose(H, [[1, 2.5], [0, 0]])
    np.testing.assert_allclose(P, [[2 / 3, 1 / 3], [1 / 2, 1 / 2]])


def test_cost_by_hand():
    loss = (np.log(3 / 2) + np.log(2)) / 2
    assert network.cost(X, y, PARAMS, LAM) == pytest.approx(loss + LAM * (2 + np.log(2) ** 2))


def test_gradients_by_hand():
    grads = network.gradients(X, y, PARAMS, LAM)
    # Halves because there are two images; the second image has no active hidden unit.
    np.testing.assert_allclose(grads.b2, [-1 / 6 + 1 / 4, 1 / 6 - 1 / 4])
    np.testing.assert_allclose(grads.W2, [[-1 / 6 + 0.2 * np.log(2), 1 / 6], [-2.5 / 6, 2.5 / 6]])
    np.testing.assert_allclose(grads.b1, [-np.log(2) / 6, 0])
    np.testing.assert_allclose(grads.W1, np.array([[-np.log(2) / 6, 0], [-np.log(2) / 3, 0]]) + 0.2 * PARAMS.W1)


def test_gradients_along_random_directions(some_images):
    params, rng, h = some_network(2), np.random.default_rng(3), 1e-6
    grads = network.gradients(*some_images, params, 0.3)
    for _ in range(20):
        direction = Parameters(*(rng.standard_normal(array.shape) for array in params))

        def J(step, direction=direction):
            moved = Parameters(*(array + step * d for array, d in zip(params, direction, strict=True)))
            return network.cost(*some_images, moved, 0.3)

        slope = sum((g * d).sum() for g, d in zip(grads, direction, strict=True))
        assert (J(h) - J(-h)) / (2 * h) == pytest.approx(slope, rel=1e-7, abs=1e-8)


def test_a_network_computes_the_same_alone_and_in_a_stack(some_images):
    networks, lams = [some_network(seed) for seed in range(3)], np.array([0.0, 0.1, 2.0])
    together = network.stack(networks)
    costs = network.cost(*some_images, together, lams)
    grads = network.unstack(network.gradients(*some_images, together, lams))
    for k in range(3):
        assert costs[k] == pytest.approx(network.cost(*some_images, networks[k], lams[k]), rel=1e-12)
        for a, b in zip(grads[k], network.gradients(*some_images, networks[k], lams[k]), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)


def test_initialise_has_the_stated_variances():
    params = network.initialise(3072, 50, 10, np.random.default_rng(0))
    assert [array.shape for array in params] == [(3072, 50), (50,), (50, 10), (10,)]
    assert params.W1.std() * np.sqrt(3072) == pytest.approx(1, abs=0.02)
    assert params.W2.std() * np.sqrt(50) == pytest.approx(1, abs=0.1)
    assert not params.b1.any()
    assert not params.b2.any()


def test_float32_stays_float32(some_images):
    X, y = some_images
    params = some_network(0, np.float32)
    for result in (*network.forward(X.astype(np.float32), params), *network.gradients(X.astype("f4"), y, params, 0.1)):
        assert result.dtype == np.float32


def test_softmax_survives_huge_scores():
    np.testing.assert_allclose(network.softmax(np.array([[1e30, 0.0], [-1e30, 0.0]])), [[1, 0], [0, 1]])


def test_cross_entropy_of_an_impossible_class_is_finite():
    assert np.isfinite(network.cross_entropy(np.array([[1.0, 0.0]]), np.array([1])))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_start_is_all_of_one_type(dtype):
    assert {array.dtype for array in network.initialise(12, 5, 4, np.random.default_rng(0), dtype)} == {np.dtype(dtype)}


def test_a_stack_of_no_networks_is_refused():
    with pytest.raises(ValueError, match=r"^There is no network to stack: give at least one\.$"):
        network.stack([])


def test_dropout_drops_its_part_of_the_units_and_keeps_the_mean():
    mask = network.dropout_mask((400, 500), 0.3, np.random.default_rng(0))
    assert mask.dtype == np.float32
    assert set(np.unique(mask)) == {0, np.float32(1 / 0.7)}
    assert (mask == 0).mean() == pytest.approx(0.3, abs=0.005)
    assert mask.mean() == pytest.approx(1, abs=0.01)
    np.testing.assert_array_equal(mask, network.dropout_mask((400, 500), 0.3, np.random.default_rng(0)))


def test_smoothed_targets_are_probabilities_of_which_all_classes_have_a_share():
    np.testing.assert_array_equal(network.targets(4), np.eye(4))
    np.testing.assert_allclose(network.targets(4, 0.2, np.float64)[1], [0.05, 0.85, 0.05, 0.05])


def test_a_mask_drops_units_and_leaves_the_others_with_their_share(some_images):
    params, mask = some_network(2), network.dropout_mask((7, 5), 0.5, np.random.default_rng(3), np.float64)
    H, P = network.forward(some_images[0], params, mask)
    whole, _ = network.forward(some_images[0], params)
    np.testing.assert_allclose(H, np.where(mask > 0, 2 * whole, 0))
    np.testing.assert_allclose(P, network.softmax(H @ params.W2 + params.b2))
