"""What is measured: rows of work, and who does each."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import joblib
import numpy as np
from sklearn.neural_network import MLPClassifier

from benchmarks import contenders
from twolayer import network

D, ROTATED = 3072, 512  # pixels; principal components kept
N, N_EVALUATED = 45_000, 50_000  # images to train on, to evaluate
LAMS = np.geomspace(1e-5, 1e-1, 20)  # of a search
OURS = "ours"
PRODUCTS = 4 * contenders.BATCH * contenders.M  # operations an update spends on each input in its two products


@dataclass(frozen=True)
class Row:
    """One kind of work.

    unit : what a time is of
    per : how many units each contender does in one go
    flop : floating-point operations of the large matrix products in a unit: the least that must be done
    contenders : name → a function that does the work
    """

    unit: str
    per: int
    flop: float
    contenders: dict[str, Callable[[], None]]


def rows(rng, folder, seconds=1.0):
    """Return the rows by name; `seconds` scales how long each goes on. What processes share lies in `folder`."""
    X = shared(rng.standard_normal((N_EVALUATED, D), dtype=np.float32), folder / "images")
    y = rng.integers(0, contenders.C, N_EVALUATED)
    rotated = shared(np.ascontiguousarray(X[:N, :ROTATED]), folder / "rotated")
    n_one, n_search = round(300 * seconds), round(60 * seconds)
    return {
        "one network": one_network(X[:N], y[:N], n_one),
        "search of 20 λ": search(X[:N], y[:N], X[:N], n_search),
        f"search of 20 λ, rotated to {ROTATED}": search(rotated, y[:N], X[:N], n_search),
        "evaluation of 50,000 images": evaluation(X, y, rng),
    }


def shared(array, path):
    """Return the array as a file that all processes look at, so that no contender pays for handing it over."""
    joblib.dump(array, path)
    return joblib.load(path, mmap_mode="r")


def one_network(X, y, n):
    """Train one network for n updates."""
    work = (X, y, LAMS[:1], n)
    return Row(
        "update",
        n,
        PRODUCTS * D,
        {
            OURS: partial(contenders.ours, *work),
            "PyTorch loop, 1 thread": partial(contenders.torch_loop, *work, threads=1),
            "PyTorch loop, 2 threads": partial(contenders.torch_loop, *work, threads=2),
            "scikit-learn": partial(contenders.scikit_learn, *work),
        },
    )


def search(X, y, full, n):
    """Train 20 networks for n updates each: ours on X, the others on the full images."""
    both = partial(contenders.in_processes, n_jobs=2)
    work = (full, y, LAMS, n)
    return Row(
        "update of a network",
        n * len(LAMS),
        PRODUCTS * X.shape[1],
        {
            OURS: partial(both, contenders.ours, X, y, LAMS, n),
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
    return Row(
        "evaluation",
        1,
        2 * len(X) * contenders.M * D,
        {
            OURS: partial(contenders.evaluate_ours, X, y, network.stack([start]), LAMS[:1]),
            "PyTorch, 1 thread": partial(contenders.evaluate_torch, X, y, start, threads=1),
            "PyTorch, 2 threads": partial(contenders.evaluate_torch, X, y, start, threads=2),
            "scikit-learn": partial(model.score, X, y),
        },
    )
