import io
import re

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from IPython.core.formatters import DisplayFormatter
from matplotlib.text import Text

from twolayer.experiments import figures


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


def drawn(fig):
    """Return the numbers attached to a figure."""
    return pd.read_csv(io.StringIO(DisplayFormatter().format(fig)[0]["text/csv"]))


def test_the_csv_of_a_figure_has_the_same_line_breaks_on_every_system(history, monkeypatch):
    monkeypatch.setattr("os.linesep", "\r\n")
    fig = figures.attach_csv(plt.figure(), history)
    assert "\r" not in DisplayFormatter().format(fig)[0]["text/csv"]


def test_learning_curves_show_every_recorded_point_of_both_splits(history):
    panels = figures.learning_curves(history).axes
    for panel, quantity in zip(panels[:3], ("cost", "loss", "accuracy"), strict=True):
        for line, split in zip(panel.lines, ("train", "validation"), strict=True):
            part = history[history["split"] == split]
            np.testing.assert_array_equal(line.get_xdata(), part["update"])
            np.testing.assert_array_equal(line.get_ydata(), part[quantity])


def test_seeds_are_drawn_as_their_mean_and_a_band_of_one_standard_deviation(history):
    seeds = pd.concat([history.assign(seed=0), history.assign(seed=1, loss=history["loss"] + 2)])
    panel = figures.learning_curves(seeds).axes[1]
    part = history[history["split"] == "train"]
    np.testing.assert_allclose(panel.lines[0].get_ydata(), part["loss"] + 1)
    edges = panel.collections[0].get_paths()[0].vertices[:, 1]
    assert edges.max() == pytest.approx(part["loss"].max() + 1 + 2**0.5)


def test_a_figure_has_its_numbers_attached(history):
    numbers = drawn(figures.learning_curves(history))
    assert len(numbers) == len(history), "the mean of one seed is the run itself"
    assert numbers["cost"].tolist() == history["cost"].tolist()
    assert {"split", "update", "eta", "loss", "accuracy", "accuracy sd"} <= set(numbers)


def test_differences_between_lams_are_drawn_with_their_intervals():
    frame = pd.DataFrame({"lam": [1e-3, 1e-2], "mean": [0.0, 1.0], "low": [0.0, -0.5], "high": [0.0, 2.5]})
    axis = figures.behind({"one": frame, "two": frame}).axes[1]
    assert axis.lines[0].get_ydata().tolist() == [0.0, 1.0]
    (bars,) = axis.collections
    assert bars.get_segments()[1][:, 1].tolist() == [-0.5, 2.5]


def test_the_learning_rate_is_drawn_below_each_panel(history):
    for axis in figures.learning_curves(history).axes[3:]:
        (area,) = axis.collections
        assert area.get_paths()[0].vertices[:, 1].max() == pytest.approx(history["eta"].max())


@pytest.fixture
def results():
    rows = [
        ("coarse", 1e-5, 0.45),
        ("coarse", 1e-5, 0.47),
        ("coarse", 1e-1, 0.30),
        ("fine", 7e-5, 0.46),
        ("fine", 9.8e-4, 0.47),
        ("second fine", 3e-4, 0.48),
        ("second fine", 6e-4, 0.48),
    ]
    return pd.DataFrame(rows, columns=["round", "lam", "validation_accuracy"])


def marks(axis):
    """Return the points of each source that a panel shows."""
    return {bars.get_label(): bars.lines[0].get_xydata().tolist() for bars in axis.containers}


def test_each_round_of_a_search_has_a_panel_and_each_lam_a_mark_in_it(results):
    fig = figures.search_rounds({"one": results, "two": results.assign(validation_accuracy=0.5)})
    assert [marks(axis) for axis in fig.axes] == [
        {"ours": [[1e-5, pytest.approx(0.46)], [1e-1, 0.30]]},
        {"ours": [[7e-5, 0.46], [9.8e-4, 0.47]]},
        {"ours": [[3e-4, 0.48], [6e-4, 0.48]]},
        {"ours": [[1e-5, 0.5], [1e-1, 0.5]]},
        {"ours": [[7e-5, 0.5], [9.8e-4, 0.5]]},
        {"ours": [[3e-4, 0.5], [6e-4, 0.5]]},
    ]
    assert [axis.get_title("left") for axis in fig.axes[:3]] == ["coarse", "fine", "second fine"]
    assert [axis.get_ylabel() for axis in fig.axes[::3]] == ["one", "two"]


def test_published_networks_are_crosses_in_the_panel_of_their_round(results):
    published = pd.DataFrame({"round": ["fine"], "lam": [1e-4], "validation_accuracy": [0.47]})
    fig = figures.search_rounds({"$n_s$": results, "two": results}, published)
    assert [marks(axis).get("published") for axis in fig.axes] == [None, [[1e-4, 0.47]], None, None, None, None]
    numbers = drawn(fig).query("source == 'published'")
    assert numbers[["panel", "round", "lam", "mean"]].to_numpy().tolist() == [["n_s", "fine", 1e-4, 0.47]]


def test_the_first_rounds_share_their_scales_and_the_later_ones_have_others(results):
    other = results.assign(lam=2 * results["lam"], validation_accuracy=0.9)
    panels = figures.search_rounds({"one": results, "two": other}).axes
    coarse, fine, second, coarse_two, fine_two, _ = panels
    assert coarse.get_ylim() == coarse_two.get_ylim() != fine.get_ylim() == second.get_ylim() != fine_two.get_ylim()
    assert coarse.get_xlim() == coarse_two.get_xlim() != fine.get_xlim() == fine_two.get_xlim() != second.get_xlim()


def test_the_range_of_the_next_round_is_grey(results):
    spans = [axis.patches for axis in figures.search_rounds({"one": results}, published=results).axes]
    assert [[(span.get_x(), span.get_x() + span.get_width()) for span in part] for part in spans] == [
        [(7e-5, pytest.approx(9.8e-4))],
        [(3e-4, 6e-4)],
        [],
    ]


def test_the_ticks_of_a_round_are_few_and_have_labels(results):
    fig = figures.search_rounds({"one": results})
    fig.draw_without_rendering()
    labels = [[label.get_text() for label in axis.get_xticklabels()] for axis in fig.axes]
    assert [re.findall(r"[0-9-]+", label) for label in labels[1]] == [
        ["7", "10", "-5"],
        ["3", "10", "-4"],
        ["10", "-3"],
    ]
    assert len(labels[0]) == len(labels[2]) == 3
    assert not any(label.get_text() for axis in fig.axes for label in axis.get_xticklabels(minor=True))


def test_the_weights_of_each_unit_are_drawn_as_a_stretched_picture():
    W1 = np.random.default_rng(0).standard_normal((3072, 12))
    pictures = [axis.images[0].get_array() for axis in figures.weights(W1).axes if axis.images]
    assert len(pictures) == 12
    assert all(picture.shape == (32, 32, 3) and picture.min() == 0 and picture.max() == 1 for picture in pictures)


def test_an_image_is_shown_with_its_pixels_and_colours():
    pixels = np.zeros((2, 3072), np.uint8)
    pixels[1, 1] = 255  # red, first row, second column
    shown = figures.images(pixels, ["a", "b"]).axes[1].images[0].get_array()
    assert shown[0, 1].tolist() == [255, 0, 0]
    assert shown.sum() == 255


def test_the_confusion_matrix_shows_percentages_of_each_true_class():
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


@pytest.mark.parametrize("n", [4, 5, 28])
def test_the_labels_of_the_lines_are_a_third_of_the_way_from_the_smallest_step(n):
    h = np.logspace(-9, -3, n)
    table = pd.concat(
        pd.DataFrame({"h": h, "method": method, "element-wise": h, "norm-wise": h / 10})
        for method in ("forward", "central")
    )
    (axis,) = figures.steps(table).axes
    places = {text.get_text(): text.xy for text in axis.texts}
    assert places["worst element"] == (h[n // 3], h[n // 3])
    assert places["whole vector"] == (h[n // 3], h[n // 3] / 10)


def test_a_unit_with_equal_weights_has_a_uniform_picture():
    pictures = [axis.images[0].get_array() for axis in figures.weights(np.ones((3072, 1))).axes if axis.images]
    assert np.ptp(pictures) == 0


def test_the_overview_shows_accuracy_and_the_weights_of_every_unit(history):
    W1 = np.random.default_rng(0).standard_normal((3072, 12))
    panel, _, *pictures = figures.overview(history, W1).axes
    assert [line.get_label() for line in panel.lines] == ["train", "validation"]
    assert sum(bool(axis.images) for axis in pictures) == 12


def test_the_overview_is_the_same_file_each_time_it_is_saved(history):
    def saved(fig):
        fig.savefig(file := io.BytesIO(), format="svg", metadata={"Date": None})
        return file.getvalue()

    W1 = np.random.default_rng(0).standard_normal((3072, 12))
    one, other = (figures.overview(history, W1) for _ in range(2))
    assert saved(one) == saved(other) == saved(other)


@pytest.fixture
def ratios():
    return pd.DataFrame(
        {
            "row": ["one", "one", "one", "two", "three"],
            "contender": ["ours", "floor", "other", "ours", "ours"],
            "ratio": [1.0, 0.5, 14.0, 1.0, 1.0],
            "ratio_low": [1.0, 0.4, 12.0, 1.0, 1.0],
            "ratio_high": [1.0, 0.7, 15.0, 1.0, 1.0],
        }
    )


def test_costs_are_points_with_quartiles_and_a_colour_for_ours(ratios):
    fig = figures.costs(ratios)
    points = [bars.lines for bars in fig.axes[0].containers]
    assert [point.get_xdata().tolist() for point, _, _ in points] == [[1.0], [0.5], [14.0]]
    assert [point.get_color() for point, _, _ in points].count(figures.TRAIN) == 1
    assert [whisker.get_segments()[0][:, 0].tolist() for _, _, (whisker,) in points] == [
        [1.0, 1.0],
        [0.4, 0.7],
        [12.0, 15.0],
    ]
    assert [axis.get_title("left") for axis in fig.axes[:3]] == ["one", "two", "three"]
    assert drawn(fig)["ratio"].tolist() == ratios["ratio"].tolist()


def test_the_first_contender_stands_at_the_top(ratios):
    axis = figures.costs(ratios).axes[0]
    ours, floor, other = (axis.transData.transform(bars.lines[0].get_xydata()[0])[1] for bars in axis.containers)
    assert ours > floor > other


def test_multiples_are_plain_numbers_and_the_same_in_all_panels(ratios):
    fig = figures.costs(ratios)
    fig.draw_without_rendering()
    for axis in fig.axes[:3]:
        low, high = axis.get_xlim()
        shown = [label.get_text() for label in axis.get_xticklabels() if low <= label.get_position()[0] <= high]
        assert shown == ["0.5", "1", "2", "5", "10"]
        assert axis.xaxis.get_tick_params()["labelbottom"]
        assert not len(axis.get_xticks(minor=True))


def test_the_shortcut_draws_both_searches_and_pairs_their_numbers():
    exact = pd.DataFrame({"lam": [1e-3, 1e-2], "validation_accuracy": [0.5, 0.4]})
    fig = figures.shortcut(exact, exact.assign(validation_accuracy=[0.45, 0.35]), 7)
    assert [list(line.get_ydata()) for line in fig.axes[0].lines] == [[0.5, 0.4], [0.45, 0.35]]
    assert [text.get_text() for text in fig.axes[0].get_legend().texts] == ["all pixels", "7 components"]
    assert drawn(fig)["validation_accuracy on components"].tolist() == [0.45, 0.35]


def test_captions_are_not_read_as_formulas():
    fig = figures.images(np.zeros((1, 3072), np.uint8), ["$\\foo$"])
    fig.draw_without_rendering()
    assert "$\\foo$" in {text.get_text() for text in fig.findobj(Text)}


def test_each_caption_may_have_its_own_colour():
    fig = figures.images(np.zeros((2, 3072), np.uint8), ["a", "b"], colours=["red", "blue"])
    assert [axis.title.get_color() for axis in fig.axes[:2]] == ["red", "blue"]


@pytest.mark.parametrize("eta", [0.0, 0.1])
def test_a_history_of_one_update_is_drawn(history, eta):
    first = history[history["update"] == 0].assign(eta=eta)
    fig = figures.learning_curves(first)
    fig.draw_without_rendering()
    assert [axis.get_xlim() for axis in fig.axes] == [(0, 1)] * 6


def test_with_nothing_to_draw_no_figure_is_created(history):
    drawings = {
        "the history": [
            lambda: figures.learning_curves(history.query("update > 1000")),
            lambda: figures.overview(history.query("update > 1000"), np.eye(3072, 2)),
        ],
        "the choice of images": [lambda: figures.images(np.zeros((0, 3072), np.uint8), [])],
    }
    for name, draws in drawings.items():
        for draw in draws:
            with pytest.raises(ValueError, match=f"^There is nothing to draw: {name} is empty\\.$"):
                draw()
    assert not plt.get_fignums()


def test_every_contender_of_the_longest_panel_makes_the_costs_higher():
    def height(*contenders):
        rows = [(name, i) for name, n in zip("abc", contenders, strict=True) for i in range(n)]
        table = pd.DataFrame(rows, columns=["row", "contender"]).astype({"contender": str})
        return figures.costs(table.assign(ratio=1, ratio_low=1, ratio_high=1)).get_figheight()

    two_more = height(8, 9, 5) - height(7, 7, 5)
    assert two_more == pytest.approx(height(7, 7, 7) - height(7, 7, 5))
    assert 0.1 < two_more / 2 < 0.2, "inches for a line of 8 points"


def test_a_single_cost_is_drawn():
    table = pd.DataFrame({"row": ["one"], "contender": ["ours"], "ratio": [1], "ratio_low": [1], "ratio_high": [1]})
    figures.costs(table).draw_without_rendering()


def test_a_search_of_one_round_and_one_lam_is_drawn():
    results = pd.DataFrame({"round": ["fine"], "lam": [1e-3], "validation_accuracy": [0.5]})
    fig = figures.search_rounds({"one": results})
    fig.draw_without_rendering()
    assert drawn(fig)["round"].tolist() == ["fine"]
