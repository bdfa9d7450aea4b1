"""Training in the basis of the principal components: the same networks, on fewer numbers an image.

Random Gaussian starts, the penalty ‖W‖² and gradient descent do not change when the images are rotated. With all
components the networks are the same, but for rounding; with the first few, which carry nearly all of the images'
variance, they are nearly the same for a part of the arithmetic.
"""

from dataclasses import replace

import numpy as np
from scipy.linalg import eigh

from twolayer.arrays import Floats
from twolayer.images import Images, Split
from twolayer.network import Parameters

CHUNK = 5000  # images rotated together: bounds the memory


def rotate(split: Split, n_components: int) -> Split:
    """Return the data.Split with its images in the basis of the training images' first principal components.

    X becomes (n, n_components) float32; `basis` (d, n_components) holds the components as columns. Raises ValueError.
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
    """Return the covariance (d, d) of images X (n, d), looked at in chunks: all of them in floats are 550 MB."""
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
    """Return Parameters that do to rotated images what `params` do to images: W₁ (d, m) becomes (r, m)."""
    return params._replace(W1=basis.T @ params.W1)


def rotate_back(params: Parameters, basis: Floats) -> Parameters:
    """Return Parameters that do to images what `params` do to rotated ones: W₁ (r, m) becomes (d, m)."""
    return params._replace(W1=basis @ params.W1)
