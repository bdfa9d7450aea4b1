"""Read the files of CIFAR-10: images, classes and names, checked; whatever a file says, nothing of it is run."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from twolayer.arrays import Integers, Pixels
from twolayer.cifar10 import DataError
from twolayer.cifar10.unpickler import Call, Function, Unwanted, build

CIFAR10 = "cifar-10-batches-py"  # the folder that the files come in
TRAINING_FILES = tuple(f"data_batch_{i}" for i in range(1, 6))
FILES = (*TRAINING_FILES, "test_batch", "batches.meta")
D, N_CLASSES = 3072, 10  # numbers in an image; classes
MOST_IN_A_FILE = 2**25  # bytes; the largest canonical file has 31 million
LONGEST_NAME = 100  # characters of a class's name; the longest canonical one has ten


class Mark(NamedTuple):
    """What a file is known by: its name, its SHA-256, and the title that a batch gives itself."""

    name: str
    checksum: str
    title: str


# Files ------------------------------------------------------------------------------------------------------


def read_batches(paths: Sequence[Path]) -> tuple[Pixels, Integers, tuple[range, ...], list[Mark]]:
    """Read batch files into one: images (n, 3072), classes (n,), each file's range of images and its Mark.

    Never holds more than one file beside the result. Raises DataError.
    """
    # An image takes 3072 bytes of its file, so the files' sizes bound how many there are.
    X = np.empty((sum(map(size, paths)) // D, D), np.uint8)
    labels: list[int] = []
    ranges: list[range] = []
    marks: list[Mark] = []
    n = 0
    for path in paths:
        images, classes, mark = read_batch(path)
        ranges.append(range(n, n + len(images)))
        n = ranges[-1].stop
        X[ranges[-1].start : n] = images
        labels += classes
        marks.append(mark)
    return X[:n], np.array(labels, np.int64), tuple(ranges), marks


def read_batch(path: Path) -> tuple[Pixels, list[int], Mark]:
    """Return the images (n, 3072) uint8 of a batch file, its n classes and its Mark. Raises DataError."""
    content, checksum = unpickle(path)
    images = as_images(entry(content, b"data", path), path)
    labels = as_labels(entry(content, b"labels", path), len(images), path)
    title = content.get(b"batch_label", b"")
    if not isinstance(title, bytes):
        raise fault(path, "has a batch_label that is not a byte string")
    return images, labels, Mark(path.name, checksum, title.decode("latin-1"))


def read_meta(path: Path) -> tuple[tuple[str, ...], Mark]:
    """Return the names of the ten classes in batches.meta, and its Mark. Raises DataError."""
    content, checksum = unpickle(path)
    return as_names(entry(content, b"label_names", path), path), Mark(path.name, checksum, "")


# What a file must hold --------------------------------------------------------------------------------------


def entry(content: dict[object, object], key: bytes, path: Path) -> object:
    """Return the entry of an unpickled file. Raises DataError."""
    if key not in content:
        raise fault(path, f"lacks the entry {key.decode()}")
    return content[key]


def as_images(array: object, path: Path) -> Pixels:
    """Return the images (n, 3072) uint8 that a file describes, as a view of its bytes. Raises DataError."""
    state = array.state if isinstance(array, Call) and array.function is Function.ARRAY else None
    if not (isinstance(state, tuple) and len(state) == 5):
        raise fault(path, "holds no array of images")
    _, shape, dtype, by_columns, pixels = state
    if not (isinstance(dtype, Call) and dtype.function is Function.TYPE):
        raise fault(path, "holds an array of no type")
    if dtype.arguments[:1] not in ((b"u1",), ("u1",)):
        raise fault(path, "holds images of another type than uint8")
    whole = isinstance(shape, tuple) and len(shape) == 2 and all(type(length) is int for length in shape)
    if not (whole and shape[0] > 0 and shape[1] == D):
        raise fault(path, f"holds images of another shape than (n, {D})")
    if by_columns is not False or not (isinstance(pixels, bytes) and len(pixels) == shape[0] * D):
        raise fault(path, "does not hold its images row by row, all of them")
    return np.frombuffer(pixels, np.uint8).reshape(shape)


def as_labels(labels: object, n: int, path: Path) -> list[int]:
    """Return the labels if they are a list of n classes. Raises DataError."""
    if not (isinstance(labels, list) and len(labels) == n):
        raise fault(path, f"does not hold one label for each of its {n} images")
    for i, label in enumerate(labels):
        if not (type(label) is int and 0 <= label < N_CLASSES):
            raise fault(path, f"gives image {i} a label outside 0–{N_CLASSES - 1}")
    return labels


def as_names(names: object, path: Path) -> tuple[str, ...]:
    """Return the classes' names if they are a list of byte strings that can be shown. Raises DataError."""
    if not (isinstance(names, list) and len(names) == N_CLASSES):
        raise fault(path, f"does not name {N_CLASSES} classes")
    if not all(isinstance(name, bytes) for name in names):
        raise fault(path, "has class names that are not byte strings")
    texts = tuple(name.decode("utf-8", "replace") for name in names)
    if not all(text.isprintable() and len(text) <= LONGEST_NAME for text in texts):
        raise fault(path, f"has class names that are not printable or longer than {LONGEST_NAME} characters")
    return texts


def fault(path: Path, what: str) -> DataError:
    """Return the DataError for a file that is not one of CIFAR-10's."""
    return DataError(f"{path} {what}: it is not a file of CIFAR-10; replace it.")


# Bytes ------------------------------------------------------------------------------------------------------


def unpickle(path: Path) -> tuple[dict[object, object], str]:
    """Return the dictionary that a file holds and the file's SHA-256; run nothing that it says. Raises DataError."""
    size(path)
    try:
        content = path.read_bytes()
        found = build(content)
    except Unwanted as error:
        raise fault(path, str(error)) from error
    except OSError as error:
        raise unreadable(path, error) from error
    except Exception as error:  # a damaged pickle can raise anything
        raise DataError(f"{path} is damaged or cut short ({type(error).__name__}): replace it.") from error
    if not isinstance(found, dict):
        raise fault(path, "holds no dictionary")
    return found, hashlib.sha256(content).hexdigest()


def size(path: Path) -> int:
    """Return a file's size in bytes. Raises DataError, also for more than any file of CIFAR-10 has."""
    try:
        found = path.stat().st_size
    except OSError as error:
        raise unreadable(path, error) from error
    if found > MOST_IN_A_FILE:
        raise fault(path, f"has {found:,} bytes")
    return found


def unreadable(path: Path, error: OSError) -> DataError:
    """Return the DataError for a file that the system does not let us read."""
    return DataError(f"{path} cannot be read ({error.strerror or error}): make it readable or replace it.")
