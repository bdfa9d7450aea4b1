"""The mathematics: a network of two layers, its cost and its gradients.

    H = max(0, X W₁ + b₁)        P = softmax(H W₂ + b₂)
    L = mean of −log P[i, yᵢ]    J = L + λ(‖W₁‖² + ‖W₂‖²)

Two things may be different while a network trains. Dropout multiplies H by a mask that is drawn anew for each batch.
Label smoothing asks for the probabilities T of `targets`: L is then the mean of −Σ T[i, k] log P[i, k] over the images.

Every function takes one network or a stack of K networks that look at the same images: a stack has one more axis
in front of each parameter (W1 of shape (K, d, m), λ of shape (K,)) and in front of each result, and NumPy's
broadcasting does the rest. The formulas are those of KTH DD2424, assignment 2, with images in rows.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from twolayer.arrays import Floats, Integers


class Parameters(NamedTuple):
    """The parameters of a network: W1 (d, m), b1 (m,), W2 (m, c), b2 (c,); a stack has K in front of each shape."""

    W1: Floats
    b1: Floats
    W2: Floats
    b2: Floats


def initialise(d: int, m: int, c: int, rng: np.random.Generator, dtype: DTypeLike = np.float32) -> Parameters:
    """Draw the initial parameters of one network: W₁ from N(0, 1/d), W₂ from N(0, 1/m) (variances), biases 0."""
    W1 = rng.standard_normal((d, m)) / np.sqrt(d)
    W2 = rng.standard_normal((m, c)) / np.sqrt(m)
    return Parameters(W1.astype(dtype), np.zeros(m, dtype), W2.astype(dtype), np.zeros(c, dtype))


def stack(networks: Iterable[Parameters]) -> Parameters:
    """Put K networks of the same sizes into one stack. Raises ValueError if there is none."""
    networks = list(networks)
    if not networks:
        raise ValueError("There is no network to stack: give at least one.")
    return Parameters(*map(np.stack, zip(*networks, strict=True)))


def unstack(params: Parameters) -> list[Parameters]:
    """Take a stack apart into its K networks (views, not copies)."""
    return [Parameters(*arrays) for arrays in zip(*params, strict=True)]


def dropout_mask(shape: tuple[int, ...], p: float, rng: np.random.Generator, dtype: DTypeLike = np.float32) -> Floats:
    """Draw the mask of dropout for activations of this shape: 0 with probability p, otherwise 1/(1 − p).

    So a unit's mean is what it is without dropout, and `forward` needs no mask once the network is trained. Source: N.
    Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", 2014.
    """
    # Small integers are drawn in half the time of floats; p is exact to one in 65,536.
    kept = rng.integers(2**16, size=shape, dtype=np.uint16) >= round(p * 2**16)
    return np.multiply(kept, 1 / (1 - p), dtype=dtype)


def targets(c: int, label_smoothing: float = 0.0, dtype: DTypeLike = np.float32) -> Floats:
    """Return T (c, c), the probabilities that an image of each class is to get: 1 for its own class, 0 for the others.

    Label smoothing takes a part of the 1 and divides it among all c classes. Source: C. Szegedy et al., "Rethinking the
    Inception architecture for computer vision", 2016.
    """
    return ((1 - label_smoothing) * np.eye(c) + label_smoothing / c).astype(dtype)


def softmax(S: Floats, axis: int = -1) -> Floats:
    """Turn scores, whose classes lie along `axis`, into probabilities without overflow."""
    E = np.exp(S - S.max(axis=axis, keepdims=True))
    return E / E.sum(axis=axis, keepdims=True)


def forward(X: Floats, params: Parameters, mask: float | Floats = 1) -> tuple[Floats, Floats]:
    """Return the activations H (…, n, m), times a mask, and probabilities P (…, n, c) of images X (n, d)."""
    W1, b1, W2, b2 = params
    H = np.maximum(X @ W1 + b1[..., None, :], 0) * mask
    P = softmax(H @ W2 + b2[..., None, :])
    return H, P


def losses(P: Floats, y: Integers) -> Floats:
    """Return −log P[i, yᵢ], the loss of each image in nats: shape (…, n).

    A probability that underflowed to 0 counts as the smallest positive one, so that no loss is infinite.
    """
    p = P[..., np.arange(len(y)), y]
    return -np.log(np.maximum(p, np.finfo(p.dtype).tiny))


def cross_entropy(P: Floats, y: Integers) -> Floats:
    """Return L, the mean of the images' losses: shape (…)."""
    return losses(P, y).mean(axis=-1)


def penalty(params: Parameters, lam: float | Floats) -> Floats:
    """Return λ(‖W₁‖² + ‖W₂‖²): shape (…)."""
    return lam * sum(np.square(W).sum(axis=(-2, -1)) for W in (params.W1, params.W2))


def cost(X: Floats, y: Integers, params: Parameters, lam: float | Floats) -> Floats:
    """Return J = L + λ(‖W₁‖² + ‖W₂‖²) of images X (n, d) with class numbers y (n,): shape (…)."""
    _, P = forward(X, params)
    return cross_entropy(P, y) + penalty(params, lam)


def gradients(
    X: Floats,
    y: Integers,
    params: Parameters,
    lam: float | Floats,
    mask: float | Floats = 1,
    label_smoothing: float = 0.0,
) -> Parameters:
    """Return ∂J/∂W₁, ∂J/∂b₁, ∂J/∂W₂, ∂J/∂b₂ as Parameters by back-propagation; mask has the shape of H."""
    W1, _, W2, b2 = params
    H, P = forward(X, params, mask)
    G = (P - targets(b2.shape[-1], label_smoothing, P.dtype)[y]) / len(X)  # ∂L/∂(scores)
    dW2 = H.mT @ G + decay(W2, lam)
    db2 = G.sum(axis=-2)
    G = (G @ W2.mT) * (H > 0) * mask  # ∂L/∂(hidden layer before its ReLU)
    dW1 = X.T @ G + decay(W1, lam)
    db1 = G.sum(axis=-2)
    return Parameters(dW1, db1, dW2, db2)


def decay(W: Floats, lam: float | Floats) -> Floats:
    """Return 2λW, the penalty's gradient, with one λ for each network of a stack."""
    return 2 * np.asarray(lam, W.dtype)[..., None, None] * W
