"""CIFAR-10: find, download, verify, read, split, standardise.

    cifar = data.load()
    batch_1, batch_2 = cifar.batches[:2]
    split = cifar.split(train=batch_1, validation=batch_2)

Images are rows of 3072 numbers: 1024 red, 1024 green, 1024 blue, each 32 × 32 row by row.
"""

import argparse
import hashlib
import io
import os
import pickle
import pickletools
import queue
import shutil
import sys
import tarfile
import threading
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import pooch
import requests
from tqdm import tqdm

from twolayer import stand_in

FOLDER = Path(__file__).resolve().parents[2] / "data"  # the project's: the package is installed editable
CIFAR10, STAND_IN = "cifar-10-batches-py", "stand-in-batches-py"  # folders in FOLDER
TRAINING_FILES = tuple(f"data_batch_{i}" for i in range(1, 6))
FILES = (*TRAINING_FILES, "test_batch", "batches.meta")
CHOICES = ("auto", "cifar10", "stand-in")
D, N_CLASSES = 3072, 10  # numbers in an image; classes
CHUNK = 1000  # images whose moments are taken together: bounds the memory

ARCHIVE = "cifar-10-python.tar.gz"
URL = f"https://www.cs.toronto.edu/~kriz/{ARCHIVE}"
ARCHIVE_SHA256 = "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce"
CHECKSUMS = {  # SHA-256 of the canonical files
    "data_batch_1": "54636561a3ce25bd3e19253c6b0d8538147b0ae398331ac4a2d86c6d987368cd",
    "data_batch_2": "766b2cef9fbc745cf056b3152224f7cf77163b330ea9a15f9392beb8b89bc5a8",
    "data_batch_3": "0f00d98ebfb30b3ec0ad19f9756dc2630b89003e10525f5e148445e82aa6a1f9",
    "data_batch_4": "3f7bb240661948b8f4d53e36ec720d8306f5668bd0071dcb4e6c947f78e9682b",
    "data_batch_5": "d91802434d8376bbaeeadf58a737e3a1b12ac839077e931237e0dcd43adcb154",
    "test_batch": "f53d8d457504f7cff4ea9e021afcf0e0ad8e24a91f3fc42091b8adef61157831",
    "batches.meta": "f962466ef690d46b226450fb9aadc74ba4bc64a76aa526b5827fe4bc5c7125cb",
}
ANSWER_WITHIN = 10.0  # seconds in which a server must answer, or there is no network
STALLED_AFTER = 30.0  # seconds without a byte after which a download is given up


class DataError(Exception):
    """The data cannot be had: one sentence that says what is wrong, where, and what to do."""


# What there is to know about the data -----------------------------------------------------------------------


@dataclass(frozen=True)
class Provenance:
    """Where the data comes from.

    kind : "canonical", "not canonical" or "stand-in"
    statement : what the reader of a report must know, in a sentence
    note : the same in short, for under a table; empty for the canonical data
    fingerprint : short digest of all files: other data has another one
    """

    kind: str
    statement: str
    note: str
    fingerprint: str


@dataclass(frozen=True, eq=False)
class Images:
    """Standardised images (n, 3072) float32, kept as bytes: X[rows] standardises the rows that are asked for.

    So all splits and all processes share the images that the data set holds, in a quarter of the memory.
    np.asarray(X) standardises all of it, into a copy.

    pixels : (N, 3072) uint8, images that these are taken from
    rows : (n,) which of them
    scale, shift : (3072,) float32; a standardised image is pixels · scale + shift
    """

    pixels: np.ndarray
    rows: np.ndarray
    scale: np.ndarray
    shift: np.ndarray
    dtype = np.dtype(np.float32)
    ndim = 2

    @property
    def shape(self):
        """The number of images and of pixels in each."""
        return len(self.rows), self.pixels.shape[1]

    def __len__(self):
        """Return the number of images."""
        return len(self.rows)

    def __getitem__(self, rows):
        """Return the standardised images at `rows`, any index that NumPy knows."""
        X = np.multiply(self.pixels[self.rows[rows]], self.scale, dtype=np.float32)
        X += self.shift
        return X

    def __array__(self, dtype=None, copy=None):
        """Return all images, standardised. Raises ValueError if that must not be a copy."""
        if copy is False:
            raise ValueError("Images are kept as bytes: as an array they are a copy.")
        return self[:].astype(dtype or np.float32, copy=False)


@dataclass(frozen=True)
class Split:
    """Standardised Images X (n, 3072) and classes y (n,) int64, to train, to choose, to test.

    mean, std : the training images' moments for each pixel (3072,), in parts of the pixel range
    class_names : the name of each class
    fingerprint : short digest of the data and of how it was split
    basis : (3072, r), where the images have been rotated (rotation.rotate); None where they are as they were
    """

    X_train: Images
    y_train: np.ndarray
    X_validation: Images
    y_validation: np.ndarray
    X_test: Images
    y_test: np.ndarray
    mean: np.ndarray
    std: np.ndarray
    class_names: tuple[str, ...]
    fingerprint: str
    basis: np.ndarray | None = None

    @property
    def n_classes(self):
        """The number of classes."""
        return len(self.class_names)


@dataclass(frozen=True)
class Dataset:
    """All images X (n, 3072) uint8 and classes y (n,) int64, as the files give them.

    batches : the range of training images that each of the five files holds; part of it: `batches[0][:100]`
    class_names : the name of each class
    provenance : where the data comes from
    """

    X_train: np.ndarray
    y_train: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray
    batches: tuple[range, ...]
    class_names: tuple[str, ...]
    provenance: Provenance

    def split(self, train, validation, test=None):
        """Return the Split with these training images and test images, as ranges or as arrays (None: all of them).

        Standardised with the moments of the images in `train` alone. Raises ValueError for images that are named
        twice or that the data lacks.
        """
        test = range(len(self.X_test)) if test is None else test
        train, validation, test = (np.asarray(images, np.int64) for images in (train, validation, test))
        require_known(train, len(self.X_train))
        require_known(validation, len(self.X_train))
        require_known(test, len(self.X_test))
        require_disjoint(train, validation)
        if not len(train):
            raise ValueError("There is no training image: name some.")
        mean, std = moments(self.X_train, train)
        return Split(
            X_train=standardise(self.X_train, mean, std, train),
            y_train=self.y_train[train],
            X_validation=standardise(self.X_train, mean, std, validation),
            y_validation=self.y_train[validation],
            X_test=standardise(self.X_test, mean, std, test),
            y_test=self.y_test[test],
            mean=mean,
            std=std,
            class_names=self.class_names,
            fingerprint=digest(
                self.provenance.fingerprint, *(images.tobytes() for images in (train, validation, test))
            ),
        )

    def random_split(self, n_validation, rng):
        """Return the Split that keeps n_validation images, drawn by rng, for validation and trains on the others."""
        order = rng.permutation(len(self.X_train))
        return self.split(train=np.sort(order[n_validation:]), validation=np.sort(order[:n_validation]))


# Split and standardise --------------------------------------------------------------------------------------


def moments(images, rows):
    """Return each pixel's mean and standard deviation over rows of images (n, 3072) uint8, in parts of its range.

    Exact until the last line: sums of whole numbers are whole.
    """
    total = np.zeros(images.shape[1])
    squares = np.zeros(images.shape[1])
    for start in range(0, len(rows), CHUNK):
        chunk = images[rows[start : start + CHUNK]].astype(np.float64)
        total += chunk.sum(axis=0)
        squares += np.square(chunk, out=chunk).sum(axis=0)
    n = len(rows)
    return total / n / 255, np.sqrt(n * squares - total**2) / n / 255


def standardise(pixels, mean, std, rows):
    """Return (pixels / 255 − mean) / std of these rows as Images; a pixel that never changes is not divided."""
    std = np.where(std == 0, 1, std)
    return Images(pixels, rows, (1 / (255 * std)).astype(np.float32), (-mean / std).astype(np.float32))


def require_disjoint(train, validation):
    """Raise ValueError if an image is in both."""
    shared = np.intersect1d(train, validation)
    if len(shared):
        raise ValueError(f"Training images {shared[0]} to {shared[-1]} would be validation images as well.")


def require_known(images, n):
    """Raise ValueError unless `images` names some of n images, each once."""
    if images.ndim != 1 or len(np.unique(images)) < images.size:
        raise ValueError("Name each image of a split once.")
    if len(images) and not 0 <= images.min() <= images.max() < n:
        raise ValueError(f"Images {images.min()} to {images.max()} are not all among the images 0 to {n - 1}.")


def digest(*parts):
    """Return a short digest of what the parts look like in print."""
    return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()[:12]


# Read -------------------------------------------------------------------------------------------------------


class Mark(NamedTuple):
    """What a file is known by: its name, its SHA-256, and the title that a batch gives itself."""

    name: str
    checksum: str
    title: str


def load(folder=None, choice="auto"):
    """Read the data set in `folder`, or in the one that `find(choice)` finds. Raises DataError.

    Reading verifies: every file's checksum, types, shapes and labels.
    """
    folder = find(choice) if folder is None else require_whole(Path(folder))
    *training, test, meta = (folder / name for name in FILES)
    X_train, y_train, batches, training_marks = read_batches(training)
    X_test, y_test, _, test_marks = read_batches([test])
    class_names, meta_mark = read_meta(meta)
    provenance = describe([*training_marks, *test_marks, meta_mark], len(X_train), len(X_test))
    if choice == "cifar10" and provenance.kind == "stand-in":
        raise DataError(f"{folder} holds a generated stand-in: set CIFAR10_DIR to a folder with CIFAR-10.")
    return Dataset(X_train, y_train, X_test, y_test, batches, class_names, provenance)


def read_batches(paths):
    """Read batch files into one: images (n, 3072), classes (n,), each file's range of images and its Mark.

    Never holds more than one file beside the result. Raises DataError.
    """
    # An image takes 3072 bytes of its file, so the files' sizes bound how many there are.
    X = np.empty((sum(map(size, paths)) // D, D), np.uint8)
    labels, ranges, marks, n = [], [], [], 0
    for path in paths:
        images, classes, mark = read_batch(path)
        ranges.append(range(n, n + len(images)))
        n = ranges[-1].stop
        X[ranges[-1].start : n] = images
        labels += classes
        marks.append(mark)
    return X[:n], np.array(labels, np.int64), tuple(ranges), marks


def read_batch(path):
    """Return the images (n, 3072) uint8 of a batch file, its n classes and its Mark. Raises DataError."""
    content, checksum = unpickle(path)
    images, labels = as_images(entry(content, b"data", path), path), entry(content, b"labels", path)
    require_labels(labels, len(images), path)
    title = content.get(b"batch_label", b"")
    require(isinstance(title, bytes), path, "has a batch_label that is not a byte string")
    return images, labels, Mark(path.name, checksum, title.decode("latin-1"))


def read_meta(path):
    """Return the names of the ten classes in batches.meta, and its Mark. Raises DataError."""
    content, checksum = unpickle(path)
    names = entry(content, b"label_names", path)
    require(isinstance(names, list) and len(names) == N_CLASSES, path, f"does not name {N_CLASSES} classes")
    require(all(isinstance(name, bytes) for name in names), path, "has class names that are not byte strings")
    return tuple(name.decode("utf-8", "replace") for name in names), Mark(path.name, checksum, "")


def as_images(array, path):
    """Return the images (n, 3072) uint8 that a file describes, as a view of its bytes. Raises DataError."""
    state = array.state if isinstance(array, _Array) else None
    require(isinstance(state, tuple) and len(state) == 5, path, "holds no array of images")
    _, shape, dtype, by_columns, pixels = state
    require(isinstance(dtype, _Type), path, "holds an array of no type")
    require(dtype.arguments[:1] in ((b"u1",), ("u1",)), path, "holds images of another type than uint8")
    whole = isinstance(shape, tuple) and len(shape) == 2 and all(type(length) is int for length in shape)
    require(whole and shape[0] > 0 and shape[1] == D, path, f"holds images of another shape than (n, {D})")
    complete = isinstance(pixels, bytes) and len(pixels) == shape[0] * D
    require(complete and not by_columns, path, "does not hold its images row by row, all of them")
    return np.frombuffer(pixels, np.uint8).reshape(shape)


def require_labels(labels, n, path):
    """Raise DataError unless labels is a list of n classes."""
    require(
        isinstance(labels, list) and len(labels) == n,
        path,
        f"does not hold one label for each of its {n} images",
    )
    for i, label in enumerate(labels):
        known = type(label) is int and 0 <= label < N_CLASSES
        require(known, path, f"gives image {i} a label outside 0–{N_CLASSES - 1}")


def require(condition, path, fault):
    """Raise DataError that `path` has this fault, unless the condition holds."""
    if not condition:
        raise DataError(f"{path} {fault}: it is not a file of CIFAR-10; replace it.")


def entry(content, key, path):
    """Return the entry of an unpickled file. Raises DataError."""
    require(isinstance(content, dict), path, "holds no dictionary")
    require(key in content, path, f"lacks the entry {key.decode()}")
    return content[key]


class _Call:
    """What a pickle would call, with which arguments, and the state that it would set: noted, not done.

    NumPy's own three functions would do for sound files, but a made-up state can crash them, or worse.
    """

    def __init__(self, *arguments):
        self.arguments, self.state = arguments, None

    def __setstate__(self, state):
        self.state = state


class _Array(_Call):
    """An array: its state is (version, shape, type, whether it goes by columns, bytes)."""


class _Type(_Call):
    """A type: its first argument is its name."""


class _Unpickler(pickle.Unpickler):
    """Reads a pickle of CIFAR-10; refuses one that asks for more than the format's three functions."""

    CALLS = MappingProxyType(
        {
            ("numpy.core.multiarray", "_reconstruct"): _Array,
            ("numpy._core.multiarray", "_reconstruct"): _Array,  # the same, as NumPy 2 calls it
            ("numpy", "ndarray"): _Call,
            ("numpy", "dtype"): _Type,
        }
    )

    def __init__(self, content, path):
        super().__init__(io.BytesIO(content), encoding="bytes")
        self.path = path

    def find_class(self, module, name):
        """Return what stands for what the pickle asks for. Raises DataError."""
        require((module, name) in self.CALLS, self.path, f"asks to run {f'{module}.{name}'!r:.80}")
        return self.CALLS[module, name]


def unpickle(path):
    """Return what a file holds and its SHA-256, and run nothing that it says. Raises DataError."""
    try:
        content = path.read_bytes()
        require_modest(content, path)
        return _Unpickler(content, path).load(), hashlib.sha256(content).hexdigest()
    except DataError:
        raise
    except OSError as error:
        raise unreadable(path, error) from error
    except Exception as error:  # a damaged pickle can raise anything
        raise DataError(f"{path} is damaged or cut short ({type(error).__name__}): replace it.") from error


def require_modest(content, path):
    """Raise DataError for a pickle that reserves more memory than it fills, ValueError for a damaged one."""
    for opcode, argument, _ in pickletools.genops(content):  # which finds promised bytes that are not there
        numbered = opcode.name in ("PUT", "BINPUT", "LONG_BINPUT")  # takes a table up to this number
        require(not numbered or argument < len(content), path, "asks for too much memory")


def size(path):
    """Return a file's size in bytes. Raises DataError."""
    try:
        return path.stat().st_size
    except OSError as error:
        raise unreadable(path, error) from error


def unreadable(path, error):
    """Return the DataError for a file that the system does not let us read."""
    return DataError(f"{path} cannot be read ({error.strerror or error}): make it readable or replace it.")


def describe(marks, n_train, n_test):
    """Return the Provenance of a data set: its files' marks, its numbers of training and test images."""
    fingerprint = digest(*(f"{mark.name} {mark.checksum}" for mark in marks))
    others = [mark.name for mark in marks if mark.checksum != CHECKSUMS[mark.name]]
    if not others:
        return Provenance("canonical", "CIFAR-10, canonical files (all checksums match).", "", fingerprint)
    if any(mark.title.startswith(stand_in.TITLE) for mark in marks):
        kind, note = "stand-in", "Not CIFAR-10: generated images."
        statement = "NOT CIFAR-10: a generated stand-in; its numbers say nothing about CIFAR-10."
    else:
        kind, note = "not canonical", "CIFAR-10, but not from the canonical files."
        statement = (
            "CIFAR-10 by name and format, but its files are not the canonical ones "
            f"(checksums differ: {', '.join(others)}); numbers may differ from those of the canonical data."
        )
    return Provenance(kind, statement + _counts(n_train, n_test), note, fingerprint)


def _counts(n_train, n_test):
    """Say how many images there are, if not as many as in CIFAR-10."""
    if (n_train, n_test) == (50_000, 10_000):
        return ""
    return f" {n_train:,} training and {n_test:,} test images instead of 50,000 and 10,000."


# Find -------------------------------------------------------------------------------------------------------


def find(choice="auto"):
    """Return the folder of the data set; download or generate it if need be. Raises DataError.

    "auto" looks in CIFAR10_DIR, then in data/, then downloads, and without a network generates a stand-in;
    "cifar10" does without the stand-in, "stand-in" without everything else.
    """
    if choice not in CHOICES:
        raise DataError(f"There is no data set {choice!r}: choose one of {', '.join(CHOICES)}.")
    if choice == "stand-in":
        return generated()
    if folder := named() or kept(CIFAR10) or downloaded():
        return folder
    if choice == "cifar10":
        raise DataError(
            f"CIFAR-10 is not in {FOLDER / CIFAR10} and cannot be downloaded: "
            "connect to a network, or set CIFAR10_DIR to a folder that holds it."
        )
    say("A generated stand-in takes the place of CIFAR-10.")
    return generated()


def named():
    """Return what CIFAR10_DIR names, or cifar-10-batches-py in it; None if it is unset. Raises DataError."""
    if not os.environ.get("CIFAR10_DIR"):
        return None
    folder = Path(os.path.abspath(os.path.expanduser(os.environ["CIFAR10_DIR"])))
    if not os.path.isdir(folder):
        raise DataError(f"CIFAR10_DIR names {folder}, which is not a folder: correct it or unset it.")
    inner = folder / CIFAR10
    return require_whole(inner if missing(folder) and os.path.isdir(inner) else folder)


def kept(name):
    """Return data/`name`, or None if it is not there. Raises DataError if files are missing in it."""
    folder = FOLDER / name
    return require_whole(folder) if os.path.exists(folder) else None


def missing(folder):
    """Return the names of the files that a data set's folder lacks."""
    return [name for name in FILES if not os.path.isfile(folder / name)]


def require_whole(folder):
    """Return the folder if it has all files. Raises DataError."""
    if absent := missing(folder):
        raise DataError(
            f"{folder} lacks {', '.join(absent)}: put the missing files there, "
            "or, if it lies in the project's data folder, remove it to have it made again."
        )
    return folder


def generated():
    """Return the folder of the stand-in, generated if it is not there yet. Raises DataError."""
    return kept(STAND_IN) or make(STAND_IN, stand_in.write)


def make(name, write):
    """Let write(folder) make data/`name`, whole or not at all, and return it. Raises DataError."""
    folder = FOLDER / name
    try:
        FOLDER.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix="incomplete-", dir=FOLDER) as room:
            write(Path(room) / name)
            os.rename(Path(room) / name, folder)
    except OSError as error:
        # Another process may have been faster; then its folder is as good.
        if not folder.is_dir() or missing(folder):
            raise DataError(
                f"{FOLDER} cannot be written to ({error.strerror or error}): make room or make it writable, "
                "or set CIFAR10_DIR to a folder that holds the data."
            ) from error
    return folder


# Download ---------------------------------------------------------------------------------------------------


def downloaded():
    """Return the folder of CIFAR-10, downloaded to data/; None without a network. Raises DataError."""
    own = os.environ.get("CIFAR10_URL")
    url = own or URL
    if reason := unreachable(url):
        if own:
            raise DataError(f"CIFAR10_URL names {url}; it cannot be reached ({reason}): correct or unset it.")
        say(f"{url} cannot be reached ({reason}).")
        return None
    say(f"Downloading {url} to {FOLDER} …")
    return make(CIFAR10, lambda folder: unpack(fetch(url, folder.parent), folder))


def unreachable(url):
    """Return why no server answers at url, or an empty string if one does.

    A silent name server would block for minutes, so a thread asks that can be left to itself.
    """
    answers = queue.SimpleQueue()
    threading.Thread(target=knock, args=(url, answers.put), daemon=True).start()
    try:
        return answers.get(timeout=ANSWER_WITHIN)
    except queue.Empty:
        return f"no answer in {ANSWER_WITHIN:g} seconds"


def knock(url, tell):
    """Ask for url's headers; tell(why there is no answer), or tell("") when there is any answer at all."""
    try:
        requests.head(url, timeout=ANSWER_WITHIN, allow_redirects=True)
        tell("")
    except Exception as error:  # whatever it is, the one who waits must hear of it
        tell(type(error).__name__)


def fetch(url, folder):
    """Download the archive into `folder`, verify it, and return its path. Raises DataError, OSError."""
    pooch.get_logger().setLevel("WARNING")  # it would name the temporary folder
    try:
        return Path(pooch.retrieve(url, f"sha256:{ARCHIVE_SHA256}", ARCHIVE, folder, downloader=transfer))
    except requests.HTTPError as error:
        answer = f"{error.response.status_code} {error.response.reason}"
        fault = f"{url} answered {answer}: set CIFAR10_URL to where the archive is"
    except requests.RequestException as error:
        fault = f"The download of {url} broke off ({type(error).__name__}) and was not kept: try again"
    except ValueError:  # from pooch
        fault = f"{url} gave another {ARCHIVE} (wrong checksum), which was not kept: try again"
    raise DataError(f"{fault}, or set CIFAR10_DIR to a folder that holds the data.")


def transfer(url, path, _):
    """Copy what is at url to a file, as pooch wants it done, and show how fast. Raises OSError."""
    # Were the archive packed once more on its way, requests would unpack it too far.
    options = {"stream": True, "timeout": STALLED_AFTER, "headers": {"Accept-Encoding": "identity"}}
    with requests.get(url, **options) as answer, open(path, "wb") as file:
        answer.raise_for_status()
        length = int(answer.headers.get("Content-Length", 0)) or None
        with tqdm(desc=ARCHIVE, total=length, unit="B", unit_scale=True) as bar:
            for chunk in answer.iter_content(2**16):
                bar.update(file.write(chunk))


def unpack(archive, folder):
    """Make `folder` and write the archive's seven files into it, nothing else. Raises DataError, OSError."""
    wanted = {f"{CIFAR10}/{name}": folder / name for name in FILES}
    folder.mkdir()
    with tarfile.open(archive) as tar:
        for member in tar:
            if member.isreg() and member.name in wanted:
                with open(wanted[member.name], "wb") as target:
                    shutil.copyfileobj(tar.extractfile(member), target)
    if absent := missing(folder):
        raise DataError(f"{archive.name} lacks {', '.join(absent)}: set CIFAR10_URL to another place.")


# Tell -------------------------------------------------------------------------------------------------------


def say(sentence):
    """Tell the user, where results do not go."""
    print(sentence, file=sys.stderr, flush=True)


def main(arguments=None):
    """Find and verify the data; print one line, report:FOLDER or stand-in:FOLDER. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m twolayer.data", description=main.__doc__)
    parser.add_argument("choice", nargs="?", choices=CHOICES, default="auto")
    choice = parser.parse_args(arguments).choice
    try:
        folder = find(choice)
        provenance = load(folder, choice).provenance
    except DataError as error:
        say(f"error: {error}")
        return 1
    except KeyboardInterrupt:
        say("Interrupted: nothing half-made was kept; run again.")
        return 130
    say(f"{folder}: {provenance.statement}")
    print(f"{'stand-in' if provenance.kind == 'stand-in' else 'report'}:{folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
