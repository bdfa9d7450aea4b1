import numpy as np
import pytest

from explorer import wide_network
from explorer.worker import Cancelled
from twolayer import network


def test_it_learns_and_does_not_see_the_validation_images(data, monkeypatch):
    monkeypatch.setattr(wide_network, "N_HIDDEN", 30)
    seen, told = [], []
    real = wide_network.pca.project
    monkeypatch.setattr(wide_network.pca, "project", lambda X, basis: seen.append(X.rows) or real(X, basis))
    wide = wide_network.train(data, lambda: None, lambda t, last: told.append((t, last)))
    assert seen[0].tolist() == list(range(800))  # of 1,200: the other 400 validate
    assert wide.accuracy > 0.15
    assert told[0] == (0, 56)
    assert told[-1] == (56, 56)
    _, P = network.forward(np.asarray(data.split.X_validation) @ wide.basis, wide.params)
    assert (P.argmax(axis=1) == data.split.y_validation).mean() == pytest.approx(wide.accuracy)


def test_it_can_be_cancelled(data):
    def check():
        raise Cancelled

    with pytest.raises(Cancelled):
        wide_network.train(data, check, lambda t, last: None)
