"""Where the data lies: the folder that is named, or is kept in data/, or is made there of a download or generated."""

import contextlib
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pooch

from twolayer.cifar10 import DataError, download, synthetic
from twolayer.cifar10.archive import unpack
from twolayer.cifar10.batch_files import CIFAR10, FILES
from twolayer.runtime.files import locked


def folder_for_data(project: Path) -> Path:
    """Return where data is kept: in the project's folder, or in the user's cache if only the library is installed."""
    return project / "data" if (project / "notebooks").is_dir() else Path(pooch.os_cache("twolayer"))


FOLDER = folder_for_data(Path(__file__).resolve().parents[3])
PREFIX, LOCK = "incomplete-", ".lock"  # names in FOLDER: of what is half-made, and of the lock of those who make it
MOST_SECONDS = 2 * 3600.0  # that another process may take to download or generate what this one needs, too
STAND_IN = "stand-in-batches-py"  # a folder in FOLDER, as CIFAR10 is
CHOICES = ("auto", "cifar10", "stand-in")


def find(choice: str = "auto") -> Path:
    """Return the folder of the data set; download or generate it if need be. Raises DataError.

    "auto" looks in CIFAR10_DIR, then in data/, then downloads, and without a network generates a stand-in;
    "cifar10" does without the stand-in, "stand-in" without everything else.
    """
    if choice not in CHOICES:
        raise DataError(f"There is no data set {choice!r}: choose one of {', '.join(CHOICES)}.")
    remove_abandoned()
    if choice == "stand-in":
        return generated()
    if folder := named() or kept(CIFAR10) or downloaded():
        return folder
    if choice == "cifar10":
        raise DataError(
            f"CIFAR-10 is not in {FOLDER / CIFAR10} and cannot be downloaded: "
            "connect to a network, or set CIFAR10_DIR to a folder that holds it."
        )
    _say("A generated stand-in takes the place of CIFAR-10.")
    return generated()


def named() -> Path | None:
    """Return what CIFAR10_DIR names, or cifar-10-batches-py in it; None if it is unset. Raises DataError."""
    if not os.environ.get("CIFAR10_DIR"):
        return None
    folder = Path(os.path.abspath(os.path.expanduser(os.environ["CIFAR10_DIR"])))
    if not os.path.isdir(folder):
        raise DataError(f"CIFAR10_DIR names {folder}, which is not a folder: correct it or unset it.")
    inner = folder / CIFAR10
    return require_whole(inner if missing(folder) and os.path.isdir(inner) else folder)


def kept(name: str) -> Path | None:
    """Return data/`name`, or None if it is not there. Raises DataError if files are missing in it."""
    folder = FOLDER / name
    return require_whole(folder) if os.path.exists(folder) else None


def downloaded() -> Path | None:
    """Return the folder of CIFAR-10, downloaded to data/; None if it is not to be had. Raises DataError.

    A network that answers in place of the canonical server, with an error, is as good as none; an address of the
    user's own must be right.
    """
    own = os.environ.get("CIFAR10_URL")
    url = own or download.URL
    try:
        download.require_answer(url)
        _say(f"Downloading {url} to {FOLDER} …")
        return make(CIFAR10, lambda folder: unpack(download.fetch(url, folder.parent), folder))
    except download.NotThere as error:
        if own:
            raise DataError(f"CIFAR10_URL names {url}; it {error}: correct or unset it.") from error
        _say(f"{url} {error}.")
        return None


def generated() -> Path:
    """Return the folder of the stand-in, generated if it is not there yet. Raises DataError."""
    return kept(STAND_IN) or make(STAND_IN, synthetic.write)


def missing(folder: Path) -> list[str]:
    """Return the names of the files that a data set's folder lacks."""
    return [name for name in FILES if not os.path.isfile(folder / name)]


def require_whole(folder: Path) -> Path:
    """Return the folder if it has all files. Raises DataError."""
    if absent := missing(folder):
        raise DataError(
            f"{folder} lacks {', '.join(absent)}: put the missing files there, "
            "or, if it lies in the project's data folder, remove it to have it made again."
        )
    return folder


def make(name: str, write: Callable[[Path], None]) -> Path:
    """Let write(folder) make data/`name`, whole or not at all, and return it. Raises DataError, and FileError.

    One process at a time makes something: the others wait, and then find it.
    """
    folder = FOLDER / name
    try:
        FOLDER.mkdir(parents=True, exist_ok=True)
        with contextlib.ExitStack() as held:
            if not held.enter_context(locked(FOLDER / LOCK, patience=0)):
                _say(f"Waiting for another process that makes its data in {FOLDER} …")
                held.enter_context(locked(FOLDER / LOCK, MOST_SECONDS))
            if found := kept(name):
                return found
            with TemporaryDirectory(prefix=PREFIX, dir=FOLDER, ignore_cleanup_errors=True) as half_made:
                write(Path(half_made, name))
                Path(half_made, name).rename(folder)
    except OSError as error:
        # Without locks another process may have been faster; then its folder is as good.
        if not folder.is_dir() or missing(folder):
            raise DataError(
                f"{FOLDER} cannot be written to ({error.strerror or error}): make room or make it writable, "
                "or set CIFAR10_DIR to a folder that holds the data."
            ) from error
    return folder


def remove_abandoned() -> None:
    """Remove the half-made folders that killed processes have left in data/, unless another one makes something now."""
    if half_made := list(FOLDER.glob(f"{PREFIX}*")):
        with locked(FOLDER / LOCK, patience=0) as alone:
            for path in half_made if alone else ():
                shutil.rmtree(path, ignore_errors=True)


def _say(sentence: str) -> None:
    """Print a message to standard error; standard output is for results."""
    print(sentence, file=sys.stderr, flush=True)
