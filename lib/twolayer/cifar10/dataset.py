"""A data set in the format of CIFAR-10, and its splits into training, validation and test images.

Images are rows of 3072 numbers: 1024 red, 1024 green, 1024 blue, each 32 × 32 row by row.
"""

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from twolayer.arrays import Integers, Pixels
from twolayer.images import Split, moments, standardise
from twolayer.runtime.checks import require, short


@dataclass(frozen=True)
class Provenance:
    """Where a data set comes from.

    kind : "canonical", "not canonical" or "stand-in"
    statement : one or two sentences for the reader of a report
    note : the same in a few words, to be shown below a table; empty for the canonical data
    fingerprint : short digest of all files
    """

    kind: str
    statement: str
    note: str
    fingerprint: str


@dataclass(frozen=True)
class Dataset:
    """All images X (n, 3072) uint8 and classes y (n,) int64, in the order of the files.

    batches : for each of the five training files, the range of its images; `batches[0][:100]` are the first 100
    class_names : the name of each class
    provenance : where the data comes from
    """

    X_train: Pixels
    y_train: Integers
    X_test: Pixels
    y_test: Integers
    batches: tuple[range, ...]
    class_names: tuple[str, ...]
    provenance: Provenance

    def split(self, train: ArrayLike, validation: ArrayLike, test: ArrayLike | None = None) -> Split:
        """Return the Split with these images, given as ranges or arrays of indices; all test images if test is None.

        Standardised with the mean and standard deviation of the images in `train` alone. Raises ValueError for an
        index that is given twice or out of range, and if train is empty.
        """
        train = as_rows(train, len(self.X_train))
        validation = as_rows(validation, len(self.X_train))
        test = as_rows(range(len(self.X_test)) if test is None else test, len(self.X_test))
        if len(shared := np.intersect1d(train, validation)):
            raise ValueError(
                f"Training images {shared[0]} to {shared[-1]} are also validation images: remove them from one."
            )
        if not len(train):
            raise ValueError("train is empty: give at least one training image.")
        mean, std = moments(self.X_train, train)
        return Split(
            X_train=standardise(self.X_train, mean, std, train),
            y_train=self.y_train[train],
            X_validation=standardise(self.X_train, mean, std, validation),
            y_validation=self.y_train[validation],
            X_test=standardise(self.X_test, mean, std, test),
            y_test=self.y_test[test],
            mean=mean,
            std=std,
            class_names=self.class_names,
            fingerprint=digest(
                self.provenance.fingerprint, *(images.tobytes() for images in (train, validation, test))
            ),
        )

    def random_split(self, n_validation: int, rng: np.random.Generator) -> Split:
        """Return the Split with n_validation images, drawn by rng, for validation and the others for training.

        Raises ValueError if no image is left for training.
        """
        n = len(self.X_train)
        require(n_validation in range(n), f"choose an integer from 0 to {n - 1}", n_validation=n_validation)
        validation, train = np.split(rng.permutation(n), [int(n_validation)])
        return self.split(train=np.sort(train), validation=np.sort(validation))


def as_rows(images: ArrayLike, n: int) -> Integers:
    """Return indices of images as an array (k,) int64. Raises ValueError unless they are distinct integers below n.

    Masks and floats are not converted: as integers they would be other indices.
    """
    rows = np.asarray(images)
    are_integers = rows.dtype.kind in "iu" or not rows.size
    if not are_integers or rows.ndim != 1 or len(np.unique(rows)) < rows.size or not np.isin(rows, range(n)).all():
        raise ValueError(f"The images {short(images)} are not distinct indices, integers from 0 to {n - 1}.")
    return rows.astype(np.int64)


def digest(*parts: object) -> str:
    """Return a short digest of the parts as they print."""
    return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()[:12]
