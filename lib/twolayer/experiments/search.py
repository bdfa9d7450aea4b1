"""Coarse-to-fine search for λ: sample, train, rank, narrow, repeat."""

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from joblib import delayed
from scipy.stats import loguniform

from twolayer import network, schedule, training
from twolayer.arrays import Floats
from twolayer.experiments import pca
from twolayer.images import Split
from twolayer.network import Parameters
from twolayer.runtime import code_version
from twolayer.runtime.checks import is_finite, require, require_counts, require_penalty, require_rates
from twolayer.runtime.cluster import NoWorkers, Shared, WorkerKilled
from twolayer.runtime.journal import Journal
from twolayer.runtime.progress import Tally, bar_of_runs
from twolayer.runtime.threads import one_thread
from twolayer.runtime.workers import WORKER_TIMEOUT, persistent_results, shared
from twolayer.training import TrainingDiverged

ROUNDS = ("coarse", "fine", "second fine")
RESULTS = ("validation_accuracy", "train_accuracy", "train_cost")
Member = dict[str, Any]  # one network: everything that determines its results, by name
Stack = list[Member]  # networks that are trained together


class SearchStopped(RuntimeError):
    """A search has stopped before its end; its journal keeps the networks that are finished."""


@dataclass(frozen=True)
class Settings:
    """The settings that all networks of a search share; eta_min and eta_max bound η, n_s is half a cycle in updates.

    NumPy's numbers become Python's, so that equal settings have equal keys in a journal. Raises ValueError for an
    invalid setting.
    """

    n_updates: int
    n_s: int
    n_hidden: int = 50
    batch_size: int = 100
    eta_min: float = 1e-5
    eta_max: float = 1e-1

    def __post_init__(self) -> None:
        """Validate the settings and convert them to Python's numbers."""
        # A frozen dataclass refuses self.n_s = …
        vars(self).update(
            require_counts(n_updates=self.n_updates, n_s=self.n_s, n_hidden=self.n_hidden, batch_size=self.batch_size),
            **require_rates(self.eta_min, self.eta_max),
        )

    def eta(self, t: int) -> Floats:
        """Return the learning rate at update t."""
        return schedule.cyclical(t, self.n_s, self.eta_min, self.eta_max)


def sample(low: float, high: float, n: int, rng: np.random.Generator) -> Floats:
    """Draw n values of λ between low and high, log λ uniform. Raises ValueError unless 0 < low < high."""
    ordered = is_finite(low, 0) and is_finite(high, low) and 0 < low < high
    require(ordered, "choose finite bounds of λ, 0 < low < high", low=low, high=high)
    return loguniform(float(low), float(high)).rvs(n, random_state=rng)


def narrow(results: pd.DataFrame, keep: int = 5) -> tuple[float, float]:
    """Return the smallest and the largest of the `keep` best λ of a round."""
    best = rank(results).head(keep)["lam"]
    return best.min(), best.max()


def rank(results: pd.DataFrame) -> pd.DataFrame:
    """Return round, lam, mean validation_accuracy over the seeds and its sd, best λ first; equal ones by falling λ."""
    grouped = results.groupby(["round", "lam"], sort=False)["validation_accuracy"]
    means = grouped.agg(validation_accuracy="mean", sd="std").reset_index()
    return means.sort_values(["validation_accuracy", "lam"], ascending=False, ignore_index=True)


def coarse_to_fine(
    split: Split,
    settings: Settings,
    *,
    low: float,
    high: float,
    n: int,
    seed: int,
    journal: str | os.PathLike[str],
    n_seeds: int = 1,
    rounds: Sequence[str] = ROUNDS,
    progress: str = "search",
    **how: Any,
) -> pd.DataFrame:
    """Search λ in rounds of n values, each round between the smallest and the largest of the last round's best five.

    Each λ is trained with n_seeds seeds, which draw starts and batches, and ranked by its mean accuracy. `how` is
    passed to `train_each`: stack_size, n_jobs, worker_timeout. The file `journal` keeps all finished networks: an
    interrupted search that is started again goes on where it stopped. Returns a data frame with a row for each network:
    round, seed, lam, validation_accuracy, train_accuracy, train_cost. Raises the errors of `train_each`, and ValueError
    for invalid bounds, counts, rounds or an invalid journal.
    """
    n, n_seeds = require_counts(n=n, n_seeds=n_seeds).values()
    distinct = (
        isinstance(rounds, Sequence) and all(name in ROUNDS for name in rounds) and len(set(rounds)) == len(rounds)
    )
    require(distinct and len(rounds) > 0, f"choose from {', '.join(ROUNDS)}, each once", rounds=rounds)
    require(n > 1 or len(rounds) == 1, "one λ cannot bound a further round; choose at least 2, or a single round", n=n)
    images, kept = shared(split), Journal(journal, code_version.of_module(__name__))
    found = []
    for name, seeds in zip(rounds, np.random.SeedSequence(seed).spawn(len(rounds)), strict=True):
        for_lams, *for_networks = seeds.spawn(1 + n_seeds)
        lams = sample(low, high, n, np.random.default_rng(for_lams))
        trained = _train_with(for_networks, images, lams, settings, kept, f"{progress}, {name}", how)
        found.append(trained.assign(round=name))
        low, high = narrow(found[-1])
    return pd.concat(found, ignore_index=True)


def train_given(
    split: Split,
    lams: Sequence[float] | Floats,
    settings: Settings,
    *,
    seed: int,
    journal: str | os.PathLike[str],
    n_seeds: int = 1,
    progress: str = "given λ",
    **how: Any,
) -> pd.DataFrame:
    """Train each λ of a given list with n_seeds seeds; return the columns of `coarse_to_fine`, without round.

    `how`, the journal and the errors are those of `coarse_to_fine`.
    """
    (n_seeds,) = require_counts(n_seeds=n_seeds).values()
    seeds, kept = np.random.SeedSequence(seed).spawn(n_seeds), Journal(journal, code_version.of_module(__name__))
    return _train_with(seeds, shared(split), lams, settings, kept, progress, how)


def _train_with(
    seeds: Sequence[np.random.SeedSequence],
    images: Shared,
    lams: Sequence[float] | Floats,
    settings: Settings,
    journal: Journal,
    progress: str,
    how: dict[str, Any],
) -> pd.DataFrame:
    """Train each λ with each seed; the column `seed` numbers the seeds from 1."""
    trained = [
        train_each(images, lams, settings, of_seed, journal=journal, progress=f"{progress}, seed {i}", **how).assign(
            seed=i
        )
        for i, of_seed in enumerate(seeds, 1)
    ]
    return pd.concat(trained, ignore_index=True)


def train_each(
    split: Split | Shared,
    lams: Sequence[float] | Floats,
    settings: Settings,
    seeds: np.random.SeedSequence,
    *,
    journal: Journal,
    stack_size: int = 10,
    n_jobs: int | None = None,
    worker_timeout: float = WORKER_TIMEOUT,
    progress: str | None = None,
) -> pd.DataFrame:
    """Train one network for each λ, in stacks of stack_size, and return a data frame with a row for each network.

    All networks of a call see the same batches; each has its own start, drawn from `seeds` by its position in lams.
    Stacks in the journal are not trained again. The others are distributed to n_jobs processes (None means one for each
    core), or to a Dask cluster if joblib is set to use one; calls that get the same Shared send it the images once.
    progress is the name of a progress bar for the updates of all networks; None shows none.
    Raises SearchStopped if a process is killed and no other can do its work, or the cluster has had no worker for
    worker_timeout seconds; TrainingDiverged, after all stacks have been tried, if a λ is too large for the learning
    rate; and ValueError for a negative λ, a split without validation images, or an invalid setting.
    """
    images = shared(split)
    if not len(images.data.y_validation):
        raise ValueError("The split has no validation images, by which a search ranks λ: choose some.")
    lams = [require_penalty(lam) for lam in lams]
    stacks = _stacks(images.data, lams, settings, seeds, **require_counts(stack_size=stack_size))
    _train_stacks(images, stacks, settings, journal, n_jobs, worker_timeout, progress)
    return pd.DataFrame([{"lam": member["lam"], **journal[member]} for members in stacks for member in members])


def _stacks(
    split: Split, lams: list[float], settings: Settings, seeds: np.random.SeedSequence, stack_size: int
) -> list[Stack]:
    """Return the networks in stacks, which depend neither on the journal nor on the number of processes.

    The rounding errors of a network depend on the others of its stack: so each one names the λ of all of them.
    """
    order, *starts = seeds.generate_state(1 + len(lams), np.uint64).tolist()
    alike = {"data": split.fingerprint, "order": order, **asdict(settings)}
    networks = list(zip(lams, starts, strict=True))
    parts = [networks[i : i + stack_size] for i in range(0, len(networks), stack_size)]
    return [
        [{**alike, "lam": lam, "start": start, "stack": [other for other, _ in part]} for lam, start in part]
        for part in parts
    ]


def _train_stacks(
    images: Shared,
    stacks: list[Stack],
    settings: Settings,
    journal: Journal,
    n_jobs: int | None,
    worker_timeout: float,
    progress: str | None,
) -> None:
    """Train the stacks of which the journal lacks a network, and append each one's results as soon as it is finished.

    Raises SearchStopped, and TrainingDiverged after the last stack.
    """
    missing = [stack for stack in stacks if not all(member in journal for member in stack)]
    n, updates, errors = sum(map(len, stacks)), settings.n_updates, []
    finished = n - sum(map(len, missing))
    with bar_of_runs(progress, n * updates, finished * updates) as runs:

        def task(stack: Stack) -> Any:
            return delayed(_train)(images, stack, settings, runs.tally(stacks.index(stack), len(stack)))

        try:
            for stack, found in persistent_results(lambda: [*map(task, missing)], n_jobs, worker_timeout):
                missing.remove(stack)
                if isinstance(found, TrainingDiverged):
                    errors.append(found)
                else:
                    for member, result in zip(stack, found, strict=True):
                        journal.append(member, result)
                    finished += len(stack)
                    runs.finished += len(stack) * updates
        except WorkerKilled:
            raise SearchStopped(
                f"A process of the search was killed with {finished} of {n} networks finished, which "
                f"{journal.path} keeps: run the search again to go on (with n_jobs=1 if memory is short)."
            ) from None
        except NoWorkers:
            raise SearchStopped(
                f"The cluster has had no worker for {worker_timeout:g} seconds, with {finished} of {n} networks "
                f"finished, which {journal.path} keeps: start a worker and run the search again to go on."
            ) from None
    if errors:
        raise errors[0]


def _train(
    split: Split, stack: Stack, settings: Settings, tally: Tally | None
) -> tuple[Stack, list[dict[str, float]] | TrainingDiverged]:
    """Train one stack; return it with the results of each network, or with the error if training diverged."""
    lams = np.array([member["lam"] for member in stack])
    with one_thread(), np.errstate(all="ignore"):
        try:
            params = training.train(
                split.X_train,
                split.y_train,
                network.stack(_start(member, split, settings) for member in stack),
                lam=lams,
                eta=settings.eta,
                batch_size=settings.batch_size,
                n_updates=settings.n_updates,
                rng=np.random.default_rng(stack[0]["order"]),
                progress=tally,
            )
        except TrainingDiverged as error:
            return stack, error
        _, loss, validation_accuracy = training.evaluate(split.X_validation, split.y_validation, params, lams)
        train_cost, _, train_accuracy = training.evaluate(split.X_train, split.y_train, params, lams)
    if not np.isfinite(loss + train_cost).all():
        raise ValueError("A loss is not finite: make all numbers of the training and validation images finite.")
    rows = np.transpose([validation_accuracy, train_accuracy, train_cost]).tolist()
    return stack, [dict(zip(RESULTS, row, strict=True)) for row in rows]


def _start(member: Member, split: Split, settings: Settings) -> Parameters:
    """Draw the start of one network: the same network whether the images are rotated or not, but for whitened ones."""
    rng = np.random.default_rng(member["start"])
    basis = None if split.whitened else split.basis
    d = split.X_train.shape[1] if basis is None else len(basis)
    start = network.initialise(d, settings.n_hidden, split.n_classes, rng)
    return start if basis is None else pca.rotate_network(start, basis)
