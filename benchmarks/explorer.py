"""How long one waits for another picture after a drag, beside a plain fit of the same network on the same images."""

import numpy as np

from benchmarks.workloads import PRODUCTS, Work
from explorer import RetrainView
from explorer.data import N_COMPONENTS, N_TRAIN, Data
from explorer.settings import Settings
from twolayer.cifar10.dataset import Dataset, Provenance
from twolayer.images import Split

D, C = 3072, 10
ROW = "a drag of the explorer"
SETTINGS = Settings()  # 10,000 images, 50 units, one cycle of 1,000 updates


def work(rng):
    """Return the work of a drag: another seed, until the new picture is there."""
    data = images(rng)
    view = RetrainView(data)
    seed = view.sliders["seed"]

    def drag():
        seed.value = seed.value % seed.max + 1
        view.engine.worker.wait()

    def fit():
        SETTINGS.classifier().set_params(record=SETTINGS.updates).fit(*data.train(N_TRAIN))

    return Work(ROW, "network", 1, SETTINGS.updates * PRODUCTS * N_COMPONENTS, drag, {"a plain fit": fit})


def images(rng):
    """Return images of noise, as if they were rotated: (10,000, 256) to train on, and as many to validate."""
    X = rng.standard_normal((2, N_TRAIN, N_COMPONENTS), dtype=np.float32)
    y = rng.integers(0, C, (2, N_TRAIN))
    basis = rng.standard_normal((D, N_COMPONENTS), dtype=np.float32)
    names = tuple(f"class {k}" for k in range(C))
    moments = np.zeros(D), np.ones(D)
    split = Split(X[0], y[0], X[1], y[1], X[1, :0], y[1, :0], *moments, names, "", basis=basis)
    nothing = np.empty((0, D), np.uint8), np.empty(0, np.int64)
    cifar = Dataset(*nothing, *nothing, (), names, Provenance("noise", "Noise.", "Noise.", ""))
    return Data(cifar, split, split, "", complete=True)
