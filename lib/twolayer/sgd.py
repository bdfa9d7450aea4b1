"""Stochastic gradient descent on one network or a stack of K, in place and arranged for speed.

The step is θ ← θ − η ∂J/∂θ with the gradients of `network.gradients`; the tests hold it to that formula. Nearly all of
its time goes into two products. The networks of a stack share their images, so their first layers stand side by side,
as one matrix of shape (d, K m): X W₁ is one product for all of them, and BLAS adds the other, −η Xᵀ G₁, to W₁ in place.

Two others go from the same gradients elsewhere: `HeavyBall` with momentum, `ByGradients` where an optimiser says.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import DTypeLike

from twolayer.arrays import Floats, Integers
from twolayer.network import Parameters, softmax, targets
from twolayer.runtime.blas import add_product

Update = Callable[
    [Floats, Floats, Floats], None
]  # changes a parameter in place, by its gradient and the η of each entry
Optimiser = Callable[[Floats], Update]  # is called with each parameter before the first update


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

    def __init__(self, params: Parameters, lam: float | Floats, label_smoothing: float = 0.0) -> None:
        """Copy the parameters, the first layers side by side."""
        *stack, d, m = params.W1.shape
        self.stack, self.m, dtype = tuple(stack), m, params.W1.dtype
        self.W1 = np.moveaxis(params.W1, -2, 0).reshape(d, -1).copy()
        self.b1, self.W2, self.b2 = (array.copy() for array in params[1:])
        self.lam = per_network("λ", lam, self.stack, dtype)
        self.targets = targets(self.b2.shape[-1], label_smoothing, dtype)

    def step(self, X: Floats, y: Integers, eta: float | Floats, mask: Floats | None = None) -> None:
        """Update all networks on images X (n, d), classes y; η is a number, or (K,); mask (n, …, m) is dropout's."""
        eta = per_network("η", eta, self.stack, X.dtype)
        H, S = self.forward(X, mask)
        G2 = softmax(S + self.b2[..., None], axis=-2)
        G2 -= self.targets[:, y]
        self.move(X, H, G2, mask, eta)

    def forward(self, X: Floats, mask: Floats | None) -> tuple[Floats, Floats]:
        """Return the activations (n, …, m), and the scores (…, c, n) without b₂.

        Images last: sums over the few classes are then taken for all images at once.
        """
        H = (X @ self.W1).reshape(len(X), *self.b1.shape)
        H += self.b1
        np.maximum(H, 0, out=H)
        if mask is not None:
            H *= mask
        return H, self.W2.mT @ np.moveaxis(H, 0, -1)

    def move(self, X: Floats, H: Floats, G2: Floats, mask: Floats | None, eta: Floats) -> None:
        """Update all parameters; G2 (…, c, n) is P − T."""
        G2 = G2 * (eta[..., None] / len(X))  # η enters all gradients here, in the smallest array
        G1 = self.hidden_gradient(H, G2, mask)
        self.move_without_gradient(eta)
        self.W2 -= np.moveaxis(H, 0, -1) @ G2.mT
        self.b2 -= G2.sum(axis=-1)
        add_product(self.W1, X, G1.reshape(len(X), -1), alpha=-1, beta=1)
        self.b1 -= G1.sum(axis=0)

    def hidden_gradient(self, H: Floats, G2: Floats, mask: Floats | None) -> Floats:
        """Return the gradient at the hidden layer before its ReLU (n, …, m), from that at the scores."""
        G1 = np.empty_like(H)
        np.matmul(G2.mT, self.W2.mT, out=np.moveaxis(G1, 0, -2))
        G1 *= H > 0
        if mask is not None:
            G1 *= mask
        return G1

    def move_without_gradient(self, eta: Floats) -> None:
        """Move the parameters where they go without ∂L/∂θ: the penalty makes the weights smaller."""
        decay = 1 - 2 * eta * self.lam
        self.W2 *= decay[..., None]
        self.W1 *= self.side_by_side(decay)

    def params(self) -> Parameters:
        """Return a copy of the parameters, in the shapes that they came in."""
        W1 = self.W1.reshape(-1, *self.b1.shape).copy()
        return Parameters(np.moveaxis(W1, 0, -2), self.b1.copy(), self.W2.copy(), self.b2.copy())

    def arrays(self) -> list[Floats]:
        """Return the parameters themselves, the first layers side by side."""
        return [self.W1, self.b1, self.W2, self.b2]

    def for_each(self, value: Floats) -> list[Floats]:
        """Return a number for each network (…, 1) as it is multiplied with W₁, b₁, W₂ and b₂."""
        return [self.side_by_side(value), value, value[..., None], value]

    def side_by_side(self, value: Floats) -> Floats:
        """Return a number for each network (…, 1) as it is multiplied with W₁: one number if there is one network."""
        return np.repeat(value, self.m) if self.stack else value


class HeavyBall(Descent):
    """SGD with momentum: θ ← θ − η ∂J/∂θ + μ(θ − θ₋), where θ₋ is θ before the last step.

    That is the same as V ← μV − η ∂J/∂θ, θ ← θ + V. Source: B. T. Polyak, "Some methods of speeding up the convergence
    of iteration methods", 1964.
    """

    def __init__(
        self, params: Parameters, lam: float | Floats, label_smoothing: float = 0.0, momentum: float = 0.9
    ) -> None:
        """Copy the parameters, which begin at rest."""
        super().__init__(params, lam, label_smoothing)
        self.momentum = self.W1.dtype.type(momentum)
        self.before = [array.copy() for array in self.arrays()]

    def move_without_gradient(self, eta: Floats) -> None:
        """Move the parameters where they go without ∂L/∂θ."""
        here = self.arrays()
        weights, biases = (self.for_each(1 + self.momentum - 2 * eta * lam) for lam in (self.lam, 0 * self.lam))
        for theta, before, keep in zip(here, self.before, (weights[0], biases[1], weights[2], biases[3]), strict=True):
            before *= -self.momentum / keep  # in place: −μ θ₋ + keep θ
            before += theta
            before *= keep
        (self.W1, self.b1, self.W2, self.b2), self.before = self.before, here


class ByGradients(Descent):
    """The parameters, moved by an optimiser that gets the gradient of each."""

    def __init__(
        self, params: Parameters, lam: float | Floats, label_smoothing: float = 0.0, *, optimiser: Optimiser
    ) -> None:
        """Copy the parameters, and let the optimiser begin with each."""
        super().__init__(params, lam, label_smoothing)
        self.updates = [optimiser(theta) for theta in self.arrays()]

    def move(self, X: Floats, H: Floats, G2: Floats, mask: Floats | None, eta: Floats) -> None:
        """Update all parameters; G2 (…, c, n) is P − T."""
        G2 = G2 / len(X)
        G1 = self.hidden_gradient(H, G2, mask)
        decay = self.for_each(2 * self.lam)
        gradients = [
            X.T @ G1.reshape(len(X), -1) + decay[0] * self.W1,
            G1.sum(axis=0),
            np.moveaxis(H, 0, -1) @ G2.mT + decay[2] * self.W2,
            G2.sum(axis=-1),
        ]
        for update, theta, gradient, rate in zip(
            self.updates, self.arrays(), gradients, self.for_each(eta), strict=True
        ):
            update(theta, gradient, rate)
