"""The figures of how far two layers go: what they draw, and the numbers that they carry."""

import io

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from twolayer.experiments import ladder_figures


@pytest.fixture(autouse=True)
def no_figure_stays_open():
    yield
    plt.close("all")


def numbers(fig):
    """Return the numbers that a figure carries."""
    return pd.read_csv(io.StringIO(fig._repr_mimebundle_()["text/csv"]))


def texts(axis):
    return [text.get_text() for text in axis.texts]


def test_the_ladder_shows_each_step_with_its_gain():
    accuracies = pd.DataFrame({"first": [50.0, 52.0], "second": [55.0, 57.0], "third": [54.0, 56.0]})
    fig = ladder_figures.ladder(accuracies, {"one": 53.0, "two": 58.0})
    (axis,) = fig.axes
    assert texts(axis) == ["51.0", "56.0  (+5.0)", "55.0  (−1.0)", "one", "two"]
    assert [label.get_text() for label in axis.get_yticklabels()] == ["first", "second", "third"]
    assert [bar.get_width() for bar in axis.patches] == [51, 56, 55]
    top, bottom = axis.get_ylim()[::-1]
    assert top < 0 < bottom  # the first step stands above
    pd.testing.assert_frame_equal(numbers(fig).drop(columns="seed").astype(float), accuracies)


def test_a_range_test_shows_the_mean_over_seeds():
    rows = [
        {"eta": eta, "split": split, "accuracy": value + seed / 10, "seed": seed}
        for seed in (0, 1)
        for eta, value in ((0.0, 0.1), (0.2, 0.4))
        for split in ("train", "validation")
    ]
    fig = ladder_figures.range_test(pd.DataFrame(rows), 0.1)
    curve, published = fig.axes[0].lines
    np.testing.assert_allclose(curve.get_xydata(), [[0, 15], [0.2, 45]])
    assert set(published.get_xdata()) == {0.1}
    np.testing.assert_allclose(numbers(fig)["mean"], [0.15, 0.45])


def test_widths_show_each_penalty_and_the_best():
    results = pd.DataFrame(
        [
            {"n_hidden": m, "lam": lam, "validation_accuracy": 50 + m / 10 + 10 * lam, "products": 1e9 * m}
            for m in (10, 20)
            for lam in (0.1, 0.2)
        ]
    )
    left, right = ladder_figures.widths(results).axes
    assert [line.get_label() for line in left.lines] == ["λ = 0.1", "λ = 0.2"]
    np.testing.assert_allclose(right.lines[0].get_xydata(), [[10, 53], [20, 54]])
    assert texts(right) == ["10", "20"]


def test_classes_stand_in_the_order_of_the_first_network():
    accuracies = pd.DataFrame({"before": [50.0, 30.0, 40.0], "after": [60.0, 45.0, 35.0]}, index=["cat", "dog", "ship"])
    fig = ladder_figures.by_class(accuracies)
    (axis,) = fig.axes
    assert [label.get_text() for label in axis.get_yticklabels()] == ["dog", "ship", "cat"]
    assert [line.get_xdata().tolist() for line in axis.lines] == [[30, 40, 50], [45, 35, 60]]
    assert list(numbers(fig)["class"]) == ["dog", "ship", "cat"]


def test_a_step_that_gains_nothing_has_no_minus():
    accuracies = pd.DataFrame({"first": [50.0], "second": [49.99]})
    assert texts(ladder_figures.ladder(accuracies).axes[0]) == ["50.0", "50.0  (+0.0)"]


def test_reliability_compares_how_sure_with_how_often_right():
    P = np.array([[0.9, 0.1], [0.9, 0.1], [0.6, 0.4], [0.4, 0.6]])
    fig = ladder_figures.reliability({"a": P, "b": P[:, ::-1]}, np.array([0, 1, 0, 1]), n_bins=2)
    shown = numbers(fig)
    np.testing.assert_allclose(shown[["sure", "right"]], [[75, 75], [75, 25]])
    assert list(shown["network"]) == ["a", "b"]
