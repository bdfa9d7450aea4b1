"""Replicates of a training: runs that differ in their start and in the order of their batches."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
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
from twolayer.runtime.progress import Tally, bar_of_runs
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


def replicate(network: TwoLayerClassifier, split: Split | DrawSplit, n: int, seed: int, **how: Any) -> Replicates:
    """Train n copies of the classifier `network`, each with its own seed, and return them in the order of their seeds.

    split is a Split, or a function that draws one for each run with the Generator that it gets. The other arguments and
    what is raised are those of `replicate_each`.
    """
    return replicate_each({"": (network, split)}, n, seed, **how)[""]


def replicate_each(
    networks: Mapping[str, tuple[TwoLayerClassifier, Split | DrawSplit]],
    n: int,
    seed: int,
    *,
    measure: Measure = accuracies,
    n_jobs: int | None = None,
    worker_timeout: float = WORKER_TIMEOUT,
    progress: str | None = None,
    keep: str | None = None,
) -> dict[str, Replicates]:
    """Train n copies of each classifier on its split, and return them by name, in the order of their seeds.

    That fills the cores better than one classifier after the other. measure(network, split) returns the numbers to keep
    of a run, by name. All seeds come from one SeedSequence(seed): runs of a classifier are independent, the first ones
    are the same for every n, and those of different classifiers can be compared in pairs. They are distributed to
    n_jobs processes (None means one for each core), the longest first.
    progress is the name of a progress bar for the updates of all runs; None shows none.
    keep is a folder in which each network is kept once it is trained; a call with the same data, settings and code
    finds it there, so that an interrupted one goes on where it stopped. None keeps none.
    Raises ReplicatesStopped if a process is killed, or joblib uses a cluster that has had no worker for worker_timeout
    seconds; ValueError for an invalid n, worker_timeout or n_jobs, or a split without validation images; and FileError.
    """
    (n,) = require_counts(n=n).values()
    updates = {name: network.updates() for name, (network, _) in networks.items()}
    folder = None if keep is None else Path(keep)
    images = {id(split): Shared(split) for _, split in networks.values()}
    splits: dict[tuple[str, int], Split] = {}
    done: dict[tuple[str, int], Replicate] = {}

    def task(name: str, i: int, copy: TwoLayerClassifier, drawn: Split, tally: Tally | None) -> Any:
        network, split = networks[name]
        splits[name, i] = drawn
        copy.set_params(progress=tally or network.progress)
        return delayed(_train)(name, i, copy, drawn if callable(split) else images[id(split)], measure)

    with _explained(n * len(networks), worker_timeout), bar_of_runs(progress, n * sum(updates.values())) as runs:
        copies = enumerate(_copies(networks, updates, n, seed, folder))
        tasks = (task(*copy, runs.tally(place)) for place, copy in copies)
        for name, i, trained, numbers in results(tasks, n_jobs, worker_timeout):
            trained.set_params(progress=networks[name][0].progress)
            drawn = splits[name, i]
            if folder:
                kept_networks.keep(kept_networks.path_of(trained, drawn.fingerprint, folder), trained)
            done[name, i] = Replicate(trained, drawn, numbers)
            runs.finished += updates[name]
    return {name: Replicates(done[name, i] for i in range(n)) for name in networks}


@contextmanager
def _explained(n: int, worker_timeout: float) -> Iterator[None]:
    """Raise ReplicatesStopped, which says how to go on, if one of n replicates cannot be trained."""
    try:
        yield
    except WorkerKilled:
        raise ReplicatesStopped(
            f"A process that trained one of {n} replicates was killed: "
            "run them again (with n_jobs=1 if memory is short)."
        ) from None
    except NoWorkers:
        raise ReplicatesStopped(
            f"The cluster has had no worker for {worker_timeout:g} seconds: start one and run the {n} replicates again."
        ) from None


def _copies(
    networks: Mapping[str, tuple[TwoLayerClassifier, Split | DrawSplit]],
    updates: Mapping[str, int],
    n: int,
    seed: int,
    folder: Path | None,
) -> Iterator[tuple[str, int, TwoLayerClassifier, Split]]:
    """Yield each run's name and number, its copy of the network and its split. Copies kept in `folder` are trained.

    Splits are drawn one by one, while earlier runs train. Raises ValueError if one has no validation images.
    """
    # Short runs at the end leave no core idle for long; an update takes the longer the wider its network is.
    for name in sorted(networks, key=lambda name: -updates[name] * networks[name][0].n_hidden):
        network, split = networks[name]
        for i, of_run in enumerate(np.random.SeedSequence(seed).spawn(n)):
            for_split, for_network = of_run.spawn(2)
            drawn = split(np.random.default_rng(for_split)) if callable(split) else split
            if not len(drawn.y_validation):
                raise ValueError("The split has no validation images, on which each run is evaluated: choose some.")
            copy = clone(network).set_params(random_state=int(for_network.generate_state(1)[0]))
            kept = kept_networks.find(kept_networks.path_of(copy, drawn.fingerprint, folder)) if folder else None
            yield name, i, kept or copy, drawn


def _train(
    name: str, i: int, network: TwoLayerClassifier, split: Split, measure: Measure
) -> tuple[str, int, TwoLayerClassifier, dict[str, float]]:
    """Train a classifier's run i, unless it is trained, and measure it.

    One thread of BLAS does so, so that the number of processes changes no number.
    """
    with one_thread():
        if not hasattr(network, "params_"):
            network.fit(split.X_train, split.y_train, validation=(split.X_validation, split.y_validation))
        return name, i, network, {key: float(value) for key, value in measure(network, split).items()}
