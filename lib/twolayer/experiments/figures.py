"""The figures of the report: one style, vector graphics, colours that the colour-blind can tell apart.

Each function takes arrays or data frames and returns a matplotlib figure with the numbers that it shows, which a
notebook keeps as CSV beside the picture. Each raises ValueError if there is nothing to draw. Numbers that are not
finite are left out.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence, Sized
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from matplotlib.typing import RcKeyType
from matplotlib_inline.backend_inline import set_matplotlib_formats
from numpy.typing import ArrayLike

from twolayer.arrays import Floats, Pixels

# Okabe and Ito's palette, which readers with any common colour vision can tell apart.
TRAIN, VALIDATION, RATE = "#0072B2", "#D55E00", "#7F7F7F"
# Dashes tell the two apart in print without colour.
LINES: dict[str, dict[str, Any]] = {
    "train": {"color": TRAIN},
    "validation": {"color": VALIDATION, "linestyle": (0, (4, 1))},
}
BESIDE: dict[str, Any] = {"textcoords": "offset points", "fontsize": 8}  # of a label, offset by so many points
ROUNDS = {"coarse": (RATE, "o"), "fine": (TRAIN, "s"), "second fine": (VALIDATION, "D")}
WIDTH = 6.22  # inches: the width of the text on the printed page
BUNDLE = "_repr_mimebundle_"  # the method by which IPython gets an object's other formats
TYPEFACE: dict[RcKeyType, str] = {"font.family": "STIXGeneral", "mathtext.fontset": "stix"}
STYLE: dict[RcKeyType, Any] = {
    "figure.dpi": 100,
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.labelsize": 9,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "lines.linewidth": 1.2,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "svg.fonttype": "path",
    "svg.hashsalt": "twolayer",
    "figure.constrained_layout.use": True,
}


def use_style(typeface: Mapping[RcKeyType, Any] = TYPEFACE) -> None:
    """Set the report's style, and SVG as the format in which a notebook shows figures.

    typeface: the settings of matplotlib that choose it, if a better one than matplotlib's own is installed.
    """
    plt.rcParams.update({**STYLE, **typeface})
    set_matplotlib_formats("svg", metadata={"Date": None}, bbox_inches=None)  # type: ignore[no-untyped-call]  # matplotlib_inline has no types


def attach_csv(fig: Figure, numbers: pd.DataFrame) -> Figure:
    """Return the figure with the data frame `numbers` attached: a notebook that shows it gets them as CSV."""
    setattr(
        fig, BUNDLE, lambda **_: {"text/csv": numbers.to_csv(index=False, float_format="%.6g", lineterminator="\n")}
    )
    return fig


def _check(drawn: Sized, lack: str) -> None:
    if not len(drawn):
        raise ValueError(f"There is nothing to draw: {lack}.")


def _check_names(names: Iterable[object], known: Collection[str]) -> None:
    for name in names:
        if name not in known:
            raise ValueError(f"There is no line for {name!r}, only for {', '.join(known)}.")


def _of_positive(frame: pd.DataFrame, *quantities: str) -> pd.DataFrame:
    """Return the rows with a positive λ, which a logarithmic axis can show, and finite quantities."""
    finite = np.isfinite(frame[["lam", *quantities]]).all(axis=1)
    return frame[finite & (frame["lam"] > 0)]


def learning_curves(history: pd.DataFrame) -> Figure:
    """Show cost, loss and accuracy of each split over the updates, with the learning rate below.

    history is a data frame of `training.History`; with a column `seed`, a line is the mean over the seeds and a band
    one standard deviation to each side.
    """
    frame = over_seeds(history)
    _check(frame, "the history has no update with a learning rate")
    _check_names(frame["split"], LINES)
    fig, axes = plt.subplots(
        2, 3, figsize=(WIDTH, 2.15), sharex=True, height_ratios=(5, 1), gridspec_kw={"hspace": 0.08}
    )
    for (panel, below), quantity in zip(axes.T, ("cost", "loss", "accuracy"), strict=True):
        curves(panel, frame, quantity)
        learning_rate(below, frame)
    axes[1, 0].set_ylabel("$\\eta$", rotation=0, labelpad=12, va="center")
    return attach_csv(fig, frame)


def over_seeds(history: pd.DataFrame) -> pd.DataFrame:
    """Return mean and standard deviation over the seeds for each split and update; with one seed the latter is NaN."""
    quantities = history.groupby(["split", "update", "eta"], sort=False)[["cost", "loss", "accuracy"]]
    with np.errstate(invalid="ignore"):  # infinite numbers of both signs have no mean
        return quantities.mean().join(quantities.std(), suffixes=("", " sd")).reset_index()


def curves(axis: Axes, frame: pd.DataFrame, quantity: str) -> None:
    """Draw one quantity over the updates, a line for each split, labelled at its end if the quantity is accuracy."""
    for split, part in frame.groupby("split", sort=False):
        t, mean, sd = part["update"], part[quantity], part[f"{quantity} sd"]
        axis.plot(t, mean, label=split, **LINES[split])
        axis.fill_between(t, mean - sd, mean + sd, color=LINES[split]["color"], alpha=0.25, linewidth=0)
        if quantity == "accuracy":
            end = t.iloc[-1], mean.iloc[-1]
            axis.annotate(split, end, (4, 0), color=LINES[split]["color"], va="center", **BESIDE)
    units = {"cost": "cost $J$ (nats)", "loss": "loss $L$ (nats)", "accuracy": "accuracy"}
    axis.set_title(units[quantity], loc="left")
    axis.set_ylim(bottom=0)
    if quantity == "accuracy":
        axis.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))


def learning_rate(axis: Axes, history: pd.DataFrame) -> None:
    """Draw the learning rate η over the updates."""
    part = history.drop_duplicates("update")
    axis.fill_between(part["update"], part["eta"], color=RATE, alpha=0.35, linewidth=0)
    top = part["eta"].where(np.isfinite(part["eta"]), 0).max()
    axis.set_ylim(0, top * 1.1 or 1)
    axis.set_yticks([0, top], ["0", f"{top:.3g}"])
    axis.set_xlabel("update $t$")
    axis.set_xlim(0, part["update"].max() or 1)  # a history of update 0 alone


def search_rounds(results: Mapping[str, pd.DataFrame], published: Sequence[tuple[float, float]] = ()) -> Figure:
    """Show validation accuracy against λ for each round; a panel for each n_s.

    A mark is the mean over seeds, its bar one standard deviation. results maps a panel's title to a data frame of
    `search.coarse_to_fine`; published is a list of pairs (λ, accuracy) for the first panel.
    """
    _check(results, "there is no search")
    drawn = {title: _of_positive(frame, "validation_accuracy") for title, frame in results.items()}
    for title, frame in drawn.items():
        _check(frame, f"the search “{plain(title)}” has no network with a positive λ")
        _check_names(frame["round"], ROUNDS)
    fig, axes = plt.subplots(1, len(results), figsize=(WIDTH, 2.3), sharex=True, sharey=True, squeeze=False)
    shown = []
    for axis, (title, frame) in zip(axes[0], drawn.items(), strict=True):
        for name, part in frame.groupby("round", sort=False):
            colour, marker = ROUNDS[name]
            of_lam = part.groupby("lam")["validation_accuracy"].agg(["mean", "std"]).reset_index()
            look: dict[str, Any] = {"color": colour, "ms": 3.5, "alpha": 0.8, "mew": 0, "elinewidth": 0.7}
            axis.errorbar(of_lam["lam"], of_lam["mean"], yerr=of_lam["std"], fmt=marker, label=name, **look)
            shown.append(of_lam.assign(panel=plain(title), round=name))
        axis.set_xscale("log")
        axis.set_title(title, loc="left")
        axis.set_xlabel("$\\lambda$")
        axis.yaxis.set_major_formatter(PercentFormatter(1))
    if published:
        lams, accuracies = zip(*published, strict=True)
        axes[0, 0].plot(lams, accuracies, "k+", ms=6, label="published")
        crosses = pd.DataFrame({"lam": lams, "mean": accuracies, "round": "published"})
        shown.append(crosses.assign(panel=plain(next(iter(results)))))
    axes[0, 0].set_ylabel("validation accuracy")
    axes[0, 0].legend(loc="lower left", handletextpad=0.2)
    return attach_csv(fig, pd.concat(shown)[["panel", "round", "lam", "mean", "std"]])


def plain(title: str) -> str:
    """Return a title without the dollars of its formulas."""
    return title.replace("$", "")


def shortcut(exact: pd.DataFrame, rotated: pd.DataFrame, n_components: int) -> Figure:
    """Show validation accuracy against λ for the same networks, trained on all pixels and on principal components.

    exact and rotated are data frames of `search.coarse_to_fine`, each of one round with the same λ.
    """
    both = exact.merge(rotated, on="lam", suffixes=("", " on components"))
    both = both[["lam", "validation_accuracy", "validation_accuracy on components"]]
    _check(_of_positive(both, *both.columns[1:]), "the two searches have no positive λ in common")
    fig, axis = plt.subplots(figsize=(WIDTH, 2.0))
    for frame, name, marker, colour, size in (
        (exact, "all pixels", "o", TRAIN, 4),
        (rotated, f"{n_components} components", "x", VALIDATION, 5),
    ):
        lams, accuracies = frame["lam"], frame["validation_accuracy"]
        axis.plot(lams, accuracies, linestyle="none", label=name, marker=marker, color=colour, ms=size)
    axis.set(xscale="log", xlabel="$\\lambda$", ylabel="validation accuracy")
    axis.yaxis.set_major_formatter(PercentFormatter(1))
    axis.legend(loc="lower left", handletextpad=0.2)
    return attach_csv(fig, both)


def behind_the_best(results: Mapping[str, pd.DataFrame]) -> Figure:
    """Show how far each λ stays behind the best one, with its confidence interval; a panel for each title.

    results maps a panel's title to a data frame of `search_analysis.against_best`.
    """
    _check(results, "there is no search")
    drawn = {title: _of_positive(frame, "mean") for title, frame in results.items()}
    for title, frame in drawn.items():
        _check(frame, f"the search “{plain(title)}” has no positive λ")
    fig, axes = plt.subplots(1, len(results), figsize=(WIDTH, 2.05), sharex=True, sharey=True, squeeze=False)
    for axis, (title, frame) in zip(axes[0], drawn.items(), strict=True):
        errors = [frame["mean"] - frame["low"], frame["high"] - frame["mean"]]
        axis.errorbar(frame["lam"], frame["mean"], yerr=errors, fmt="o", color=TRAIN, ms=3.5, mew=0, elinewidth=0.7)
        axis.axhline(0, color="black", linewidth=0.5)
        axis.set(xscale="log", xlabel="$\\lambda$", ylim=(-2, 6))
        axis.set_title(title, loc="left")
    axes[0, 0].set_ylabel("points behind the best")
    shown = pd.concat(frame.assign(panel=plain(title)) for title, frame in results.items())
    return attach_csv(fig, shown[["panel", "lam", "mean", "low", "high"]])


def steps(table: pd.DataFrame, published: float = 1e-5) -> Figure:
    """Show the error of forward and central differences against their step h, with a line at the published step.

    table is a data frame of `gradient_check.step_errors`. Full lines show the error of the worst element, dotted lines
    that of the whole vector.
    """
    quantities = table[["h", "element-wise", "norm-wise"]]
    whole = table[((quantities > 0) & np.isfinite(quantities)).all(axis=1)]
    for method in ("forward", "central"):
        _check(whole[whole["method"] == method], f"{method} differences have no error at any step")
    fig, axis = plt.subplots(figsize=(WIDTH, 2.1))
    axis.axvline(published, color="black", linewidth=0.5)
    axis.annotate(
        "published", (published, 1), (-3, -2), xycoords=axis.get_xaxis_transform(), ha="right", va="top", **BESIDE
    )
    # The name of each method stands at the outer one of its two lines: the ends of the inner two nearly meet.
    for method, colour, named in (("forward", VALIDATION, "element-wise"), ("central", TRAIN, "norm-wise")):
        part = table[table["method"] == method].sort_values("h")
        for error, dashes in (("element-wise", "solid"), ("norm-wise", (0, (1, 1.5)))):
            axis.loglog(part["h"], part[error], color=colour, linestyle=dashes, label=f"{method}, {error}")
        axis.annotate(method, part[["h", named]].iloc[-1], (4, 0), color=colour, va="center", **BESIDE)
    # At small steps, such as a third of the way from the smallest to the largest, rounding dominates: both methods err
    # alike, and one label holds for both.
    h = np.quantile(table["h"].unique(), 1 / 3, method="nearest")
    pair = table[table["h"] == h]
    axis.annotate("worst element", (h, pair["element-wise"].max()), (7, 2), **BESIDE)
    axis.annotate("whole vector", (h, pair["norm-wise"].min()), (-5, -2), ha="right", va="top", **BESIDE)
    axis.set(xlabel="step $h$", ylabel="relative error")
    return attach_csv(fig, table)


def costs(table: pd.DataFrame, columns: int = 2) -> Figure:
    """Show times as multiples of ours: a panel for each kind of work, a bar for each contender, whiskers for quartiles.

    table is the data frame that `make bench` writes: row, contender, ratio, ratio_low, ratio_high.
    """
    measured = table.replace([np.inf, -np.inf], np.nan)
    measured = measured[measured["ratio"] > 0]
    _check(measured, "nothing has been measured")
    rows = list(measured.groupby("row", sort=False))
    heights = [max(len(part) for _, part in rows[i : i + columns]) for i in range(0, len(rows), columns)]
    fig, axes = plt.subplots(
        len(heights),
        columns,
        figsize=(WIDTH, max(1, 0.17 * sum(heights) + 0.45 * len(heights))),
        sharex=True,
        squeeze=False,
        height_ratios=heights,
    )
    for axis in axes.flat[len(rows) :]:
        axis.set_axis_off()
    for axis, (name, part) in zip(axes.flat, rows, strict=False):
        colours = np.where(part["contender"] == "ours", TRAIN, np.where(part["contender"] == "floor", "#bbbbbb", RATE))
        whiskers = np.abs(part[["ratio_low", "ratio_high"]].T.to_numpy() - part["ratio"].to_numpy())
        axis.barh(part["contender"], part["ratio"], color=colours, xerr=whiskers, error_kw={"elinewidth": 0.7})
        axis.set_xscale("log")
        axis.set_title(name, loc="left")
        axis.invert_yaxis()
        axis.axvline(1, color="black", linewidth=0.5)
    for axis in axes[-1]:
        axis.set_xlabel("time as a multiple of ours")
    return attach_csv(fig, table[["row", "contender", "ratio", "ratio_low", "ratio_high"]])


def weights(W1: Floats, shape: tuple[int, int, int] = (3, 32, 32), columns: int = 13) -> Figure:
    """Show the weights of each hidden unit, a column of W1 (d, m), as a picture, stretched to its own range."""
    _check(W1.T, "there is no hidden unit")
    if not np.isfinite(W1).all():
        raise ValueError("Weights that are not finite cannot be drawn: train the network with a smaller learning rate.")
    pictures = W1.T.reshape(-1, *shape).transpose(0, 2, 3, 1)
    low, high = (f(pictures, axis=(1, 2, 3), keepdims=True) for f in (np.min, np.max))
    # A unit whose weights are all equal has no range.
    stretched = (pictures - low) / np.where(high > low, high - low, 1)
    fig = _grid(stretched, columns=columns, height=WIDTH / columns)
    units = {"unit": range(1, len(low) + 1), "smallest weight": low.ravel(), "largest weight": high.ravel()}
    return attach_csv(fig, pd.DataFrame(units).assign(norm=np.linalg.norm(W1, axis=0)))


def images(pixels: Pixels, captions: Sequence[str], columns: int = 8, colours: Sequence[str] | None = None) -> Figure:
    """Show images (n, 3072) uint8, each below its caption; colours: those of the captions."""
    _check(pixels, "there is no image")
    if not len(pixels) == len(captions) == len(captions if colours is None else colours):
        raise ValueError(f"Each of the {len(pixels)} images needs one caption, and one colour if there are any.")
    pictures = pixels.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    fig = _grid(pictures, columns=columns, height=0.86, captions=captions, colours=colours)
    return attach_csv(fig, pd.DataFrame({"picture": range(1, len(captions) + 1), "caption": captions}))


def _grid(
    pictures: Pixels | Floats,
    *,
    columns: int,
    height: float,
    captions: Sequence[str] | None = None,
    colours: Sequence[str] | None = None,
) -> Figure:
    rows = -(-len(pictures) // columns)
    fig, axes = plt.subplots(rows, columns, figsize=(WIDTH, rows * height), squeeze=False)
    for axis in axes.flat:
        axis.set_axis_off()
    for i, (axis, picture) in enumerate(zip(axes.flat, pictures, strict=False)):
        axis.imshow(picture, interpolation="nearest")
        if captions is not None:
            colour = "black" if colours is None else colours[i]
            axis.set_title(captions[i], fontsize=7, pad=2, color=colour, parse_math=False)
    return fig


def confusion(matrix: ArrayLike, class_names: Sequence[str]) -> Figure:
    """Show a confusion matrix (c, c) of counts, rows the true classes, as shares of each true class.

    The row of a class without images shows dashes. Raises ValueError unless the matrix is (c, c) and holds counts.
    """
    n = len(class_names)
    _check(class_names, "there is no class")
    counts = np.asarray(matrix, float)
    if counts.shape != (n, n) or not (np.isfinite(counts) & (counts >= 0)).all():
        raise ValueError(f"A confusion matrix of {n} classes holds {n} × {n} counts.")
    images_of = counts.sum(axis=1, keepdims=True)
    share = np.divide(counts, images_of, out=np.full((n, n), np.nan), where=images_of > 0)
    top = np.fmax.reduce(share, axis=None, initial=0)
    fig, axis = plt.subplots(figsize=(WIDTH * 0.62, WIDTH * 0.53))
    axis.pcolormesh(share, cmap="Blues", vmin=0, vmax=top, edgecolors="white", linewidth=0.5)
    for (row, column), value in np.ndenumerate(share):
        colour = "white" if value > 0.6 * top else "black"
        axis.text(
            column + 0.5,
            row + 0.5,
            "–" if np.isnan(value) else f"{100 * value:.0f}",
            ha="center",
            va="center",
            color=colour,
            fontsize=7.5,
        )
    ticks = np.arange(n) + 0.5
    axis.set_xticks(ticks, class_names, rotation=40, ha="right", parse_math=False)
    axis.set_yticks(ticks, class_names, parse_math=False)
    axis.set(xlabel="predicted class", ylabel="true class")
    axis.invert_yaxis()
    axis.set_aspect("equal")
    axis.spines[:].set_visible(False)
    axis.tick_params(length=0)
    percent = pd.DataFrame(100 * share, class_names, class_names).rename_axis("true class \\ predicted class")
    return attach_csv(fig, percent.reset_index())
