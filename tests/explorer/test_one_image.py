import numpy as np
import pytest

from explorer import one_image
from explorer.one_image import Edit
from explorer.settings import Settings


@pytest.fixture
def picture():
    return np.random.default_rng(0).integers(256, size=(32, 32, 3), dtype=np.uint8)


def test_a_shift_repeats_the_edge(picture):
    moved = Edit(right=3, down=-2).apply(picture)
    np.testing.assert_array_equal(moved[:-2, 3:], picture[2:, :-3])
    np.testing.assert_array_equal(moved[0, :3], np.repeat(picture[2, :1], 3, axis=0))
    np.testing.assert_array_equal(moved[-1, 3:], picture[-1, :-3])


def test_a_mirror_turns_right_to_left(picture):
    np.testing.assert_array_equal(Edit(flip=True).apply(picture), picture[:, ::-1])


def test_brightness_stays_in_the_range(picture):
    bright = Edit(brighten=100).apply(picture)
    assert bright.max() == 255
    assert (bright.astype(int) - picture).max() == 100


def test_paint_covers_its_patch_alone(picture):
    painted = Edit(paint={(1, 7): (9, 8, 7)}).apply(picture)
    assert (painted[4:8, 28:] == [9, 8, 7]).all()
    changed = (painted != picture).any(axis=2)
    assert not changed[:4].any()
    assert not changed[8:].any()
    assert not changed[:, :28].any()


def test_nothing_changes_the_image_that_is_there(picture):
    before = picture.copy()
    Edit(brighten=50, paint={(0, 0): (0, 0, 0)}).apply(picture)
    np.testing.assert_array_equal(picture, before)


def test_an_image_as_it_is_is_projected_as_the_test_images_are(data):
    x = one_image.projected(data, data.test_images.picture(5), data.basis)
    np.testing.assert_allclose(x[0], data.rotated.X_test[5], rtol=1e-3, atol=1e-3)


def test_votes_add_up_to_the_scores(data):
    model = Settings(n_hidden=10, n_s=10, n_train=300).classifier().fit(*data.train(300))
    reading = one_image.read(data.rotated.X_test[:1], model.params_)
    scores = reading.votes.sum(axis=0) + model.params_.b2
    np.testing.assert_allclose(np.exp(scores) / np.exp(scores).sum(), reading.probabilities, rtol=1e-4)
    np.testing.assert_allclose(reading.probabilities, model.predict_proba(data.rotated.X_test[:1])[0], rtol=1e-4)
    strongest = reading.strongest(3)
    spread = np.ptp(reading.votes, axis=1)
    assert sorted(spread[strongest], reverse=True) == sorted(spread, reverse=True)[:3]
    assert (
        one_image.predicted(data.rotated.X_test, model.params_).tolist() == model.predict(data.rotated.X_test).tolist()
    )
