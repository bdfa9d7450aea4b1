"""Download the archive of CIFAR-10, verify its checksum and unpack it."""

import hashlib
import tarfile
from pathlib import Path

import requests
from tqdm import tqdm

from twolayer.cifar10 import DataError

ARCHIVE = "cifar-10-python.tar.gz"
URL = f"https://www.cs.toronto.edu/~kriz/{ARCHIVE}"
ARCHIVE_SHA256 = "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce"
ANSWER_WITHIN = 10.0  # seconds in which a server must answer, or there is no network
TIMEOUT = 30.0  # seconds without a byte, after which a download is given up
PIECE = 2**16  # bytes


class Unavailable(Exception):
    """The archive is not at a URL: the message continues the URL, as in "answered with HTTP status 404"."""


def require_answer(url: str) -> None:
    """Raise Unavailable if no server answers at this URL; an error is an answer, too."""
    try:
        requests.head(url, timeout=ANSWER_WITHIN)
    except (requests.RequestException, ValueError) as error:  # ValueError: not a URL
        raise Unavailable(f"cannot be reached ({type(error).__name__})") from error


def download(url: str, folder: Path) -> None:
    """Download the archive into `folder`, verify it and unpack it there.

    Raises Unavailable if the server answers with an error, DataError if the download breaks off or gives another file,
    OSError if the disk is full.
    """
    archive = folder / ARCHIVE
    try:
        fetch(url, archive)
    except requests.HTTPError as error:
        raise Unavailable(f"answered with HTTP status {error.response.status_code}") from error
    except (requests.RequestException, ValueError, OverflowError) as error:  # the last two: lengths or redirects
        raise _failed(f"The download of {url} broke off ({type(error).__name__}) and was not kept") from error
    with open(archive, "rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != ARCHIVE_SHA256:
            raise _failed(f"{url} gave another {ARCHIVE} (wrong checksum), which was not kept")
    unpack(archive, folder)


def fetch(url: str, path: Path) -> None:
    """Write what a server has at this URL to a file, and show the progress. Raises requests' exceptions, OSError."""
    headers = {"Accept-Encoding": "identity"}  # requests would decompress what a server compresses once more
    with requests.get(url, stream=True, timeout=TIMEOUT, headers=headers) as response, open(path, "wb") as file:
        response.raise_for_status()
        total = response.raw.length_remaining
        if total is not None and total >= 2**63:  # no file is that long, and tqdm keeps its lock when it cannot show it
            total = None
        with tqdm.wrapattr(file, "write", total=total, desc=ARCHIVE) as bar:
            for piece in response.iter_content(PIECE):
                bar.write(piece)


def unpack(archive: Path, folder: Path) -> None:
    """Unpack an archive of which the checksum is verified. Raises OSError."""
    with tarfile.open(archive) as tar:
        # Python 3.11.0 to 3.11.3 have no filters and unpack without one; the checksum is what makes that safe.
        tar.extraction_filter = getattr(tarfile, "data_filter", None)
        tar.extractall(folder)


def _failed(what: str) -> DataError:
    return DataError(f"{what}: try again, or set CIFAR10_DIR to a folder that holds the data.")
