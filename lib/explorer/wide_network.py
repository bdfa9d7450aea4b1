"""A wide network, trained briefly as the report's notebook on how far two layers go trains its own.

Whitened components, momentum, a learning rate that falls once, and dropout; but fewer units and epochs, and images that
are not moved: seconds, not minutes.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from explorer.data import Data
from explorer.worker import Check
from twolayer import network, schedule, training
from twolayer.arrays import Floats
from twolayer.experiments import pca
from twolayer.network import Parameters
from twolayer.sgd import Descent, HeavyBall

N_HIDDEN, N_EPOCHS, BATCH_SIZE = 400, 8, 128
EPSILON, LAM, ETA_MAX, MOMENTUM, DROPOUT = 0.1, 5e-5, 0.03, 0.9, 0.3


@dataclass(frozen=True)
class Wide:
    """A wide network: its parameters, the basis (d, r) of its whitened components, and its validation accuracy."""

    params: Parameters
    basis: Floats
    accuracy: float


def train(data: Data, check: Check, tell: Callable[[int, int], None], seed: int = 1) -> Wide:
    """Train on all images that do not validate, and return the network.

    check() is called with the start and after each update, and what it raises ends the training; tell(t, last) after
    each hundredth of it.
    """
    whitened = pca.whiten(data.rotated, EPSILON)
    assert whitened.basis is not None
    n_validation = len(data.split.y_validation)
    chosen = np.r_[0 : data.n_train, data.n_train + n_validation : len(data.cifar.y_train)]
    check()
    X, y = pca.project(replace(data.train_images, rows=chosen), whitened.basis), data.cifar.y_train[chosen]
    last = N_EPOCHS * -(-len(X) // BATCH_SIZE)
    part = -(-last // 100)

    def record(t: int, descent: Descent) -> None:
        check()
        if t % part == 0:
            tell(t, last)

    rng = np.random.default_rng(seed)
    params = training.train(
        X,
        y,
        network.initialise(X.shape[1], N_HIDDEN, whitened.n_classes, rng),
        lam=LAM,
        eta=lambda t: schedule.cosine(t, -(-last // 2), 0.0, ETA_MAX),
        batch_size=BATCH_SIZE,
        n_updates=last,
        rng=rng,
        dropout=DROPOUT,
        descend=partial(HeavyBall, momentum=MOMENTUM),
        record=record,
    )
    _, _, accuracy = training.evaluate(whitened.X_validation, whitened.y_validation, params, LAM)
    return Wide(params, whitened.basis, float(accuracy))
