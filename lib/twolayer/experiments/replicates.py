"""Replicates of a training: runs that differ in their start and in the order of their batches."""

import itertools
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
from twolayer.runtime.progress import bar_of_runs
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
    # Short runs at the end leave no core idle for long; an update takes the longer the wider its network is.
    longest_first = sorted(networks, key=lambda name: -updates[name] * networks[name][0].n_hidden)
    places = itertools.count()
    images = {id(split): Shared(split) for _, split in networks.values()}
    folder = None if keep is None else Path(keep)
    splits: dict[str, list[Split]] = {name: [] for name in networks}
    done: dict[str, list[tuple[int, Replicate]]] = {name: [] for name in networks}

    def tasks() -> Iterator[Any]:
        for name in longest_first:
            network, split = networks[name]
            copies = _copies(network, split, np.random.SeedSequence(seed).spawn(n), folder)
            for i, (copy, drawn) in enumerate(copies):
                splits[name].append(drawn)
                copy.set_params(progress=runs.tally(next(places)) or network.progress)
                yield delayed(_train)(name, i, copy, drawn if callable(split) else images[id(split)], measure)

    try:
        with bar_of_runs(progress, n * sum(updates.values())) as runs:
            for name, i, trained, numbers in results(tasks(), n_jobs, worker_timeout):
                drawn = splits[name][i]
                trained.set_params(progress=networks[name][0].progress)
                if folder:
                    kept_networks.keep(kept_networks.path_of(trained, drawn.fingerprint, folder), trained)
                done[name].append((i, Replicate(trained, drawn, numbers)))
                runs.finished += updates[name]
    except WorkerKilled:
        raise ReplicatesStopped(
            f"A process that trained one of {n * len(networks)} replicates was killed: "
            "run them again (with n_jobs=1 if memory is short)."
        ) from None
    except NoWorkers:
        raise ReplicatesStopped(
            f"The cluster has had no worker for {worker_timeout:g} seconds: "
            f"start one and run the {n * len(networks)} replicates again."
        ) from None
    return {name: Replicates(run for _, run in sorted(found, key=itemgetter(0))) for name, found in done.items()}


def _copies(
    network: TwoLayerClassifier,
    split: Split | DrawSplit,
    seeds: Sequence[np.random.SeedSequence],
    folder: Path | None,
) -> Iterator[tuple[TwoLayerClassifier, Split]]:
    """Yield a copy of the network for each seed, and its split. Those that are kept in `folder` are trained.

    Splits are drawn one by one, while earlier runs train. Raises ValueError if one has no validation images.
    """
    for seed in seeds:
        for_split, for_network = seed.spawn(2)
        drawn = split(np.random.default_rng(for_split)) if callable(split) else split
        if not len(drawn.y_validation):
            raise ValueError("The split has no validation images, on which each run is evaluated: choose some.")
        copy = clone(network).set_params(random_state=int(for_network.generate_state(1)[0]))
        kept = kept_networks.find(kept_networks.path_of(copy, drawn.fingerprint, folder)) if folder else None
        yield kept or copy, drawn


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
