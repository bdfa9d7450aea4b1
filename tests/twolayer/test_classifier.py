from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from twolayer import schedule
from twolayer.classifier import TwoLayerClassifier
from twolayer.experiments.replicates import accuracies
from twolayer.images import moments, standardise
from twolayer.techniques.augmentation import ShiftAndMirror
from twolayer.techniques.optimisers import Adam, Momentum
from twolayer.training import TrainingDiverged


@pytest.fixture(scope="module")
def problem():
    """Three clouds of points whose classes have names instead of numbers."""
    rng = np.random.default_rng(0)
    centres, k = 2 * rng.standard_normal((3, 12)), rng.integers(0, 3, 300)
    return (centres[k] + rng.standard_normal((300, 12))).astype(np.float32), np.array(["cat", "dog", "emu"])[k]


def classifier(**changes):
    return TwoLayerClassifier(
        **{"n_hidden": 8, "n_s": 30, "batch_size": 20, "record": 10, "random_state": 1, **changes}
    )


def test_it_learns_predicts_and_scores(problem):
    X, y = problem
    fitted = classifier().fit(X[:200], y[:200])
    assert fitted.score(X[200:], y[200:]) > 0.9
    assert fitted.classes_.tolist() == ["cat", "dog", "emu"]
    P = fitted.predict_proba(X[200:])
    np.testing.assert_allclose(P.sum(axis=1), 1, rtol=1e-5)
    assert (fitted.predict(X[200:]) == fitted.classes_[P.argmax(axis=1)]).all()


def test_the_history_follows_both_splits_from_start_to_end(problem):
    X, y = problem
    fitted = classifier().fit(X[:200], y[:200], validation=(X[200:], y[200:]))
    history = fitted.history_
    assert history.columns.tolist() == ["update", "eta", "split", "cost", "loss", "accuracy"]
    assert history["update"].unique().tolist() == [0, 10, 20, 30, 40, 50, 60]
    assert history["eta"].max() == pytest.approx(0.1)
    last = history[(history["split"] == "validation")].iloc[-1]
    assert last["accuracy"] == pytest.approx(fitted.score(X[200:], y[200:]))


def test_the_settings_reach_the_training(problem):
    assert classifier(n_updates=7).fit(*problem).history_["update"].max() == 7
    assert classifier(n_cycles=2).fit(*problem).history_["update"].max() == schedule.updates(2, 30)
    assert classifier(n_hidden=5).fit(*problem).params_.W1.shape == (12, 5)
    heavy, light = (classifier(lam=lam).fit(*problem).params_ for lam in (0.1, 0))
    assert np.linalg.norm(heavy.W1) < np.linalg.norm(light.W1)


def test_same_seed_same_network_other_seed_other_network(problem):
    first, again, other = (classifier(random_state=seed).fit(*problem).params_ for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.W1, again.W1)
    assert not np.array_equal(first.W1, other.W1)


def test_a_clone_has_the_same_settings_and_no_memory(problem):
    copy = clone(classifier(lam=0.5).fit(*problem))
    assert copy.get_params() == classifier(lam=0.5).get_params()
    assert not hasattr(copy, "params_")


def test_accuracies_are_percentages_of_all_three_splits(problem):
    X, y = problem
    split = SimpleNamespace(X_train=X, y_train=y, X_validation=X[:50], y_validation=y[:50], X_test=X, y_test=y)
    fitted = classifier().fit(X, y)
    assert accuracies(fitted, split).to_dict() == {
        "train": 100 * fitted.score(X, y),
        "validation": 100 * fitted.score(X[:50], y[:50]),
        "test": 100 * fitted.score(X, y),
    }


def standardised(n, d=30):
    """Return n images of noise as data.Images, and their classes."""
    rng = np.random.default_rng(0)
    pixels, y = rng.integers(256, size=(500, d), dtype=np.uint8), rng.integers(0, 3, 500)
    return standardise(pixels, *moments(pixels, np.arange(500)), np.arange(n)), y[:n]


def test_it_trains_on_standardised_images_as_on_plain_numbers():
    images, y = standardised(100)
    from_images, from_numbers = (classifier().fit(X, y, validation=(X, y)) for X in (images, np.asarray(images)))
    np.testing.assert_array_equal(from_images.params_.W1, from_numbers.params_.W1)
    from_bytes, from_floats = (from_images.predict_proba(X) for X in (images, np.asarray(images)))
    np.testing.assert_allclose(from_bytes, from_floats, rtol=1e-5)
    np.testing.assert_allclose(from_images.history_["loss"], from_numbers.history_["loss"], rtol=1e-5)


@pytest.mark.parametrize("n", [100, 500])
@pytest.mark.parametrize("where", ["train", "validation"])
def test_standardised_images_with_more_or_fewer_classes_are_refused(n, where):
    images, y = standardised(n)
    others = np.append(y, y)
    pairs = (
        {"train": (images, others), "validation": None}
        if where == "train"
        else {"train": (images, y), where: (images, others)}
    )
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        classifier().fit(*pairs["train"], validation=pairs["validation"])


def test_an_empty_set_of_standardised_images_is_refused():
    (none, no_class), (images, y) = standardised(0), standardised(100)
    fitted = classifier().fit(images, y)
    for use in (
        lambda: classifier().fit(none, no_class),
        lambda: classifier().fit(images, y, validation=(none, no_class)),
        lambda: fitted.predict(none),
    ):
        with pytest.raises(ValueError, match="There is no image: give at least one"):
            use()


def test_a_class_that_is_nan_is_refused_with_standardised_images():
    images, y = standardised(100)
    with pytest.raises(ValueError, match="Input y contains NaN"):
        classifier().fit(images, np.where(y == 1, np.nan, y))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("batch_size", -5),
        ("n_updates", 0),
        ("record", 0),
        ("n_s", 0),
        ("n_hidden", 2.5),
        ("n_cycles", 0),
        ("batch_size", float("inf")),
        ("n_s", float("nan")),
        ("n_updates", "3"),
    ],
)
def test_a_count_that_is_not_a_positive_whole_number_is_refused(problem, name, value):
    with pytest.raises(ValueError, match=f"{name} = {value!r}: choose a whole number of at least 1"):
        classifier(**{name: value}).fit(*problem)


@pytest.mark.parametrize(
    "settings",
    [
        {"eta_min": 0.2},
        {"eta_min": -1.0},
        {"eta_max": 10**400},
        {"eta_max": "0.1"},
        {"lam": -0.1},
        {"lam": float("nan")},
        {"lam": np.inf},
        {"lam": None},
        {"lam": np.ones((2, 1))},
        {"progress": 3},
        {"progress": b"one"},
        {"snapshots": 3},
        {"snapshots": "3"},
        {"snapshots": np.array(7)},
        {"snapshots": [7.5]},
        {"snapshots": [-1]},
        {"snapshots": [float("nan")]},
        {"dropout": 1},
        {"dropout": -0.1},
        {"dropout": None},
        {"momentum": 1.0},
        {"momentum": "0.9"},
        {"label_smoothing": 1.5},
        {"label_smoothing": float("nan")},
        {"schedule": "triangular"},
        {"schedule": 0.1},
        {"schedule": ["cosine"]},
        {"augment": 3},
        {"optimiser": "adam"},
        {"optimiser": Adam, "momentum": 0.9},
    ],
)
def test_invalid_settings_are_refused(problem, settings):
    with pytest.raises(ValueError, match=r"^[^\n]*(choose|name updates)[^\n]*$"):
        classifier(**settings).fit(*problem)


@pytest.mark.parametrize(
    "settings",
    [
        {"n_s": np.uint8(100)},
        {"n_cycles": np.uint8(200), "n_s": 1},
        {"batch_size": np.int8(120), "record": np.int8(100)},
    ],
)
def test_small_integers_of_numpy_do_not_overflow(problem, settings):
    """Whole floats, from a grid of settings, count as integers."""
    whole = {name: int(value) for name, value in settings.items()}
    expected = classifier(**whole).fit(*problem)
    for kind in (lambda value: value, float):
        found = classifier(**{name: kind(value) for name, value in settings.items()}).fit(*problem)
        np.testing.assert_array_equal(found.params_.W1, expected.params_.W1)
        assert found.history_.equals(expected.history_)


@pytest.mark.parametrize("snapshots", [pd.Series([7]), np.array([7.0]), {7: "a"}, range(7, 8)])
def test_snapshots_may_be_any_iterable_of_whole_numbers(problem, snapshots):
    assert list(classifier(n_updates=9, snapshots=snapshots).fit(*problem).snapshots_) == [7]


def test_numbers_of_any_kind_are_recorded_as_floats(problem):
    settings = {"lam": Fraction(1, 100), "eta_max": Fraction(1, 10)}
    found, expected = classifier(**settings).fit(*problem), classifier(lam=0.01, eta_max=0.1).fit(*problem)
    assert found.history_.equals(expected.history_)


@pytest.mark.parametrize("change", [{"lam": -1}, {"eta_max": 1e30}])
def test_after_a_fit_that_fails_an_earlier_one_is_not_used(problem, change):
    X, y = problem
    network = classifier().fit(X, y)
    with pytest.raises((ValueError, TrainingDiverged)):
        network.set_params(**change).fit(X[:, :5], y == "cat")
    for use in (lambda: network.predict(X), lambda: network.at(10)):
        with pytest.raises(NotFittedError):
            use()


@pytest.mark.parametrize("validation", [5, (), "XY", np.zeros((2, 12)), (1, 2, 3)])
def test_validation_is_a_pair(problem, validation):
    with pytest.raises(ValueError, match=r"^validation must be a pair \(X, y\), of images and their classes\.$"):
        classifier().fit(*problem, validation=validation)


@pytest.mark.parametrize("known", [["cat", "dog"], ["cat", "emu"]])
def test_validation_with_an_unknown_class_is_refused(problem, known):
    X, y = problem
    train = np.isin(y, known)
    with pytest.raises(ValueError, match=r"classes that the training data lacks: \['(emu|dog)'\]"):
        classifier().fit(X[train], y[train], validation=(X, y))


@pytest.mark.parametrize("classes", ["cats", b"cats", 3])
def test_y_that_is_not_an_array_is_refused(problem, classes):
    with pytest.raises(ValueError, match="y should be a 1d array"):
        classifier().fit(problem[0], classes)


def test_several_labels_an_image_are_refused(problem):
    X, y = problem
    with pytest.raises(ValueError, match=r"y should be a 1d array, got an array of shape \(300, 2\)"):
        classifier().fit(X, np.column_stack([y == "cat", y == "dog"]))


def test_a_snapshot_is_the_network_that_stops_there(problem):
    X, y = problem
    whole = classifier(n_updates=12, snapshots=(7,), record=5).fit(X, y)
    short = classifier(n_updates=7, record=5).fit(X, y)
    then = whole.at(7)
    for a, b in zip(then.params_, short.params_, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6)
    assert then.history_["update"].max() == 5
    assert then.get_params()["n_updates"] == 7
    assert whole.get_params()["n_updates"] == 12
    with pytest.raises(ValueError, match="No snapshot was kept after update 8"):
        whole.at(8)


@pytest.mark.parametrize("random_state", ["", "seed", -1, 1.5])
def test_an_invalid_seed_is_refused(problem, random_state):
    with pytest.raises(ValueError, match="is not a seed: choose a whole number of at least 0"):
        classifier(random_state=random_state).fit(*problem)


VARIANTS = {
    "dropout": {"dropout": 0.3},
    "momentum": {"momentum": 0.8},
    "smoothing": {"label_smoothing": 0.2},
    "Adam": {"optimiser": Adam, "eta_max": 0.02},
    "cosine": {"schedule": "cosine"},
    "own schedule": {"schedule": lambda t: 0.05},
    "augment": {"augment": lambda X, rows, rng: X[rows] + rng.standard_normal((len(rows), 12), np.float32) / 10},
}


@pytest.mark.parametrize("settings", VARIANTS.values(), ids=VARIANTS)
def test_each_variant_learns_as_well_and_something_else(problem, settings):
    X, y = problem
    fitted, plain = classifier(**settings).fit(X[:200], y[:200]), classifier().fit(X[:200], y[:200])
    assert fitted.score(X[200:], y[200:]) > 0.9
    assert not np.allclose(fitted.params_.W1, plain.params_.W1, rtol=1e-3)
    np.testing.assert_array_equal(fitted.params_.W1, classifier(**settings).fit(X[:200], y[:200]).params_.W1)


def test_momentum_is_that_of_the_worked_example(problem):
    fast, slow = classifier(momentum=0.9).fit(*problem), classifier(optimiser=Momentum).fit(*problem)
    np.testing.assert_allclose(fast.params_.W1, slow.params_.W1, rtol=1e-3, atol=1e-4)


def test_images_are_moved_and_units_dropped_in_training_alone():
    images, y = standardised(100, d=27)
    moved = classifier(augment=ShiftAndMirror(1), dropout=0.3).fit(images, y)
    plain = classifier().fit(images, y)
    assert not np.array_equal(moved.params_.W1, plain.params_.W1)
    np.testing.assert_array_equal(moved.predict_proba(images), moved.predict_proba(images))
    loss = moved.history_.iloc[-1]["loss"]
    assert loss == pytest.approx(-np.log(moved.predict_proba(images)[np.arange(100), y]).mean(), rel=1e-4)


def test_the_rate_of_each_update_is_that_of_the_schedule(problem):
    of_cosine = classifier(schedule="cosine", record=15).fit(*problem).history_
    np.testing.assert_allclose(of_cosine["eta"], schedule.cosine(of_cosine["update"].to_numpy(), 30, 1e-5, 0.1))
    assert set(classifier(schedule=lambda t: 0.05).fit(*problem).history_["eta"]) == {0.05}


def test_what_was_recorded_before_a_training_diverged_stays(problem):
    network = classifier(eta_min=1e8, eta_max=1e8, record=1)
    with pytest.raises(TrainingDiverged):
        network.fit(*problem)
    assert network.history_["update"].tolist()[0] == 0
