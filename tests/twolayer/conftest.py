import numpy as np
import pytest

from twolayer import network


@pytest.fixture(scope="module")
def problem():
    """The published setting's sizes: 20 images, 50 dimensions, 20 hidden units; float64."""
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((20, 50)), rng.integers(0, 10, 20)
    return X, y, network.initialise(50, 20, 10, rng, np.float64)
