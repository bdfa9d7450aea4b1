"""Coarse-to-fine search for λ: sample, train, rank, narrow, again."""

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from numbers import Real
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
Member = dict[str, Any]  # of a stack: all that decides the results of one network, by name


class SearchStopped(RuntimeError):
    """A search could not go on; what it has finished is kept."""


@dataclass(frozen=True)
class Settings:
    """How each network of a search is trained; eta_min and eta_max bound η, n_s is half a cycle in updates.

    They are kept as Python's own numbers, so that the same settings are the same text in a journal. Raises ValueError
    for a setting that nothing can be trained with.
    """

    n_updates: int
    n_s: int
    n_hidden: int = 50
    batch_size: int = 100
    eta_min: float = 1e-5
    eta_max: float = 1e-1

    def __post_init__(self) -> None:
        """Check the settings, and make them Python's own numbers."""
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
    """Return the smallest and the largest λ among the `keep` that validate best."""
    best = rank(results).head(keep)["lam"]
    return best.min(), best.max()


def rank(results: pd.DataFrame) -> pd.DataFrame:
    """Return round, lam, validation_accuracy (mean over the seeds) and its sd, best λ first; of equals the larger."""
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
    """Search λ in rounds of n values, each round between the extremes of the last one's top five.

    Each λ is trained with n_seeds seeds: starts and batches of their own; its rank is that of its mean.

    split is a data.Split. Each finished network is kept in the file `journal`, so that a search that was interrupted
    goes on where it stopped. Returns a data frame with one row for each network: round, seed, lam,
    validation_accuracy, train_accuracy, train_cost. `how` goes to `train_each`: width, n_jobs,
    worker_timeout. Raises what that does.
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
    """Raise ValueError unless rounds are some of ROUNDS, each once, and n values of λ can bound the next of them."""
    known = isinstance(rounds, Sequence) and all(name in ROUNDS for name in rounds)
    if not known or not 0 < len(rounds) == len(set(rounds)):
        raise ValueError(f"rounds = {short(rounds)}: choose from {', '.join(ROUNDS)}, each once.")
    if n == 1 and len(rounds) > 1:
        raise ValueError("n = 1: one λ bounds no further round; choose at least 2, or a single round.")


def train_each(
    split: Split | Shared,
    lams: Sequence[float] | Floats,
    settings: Settings,
    seeds: np.random.SeedSequence,
    *,
    journal: Journal,
    width: int = 10,
    n_jobs: int | None = None,
    worker_timeout: float = WORKER_TIMEOUT,
    progress: str | None = None,
) -> pd.DataFrame:
    """Train one network for each λ, in stacks of `width`, and return a data frame with a row for each.

    All networks of a call see the same batches; each has its own start, drawn from seeds (a SeedSequence) by its
    place in lams. A stack that the journal knows is not trained again. Stacks are spread over n_jobs processes,
    which share the images; None means one for each core. With joblib set to use Dask, they are spread over its cluster,
    which gets the images once for all calls with the same Shared (cluster.Shared) in place of the split.
    Raises SearchStopped when a process is killed whose work no other can take over, or when the cluster has had no
    worker for worker_timeout seconds; TrainingDiverged, once all stacks have been tried, for a λ that is too large for
    the learning rate; and ValueError for no λ or one below 0, a split that cannot rank them, or a number of processes
    that the machine has no cores for.
    """
    require_seconds(worker_timeout=worker_timeout)
    images = shared(split)
    _require_ranking(images.data, lams)
    stacks = _stacks(images.data, lams, settings, seeds, **require_counts(width=width))
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
        raise diverged[min(diverged)]
    return pd.DataFrame([{"lam": member["lam"], **journal[member]} for members in stacks for member in members])


def _require_ranking(split: Split, lams: Sequence[float] | Floats) -> None:
    """Raise ValueError unless there are λ, each finite and at least 0, and images to rank them by."""
    if len(lams) == 0:
        raise ValueError("A search of no λ: give it at least one.")
    for lam in lams:
        require_penalty(lam)
    if not len(split.y_validation):
        raise ValueError("The split has no validation image, by which a search ranks λ: name some.")


def _stacks(
    split: Split, lams: Sequence[float] | Floats, settings: Settings, seeds: np.random.SeedSequence, width: int
) -> list[list[Member]]:
    """Return the networks in stacks: the same whatever was done before and however many processes there are.

    So is each rounding. As the networks of a stack are rounded together, each names the λ of all of them.
    """
    order, *starts = seeds.generate_state(1 + len(lams), np.uint64).tolist()
    alike = {"data": split.fingerprint, "order": order, **asdict(settings)}
    networks = list(zip(map(float, lams), starts, strict=True))
    parts = [networks[i : i + width] for i in range(0, len(networks), width)]
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
) -> dict[float, TrainingDiverged]:
    """Train the stacks that the journal lacks, and keep the results of each when it is finished.

    Returns what was said of those that diverged, by the largest λ of each.
    """
    diverged = {}
    missing = [members for members in stacks if not _are_known(journal, members)]
    tasks = (delayed(_train)(images, members, settings) for members in missing)
    for members, found in results(tasks, n_jobs, worker_timeout):
        if isinstance(found, TrainingDiverged):
            diverged[max(members[0]["stack"])] = found
            continue
        for member, result in zip(members, found, strict=True):
            journal.append(member, result)
        bar.update(len(members))
    return diverged


def _are_known(journal: Journal, members: list[Member]) -> bool:
    """Tell whether the journal has all results of a stack; a line that someone has shortened does not count."""
    return all(member in journal and journal[member].keys() >= set(RESULTS) for member in members)


def _train(
    split: Split, members: list[Member], settings: Settings
) -> tuple[list[Member], list[dict[str, float]] | TrainingDiverged]:
    """Train one stack; return its members and the results of each, or why there are none."""
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
        raise ValueError("A loss is not finite: see that all numbers of the training and validation images are.")
    columns = (validation_accuracy, train_accuracy, train_cost)
    return members, [dict(zip(RESULTS, row, strict=True)) for row in np.transpose(columns).tolist()]


def _start(member: Member, split: Split, settings: Settings) -> Parameters:
    """Draw the start of one network, the same whether the images are rotated or not."""
    rng = np.random.default_rng(member["start"])
    if split.basis is None:
        return network.initialise(split.X_train.shape[1], settings.n_hidden, split.n_classes, rng)
    start = network.initialise(len(split.basis), settings.n_hidden, split.n_classes, rng)
    return pca.rotate_network(start, split.basis)
