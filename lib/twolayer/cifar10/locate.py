"""Find the folder of the data set: named by the user, kept in data/, downloaded to it, or generated there."""

import contextlib
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pooch

from twolayer.cifar10 import DataError, download, synthetic
from twolayer.cifar10.batch_files import CIFAR10, FILES
from twolayer.runtime.files import locked


def folder_for_data(project: Path) -> Path:
    """Return where data is kept: in the project's folder, or in the user's cache if only the library is installed."""
    return project / "data" if (project / "notebooks").is_dir() else Path(pooch.os_cache("twolayer"))


FOLDER = folder_for_data(Path(__file__).resolve().parents[3])
PREFIX, LOCK = "incomplete-", ".lock"  # names in FOLDER: of unfinished folders, and of the lock of who makes them
MOST_SECONDS = 2 * 3600.0  # to wait for another process that downloads or generates the data
STAND_IN = "stand-in-batches-py"  # a folder in FOLDER, as CIFAR10 is
CHOICES = ("auto", "cifar10", "stand-in")


def find(choice: str = "auto") -> Path:
    """Return the folder of the data set; download or generate it if need be. Raises DataError.

    "auto" looks in CIFAR10_DIR, then in data/, then downloads, and without a network generates a stand-in;
    "cifar10" does the same without the stand-in; "stand-in" generates it without looking elsewhere.
    """
    if choice not in CHOICES:
        raise DataError(f"There is no data set {choice!r}: choose one of {', '.join(CHOICES)}.")
    if choice != "stand-in":
        if folder := named() or kept(CIFAR10) or downloaded():
            return folder
        if choice == "cifar10":
            raise DataError(
                f"CIFAR-10 is not in {FOLDER / CIFAR10} and cannot be downloaded: "
                "connect to a network, or set CIFAR10_DIR to a folder that holds it."
            )
        print("A generated stand-in takes the place of CIFAR-10.", file=sys.stderr)
    return kept(STAND_IN) or make(STAND_IN, synthetic.write)


def named() -> Path | None:
    """Return the folder in CIFAR10_DIR, or cifar-10-batches-py in it; None if it is unset. Raises DataError."""
    if not os.environ.get("CIFAR10_DIR"):
        return None
    folder = Path(os.path.abspath(os.path.expanduser(os.environ["CIFAR10_DIR"])))
    if not os.path.isdir(folder):
        raise DataError(f"CIFAR10_DIR names {folder}, which is not a folder: correct it or unset it.")
    inner = folder / CIFAR10
    return require_whole(inner if missing(folder) and os.path.isdir(inner) else folder)


def kept(name: str) -> Path | None:
    """Return the folder data/`name`, or None if it does not exist. Raises DataError if it lacks files."""
    folder = FOLDER / name
    return require_whole(folder) if os.path.exists(folder) else None


def downloaded() -> Path | None:
    """Download CIFAR-10 to data/ and return its folder; None without a network. Raises DataError.

    An error from the canonical server counts as no network, but a URL in CIFAR10_URL must work.
    """
    own = os.environ.get("CIFAR10_URL")
    url = own or download.URL
    try:
        download.require_answer(url)
        print(f"Downloading {url} to {FOLDER} …", file=sys.stderr)
        return make(CIFAR10, lambda folder: download.download(url, folder.parent))
    except download.Unavailable as error:
        if own:
            raise DataError(f"CIFAR10_URL names {url}; it {error}: correct or unset it.") from error
        print(f"{url} {error}.", file=sys.stderr)
        return None


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
    """Make the folder data/`name` by write(folder), completely or not at all, and return it.

    One process at a time makes a folder; others wait and then find it. Raises DataError; FileError if they wait too
    long.
    """
    folder = FOLDER / name
    try:
        FOLDER.mkdir(parents=True, exist_ok=True)
        with contextlib.ExitStack() as stack:
            alone = stack.enter_context(locked(FOLDER / LOCK, patience=0))
            if not alone:
                print(f"Waiting for another process that makes its data in {FOLDER} …", file=sys.stderr)
                alone = stack.enter_context(locked(FOLDER / LOCK, MOST_SECONDS))
            if alone:  # then unfinished folders are those of killed processes
                for path in FOLDER.glob(f"{PREFIX}*"):
                    shutil.rmtree(path, ignore_errors=True)
            if found := kept(name):
                return found
            with TemporaryDirectory(prefix=PREFIX, dir=FOLDER, ignore_cleanup_errors=True) as unfinished:
                write(Path(unfinished, name))
                Path(unfinished, name).rename(folder)
    except OSError as error:
        # Where nothing can be locked, another process may have made the same folder meanwhile.
        if not folder.is_dir() or missing(folder):
            raise DataError(
                f"{FOLDER} cannot be written to ({error.strerror or error}): make room or make it writable, "
                "or set CIFAR10_DIR to a folder that holds the data."
            ) from error
    return folder
