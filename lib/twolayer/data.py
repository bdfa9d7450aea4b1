"""CIFAR-10 as a network meets it: loaded, split, standardised.

    cifar = data.load()
    batch_1, batch_2 = cifar.batches[:2]
    split = cifar.split(train=batch_1, validation=batch_2)

Images are rows of 3072 numbers: 1024 red, 1024 green, 1024 blue, each 32 × 32 row by row.

    python -m twolayer.data         # finds, downloads if need be, and verifies
"""

import argparse
import hashlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from twolayer import places, stand_in
from twolayer.arrays import Floats, Integers, Pixels
from twolayer.batches import FILES, Mark, read_batches, read_meta
from twolayer.errors import DataError, FileError
from twolayer.terminal import say, show

__all__ = ["DataError", "Dataset", "Images", "Provenance", "Split", "load", "main", "moments", "standardise"]

Rows = Any  # what NumPy takes for an index: a number, a slice, numbers, a mask, …
CHUNK = 1000  # images whose moments are taken together: bounds the memory
CHECKSUMS = {  # SHA-256 of the canonical files
    "data_batch_1": "54636561a3ce25bd3e19253c6b0d8538147b0ae398331ac4a2d86c6d987368cd",
    "data_batch_2": "766b2cef9fbc745cf056b3152224f7cf77163b330ea9a15f9392beb8b89bc5a8",
    "data_batch_3": "0f00d98ebfb30b3ec0ad19f9756dc2630b89003e10525f5e148445e82aa6a1f9",
    "data_batch_4": "3f7bb240661948b8f4d53e36ec720d8306f5668bd0071dcb4e6c947f78e9682b",
    "data_batch_5": "d91802434d8376bbaeeadf58a737e3a1b12ac839077e931237e0dcd43adcb154",
    "test_batch": "f53d8d457504f7cff4ea9e021afcf0e0ad8e24a91f3fc42091b8adef61157831",
    "batches.meta": "f962466ef690d46b226450fb9aadc74ba4bc64a76aa526b5827fe4bc5c7125cb",
}


# What there is to know about the data -----------------------------------------------------------------------


@dataclass(frozen=True)
class Provenance:
    """Where the data comes from.

    kind : "canonical", "not canonical" or "stand-in"
    statement : what the reader of a report must know, in a sentence
    note : the same in short, for under a table; empty for the canonical data
    fingerprint : short digest of all files: other data has another one
    """

    kind: str
    statement: str
    note: str
    fingerprint: str


@dataclass(frozen=True, eq=False)
class Images:
    """Standardised images (n, 3072) float32, kept as bytes: X[rows] standardises the rows that are asked for.

    So all splits and all processes share the images that the data set holds, in a quarter of the memory.
    np.asarray(X) standardises all of it, into a copy.

    pixels : (N, 3072) uint8, images that these are taken from
    rows : (n,) which of them
    scale, shift : (3072,) float32; a standardised image is pixels · scale + shift
    """

    pixels: Pixels
    rows: Integers
    scale: Floats
    shift: Floats
    dtype = np.dtype(np.float32)
    ndim = 2

    @property
    def shape(self) -> tuple[int, int]:
        """The number of images and of pixels in each."""
        return len(self.rows), self.pixels.shape[1]

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self.rows)

    def __getitem__(self, rows: Rows) -> Floats:
        """Return the standardised images at `rows`, any index of rows that NumPy knows. Raises IndexError."""
        if isinstance(rows, tuple) and any(part is not Ellipsis for part in rows[1:]):
            raise IndexError("Images are taken by their rows alone: X[rows][:, columns] gives some of their pixels.")
        X = np.multiply(self.pixels[self.rows[rows]], self.scale, dtype=np.float32)
        X += self.shift
        return X

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        """Return all images, standardised. Raises ValueError if that must not be a copy."""
        if copy is False:
            raise ValueError("Images are kept as bytes: as an array they are a copy.")
        return self[:].astype(dtype or np.float32, copy=False)


@dataclass(frozen=True)
class Split:
    """Standardised images X (n, 3072) and classes y (n,) int64, to train, to choose, to test.

    X : Images, or an array where they have been rotated
    mean, std : the training images' moments for each pixel (3072,), in parts of the pixel range
    class_names : the name of each class
    fingerprint : short digest of the data and of how it was split
    basis : (3072, r), where the images have been rotated (rotation.rotate); None where they are as they were
    """

    X_train: Images | Floats
    y_train: Integers
    X_validation: Images | Floats
    y_validation: Integers
    X_test: Images | Floats
    y_test: Integers
    mean: Floats
    std: Floats
    class_names: tuple[str, ...]
    fingerprint: str
    basis: Floats | None = None

    @property
    def n_classes(self) -> int:
        """The number of classes."""
        return len(self.class_names)


@dataclass(frozen=True)
class Dataset:
    """All images X (n, 3072) uint8 and classes y (n,) int64, as the files give them.

    batches : the range of training images that each of the five files holds; part of it: `batches[0][:100]`
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
        """Return the Split with these images, as ranges or arrays of their numbers; all test images if test is None.

        Standardised with the moments of the images in `train` alone. Raises ValueError for images that are named
        twice or that the data lacks.
        """
        train = as_rows(train, len(self.X_train))
        validation = as_rows(validation, len(self.X_train))
        test = as_rows(range(len(self.X_test)) if test is None else test, len(self.X_test))
        require_disjoint(train, validation)
        if not len(train):
            raise ValueError("There is no training image: name some.")
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
        """Return the Split that keeps n_validation images, drawn by rng, for validation and trains on the others.

        Raises ValueError if that leaves none to train on.
        """
        if not 0 <= n_validation < len(self.X_train) or n_validation % 1:
            raise ValueError(f"{n_validation} of {len(self.X_train)} images for validation: keep fewer, at least 0.")
        validation, train = np.split(rng.permutation(len(self.X_train)), [int(n_validation)])
        return self.split(train=np.sort(train), validation=np.sort(validation))


# Split and standardise --------------------------------------------------------------------------------------


def moments(images: Pixels, rows: Integers) -> tuple[Floats, Floats]:
    """Return each pixel's mean and standard deviation over rows of images (n, 3072) uint8, in parts of its range.

    Exact until the last line: sums of whole numbers are whole.
    """
    total = np.zeros(images.shape[1])
    squares = np.zeros(images.shape[1])
    for start in range(0, len(rows), CHUNK):
        chunk = images[rows[start : start + CHUNK]].astype(np.float64)
        total += chunk.sum(axis=0)
        squares += np.square(chunk, out=chunk).sum(axis=0)
    n = len(rows)
    return total / n / 255, np.sqrt(n * squares - total**2) / n / 255


def standardise(pixels: Pixels, mean: Floats, std: Floats, rows: Integers) -> Images:
    """Return (pixels / 255 − mean) / std of these rows as Images; a pixel that never changes is not divided."""
    std = np.where(std == 0, 1, std)
    return Images(pixels, rows, (1 / (255 * std)).astype(np.float32), (-mean / std).astype(np.float32))


def require_disjoint(train: Integers, validation: Integers) -> None:
    """Raise ValueError if an image is in both."""
    shared = np.intersect1d(train, validation)
    if len(shared):
        raise ValueError(f"Training images {shared[0]} to {shared[-1]} would be validation images as well.")


def as_rows(images: ArrayLike, n: int) -> Integers:
    """Return numbers of images as an array (k,) int64. Raises ValueError unless they name some of n images, each once.

    A mask would be taken for numbers 0 and 1, and fractions would be cut off: they are refused.
    """
    rows = np.asarray(images)
    if rows.size and rows.dtype.kind not in "iu":
        raise ValueError(f"Name the images of a split by their numbers, whole ones, not by {rows.dtype} values.")
    if rows.ndim != 1 or len(np.unique(rows)) < rows.size:
        raise ValueError("Name each image of a split once.")
    if len(rows) and not 0 <= rows.min() <= rows.max() < n:
        raise ValueError(f"Images {rows.min()} to {rows.max()} are not all among the images 0 to {n - 1}.")
    return rows.astype(np.int64)


def digest(*parts: object) -> str:
    """Return a short digest of what the parts look like in print."""
    return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()[:12]


# Load -------------------------------------------------------------------------------------------------------


def load(folder: str | Path | None = None, choice: str = "auto") -> Dataset:
    """Read the data set in `folder`, or in the one that `places.find(choice)` finds. Raises DataError.

    Reading verifies: every file's checksum, types, shapes and labels.
    """
    folder = places.find(choice) if folder is None else places.require_whole(Path(folder))
    *training, test, meta = (folder / name for name in FILES)
    X_train, y_train, batches, training_marks = read_batches(training)
    X_test, y_test, _, test_marks = read_batches([test])
    class_names, meta_mark = read_meta(meta)
    provenance = describe([*training_marks, *test_marks, meta_mark], len(X_train), len(X_test))
    if choice == "cifar10" and provenance.kind == "stand-in":
        raise DataError(f"{folder} holds a generated stand-in: set CIFAR10_DIR to a folder with CIFAR-10.")
    return Dataset(X_train, y_train, X_test, y_test, batches, class_names, provenance)


def describe(marks: Sequence[Mark], n_train: int, n_test: int) -> Provenance:
    """Return the Provenance of a data set: its files' marks, its numbers of training and test images."""
    fingerprint = digest(*(f"{mark.name} {mark.checksum}" for mark in marks))
    others = [mark.name for mark in marks if mark.checksum != CHECKSUMS[mark.name]]
    if not others:
        return Provenance("canonical", "CIFAR-10, canonical files (all checksums match).", "", fingerprint)
    if any(mark.title.startswith(stand_in.TITLE) for mark in marks):
        kind, note = "stand-in", "Not CIFAR-10: generated images."
        statement = "NOT CIFAR-10: a generated stand-in; its numbers say nothing about CIFAR-10."
    else:
        kind, note = "not canonical", "CIFAR-10, but not from the canonical files."
        statement = (
            "CIFAR-10 by name and format, but its files are not the canonical ones "
            f"(checksums differ: {', '.join(others)}); numbers may differ from those of the canonical data."
        )
    return Provenance(kind, statement + _counts(n_train, n_test), note, fingerprint)


def _counts(n_train: int, n_test: int) -> str:
    """Say how many images there are, if not as many as in CIFAR-10."""
    if (n_train, n_test) == (50_000, 10_000):
        return ""
    return f" {n_train:,} training and {n_test:,} test images instead of 50,000 and 10,000."


# The command ------------------------------------------------------------------------------------------------


def main(arguments: Sequence[str] | None = None) -> int:
    """Find and verify the data; print one line, report:FOLDER or stand-in:FOLDER. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m twolayer.data", description=main.__doc__)
    parser.add_argument("choice", nargs="?", choices=places.CHOICES, default="auto")
    choice = parser.parse_args(arguments).choice
    try:
        folder = places.find(choice)
        provenance = load(folder, choice).provenance
        say(f"{folder}: {provenance.statement}")
        show(f"{'stand-in' if provenance.kind == 'stand-in' else 'report'}:{folder}")
    except (DataError, FileError) as error:
        say(f"error: {error}")
        return 1
    except KeyboardInterrupt:
        say("Interrupted: nothing half-made was kept; run again.")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
