"""Images as a network takes them: standardised, and split into those to train, to choose and to test with."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from twolayer.arrays import Floats, Integers, Pixels

Rows = Any  # what NumPy takes for an index: a number, a slice, numbers, a mask, …
CHUNK = 1000  # images whose moments are taken together: bounds the memory


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
