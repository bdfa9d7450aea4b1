"""Find the folder of the data set: named by the user, already in data/, downloaded to it, or generated there."""

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
    """Return the folder for data: in the project, or in the user's cache if only the library is installed."""
    return project / "data" if (project / "notebooks").is_dir() else Path(pooch.os_cache("twolayer"))


FOLDER = folder_for_data(Path(__file__).resolve().parents[3])
PREFIX, LOCK = "incomplete-", ".lock"  # names in FOLDER: of unfinished folders, and of the lock file
LONGEST_WAIT = 2 * 3600.0  # seconds to wait for another process that downloads or generates the data
STAND_IN = "stand-in-batches-py"  # a folder in FOLDER, as CIFAR10 is
CHOICES = ("auto", "cifar10", "stand-in")


def find(choice: str = "auto") -> Path:
    """Return the folder of the data set; download or generate it if necessary. Raises DataError.

    "auto" looks in CIFAR10_DIR, then in data/, then downloads, and without a network generates a stand-in; "cifar10"
    does the same without the stand-in; "stand-in" uses or generates the stand-in.
    """
    if choice not in CHOICES:
        raise DataError(f"There is no data set {choice!r}: choose one of {', '.join(CHOICES)}.")
    if choice != "stand-in":
        if folder := named() or kept(CIFAR10) or downloaded():
            return folder
        if choice == "cifar10":
            raise DataError(
                f"CIFAR-10 is not in {FOLDER / CIFAR10} and cannot be downloaded: "
                "connect to a network, or set CIFAR10_DIR to a folder that holds CIFAR-10."
            )
        print("CIFAR-10 is replaced by a generated stand-in.", file=sys.stderr)
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
    return require_whole(FOLDER / name) if os.path.exists(FOLDER / name) else None


def downloaded() -> Path | None:
    """Download CIFAR-10 to data/ and return its folder; None without a network. Raises DataError.

    If the canonical server answers with an error, that counts as no network; a URL in CIFAR10_URL must work.
    """
    url = os.environ.get("CIFAR10_URL") or download.URL
    print(f"Downloading {url} to {FOLDER} …", file=sys.stderr)
    try:
        return make(CIFAR10, lambda folder: download.download(url, folder.parent))
    except download.Unavailable as error:
        if os.environ.get("CIFAR10_URL"):
            raise DataError(f"CIFAR10_URL names {url}, which {error}: correct it or unset it.") from error
        print(f"{url} {error}.", file=sys.stderr)
        return None


def missing(folder: Path) -> list[str]:
    """Return the names of the files that a data set's folder lacks."""
    return [name for name in FILES if not os.path.isfile(folder / name)]


def require_whole(folder: Path) -> Path:
    """Return the folder if it has all files. Raises DataError."""
    if absent := missing(folder):
        raise DataError(
            f"{folder} lacks {', '.join(absent)}: put the missing files there; "
            "if it is in the project's data folder, you can also remove it, and it will be made again."
        )
    return folder


def make(name: str, write: Callable[[Path], None]) -> Path:
    """Make the folder data/`name` by write(folder), completely or not at all, and return it.

    One process at a time makes a folder; others wait, and then find it there. Raises DataError, and FileError if they
    wait too long.
    """
    folder = FOLDER / name
    try:
        FOLDER.mkdir(parents=True, exist_ok=True)
        with locked(FOLDER / LOCK, LONGEST_WAIT):
            for path in FOLDER.glob(f"{PREFIX}*"):  # left by a process that was killed
                shutil.rmtree(path, ignore_errors=True)
            if kept(name) is None:
                with TemporaryDirectory(prefix=PREFIX, dir=FOLDER, ignore_cleanup_errors=True) as unfinished:
                    write(Path(unfinished, name))
                    Path(unfinished, name).rename(folder)
    except OSError as error:
        raise DataError(
            f"{FOLDER} cannot be written ({error.strerror or error}): free some space or make it writable, "
            "or set CIFAR10_DIR to a folder that holds the data."
        ) from error
    return folder
