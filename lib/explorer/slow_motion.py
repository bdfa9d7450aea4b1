"""The training loop one update at a time: what it looks at, where it goes, and what that changes."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from explorer.data import Data
from explorer.settings import Settings
from twolayer import network, training
from twolayer.arrays import Integers
from twolayer.network import Parameters
from twolayer.runtime.threads import one_thread


class Step(NamedTuple):
    """One update: its number t from 0, its images (rows of the training images) and its learning rate η.

    gradients : ∂J/∂θ of these images before the update
    params : the parameters after it
    before, after : the cost J of these images
    """

    t: int
    rows: Integers
    eta: float
    gradients: Parameters
    params: Parameters
    before: float
    after: float


def start(data: Data, settings: Settings, rng: np.random.Generator) -> Parameters:
    """Draw the network before its first update."""
    return network.initialise(data.basis.shape[1], settings.n_hidden, data.rotated.n_classes, rng)


def steps(data: Data, settings: Settings) -> Iterator[Step]:
    """Yield the updates of a training, without end: those of `retrain.train`, but for rounding errors."""
    model, rng = settings.classifier(), np.random.default_rng(settings.seed)
    X, y = data.train(settings.n_train)
    params = start(data, settings, rng)
    for t, rows in enumerate(training.batches(len(X), settings.batch_size, rng)):
        images, classes, eta = X[rows], y[rows], float(model.eta(t))
        with one_thread():
            gradients = network.gradients(images, classes, params, settings.lam)
            before = float(network.cost(images, classes, params, settings.lam))
            params = Parameters(*(theta - eta * slope for theta, slope in zip(params, gradients, strict=True)))
            after = float(network.cost(images, classes, params, settings.lam))
        yield Step(t, rows, eta, gradients, params, before, after)
