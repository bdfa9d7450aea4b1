import faulthandler
import os
import signal
import sys
import threading

import numpy as np
import pytest
from joblib import cpu_count
from tqdm import tqdm

from twolayer.cifar10 import synthetic

STDERR = pytest.StashKey[int]()
CLASS_NAMES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]


def pytest_xdist_auto_num_workers():
    """Return one process more than there are cores: some always wait for a kernel, a browser or a disk."""
    return cpu_count() + 1


def pytest_collection_modifyitems(items):
    """Begin with what takes longest, lest one process still has it to do when the others are done."""
    items.sort(key=lambda item: item.path.name not in ("test_notebooks.py", "test_types.py"))


def pytest_configure(config):
    """Keep standard error, which pytest replaces while a test runs, for the stacks of a test that does not end."""
    config.stash[STDERR] = os.dup(sys.__stderr__.fileno())
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's job in the background starts without it
    tqdm.set_lock(threading.RLock())  # its own is shared by forked processes: one that is killed would keep it locked


def pytest_unconfigure(config):
    """Close what was kept."""
    os.close(config.stash[STDERR])


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item):
    """Bound what follows a failure as well: at one, pytest and pytest-timeout lift their bounds, for a debugger."""
    seconds = float(item.config.getini("faulthandler_timeout"))
    faulthandler.dump_traceback_later(seconds, exit=True, file=item.config.stash[STDERR])
    return (yield)


@pytest.fixture
def write_batches():
    """Return a function that writes a small data set of random images, as CIFAR-10's files, to a folder."""

    def write(folder, n=20, class_names=CLASS_NAMES, seed=0):
        rng = np.random.default_rng(seed)
        folder.mkdir(parents=True)
        for name in [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]:
            images = rng.integers(256, size=(n, 3072), dtype=np.uint8)
            labels = rng.permutation(np.arange(n) % 10)
            (folder / name).write_bytes(synthetic.batch_file("training batch", images, labels))
        (folder / "batches.meta").write_bytes(synthetic.meta_file(class_names, n))
        return folder

    return write


@pytest.fixture
def break_pipe(monkeypatch):
    """Return a function that lets standard output go to where nobody listens any more."""
    listener, output = os.pipe()
    os.close(listener)
    with open(output, "w") as pipe:
        yield lambda: monkeypatch.setattr(sys, "stdout", pipe)
