"""Coarse-to-fine search for λ: sample, train, rank, narrow, repeat."""

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from numbers import Real
from operator import itemgetter
from typing import Any

import numpy as np
import pandas as pd
from joblib import delayed
from scipy.stats import loguniform
from tqdm import tqdm

from twolayer import network, schedule, training
from twolayer.arrays import Floats
from twolayer.checks import LARGEST, require_counts, require_penalty, require_rates, require_seconds, short
from twolayer.experiments import pca
from twolayer.images import Split
from twolayer.network import Parameters
from twolayer.runtime import code_version
from twolayer.runtime.cluster import NoWorkers, Shared, WorkerKilled
from twolayer.runtime.journal import Journal
from twolayer.runtime.threads import one_thread
from twolayer.runtime.workers import WORKER_TIMEOUT, results, retry_while_progressing, shared
from twolayer.training import TrainingDiverged

ROUNDS = ("coarse", "fine", "second fine")
RESULTS = ("validation_accuracy", "train_accuracy", "train_cost")
Member = dict[str, Any]  # a network of a stack: everything that determines its results, by name


class SearchStopped(RuntimeError):
    """A search has stopped; finished networks are kept in its journal."""


@dataclass(frozen=True)
class Settings:
    """Settings of the networks of a search; eta_min and eta_max bound η, n_s is half a cycle in updates.

    They are converted to Python's own numbers, so that equal settings have equal keys in a journal. Raises ValueError
    for an invalid setting.
    """

    n_updates: int
    n_s: int
    n_hidden: int = 50
    batch_size: int = 100
    eta_min: float = 1e-5
    eta_max: float = 1e-1

    def __post_init__(self) -> None:
        """Validate the settings and convert them to Python's own numbers."""
        counts = {name: getattr(self, name) for name in ("n_updates", "n_s", "n_hidden", "batch_size")}
        rates = zip(("eta_min", "eta_max"), require_rates(self.eta_min, self.eta_max), strict=True)
        for name, value in [*require_counts(**counts).items(), *rates]:
            object.__setattr__(self, name, value)

    def eta(self, t: int) -> Floats:
        """Return the learning rate at update t."""
        return schedule.cyclical(t, self.n_s, self.eta_min, self.eta_max)


def sample(low: float, high: float, n: int, rng: np.random.Generator) -> Floats:
    """Draw n values of λ between low and high, log λ uniform. Raises ValueError unless 0 < low < high."""
    numbers = isinstance(low, Real) and isinstance(high, Real)
    if not numbers or not 0 < low < high <= LARGEST:
        raise ValueError(f"λ between {short(low)} and {short(high)}: choose finite bounds, 0 < low < high.")
    return loguniform(float(low), float(high)).rvs(n, random_state=rng)


def narrow(results: pd.DataFrame, keep: int = 5) -> tuple[float, float]:
    """Return the smallest and the largest of the `keep` best λ."""
    best = rank(results).head(keep)["lam"]
    return best.min(), best.max()


def rank(results: pd.DataFrame) -> pd.DataFrame:
    """Return round, lam, mean validation_accuracy over the seeds and its sd, best λ first; of equal ones the larger."""
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
    """Search λ in rounds of n values, each round between the smallest and largest of the best five λ of the last one.

    Each λ is trained with n_seeds seeds, which draw starts and batches, and ranked by its mean accuracy.

    Finished networks are kept in the file `journal`, so that an interrupted search resumes where it stopped. Returns a
    data frame with a row for each network: round, seed, lam, validation_accuracy, train_accuracy, train_cost. `how` is
    passed to `train_each`: stack_size, n_jobs, worker_timeout. Raises what `train_each` raises.
    """
    n, n_seeds = require_counts(n=n, n_seeds=n_seeds).values()
    _require_rounds(rounds, n)
    kept = Journal(journal, code_version.of_module(__name__))
    frames = []
    images = shared(split)
    for name, seeds in zip(rounds, np.random.SeedSequence(seed).spawn(len(rounds)), strict=True):
        for_lams, *for_networks = seeds.spawn(1 + n_seeds)
        lams = sample(low, high, n, np.random.default_rng(for_lams))
        trained = [
            train_each(
                images, lams, settings, one, journal=kept, progress=f"{progress}, {name}, seed {i}", **how
            ).assign(seed=i, round=name)
            for i, one in enumerate(for_networks, 1)
        ]
        frames.append(pd.concat(trained, ignore_index=True))
        low, high = narrow(frames[-1])
    return pd.concat(frames, ignore_index=True)


def _require_rounds(rounds: Sequence[str], n: int) -> None:
    """Raise ValueError unless rounds are distinct names from ROUNDS, and n values of λ can bound a further round."""
    known = isinstance(rounds, Sequence) and all(name in ROUNDS for name in rounds)
    if not known or not 0 < len(rounds) == len(set(rounds)):
        raise ValueError(f"rounds = {short(rounds)}: choose from {', '.join(ROUNDS)}, each once.")
    if n == 1 and len(rounds) > 1:
        raise ValueError("n = 1: one λ cannot bound a further round; choose at least 2, or a single round.")


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
    """Train one network for each λ, in stacks of stack_size, and return a data frame with a row for each.

    All networks of a call see the same batches; each has its own start, drawn from `seeds` by its place in lams. A
    stack in the journal is not trained again. The stacks are distributed to n_jobs processes, which share the images;
    None means one for each core. With joblib set to use Dask, they are distributed to its cluster, which receives the
    images once for all calls with the same Shared in place of the split.
    Raises SearchStopped when a process is killed whose work no other can take over, or when the cluster has had no
    worker for worker_timeout seconds; TrainingDiverged, after all stacks have been tried, if a λ is too large for the
    learning rate; and ValueError for an empty lams, a negative λ, a split without validation images, or an invalid
    n_jobs.
    """
    require_seconds(worker_timeout=worker_timeout)
    images = shared(split)
    _require_ranking(images.data, lams)
    stacks = _stacks(images.data, lams, settings, seeds, **require_counts(stack_size=stack_size))
    n = len(lams)

    def finished() -> int:
        return sum(len(members) for members in stacks if _are_known(journal, members))

    how: dict[str, Any] = {"desc": progress, "disable": progress is None, "unit": "network"}
    with tqdm(total=n, initial=finished(), **how) as bar:
        try:
            diverged = retry_while_progressing(
                lambda: _train_missing(images, stacks, settings, journal, n_jobs, worker_timeout, bar), finished
            )
        except WorkerKilled:
            raise SearchStopped(
                f"A process of the search was killed with {finished()} of {n} networks finished, which "
                f"{journal.path} keeps: run the search again to go on (with n_jobs=1 if memory is short)."
            ) from None
        except NoWorkers:
            raise SearchStopped(
                f"The cluster has had no worker for {worker_timeout:g} seconds, with {finished()} of {n} networks "
                f"finished, which {journal.path} keeps: start a worker and run the search again to go on."
            ) from None
    if diverged:
        _, error = min(diverged, key=itemgetter(0))
        raise error
    return pd.DataFrame([{"lam": member["lam"], **journal[member]} for members in stacks for member in members])


def _require_ranking(split: Split, lams: Sequence[float] | Floats) -> None:
    """Raise ValueError unless there are λ, each finite and at least 0, and validation images."""
    if len(lams) == 0:
        raise ValueError("lams is empty: name at least one λ.")
    for lam in lams:
        require_penalty(lam)
    if not len(split.y_validation):
        raise ValueError("The split has no validation images, which a search ranks λ by: name some.")


def _stacks(
    split: Split, lams: Sequence[float] | Floats, settings: Settings, seeds: np.random.SeedSequence, stack_size: int
) -> list[list[Member]]:
    """Return the networks in stacks, which depend neither on the journal nor on the number of processes.

    The networks of a stack are rounded together: so each one names the λ of all of them.
    """
    order, *starts = seeds.generate_state(1 + len(lams), np.uint64).tolist()
    alike = {"data": split.fingerprint, "order": order, **asdict(settings)}
    networks = list(zip(map(float, lams), starts, strict=True))
    parts = [networks[i : i + stack_size] for i in range(0, len(networks), stack_size)]
    return [
        [{**alike, "lam": lam, "start": start, "stack": [other for other, _ in part]} for lam, start in part]
        for part in parts
    ]


def _train_missing(
    images: Shared,
    stacks: list[list[Member]],
    settings: Settings,
    journal: Journal,
    n_jobs: int | None,
    worker_timeout: float,
    bar: "tqdm[Any]",
) -> list[tuple[float, TrainingDiverged]]:
    """Train the stacks that are not in the journal, and append the results of each when it is finished.

    Returns the errors of the stacks that diverged, each with the largest λ of its stack.
    """
    diverged = []
    missing = [members for members in stacks if not _are_known(journal, members)]
    tasks = (delayed(_train)(images, members, settings) for members in missing)
    for members, found in results(tasks, n_jobs, worker_timeout):
        if isinstance(found, TrainingDiverged):
            diverged.append((max(members[0]["stack"]), found))
            continue
        for member, result in zip(members, found, strict=True):
            journal.append(member, result)
        bar.update(len(members))
    return diverged


def _are_known(journal: Journal, members: list[Member]) -> bool:
    """Tell whether the journal has all results of a stack; a line that lacks one of RESULTS does not count."""
    return all(member in journal and journal[member].keys() >= set(RESULTS) for member in members)


def _train(
    split: Split, members: list[Member], settings: Settings
) -> tuple[list[Member], list[dict[str, float]] | TrainingDiverged]:
    """Train one stack; return its members and the results of each, or the error if training diverged."""
    lams = np.array([member["lam"] for member in members])
    with one_thread(), np.errstate(all="ignore"):
        try:
            params = training.train(
                split.X_train,
                split.y_train,
                network.stack(_start(member, split, settings) for member in members),
                lam=lams,
                eta=settings.eta,
                batch_size=settings.batch_size,
                n_updates=settings.n_updates,
                rng=np.random.default_rng(members[0]["order"]),
            )
        except TrainingDiverged as error:
            return members, error
        _, loss, validation_accuracy = training.evaluate(split.X_validation, split.y_validation, params, lams)
        train_cost, _, train_accuracy = training.evaluate(split.X_train, split.y_train, params, lams)
    if not np.isfinite(loss + train_cost).all():
        raise ValueError("A loss is not finite: check that all numbers of the training and validation images are.")
    columns = (validation_accuracy, train_accuracy, train_cost)
    return members, [dict(zip(RESULTS, row, strict=True)) for row in np.transpose(columns).tolist()]


def _start(member: Member, split: Split, settings: Settings) -> Parameters:
    """Draw the start of one network: the same network whether the images are rotated or not."""
    rng = np.random.default_rng(member["start"])
    if split.basis is None:
        return network.initialise(split.X_train.shape[1], settings.n_hidden, split.n_classes, rng)
    start = network.initialise(len(split.basis), settings.n_hidden, split.n_classes, rng)
    return pca.rotate_network(start, split.basis)
