"""Read the files of CIFAR-10 and check what they hold: images, classes and names. Nothing in a file is run."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from twolayer.arrays import Integers, Pixels
from twolayer.cifar10 import DataError
from twolayer.cifar10.unpickler import Array, Refused, Type, unpickle

CIFAR10 = "cifar-10-batches-py"  # the folder in the archive
TRAINING_FILES = tuple(f"data_batch_{i}" for i in range(1, 6))
FILES = (*TRAINING_FILES, "test_batch", "batches.meta")
D, N_CLASSES = 3072, 10  # numbers in an image; classes
LARGEST_FILE = 2**25  # bytes; the largest canonical file has 31 million
LONGEST_NAME = 100  # characters of a class's name; the longest canonical one has ten


def read_batches(paths: Sequence[Path]) -> tuple[Pixels, Integers, tuple[range, ...], list[str]]:
    """Read batch files and concatenate them: images (n, 3072), classes (n,), each file's range of images and checksum.

    Raises DataError.
    """
    images, labels, checksums = zip(*map(read_batch, paths), strict=True)
    ends = np.cumsum([len(batch) for batch in images]).tolist()
    return np.concatenate(images), np.concatenate(labels), tuple(map(range, [0, *ends], ends)), list(checksums)


def read_batch(path: Path) -> tuple[Pixels, Integers, str]:
    """Return the images (n, 3072) uint8 of a batch file, their classes (n,) int64 and its SHA-256. Raises DataError."""
    entries, checksum = read(path)
    images = as_images(entries.get(b"data"), path)
    return images, as_labels(entries.get(b"labels"), len(images), path), checksum


def read_meta(path: Path) -> tuple[tuple[str, ...], str]:
    """Return the names of the ten classes in batches.meta, and its SHA-256. Raises DataError."""
    entries, checksum = read(path)
    return as_names(entries.get(b"label_names"), path), checksum


def read(path: Path) -> tuple[dict[Any, Any], str]:
    """Return the entries of the dictionary in a file, and the file's SHA-256. Raises DataError."""
    try:
        with open(path, "rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise DataError(
            f"{path} cannot be read ({error.strerror or error}): make it readable or replace it."
        ) from error
    if len(content) > LARGEST_FILE:
        raise fault(path, f"is larger than {LARGEST_FILE:,} bytes")
    try:
        return dict(unpickle(content)), hashlib.sha256(content).hexdigest()
    except Refused as error:
        raise fault(path, str(error)) from error
    except Exception as error:  # a damaged pickle can raise anything
        raise DataError(f"{path} is damaged or cut short ({type(error).__name__}): replace it.") from error


def as_images(array: Any, path: Path) -> Pixels:
    """Return the images (n, 3072) uint8 of an array, as a view of its bytes. Raises DataError."""
    match array:
        case Array(state=(_, shape, Type(arguments=(b"u1", *_)), False, bytes(pixels))):
            if pixels and shape == (len(pixels) / D, D):
                return np.frombuffer(pixels, np.uint8).reshape(-1, D)
    raise fault(path, f"lacks the entry data, an array of images (n, {D}) uint8 stored row by row")


def as_labels(labels: Any, n: int, path: Path) -> Integers:
    """Return the labels as an array (n,) int64 if they are a list of n classes. Raises DataError."""
    are_classes = isinstance(labels, list) and all(type(label) is int and 0 <= label < N_CLASSES for label in labels)
    if are_classes and len(labels) == n:
        return np.array(labels, np.int64)
    raise fault(path, f"lacks the entry labels, a list of {n} integers from 0 to {N_CLASSES - 1}, one for each image")


def as_names(names: Any, path: Path) -> tuple[str, ...]:
    """Return the names of the classes if they are a list of ten printable byte strings. Raises DataError."""
    candidates = names if isinstance(names, list) else []
    texts = tuple(name.decode("utf-8", "replace") for name in candidates if isinstance(name, bytes))
    if len(texts) == N_CLASSES and all(text.isprintable() and len(text) <= LONGEST_NAME for text in texts):
        return texts
    raise fault(
        path, f"lacks the entry label_names, {N_CLASSES} printable byte strings of at most {LONGEST_NAME} characters"
    )


def fault(path: Path, what: str) -> DataError:
    """Return the DataError that says in what a file differs from CIFAR-10's."""
    return DataError(f"{path} {what}: it is not a file of CIFAR-10; replace it.")
