from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.base import clone

from twolayer import data, schedule
from twolayer.classifier import TwoLayerClassifier, accuracies


@pytest.fixture(scope="module")
def problem():
    """Three clouds of points whose classes have names that are no numbers from 0."""
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


def test_it_trains_on_standardised_images_as_on_plain_numbers():
    rng = np.random.default_rng(0)
    pixels, y = rng.integers(256, size=(100, 30), dtype=np.uint8), rng.integers(0, 3, 100)
    images = data.standardise(pixels, *data.moments(pixels, np.arange(len(pixels))), np.arange(len(pixels)))
    from_images, from_numbers = (classifier().fit(X, y, validation=(X, y)) for X in (images, np.asarray(images)))
    np.testing.assert_array_equal(from_images.params_.W1, from_numbers.params_.W1)
    np.testing.assert_array_equal(from_images.predict_proba(images), from_numbers.predict_proba(np.asarray(images)))


@pytest.mark.parametrize(
    ("name", "value"),
    [("batch_size", -5), ("n_updates", 0), ("record", 0), ("n_s", 0), ("n_hidden", 2.5), ("n_cycles", 0)],
)
def test_a_count_that_is_none_is_refused(problem, name, value):
    with pytest.raises(ValueError, match=f"{name} = {value}: choose a whole number of at least 1"):
        classifier(**{name: value}).fit(*problem)


@pytest.mark.parametrize("settings", [{"eta_min": 0.2}, {"eta_min": -1.0}, {"lam": -0.1}, {"lam": float("nan")}])
def test_rates_and_penalties_below_zero_are_refused(problem, settings):
    with pytest.raises(ValueError, match="choose"):
        classifier(**settings).fit(*problem)


@pytest.mark.parametrize("known", [["cat", "dog"], ["cat", "emu"]])
def test_validation_with_an_unknown_class_is_refused(problem, known):
    X, y = problem
    train = np.isin(y, known)
    with pytest.raises(ValueError, match=r"classes that the training data lacks: \['(emu|dog)'\]"):
        classifier().fit(X[train], y[train], validation=(X, y))


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
