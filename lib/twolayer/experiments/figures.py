"""The figures of the report: one style, vector graphics, colours that colour-blind readers can tell apart.

Each function takes arrays or data frames as the library returns them, and returns a matplotlib figure. The numbers that
it shows are attached to it, and a notebook keeps them as CSV beside the picture. A history or a choice of images that a
reader has narrowed until nothing is left raises ValueError.
"""

from collections.abc import Mapping, Sequence, Sized
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatterSciNotation, LogLocator, MaxNLocator, NullFormatter, PercentFormatter
from matplotlib_inline.backend_inline import set_matplotlib_formats

from twolayer.arrays import Floats, Integers, Pixels

# Okabe and Ito's palette, which readers with any common colour vision can tell apart.
TRAIN, VALIDATION, RATE = "#0072B2", "#D55E00", "#7F7F7F"
# Dashes tell the two lines apart in print without colour.
LINES: dict[str, dict[str, Any]] = {
    "train": {"color": TRAIN},
    "validation": {"color": VALIDATION, "linestyle": (0, (4, 1))},
}
QUANTITIES = {"cost": "cost $J$ (nats)", "loss": "loss $L$ (nats)", "accuracy": "accuracy"}
BESIDE: dict[str, Any] = {"textcoords": "offset points", "fontsize": 8}  # for a label at an offset in points
MARKS: dict[str, Any] = {"ms": 3.5, "mew": 0, "elinewidth": 0.7}  # with error bars
CONTENDERS: dict[str, dict[str, Any]] = {"ours": {"color": TRAIN}, "floor": {"color": RATE, "mfc": "white", "mew": 0.8}}
SOURCES: dict[str, dict[str, Any]] = {
    "ours": {"fmt": "o", "color": TRAIN, **MARKS},
    "published": {"fmt": "+", "color": "black", "ms": 6, "mew": 0.7},
}
WIDTH = 6.22  # inches: the width of the text on the printed page
STYLE: dict[str, Any] = {
    "figure.dpi": 100,
    "font.family": "STIXGeneral",
    "mathtext.fontset": "stix",
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.titlelocation": "left",
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


def use_style(typeface: Mapping[str, Any] = {}) -> None:
    """Set the style of the report, and make notebooks show figures as SVG.

    typeface: matplotlib's settings for a typeface other than STIX, which matplotlib brings along.
    """
    plt.style.use({**STYLE, **typeface})
    set_matplotlib_formats("svg", metadata={"Date": None}, bbox_inches=None)  # type: ignore[no-untyped-call]  # matplotlib_inline has no types


def attach_csv(fig: Figure, numbers: pd.DataFrame) -> Figure:
    """Return the figure with `numbers` attached as CSV: IPython gets them with the picture when it shows the figure."""
    text = numbers.to_csv(index=False, float_format="%.6g", lineterminator="\n")
    fig._repr_mimebundle_ = lambda **_: {"text/csv": text}  # type: ignore[attr-defined]  # IPython's name for it
    return fig


def _require_some(shown: Sized, name: str) -> None:
    """Raise ValueError if nothing is left to draw."""
    if not len(shown):
        raise ValueError(f"There is nothing to draw: {name} is empty.")


def learning_curves(history: pd.DataFrame) -> Figure:
    """Show cost, loss and accuracy of each split over the updates, with the learning rate below.

    history is a data frame of `training.History`. If it has a column `seed`, a line is the mean over the seeds, and a
    band shows one standard deviation to each side.
    """
    frame = over_seeds(history)
    fig, axes = plt.subplots(
        2, 3, figsize=(WIDTH, 2.15), sharex=True, height_ratios=(5, 1), gridspec_kw={"hspace": 0.08}
    )
    for (panel, below), quantity in zip(axes.T, QUANTITIES, strict=True):
        _draw_curves(panel, frame, quantity)
        _draw_learning_rate(below, frame)
    _label_accuracy(axes[0, -1])
    axes[1, 0].set_ylabel("$\\eta$", rotation=0, labelpad=12, va="center")
    return attach_csv(fig, frame)


def over_seeds(history: pd.DataFrame) -> pd.DataFrame:
    """Return mean and standard deviation over the seeds for each split and update; the latter is NaN for one seed.

    Raises ValueError if the history is empty.
    """
    _require_some(history, "the history")
    quantities = history.groupby(["split", "update", "eta"], sort=False)[list(QUANTITIES)]
    return quantities.mean().join(quantities.std(), suffixes=("", " sd")).reset_index()


def _draw_curves(axis: Axes, frame: pd.DataFrame, quantity: str) -> None:
    """Draw one quantity over the updates, a line with its band for each split."""
    for split, part in frame.groupby("split", sort=False):
        t, mean, sd = part["update"], part[quantity], part[f"{quantity} sd"]
        axis.plot(t, mean, label=split, **LINES[split])
        axis.fill_between(t, mean - sd, mean + sd, color=LINES[split]["color"], alpha=0.25, linewidth=0)
    axis.set(title=QUANTITIES[quantity], ylim=(0, None))


def _label_accuracy(axis: Axes) -> None:
    """Write percentages at the axis, and the name of each split at the end of its line."""
    axis.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    for line in axis.lines:
        axis.annotate(
            str(line.get_label()),
            np.asarray(line.get_xydata())[-1],
            (4, 0),
            color=line.get_color(),
            va="center",
            **BESIDE,
        )


def _draw_learning_rate(axis: Axes, frame: pd.DataFrame) -> None:
    """Draw the learning rate η over the updates."""
    rates = frame.drop_duplicates("update")
    last, top = rates["update"].max(), rates["eta"].max()
    axis.fill_between(rates["update"], rates["eta"], color=RATE, alpha=0.35, linewidth=0)
    axis.set(
        xlabel="update $t$",
        xlim=(0, last or 1),  # matplotlib warns of limits that are both 0
        ylim=(0, top * 1.1 or 1),
        yticks=[0, top],
        yticklabels=["0", f"{top:.3g}"],
    )


def search_rounds(results: Mapping[str, pd.DataFrame], published: pd.DataFrame | None = None) -> Figure:
    """Show validation accuracy against λ: a row of panels for each search, a column for each of its rounds.

    A mark is the mean over the seeds, its bar one standard deviation; the range of the next round is grey. The scale of
    accuracy is the same for the first round of all searches, and for all later rounds of a search.

    results maps the title of a row to a data frame of `search.coarse_to_fine`. published has the columns round, lam and
    validation_accuracy of such a frame, and is drawn as crosses in the first row.
    """
    titles = [title.replace("$", "") for title in results]
    networks = {(title, "ours"): frame for title, frame in zip(titles, results.values(), strict=True)}
    if published is not None:
        networks[titles[0], "published"] = published
    of_lam = pd.concat(networks, names=["panel", "source"]).groupby(["panel", "source", "round", "lam"], sort=False)
    means = of_lam["validation_accuracy"].agg(["mean", "std"]).reset_index()
    rounds = means["round"].unique().tolist()
    fig, axes = _round_panels(list(results), rounds)
    for (title, source, name), part in means.groupby(["panel", "source", "round"], sort=False):
        row, column = titles.index(title), rounds.index(name)
        axes[row, column].errorbar("lam", "mean", "std", data=part, label=source, **SOURCES[source])
        if column and source == "ours":
            axes[row, column - 1].axvspan(part["lam"].min(), part["lam"].max(), color=RATE, alpha=0.2, linewidth=0)
    for name, axis in zip(rounds, axes[-1], strict=True):
        lams = means.loc[means["round"] == name, "lam"]
        axis.set_xticks([float(f"{lam:.0e}") for lam in np.geomspace(lams.min(), lams.max(), 3)])
    if published is not None:
        axes[0, 0].legend(loc="lower left", handletextpad=0.2)
    return attach_csv(fig, means)


def _round_panels(titles: Sequence[str], rounds: Sequence[str]) -> tuple[Figure, Any]:
    """Return a figure with a row of panels for each title and a column for each round; and its axes."""
    fig, axes = plt.subplots(
        len(titles),
        len(rounds),
        figsize=(WIDTH, 0.5 + 1.2 * len(titles)),
        sharex="col",
        squeeze=False,
        subplot_kw={"xscale": "log"},
    )
    for axis in axes.flat:
        # Without these thresholds, only powers of ten have labels.
        axis.xaxis.set_major_formatter(LogFormatterSciNotation(minor_thresholds=(np.inf, np.inf)))
        axis.xaxis.set_minor_formatter(NullFormatter())
        axis.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        axis.yaxis.set_major_formatter(lambda accuracy, _: f"{100 * accuracy:g}%")
    for axis, name in zip(axes[0], rounds, strict=True):
        axis.set_title(name)
    for row, title in zip(axes, titles, strict=True):
        row[0].set_ylabel(title)
        row[0].sharey(axes[0, 0])
        for axis in row[2:]:
            axis.sharey(row[1])
            axis.tick_params(labelleft=False)
    fig.supxlabel("$\\lambda$", fontsize=9)
    fig.supylabel("validation accuracy", fontsize=9)
    return fig, axes


def behind(results: Mapping[str, pd.DataFrame]) -> Figure:
    """Show how far each λ is behind a fixed one, with its confidence interval; a panel for each search.

    results maps a panel's title to a data frame of `search_analysis.behind`.
    """
    fig, axes = plt.subplots(
        1,
        len(results),
        figsize=(WIDTH, 2.05),
        sharex=True,
        sharey=True,
        squeeze=False,
        subplot_kw={"xscale": "log", "xlabel": "$\\lambda$", "ylabel": "points behind", "ylim": (-2, 6)},
    )
    for axis, (title, frame) in zip(axes[0], results.items(), strict=True):
        bars = [frame["mean"] - frame["low"], frame["high"] - frame["mean"]]
        axis.errorbar("lam", "mean", bars, data=frame, fmt="o", color=TRAIN, **MARKS)
        axis.axhline(0, color="black", linewidth=0.5)
        axis.set_title(title)
    shown = pd.concat(frame.assign(panel=title.replace("$", "")) for title, frame in results.items())
    return attach_csv(fig, shown[["panel", "lam", "mean", "low", "high"]])


def shortcut(exact: pd.DataFrame, rotated: pd.DataFrame, n_components: int) -> Figure:
    """Show validation accuracy against λ for the same networks, trained on all pixels and on principal components.

    exact and rotated are data frames of `search.coarse_to_fine`, each of one round with the same λ.
    """
    both = exact.merge(rotated, on="lam", suffixes=("", " on components"))
    both = both[["lam", "validation_accuracy", "validation_accuracy on components"]]
    fig, axis = plt.subplots(
        figsize=(WIDTH, 1.6),
        subplot_kw={"xscale": "log", "xlabel": "$\\lambda$", "ylabel": "validation accuracy"},
    )
    axis.plot(both["lam"], both.iloc[:, 1], "o", color=TRAIN, ms=4, label="all pixels")
    axis.plot(both["lam"], both.iloc[:, 2], "x", color=VALIDATION, ms=5, label=f"{n_components} components")
    axis.yaxis.set_major_formatter(PercentFormatter(1))
    axis.legend(loc="lower left", handletextpad=0.2)
    return attach_csv(fig, both)


def steps(table: pd.DataFrame, published: float = 1e-5) -> Figure:
    """Show the error of forward and central differences against their step h, with a line at the published step.

    table is a data frame of `gradient_errors.step_errors`. Full lines show the error of the worst element, dotted lines
    that of the whole vector.
    """
    errors = table.pivot(index="h", columns="method", values=["element-wise", "norm-wise"])
    fig, axis = plt.subplots(
        figsize=(WIDTH, 2.1),
        subplot_kw={"xscale": "log", "yscale": "log", "xlabel": "step $h$", "ylabel": "relative error"},
    )
    axis.axvline(published, color="black", linewidth=0.5)
    axis.annotate(
        "published", (published, 1), (-3, -2), xycoords=axis.get_xaxis_transform(), ha="right", va="top", **BESIDE
    )
    # The name of each method stands at the outer one of its two lines: the ends of the inner two nearly meet.
    for method, colour, outer in (("forward", VALIDATION, "element-wise"), ("central", TRAIN, "norm-wise")):
        for error, dashes in (("element-wise", "solid"), ("norm-wise", (0, (1, 1.5)))):
            axis.plot(errors[error, method], color=colour, linestyle=dashes, label=f"{method}, {error}")
        axis.annotate(
            method, (errors.index[-1], errors[outer, method].iloc[-1]), (4, 0), color=colour, va="center", **BESIDE
        )
    # At small steps rounding dominates, and both methods have nearly the same error: one label serves both. It stands
    # a third of the way from the smallest step to the largest.
    third = errors.iloc[len(errors) // 3]
    axis.annotate("worst element", (third.name, third["element-wise"].max()), (7, 2), **BESIDE)
    axis.annotate("whole vector", (third.name, third["norm-wise"].min()), (-5, -2), ha="right", va="top", **BESIDE)
    return attach_csv(fig, table)


def costs(table: pd.DataFrame, columns: int = 2) -> Figure:
    """Show times as multiples of ours: a panel for each task, a point for each contender, whiskers for the quartiles.

    table is the data frame that `make bench` writes: row (the task), contender, ratio, ratio_low, ratio_high.
    """
    tasks = list(table.groupby("row", sort=False))
    heights = [max(len(part) for _, part in tasks[i : i + columns]) for i in range(0, len(tasks), columns)]
    fig, axes = plt.subplots(
        len(heights),
        columns,
        figsize=(WIDTH, max(1, 0.14 * sum(heights) + 0.43 * len(heights))),
        sharex=True,
        squeeze=False,
        height_ratios=heights,
        subplot_kw={"xscale": "log"},
    )
    for axis, (name, part) in zip(axes.flat, tasks, strict=False):
        axis.grid(axis="x", color="#dddddd", linewidth=0.5)
        axis.axvline(1, color="black", linewidth=0.5)
        for one in part.itertuples():
            whisker = [[one.ratio - one.ratio_low], [one.ratio_high - one.ratio]]
            style = CONTENDERS.get(one.contender, {"color": RATE})
            axis.errorbar(one.ratio, one.contender, xerr=whisker, fmt="o", **{**MARKS, **style})
        axis.set(title=name, ylim=(len(part) - 0.5, -0.5))
        axis.tick_params(labelbottom=True)
    # The panels share their axis of times.
    axes[0, 0].xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes[0, 0].xaxis.set_major_formatter(lambda ratio, _: f"{ratio:g}")
    axes[0, 0].minorticks_off()
    fig.supxlabel("time as a multiple of ours", fontsize=9)
    for axis in axes.flat[len(tasks) :]:
        axis.set_axis_off()
    return attach_csv(fig, table[["row", "contender", "ratio", "ratio_low", "ratio_high"]])


def weights(W1: Floats, columns: int = 13) -> Figure:
    """Show the weights of each hidden unit, a column of W1 (3072, m), as a picture, stretched to its own range."""
    pictures = _stretched(W1)
    fig = plt.figure(figsize=(WIDTH, -(-len(pictures) // columns) * WIDTH / columns))
    _draw_grid(fig, pictures, columns)
    return attach_csv(
        fig,
        pd.DataFrame(
            {
                "unit": range(1, len(pictures) + 1),
                "smallest weight": W1.min(axis=0),
                "largest weight": W1.max(axis=0),
                "norm": np.linalg.norm(W1, axis=0),
            }
        ),
    )


def _stretched(W1: Floats) -> Floats:
    """Return the weights of each unit (m, 3072), from 0 to 1; if they are all equal, they have no range and are 0."""
    low, high = W1.min(axis=0), W1.max(axis=0)
    return ((W1 - low) / np.where(high > low, high - low, 1)).T


def overview(history: pd.DataFrame, W1: Floats) -> Figure:
    """Show accuracy and learning rate over the updates, and beside them the weights of each hidden unit as a picture.

    The arguments are those of `learning_curves` and `weights`.
    """
    frame = over_seeds(history)
    fig = plt.figure(figsize=(8.5, 2.6))
    # Constrained layout may differ in the last bit from run to run, and with it the SVG's ids: these margins do not.
    fig.set_layout_engine("none")
    left = fig.add_gridspec(2, 1, height_ratios=(5, 1), left=0.055, right=0.335, bottom=0.19, top=0.91, hspace=0.2)
    panel, below = left.subplots(sharex=True, squeeze=False).flat
    _draw_curves(panel, frame, "accuracy")
    _label_accuracy(panel)
    _draw_learning_rate(below, frame)
    below.set_ylabel("$\\eta$", rotation=0, labelpad=12, va="center")
    _draw_grid(fig, _stretched(W1), columns=10, left=0.41, right=0.995, bottom=0.015, top=0.985)
    return fig


def images(pixels: Pixels, captions: Sequence[str], columns: int = 8, colours: str | Sequence[str] = "black") -> Figure:
    """Show images (n, 3072) uint8, each below its caption; `colours` is the colour of the captions, or of each one."""
    _require_some(pixels, "the choice of images")
    fig = plt.figure(figsize=(WIDTH, -(-len(pixels) // columns) * 0.86))
    _draw_grid(fig, pixels, columns)
    for axis, caption, colour in zip(fig.axes, captions, np.broadcast_to(colours, len(captions)), strict=False):
        axis.set_title(caption, loc="center", fontsize=7, pad=2, color=colour, parse_math=False)
    return attach_csv(fig, pd.DataFrame({"picture": range(1, len(captions) + 1), "caption": captions}))


def _draw_grid(fig: Figure, pictures: Pixels | Floats, columns: int, **margins: float) -> None:
    """Draw the pictures (n, 3072) in rows, between the margins if there are any."""
    axes = fig.add_gridspec(-(-len(pictures) // columns), columns, **margins).subplots(
        squeeze=False, subplot_kw={"frame_on": False, "xticks": [], "yticks": []}
    )
    for axis, picture in zip(axes.flat, pictures.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1), strict=False):
        axis.imshow(picture, interpolation="nearest")


def confusion(matrix: Integers, class_names: Sequence[str]) -> Figure:
    """Show a confusion matrix (c, c) of counts, rows the true classes, as percentages of each true class."""
    percent = pd.DataFrame(100 * matrix / matrix.sum(axis=1, keepdims=True), class_names, class_names)
    fig, axis = plt.subplots(
        figsize=(WIDTH * 0.56, WIDTH * 0.48),
        subplot_kw={"frame_on": False, "aspect": "equal", "xlabel": "predicted class", "ylabel": "true class"},
    )
    axis.pcolormesh(class_names, class_names, percent, cmap="Blues", vmin=0, edgecolors="white", linewidth=0.5)
    for (row, column), value in np.ndenumerate(percent):
        axis.text(
            column,
            row,
            f"{value:.0f}",
            color="white" if value > 0.6 * percent.max(axis=None) else "black",
            fontsize=7.5,
            ha="center",
            va="center",
        )
    plt.setp(axis.get_xticklabels(), rotation=40, ha="right")
    axis.tick_params(length=0)
    axis.invert_yaxis()
    return attach_csv(fig, percent.rename_axis("true class \\ predicted class").reset_index())
