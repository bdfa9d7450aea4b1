"""Worked examples of an optimiser of one's own: `TwoLayerClassifier(optimiser=Adam)`.

An optimiser is called with each parameter θ when a training begins, and returns what is to be called at each update:
with θ, its gradient ∂J/∂θ and the learning rate η, to change θ in place.
"""

import numpy as np

from twolayer.arrays import Floats


class Momentum:
    """V ← μV − η ∂J/∂θ, θ ← θ + V: what the setting `momentum` does faster."""

    def __init__(self, theta: Floats, momentum: float = 0.9) -> None:
        """Begin with V = 0."""
        self.V, self.momentum = np.zeros_like(theta), momentum

    def __call__(self, theta: Floats, gradient: Floats, eta: Floats) -> None:
        """Change θ in place."""
        self.V *= self.momentum
        self.V -= eta * gradient
        theta += self.V


class Adam:
    """Steps of nearly the same size for all parameters, whatever the size of their gradients.

    Source: D. P. Kingma and J. Ba, "Adam: a method for stochastic optimization", 2015.
    """

    def __init__(self, theta: Floats, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8) -> None:
        """Begin with means of 0."""
        self.mean, self.square, self.t = np.zeros_like(theta), np.zeros_like(theta), 0
        self.beta1, self.beta2, self.epsilon = beta1, beta2, epsilon

    def __call__(self, theta: Floats, gradient: Floats, eta: Floats) -> None:
        """Change θ in place."""
        self.t += 1
        self.mean += (1 - self.beta1) * (gradient - self.mean)
        self.square += (1 - self.beta2) * (gradient**2 - self.square)
        mean, square = self.mean / (1 - self.beta1**self.t), self.square / (1 - self.beta2**self.t)
        theta -= eta * mean / (np.sqrt(square) + self.epsilon)
