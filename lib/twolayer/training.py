"""Mini-batch gradient descent, and the history that it leaves."""

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from twolayer.descent import Descent
from twolayer.network import cross_entropy, forward, penalty

CHUNK = 500  # images looked at together when a network is evaluated: they stay in the cache


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
    """Train a stack of K networks on images X (n, d), classes y (n,), and return its parameters; one network is K = 1.

    eta is a function of the update number t = 0, 1, …; it and lam give one number, or one a network, of shape (K,).
    after_update(t, descent) is called before the first update (t = 0) and after each: a place to record, or to show
    progress. The start `params` is left as it is. Raises TrainingDiverged.
    """
    descent = Descent(params, lam)
    order = batches(len(X), batch_size, rng)
    # A second BLAS thread would spin through all that happens between two products.
    with threadpool_limits(limits=1, user_api="blas"), np.errstate(all="ignore"):
        for t in range(n_updates + 1):
            if t:
                batch = next(order)
                descent.step(X[batch], y[batch], eta(t - 1))
                require_finite(descent, t, eta(t - 1), last=t == n_updates)
            if after_update:
                after_update(t, descent)
    return descent.params()


def require_finite(descent, t, eta, last):
    """Raise TrainingDiverged when the cost of a network is no longer finite.

    On the way it looks at b₂ alone, the smallest parameter, which any number that is not finite soon reaches; after
    the last update at the penalty as well, which is the first part of the cost to overflow.
    """
    finite = np.isfinite(descent.b2).all(axis=1)
    if last:
        finite &= np.isfinite(penalty(descent.params(), descent.lam[:, 0]))
    if finite.all():
        return
    which = finite.argmin()
    lam, eta = descent.lam[which].item(), np.broadcast_to(eta, len(finite))[which]
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
    """Records networks while they train: hand it to `train` as after_update, then read `frame()`.

    splits maps a name ("train", "validation") to its (X, y). Every `every` updates, and after the last, each split is
    evaluated for each network of the stack; eta is the schedule, for the record.
    """

    def __init__(self, splits, *, lam, eta, every, n_updates):
        """Remember what to evaluate, and when."""
        self.splits, self.lam, self.eta, self.every, self.n_updates = splits, lam, eta, every, n_updates
        self.frames = []

    def __call__(self, t, descent):
        """Evaluate the networks after update t."""
        if t % self.every and t != self.n_updates:
            return
        params = descent.params()
        for name, (X, y) in self.splits.items():
            cost, loss, accuracy = evaluate(X, y, params, self.lam)
            columns = {"update": t, "eta": self.eta(t), "split": name, "cost": cost, "loss": loss, "accuracy": accuracy}
            self.frames.append(pd.DataFrame({"network": range(len(cost)), **columns}))

    def frame(self):
        """Return network, update, eta, split, cost, loss, accuracy: a row for each network at each recorded update."""
        return pd.concat(self.frames, ignore_index=True)
