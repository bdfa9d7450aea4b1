"""Stochastic gradient descent on one network or a stack of K, in place and arranged for speed.

The step is θ ← θ − η ∂J/∂θ with the gradients of `network.gradients`; the tests hold it to that formula. Nearly all of
its time goes into two products. The networks of a stack share their images, so their first layers stand side by side,
as one matrix of shape (d, K m): X W₁ is one product for all of them, and BLAS adds the other, −η Xᵀ G₁, to W₁ in place.
"""

import numpy as np
from numpy.typing import DTypeLike
from scipy.linalg import get_blas_funcs

from twolayer.arrays import Floats, Integers
from twolayer.network import Parameters, softmax


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
        """Copy the parameters, the first layers side by side."""
        *stack, d, m = params.W1.shape
        self.stack, self.m, dtype = tuple(stack), m, params.W1.dtype
        self.W1 = np.moveaxis(params.W1, -2, 0).reshape(d, -1).copy()
        self.b1, self.W2, self.b2 = (array.copy() for array in params[1:])
        self.lam = per_network("λ", lam, self.stack, dtype)
        self.one_hot = np.eye(self.b2.shape[-1], dtype=dtype)
        self.gemm = get_blas_funcs("gemm", dtype=dtype)

    def step(self, X: Floats, y: Integers, eta: float | Floats) -> None:
        """Update all networks on images X, classes y; η is a number, or (K,)."""
        n = len(X)
        eta = per_network("η", eta, self.stack, X.dtype)
        H = (X @ self.W1).reshape(n, *self.b1.shape)
        H += self.b1
        np.maximum(H, 0, out=H)
        # Images last: sums over the few classes are then taken for all images at once.
        H_T = np.moveaxis(H, 0, -1)
        G2 = softmax(self.W2.mT @ H_T + self.b2[..., None], axis=-2)
        G2 -= self.one_hot[:, y]
        G2 *= eta[..., None] / n  # η enters all gradients here, in the smallest array
        G1 = np.empty_like(H)
        np.matmul(G2.mT, self.W2.mT, out=np.moveaxis(G1, 0, -2))
        G1 *= H > 0
        decay = 1 - 2 * eta * self.lam
        self.W2 *= decay[..., None]
        self.W2 -= H_T @ G2.mT
        self.b2 -= G2.sum(axis=-1)
        self.W1 *= np.repeat(decay, self.m)
        # BLAS stores by columns, NumPy by rows: the transposes, W₁ᵀ ← W₁ᵀ − G₁ᵀ X.
        G1_T = G1.reshape(n, -1).T
        self.gemm(-1, G1_T, X.T, beta=1, c=self.W1.T, trans_b=True, overwrite_c=True)
        self.b1 -= G1.sum(axis=0)

    def params(self) -> Parameters:
        """Return a copy of the parameters, in the shapes that they came in."""
        W1 = self.W1.reshape(-1, *self.b1.shape).copy()
        return Parameters(np.moveaxis(W1, 0, -2), self.b1.copy(), self.W2.copy(), self.b2.copy())
