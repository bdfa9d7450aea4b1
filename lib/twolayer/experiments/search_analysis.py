"""Analysis of a search: its best networks, and the uncertainty of the choice."""

import numpy as np
import pandas as pd

from twolayer.arrays import Floats
from twolayer.experiments.search import ROUNDS
from twolayer.ledger.statistics import paired


def best_of_rounds(results: pd.DataFrame, top: int = 3) -> pd.DataFrame:
    """Return the best networks of each round and seed: round, seed, place, lam and accuracy (percent)."""
    columns = ["round", "seed", "place", "lam", "accuracy"]
    order = results["round"].map(ROUNDS.index)
    best = results.assign(order=order).sort_values(
        ["order", "seed", "validation_accuracy", "lam"], ascending=[True, True, False, False]
    )
    place = best.groupby(["order", "seed"]).cumcount() + 1
    best = best.assign(place=place, accuracy=100 * best["validation_accuracy"])
    return best.loc[place <= top, columns].reset_index(drop=True)


def against_best(results: pd.DataFrame) -> pd.DataFrame:
    """Return lam, mean, low, high: how far each λ of a round is behind the best one, in points of validation accuracy.

    Differences are taken within each seed, whose networks share their batches; low and high bound the 95 % confidence
    interval of their mean.
    """
    by_seed = 100 * results.pivot(index="seed", columns="lam", values="validation_accuracy")
    best = by_seed[by_seed.mean().idxmax()]
    rows = [(lam, *paired(best, accuracies)) for lam, accuracies in by_seed.items()]
    return pd.DataFrame(rows, columns=["lam", "mean", "low", "high"])


def leave_one_seed_out(results: pd.DataFrame) -> Floats:
    """Return each seed's validation accuracy (n_seeds,) at the λ that is best for the *other* seeds.

    The highest of many accuracies is biased upwards, since the same numbers choose λ and measure it; here the other
    seeds choose. Raises ValueError if there is only one seed.
    """
    by_seed = results.pivot(index="seed", columns="lam", values="validation_accuracy")
    if len(by_seed) < 2:
        raise ValueError(
            "With one seed, the same accuracies would choose λ and measure it: search with at least 2 seeds."
        )
    return np.array([by_seed.loc[seed, by_seed.drop(seed).mean().idxmax()] for seed in by_seed.index])
