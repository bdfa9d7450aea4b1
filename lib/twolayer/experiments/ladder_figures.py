"""The figures of how far two layers go: gains from step to step, learning rates, widths, calibration, and classes.

As those of `figures`, each returns a matplotlib figure with the numbers that it shows attached as CSV.
"""

from collections.abc import Mapping
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, ScalarFormatter
from sklearn.calibration import calibration_curve

from twolayer.arrays import Floats, Integers
from twolayer.experiments.figures import BESIDE, MARKS, RATE, TRAIN, VALIDATION, WIDTH, attach_csv

QUIET = "#595959"
KINDS: list[dict[str, Any]] = [
    {"color": RATE, "fmt": "s-"},
    {"color": VALIDATION, "fmt": "^-"},
    {"color": TRAIN, "fmt": "o-"},
]
CLEAR = {"facecolor": "white", "edgecolor": "none", "pad": 1}  # behind words that lines would cross
SHADES = "viridis"  # rises in brightness, so that the order of lines can be seen without colour


def ladder(accuracies: pd.DataFrame, others: Mapping[str, float] = {}) -> Figure:
    """Show the accuracy after each step, from top to bottom, and what the step has gained.

    accuracies : percent; a column for each step, a row for each seed
    others : two to compare with, as vertical lines: name → percent, the smaller one first
    """
    means, places = accuracies.mean(), np.arange(accuracies.shape[1])
    fig, axis = plt.subplots(figsize=(WIDTH, 0.6 + 0.22 * len(places)))
    axis.barh(places, means, height=0.62, color=TRAIN, alpha=0.25)
    for _, run in accuracies.iterrows():
        axis.plot(run, places, "|", color=TRAIN, ms=8, mew=0.9)
    for place, mean, gain in zip(places, means, means.diff(), strict=True):
        text = f"{mean:.1f}" if np.isnan(gain) else f"{mean:.1f}  ({gain:+z.1f})".replace("-", "−")
        axis.annotate(text, (accuracies.iloc[:, place].max(), place), (6, 0), va="center", bbox=CLEAR, **BESIDE)
    for (name, value), side in zip(others.items(), ("right", "left"), strict=False):
        axis.axvline(value, color=RATE, linewidth=0.8, linestyle=(0, (4, 2)))
        axis.annotate(name, (value, -0.6), (0, 2), ha=side, color=QUIET, **BESIDE)
    low = np.floor(accuracies.to_numpy().min() / 5) * 5 - 5
    axis.set(xlabel="test accuracy (%)", xlim=(low, means.max() + 5), ylim=(len(places) - 0.5, -0.6))
    axis.set_yticks(places, list(accuracies.columns))
    axis.tick_params(axis="y", length=0)
    return attach_csv(fig, accuracies.rename_axis("seed").reset_index())


def range_test(history: pd.DataFrame, eta_max: float) -> Figure:
    """Show validation accuracy while the learning rate rises, and the η_max that was published.

    history is that of `techniques.range_test`; of several, with a column `seed`.
    """
    shown = history.query("split == 'validation'").groupby("eta")["accuracy"].agg(["mean", "std"]).reset_index()
    fig, axis = plt.subplots(figsize=(WIDTH * 0.62, 2.0))
    mean, sd = 100 * shown["mean"], 100 * shown["std"]
    axis.plot(shown["eta"], mean, color=VALIDATION)
    axis.fill_between(shown["eta"], mean - sd, mean + sd, color=VALIDATION, alpha=0.25, linewidth=0)
    axis.axvline(eta_max, color=RATE, linewidth=0.8, linestyle=(0, (4, 2)))
    axis.annotate("published $\\eta_{\\max}$", (eta_max, mean.min()), (4, 2), color=QUIET, **BESIDE)
    axis.set(xlabel="learning rate $\\eta$", ylabel="validation accuracy (%)", xlim=(0, None))
    return attach_csv(fig, shown)


def widths(results: pd.DataFrame) -> Figure:
    """Show validation accuracy by the number of hidden units for each λ, and the best against the arithmetic it takes.

    results has a row for each network: n_hidden, lam, validation_accuracy (percent), products (of its training).
    """
    means = results.groupby(["n_hidden", "lam"], as_index=False)[["validation_accuracy", "products"]].mean()
    best = means.loc[means.groupby("n_hidden")["validation_accuracy"].idxmax()]
    fig, (left, right) = plt.subplots(1, 2, figsize=(WIDTH, 2.1), sharey=True)
    lines = list(means.groupby("lam"))
    for (lam, part), colour in zip(lines, plt.get_cmap(SHADES)(np.linspace(0.1, 0.8, len(lines))), strict=True):
        left.plot(part["n_hidden"], part["validation_accuracy"], "o-", ms=3, color=colour, label=f"λ = {lam:g}")
    left.set(xscale="log", xlabel="hidden units $m$", ylabel="validation accuracy (%)")
    left.set_xticks(means["n_hidden"].unique())
    left.xaxis.set_major_formatter(ScalarFormatter())
    left.xaxis.set_minor_formatter(NullFormatter())
    left.legend()
    right.plot(best["products"] / 1e9, best["validation_accuracy"], "o-", ms=3, color=TRAIN)
    for _, row in best.iterrows():
        at = (row["products"] / 1e9, row["validation_accuracy"])
        right.annotate(f"{row['n_hidden']:.0f}", at, (3, -9), **BESIDE)
    right.set(xscale="log", xlabel="multiplications in its training (10⁹)")
    return attach_csv(fig, means)


def reliability(probabilities: Mapping[str, Floats], y: Integers, n_bins: int = 10) -> Figure:
    """Show how often networks are right against how sure they are.

    probabilities : at most three, name → (n, c) for images of the classes y (n,); the largest one of an image says to
        which of n_bins bins of equal width it belongs
    """
    fig, axis = plt.subplots(figsize=(WIDTH * 0.5, 2.4))
    axis.plot([0, 100], [0, 100], color=RATE, linewidth=0.8, linestyle=(0, (4, 2)))
    rows = []
    for (name, P), style in zip(probabilities.items(), KINDS, strict=False):
        right, sure = calibration_curve(P.argmax(axis=1) == y, np.minimum(P.max(axis=1), 1), n_bins=n_bins)
        axis.errorbar(100 * sure, 100 * right, label=name, **MARKS, **style)
        rows += [(name, 100 * p, 100 * share) for p, share in zip(sure, right, strict=True)]
    axis.set(xlabel="probability of the predicted class (%)", ylabel="how many are right (%)", xlim=(0, 100))
    axis.set_ylim(0, 100)
    axis.legend()
    return attach_csv(fig, pd.DataFrame(rows, columns=["network", "sure", "right"]))


def by_class(accuracies: pd.DataFrame) -> Figure:
    """Show the accuracy of networks in each class, those of the first network in rising order from top to bottom.

    accuracies : percent; a row for each class, a column for each of at most three networks
    """
    ordered = accuracies.sort_values(accuracies.columns[0])
    places = np.arange(len(ordered))
    fig, axis = plt.subplots(figsize=(WIDTH * 0.72, 0.7 + 0.17 * len(places)))
    axis.hlines(places, ordered.min(axis=1), ordered.max(axis=1), color=QUIET, linewidth=0.6)
    for (name, values), kind in zip(ordered.items(), KINDS, strict=False):
        axis.plot(values, places, kind["fmt"][0], color=kind["color"], ms=4, label=name)
    axis.set(xlabel="images of the class that are right (%)", ylim=(len(places) - 0.5, -0.5))
    axis.set_yticks(places, list(ordered.index))
    axis.tick_params(axis="y", length=0)
    axis.legend()
    return attach_csv(fig, ordered.rename_axis("class").reset_index())
