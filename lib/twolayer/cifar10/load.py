"""Load CIFAR-10 and describe where it comes from.

cifar = load()
split = cifar.split(train=cifar.batches[0], validation=cifar.batches[1])
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from twolayer.arrays import Pixels
from twolayer.cifar10 import DataError, locate, synthetic
from twolayer.cifar10.batch_files import FILES, read_batch, read_batches, read_meta
from twolayer.cifar10.dataset import Dataset, Provenance, digest

CHECKSUMS = {  # SHA-256 of the canonical files
    "data_batch_1": "54636561a3ce25bd3e19253c6b0d8538147b0ae398331ac4a2d86c6d987368cd",
    "data_batch_2": "766b2cef9fbc745cf056b3152224f7cf77163b330ea9a15f9392beb8b89bc5a8",
    "data_batch_3": "0f00d98ebfb30b3ec0ad19f9756dc2630b89003e10525f5e148445e82aa6a1f9",
    "data_batch_4": "3f7bb240661948b8f4d53e36ec720d8306f5668bd0071dcb4e6c947f78e9682b",
    "data_batch_5": "d91802434d8376bbaeeadf58a737e3a1b12ac839077e931237e0dcd43adcb154",
    "test_batch": "f53d8d457504f7cff4ea9e021afcf0e0ad8e24a91f3fc42091b8adef61157831",
    "batches.meta": "f962466ef690d46b226450fb9aadc74ba4bc64a76aa526b5827fe4bc5c7125cb",
}


def load(folder: str | Path | None = None, choice: str = "auto") -> Dataset:
    """Read the data set in `folder`, or in the folder that `locate.find(choice)` returns.

    Checks the checksum, types, shapes and labels of every file. Raises DataError.
    """
    folder = locate.find(choice) if folder is None else locate.require_whole(Path(folder))
    *training, test, meta = (folder / name for name in FILES)
    X_train, y_train, batches, checksums = read_batches(training)
    X_test, y_test, of_test = read_batch(test)
    class_names, of_meta = read_meta(meta)
    provenance = describe([*checksums, of_test, of_meta], class_names, (len(X_train), len(X_test)))
    if provenance.kind != "canonical":  # the canonical images are distinct
        require_distinct(folder, [*(X_train[part.start : part.stop] for part in batches), X_test])
    if choice == "cifar10" and provenance.kind == "stand-in":
        raise DataError(f"{folder} holds a generated stand-in: set CIFAR10_DIR to a folder with CIFAR-10.")
    return Dataset(X_train, y_train, X_test, y_test, batches, class_names, provenance)


def require_distinct(folder: Path, batches: Sequence[Pixels]) -> None:
    """Raise DataError if an image is in two batch files, above all in training and test; batches are those of FILES."""
    found: dict[bytes, tuple[str, int]] = {}
    for name, images in zip(FILES, batches, strict=False):
        for i, image in enumerate(images):
            other, j = found.setdefault(hashlib.sha256(image).digest(), (name, i))
            if other != name:
                both = f"{folder / other} has image {j} and {name} has image {i}, which are the same"
                raise DataError(f"{both}: no image may be in two files; replace one of them.")


def describe(checksums: Sequence[str], class_names: Sequence[str], counts: tuple[int, int]) -> Provenance:
    """Return the Provenance of a data set; checksums are those of FILES, counts are of training and test images."""
    fingerprint = digest(*(f"{name} {checksum}" for name, checksum in zip(FILES, checksums, strict=True)))
    others = [name for name, checksum in zip(FILES, checksums, strict=True) if checksum != CHECKSUMS[name]]
    if not others:
        return Provenance("canonical", "CIFAR-10, canonical files (all checksums match).", "", fingerprint)
    size = (
        ""
        if counts == (50_000, 10_000)
        else f" {counts[0]:,} training and {counts[1]:,} test images instead of 50,000 and 10,000."
    )
    if class_names[0].startswith(synthetic.TITLE):
        return Provenance(
            kind="stand-in",
            statement=f"NOT CIFAR-10: a generated stand-in; its numbers say nothing about CIFAR-10.{size}",
            note="Not CIFAR-10: generated images.",
            fingerprint=fingerprint,
        )
    return Provenance(
        kind="not canonical",
        statement="CIFAR-10 by name and format, but its files are not the canonical ones (checksums differ: "
        f"{', '.join(others)}); numbers may differ from those of the canonical data.{size}",
        note="CIFAR-10, but not from the canonical files.",
        fingerprint=fingerprint,
    )
