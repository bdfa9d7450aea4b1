"""Analysis of a search: its best networks, and the uncertainty of the choice."""

import numpy as np
import pandas as pd

from twolayer.arrays import Floats
from twolayer.experiments.search import ROUNDS
from twolayer.ledger.statistics import paired


def best_of_rounds(results: pd.DataFrame, top: int = 3) -> pd.DataFrame:
    """Return the best networks of each seed alone: round, seed, place, lam and accuracy (percent)."""
    ordered = results.sort_values(["validation_accuracy", "lam"], ascending=False)
    best = ordered.groupby(["round", "seed"], sort=False).head(top).copy()
    best["place"] = best.groupby(["round", "seed"]).cumcount() + 1
    best["accuracy"] = 100 * best["validation_accuracy"]
    best["round"] = pd.Categorical(best["round"], ROUNDS)
    columns = ["round", "seed", "place", "lam", "accuracy"]
    return best.sort_values(columns[:3], ignore_index=True)[columns].astype({"round": str})


def against_best(results: pd.DataFrame) -> pd.DataFrame:
    """Return lam, mean, low, high: how far each λ of a round is behind the best one, in points of validation accuracy.

    Differences are taken within each seed, whose networks share their batches; low and high bound the 95 % confidence
    interval of the mean.
    """
    by_seed = 100 * results.pivot(index="seed", columns="lam", values="validation_accuracy")
    best = by_seed[by_seed.mean().idxmax()]
    rows = [(lam, *paired(best, by_seed[lam])) for lam in by_seed.columns]
    return pd.DataFrame(rows, columns=["lam", "mean", "low", "high"])


def leave_one_seed_out(results: pd.DataFrame) -> Floats:
    """Return each seed's validation accuracy (n_seeds,) with the λ that is best for the *other* seeds.

    The maximum of many accuracies is biased upwards, as the same numbers choose and measure; here other seeds
    choose. Raises ValueError if there is only one seed.
    """
    by_seed = results.pivot(index="seed", columns="lam", values="validation_accuracy")
    if len(by_seed) < 2:
        raise ValueError("One seed would choose λ and measure it as well: search with at least 2 seeds.")
    return np.array([by_seed.loc[seed, by_seed.drop(seed).mean().idxmax()] for seed in by_seed.index])
