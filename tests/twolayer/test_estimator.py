"""What scikit-learn asks of every classifier, and what its users do with one."""

import pickle

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from scipy.stats import loguniform
from sklearn.base import clone
from sklearn.metrics import ConfusionMatrixDisplay
from sklearn.model_selection import PredefinedSplit, RandomizedSearchCV, cross_val_score, learning_curve
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import estimator_checks_generator, parametrize_with_checks

from twolayer.classifier import TwoLayerClassifier
from twolayer.techniques.optimisers import Adam

VARIANTS = [
    TwoLayerClassifier(n_s=200),
    TwoLayerClassifier(n_s=200, momentum=0.5, dropout=0.1, label_smoothing=0.1, schedule="cosine"),
    TwoLayerClassifier(n_s=200, optimiser=Adam, eta_max=0.03),
]


@parametrize_with_checks(VARIANTS)
def test_it_is_a_classifier_as_scikit_learn_means_it(estimator, check):
    check(estimator)


def names_of_checks(classifier):
    checks = (check for _, check in estimator_checks_generator(classifier))
    return {getattr(check, "func", check).__name__ for check in checks}


def test_the_checks_are_those_of_scikit_learns_network_but_for_several_labels_and_sample_weights():
    missing = names_of_checks(MLPClassifier()) - names_of_checks(TwoLayerClassifier())
    assert all("multilabel" in name or "sample_weight" in name for name in missing), missing


@pytest.fixture(scope="module")
def flowers():
    """A data frame of three clouds of points with named columns, and the names of their classes."""
    rng = np.random.default_rng(0)
    centres, k = 3 * rng.standard_normal((3, 4)), rng.integers(0, 3, 150)
    points = 10 + 5 * (centres[k] + rng.standard_normal((150, 4)))
    frame = pd.DataFrame(points, columns=["petal", "sepal", "stem", "leaf"])
    return frame, pd.Series(["iris", "rose", "lily"]).take(k).to_numpy()


@pytest.fixture
def network():
    return TwoLayerClassifier(n_hidden=8, n_s=30, batch_size=20, random_state=1)


@pytest.fixture
def pipeline(network):
    return make_pipeline(StandardScaler(), network)


def test_it_is_scored_in_a_pipeline_by_cross_validation(flowers, pipeline):
    assert cross_val_score(pipeline, *flowers, cv=3).min() > 0.9


def test_its_penalty_is_found_by_random_search_on_a_split_made_before(flowers, pipeline):
    fold = np.where(np.arange(150) < 100, -1, 0)
    penalties = {"twolayerclassifier__lam": loguniform(1e-5, 1e3)}
    search = RandomizedSearchCV(pipeline, penalties, n_iter=6, cv=PredefinedSplit(fold), random_state=0)
    search.fit(*flowers)
    assert len(search.cv_results_["params"]) == 6
    assert search.best_score_ > 0.9
    assert search.best_params_["twolayerclassifier__lam"] < 1


def test_its_learning_curve_has_a_score_for_each_size(flowers, pipeline):
    sizes, train, validation = learning_curve(pipeline, *flowers, train_sizes=[30, 90], cv=3)
    assert sizes.tolist() == [30, 90]
    assert train.shape == validation.shape == (2, 3)


def test_its_confusion_matrix_is_drawn_with_the_names_of_its_classes(flowers, pipeline):
    axis = Figure().add_subplot()
    display = ConfusionMatrixDisplay.from_estimator(pipeline.fit(*flowers), *flowers, ax=axis)
    assert display.confusion_matrix.sum() == 150
    assert [label.get_text() for label in axis.get_xticklabels()] == ["iris", "lily", "rose"]


def test_it_keeps_the_names_of_a_data_frames_columns_and_asks_for_them(flowers, network):
    frame, y = flowers
    network.fit(frame, y)
    assert network.feature_names_in_.tolist() == ["petal", "sepal", "stem", "leaf"]
    with pytest.raises(ValueError, match="feature names"):
        network.predict(frame[["leaf", "petal", "sepal", "stem"]])


@pytest.mark.parametrize("names", [[False, True], [-3, 7], [0.5, 1.5], ["a", "b"], np.array(["a", 2], object)])
def test_its_classes_are_whatever_they_were_called(flowers, network, names):
    y = np.array(names)[(np.arange(150) % 2 == 0).astype(int)]
    if y.dtype == float or y.dtype == object:
        with pytest.raises((ValueError, TypeError)):
            network.fit(flowers[0], y)
    else:
        assert network.fit(flowers[0], y).classes_.tolist() == names
        assert set(network.predict(flowers[0])) <= set(names)


def test_a_pickled_network_predicts_as_the_one_it_was(flowers, network):
    frame, y = flowers
    again = pickle.loads(pickle.dumps(network.fit(frame, y)))
    np.testing.assert_array_equal(again.predict_proba(frame), network.predict_proba(frame))
    assert again.history_.equals(network.history_)


def test_a_generator_goes_on_from_fit_to_fit_as_scikit_learn_means_random_state(flowers, network):
    """A whole number gives the same each time; a RandomState gives something else each time, the same from its seed."""
    frame, y = flowers

    def fits(random_state):
        network.set_params(random_state=random_state)
        return [network.fit(frame, y).params_.W1 for _ in range(2)]

    first, second = fits(np.random.RandomState(3))
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(fits(np.random.RandomState(3))[1], second)
    np.testing.assert_array_equal(*fits(3))


@pytest.mark.parametrize("random_state", [None, np.random])
def test_without_a_random_state_numpys_own_is_drawn_from(flowers, network, random_state):
    def after(seed):
        np.random.seed(seed)  # noqa: NPY002 - scikit-learn's users do
        return network.set_params(random_state=random_state).fit(*flowers).params_.W1

    np.testing.assert_array_equal(after(3), after(3))
    assert not np.array_equal(after(3), after(4))


def test_a_notebook_shows_it_as_a_diagram(flowers, network):
    assert "TwoLayerClassifier" in network._repr_html_()
    assert "n_hidden" in clone(network)._repr_html_()
