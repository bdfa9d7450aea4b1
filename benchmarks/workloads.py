"""What is measured: kinds of work, and who does each."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import joblib
import numpy as np
from sklearn.neural_network import MLPClassifier

from benchmarks import contenders
from twolayer import network, training
from twolayer.images import Images
from twolayer.techniques.augmentation import ShiftAndMirror

D, ROTATED = 3072, 512  # pixels; principal components kept
N, N_EVALUATED = 45_000, 50_000  # images to train on, to evaluate
LAMS = np.geomspace(1e-5, 1e-1, 20)  # of a search
PRODUCTS = 4 * contenders.BATCH * contenders.M  # operations an update spends on each input in its two products


@dataclass(frozen=True)
class Work:
    """One kind of work, measured side by side: a row of the table.

    row : its name
    unit : what a time is of
    per : how many units each contender does in one go
    flop : floating-point operations of the large products in a unit of ours
    ours : what we do
    others : name → what another contender does
    """

    row: str
    unit: str
    per: int
    flop: float
    ours: Callable[[], None]
    others: dict[str, Callable[[], None]]


def works(rng, folder, compilers, seconds=1.0):
    """Return all that is measured; `seconds` scales how long it goes on. What processes share lies in `folder`.

    compilers : name → compiler, as compilers.find returns them
    """
    X = shared(rng.standard_normal((N_EVALUATED, D), dtype=np.float32), folder / "images")
    y = rng.integers(0, contenders.C, N_EVALUATED)
    rotated = shared(np.ascontiguousarray(X[:N, :ROTATED]), folder / "rotated")
    n = round(300 * seconds)
    X_train, y_train = X[:N], y[:N]
    unequal = search("the same, others on all pixels", rotated, X_train, y_train, n, {})
    loops = {name: work for name, work in unequal.others.items() if name.startswith("PyTorch loop")}
    return [
        one_network(X_train, y_train, n, compilers),
        search("search of 20 λ", X_train, X_train, y_train, n, compilers),
        search(f"search of 20 λ on {ROTATED} components", rotated, rotated, y_train, n, compilers),
        replace(unequal, others=loops),
        evaluation(X, y, rng),
        *wide(rotated, y_train, round(200 * seconds), rng),
    ]


def shared(array, path):
    """Return the array as a file that all processes look at, so that no contender pays for handing it over."""
    joblib.dump(array, path)
    return joblib.load(path, mmap_mode="r")


def one_network(X, y, n, compilers):
    """Train one network for n updates."""
    work = (X, y, LAMS[:1], n)
    return Work(
        "one network",
        "update",
        n,
        PRODUCTS * D,
        partial(contenders.ours, *work),
        {
            "PyTorch loop, 1 thread": partial(contenders.torch_loop, *work, threads=1),
            "PyTorch loop, 2 threads": partial(contenders.torch_loop, *work, threads=2),
            **{name: prepare(*work) for name, prepare in compilers.items()},
            "scikit-learn": partial(contenders.scikit_learn, *work),
        },
    )


def search(row, X_ours, X, y, n, compilers):
    """Train 20 networks for n updates each: ours on images X_ours, the others on X."""
    both = partial(contenders.in_processes, n_jobs=2)
    work = (X, y, LAMS, n)
    return Work(
        row,
        "update of a network",
        n * len(LAMS),
        PRODUCTS * X_ours.shape[1],
        partial(both, contenders.ours, X_ours, y, LAMS, n),
        {
            "PyTorch loop, 2 processes": partial(both, contenders.torch_loop, *work),
            "PyTorch loop, 2 threads": partial(contenders.torch_loop, *work, threads=2),
            "PyTorch stack, 2 processes": partial(both, contenders.torch_stack, *work),
            "PyTorch stack, 2 threads": partial(contenders.torch_stack, *work, threads=2),
            **{name: prepare(*work) for name, prepare in compilers.items()},
            "scikit-learn, 2 processes": partial(both, contenders.scikit_learn, *work),
        },
    )


def wide(rotated, y, n, rng):
    """Train a wide network for n updates: on images as they are, and shifted, mirrored and projected anew each time."""
    pixels = rng.integers(256, size=(len(rotated), D), dtype=np.uint8)
    scale = rng.standard_normal((D, ROTATED), dtype=np.float32) / np.float32(74 * D**0.5)  # so that X varies by 1
    images = Images(pixels, np.arange(len(pixels)), scale, -127.5 * scale.sum(axis=0))
    products = 4 * contenders.WIDE_BATCH * contenders.WIDE_M * ROTATED
    projection = 2 * contenders.WIDE_BATCH * D * ROTATED
    moved = contenders.Moved(images)
    return [
        Work(
            row,
            "update",
            n,
            flop,
            partial(contenders.wide, X, y, n, augment),
            {
                f"PyTorch loop, {k} thread{'s' * (k > 1)}": partial(contenders.torch_wide, X, y, n, k, theirs)
                for k in (1, 2)
            },
        )
        for row, flop, X, augment, theirs in (
            ("wide network", products, rotated, training.take, contenders.Rows(rotated)),
            ("the same, images moved", products + projection, images, ShiftAndMirror(contenders.SHIFT), moved),
        )
    ]


def evaluation(X, y, rng):
    """Evaluate one network on all images."""
    start = network.initialise(D, contenders.M, contenders.C, rng)
    model = MLPClassifier((contenders.M,), max_iter=1, batch_size=100, solver="sgd").partial_fit(
        X[:100], y[:100], classes=np.arange(contenders.C)
    )
    return Work(
        f"evaluation of {N_EVALUATED:,} images",
        "evaluation",
        1,
        2 * len(X) * contenders.M * D,
        partial(contenders.evaluate_ours, X, y, start, LAMS[0]),
        {
            "PyTorch, 1 thread": partial(contenders.evaluate_torch, X, y, start, threads=1),
            "PyTorch, 2 threads": partial(contenders.evaluate_torch, X, y, start, threads=2),
            "scikit-learn": partial(model.score, X, y),
        },
    )
