"""Training by mini-batches, the evaluation of networks, and the history of a training."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import numpy as np

from twolayer.arrays import Floats, Integers
from twolayer.images import Images
from twolayer.network import Parameters, dropout_mask, forward, losses, penalty
from twolayer.runtime.progress import Tally, tracked
from twolayer.runtime.threads import ahead, parallel
from twolayer.sgd import Descent
from twolayer.wide import WIDE, Wide

CHUNK = 500  # images evaluated together: they stay in the cache

Rate = Callable[[int], float | Floats]  # the learning rate η at update t: one number, or one for each network
Augment = Callable[
    [Any, Integers, np.random.Generator], Floats
]  # (X, rows, rng) → what is trained on in place of X[rows]


def take(X: Images | Floats, rows: Integers, rng: np.random.Generator) -> Floats:
    """Return these rows of X as they are."""
    return X[rows]


class TrainingDiverged(ArithmeticError):
    """A training that cannot go on: its arguments say what is no longer finite, and what to do."""

    def __str__(self) -> str:
        """Return both as one sentence."""
        return "{}: {}.".format(*self.args)


def batches(n: int, batch_size: int, rng: np.random.Generator) -> Iterator[Integers]:
    """Yield index arrays without end: each epoch is a new order of the n images, cut into batches.

    An epoch's last batch is smaller where batch_size does not divide n. Raises ValueError if n is 0.
    """
    if not n:
        raise ValueError("There is no image to train on: give at least one.")
    while True:
        order = rng.permutation(n)
        yield from (order[start : start + batch_size] for start in range(0, n, batch_size))


def train(
    X: Images | Floats,
    y: Integers,
    params: Parameters,
    *,
    lam: float | Floats,
    eta: Rate,
    batch_size: int,
    n_updates: int,
    rng: np.random.Generator,
    augment: Augment = take,
    dropout: float = 0.0,
    descend: Callable[[Parameters, float | Floats], Descent] = Descent,
    record: Callable[[int, Descent], None] = lambda t, descent: None,
    progress: str | Tally | None = None,
) -> Parameters:
    """Train one network, or a stack of K, on images X (n, d) with classes y (n,), and return its parameters.

    lam and eta(t), the learning rate at update t = 0, 1, …, are one number, or one for each network, of shape (K,).
    augment(X, rows, rng) returns the images of a batch, and each hidden unit is dropped with the probability dropout.
    descend(params, lam) returns what is updated: a Descent, or a HeavyBall for momentum, made with functools.partial.
    record(t, descent) is called with the start as t = 0, then after each update. progress is the name of a progress
    bar, or a Tally for a bar of several runs; None shows none. `params` is not changed. Raises TrainingDiverged.
    """

    def fed(rows: Integers) -> tuple[Floats, Integers, Floats | None]:
        mask = dropout_mask((len(rows), *params.b1.shape), dropout, rng, params.b1.dtype) if dropout else None
        return augment(X, rows, rng), y[rows], mask

    # A second BLAS thread would spin while anything else than a matrix product is done.
    with parallel() as threads:
        wide = params.b1.ndim == 1 and len(params.b1) > WIDE
        descent = Wide(params, lam, descend, threads) if wide else descend(params, lam)
        record(0, descent)
        rows = islice(batches(len(X), batch_size, rng), n_updates)
        # To take a few rows is less than another thread costs when other processes use the cores.
        feed = ahead((fed(some) for some in rows), threads if wide or augment is not take else map)
        for t in tracked(n_updates, progress):
            images, classes, mask = next(feed)
            descent.step(images, classes, eta(t), mask)
            # b₂ is the smallest parameter, and any number that is not finite soon reaches it.
            require_finite(descent.b2.sum(axis=-1), t + 1, eta(t), lam)
            record(t + 1, descent)
        trained = descent.params()
        # The penalty is the first part of the cost to overflow.
        require_finite(penalty(trained, lam), n_updates, eta(n_updates - 1), lam)
    return trained


def require_finite(values: Floats, t: int, eta: float | Floats, lam: float | Floats) -> None:
    """Raise TrainingDiverged, with η and λ of the first network that diverged, unless all values (…) are finite."""
    finite = np.isfinite(values)
    if not finite.all():
        eta, lam = (np.broadcast_to(setting, finite.shape).flat[finite.argmin()] for setting in (eta, lam))
        raise TrainingDiverged(
            f"The cost is no longer finite after update {t} (η = {eta:.3g}, λ = {lam:.3g})",
            "choose a smaller eta_max or a smaller lam",
        )


def reading(X: Images | Floats, params: Parameters) -> tuple[Callable[[slice], Floats], Parameters]:
    """Return what reads rows of X to classify them, and the network, or the stack, that takes what it reads.

    Images are read as bytes, and W₁ and b₁ standardise them: (x ∘ s + v) W₁ + b₁ = x (s ∘ W₁) + (v W₁ + b₁). That is
    done once for a network instead of once for each image. For projected images it would take more arithmetic.
    """
    if not isinstance(X, Images) or X.scale.ndim > 1:
        return X.__getitem__, params
    W1, b1 = X.scale[:, None] * params.W1, X.shift @ params.W1 + params.b1
    return X.unscaled, params._replace(W1=W1, b1=b1)


def evaluate(X: Images | Floats, y: Integers, params: Parameters, lam: float | Floats) -> tuple[Floats, Floats, Floats]:
    """Return cost, loss and accuracy on images X (n, d), each of shape (…): () for a network, (K,) for a stack."""

    read, reader = reading(X, params)

    def of_chunk(start: int) -> tuple[Floats, Integers]:
        chunk = slice(start, start + CHUNK)
        labels = y[chunk]
        _, P = forward(read(chunk), reader)
        return losses(P, labels).mean(axis=-1) * len(labels), (P.argmax(axis=-1) == labels).sum(axis=-1)

    loss = correct = np.zeros(())
    with parallel() as map:
        for more_loss, more_correct in map(of_chunk, range(0, len(X), CHUNK)):
            loss, correct = loss + more_loss, correct + more_correct
    loss = loss / len(X)
    return loss + penalty(params, lam), loss, correct / len(X)


@dataclass
class History:
    """The history of one network: pass its method `record` to `train`.

    splits : name ("train", "validation") → (X, y), evaluated every `every` updates and after the last
    lam, eta, n_updates : as `train` has them
    keep : updates after which the parameters are kept as well, in `snapshots` (update → params)
    rows : update, eta, split, cost, loss and accuracy of each recorded update and split
    """

    splits: Mapping[str, tuple[Images | Floats, Integers]]
    lam: float
    eta: Rate
    every: int
    n_updates: int
    keep: Collection[int] = ()
    rows: list[dict[str, Any]] = field(default_factory=list)
    snapshots: dict[int, Parameters] = field(default_factory=dict)

    def record(self, t: int, descent: Descent) -> None:
        """Record the network after update t. Raises TrainingDiverged if a loss is not finite."""
        if t in self.keep:
            self.snapshots[t] = descent.params()
        if t % self.every and t != self.n_updates:
            return
        for split, (X, y) in self.splits.items():
            cost, loss, accuracy = evaluate(X, y, descent.params(), self.lam)
            if not np.isfinite(loss):
                raise TrainingDiverged(
                    f"The loss on {split} is no longer finite after update {t}",
                    "scale the images, or choose a smaller eta_max",
                )
            self.rows.append(dict(update=t, eta=self.eta(t), split=split, cost=cost, loss=loss, accuracy=accuracy))
