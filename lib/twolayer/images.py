"""Standardised images, and their split for training, validation and test."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from twolayer.arrays import Floats, Integers, Pixels

CHUNK = 1000  # images whose moments are computed together: bounds the memory


@dataclass(frozen=True, eq=False)
class Images:
    """Standardised images (n, d) float32, stored as bytes: X[rows] standardises these rows, np.asarray(X) all of them.

    They may be projected as well: on principal components, where d is the number of these.

    All splits and processes share the data set's bytes, in a quarter of the memory. For all else that an array can do,
    as in X.mean(axis=0), an array of all images is made, which lives no longer than that.

    pixels : (N, p) uint8, all images of the data set
    rows : (n,) numbers of the images that belong to X
    scale, shift : (d,) float32; a standardised image is pixels · scale + shift. For a projection scale is (p, d)
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
        return len(self.rows), len(self.shift)

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self.rows)

    def __getitem__(self, index: Any) -> Floats:
        """Return standardised images as an array would: X[i], X[rows], X[:, columns]. Raises IndexError."""
        if isinstance(index, tuple):
            by_slice = index and isinstance(index[0], slice)
            return self[index[0]][:, *index[1:]] if by_slice else np.asarray(self)[index]
        return self.standardised(self.pixels[self.rows[index]])

    def unscaled(self, rows: slice) -> Floats:
        """Return the bytes of these images as floats (n, p), for a layer that standardises them itself."""
        return self.pixels[self.rows[rows]].astype(np.float32)

    def standardised(self, pixels: Pixels) -> Floats:
        """Return other pictures (…, p) standardised, and projected, as these images are: (…, d)."""
        if self.scale.ndim == 2:
            X = pixels.astype(np.float32) @ self.scale
        else:
            X = np.multiply(pixels, self.scale, dtype=np.float32)
        X += self.shift
        return X

    def __getattr__(self, name: str) -> Any:
        """Return an attribute of the array of all images. Raises AttributeError for what arrays lack."""
        if name.startswith("_") or not hasattr(np.ndarray, name):
            raise AttributeError(f"Images have no attribute {name!r}.")
        return getattr(np.asarray(self), name)

    def picture(self, i: int) -> Pixels:
        """Return image i as it is in the data set, for imshow: (height, width, 3) uint8."""
        pixels = self.pixels[self.rows[i]]
        side = math.isqrt(len(pixels) // 3)
        return pixels.reshape(3, side, side).transpose(1, 2, 0)

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        """Return all images, standardised. Raises ValueError if copy is False."""
        if copy is False:
            raise ValueError("Images are stored as bytes and become an array only as a copy.")
        return self[:].astype(dtype or np.float32, copy=False)


@dataclass(frozen=True)
class Split:
    """Standardised images X (n, d) and classes y (n,) int64 for training, validation and test.

    X : Images, or an array if they are rotated once for all
    mean, std : (d,) moments of each pixel over the training images, as fractions of the pixel range
    class_names : the name of each class
    fingerprint : short digest of the data and of how it was split
    basis : (d, r) if the images are rotated (experiments.pca); otherwise None
    whitened : whether the columns of the basis are scaled, so that all components vary alike
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
    whitened: bool = False

    @property
    def n_classes(self) -> int:
        """The number of classes."""
        return len(self.class_names)


def moments(images: Pixels, rows: Integers) -> tuple[Floats, Floats]:
    """Return each pixel's mean and standard deviation over rows of images (N, d) uint8, as fractions of its range.

    The sums are exact: they are whole numbers.
    """
    total = squares = np.zeros(images.shape[1])
    for start in range(0, len(rows), CHUNK):
        chunk = images[rows[start : start + CHUNK]].astype(np.float64)
        total = total + chunk.sum(axis=0)
        squares = squares + np.square(chunk, out=chunk).sum(axis=0)
    n = len(rows)
    return total / n / 255, np.sqrt(n * squares - total**2) / n / 255


def standardise(pixels: Pixels, mean: Floats, std: Floats, rows: Integers) -> Images:
    """Return (pixels / 255 − mean) / std of these rows as Images; a constant pixel is only centred."""
    std = np.where(std == 0, 1, std)
    return Images(pixels, rows, (1 / (255 * std)).astype(np.float32), (-mean / std).astype(np.float32))
