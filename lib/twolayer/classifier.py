"""The object that a notebook configures and fits."""

import copy

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data
from tqdm import tqdm

from twolayer import schedule
from twolayer.data import Images
from twolayer.network import forward, initialise, stack, unstack
from twolayer.training import CHUNK, History, train


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
    """

    def __init__(
        self,
        n_hidden=50,
        *,
        lam=0.0,
        eta_min=1e-5,
        eta_max=1e-1,
        n_s=500,
        n_cycles=1,
        n_updates=None,
        batch_size=100,
        record=50,
        snapshots=(),
        progress=None,
        random_state=None,
    ):
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

    def fit(self, X, y, validation=None):
        """Train on images X (n, d) and classes y (n,); `validation` is a pair (X, y) to record as well."""
        X, y = self._read(X, y, reset=True)
        self._check_settings()
        check_classification_targets(y)
        self.classes_, y = np.unique(y, return_inverse=True)
        splits = {"train": (X, y)}
        if validation is not None:
            splits["validation"] = self._check(*validation)
        n_updates = schedule.updates(self.n_cycles, self.n_s) if self.n_updates is None else self.n_updates
        self.snapshots_ = {}
        rng = np.random.default_rng(self.random_state)
        history = History(splits, lam=self.lam, eta=self.eta, every=self.record, n_updates=n_updates)
        with tqdm(total=n_updates, desc=self.progress, disable=self.progress is None, unit="update") as bar:

            def after_update(t, descent):
                history(t, descent)
                if t in self.snapshots:
                    self.snapshots_[t] = unstack(descent.params())[0]
                bar.update(t - bar.n)

            start = initialise(X.shape[1], self.n_hidden, len(self.classes_), rng, X.dtype)
            trained = train(
                X,
                y,
                stack([start]),
                lam=self.lam,
                eta=self.eta,
                batch_size=self.batch_size,
                n_updates=n_updates,
                rng=rng,
                after_update=after_update,
            )
        self.params_ = unstack(trained)[0]
        self.history_ = history.frame().drop(columns="network")
        return self

    def eta(self, t):
        """Return the learning rate at update t."""
        return schedule.cyclical(t, self.n_s, self.eta_min, self.eta_max)

    def at(self, update):
        """Return the classifier as it was after `update`, one of its snapshots. Raises ValueError for another."""
        check_is_fitted(self)
        if update not in self.snapshots_:
            raise ValueError(f"No snapshot was kept after update {update}: name it in `snapshots` before `fit`.")
        then = copy.copy(self).set_params(n_updates=update)
        then.params_ = self.snapshots_[update]
        then.history_ = self.history_[self.history_["update"] <= update]
        return then

    def predict_proba(self, X):
        """Return the probability of each class for images X (n, d): shape (n, c)."""
        check_is_fitted(self)
        X = self._read(X)
        parts = (X[start : start + CHUNK] for start in range(0, len(X), CHUNK))
        return np.concatenate([forward(part, self.params_)[1] for part in parts])

    def predict(self, X):
        """Return the most probable class of each image in X (n, d): shape (n,)."""
        check_is_fitted(self)
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    def _read(self, X, y="no_validation", reset=False):
        """Check images, and classes if there are any; data.Images are right as they are, and stay bytes."""
        as_they_are = isinstance(X, Images)
        return validate_data(self, X, y, reset=reset, dtype=(np.float32, np.float64), skip_check_array=as_they_are)

    def _check(self, X, y):
        """Check a second pair (X, y) against the training data, and number its classes."""
        X, y = self._read(X, y)
        unknown = np.setdiff1d(y, self.classes_)
        if len(unknown):
            raise ValueError(f"The validation data has classes that the training data lacks: {unknown.tolist()}.")
        return X, np.searchsorted(self.classes_, y)

    def _check_settings(self):
        """Raise ValueError for a setting that nothing can be trained with."""
        for name in ("n_hidden", "n_s", "n_cycles", "batch_size", "record", "n_updates"):
            value = getattr(self, name)
            if name == "n_updates" and value is None:
                continue
            if value < 1 or value != int(value):
                raise ValueError(f"{name} = {value}: choose a whole number of at least 1.")
        if not 0 <= self.eta_min <= self.eta_max:
            raise ValueError(f"eta_min = {self.eta_min}, eta_max = {self.eta_max}: choose 0 ≤ eta_min ≤ eta_max.")
        if not self.lam >= 0:
            raise ValueError(f"lam = {self.lam}: choose a number of at least 0.")


def accuracies(classifier, split):
    """Return a fitted classifier's accuracy on train, validation and test of a data.Split, in percent."""
    return pd.Series(
        {
            "train": 100 * classifier.score(split.X_train, split.y_train),
            "validation": 100 * classifier.score(split.X_validation, split.y_validation),
            "test": 100 * classifier.score(split.X_test, split.y_test),
        }
    )
