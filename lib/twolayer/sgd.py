"""Gradient descent in place, arranged for speed, on one network or a stack of K.

The step is θ ← θ − η ∂J/∂θ with the gradients of `network.gradients`; the tests hold it to that formula. It is fast
because the first layer, where nearly all of the arithmetic is, costs two matrix products and nothing else:

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


def per_network(name: str, value: float | Floats, stack: tuple[int, ...], dtype: DTypeLike) -> Floats:
    """Return a number for each network, of shape (…, 1). `stack` is (K,), or () for one network.

    Raises ValueError unless value is one number, or one for each network of the stack.
    """
    value = np.asarray(value, dtype)
    if value.shape not in ((), stack):
        raise ValueError(f"{name} has the shape {value.shape}: give one number, or one for each network, {stack}.")
    return np.broadcast_to(value, stack)[..., None]


class Descent:
    """One network or a stack of K, updated in place by SGD: a copy of `params`; lam is a number or (K,)."""

    def __init__(self, params: Parameters, lam: float | Floats) -> None:
        """Lay the first layers side by side."""
        *self.stack, d, _ = params.W1.shape
        dtype = params.W1.dtype
        self.V = np.moveaxis(params.W1, -2, 0).reshape(d, -1).copy()
        self.scale = np.ones((*self.stack, 1), dtype)
        self.b1, self.W2, self.b2 = (array.copy() for array in params[1:])
        self.lam = per_network("λ", lam, tuple(self.stack), dtype)
        self.one_hot = np.eye(self.b2.shape[-1], dtype=dtype)
        self.gemm = get_blas_funcs("gemm", dtype=dtype)

    def step(self, X: Floats, y: Integers, eta: float | Floats) -> None:
        """Update every network with learning rate eta, a number or (K,), on images X (n, d) with classes y (n,)."""
        n = len(X)
        eta = per_network("η", eta, tuple(self.stack), X.dtype)
        H = (X @ self.V).reshape(n, *self.b1.shape)
        H *= self.scale
        H += self.b1
        np.maximum(H, 0, out=H)
        # Images last: what is done along the short axis of classes is done for all images at once.
        H_T = np.moveaxis(H, 0, -1)
        G2 = softmax(self.W2.mT @ H_T + self.b2[..., None], axis=-2)
        G2 -= self.one_hot[:, y]
        G2 /= n
        G1 = np.empty_like(H)
        np.matmul(G2.mT, self.W2.mT, out=np.moveaxis(G1, 0, -2))
        G1 *= H > 0
        kept = 1 - 2 * eta * self.lam
        self.W2 *= kept[..., None]
        self.W2 -= eta[..., None] * (H_T @ G2.mT)
        self.b2 -= eta * G2.sum(axis=-1)
        self.b1 -= eta * G1.sum(axis=0)
        self._step_first_layer(X, G1, eta, kept)

    def _step_first_layer(self, X: Floats, G1: Floats, eta: Floats, kept: Floats) -> None:
        """Step W₁ = s V: s ← (1 − 2ηλ) s, then V ← V − (η/s) Xᵀ G."""
        self.scale *= kept
        if self.scale.min() < SMALLEST_SCALE:
            self._fold()
        G1 *= -eta / self.scale
        # BLAS stores columns where NumPy stores rows, so it gets the transpose: Vᵀ ← Vᵀ + Gᵀ X.
        self.gemm(1, G1.reshape(len(X), -1).T, X.T, beta=1, c=self.V.T, trans_b=True, overwrite_c=True)

    def _fold(self) -> None:
        """Put the scales back into V."""
        W1 = self.V.reshape(-1, *self.b1.shape)
        W1 *= self.scale
        self.scale[:] = 1

    def params(self) -> Parameters:
        """Return a copy of the parameters, of the shapes that they came in."""
        W1 = self.V.reshape(-1, *self.b1.shape) * self.scale
        return Parameters(np.moveaxis(W1, 0, -2), self.b1.copy(), self.W2.copy(), self.b2.copy())
