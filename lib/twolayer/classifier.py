"""The network as a scikit-learn classifier, which a notebook configures and fits."""

import copy
from collections.abc import Callable, Collection
from functools import partial
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import assert_all_finite, check_consistent_length, check_random_state, column_or_1d
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from twolayer import schedule
from twolayer.arrays import Floats, Integers
from twolayer.images import Images
from twolayer.network import forward, initialise
from twolayer.runtime.checks import (
    require,
    require_counts,
    require_fractions,
    require_penalty,
    require_rates,
    require_updates,
    short,
)
from twolayer.runtime.progress import Tally
from twolayer.runtime.threads import parallel
from twolayer.sgd import ByGradients, Descent, HeavyBall, Optimiser
from twolayer.training import CHUNK, Augment, History, Rate, reading, take, train


class TwoLayerClassifier(ClassifierMixin, BaseEstimator):
    """A network of two layers, trained by mini-batch gradient descent with a learning rate that changes.

    Parameters
    ----------
    n_hidden : hidden units m
    lam : λ of the penalty λ(‖W₁‖² + ‖W₂‖²)
    eta_min, eta_max : bounds of the learning rate η; equal bounds keep it constant
    n_s : updates in half a cycle
    n_cycles : cycles to train
    n_updates : how many updates to train; None means n_cycles whole cycles
    schedule : "cyclical", "cosine", or a function that returns η at update t = 0, 1, …
    momentum : μ of momentum, from 0 to below 1
    optimiser : what moves each parameter in place of gradient descent, as techniques.optimisers.Adam; None descends
    dropout : probability with which a hidden unit is dropped while training, from 0 to below 1
    label_smoothing : part of each image's target that all classes share while training, from 0 to below 1
    augment : function (X, rows, rng) that returns what is trained on in place of the images X[rows], such as
        techniques.augmentation.ShiftAndMirror; None takes them as they are
    batch_size : images in a mini-batch
    record : updates between two rows of `history_`
    snapshots : updates after which a copy of the network is kept, which `at` returns
    progress : name of this training on a progress bar, or its Tally on a bar of several; None shows none
    random_state : seed of the start and of the order of batches

    After `fit`: `params_` (W1, b1, W2, b2), `history_` (a data frame with one row for each recorded update and split:
    update, eta, split, cost, loss, accuracy), `classes_`, `snapshots_` (update → params).
    """

    def __init__(
        self,
        n_hidden: int = 50,
        *,
        lam: float = 0.0,
        eta_min: float = 1e-5,
        eta_max: float = 1e-1,
        n_s: int = 500,
        n_cycles: int = 1,
        n_updates: int | None = None,
        schedule: str | Rate = "cyclical",
        momentum: float = 0.0,
        optimiser: Optimiser | None = None,
        dropout: float = 0.0,
        label_smoothing: float = 0.0,
        augment: Augment | None = None,
        batch_size: int = 100,
        record: int = 50,
        snapshots: Collection[int] = (),
        progress: str | Tally | None = None,
        random_state: int | np.random.Generator | np.random.RandomState | None = None,
    ) -> None:
        """Store the settings; `fit` checks them."""
        self.n_hidden = n_hidden
        self.lam = lam
        self.eta_min = eta_min
        self.eta_max = eta_max
        self.n_s = n_s
        self.n_cycles = n_cycles
        self.n_updates = n_updates
        self.schedule = schedule
        self.momentum = momentum
        self.optimiser = optimiser
        self.dropout = dropout
        self.label_smoothing = label_smoothing
        self.augment = augment
        self.batch_size = batch_size
        self.record = record
        self.snapshots = snapshots
        self.progress = progress
        self.random_state = random_state

    def fit(
        self, X: ArrayLike | Images, y: ArrayLike, validation: tuple[ArrayLike | Images, ArrayLike] | None = None
    ) -> Self:
        """Train on images X (n, d) and classes y (n,), and record `validation`, a pair (X, y), as well.

        Raises ValueError for invalid data or settings, and TrainingDiverged; then nothing can be predicted, not even by
        an earlier fit.
        """
        self.__dict__.pop("params_", None)
        counts, parts, lam, snapshots = self._read_settings()
        images, labels = self._read_pair(X, y, reset=True)
        self.classes_, numbers = np.unique(labels, return_inverse=True)
        splits: dict[str, tuple[Images | Floats, Integers]] = {"train": (images, numbers)}
        if validation is not None:
            splits["validation"] = self._read_validation(validation)
        rng = self._generator()
        start = initialise(images.shape[1], counts["n_hidden"], len(self.classes_), rng, images.dtype)
        history = History(splits, lam, self.eta, counts["record"], counts["n_updates"], snapshots)
        try:
            self.params_ = train(
                images,
                numbers,
                start,
                lam=lam,
                eta=self.eta,
                batch_size=counts["batch_size"],
                n_updates=counts["n_updates"],
                rng=rng,
                augment=self.augment or take,
                dropout=parts["dropout"],
                descend=self._descent(parts),
                record=history.record,
                progress=self.progress,
            )
        finally:
            self.history_, self.snapshots_ = pd.DataFrame(history.rows), history.snapshots
        return self

    def updates(self) -> int:
        """Return how many updates `fit` makes. Raises ValueError for invalid settings."""
        return self._read_settings()[0]["n_updates"]

    def eta(self, t: int) -> float | Floats:
        """Return the learning rate at update t."""
        if callable(self.schedule):
            return self.schedule(t)
        return schedule.SCHEDULES[self.schedule](t, int(self.n_s), float(self.eta_min), float(self.eta_max))

    def at(self, update: int) -> Self:
        """Return the classifier as it was after `update`, one of its snapshots. Raises ValueError for another."""
        check_is_fitted(self, "params_")
        if update not in self.snapshots_:
            raise ValueError(f"No snapshot was kept after update {update}: name it in `snapshots` before `fit`.")
        then = copy.copy(self).set_params(n_updates=update)
        then.params_ = self.snapshots_[update]
        then.history_ = self.history_[self.history_["update"] <= update]
        then.snapshots_ = {t: params for t, params in self.snapshots_.items() if t <= update}
        return then

    def predict_proba(self, X: ArrayLike | Images) -> Floats:
        """Return the probability of each class for images X (n, d): shape (n, c).

        Raises ValueError if X is not images of the training's size, and NotFittedError.
        """
        check_is_fitted(self, "params_")
        images = self._read_images(X)
        read, params = reading(images, self.params_)
        with parallel() as map:
            starts = range(0, len(images), CHUNK)
            P = np.concatenate([*map(lambda start: forward(read(slice(start, start + CHUNK)), params)[1], starts)])
        if not np.isfinite(P).all():
            raise ValueError("The images have pixels too large for this network: scale them as those of its training.")
        return P

    def predict(self, X: ArrayLike | Images) -> NDArray[Any]:
        """Return the most probable class of each image in X (n, d): shape (n,)."""
        P = self.predict_proba(X)
        return self.classes_[P.argmax(axis=1)]

    def _read_images(self, X: Any, reset: bool = False) -> Any:
        """Return images, checked against those of the training unless `reset`. Raises ValueError."""
        lazy = isinstance(X, Images)
        if lazy and not len(X):
            raise ValueError("There is no image: give at least one.")
        # Such images are standardised already: as an array they would need four times the memory.
        return validate_data(self, X, reset=reset, dtype=(np.float32, np.float64), skip_check_array=lazy)

    def _read_pair(self, X: Any, y: Any, reset: bool = False) -> tuple[Any, NDArray[Any]]:
        """Return images and their classes, checked. Raises ValueError."""
        images, labels = self._read_images(X, reset), column_or_1d(y, warn=True)
        assert_all_finite(labels, input_name="y")
        check_consistent_length(images, labels)
        check_classification_targets(labels)
        return images, labels

    def _read_validation(self, pair: Any) -> tuple[Any, Integers]:
        """Return validation images and the numbers of their classes. Raises ValueError."""
        if not (isinstance(pair, tuple | list) and len(pair) == 2):
            raise ValueError("validation must be a pair (X, y), of images and their classes.")
        images, labels = self._read_pair(*pair)
        if len(unknown := np.setdiff1d(labels, self.classes_)):
            raise ValueError(f"The validation data has classes that the training data lacks: {unknown.tolist()}.")
        return images, np.searchsorted(self.classes_, labels)

    def _descent(self, parts: dict[str, float]) -> Callable[..., Descent]:
        """Return what makes a Descent of parameters and λ."""
        smoothing, momentum = parts["label_smoothing"], parts["momentum"]
        if self.optimiser is not None:
            return partial(ByGradients, label_smoothing=smoothing, optimiser=self.optimiser)
        if momentum:
            return partial(HeavyBall, label_smoothing=smoothing, momentum=momentum)
        return partial(Descent, label_smoothing=smoothing)

    def _read_settings(self) -> tuple[dict[str, int], dict[str, float], float, frozenset[int]]:
        """Return the counts and the parts of 1 by name, λ and the snapshots, checked. Raises ValueError."""
        require_rates(self.eta_min, self.eta_max)
        known = callable(self.schedule) or (isinstance(self.schedule, str) and self.schedule in schedule.SCHEDULES)
        require(known, f"choose from {', '.join(schedule.SCHEDULES)}, or a function of t", schedule=self.schedule)
        for name in ("optimiser", "augment"):
            hook = getattr(self, name)
            require(hook is None or callable(hook), "choose a function, or None", **{name: hook})
        parts = require_fractions(momentum=self.momentum, dropout=self.dropout, label_smoothing=self.label_smoothing)
        one = not (self.optimiser and self.momentum)
        require(one, "choose one of the two", momentum=self.momentum, optimiser=self.optimiser)
        silent_or_named = isinstance(self.progress, str | Tally | None)
        require(silent_or_named, "choose a name, or None for silence", progress=self.progress)
        in_cycles = schedule.updates(self.n_cycles, self.n_s)
        counts = require_counts(
            n_hidden=self.n_hidden,
            n_updates=in_cycles if self.n_updates is None else self.n_updates,
            batch_size=self.batch_size,
            record=self.record,
        )
        return counts, parts, require_penalty(self.lam), require_updates(self.snapshots)

    def _generator(self) -> np.random.Generator:
        """Return the generator of the start and the batches. Raises ValueError if random_state is not a seed."""
        state: Any = self.random_state
        if state is None or state is np.random:  # scikit-learn's users seed it with np.random.seed
            state = check_random_state(None)
        try:
            return np.random.default_rng(state)
        except (TypeError, ValueError) as error:
            advice = "choose a whole number of at least 0, or None"
            raise ValueError(f"random_state = {short(state)} is not a seed: {advice}.") from error
