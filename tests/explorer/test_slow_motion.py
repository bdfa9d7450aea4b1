from itertools import islice

import numpy as np
import pytest

from explorer import retrain, slow_motion
from explorer.settings import Settings

SMALL = Settings(n_hidden=10, n_s=10, n_train=300, seed=3, batch_size=100)


def test_the_updates_are_those_of_a_training(data):
    trained, _ = retrain.train(data, SMALL, lambda *_: None)
    *_, last = islice(slow_motion.steps(data, SMALL), SMALL.updates)
    for array, right in zip(last.params, trained, strict=True):
        np.testing.assert_allclose(array, right, rtol=1e-3, atol=1e-5)


def test_a_step_goes_down_its_own_gradient(data):
    first, second = islice(slow_motion.steps(data, SMALL), 2)
    assert (first.t, second.t) == (0, 1)
    moved = first.params.W1 - second.gradients.W1 * second.eta
    np.testing.assert_allclose(second.params.W1, moved, rtol=1e-5)
    assert second.eta == pytest.approx(float(SMALL.classifier().eta(1)))
    assert second.after < second.before


def test_an_epoch_has_every_image_once(data):
    rows = np.concatenate([step.rows for step in islice(slow_motion.steps(data, SMALL), 3)])
    assert sorted(rows) == list(range(300))


def test_the_gradient_of_one_image_is_that_image(data):
    one = Settings(n_hidden=10, lam=0.0, n_train=300, batch_size=1)
    step = next(slow_motion.steps(data, one))
    image = data.train(300)[0][step.rows[0]]
    active = np.abs(step.gradients.W1).max(axis=0) > 0
    cosines = image @ step.gradients.W1[:, active] / np.linalg.norm(step.gradients.W1[:, active], axis=0)
    np.testing.assert_allclose(np.abs(cosines) / np.linalg.norm(image), 1, rtol=1e-4)
    assert active.any()
