"""Replicates of a training: runs that differ in their start and in the order of their batches."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from joblib import delayed
from sklearn.base import clone

from twolayer.classifier import TwoLayerClassifier
from twolayer.experiments import kept_networks
from twolayer.images import Split
from twolayer.runtime.checks import require_counts
from twolayer.runtime.cluster import NoWorkers, Shared, WorkerKilled
from twolayer.runtime.progress import Runs, bar_of_runs
from twolayer.runtime.threads import one_thread
from twolayer.runtime.workers import WORKER_TIMEOUT, results

DrawSplit = Callable[[np.random.Generator], Split]
Measure = Callable[[TwoLayerClassifier, Split], Mapping[str, float]]


class ReplicatesStopped(RuntimeError):
    """The replicates are not finished: a process was killed, or a cluster has had no worker for too long."""


class Replicate(NamedTuple):
    """One run: its trained classifier, its split and its measured numbers by name."""

    network: TwoLayerClassifier
    split: Split
    numbers: dict[str, float]


class Replicates(list[Replicate]):
    """All runs, in the order of their seeds."""

    @property
    def numbers(self) -> pd.DataFrame:
        """The measured numbers: a row for each run."""
        return pd.DataFrame([run.numbers for run in self])

    @property
    def history(self) -> pd.DataFrame:
        """The histories of all runs; the column `seed` numbers the runs."""
        frames = [run.network.history_.assign(seed=i) for i, run in enumerate(self)]
        return pd.concat(frames, ignore_index=True)


def accuracies(classifier: TwoLayerClassifier, split: Split) -> pd.Series:
    """Return a fitted classifier's accuracy on the training, validation and test images of a Split, in percent."""
    return 100 * pd.Series(
        {
            "train": classifier.score(split.X_train, split.y_train),
            "validation": classifier.score(split.X_validation, split.y_validation),
            "test": classifier.score(split.X_test, split.y_test),
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
    keep: str | None = None,
) -> Replicates:
    """Train n copies of the classifier `network`, each with its own seed, and return them in the order of their seeds.

    split is a Split, or a function that draws one for each run with the Generator that it gets. measure(network, split)
    returns the numbers to keep of a run, by name. All seeds come from one SeedSequence(seed): runs are independent, and
    the first ones are the same for every n. They are distributed to n_jobs processes (None means one for each core).
    progress is the name of a progress bar for the updates of all runs; None shows none.
    keep is a folder in which each network is kept once it is trained; a call with the same data, settings and code
    finds it there, so that an interrupted one goes on where it stopped. None keeps none.
    Raises ReplicatesStopped if a process is killed, or joblib uses a cluster that has had no worker for worker_timeout
    seconds; ValueError for an invalid n, worker_timeout or n_jobs, or a split without validation images; and FileError.
    """
    (n,) = require_counts(n=n).values()
    splits: list[Split] = []
    done, updates = [], network.updates()
    folder = None if keep is None else Path(keep)
    try:
        with bar_of_runs(progress, n * updates) as runs:
            tasks = _tasks(network, split, np.random.SeedSequence(seed).spawn(n), measure, splits, folder, runs)
            for run in results(tasks, n_jobs, worker_timeout):
                i, trained, _ = run
                trained.set_params(progress=network.progress)
                if folder:
                    kept_networks.keep(kept_networks.path_of(trained, splits[i].fingerprint, folder), trained)
                done.append(run)
                runs.finished += updates
    except WorkerKilled:
        raise ReplicatesStopped(
            f"A process that trained one of {n} replicates was killed: "
            "run them again (with n_jobs=1 if memory is short)."
        ) from None
    except NoWorkers:
        raise ReplicatesStopped(
            f"The cluster has had no worker for {worker_timeout:g} seconds: start one and run the {n} replicates again."
        ) from None
    done.sort(key=itemgetter(0))
    return Replicates(
        Replicate(trained, of_run, found) for (_, trained, found), of_run in zip(done, splits, strict=True)
    )


def _tasks(
    network: TwoLayerClassifier,
    split: Split | DrawSplit,
    seeds: Sequence[np.random.SeedSequence],
    measure: Measure,
    splits: list[Split],
    folder: Path | None,
    runs: Runs,
) -> Iterator[Any]:
    """Yield a task for each seed, and append the split of each run to `splits`. Networks kept in `folder` are found.

    Splits are drawn one by one, while earlier runs train. Raises ValueError if one has no validation images.
    """
    images = Shared(split)
    for i, seed in enumerate(seeds):
        for_split, for_network = seed.spawn(2)
        drawn = split(np.random.default_rng(for_split)) if callable(split) else split
        if not len(drawn.y_validation):
            raise ValueError("The split has no validation images, on which each run is evaluated: choose some.")
        splits.append(drawn)
        copy = clone(network).set_params(random_state=int(for_network.generate_state(1)[0]))
        if folder:
            copy = kept_networks.find(kept_networks.path_of(copy, drawn.fingerprint, folder)) or copy
        copy.set_params(progress=runs.tally(i) or network.progress)
        yield delayed(_train)(i, copy, drawn if callable(split) else images, measure)


def _train(
    i: int, network: TwoLayerClassifier, split: Split, measure: Measure
) -> tuple[int, TwoLayerClassifier, dict[str, float]]:
    """Train run i, unless it is trained, and measure it: in one thread, so that processes do not change its numbers."""
    with one_thread():
        if not hasattr(network, "params_"):
            network.fit(split.X_train, split.y_train, validation=(split.X_validation, split.y_validation))
        return i, network, {name: float(value) for name, value in measure(network, split).items()}
