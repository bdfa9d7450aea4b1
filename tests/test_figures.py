import io

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from IPython.core.formatters import DisplayFormatter

from twolayer import figures


@pytest.fixture(autouse=True)
def style():
    with plt.rc_context():
        figures.use_style()
        yield
    plt.close("all")


@pytest.fixture
def history():
    rows = [
        (t, t / 100, split, 3 - t / 50, 2 - t / 50, t / 100)
        for t in range(0, 100, 10)
        for split in ("train", "validation")
    ]
    return pd.DataFrame(rows, columns=["update", "eta", "split", "cost", "loss", "accuracy"])


def test_the_triptych_draws_every_recorded_point_of_both_splits(history):
    panels = figures.triptych(history).axes
    for panel, quantity in zip(panels[:3], ("cost", "loss", "accuracy"), strict=True):
        for line, split in zip(panel.lines, ("train", "validation"), strict=True):
            part = history[history["split"] == split]
            np.testing.assert_array_equal(line.get_xdata(), part["update"])
            np.testing.assert_array_equal(line.get_ydata(), part[quantity])


def test_seeds_become_their_mean_and_a_band_of_one_deviation(history):
    seeds = pd.concat([history.assign(seed=0), history.assign(seed=1, loss=history["loss"] + 2)])
    panel = figures.triptych(seeds).axes[1]
    part = history[history["split"] == "train"]
    np.testing.assert_allclose(panel.lines[0].get_ydata(), part["loss"] + 1)
    edges = panel.collections[0].get_paths()[0].vertices[:, 1]
    assert edges.max() == pytest.approx(part["loss"].max() + 1 + 2**0.5)


def test_a_figure_brings_its_numbers_into_the_notebook(history):
    shown, _ = DisplayFormatter().format(figures.triptych(history))
    numbers = pd.read_csv(io.StringIO(shown["text/csv"]))
    assert len(numbers) == len(history), "one seed: its mean is the run itself"
    assert numbers["cost"].tolist() == history["cost"].tolist()
    assert {"split", "update", "eta", "loss", "accuracy", "accuracy sd"} <= set(numbers)


def test_what_lies_behind_the_best_is_drawn_with_its_interval():
    frame = pd.DataFrame({"lam": [1e-3, 1e-2], "mean": [0.0, 1.0], "low": [0.0, -0.5], "high": [0.0, 2.5]})
    axis = figures.behind_the_best({"one": frame, "two": frame}).axes[1]
    assert axis.lines[0].get_ydata().tolist() == [0.0, 1.0]
    (bars,) = axis.collections
    assert bars.get_segments()[1][:, 1].tolist() == [-0.5, 2.5]


def test_the_learning_rate_is_drawn_below_each_panel(history):
    for axis in figures.triptych(history).axes[3:]:
        (area,) = axis.collections
        assert area.get_paths()[0].vertices[:, 1].max() == pytest.approx(history["eta"].max())


def test_the_search_has_a_panel_for_each_search_and_a_mark_for_each_lam():
    results = pd.DataFrame(
        {
            "round": ["coarse", "coarse", "coarse", "fine"],
            "lam": [1e-4, 1e-4, 1e-2, 1e-3],
            "validation_accuracy": [0.4, 0.5, 0.3, 0.5],
        }
    )
    fig = figures.search_rounds({"one": results, "two": results}, published=[(1e-4, 0.47)])
    assert [axis.get_xscale() for axis in fig.axes] == ["log", "log"]
    assert [sum(len(line.get_xdata()) for line in axis.lines) for axis in fig.axes] == [4, 3]


def test_weights_become_one_stretched_picture_for_each_unit():
    W1 = np.random.default_rng(0).standard_normal((3072, 12))
    pictures = [axis.images[0].get_array() for axis in figures.weights(W1).axes if axis.images]
    assert len(pictures) == 12
    assert all(picture.shape == (32, 32, 3) and picture.min() == 0 and picture.max() == 1 for picture in pictures)


def test_an_image_is_shown_with_its_own_pixels_in_its_own_colours():
    pixels = np.zeros((2, 3072), np.uint8)
    pixels[1, 1] = 255  # red, first row, second column
    shown = figures.images(pixels, ["a", "b"]).axes[1].images[0].get_array()
    assert shown[0, 1].tolist() == [255, 0, 0]
    assert shown.sum() == 255


def test_the_confusion_matrix_shows_percent_of_each_true_class():
    axis = figures.confusion(np.array([[3, 1], [0, 2]]), ["cat", "dog"]).axes[0]
    assert [text.get_text() for text in axis.texts] == ["75", "25", "0", "100"]


def test_the_steps_of_both_methods_are_drawn_and_named_beside_their_lines():
    h = np.logspace(-9, -3, 7)
    table = pd.concat(
        pd.DataFrame({"h": h, "method": method, "element-wise": 1e-16 / h + h**k, "norm-wise": 1e-17 / h + h**k / 10})
        for method, k in (("forward", 1), ("central", 2))
    )
    (axis,) = figures.steps(table, published=1e-6).axes
    assert (axis.get_xscale(), axis.get_yscale()) == ("log", "log")
    published, *lines = axis.lines
    assert list(published.get_xdata()) == [1e-6, 1e-6]
    for line in lines:
        method, error = line.get_label().split(", ")
        np.testing.assert_array_equal(line.get_xdata(), h)
        np.testing.assert_array_equal(line.get_ydata(), table.loc[table["method"] == method, error])
    assert len(lines) == 4
    assert axis.get_legend() is None
    assert {text.get_text() for text in axis.texts} >= {"published", "forward", "central"}
