import numpy as np
import pytest
from sklearn.base import clone

from twolayer.classifier import TwoLayerClassifier
from twolayer.images import moments, standardise
from twolayer.techniques import augmentation
from twolayer.techniques.augmentation import OneOfTheViews, ShiftAndMirror, moved, views

SIDE = 8


def pictures(n=30, seed=0):
    return np.random.default_rng(seed).integers(256, size=(n, 3 * SIDE**2), dtype=np.uint8)


def images(n=30):
    pixels = pictures(n)
    return standardise(pixels, *moments(pixels, np.arange(n)), np.arange(n)[::-1])


def moved_slowly(picture, down, right, mirrored):
    """Move one picture, pixel by pixel."""
    source, target = picture.reshape(3, SIDE, SIDE), np.empty((3, SIDE, SIDE), np.uint8)
    for row in range(SIDE):
        for column in range(SIDE):
            from_row, from_column = min(max(row - down, 0), SIDE - 1), min(max(column - right, 0), SIDE - 1)
            target[:, row, column] = source[:, from_row, SIDE - 1 - from_column if mirrored else from_column]
    return target.reshape(-1)


def test_pictures_are_moved_as_by_a_loop_over_their_pixels():
    pixels, rng = pictures(200), np.random.default_rng(1)
    down, right, mirrored = *rng.integers(-3, 4, (2, 200)), rng.random(200) < 0.5
    expected = [moved_slowly(*one) for one in zip(pixels, down, right, mirrored, strict=True)]
    found = moved(pixels, down, right, mirrored)
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("way", [(1, 0, False), (0, -2, False), (0, 0, True), (-3, 2, True), (0, 0, False)])
def test_all_pictures_may_be_moved_alike(way):
    pixels = pictures()
    np.testing.assert_array_equal(moved(pixels, *way), [moved_slowly(picture, *way) for picture in pixels])


def test_no_picture_stays_no_picture():
    assert moved(pictures(0), 1, 1, True).shape == (0, 3 * SIDE**2)


def test_images_are_moved_by_chance_and_standardised():
    X, rows = images(), np.array([3, 1, 29, 3])
    found = ShiftAndMirror(2)(X, rows, np.random.default_rng(0))
    ways = [(down, right, mirrored) for down in range(-2, 3) for right in range(-2, 3) for mirrored in (False, True)]
    for row, image in zip(rows, found, strict=True):
        candidates = X.standardised(np.array([moved_slowly(X.pixels[X.rows[row]], *way) for way in ways]))
        assert (candidates == image).all(axis=1).sum() == 1
    np.testing.assert_array_equal(found, ShiftAndMirror(2)(X, rows, np.random.default_rng(0)))
    assert found.dtype == np.float32


def test_every_way_to_move_is_equally_likely():
    """A gradient tells all of them apart."""
    square = np.add.outer(10 * np.arange(SIDE), np.arange(SIDE))
    X = standardise(np.tile(square.reshape(-1), 3).astype(np.uint8)[None], 0, 1, np.zeros(1, int))
    found = ShiftAndMirror(1)(X, np.zeros(9000, int), np.random.default_rng(0))
    _, counts = np.unique(found, axis=0, return_counts=True)
    assert len(counts) == 18
    assert 400 < counts.min() < counts.max() < 600


@pytest.mark.parametrize(("most", "mirror", "ways"), [(1, False, 9), (0, True, 2), (0, False, 1)])
def test_images_are_only_shifted_or_only_mirrored_if_asked(most, mirror, ways):
    X = images()
    found = ShiftAndMirror(most, mirror)(X, np.zeros(500, int), np.random.default_rng(0))
    assert len(np.unique(found, axis=0)) == ways


def test_views_are_all_shifts_as_they_are_and_mirrored():
    X = images()
    found = list(views(X, (-1, 0, 2)))
    assert len(found) == 18
    ways = [(down, right, mirrored) for down in (-1, 0, 2) for right in (-1, 0, 2) for mirrored in (False, True)]
    for view, way in zip(found, ways, strict=True):
        expected = [moved_slowly(X.pixels[row], *way) for row in X.rows]
        np.testing.assert_array_equal(np.asarray(view), X.standardised(np.array(expected)))


@pytest.mark.parametrize("d", [30, 64, 2])
def test_pictures_that_are_not_three_squares_are_refused(d):
    with pytest.raises(ValueError, match=f"^d = {d}: choose pictures of three colours, each a square of pixels"):
        moved(np.zeros((1, d), np.uint8), 1, 1, True)


@pytest.mark.parametrize("most", [-1, 1.5, "2"])
def test_an_invalid_shift_is_refused(most):
    with pytest.raises(ValueError, match=f"^most = {most!r}: choose a whole number of pixels, at least 0"):
        ShiftAndMirror(most)


def test_images_without_pixels_cannot_be_moved():
    X, y = np.asarray(images()), np.arange(30) % 3
    with pytest.raises(ValueError, match=r"^augment = .*: give Images, whose pixels can be moved"):
        TwoLayerClassifier(augment=ShiftAndMirror(2), n_updates=1).fit(X, y)


def test_each_image_is_shown_as_one_of_its_views(monkeypatch):
    monkeypatch.setattr(augmentation, "CHUNK", 7)
    X = images()
    augment, all_views = OneOfTheViews(X, (-1, 1), (True,)), [view[:] for view in views(X, (-1, 1), (True,))]
    rows = np.repeat(np.arange(30), 20)
    found, chosen = augment(X, rows, np.random.default_rng(0)), []
    for row, image in zip(rows, found, strict=True):
        chosen += [i for i, view in enumerate(all_views) if np.allclose(view[row], image, atol=2e-3)]
    assert len(chosen) == len(rows)
    assert np.bincount(chosen).min() > 120
    assert found.dtype == np.float32


def test_views_are_of_the_images_that_are_trained_on():
    augment = OneOfTheViews(images(30))
    with pytest.raises(ValueError, match=r"^X = \(29, 192\): train on images of the shape \(30, 192\), of which"):
        augment(images(29), np.arange(3), np.random.default_rng(0))


@pytest.mark.parametrize(("shifts", "mirrored"), [((0,), (False, True)), ((-1, 0), (True,)), ((-1, 0), (False, True))])
def test_some_of_the_views_are_those_that_would_be_made_alone(shifts, mirrored):
    X, rows = images(), np.arange(30)
    some, alone = OneOfTheViews(X, (-1, 0)).only(shifts, mirrored), OneOfTheViews(X, shifts, mirrored)
    shown = (augment(X, rows, np.random.default_rng(1)) for augment in (some, alone))
    np.testing.assert_array_equal(*shown)


def test_views_that_were_not_made_are_refused():
    with pytest.raises(
        ValueError, match=r"^shifts = \(5,\), mirrored = \(True,\): choose shifts and mirrorings of which"
    ):
        OneOfTheViews(images(), (-1, 0)).only((5,), (True,))


def test_a_classifier_trains_on_views_and_its_clones_share_them():
    X, y = images(), np.arange(30) % 3
    network = TwoLayerClassifier(8, augment=OneOfTheViews(X), n_updates=20, random_state=0)
    assert clone(network).augment.views is network.augment.views
    again = clone(network).fit(X, y)
    np.testing.assert_array_equal(network.fit(X, y).params_.W1, again.params_.W1)
    assert not np.array_equal(network.params_.W1, clone(network).set_params(augment=None).fit(X, y).params_.W1)
