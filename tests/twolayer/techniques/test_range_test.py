from types import SimpleNamespace

import numpy as np
import pytest

from twolayer.classifier import TwoLayerClassifier
from twolayer.techniques.range_test import range_test


@pytest.fixture(scope="module")
def split():
    rng = np.random.default_rng(0)
    centres, y = 2 * rng.standard_normal((3, 12)), rng.integers(0, 3, 300)
    X = (centres[y] + rng.standard_normal((300, 12))).astype(np.float32)
    return SimpleNamespace(X_train=X[:200], y_train=y[:200], X_validation=X[200:], y_validation=y[200:])


def network(**settings):
    return TwoLayerClassifier(8, batch_size=20, record=10, random_state=1, **settings)


def test_eta_rises_from_0_in_one_line(split):
    history = range_test(network(schedule="cosine", eta_min=0.01, n_s=7), split, eta_max=0.3, n_updates=100)
    of_training = history[history["split"] == "train"]
    assert of_training["update"].tolist() == list(range(0, 101, 10))
    np.testing.assert_allclose(of_training["eta"], np.linspace(0, 0.3, 11))
    assert of_training["accuracy"].iloc[-1] > of_training["accuracy"].iloc[0]
    assert set(history["split"]) == {"train", "validation"}


def test_the_classifier_itself_is_not_trained(split):
    classifier = network()
    range_test(classifier, split, eta_max=0.3, n_updates=20)
    assert not hasattr(classifier, "history_")
    assert classifier.eta_max == 0.1


def test_it_ends_where_the_training_diverges(split):
    history = range_test(network(lam=1.0).set_params(record=1), split, eta_max=1e4, n_updates=1000)
    assert 0 < history["update"].max() < 1000
