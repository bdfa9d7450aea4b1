"""The images of the explorer: CIFAR-10, or a small generated stand-in while CIFAR-10 downloads."""

import atexit
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Thread

import numpy as np

from twolayer.arrays import Floats, Integers
from twolayer.cifar10 import locate, synthetic
from twolayer.cifar10.batch_files import CIFAR10
from twolayer.cifar10.dataset import Dataset
from twolayer.cifar10.load import load
from twolayer.experiments import pca
from twolayer.images import Images, Split
from twolayer.runtime.threads import one_thread

N_COMPONENTS = 256  # of the principal components, which have 96 % of the variance of CIFAR-10
N_TRAIN = 10_000  # as many images as the published experiments use
SMALL, N_SMALL = "small-stand-in-batches-py", 3_000  # the stand-in for whoever has no data yet; images in a file


@dataclass(frozen=True)
class Data:
    """Images as they are and rotated, and where they come from.

    cifar : the whole data set
    split : the first images for training, the next ones for validation
    rotated : the same, on principal components
    code : what makes `cifar` and `split` in a cell of one's own
    complete : whether the data are those that `load_cifar10()` finds; if not, CIFAR-10 is still to come
    """

    cifar: Dataset
    split: Split
    rotated: Split
    code: str
    complete: bool

    def train(self, n: int) -> tuple[Floats, Integers]:
        """Return the first n training images, rotated (n, r), and their classes."""
        return np.asarray(self.rotated.X_train[:n]), self.rotated.y_train[:n]

    @property
    def train_images(self) -> Images:
        """The training images as they are."""
        assert isinstance(self.split.X_train, Images)
        return self.split.X_train

    @property
    def test_images(self) -> Images:
        """The test images as they are."""
        assert isinstance(self.split.X_test, Images)
        return self.split.X_test

    @property
    def n_train(self) -> int:
        """The number of training images."""
        return len(self.split.y_train)

    @property
    def basis(self) -> Floats:
        """The principal components (d, r): weights (r, m) become pictures as basis @ W1."""
        assert self.rotated.basis is not None
        return self.rotated.basis

    def in_pixels(self, W1: Floats) -> Floats:
        """Return weights of the components (r, m) as weights of the pixels (d, m)."""
        with one_thread():  # a second one would wait for a core that others use
            return self.basis @ W1

    @property
    def marked(self) -> str:
        """What must stand at every result: empty for the canonical data."""
        return self.cifar.provenance.note


def find() -> Data:
    """Return CIFAR-10 if it is on this machine, otherwise the stand-in, which is generated once. Raises DataError."""
    folder = locate.named() or locate.kept(CIFAR10)
    return read(folder or stand_in(), complete=folder is not None)


def stand_in() -> Path:
    """Return the folder of the small stand-in. Raises DataError."""
    return locate.kept(SMALL) or locate.make(SMALL, partial(synthetic.write, n=N_SMALL))


def read(folder: Path, complete: bool) -> Data:
    """Read the data of a folder and rotate them; `complete` if `load_cifar10()` finds them too. Raises DataError."""
    cifar = load(folder)
    n = min(N_TRAIN, 2 * len(cifar.y_train) // 3)
    n_validation = min(N_TRAIN, len(cifar.y_train) - n)
    split = cifar.split(train=range(n), validation=range(n, n + n_validation))
    wanted = "" if complete else f'"{folder.as_posix()}"'
    code = f"""\
cifar = tl.load_cifar10({wanted})
split = cifar.split(train=range({n}), validation=range({n}, {n + n_validation}))"""
    return Data(cifar, split, pca.rotate(split, min(N_COMPONENTS, n)), code, complete)


class Download:
    """CIFAR-10's download by a process of its own, so that nothing waits for it and nothing of it is left behind."""

    def __init__(self, progress: Callable[[int], None], ended: Callable[[str], None]) -> None:
        """Begin; progress(percent) is called as it goes on, ended(sentence) when it is over, both from a thread.

        The sentence says why it failed; it is empty if the data are here.
        """
        self._progress, self._ended = progress, ended
        self._process = subprocess.Popen(
            [sys.executable, "-m", "twolayer.cifar10", "cifar10"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            env={**os.environ, "UNATTENDED": "1", "PYTHONIOENCODING": "utf-8"},
        )
        atexit.register(self.cancel)
        self._thread = Thread(target=self._watch, name="explorer's download", daemon=True)
        self._thread.start()

    def cancel(self) -> None:
        """End the download; what is incomplete is removed by the next one."""
        self._process.terminate()

    def wait(self, timeout: float | None = None) -> None:
        """Wait until `ended` was called."""
        self._thread.join(timeout)

    def _watch(self) -> None:
        with self._process as process:
            said = ""
            for line in process.stderr or ():  # a bar's line ends where the next one begins
                if found := re.search(r"(\d+)%\|", line):
                    self._progress(int(found[1]))
                elif line.strip():
                    said = line.strip()
        atexit.unregister(self.cancel)
        self._ended(said.removeprefix("error: ") if process.returncode else "")
