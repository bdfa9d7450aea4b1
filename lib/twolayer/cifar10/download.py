"""Download the archive of CIFAR-10, verify its checksum and unpack it."""

import hashlib
import tarfile
from pathlib import Path

import requests

from twolayer.cifar10 import DataError
from twolayer.runtime.progress import bars

ARCHIVE = "cifar-10-python.tar.gz"
URL = f"https://www.cs.toronto.edu/~kriz/{ARCHIVE}"
ARCHIVE_SHA256 = "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce"
CONNECT_TIMEOUT = 10.0  # seconds to wait for a connection; without one, there is no network
READ_TIMEOUT = 30.0  # seconds to wait for the next bytes
ADVICE = "try again, or set CIFAR10_DIR to a folder that holds the data"


class Unavailable(Exception):
    """The archive is not at a URL; the message continues the URL, as in "answered with HTTP status 404"."""


def download(url: str, folder: Path) -> None:
    """Download the archive into `folder`, verify it and unpack it there.

    Raises Unavailable if no server answers or it answers with an error, DataError if the download breaks off or gives
    another file, OSError if the disk is full.
    """
    archive = folder / ARCHIVE
    try:
        fetch(url, archive)
    except (requests.RequestException, ValueError, OverflowError) as error:  # the last two: an invalid length
        raise DataError(f"The download of {url} broke off ({type(error).__name__}): {ADVICE}.") from error
    with open(archive, "rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != ARCHIVE_SHA256:
            raise DataError(f"The file at {url} is not the archive of CIFAR-10 (wrong checksum): {ADVICE}.")
    unpack(archive, folder)


def fetch(url: str, path: Path) -> None:
    """Write the content of a URL to a file, with a progress bar. Raises Unavailable, requests' exceptions, OSError."""
    with answer(url) as response, open(path, "wb") as file:
        if not response.ok:
            raise Unavailable(f"answered with HTTP status {response.status_code}")
        total = response.raw.length_remaining
        if total is not None and total >= 2**63:  # no file is that long, and tqdm keeps its lock when it cannot show it
            total = None
        with bars().wrapattr(file, "write", total=total, desc=ARCHIVE) as bar:
            for piece in response.iter_content(2**16):
                bar.write(piece)


def answer(url: str) -> requests.Response:
    """Return a server's answer; its body is not read yet. Raises Unavailable if there is none."""
    try:
        # Without this header, requests would decompress an archive that a server has compressed again.
        return requests.get(
            url, stream=True, timeout=(CONNECT_TIMEOUT, READ_TIMEOUT), headers={"Accept-Encoding": "identity"}
        )
    except (requests.RequestException, ValueError) as error:  # ValueError: an invalid URL
        raise Unavailable(f"cannot be reached ({type(error).__name__})") from error


def unpack(archive: Path, folder: Path) -> None:
    """Unpack an archive whose checksum has been verified. Raises OSError."""
    with tarfile.open(archive) as tar:
        # Python 3.11.0 to 3.11.3 have no filters. Unpacking without one is safe, as the checksum is right.
        tar.extraction_filter = getattr(tarfile, "data_filter", None)
        tar.extractall(folder)
