"""Mini-batch gradient descent, and the history that it leaves."""

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from twolayer.network import Parameters, cross_entropy, forward, gradients, penalty

CHUNK = 5000  # images looked at together when a network is evaluated: bounds the memory of a wide stack


class TrainingDiverged(ArithmeticError):
    """The cost of a network is no longer finite."""


def batches(n, batch_size, rng):
    """Yield index arrays for ever: each epoch is a new order of the n images, cut into batches.

    An epoch's last batch is smaller where batch_size does not divide n.
    """
    while True:
        order = rng.permutation(n)
        yield from (order[start : start + batch_size] for start in range(0, n, batch_size))


def train(X, y, params, *, lam, eta, batch_size, n_updates, rng, after_update=None):
    """Train one network or a stack on images X (n, d), classes y (n,), and return its parameters.

    eta is a function of the update number t = 0, 1, …; it and lam give one number, or one a network, of shape (K,).
    after_update(t, eta, params) is called before the first update (t = 0) and after each: a place to record, or to
    show progress. The start `params` is left as it is. Raises TrainingDiverged.
    """
    params = Parameters(*(array.copy() for array in params))
    after_update = after_update or (lambda t, eta, params: None)
    order = batches(len(X), batch_size, rng)
    # A second BLAS thread would spin through all that happens between two products.
    with threadpool_limits(limits=1, user_api="blas"), np.errstate(all="ignore"):
        after_update(0, eta(0), params)
        for t in range(n_updates):
            batch = next(order)
            descend(params, gradients(X[batch], y[batch], params, lam), eta(t))
            require_finite(params, t + 1, lam, eta(t))
            after_update(t + 1, eta(t + 1), params)
    return params


def descend(params, grads, eta):
    """Take one step of gradient descent, θ ← θ − η ∂J/∂θ, in place."""
    for array, grad in zip(params, grads, strict=True):
        step = np.asarray(eta, array.dtype)
        array -= step.reshape(step.shape + (1,) * (array.ndim - step.ndim)) * grad


def require_finite(params, t, lam, eta):
    """Raise TrainingDiverged when a network's cost is no longer finite.

    Looks at b₂ alone, the smallest parameter: a number that is not finite reaches it within one update from anywhere.
    """
    finite = np.isfinite(params.b2).all(axis=-1)
    if finite.all():
        return
    which = np.argmin(finite)
    lam, eta = (np.broadcast_to(value, np.shape(finite) or (1,))[which] for value in (lam, eta))
    raise TrainingDiverged(
        f"The cost is no longer finite after update {t} (η = {eta:.3g}, λ = {lam:.3g}): "
        "choose a smaller eta_max or a smaller lam."
    )


def evaluate(X, y, params, lam):
    """Return cost, loss and accuracy on images X (n, d), each of shape (…): () for a network, (K,) for a stack."""
    loss = correct = 0.0
    for start in range(0, len(X), CHUNK):
        labels = y[start : start + CHUNK]
        _, P = forward(X[start : start + CHUNK], params)
        loss = loss + cross_entropy(P, labels) * len(labels)
        correct = correct + (P.argmax(axis=-1) == labels).sum(axis=-1)
    loss = np.asarray(loss, float) / len(X)
    return loss + penalty(params, lam), loss, np.asarray(correct, float) / len(X)


class History:
    """Records a network while it trains: hand it to `train` as after_update, then read `frame()`.

    splits maps a name ("train", "validation") to its (X, y); every n_every updates, and at the last, each split is
    evaluated.
    """

    def __init__(self, splits, *, lam, every, n_updates):
        """Remember what to evaluate, and when."""
        self.splits, self.lam, self.every, self.n_updates = splits, lam, every, n_updates
        self.rows = []

    def __call__(self, t, eta, params):
        """Evaluate the network after update t."""
        if t % self.every and t != self.n_updates:
            return
        for name, (X, y) in self.splits.items():
            cost, loss, accuracy = evaluate(X, y, params, self.lam)
            self.rows.append((t, float(eta), name, float(cost), float(loss), float(accuracy)))

    def frame(self):
        """Return the history: one row for each recorded update and split."""
        return pd.DataFrame(self.rows, columns=["update", "eta", "split", "cost", "loss", "accuracy"])
