import numpy as np
import pytest

from twolayer import stand_in

CLASS_NAMES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]


@pytest.fixture
def write_batches():
    """Return a function that writes a small data set of random images, as CIFAR-10's files, to a folder."""

    def write(folder, n=20, title="training batch", seed=0):
        rng = np.random.default_rng(seed)
        folder.mkdir(parents=True)
        for name in [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]:
            images = rng.integers(256, size=(n, 3072), dtype=np.uint8)
            labels = rng.permutation(np.arange(n) % 10)
            (folder / name).write_bytes(stand_in.batch_file(title, images, labels))
        (folder / "batches.meta").write_bytes(stand_in.meta_file(CLASS_NAMES, n))
        return folder

    return write
