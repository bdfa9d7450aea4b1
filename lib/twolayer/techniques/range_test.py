"""A range test of the learning rate: which rates a network learns with, from one short training."""

import contextlib

import pandas as pd
from sklearn.base import clone

from twolayer.classifier import TwoLayerClassifier
from twolayer.images import Split
from twolayer.training import TrainingDiverged


def range_test(network: TwoLayerClassifier, split: Split, eta_max: float, n_updates: int) -> pd.DataFrame:
    """Train a copy of the classifier while η rises from 0 to eta_max in n_updates, and return its history.

    That is the first half of one cycle. Where accuracy begins to rise and where it begins to fall are good bounds for
    cycles of the learning rate. The history ends early if training diverges. Source: L. N. Smith, "Cyclical learning
    rates for training neural networks", 2017, section 3.3. Raises ValueError for invalid settings.
    """
    rising = {"schedule": "cyclical", "eta_min": 0.0, "eta_max": eta_max, "n_s": n_updates, "n_updates": n_updates}
    trained = clone(network).set_params(**rising)
    with contextlib.suppress(TrainingDiverged):
        trained.fit(split.X_train, split.y_train, validation=(split.X_validation, split.y_validation))
    return trained.history_
