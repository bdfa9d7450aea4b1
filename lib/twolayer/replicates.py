"""The same training again and again: each run with its own start and its own order of batches."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from joblib import delayed
from sklearn.base import clone
from tqdm import tqdm

from twolayer.blas import one_thread
from twolayer.classifier import TwoLayerClassifier, accuracies
from twolayer.data import Split
from twolayer.settings import require_counts
from twolayer.workers import WorkerKilled, results, shared

DrawSplit = Callable[[np.random.Generator], Split]
Measure = Callable[[TwoLayerClassifier, Split], Mapping[str, float]]


class ReplicatesStopped(RuntimeError):
    """A process that trained a replicate was killed."""


class Replicate(NamedTuple):
    """One run: the trained classifier, its split, and what was measured of it, by name."""

    network: TwoLayerClassifier
    split: Split
    numbers: dict[str, float]


def replicate(
    network: TwoLayerClassifier,
    split: Split | DrawSplit,
    n: int,
    seed: int,
    *,
    measure: Measure = accuracies,
    n_jobs: int | None = None,
    progress: str | None = None,
) -> list[Replicate]:
    """Train n copies of the classifier `network`, and return n Replicates in the order of their seeds.

    split is a data.Split, or a function that draws one with the Generator that it is given: then each run has its
    own. measure(network, split) returns what to keep of a run, by name. All seeds come from one SeedSequence(seed), so
    runs are independent and the first n are the same for any larger n. Runs are spread over n_jobs processes, which
    share the images; None means one for each core. Raises ReplicatesStopped when one of them is killed, and ValueError.
    """
    (n,) = require_counts(n=n).values()
    splits = []  # drawn one by one, while earlier runs train

    def tasks() -> Iterator[Any]:
        for one, seeds in _drawn(split, n, seed):
            splits.append(one)
            yield delayed(_train)(clone(network), one, seeds, measure)

    try:
        with shared(split):
            finished = results(tasks(), n_jobs, ordered=True)
            done = list(tqdm(finished, total=n, desc=progress, disable=progress is None, unit="run"))
    except WorkerKilled:
        raise ReplicatesStopped(
            f"A process that trained one of {n} replicates was killed: run them again "
            "(with n_jobs=1 if memory is short)."
        ) from None
    return [Replicate(network, of_run, found) for (network, found), of_run in zip(done, splits, strict=True)]


def _drawn(split: Split | DrawSplit, n: int, seed: int) -> Iterator[tuple[Split, np.random.SeedSequence]]:
    """Yield the split and the seed of each run. Raises ValueError for a split without validation images."""
    for seeds in np.random.SeedSequence(seed).spawn(n):
        for_split, for_network = seeds.spawn(2)
        one = split(np.random.default_rng(for_split)) if callable(split) else split
        if not len(one.y_validation):
            raise ValueError("The split has no validation image, with which each run is recorded: name some.")
        yield one, for_network


def _train(
    network: TwoLayerClassifier, split: Split, seeds: np.random.SeedSequence, measure: Measure
) -> tuple[TwoLayerClassifier, dict[str, float]]:
    """Train and measure one run, with one thread: so its numbers are the same for any number of processes."""
    with one_thread():
        network.set_params(random_state=int(seeds.generate_state(1)[0]))
        network.fit(split.X_train, split.y_train, validation=(split.X_validation, split.y_validation))
        return network, {name: float(value) for name, value in measure(network, split).items()}


def numbers(replicates: Sequence[Replicate]) -> pd.DataFrame:
    """Return what was measured: a data frame with a row for each run."""
    return pd.DataFrame([run.numbers for run in replicates])


def histories(replicates: Sequence[Replicate]) -> pd.DataFrame:
    """Return the runs' histories as one data frame, told apart by the column `seed`."""
    frames = [run.network.history_.assign(seed=i) for i, run in enumerate(replicates)]
    return pd.concat(frames, ignore_index=True)
