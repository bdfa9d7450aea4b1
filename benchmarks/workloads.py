"""What is measured: kinds of work, and who does each."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import joblib
import numpy as np
from sklearn.neural_network import MLPClassifier

from benchmarks import contenders
from twolayer import network

D, ROTATED = 3072, 512  # pixels; principal components kept
N, N_EVALUATED = 45_000, 50_000  # images to train on, to evaluate
LAMS = np.geomspace(1e-5, 1e-1, 20)  # of a search
PRODUCTS = 4 * contenders.BATCH * contenders.M  # operations an update spends on each input in its two products


class Ours(NamedTuple):
    """What we do for a row of the table, and how many floating-point operations its large products take in a unit."""

    work: Callable[[], None]
    flop: float


@dataclass(frozen=True)
class Work:
    """One kind of work, measured side by side; it fills one row of the table, or more where we do it in several ways.

    unit : what a time is of
    per : how many units each contender does in one go
    ours : name of a row → what we do for it
    others : name → what another contender does, the same for each row
    """

    unit: str
    per: int
    ours: dict[str, Ours]
    others: dict[str, Callable[[], None]]


def works(rng, folder, seconds=1.0):
    """Return all that is measured; `seconds` scales how long it goes on. What processes share lies in `folder`."""
    X = shared(rng.standard_normal((N_EVALUATED, D), dtype=np.float32), folder / "images")
    y = rng.integers(0, contenders.C, N_EVALUATED)
    rotated = shared(np.ascontiguousarray(X[:N, :ROTATED]), folder / "rotated")
    n = round(300 * seconds)
    return [one_network(X[:N], y[:N], n), search(X[:N], y[:N], rotated, n), evaluation(X, y, rng)]


def shared(array, path):
    """Return the array as a file that all processes look at, so that no contender pays for handing it over."""
    joblib.dump(array, path)
    return joblib.load(path, mmap_mode="r")


def one_network(X, y, n):
    """Train one network for n updates."""
    work = (X, y, LAMS[:1], n)
    return Work(
        "update",
        n,
        {"one network": Ours(partial(contenders.ours, *work), PRODUCTS * D)},
        {
            "PyTorch loop, 1 thread": partial(contenders.torch_loop, *work, threads=1),
            "PyTorch loop, 2 threads": partial(contenders.torch_loop, *work, threads=2),
            "scikit-learn": partial(contenders.scikit_learn, *work),
        },
    )


def search(X, y, rotated, n):
    """Train 20 networks for n updates each: the others on all pixels, ours on these and on principal components."""
    both = partial(contenders.in_processes, n_jobs=2)
    work = (X, y, LAMS, n)
    return Work(
        "update of a network",
        n * len(LAMS),
        {
            "search of 20 λ": Ours(partial(both, contenders.ours, *work), PRODUCTS * D),
            f"search of 20 λ, rotated to {ROTATED}": Ours(
                partial(both, contenders.ours, rotated, y, LAMS, n), PRODUCTS * ROTATED
            ),
        },
        {
            "PyTorch loop, 2 processes": partial(both, contenders.torch_loop, *work),
            "PyTorch loop, 2 threads": partial(contenders.torch_loop, *work, threads=2),
            "PyTorch stack, 2 processes": partial(both, contenders.torch_stack, *work),
            "PyTorch stack, 2 threads": partial(contenders.torch_stack, *work, threads=2),
            "scikit-learn, 2 processes": partial(both, contenders.scikit_learn, *work),
        },
    )


def evaluation(X, y, rng):
    """Evaluate one network on all images."""
    start = network.initialise(D, contenders.M, contenders.C, rng)
    model = MLPClassifier((contenders.M,), max_iter=1, batch_size=100, solver="sgd").partial_fit(
        X[:100], y[:100], classes=np.arange(contenders.C)
    )
    return Work(
        "evaluation",
        1,
        {
            f"evaluation of {N_EVALUATED:,} images": Ours(
                partial(contenders.evaluate_ours, X, y, start, LAMS[0]),
                2 * len(X) * contenders.M * D,
            )
        },
        {
            "PyTorch, 1 thread": partial(contenders.evaluate_torch, X, y, start, threads=1),
            "PyTorch, 2 threads": partial(contenders.evaluate_torch, X, y, start, threads=2),
            "scikit-learn": partial(model.score, X, y),
        },
    )
