"""Averages: of a network's parameters along its training, and of probabilities of several networks or views."""

import copy
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

import numpy as np

from twolayer.arrays import Floats
from twolayer.classifier import TwoLayerClassifier
from twolayer.images import Images
from twolayer.network import Parameters
from twolayer.sgd import Descent
from twolayer.techniques.augmentation import views


@dataclass
class Average:
    """The average of the parameters after some updates: pass its method `record` to `train`.

    updates : whose parameters are averaged, such as range(9_000, 10_001, 100), or the ends of cycles
    params : their average so far; None before the first
    n : how many they are so far
    """

    updates: Collection[int]
    params: Parameters | None = field(default=None, init=False)
    n: int = field(default=0, init=False)

    def record(self, t: int, descent: Descent) -> None:
        """Take the parameters after update t into the average, if they belong to it."""
        if t in self.updates:
            self.n += 1
            new = descent.params()
            for mean, array in zip(self.params or new, new, strict=True):
                mean += (array - mean) / self.n
            self.params = self.params or new


def over_snapshots(network: TwoLayerClassifier, updates: Iterable[int]) -> TwoLayerClassifier:
    """Return the classifier whose parameters are the mean of its snapshots after these updates.

    Source: P. Izmailov et al., "Averaging weights leads to wider optima and better generalization", 2018. Raises
    ValueError if a snapshot was not kept.
    """
    kept = [network.at(update).params_ for update in updates]
    averaged = copy.copy(network)
    averaged.params_ = Parameters(*(np.mean(arrays, axis=0) for arrays in zip(*kept, strict=True)))
    return averaged


def over_networks(networks: Iterable[TwoLayerClassifier], X: Images | Floats) -> Floats:
    """Return the mean of the probabilities (n, c) that networks give for images X: an ensemble of these networks.

    With the snapshots of one training at the ends of its cycles, `map(network.at, ends)`, it is a snapshot ensemble:
    G. Huang et al., "Snapshot ensembles: train 1, get M for free", 2017.
    """
    return np.mean([network.predict_proba(X) for network in networks], axis=0)


def over_views(network: TwoLayerClassifier, images: Images, shifts: Iterable[int] = (-2, 0, 2)) -> Floats:
    """Return the mean of the probabilities (n, c) that a network gives for shifted and mirrored images."""
    return np.mean([network.predict_proba(view) for view in views(images, tuple(shifts))], axis=0)
