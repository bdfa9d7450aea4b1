"""Coarse-to-fine search for λ: sample, train, rank, narrow, again."""

import sys
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from joblib import Parallel, cpu_count, delayed
from joblib.externals.loky.process_executor import TerminatedWorkerError
from scipy.stats import loguniform
from tqdm import tqdm

from twolayer import data, descent, network, rotation, schedule, training, version
from twolayer.journal import Journal

ROUNDS = ("coarse", "fine", "second fine")
RESULTS = ("validation_accuracy", "train_accuracy", "train_cost")


class SearchStopped(RuntimeError):
    """A search could not go on; what it has finished is kept."""


@dataclass(frozen=True)
class Settings:
    """How each network of a search is trained; eta_min and eta_max bound η, n_s is half a cycle in updates."""

    n_updates: int
    n_s: int
    n_hidden: int = 50
    batch_size: int = 100
    eta_min: float = 1e-5
    eta_max: float = 1e-1

    def eta(self, t):
        """Return the learning rate at update t."""
        return schedule.cyclical(t, self.n_s, self.eta_min, self.eta_max)


def sample(low, high, n, rng):
    """Draw n values of λ between low and high, log λ uniform."""
    return loguniform(low, high).rvs(n, random_state=rng)


def narrow(results, keep=5):
    """Return the smallest and the largest λ among the `keep` networks that validate best."""
    best = rank(results).head(keep)["lam"]
    return best.min(), best.max()


def rank(results):
    """Sort networks by their validation accuracy, best first; of equals the larger λ comes first."""
    return results.sort_values(["validation_accuracy", "lam"], ascending=False, ignore_index=True)


def best_of_rounds(results, top=3):
    """Return round, place, lam and accuracy (in percent) of each round's best networks."""
    rounds = (rank(part).head(top) for _, part in results.groupby("round", sort=False))
    best = pd.concat(rounds).rename_axis("place").reset_index()
    return best.assign(place=best["place"] + 1, accuracy=100 * best["validation_accuracy"])[
        ["round", "place", "lam", "accuracy"]
    ]


def coarse_to_fine(split, settings, *, low, high, n, seed, journal, rounds=ROUNDS, progress="search", **how):
    """Search λ in rounds of n networks, each round between the extremes of the last one's top five.

    split is a data.Split. Each finished network is kept in the file `journal`, so that a search that was interrupted
    goes on where it stopped. Returns a data frame with one row for each network: round, lam, validation_accuracy,
    train_accuracy, train_cost. `how` goes to `train_each`: width, n_jobs.
    """
    this = sys.modules[__name__]
    code = version.of_modules(data, descent, network, rotation, schedule, this, training)
    journal = Journal(journal, code)
    frames = []
    for name, seeds in zip(rounds, np.random.SeedSequence(seed).spawn(len(rounds)), strict=True):
        for_lams, for_networks = seeds.spawn(2)
        lams = sample(low, high, n, np.random.default_rng(for_lams))
        label = f"{progress}, {name}"
        results = train_each(split, lams, settings, for_networks, journal=journal, progress=label, **how)
        frames.append(results.assign(round=name))
        low, high = narrow(results)
    return pd.concat(frames, ignore_index=True)


def train_each(split, lams, settings, seeds, *, journal, width=10, n_jobs=None, progress=None):
    """Train one network for each λ, in stacks of `width`, and return a data frame with a row for each.

    All networks of a call see the same batches; each has its own start, drawn from seeds (a SeedSequence) by its
    place in lams. A stack that the journal knows is not trained again. Stacks are spread over n_jobs processes,
    which share the images; None means one for each core. Raises SearchStopped when one of them is killed, and
    ValueError for no λ or a number of processes that the machine has no cores for.
    """
    n_jobs = processes(n_jobs)
    if len(lams) == 0:
        raise ValueError("A search of no λ: give it at least one.")
    order, *starts = seeds.generate_state(1 + len(lams), np.uint64).tolist()
    wanted = [
        {"data": split.fingerprint, "lam": float(lam), "start": start, "order": order, **asdict(settings)}
        for lam, start in zip(lams, starts, strict=True)
    ]
    # Stacks are the same whatever was done before and however many processes there are, and so is each rounding.
    stacks = [wanted[i : i + width] for i in range(0, len(wanted), width)]
    missing = [members for members in stacks if not all(member in journal for member in members)]
    workers = Parallel(n_jobs=n_jobs, return_as="generator_unordered")
    done = len(wanted) - sum(map(len, missing))
    with tqdm(total=len(wanted), initial=done, desc=progress, disable=progress is None, unit="network") as bar:
        try:
            for members, results in workers(delayed(_train)(split, members, settings) for members in missing):
                for member, result in zip(members, results, strict=True):
                    journal.append(member, result)
                bar.update(len(members))
        except TerminatedWorkerError:
            raise SearchStopped(
                f"A process of the search was killed with {bar.n} of {bar.total} networks finished, which "
                f"{journal.path} keeps: run the search again to go on (with n_jobs=1 if memory is short)."
            ) from None
    return pd.DataFrame([{"lam": member["lam"], **journal[member]} for member in wanted])


def processes(n_jobs):
    """Return how many processes to use: n_jobs, or for None all cores. Raises ValueError for more than there are."""
    cores = cpu_count()
    if n_jobs is not None and not 1 <= n_jobs <= cores:
        raise ValueError(f"n_jobs = {n_jobs}: this machine has cores for 1 to {cores}.")
    return n_jobs or cores


def _train(split, members, settings):
    """Train one stack; return its members and the results of each."""
    lams = np.array([member["lam"] for member in members])
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
    _, _, validation_accuracy = training.evaluate(split.X_validation, split.y_validation, params, lams)
    train_cost, _, train_accuracy = training.evaluate(split.X_train, split.y_train, params, lams)
    columns = (validation_accuracy, train_accuracy, train_cost)
    return members, [dict(zip(RESULTS, row, strict=True)) for row in np.transpose(columns).tolist()]


def _start(member, split, settings):
    """Draw the start of one network, the same whether the images are rotated or not."""
    rng = np.random.default_rng(member["start"])
    if split.basis is None:
        return network.initialise(split.X_train.shape[1], settings.n_hidden, split.n_classes, rng)
    start = network.initialise(len(split.basis), settings.n_hidden, split.n_classes, rng)
    return rotation.rotate_network(start, split.basis)
