import numpy as np
import pytest

from explorer import data as images
from tests.bounds import BOUND
from tests.data_room import move_in, pack, serving
from twolayer.cifar10 import DataError, locate, synthetic
from twolayer.cifar10.batch_files import CIFAR10


@pytest.fixture
def room(tmp_path, monkeypatch):
    monkeypatch.setattr(images, "N_SMALL", 20)
    monkeypatch.setattr(images.pca, "rotate", lambda split, n_components: split)  # which takes seconds
    return move_in(tmp_path, monkeypatch)


def test_validation_images_follow_the_training_images(data):
    assert len(data.cifar.y_train) == 1200
    assert (data.n_train, len(data.split.y_validation)) == (800, 400)
    np.testing.assert_array_equal(data.split.y_validation, data.cifar.y_train[800:])


def test_weights_return_to_pixels(data):
    W1 = np.random.default_rng(0).standard_normal((256, 3))
    np.testing.assert_allclose(data.basis.T @ data.in_pixels(W1), W1, atol=1e-4)


def test_the_first_images_are_trained_on(data):
    X, y = data.train(7)
    np.testing.assert_allclose(X, data.split.X_train[:7] @ data.basis, atol=1e-3)
    np.testing.assert_array_equal(y, data.split.y_train[:7])


def test_a_stand_in_is_marked(data):
    assert data.marked == "Not CIFAR-10: generated images."


def test_what_is_there_is_taken(room, monkeypatch, write_batches):
    write_batches(room / CIFAR10)
    assert images.find().complete


def test_without_data_there_is_a_stand_in_at_once_and_it_is_kept(room):
    first = images.find()
    assert not first.complete
    assert first.marked
    before = (room / images.SMALL / "test_batch").stat().st_mtime_ns
    assert not images.find().complete
    assert (room / images.SMALL / "test_batch").stat().st_mtime_ns == before


def test_a_folder_that_is_named_in_vain_is_one_sentence(room, monkeypatch):
    monkeypatch.setenv("CIFAR10_DIR", "nowhere")
    with pytest.raises(DataError, match="not a folder: correct it or unset it"):
        images.find()


def download():
    said, percent = [], []
    images.Download(percent.append, said.append).wait(BOUND)
    return said, percent


def test_a_download_that_fails_is_one_sentence(room, monkeypatch):
    monkeypatch.setenv("CIFAR10_URL", "http://127.0.0.1:1/archive")
    said, _ = download()
    assert len(said) == 1
    assert said[0].startswith("CIFAR10_URL names http://127.0.0.1:1/archive, which cannot be reached")


def test_a_file_that_is_another_one_is_refused_after_progress(room, tmp_path, monkeypatch):
    synthetic.write(tmp_path / CIFAR10)
    with serving(pack(tmp_path / CIFAR10), monkeypatch) as server:
        monkeypatch.setenv("CIFAR10_URL", server.url)
        said, percent = download()
    assert "is not the archive of CIFAR-10 (wrong checksum)" in said[0]
    assert percent[-1] == 100
    assert percent == sorted(percent)


def test_a_download_that_is_over_says_nothing(room, tmp_path, monkeypatch):
    synthetic.write(tmp_path / CIFAR10)
    monkeypatch.setenv("CIFAR10_DIR", str(tmp_path / CIFAR10))
    monkeypatch.setattr(images.sys, "executable", "true")
    assert download() == ([""], [])


def test_a_cancelled_download_ends(room, tmp_path, monkeypatch):
    with serving(b"some", monkeypatch) as server:
        server.silent = True
        monkeypatch.setenv("CIFAR10_URL", server.url)
        said = []
        running = images.Download(lambda percent: None, said.append)
        assert server.asked.wait(BOUND)
        running.cancel()
        running.wait(BOUND)
    assert len(said) == 1
    assert room == locate.FOLDER
