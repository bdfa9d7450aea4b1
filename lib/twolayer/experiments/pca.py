"""Training in the basis of the principal components: nearly the same networks, from fewer numbers per image.

Gaussian starts, the penalty ‖W‖² and gradient descent do not change when the images are rotated. With all components
the networks are the same except for rounding errors. With the first few, which explain nearly all of the images'
variance, they are nearly the same, and training is many times faster.
"""

from dataclasses import replace

import numpy as np
from scipy.linalg import eigh

from twolayer.arrays import Floats
from twolayer.images import Images, Split
from twolayer.network import Parameters

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
    return replace(
        split,
        X_train=project(split.X_train, basis),
        X_validation=project(split.X_validation, basis),
        X_test=project(split.X_test, basis),
        basis=basis,
        fingerprint=f"{split.fingerprint}-{int(n_components)}",
    )


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
