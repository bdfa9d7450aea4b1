"""Images with unusual values, numbers, classes or memory layouts, as input of the classifier."""

import numpy as np
import pytest

from twolayer.classifier import TwoLayerClassifier
from twolayer.training import TrainingDiverged


@pytest.fixture(scope="module")
def problem():
    rng = np.random.default_rng(0)
    centres, y = 2 * rng.standard_normal((3, 12)), rng.integers(0, 3, 90)
    return centres[y] + rng.standard_normal((90, 12)), y


def fitted(X, y, **settings):
    return TwoLayerClassifier(**{"n_hidden": 6, "n_s": 20, "batch_size": 20, "random_state": 1} | settings).fit(X, y)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_pixels_must_be_finite(problem, value):
    X, y = problem[0].copy(), problem[1]
    X[7, 3] = value
    with pytest.raises(ValueError, match=r"Input X contains (NaN|infinity)"):
        fitted(X, y)
    with pytest.raises(ValueError, match=r"Input X contains (NaN|infinity)"):
        fitted(*problem).predict(X)


def test_pixels_too_large_for_single_precision_are_an_error(problem):
    X, y = np.where(problem[0] > 0, 3e38, 0), problem[1]
    with pytest.raises(TrainingDiverged, match="no longer finite"):
        fitted(X.astype(np.float32), y)


@np.errstate(invalid="ignore")  # scikit-learn adds all pixels up
def test_pixels_too_large_for_a_trained_network_are_an_error(problem):
    X, y = problem[0].astype(np.float32), problem[1]
    huge = np.float32(3e38) * np.sign(X)
    with pytest.raises(ValueError, match="pixels too large for this network"):
        fitted(X, y).predict_proba(huge)
    with pytest.raises(TrainingDiverged, match="The loss on validation is no longer finite after update 0"):
        TwoLayerClassifier(6, n_s=20).fit(X, y, validation=(huge, y))


def test_constant_pixels_do_no_harm(problem):
    X, y = problem
    constant = np.hstack([X, np.full((90, 5), 0.0), np.full((90, 2), 7.0)])
    assert fitted(constant, y).score(constant, y) > 0.9
    nothing = fitted(np.ones((90, 4)), y)
    shares = np.bincount(y) / 90
    np.testing.assert_allclose(nothing.predict_proba(np.ones((1, 4)))[0], shares, atol=0.1)


def test_one_image_is_learned(problem):
    alone = fitted(problem[0][:1], ["frog"])
    assert alone.predict(problem[0]).tolist() == ["frog"] * 90
    np.testing.assert_array_equal(alone.predict_proba(problem[0]), 1)


def test_a_single_class_is_predicted_with_certainty(problem):
    alone = fitted(problem[0], np.full(90, "frog"))
    assert alone.classes_.tolist() == ["frog"]
    assert (alone.history_["loss"] == 0).all()


def test_training_needs_an_image(problem):
    with pytest.raises(ValueError, match="0 sample"):
        fitted(problem[0][:0], problem[1][:0])


def test_classes_missing_from_training_count_as_errors(problem):
    X, y = problem
    few = fitted(X[y < 2], y[y < 2])
    assert few.classes_.tolist() == [0, 1]
    assert few.predict_proba(X).shape == (90, 2)
    assert few.score(X, y) == pytest.approx(few.score(X[y < 2], y[y < 2]) * (y < 2).mean())


LAYOUTS = {
    "by columns": np.asfortranarray,
    "every second row of a larger array": lambda X: X.repeat(2, axis=0)[::2],
    "backwards": lambda X: X[::-1].copy()[::-1],
    "big-endian": lambda X: X.astype(X.dtype.newbyteorder(">")),
    "lists": lambda X: X.tolist(),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_memory_layout_does_not_matter(problem, layout):
    X, y = problem
    expected, found = fitted(X, y), fitted(LAYOUTS[layout](X), y)
    for a, b in zip(found.params_, expected.params_, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)  # lists become single precision


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_read_only_arrays_give_the_same_network(problem, tmp_path, dtype):
    X, y = problem[0].astype(dtype), problem[1]
    np.save(tmp_path / "X.npy", X)
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    labels = np.array(y)
    labels.flags.writeable = False
    expected, found = fitted(X, y), fitted(mapped, labels)
    assert found.params_.W1.dtype == dtype
    np.testing.assert_array_equal(found.params_.W1, expected.params_.W1)
    np.testing.assert_array_equal(found.predict_proba(mapped), expected.predict_proba(X))


@pytest.mark.parametrize("dtype", [np.float16, np.int8, np.uint8, np.int64, bool])
def test_other_numeric_types_are_converted(problem, dtype):
    X, y = (problem[0] > 0).astype(dtype), problem[1]
    assert fitted(X, y).params_.W1.dtype in (np.float32, np.float64)
    np.testing.assert_allclose(
        fitted(X, y).predict_proba(X), fitted(X.astype(np.float64), y).predict_proba(X.astype(np.float64)), atol=1e-3
    )
