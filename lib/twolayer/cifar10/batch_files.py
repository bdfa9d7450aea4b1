"""Read the files of CIFAR-10: images, classes and names, all of it checked; nothing that a file says is run."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from twolayer.arrays import Integers, Pixels
from twolayer.cifar10 import DataError
from twolayer.cifar10.unpickler import Array, Refused, Type, unpickle

CIFAR10 = "cifar-10-batches-py"  # the folder that the files come in
TRAINING_FILES = tuple(f"data_batch_{i}" for i in range(1, 6))
FILES = (*TRAINING_FILES, "test_batch", "batches.meta")
D, N_CLASSES = 3072, 10  # numbers in an image; classes
MOST_IN_A_FILE = 2**25  # bytes; the largest canonical file has 31 million
LONGEST_NAME = 100  # characters of a class's name; the longest canonical one has ten


class Mark(NamedTuple):
    """What identifies a file: its name, its SHA-256, and the title that a batch gives itself."""

    name: str
    checksum: str
    title: str


def read_batches(paths: Sequence[Path]) -> tuple[Pixels, Integers, tuple[range, ...], list[Mark]]:
    """Read batch files into one: images (n, 3072), classes (n,), each file's range of images and its Mark.

    Raises DataError.
    """
    images, labels, marks = zip(*map(read_batch, paths), strict=True)
    ends = np.cumsum([len(batch) for batch in images]).tolist()
    ranges = tuple(map(range, [0, *ends], ends))
    return np.concatenate(images), np.concatenate(labels), ranges, list(marks)


def read_batch(path: Path) -> tuple[Pixels, Integers, Mark]:
    """Return the images (n, 3072) uint8 of a batch file, its classes (n,) int64 and its Mark. Raises DataError."""
    content, checksum = read(path)
    images = as_images(content.get(b"data"), path)
    labels = as_labels(content.get(b"labels"), len(images), path)
    title = content.get(b"batch_label", b"")
    if not isinstance(title, bytes):
        raise fault(path, "has a batch_label that is not a byte string")
    return images, labels, Mark(path.name, checksum, title.decode("latin-1"))


def read_meta(path: Path) -> tuple[tuple[str, ...], Mark]:
    """Return the names of the ten classes in batches.meta, and its Mark. Raises DataError."""
    content, checksum = read(path)
    return as_names(content.get(b"label_names"), path), Mark(path.name, checksum, "")


def read(path: Path) -> tuple[dict[object, object], str]:
    """Return the dictionary in a file, and the file's SHA-256. Raises DataError."""
    try:
        with open(path, "rb") as file:
            content = file.read(MOST_IN_A_FILE + 1)
        if len(content) > MOST_IN_A_FILE:
            raise Refused(f"is larger than {MOST_IN_A_FILE:,} bytes")
        found = unpickle(content)
        if not isinstance(found, dict):
            raise Refused("holds no dictionary")
    except Refused as error:
        raise fault(path, str(error)) from error
    except OSError as error:
        reason = error.strerror or error
        raise DataError(f"{path} cannot be read ({reason}): make it readable or replace it.") from error
    except Exception as error:  # a damaged pickle can raise anything
        raise DataError(f"{path} is damaged or cut short ({type(error).__name__}): replace it.") from error
    return found, hashlib.sha256(content).hexdigest()


def as_images(array: object, path: Path) -> Pixels:
    """Return the images (n, 3072) uint8 that a file describes, as a view of its bytes. Raises DataError."""
    state = array.state if isinstance(array, Array) else None
    if not (isinstance(state, tuple) and len(state) == 5):
        raise fault(path, "lacks the entry data, an array of images")
    _, shape, dtype, fortran_order, pixels = state
    if not (isinstance(dtype, Type) and dtype.arguments[:1] == (b"u1",)):
        raise fault(path, "holds images of another type than uint8")
    n = len(pixels) // D if isinstance(pixels, bytes) else 0
    if n == 0 or len(pixels) != n * D or shape != (n, D) or fortran_order is not False:
        raise fault(path, f"holds images of another shape than (n, {D}), or not row by row")
    return np.frombuffer(pixels, np.uint8).reshape(n, D)


def as_labels(labels: object, n: int, path: Path) -> Integers:
    """Return the labels as an array (n,) int64 if they are a list of n classes. Raises DataError."""
    if not (isinstance(labels, list) and len(labels) == n):
        raise fault(path, f"lacks the entry labels, a list of one label for each of its {n} images")
    for i, label in enumerate(labels):
        if not (type(label) is int and 0 <= label < N_CLASSES):
            raise fault(path, f"gives image {i} a label outside 0–{N_CLASSES - 1}")
    return np.array(labels, np.int64)


def as_names(names: object, path: Path) -> tuple[str, ...]:
    """Return the classes' names if they are a list of ten printable byte strings. Raises DataError."""
    if not (isinstance(names, list) and len(names) == N_CLASSES and all(isinstance(name, bytes) for name in names)):
        raise fault(path, f"lacks the entry label_names, a list of {N_CLASSES} byte strings")
    texts = tuple(name.decode("utf-8", "replace") for name in names)
    if not all(text.isprintable() and len(text) <= LONGEST_NAME for text in texts):
        raise fault(path, f"has class names that are not printable or longer than {LONGEST_NAME} characters")
    return texts


def fault(path: Path, what: str) -> DataError:
    """Return the DataError for a file that is not one of CIFAR-10's."""
    return DataError(f"{path} {what}: it is not a file of CIFAR-10; replace it.")
