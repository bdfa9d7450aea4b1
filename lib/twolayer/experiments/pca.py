"""Training in the basis of the principal components: nearly the same networks, with fewer numbers per image.

Gaussian starts, the penalty ‖W‖² and gradient descent are invariant under a rotation of the images. With all components
the networks are the same, but for rounding; with the first few, which explain nearly all of the images' variance, they
are nearly the same at a fraction of the arithmetic.
"""

from dataclasses import replace

import numpy as np
from scipy.linalg import eigh

from twolayer.arrays import Floats
from twolayer.images import Images, Split
from twolayer.network import Parameters

CHUNK = 5000  # images rotated together: bounds the memory


def rotate(split: Split, n_components: int) -> Split:
    """Return the Split with its images in the basis of the first principal components of the training images.

    X becomes (n, n_components) float32; `basis` (d, n_components) has the components as columns. Raises
    ValueError unless n_components is an integer from 1 to min(n, d).
    """
    n, d = split.X_train.shape
    if not 1 <= n_components <= min(n, d) or n_components % 1:
        raise ValueError(f"{n_components} principal components: {n} images of {d} pixels have 1 to {min(n, d)}.")
    n_components = int(n_components)
    # eigh sorts by rising variance.
    _, directions = eigh(covariance(split.X_train), subset_by_index=(d - n_components, d - 1), overwrite_a=True)
    basis = np.ascontiguousarray(directions[:, ::-1])
    return replace(
        split,
        X_train=project(split.X_train, basis),
        X_validation=project(split.X_validation, basis),
        X_test=project(split.X_test, basis),
        basis=basis,
        fingerprint=f"{split.fingerprint}-{n_components}",
    )


def covariance(X: Images | Floats) -> Floats:
    """Return the covariance (d, d) of images X (n, d), computed in chunks: all images as floats are 550 MB."""
    d = X.shape[1]
    mean, products = np.zeros(d, X.dtype), np.zeros((d, d), X.dtype)
    for start in range(0, len(X), CHUNK):
        part = X[start : start + CHUNK]
        mean += part.sum(axis=0) / len(X)
        products += part.T @ part / len(X)
    return products - np.outer(mean, mean)


def project(X: Images | Floats, basis: Floats) -> Floats:
    """Return X (n, d) in the basis (d, r): (n, r) float32."""
    projected = np.empty((len(X), basis.shape[1]), np.float32)
    for start in range(0, len(X), CHUNK):
        rows = slice(start, start + CHUNK)
        np.matmul(X[rows], basis, out=projected[rows])
    return projected


def rotate_network(params: Parameters, basis: Floats) -> Parameters:
    """Return the Parameters that give for rotated images what `params` give for images: W₁ (d, m) becomes (r, m)."""
    return params._replace(W1=basis.T @ params.W1)
