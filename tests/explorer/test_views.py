"""The widgets, without a browser: what a control changes in what is shown."""

from threading import Event

import pytest

from explorer import BugView, ImageView, MotionView, RetrainView, open_data
from explorer import data as images
from explorer.views import data_view, image_view, parts
from tests.bounds import BOUND


@pytest.fixture
def network(data):
    view = RetrainView(data)
    view.sliders["n_s"].value = 50
    assert view.engine.worker.wait(BOUND)
    yield view
    view.engine.worker.close(BOUND)


def test_a_drag_shows_the_network_of_the_new_settings(network):
    before = network.units.value
    network.sliders["n_hidden"].value = 20
    assert network.engine.worker.wait(BOUND)
    assert "20 hidden units" in network.units.value
    assert network.units.value != before
    assert "Exact: 100 updates" in network.status.value
    assert "Not CIFAR-10" in network.status.value
    assert "n_hidden=20," in network.code.value
    assert "<table" in network.confusion.value


def test_two_networks_stand_side_by_side_and_what_differs_is_bold(network):
    network._pin("A")
    network.sliders["seed"].value = 2
    assert network.engine.worker.wait(BOUND)
    network._pin("B")
    assert "<b>seed = 1</b>" in network.pins["A"].value
    assert "<b>seed = 2</b>" in network.pins["B"].value
    assert "<b>batch" not in network.pins["B"].value


@pytest.mark.parametrize(("value", "said"), [(0, "0"), (1e-5, "0.00001"), (0.15, "0.15"), (1, "1"), (10_000, "10,000")])
def test_numbers_are_written_without_powers(value, said):
    assert parts.number(value) == said


def test_settings_that_diverge_are_one_sentence(network):
    before = network.curves.value
    network.sliders["eta_max"].value = 1
    network.sliders["lam"].value = 0.3
    network.sliders["batch_size"].value = 10
    network.sliders["n_s"].value = 500
    assert network.engine.worker.wait(BOUND)
    assert "The cost is no longer finite after update" in network.status.value
    assert "lower the highest η" in network.status.value
    assert "The pictures are those of the network before." in network.status.value
    assert network.curves.value != before
    assert "update 1,000" in network.curves.value


def test_what_is_shown_meanwhile_is_called_a_preview_only_if_it_is_one(network):
    network._tell("exact", 40, 100)
    assert "Preview. The exact network is at update 40 of 100" in network.status.value
    network.engine.change = lambda settings: None
    network.sliders["seed"].value = 2
    network._tell("exact", 40, 100)
    assert "The pictures are those of the network before. The exact network" in network.status.value


def test_pause_and_stop_hold_a_longer_training(network, monkeypatch):
    network.sliders["n_s"].value = 1000
    assert network.engine.worker.wait(BOUND)
    shown = Event()
    network.watchers.append(lambda result: shown.set() if result.kind == "live" else None)
    monkeypatch.setattr("explorer.retrain.BETWEEN", 0.0)
    network.follow.click()
    assert shown.wait(BOUND)
    network.pause.click()
    assert network.pause.description == "Go on"
    assert "Paused: " in network.status.value
    network.pause.click()
    assert network.pause.description == "Pause"
    network.stop.click()
    assert network.engine.worker.wait(BOUND)
    assert "Stopped after" in network.status.value
    assert "n_updates=" in network.code.value
    assert network.stop.disabled


def test_updates_one_by_one(data):
    view = MotionView(data)
    assert "Nothing has been learnt yet" in view.words.value
    view.forward(1)
    assert "Update 1</b>" in view.words.value
    view.forward(10)
    assert "Update 11</b>" in view.words.value
    assert "<circle" in view.rate.value
    assert "Images of this update: 20" in view.batch.value
    view.batch_size.value = 1
    assert "Nothing has been learnt yet" in view.words.value
    assert view.gradient.value == ""


@pytest.fixture
def image(data, network):
    view = ImageView(data, network)
    yield view
    view.worker.close(BOUND)


def test_an_image_is_read_again_when_it_or_the_network_changes(network, image):
    seen = {image.answer.value}
    for change in (
        lambda: setattr(image.number, "value", 3),
        lambda: setattr(image.right, "value", 4),
        lambda: setattr(image.flip, "value", True),
        lambda: setattr(image.brighten, "value", 50),
        lambda: image._touch((2, 2)),
    ):
        change()
        assert image.answer.value not in seen
        seen.add(image.answer.value)
    network.sliders["seed"].value = 5
    assert network.engine.worker.wait(BOUND)
    assert image.answer.value not in seen


def test_votes_against_a_class_have_a_minus(image):
    assert " −0." in image.units.value
    assert " -0." not in image.units.value


def test_paint_comes_off_by_a_second_click_and_with_the_next_image(image):
    clean = image.picture.value
    image._touch((1, 1))
    assert image.picture.value != clean
    image._touch((1, 1))
    assert image.picture.value == clean
    image._touch((1, 1))
    image._undo()
    assert image.picture.value == clean
    image._touch((1, 1))
    image.number.value = 1
    image.number.value = 0
    assert image.picture.value == clean


def test_the_next_mistake_is_one(image):
    image._next_mistake()
    first = image.number.value
    image._next_mistake()
    assert image.number.value != first
    truth = image.data.split.class_names[image.data.split.y_test[image.number.value]]
    assert f"With 50 units: {truth}<" not in image.answer.value


def test_the_wide_network_joins_in(image, monkeypatch):
    monkeypatch.setattr(image_view.wide_network, "N_HIDDEN", 30)
    image.train.click()
    assert image.worker.wait(BOUND)
    assert "of the validation images" in image.status.value
    assert "With 30 units" in image.answer.value
    assert not image.train.disabled


def test_a_bug_is_shown_beside_the_right_network(data):
    view = BugView(data)
    assert view.worker.wait(BOUND)
    assert "No check sees anything wrong" in view.check.value
    assert view.sides[1].value == ""
    view.bug.value = "ReLU's derivative forgotten"
    assert view.worker.wait(BOUND)
    assert "ReLU&#x27;s derivative forgotten" in view.sides[1].value
    assert "catch it" in view.check.value or "Caught by" in view.check.value
    assert "(H &gt; 0)" in view.patch.value
    assert "without the bug" in view.status.value
    view.worker.close(BOUND)


def test_without_data_a_bar_moves_and_a_failure_is_one_sentence(data, monkeypatch):
    class Later:
        def __init__(self, progress, ended):
            self.progress, self.ended = progress, ended
            started.append(self)

    started, shown = [], []
    incomplete = images.Data(data.cifar, data.split, data.rotated, data.code, complete=False)
    monkeypatch.setattr(data_view.images, "find", lambda: incomplete)
    monkeypatch.setattr(data_view.images, "Download", Later)
    monkeypatch.setattr(data_view.parts, "show", lambda *widgets: shown.extend(widgets))
    assert open_data() is incomplete
    said, bar, status = shown
    assert "NOT CIFAR-10" in said.value
    started[0].progress(40)
    assert bar.value == 40
    started[0].ended("No network.")
    assert status.value == f"<p>No network. {data_view.NOT_HERE}</p>"
    assert bar.layout.display == "none"
    started[0].ended("")
    assert "CIFAR-10 is here" in status.value
