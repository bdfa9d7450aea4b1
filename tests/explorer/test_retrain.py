from dataclasses import replace
from itertools import count
from threading import Event

import numpy as np
import pytest

from explorer import retrain
from explorer.retrain import Retrainer
from explorer.settings import Settings
from tests.bounds import BOUND

SMALL = Settings(n_hidden=10, n_s=10, n_train=300, seed=3)


class Seen:
    """What an engine has handed out."""

    def __init__(self, data, clock):
        self.results, self.told, self.errors = [], [], []
        self.engine = Retrainer(
            data, self.results.append, lambda *said: self.told.append(said), self.errors.append, clock
        )

    def kinds(self):
        return [result.kind for result in self.results]


@pytest.fixture
def seen(data):
    """An engine whose clock shows one second more at each look."""
    ticks = count()
    seen = Seen(data, lambda: next(ticks))
    yield seen
    seen.engine.worker.close(BOUND)


def test_the_network_is_that_of_the_classifier(data):
    params, history = retrain.train(data, SMALL, lambda *_: None)
    model = SMALL.classifier().fit(*data.train(300))
    for array, right in zip(params, model.params_, strict=True):
        np.testing.assert_array_equal(array, right)
    assert [row["update"] for row in history.rows[-2:]] == [20, 20]
    assert {row["split"] for row in history.rows} == {"train", "validation"}


def test_accuracy_and_confusion_are_of_the_validation_images(data, seen):
    seen.engine.change(SMALL)
    assert seen.engine.worker.wait(BOUND)
    result, model = seen.results[-1], SMALL.classifier().fit(*data.train(300))
    rotated = data.rotated
    assert result.accuracy == pytest.approx(model.score(rotated.X_validation, rotated.y_validation))
    assert result.confusion.sum() == len(rotated.y_validation)
    assert result.confusion.sum(axis=1).tolist() == np.bincount(rotated.y_validation, minlength=10).tolist()


def test_a_short_training_has_no_preview(seen):
    seen.engine.change(SMALL)
    assert seen.engine.worker.wait(BOUND)
    assert seen.kinds() == ["exact"]


def test_a_long_training_has_a_preview_that_says_so(seen):
    seen.engine.speed.seconds = 1.0  # an update
    seen.engine.change(SMALL)
    assert seen.engine.worker.wait(BOUND)
    assert seen.kinds() == ["preview", "exact"]
    preview, exact = seen.results
    assert preview.settings == exact.settings == SMALL
    assert preview.last < exact.last == SMALL.updates
    assert ("exact", 5, 20) in seen.told


def test_other_settings_cancel_a_training_but_not_its_preview(data, seen):
    previewed, errors = Event(), seen.errors
    seen.engine.speed.seconds = 1.0
    other = replace(SMALL, seed=4)

    def show(result):
        seen.results.append(result)
        if result.settings == SMALL:
            previewed.set()
            seen.engine.change(other)

    seen.engine.show = show
    seen.engine.change(SMALL)
    assert previewed.wait(BOUND)
    assert seen.engine.worker.wait(BOUND)
    shown = [(result.kind, result.settings.seed) for result in seen.results]
    assert (shown[0], shown[-1]) == (("preview", 3), ("exact", 4))
    assert ("exact", 3) not in shown
    assert errors == []


def test_a_followed_training_is_shown_as_it_goes_and_keeps_what_it_has_learnt_when_stopped(seen):
    def show(result):
        seen.results.append(result)
        if result.t >= 5:
            seen.engine.worker.stop()

    seen.engine.show = show
    seen.engine.follow(SMALL)
    assert seen.engine.worker.wait(BOUND)
    assert seen.kinds()[0] == "live"
    assert seen.kinds()[-1] == "stopped"
    assert seen.results[-1].t < SMALL.updates


def test_a_followed_training_that_is_left_alone_ends_exact(seen):
    seen.engine.follow(SMALL)
    assert seen.engine.worker.wait(BOUND)
    assert seen.kinds()[-1] == "exact"
    assert "live" in seen.kinds()


def test_a_training_that_diverges_is_one_sentence(seen):
    seen.engine.change(replace(SMALL, eta_max=1e6, n_s=100))
    assert seen.engine.worker.wait(BOUND)
    (error,) = seen.errors
    assert isinstance(error, retrain.Diverged)
    assert "no longer finite" in str(error)
    assert error.rows[-1]["update"] < error.last == 200
    assert np.isfinite([row["loss"] for row in error.rows]).all()


def test_a_preview_that_diverges_says_nothing_of_the_training(data, seen, monkeypatch):
    def train(data, settings, watch, whole=retrain.train):
        if settings != SMALL:
            raise retrain.Diverged("too steep", [], settings.updates)
        return whole(data, settings, watch)

    monkeypatch.setattr(retrain, "train", train)
    seen.engine.speed.seconds = 1.0
    seen.engine.change(SMALL)
    assert seen.engine.worker.wait(BOUND)
    assert (seen.kinds(), seen.errors) == (["exact"], [])


def test_the_speed_is_learnt():
    speed = retrain.Speed()
    speed.learn(Settings(), 10.0)
    assert speed.expect(Settings()) == pytest.approx(10)
    assert speed.expect(Settings(n_cycles=3)) == pytest.approx(30)
