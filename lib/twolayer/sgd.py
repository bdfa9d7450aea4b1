"""Gradient descent on a stack of networks, arranged for speed.

The step is the plain one, θ ← θ − η ∂J/∂θ with the gradients of `network.gradients`, which the tests hold it to. It is
fast because the first layer, where nearly all of the arithmetic is, costs two matrix products and nothing else:

- The networks of a stack share their images, so their first layers stand side by side as one matrix of shape (d, K m).
- W₁ = s V with a number s for each network. The penalty's part of the step, W₁ ← (1 − 2ηλ) W₁, changes s alone.
- The other part is one product that BLAS adds to V in place: V ← V + Xᵀ G.
"""

import numpy as np
from numpy.typing import DTypeLike
from scipy.linalg import get_blas_funcs

from twolayer.arrays import Floats, Integers
from twolayer.network import Parameters, softmax

SMALLEST_SCALE = 1e-3  # below this s goes back into V: rounding stays what it was, and s never underflows


def per_network(name: str, value: float | Floats, K: int, dtype: DTypeLike) -> Floats:
    """Return a number for each network, (K, 1), from one number or from K. Raises ValueError for any other count."""
    value = np.asarray(value, dtype)
    if value.shape not in ((), (K,)):
        raise ValueError(f"{name} has the shape {value.shape} for a stack of {K}: give one number, or {K}.")
    return np.broadcast_to(value, K)[:, None]


class Descent:
    """A stack of K networks on their way down: a copy of `params`, moved by each `step`; lam is a number or (K,)."""

    def __init__(self, params: Parameters, lam: float | Floats) -> None:
        """Lay the first layers side by side."""
        K, d, m = params.W1.shape
        dtype = params.W1.dtype
        self.V = params.W1.swapaxes(0, 1).reshape(d, K * m).copy()
        self.scale = np.ones((K, 1), dtype)
        self.b1, self.W2, self.b2 = (array.copy() for array in params[1:])
        self.lam = per_network("λ", lam, K, dtype)
        self.one_hot = np.eye(params.b2.shape[1], dtype=dtype)
        self.gemm = get_blas_funcs("gemm", dtype=dtype)

    def step(self, X: Floats, y: Integers, eta: float | Floats) -> None:
        """Move every network by one step of learning rate eta, a number or (K,), on images X (n, d), classes y (n,)."""
        (K, m), n = self.b1.shape, len(X)
        eta = per_network("η", eta, K, X.dtype)
        H = (X @ self.V).reshape(n, K, m)
        H *= self.scale
        H += self.b1
        np.maximum(H, 0, out=H)
        # Images last: what is done along the short axis of classes is done for all images at once.
        H_of_each = H.transpose(1, 2, 0)
        G2 = softmax(self.W2.mT @ H_of_each + self.b2[..., None], axis=1)
        G2 -= self.one_hot[:, y]
        G2 /= n
        G1 = np.empty_like(H)
        np.matmul(G2.mT, self.W2.mT, out=G1.swapaxes(0, 1))
        G1 *= H > 0
        kept = 1 - 2 * eta * self.lam
        self.W2 *= kept[:, None]
        self.W2 -= eta[:, None] * (H_of_each @ G2.mT)
        self.b2 -= eta * G2.sum(axis=2)
        self.b1 -= eta * G1.sum(axis=0)
        self._step_first_layer(X, G1, eta, kept)

    def _step_first_layer(self, X: Floats, G1: Floats, eta: Floats, kept: Floats) -> None:
        """Step W₁ = s V: s ← (1 − 2ηλ) s, then V ← V − (η/s) Xᵀ G."""
        self.scale *= kept
        if self.scale.min() < SMALLEST_SCALE:
            self._fold()
        G1 *= -eta / self.scale
        # BLAS knows columns where NumPy has rows, so it is told the transpose: Vᵀ ← Vᵀ + Gᵀ X.
        self.gemm(1, G1.reshape(len(X), -1).T, X.T, beta=1, c=self.V.T, trans_b=True, overwrite_c=True)

    def _fold(self) -> None:
        """Put the scales back into V."""
        W1 = self.V.reshape(len(self.V), *self.b1.shape)
        W1 *= self.scale
        self.scale[:] = 1

    def params(self) -> Parameters:
        """Return a copy of the networks as they are now, Parameters of a stack; looking changes nothing."""
        W1 = self.V.reshape(len(self.V), *self.b1.shape) * self.scale
        return Parameters(W1.swapaxes(0, 1), self.b1.copy(), self.W2.copy(), self.b2.copy())
