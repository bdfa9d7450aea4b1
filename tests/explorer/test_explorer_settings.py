import numpy as np
import pytest

from explorer import retrain
from explorer.settings import Settings
from twolayer.experiments import pca

SMALL = Settings(n_hidden=10, n_s=10, n_train=300, seed=3)


def test_names_are_those_of_the_classifier():
    model = Settings(lam=0.5, eta_max=0.25, seed=7).classifier()
    assert (model.lam, model.eta_max, model.random_state, model.n_s) == (0.5, 0.25, 7, 500)


def test_a_shortened_training_has_as_many_cycles():
    short = Settings(n_s=1000, n_cycles=3).shortened(600)
    assert (short.n_cycles, short.n_s, short.updates) == (3, 100, 600)


def test_no_training_is_shortened_to_nothing_or_becomes_longer():
    assert Settings().shortened(0).updates == 10
    assert Settings(n_s=50).shortened(10_000) == Settings(n_s=50)


@pytest.fixture
def run(data, monkeypatch):
    """Run a cell, which takes seconds to rotate the images: here it gets those that are rotated already."""
    found = {}

    def rotate(split, n_components):
        assert split.fingerprint == data.split.fingerprint
        assert n_components == data.basis.shape[1]
        return data.rotated

    monkeypatch.setattr(pca, "rotate", rotate)
    return lambda code: exec(code, found) or found["network"]


def test_the_code_gives_the_shown_network_to_the_last_bit(data, run):
    network = run(SMALL.code(data.code, data.basis.shape[1]))
    trained, _ = retrain.train(data, SMALL, lambda *_: None)
    for array, shown in zip(network.params_, trained, strict=True):
        np.testing.assert_array_equal(array, shown)


def test_the_code_of_a_stopped_training_stops_as_well(data, run):
    network = run(SMALL.code(data.code, data.basis.shape[1], n_updates=7))
    kept = {}
    retrain.train(data, SMALL, lambda t, history, descent: kept.update({t: descent.params()}))
    np.testing.assert_array_equal(network.params_.W1, kept[7].W1)
