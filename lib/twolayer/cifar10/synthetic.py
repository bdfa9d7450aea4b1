"""Generate a stand-in for CIFAR-10, for where it cannot be downloaded: synthetic images in the same files.

Every picture is a Gaussian random field with the amplitude spectrum 1/f and the correlated colours of
photographs. A class has a few such pictures, all variations of one. An image shows one of them, shifted and
perhaps mirrored, blended with a random field, with random contrast and brightness. Half of the images show a picture
of a random class: their labels can only be guessed, and a network that memorises them overfits.
"""

import struct
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from tqdm import tqdm

from twolayer.arrays import Floats, Integers, Pixels
from twolayer.cifar10.batch_files import N_CLASSES, TRAINING_FILES, D

TITLE = "stand-in"  # what each file's batch_label begins with
SEED = 2024
SIDE = 32
MARGIN = 8  # pixels by which a picture exceeds the image's window, each way
N_PICTURES = 10  # of each class, without their mirror images
COMMON = 0.5  # share of a picture's variance that is common to its class
VISIBLE = 0.8  # share of an image's variance that comes from the picture
CONFUSED = 0.5  # share of images that show a picture of a random class
CONTRAST, BRIGHTNESS = 0.3, 0.5  # deviations of the logarithm of an image's contrast, and of its brightness
MEAN, DEVIATION = 0.47, 0.23  # of the pixels, in parts of their range, before clipping
# Principal components of photographs' colours: luminance, red − blue, green − both; and their standard deviations.
COLOURS = np.array([[1, 1, 1], [1, 0, -1], [1, -2, 1]]) / np.sqrt([[3], [2], [6]])
COLOURFULNESS = np.array([1, 0.25, 0.1])
CHUNK = 500  # images drawn together, few enough for the CPU's cache


def write(folder: Path, n: int = 10_000, seed: int = SEED) -> None:
    """Make `folder` and write five training files and a test file of n images each to it, and batches.meta.

    The same n and seed give the same files. Raises OSError.
    """
    folder.mkdir()
    rng = np.random.default_rng(seed)
    pictures = draw_pictures(rng)
    titles = {name: f"{TITLE} batch {name[-1]} of 5" for name in TRAINING_FILES}
    titles["test_batch"] = f"{TITLE} testing batch 1 of 1"
    with tqdm(total=n * len(titles), desc="generating the stand-in", unit="image") as bar:
        for name, title in titles.items():
            labels = rng.permutation(np.arange(n) % N_CLASSES)
            images = np.empty((n, D), np.uint8)
            for start in range(0, n, CHUNK):
                chunk = slice(start, start + CHUNK)
                images[chunk] = draw_images(labels[chunk], pictures, rng)
                bar.update(len(images[chunk]))
            (folder / name).write_bytes(batch_file(title, images, labels))
    (folder / "batches.meta").write_bytes(meta_file([f"{TITLE} {i}" for i in range(N_CLASSES)], n))


def draw_pictures(rng: np.random.Generator) -> Floats:
    """Draw all classes' pictures and their mirror images: (10, 20, 3, 40, 40), mean 0 and variance 1."""
    side = SIDE + MARGIN
    common = draw_fields(N_CLASSES, side, rng)[:, None]
    own = draw_fields(N_CLASSES * N_PICTURES, side, rng).reshape(N_CLASSES, N_PICTURES, 3, side, side)
    pictures = blend(common, own, COMMON)
    return np.concatenate([pictures, pictures[..., ::-1]], axis=1)


def draw_images(labels: Integers, pictures: Floats, rng: np.random.Generator) -> Pixels:
    """Draw one image for each of the labels (n,): (n, 3072) uint8; red, green, blue, each row by row."""
    n = len(labels)
    shown = np.where(rng.random(n) < CONFUSED, rng.integers(N_CLASSES, size=n), labels)
    which = rng.integers(pictures.shape[1], size=n)
    down, right = rng.integers(MARGIN + 1, size=(2, n))
    windows = sliding_window_view(pictures, (SIDE, SIDE), axis=(-2, -1))
    fields = blend(windows[shown, which, :, down, right], draw_fields(n, SIDE, rng), VISIBLE)
    fields *= np.exp(CONTRAST * rng.standard_normal((n, 1, 1, 1), np.float32))
    fields += BRIGHTNESS * rng.standard_normal((n, 1, 1, 1), np.float32)
    pixels = np.rint(255 * (MEAN + DEVIATION * fields))
    return np.clip(pixels, 0, 255).astype(np.uint8).reshape(n, -1)


def draw_fields(n: int, side: int, rng: np.random.Generator) -> Floats:
    """Draw n colour fields (n, 3, side, side) float32: mean 0, variance 1, amplitude spectrum 1/f."""
    noise = np.fft.rfft2(rng.standard_normal((n, 3, side, side), np.float32))
    fields = np.fft.irfft2(noise * amplitudes(side), s=(side, side))
    mixing = COLOURS.T * COLOURFULNESS / np.sqrt(np.square(COLOURFULNESS).mean())
    return (mixing.astype(np.float32) @ fields.reshape(n, 3, -1)).reshape(fields.shape)


def amplitudes(side: int) -> Floats:
    """Return the filter (side, side // 2 + 1) that gives white noise the spectrum 1/f at the same variance."""
    f = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.fftfreq(side))
    f[0, 0] = np.inf
    gain = 1 / f
    gain /= np.sqrt(np.square(gain).mean())
    return gain[:, : side // 2 + 1].astype(np.float32)


def blend(a: Floats, b: Floats, share: float) -> Floats:
    """Blend two independent fields of variance 1 into one that has `share` of its variance from a."""
    return np.float32(np.sqrt(share)) * a + np.float32(np.sqrt(1 - share)) * b


# CIFAR-10's files are pickles of protocol 2 with Python 2's strings. Python 3 cannot write such strings: it writes
# calls of _codecs.encode. So the files are put together from pickle's opcodes, which pickletools explains.


def batch_file(title: str, images: Pixels, labels: Iterable[int]) -> bytes:
    """Return a batch as the bytes of its file: images (n, 3072) uint8, labels (n,) in 0–255."""
    names = [b"stand-in_%d_%06d.png" % (label, i) for i, label in enumerate(labels)]
    entries = {
        b"batch_label": _string(title.encode()),
        b"labels": _list(map(_byte, labels)),
        b"data": _array(images),
        b"filenames": _list(map(_string, names)),
    }
    return _pickle(entries)


def meta_file(class_names: Iterable[str], n: int) -> bytes:
    """Return batches.meta as bytes: the classes' names, n images a file."""
    names = _list(_string(name.encode()) for name in class_names)
    entries = {
        b"num_cases_per_batch": _integer(n),
        b"label_names": names,
        b"num_vis": _integer(D),
    }
    return _pickle(entries)


def _pickle(entries: Mapping[bytes, bytes]) -> bytes:
    items = b"".join(_string(key) + value for key, value in entries.items())
    return b"\x80\x02}(" + items + b"u."


def _string(value: bytes) -> bytes:
    return b"T" + struct.pack("<i", len(value)) + value


def _byte(value: int) -> bytes:
    return b"K" + struct.pack("<B", value)


def _integer(value: int) -> bytes:
    return b"J" + struct.pack("<i", value)


def _list(items: Iterable[bytes]) -> bytes:
    return b"](" + b"".join(items) + b"e"


def _array(images: Pixels) -> bytes:
    n, d = images.shape
    empty = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\0tU\1btR"
    uint8 = b"cnumpy\ndtype\n(U\2u1K\0K\1tR(K\3U\1|NNN" + _integer(-1) + _integer(-1) + b"K\0tb"
    shape = b"(" + _integer(n) + _integer(d) + b"t"
    return empty + b"(K\1" + shape + uint8 + b"\x89" + _string(images.tobytes()) + b"tb"
