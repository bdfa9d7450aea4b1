"""Training in the basis of the principal components: nearly the same networks, from fewer numbers per image.

Gaussian starts, the penalty ‖W‖² and gradient descent do not change when the images are rotated. With all components
the networks are the same except for rounding errors. With the first few, which explain nearly all of the images'
variance, they are nearly the same, and training is many times faster.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from scipy.linalg import eigh

from twolayer.arrays import Floats
from twolayer.checks import is_finite, require
from twolayer.images import Images, Split
from twolayer.network import Parameters

CHUNK = 5000  # images rotated together: limits the memory


def rotate(split: Split, n_components: int, whitening: float | None = None) -> Split:
    """Return the Split with its images in the basis of the first principal components of the training images.

    X becomes (n, n_components) float32; the columns of `basis` (d, n_components) are the components. With whitening ε,
    each component is divided by √(its variance + ε), so that all vary nearly alike; then W₁ in pixels is still
    basis @ W1. Raises ValueError unless n_components is a whole number from 1 to min(n, d), and ε a number above 0.
    """
    basis = components(split.X_train, n_components, whitening)
    return _in_basis(split, basis, whitening, lambda X: project(X, basis))


def lazily(split: Split, n_components: int, whitening: float | None = None) -> Split:
    """Return the Split of `rotate` with Images that are rotated when they are read, so that their pixels can be moved.

    Raises ValueError as `rotate` does, and for images that have no pixels.
    """
    require(isinstance(split.X_train, Images), "give a split of Images", split=split.fingerprint)
    basis = components(split.X_train, n_components, whitening)

    def turned(X: Images) -> Images:
        scale, shift = X.scale[:, None] * basis, X.shift @ basis
        return replace(X, scale=scale.astype(np.float32), shift=shift.astype(np.float32))

    return _in_basis(split, basis, whitening, turned)


def _in_basis(split: Split, basis: Floats, whitening: float | None, turn: Callable[[Any], Images | Floats]) -> Split:
    """Return the Split with all its images turned, and a fingerprint of its own."""
    of_basis = f"{basis.shape[1]}" if whitening is None else f"{basis.shape[1]}-{whitening:g}"
    return replace(
        split,
        X_train=turn(split.X_train),
        X_validation=turn(split.X_validation),
        X_test=turn(split.X_test),
        basis=basis,
        whitened=whitening is not None,
        fingerprint=f"{split.fingerprint}-{of_basis}",
    )


def components(X: Images | Floats, n_components: int, whitening: float | None = None) -> Floats:
    """Return the first principal components of images X (n, d) as columns (d, n_components), whitened as in `rotate`.

    Raises ValueError as `rotate` does.
    """
    n, d = X.shape
    if not 1 <= n_components <= min(n, d) or n_components % 1:
        raise ValueError(f"{n_components} principal components: {n} images of {d} pixels have 1 to {min(n, d)}.")
    positive = whitening is None or (is_finite(whitening, 0) and whitening > 0)
    require(positive, "choose a number above 0, or None", whitening=whitening)
    largest = (d - int(n_components), d - 1)  # eigh sorts by rising variance
    variances, directions = eigh(covariance(X), subset_by_index=largest, overwrite_a=True)
    if whitening is not None:
        directions /= np.sqrt(variances + whitening)
    return np.ascontiguousarray(directions[:, ::-1])


def covariance(X: Images | Floats) -> Floats:
    """Return the covariance (d, d) of images X (n, d), computed in chunks: all images as floats need 550 MB."""
    d = X.shape[1]
    mean, products = np.zeros(d, X.dtype), np.zeros((d, d), X.dtype)
    for start in range(0, len(X), CHUNK):
        part = X[start : start + CHUNK]
        mean += part.sum(axis=0) / len(X)
        products += part.T @ part / len(X)
    return products - np.outer(mean, mean)


def project(X: Images | Floats, basis: Floats) -> Floats:
    """Return X (n, d) in the basis (d, r): (n, r) float32."""
    starts = range(0, max(1, len(X)), CHUNK)  # at least one chunk: a split may have no test images
    return np.concatenate([X[start : start + CHUNK] @ basis for start in starts], dtype=np.float32)


def rotate_network(params: Parameters, basis: Floats) -> Parameters:
    """Return the network that computes from rotated images what `params` computes from images: W1 becomes (r, m)."""
    return params._replace(W1=basis.T @ params.W1)
