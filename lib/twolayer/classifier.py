"""The object that a notebook configures and fits."""

import copy
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import issparse
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import Tags, check_consistent_length, check_random_state
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import _check_sample_weight, _check_y, check_is_fitted, column_or_1d, validate_data
from tqdm import tqdm

from twolayer import schedule
from twolayer.arrays import Floats, Integers
from twolayer.checks import require_counts, require_penalty, require_rates, require_updates, short
from twolayer.images import Images
from twolayer.network import Parameters, forward, initialise, stack, unstack
from twolayer.runtime.threads import one_thread
from twolayer.sgd import Descent
from twolayer.training import CHUNK, History, WeightedSample, train


class _Sparse:
    """Images (n, d) of which scipy.sparse keeps the numbers that are not 0: X[rows] is an array of those asked for."""

    def __init__(self, matrix: Any) -> None:
        self.matrix, self.shape, self.dtype = matrix, matrix.shape, matrix.dtype

    def __len__(self) -> int:
        return int(self.shape[0])

    def __getitem__(self, rows: Integers | slice, /) -> Floats:
        return self.matrix[rows].toarray()


class _Run(NamedTuple):
    """One network's training: what it has learned, its history, and the parameters after some updates."""

    params: Parameters
    history: pd.DataFrame
    snapshots: dict[int, Parameters]


class _Settings(NamedTuple):
    """What a training is told, checked."""

    n_hidden: int
    n_updates: int
    batch_size: int
    record: int
    lam: float
    snapshots: frozenset[int]


class TwoLayerClassifier(ClassifierMixin, BaseEstimator):
    """A network of two layers, trained by mini-batch gradient descent with a cyclical learning rate.

    Parameters
    ----------
    n_hidden : hidden units m
    lam : λ of the penalty λ(‖W₁‖² + ‖W₂‖²)
    eta_min, eta_max : between these the learning rate η moves; equal ones keep it constant
    n_s : updates in half a cycle
    n_cycles : how many cycles to train
    n_updates : how many updates to train instead, where n_cycles is not the whole story
    batch_size : images in a mini-batch
    record : how often `history_` records, in updates
    snapshots : updates after which the network is kept, to be had from `at`
    progress : what to call this training on a progress bar; None for silence
    random_state : seed of the start and of the order of batches

    After `fit`: `params_` (W1, b1, W2, b2), `history_` (a data frame with one row for each recorded update and split:
    update, eta, split, cost, loss, accuracy), `classes_`, `snapshots_` (update → params).

    Where an image can have several labels, y is (n, L), 0 or 1 for each label. Then a network of two classes is trained
    for each, `params_` is the stack of them, and `history_` tells them apart in the column `label`.
    """

    params_: Parameters

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
        batch_size: int = 100,
        record: int = 50,
        snapshots: Collection[int] = (),
        progress: str | None = None,
        random_state: int | np.random.Generator | np.random.RandomState | None = None,
    ) -> None:
        """Keep the settings."""
        self.n_hidden = n_hidden
        self.lam = lam
        self.eta_min = eta_min
        self.eta_max = eta_max
        self.n_s = n_s
        self.n_cycles = n_cycles
        self.n_updates = n_updates
        self.batch_size = batch_size
        self.record = record
        self.snapshots = snapshots
        self.progress = progress
        self.random_state = random_state

    def __sklearn_tags__(self) -> Tags:
        """Tell scikit-learn that an image can have several labels, and that most of its numbers may be 0."""
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.classifier_tags.multi_label = True
        return tags

    def fit(
        self,
        X: ArrayLike | Images,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        validation: tuple[ArrayLike | Images, ArrayLike] | None = None,
    ) -> Self:
        """Train on images X (n, d) and classes y (n,); `validation` is a pair (X, y) to record as well.

        sample_weight (n,) says how much each image counts in the cost, beside the others. Raises ValueError for data
        or settings that nothing can be trained with, and TrainingDiverged; then nothing is left of an earlier fit.
        """
        for name in [name for name in vars(self) if name.endswith("_") and not name.startswith("_")]:
            delattr(self, name)
        settings = self._read_settings()
        images, labels = self._read_pair(X, y, reset=True)
        if several := labels.ndim == 2:
            self.classes_, numbers = np.arange(labels.shape[1]), labels.T.astype(int)
        else:
            self.classes_, of_images = np.unique(labels, return_inverse=True)
            numbers = of_images[None]
        samples = {"train": (images, numbers, _one_on_average(sample_weight, images))}
        if validation is not None:
            samples["validation"] = *self._check(validation, labels.shape[1:]), None
        rng, runs = self._generator(), []
        for label in range(len(numbers)):
            c = 2 if several else len(self.classes_)
            start = initialise(images.shape[1], settings.n_hidden, c, rng, images.dtype)
            splits = {name: (X, numbers[label], weights) for name, (X, numbers, weights) in samples.items()}
            runs.append(self._train(start, splits, settings, rng))
        if several:
            self.history_ = pd.concat((run.history.assign(label=i) for i, run in enumerate(runs)), ignore_index=True)
            self.snapshots_ = {t: stack(run.snapshots[t] for run in runs) for t in runs[0].snapshots}
            self.params_ = stack(run.params for run in runs)
        else:
            self.params_, self.history_, self.snapshots_ = runs[0]
        return self

    def _train(
        self,
        start: Parameters,
        splits: Mapping[str, WeightedSample],
        settings: _Settings,
        rng: np.random.Generator,
    ) -> _Run:
        """Train one network on the split "train", and record it on all."""
        n_updates, snapshots = settings.n_updates, {}
        history = History(splits, lam=settings.lam, eta=self.eta, every=settings.record, n_updates=n_updates)
        with tqdm(total=n_updates, desc=self.progress, disable=self.progress is None, unit="update") as bar:

            def after_update(t: int, descent: Descent) -> None:
                history(t, descent)
                if t in settings.snapshots:
                    snapshots[t] = unstack(descent.params())[0]
                bar.update(t - bar.n)

            X, y, weights = splits["train"]
            trained = train(
                X,
                y,
                stack([start]),
                lam=settings.lam,
                eta=self.eta,
                batch_size=settings.batch_size,
                n_updates=n_updates,
                rng=rng,
                weights=weights,
                after_update=after_update,
            )
        return _Run(unstack(trained)[0], history.frame().drop(columns="network"), snapshots)

    def eta(self, t: int) -> Floats:
        """Return the learning rate at update t."""
        return schedule.cyclical(t, int(self.n_s), float(self.eta_min), float(self.eta_max))

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
        """Return the probability of each class for images X (n, d): shape (n, c); of each label, where there are L.

        Raises ValueError for images that it cannot look at, and NotFittedError.
        """
        check_is_fitted(self, "params_")
        images = self._read_images(X)
        parts = (images[start : start + CHUNK] for start in range(0, len(images), CHUNK))
        with one_thread(), np.errstate(over="ignore", invalid="ignore"):
            P = np.concatenate([forward(part, self.params_)[1] for part in parts], axis=-2)
        if not np.isfinite(P).all():
            raise ValueError("The images have pixels too large for this network: scale them as those of its training.")
        return P[..., 1].T if P.ndim == 3 else P

    def predict(self, X: ArrayLike | Images) -> NDArray[Any]:
        """Return the most probable class of each image in X (n, d): shape (n,); or which labels it has, (n, L)."""
        P = self.predict_proba(X)
        return (P > 0.5).astype(int) if self.params_.W1.ndim == 3 else self.classes_[P.argmax(axis=1)]

    def _read_images(self, X: Any) -> Any:
        """Check images against those of the training."""
        _require_images(X)
        images = validate_data(self, X, reset=False, **_wanted(X))
        return _Sparse(images) if issparse(images) else images

    def _read_pair(self, X: Any, y: Any, reset: bool = False) -> Any:
        """Check images and their classes; `reset` forgets what images there were before."""
        _require_images(X)
        images, y = validate_data(self, X, y, reset=reset, multi_output=True, **_wanted(X))
        if isinstance(X, Images):  # then scikit-learn has looked at neither
            y = _check_y(y, multi_output=True)
            check_consistent_length(images, y)
        check_classification_targets(y)
        kind = type_of_target(y)
        if kind == "multiclass-multioutput":
            raise ValueError("An image has a class of more than one kind: train a network for each kind.")
        if kind == "multilabel-indicator":
            labels = y.toarray() if issparse(y) else np.asarray(y)
        else:
            labels = column_or_1d(y, warn=True)
        if labels.ndim == 2 and not np.isin(labels, [0, 1]).all():
            raise ValueError("Which labels an image has is said by 0 and 1: other numbers say nothing.")
        return _Sparse(images) if issparse(images) else images, labels

    def _check(self, pair: Any, shape: tuple[int, ...]) -> tuple[Images, Integers]:
        """Check a second pair (X, y) against the training data, whose labels have this shape an image; number them."""
        if not (isinstance(pair, tuple | list) and len(pair) == 2):
            raise ValueError("validation must be a pair (X, y), of images and their classes.")
        X, y = self._read_pair(*pair)
        if y.shape[1:] != shape:
            raise ValueError(f"Labels of an image have the shape {y.shape[1:]} in validation, and {shape} in training.")
        if not shape and len(unknown := np.setdiff1d(y, self.classes_)):
            raise ValueError(f"The validation data has classes that the training data lacks: {unknown.tolist()}.")
        return X, y.T.astype(int) if shape else np.searchsorted(self.classes_, y)[None]

    def _read_settings(self) -> _Settings:
        """Return the settings of a training. Raises ValueError for one that nothing can be trained with."""
        require_rates(self.eta_min, self.eta_max)
        if not (self.progress is None or isinstance(self.progress, str)):
            raise ValueError(f"progress = {short(self.progress)}: name the training, or choose None for silence.")
        in_cycles = schedule.updates(self.n_cycles, self.n_s)
        return _Settings(
            **require_counts(
                n_hidden=self.n_hidden,
                n_updates=in_cycles if self.n_updates is None else self.n_updates,
                batch_size=self.batch_size,
                record=self.record,
            ),
            lam=require_penalty(self.lam),
            snapshots=require_updates("snapshots", self.snapshots),
        )

    def _generator(self) -> np.random.Generator:
        """Return what draws the start and the batches. Raises ValueError for a random_state that is none."""
        state: Any = self.random_state
        if state is None or state is np.random:  # scikit-learn's users seed it with np.random.seed
            state = check_random_state(None)
        try:
            return np.random.default_rng(state)
        except (TypeError, ValueError) as error:
            advice = "choose a whole number of at least 0, or None"
            raise ValueError(f"random_state = {short(self.random_state)} is no seed: {advice}.") from error


def _require_images(X: object) -> None:
    """Raise ValueError for data.Images without an image, which scikit-learn does not look at."""
    if isinstance(X, Images) and not len(X):
        raise ValueError("There is no image: give at least one.")


def _wanted(X: object) -> dict[str, Any]:
    """Return what scikit-learn is to see to in images; data.Images are right as they are, and stay bytes."""
    return {
        "dtype": (np.float32, np.float64),
        "accept_sparse": "csr",
        "skip_check_array": isinstance(X, Images),
    }


def _one_on_average(sample_weight: ArrayLike | None, X: Any) -> Floats | None:
    """Return weights (n,) of the images X that are 1 on average; None for none. Raises ValueError."""
    if sample_weight is None:
        return None
    try:
        weights = _check_sample_weight(sample_weight, X, dtype=X.dtype, ensure_non_negative=True)
    except OverflowError as error:
        raise ValueError("A weight in sample_weight is too large: choose finite ones.") from error
    weights = weights / weights.max()  # lest their sum be infinite
    return weights * (len(weights) / weights.sum())
