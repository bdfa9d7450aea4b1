import numpy as np
import pytest

from twolayer import network, training
from twolayer.classifier import TwoLayerClassifier
from twolayer.images import moments, standardise
from twolayer.techniques import averaging
from twolayer.techniques.augmentation import views


@pytest.fixture(scope="module")
def problem():
    rng = np.random.default_rng(0)
    pixels = rng.integers(256, size=(60, 27), dtype=np.uint8)
    return standardise(pixels, *moments(pixels, np.arange(60)), np.arange(60)), rng.integers(0, 3, 60)


@pytest.fixture(scope="module")
def fitted(problem):
    return TwoLayerClassifier(8, n_updates=30, batch_size=10, snapshots=range(31), random_state=1).fit(*problem)


def test_the_average_of_a_training_is_the_mean_of_its_parameters(problem):
    X, y = problem
    average, seen = averaging.Average(range(10, 31, 5)), {}

    def record(t, descent):
        average.record(t, descent)
        seen[t] = descent.params()

    settings = {"lam": 0.0, "eta": lambda t: 0.1, "batch_size": 10, "n_updates": 30, "rng": np.random.default_rng(1)}
    training.train(X, y, network.initialise(27, 8, 3, np.random.default_rng(0)), **settings, record=record)
    assert average.n == 5
    expected = zip(*(seen[t] for t in (10, 15, 20, 25, 30)), strict=True)
    for found, arrays in zip(average.params, expected, strict=True):
        np.testing.assert_allclose(found, np.mean(arrays, axis=0), rtol=1e-5, atol=1e-6)


def test_nothing_is_averaged_before_the_first_update_of_the_average(problem):
    assert averaging.Average([5]).params is None


def test_a_classifier_is_averaged_over_its_snapshots(problem, fitted):
    averaged = averaging.over_snapshots(fitted, (10, 20, 30))
    expected = np.mean([fitted.snapshots_[t].W1 for t in (10, 20, 30)], axis=0)
    np.testing.assert_array_equal(averaged.params_.W1, expected)
    assert not np.array_equal(averaged.params_.W1, fitted.params_.W1)
    assert averaged.predict_proba(problem[0]).shape == (60, 3)
    with pytest.raises(ValueError, match="No snapshot was kept after update 31"):
        averaging.over_snapshots(fitted, (10, 31))


def test_an_ensemble_averages_the_probabilities_of_its_networks(problem, fitted):
    networks = [fitted.at(t) for t in (10, 20, 30)]
    P = averaging.over_networks(networks, problem[0])
    np.testing.assert_allclose(P, sum(network.predict_proba(problem[0]) for network in networks) / 3, rtol=1e-6)
    np.testing.assert_allclose(averaging.over_networks(map(fitted.at, (10, 20, 30)), problem[0]), P)


def test_views_are_averaged(problem, fitted):
    P = averaging.over_views(fitted, problem[0], (0, 1))
    all_views = [fitted.predict_proba(view) for view in views(problem[0], (0, 1))]
    assert len(all_views) == 8
    np.testing.assert_allclose(P, sum(all_views) / 8, rtol=1e-5)
