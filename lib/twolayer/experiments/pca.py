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
from twolayer.images import Images, Split
from twolayer.network import Parameters
from twolayer.runtime.checks import is_finite, require

CHUNK = 5000  # images rotated together: limits the memory


def rotate(split: Split, n_components: int) -> Split:
    """Return the Split with its images in the basis of the first principal components of the training images.

    X becomes (n, n_components) float32; the columns of `basis` (d, n_components) are the components. Raises ValueError
    unless n_components is a whole number from 1 to min(n, d).
    """
    n, d = split.X_train.shape
    if not 1 <= n_components <= min(n, d) or n_components % 1:
        raise ValueError(f"{n_components} principal components: {n} images of {d} pixels have 1 to {min(n, d)}.")
    largest = (d - int(n_components), d - 1)  # eigh sorts by rising variance
    _, directions = eigh(covariance(split.X_train), subset_by_index=largest, overwrite_a=True)
    basis = np.ascontiguousarray(directions[:, ::-1])
    fingerprint = f"{split.fingerprint}-{int(n_components)}"
    return _in_basis(split, lambda X: project(X, basis), basis=basis, fingerprint=fingerprint)


def whiten(rotated: Split, epsilon: float) -> Split:
    """Return a Split of `rotate` with each component divided by √(its variance + ε), so that all vary nearly alike.

    So are the columns of `basis`: W₁ in pixels is still basis @ W1. Raises ValueError unless ε is a number above 0, and
    for images that are not rotated.
    """
    require(is_finite(epsilon, 0) and epsilon > 0, "choose a number above 0", epsilon=epsilon)
    if rotated.basis is None:
        raise ValueError("The images are not rotated: give what pca.rotate returns.")
    scale = 1 / np.sqrt(np.var(rotated.X_train, axis=0) + np.float32(epsilon))
    fingerprint = f"{rotated.fingerprint}-{epsilon:g}"
    return _in_basis(rotated, lambda X: X * scale, basis=rotated.basis * scale, whitened=True, fingerprint=fingerprint)


def project_on_reading(split: Split, rotated: Split) -> Split:
    """Return the images of `rotated`, made from those of `split`, as Images: projected when they are read.

    So their pixels can still be moved. Raises ValueError unless `split` holds Images, and `rotated` rotated ones.
    """
    basis = rotated.basis
    if basis is None or not isinstance(split.X_train, Images):
        raise ValueError("Give a split of Images, and what pca.rotate or pca.whiten has made of it.")

    def turned(X: Images) -> Images:
        scale, shift = X.scale[:, None] * basis, X.shift @ basis
        return replace(X, scale=scale.astype(np.float32), shift=shift.astype(np.float32))

    return _in_basis(split, turned, basis=basis, whitened=rotated.whitened, fingerprint=rotated.fingerprint)


def _in_basis(split: Split, turn: Callable[[Any], Images | Floats], **changes: Any) -> Split:
    """Return the Split with all its images turned, and other changes."""
    parts = [turn(X) for X in (split.X_train, split.X_validation, split.X_test)]
    return replace(split, X_train=parts[0], X_validation=parts[1], X_test=parts[2], **changes)


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
