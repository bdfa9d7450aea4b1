"""Analysis of a search: its best networks, and the uncertainty of the choice."""

import numpy as np
import pandas as pd
from scipy.stats import t as student

from twolayer.arrays import Floats
from twolayer.experiments.search import ROUNDS


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


def behind(results: pd.DataFrame, lam: float) -> pd.DataFrame:
    """Return lam, mean, low, high: how far each λ of a round is behind the one nearest to `lam`, in points of accuracy.

    `lam` must be fixed beforehand: the best λ, chosen by the accuracies that then judge it, would look too good. All
    intervals from low to high hold together in 95 of 100 searches: they are Student's, corrected for the number of
    comparisons by Bonferroni. Their variance is that of the accuracies about the means of their λ and their seed,
    pooled over all λ (R. G. Miller, "Simultaneous Statistical Inference", 1981, chapter 2). With one seed they are NaN.
    """
    by_seed = 100 * results.pivot(index="seed", columns="lam", values="validation_accuracy")
    n_seeds, n_lams = by_seed.shape
    deviations = by_seed - by_seed.mean()
    deviations = deviations.sub(deviations.mean(axis=1), axis=0)
    df, n_others = (n_seeds - 1) * (n_lams - 1), n_lams - 1
    lams = by_seed.columns.to_numpy()
    reference = lams[np.abs(np.log(lams / lam)).argmin()]
    found = pd.DataFrame({"mean": by_seed[reference].mean() - by_seed.mean()}).drop(reference).reset_index()
    variance = np.square(deviations.to_numpy()).sum() / df if df else np.nan
    half = student.ppf(1 - 0.025 / n_others, df) * np.sqrt(2 * variance / n_seeds) if df else np.nan
    return found.assign(low=found["mean"] - half, high=found["mean"] + half)


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
