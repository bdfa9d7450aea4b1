"""Replicates of a training: each run has its own start and its own order of batches."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from joblib import delayed
from sklearn.base import clone
from tqdm import tqdm

from twolayer.checks import require_counts, require_seconds
from twolayer.classifier import TwoLayerClassifier
from twolayer.images import Split
from twolayer.runtime.cluster import NoWorkers, Shared, WorkerKilled
from twolayer.runtime.threads import one_thread
from twolayer.runtime.workers import WORKER_TIMEOUT, results

DrawSplit = Callable[[np.random.Generator], Split]
Measure = Callable[[TwoLayerClassifier, Split], Mapping[str, float]]


class ReplicatesStopped(RuntimeError):
    """A process that trained a replicate was killed, or a cluster has had no worker for too long."""


class Replicate(NamedTuple):
    """One run: the trained classifier, its split, and the measured numbers by name."""

    network: TwoLayerClassifier
    split: Split
    numbers: dict[str, float]


def accuracies(classifier: TwoLayerClassifier, split: Split) -> pd.Series:
    """Return a fitted classifier's accuracy on train, validation and test of a Split, in percent."""
    return pd.Series(
        {
            "train": 100 * classifier.score(split.X_train, split.y_train),
            "validation": 100 * classifier.score(split.X_validation, split.y_validation),
            "test": 100 * classifier.score(split.X_test, split.y_test),
        }
    )


def replicate(
    network: TwoLayerClassifier,
    split: Split | DrawSplit,
    n: int,
    seed: int,
    *,
    measure: Measure = accuracies,
    n_jobs: int | None = None,
    worker_timeout: float = WORKER_TIMEOUT,
    progress: str | None = None,
) -> list[Replicate]:
    """Train n copies of the classifier `network`, and return n Replicates in the order of their seeds.

    split is a Split, or a function that draws one for each run with the Generator that it gets. measure(network, split)
    returns the numbers to keep of a run, by name. All seeds come from one SeedSequence(seed), so that runs are
    independent and the first n are the same for any larger n. Runs are distributed to n_jobs processes, which share the
    images; None means one for each core. Raises ReplicatesStopped when a process is killed, or when a cluster that
    joblib is set to use has had no worker for worker_timeout seconds; and ValueError for an invalid n, worker_timeout
    or n_jobs, and for a split without validation images.
    """
    (n,) = require_counts(n=n).values()
    require_seconds(worker_timeout=worker_timeout)
    splits = []  # drawn one by one, while earlier runs train

    def tasks() -> Iterator[Any]:
        images = Shared(split)
        for i, (one, seeds) in enumerate(_drawn(split, n, seed)):
            splits.append(one)
            yield delayed(_train)(i, clone(network), images if one is split else one, seeds, measure)

    try:
        finished = results(tasks(), n_jobs, worker_timeout)
        done = sorted(tqdm(finished, total=n, desc=progress, disable=progress is None, unit="run"), key=itemgetter(0))
    except WorkerKilled:
        raise ReplicatesStopped(
            f"A process that trained one of {n} replicates was killed: run them again "
            "(with n_jobs=1 if memory is short)."
        ) from None
    except NoWorkers:
        raise ReplicatesStopped(
            f"The cluster has had no worker for {worker_timeout:g} seconds: start one and run the {n} replicates again."
        ) from None
    return [Replicate(network, of_run, found) for (_, network, found), of_run in zip(done, splits, strict=True)]


def _drawn(split: Split | DrawSplit, n: int, seed: int) -> Iterator[tuple[Split, np.random.SeedSequence]]:
    """Yield the split and the seed of each run. Raises ValueError if a split has no validation images."""
    for seeds in np.random.SeedSequence(seed).spawn(n):
        for_split, for_network = seeds.spawn(2)
        one = split(np.random.default_rng(for_split)) if callable(split) else split
        if not len(one.y_validation):
            raise ValueError("The split has no validation images, on which each run is evaluated: name some.")
        yield one, for_network


def _train(
    i: int, network: TwoLayerClassifier, split: Split, seeds: np.random.SeedSequence, measure: Measure
) -> tuple[int, TwoLayerClassifier, dict[str, float]]:
    """Train and measure run i with one thread, so that its numbers do not depend on the number of processes."""
    with one_thread():
        network.set_params(random_state=int(seeds.generate_state(1)[0]))
        network.fit(split.X_train, split.y_train, validation=(split.X_validation, split.y_validation))
        return i, network, {name: float(value) for name, value in measure(network, split).items()}


def numbers(replicates: Sequence[Replicate]) -> pd.DataFrame:
    """Return the measured numbers: a data frame with a row for each run."""
    return pd.DataFrame([run.numbers for run in replicates])


def histories(replicates: Sequence[Replicate]) -> pd.DataFrame:
    """Return the histories of all runs as one data frame; the column `seed` numbers the runs."""
    frames = [run.network.history_.assign(seed=i) for i, run in enumerate(replicates)]
    return pd.concat(frames, ignore_index=True)
