"""Mini-batch gradient descent, and the history that it leaves."""

from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

import numpy as np
import pandas as pd

from twolayer.arrays import Floats, Integers
from twolayer.network import Parameters, forward, losses, penalty
from twolayer.runtime.threads import one_thread
from twolayer.sgd import Descent

CHUNK = 500  # images looked at together when a network is evaluated: they stay in the cache


class Images(Protocol):
    """Images (n, d) that are looked at a few at a time: an array, or data.Images."""

    def __len__(self) -> int: ...  # noqa: D105

    def __getitem__(self, rows: Integers | slice, /) -> Floats: ...  # noqa: D105


Rate = Callable[[int], float | Floats]  # the learning rate η at update t: one number, or one a network


class TrainingDiverged(ArithmeticError):
    """The cost of a network is no longer finite."""


def batches(n: int, batch_size: int, rng: np.random.Generator) -> Iterator[Integers]:
    """Yield index arrays for ever: each epoch is a new order of the n images, cut into batches.

    An epoch's last batch is smaller where batch_size does not divide n. Raises ValueError for no images.
    """
    if not n:
        raise ValueError("There is no image to train on: give at least one.")
    while True:
        order = rng.permutation(n)
        yield from (order[start : start + batch_size] for start in range(0, n, batch_size))


def train(
    X: Images,
    y: Integers,
    params: Parameters,
    *,
    lam: float | Floats,
    eta: Rate,
    batch_size: int,
    n_updates: int,
    rng: np.random.Generator,
    after_update: Callable[[int, Descent], None] | None = None,
) -> Parameters:
    """Train a stack of K networks on images X (n, d), classes y (n,), and return its parameters; one network is K = 1.

    eta is a function of the update number t = 0, 1, …; it and lam give one number, or one a network, of shape (K,).
    after_update(t, descent) is called before the first update (t = 0) and after each: a place to record, or to show
    progress. The start `params` is left as it is. Raises TrainingDiverged.
    """
    descent = Descent(params, lam)
    order = batches(len(X), batch_size, rng)
    # A second BLAS thread would spin through all that happens between two products.
    with one_thread(), np.errstate(all="ignore"):
        for t in range(n_updates + 1):
            if t:
                batch = next(order)
                descent.step(X[batch], y[batch], eta(t - 1))
                require_finite(descent, t, eta(t - 1), last=t == n_updates)
            if after_update:
                after_update(t, descent)
    return descent.params()


def require_finite(descent: Descent, t: int, eta: float | Floats, last: bool) -> None:
    """Raise TrainingDiverged when the cost of a network is no longer finite.

    On the way it looks at b₂ alone, the smallest parameter, which any number that is not finite soon reaches; after
    the last update at the penalty as well, which is the first part of the cost to overflow.
    """
    finite = np.isfinite(descent.b2.sum(axis=1))
    if last:
        finite &= np.isfinite(penalty(descent.params(), descent.lam[:, 0]))
    if finite.all():
        return
    which = finite.argmin()
    of_it = f"η = {np.broadcast_to(eta, len(finite))[which]:.3g}, λ = {descent.lam[which].item():.3g}"
    raise TrainingDiverged(
        f"The cost is no longer finite after update {t} ({of_it}): choose a smaller eta_max or a smaller lam."
    )


def evaluate(X: Images, y: Integers, params: Parameters, lam: float | Floats) -> tuple[Floats, Floats, Floats]:
    """Return cost, loss and accuracy on images X (n, d), each of shape (…): () for a network, (K,) for a stack."""
    loss = correct = np.zeros(())
    for start in range(0, len(X), CHUNK):
        rows = slice(start, start + CHUNK)
        labels = y[rows]
        _, P = forward(X[rows], params)
        loss = loss + losses(P, labels).mean(axis=-1) * len(labels)
        correct = correct + (P.argmax(axis=-1) == labels).sum(axis=-1)
    loss = loss / len(X)
    return loss + penalty(params, lam), loss, correct / len(X)


class History:
    """Records networks while they train: hand it to `train` as after_update, then read `frame()`.

    splits maps a name ("train", "validation") to its (X, y). Every `every` updates, and after the last, each split is
    evaluated for each network of the stack; eta is the schedule, for the record. Raises
    TrainingDiverged where a loss is not finite.
    """

    def __init__(
        self,
        splits: Mapping[str, tuple[Images, Integers]],
        *,
        lam: float | Floats,
        eta: Rate,
        every: int,
        n_updates: int,
    ) -> None:
        """Remember what to evaluate, and when."""
        self.splits, self.lam, self.eta, self.every, self.n_updates = splits, lam, eta, every, n_updates
        self.frames: list[pd.DataFrame] = []

    def __call__(self, t: int, descent: Descent) -> None:
        """Evaluate the networks after update t."""
        if t % self.every and t != self.n_updates:
            return
        params = descent.params()
        for name, (X, y) in self.splits.items():
            cost, loss, accuracy = evaluate(X, y, params, self.lam)
            if not np.isfinite(loss).all():
                advice = "scale the images, or choose a smaller eta_max"
                raise TrainingDiverged(f"The loss on {name} is no longer finite after update {t}: {advice}.")
            columns = {"update": t, "eta": self.eta(t), "split": name, "cost": cost, "loss": loss, "accuracy": accuracy}
            self.frames.append(pd.DataFrame({"network": range(len(cost)), **columns}))

    def frame(self) -> pd.DataFrame:
        """Return network, update, eta, split, cost, loss, accuracy: a row for each network at each recorded update."""
        return pd.concat(self.frames, ignore_index=True)
