import pytest

from explorer import data as images
from twolayer.cifar10 import synthetic
from twolayer.runtime.threads import one_thread


@pytest.fixture(scope="session")
def data(tmp_path_factory):
    """The explorer's data, from a small stand-in: 800 images to train on, 400 to validate, 240 to test."""
    folder = tmp_path_factory.mktemp("images") / "few"
    synthetic.write(folder, n=240)
    with one_thread():  # several would only wait for each other while other tests use the cores
        return images.read(folder, complete=False)
