"""Generate a stand-in for CIFAR-10, used where CIFAR-10 cannot be downloaded: synthetic images in the same files.

Every picture is a Gaussian random field with the amplitude spectrum 1/f and the correlated colours of photographs. The
pictures of a class are variations of one pattern. An image shows one of them, randomly shifted and mirrored, blended
with a random field, with random contrast and brightness. Half of the images show a picture of a random class: their
labels can only be guessed, and a network that memorises them overfits.
"""

import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from twolayer.arrays import Floats, Integers, Pixels
from twolayer.cifar10.batch_files import N_CLASSES, TRAINING_FILES, D
from twolayer.runtime.progress import bars

TITLE = "stand-in"  # the names of the classes start with it
SIDE = 32
MARGIN = 8  # pixels by which a picture is larger than an image, in height and in width
N_PICTURES = 10  # of each class, without their mirror images
COMMON = 0.5  # share of a picture's variance that all pictures of the class have in common
VISIBLE = 0.8  # share of an image's variance that comes from the picture
CONFUSED = 0.5  # share of images that show a picture of a random class
CONTRAST, BRIGHTNESS = 0.3, 0.5  # standard deviations of log contrast and of brightness
MEAN, DEVIATION = 0.47, 0.23  # of the pixels before clipping, as fractions of their range
# Principal components of photographs' colours: luminance, red − blue, green − both; and their standard deviations.
COLOURS = np.array([[1, 1, 1], [1, 0, -1], [1, -2, 1]]) / np.sqrt([[3], [2], [6]])
COLOURFULNESS = np.array([1, 0.25, 0.1])
CHUNK = 500  # images drawn together; more would not fit the CPU's cache


def write(folder: Path, n: int = 10_000, seed: int = 2024) -> None:
    """Create `folder` with five training files and a test file of n images each, and batches.meta.

    The same n and seed give the same files. Raises OSError.
    """
    folder.mkdir()
    rng = np.random.default_rng(seed)
    pictures = draw_pictures(rng)
    titles = {name: f"batch {name[-1]} of 5" for name in TRAINING_FILES} | {"test_batch": "testing batch 1 of 1"}
    for name, title in bars()(titles.items(), desc="generating the stand-in", unit="file"):
        labels = rng.permutation(np.arange(n) % N_CLASSES)
        images = [draw_images(labels[start : start + CHUNK], pictures, rng) for start in range(0, n, CHUNK)]
        (folder / name).write_bytes(batch_file(f"{TITLE} {title}", np.concatenate(images), labels))
    (folder / "batches.meta").write_bytes(meta_file([f"{TITLE} {i}" for i in range(N_CLASSES)], n))


def draw_pictures(rng: np.random.Generator) -> Floats:
    """Draw the pictures of all classes and their mirror images: (10, 20, 3, 40, 40), mean 0 and variance 1."""
    patterns = draw_fields(N_CLASSES, SIDE + MARGIN, rng)[:, None]
    variations = draw_fields(N_CLASSES * N_PICTURES, SIDE + MARGIN, rng)
    pictures = blend(patterns, variations.reshape(N_CLASSES, N_PICTURES, *variations.shape[1:]), COMMON)
    return np.concatenate([pictures, pictures[..., ::-1]], axis=1)


def draw_images(labels: Integers, pictures: Floats, rng: np.random.Generator) -> Pixels:
    """Draw an image for each label (n,): (n, 3072) uint8; red, green, blue, each row by row."""
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
    """Return the filter (side, side // 2 + 1) that gives white noise the spectrum 1/f and keeps its variance."""
    f = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.fftfreq(side))
    f[0, 0] = np.inf
    gain = 1 / f / np.sqrt(np.square(1 / f).mean())
    return gain[:, : side // 2 + 1].astype(np.float32)


def blend(a: Floats, b: Floats, share: float) -> Floats:
    """Blend two independent fields of variance 1 into one of variance 1, of which a contributes `share`."""
    return np.float32(np.sqrt(share)) * a + np.float32(np.sqrt(1 - share)) * b


# CIFAR-10's files are pickles of protocol 2, with strings as Python 2 wrote them. Python 3 would write them as calls
# of _codecs.encode. So the files are written opcode by opcode; the module pickletools documents each.
EMPTY_ARRAY = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\0tU\1btR"
UINT8 = b"cnumpy\ndtype\n(U\2u1K\0K\1tR(K\3U\1|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb"


def batch_file(title: str, images: Pixels, labels: Iterable[int]) -> bytes:
    """Return the content of a batch file: images (n, 3072) uint8, labels (n,)."""
    names = [b"stand-in_%d_%06d.png" % (label, i) for i, label in enumerate(labels)]
    return pickled(batch_label=title.encode(), labels=list(map(int, labels)), data=images, filenames=names)


def meta_file(class_names: Iterable[str], n: int) -> bytes:
    """Return the content of batches.meta: the names of the classes, n images in a file."""
    return pickled(num_cases_per_batch=n, label_names=[name.encode() for name in class_names], num_vis=D)


def pickled(**entries: Any) -> bytes:
    """Return the pickle of a dictionary with these entries; `encode` lists what they may be."""
    return b"\x80\2" + encode({name.encode(): value for name, value in entries.items()}) + b"."


def encode(value: Any) -> bytes:
    """Return the opcodes that make a dictionary, a list, an array (n, d) uint8, a byte string or a 32-bit integer."""
    match value:
        case dict():
            return b"}(" + b"".join(encode(key) + encode(item) for key, item in value.items()) + b"u"
        case list():
            return b"](" + b"".join(map(encode, value)) + b"e"
        case np.ndarray():
            shape = b"(" + b"".join(map(encode, value.shape)) + b"t"
            return EMPTY_ARRAY + b"(K\1" + shape + UINT8 + b"\x89" + encode(value.tobytes()) + b"tb"
        case bytes():
            return b"T" + struct.pack("<i", len(value)) + value
    return b"K%c" % value if 0 <= value < 256 else b"J" + struct.pack("<i", value)
