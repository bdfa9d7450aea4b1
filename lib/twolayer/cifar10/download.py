"""Download the archive of CIFAR-10 and verify it, from servers that may be absent, slow or lying."""

import contextlib
import http.client
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import TypeVar

import pooch
import requests
from tqdm import tqdm

from twolayer.cifar10 import DataError

ARCHIVE = "cifar-10-python.tar.gz"
URL = f"https://www.cs.toronto.edu/~kriz/{ARCHIVE}"
ARCHIVE_SHA256 = "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce"
MOST_BYTES = 2**28  # the canonical archive has 170 million
ANSWER_WITHIN = 10.0  # seconds in which a server must answer, or there is no network
PIECE, PIECE_WITHIN = 2**16, 30.0  # bytes, and the seconds in which so many must come, or the download is given up
Result = TypeVar("Result")


class NotThere(Exception):
    """The archive is not at an address: it "cannot be reached (why)", or "answered 404 Not Found"."""


def require_answer(url: str) -> None:
    """Raise NotThere if no server answers at url, whatever it is."""
    try:
        _within(ANSWER_WITHIN, lambda: requests.head(url, timeout=ANSWER_WITHIN, allow_redirects=True))
        return
    except TimeoutError:
        reason = f"no answer in {ANSWER_WITHIN:g} seconds"
    except Exception as error:  # odd addresses lead to odd ones
        reason = type(error).__name__
    raise NotThere(f"cannot be reached ({reason})")


def fetch(url: str, folder: Path) -> Path:
    """Download the archive into `folder`, verify it, and return its path.

    Raises NotThere if the server refuses, DataError if what it gives is not the archive, OSError for a full disk.
    """
    pooch.get_logger().setLevel("WARNING")  # it would name the temporary folder
    try:
        return Path(pooch.retrieve(url, f"sha256:{ARCHIVE_SHA256}", ARCHIVE, folder, downloader=transfer))
    except requests.HTTPError as error:
        # Not the server's own words, which could say anything.
        code = error.response.status_code
        raise NotThere(f"answered {code} {http.client.responses.get(code, '')}".rstrip()) from error
    except requests.RequestException as error:
        raise _failed(f"The download of {url} broke off ({type(error).__name__}) and was not kept") from error
    except ValueError as error:  # from pooch
        raise _failed(f"{url} gave another {ARCHIVE} (wrong checksum), which was not kept") from error


def transfer(url: str, path: str, _: object) -> None:
    """Copy what is at url to a file, as pooch wants it done, and show how fast. Raises DataError, OSError."""
    answer = _timely(url, lambda: _asked(url))
    try:
        if answer.status_code != requests.codes.ok:
            raise requests.HTTPError(response=answer)
        _copy(url, answer, path)
    finally:
        with contextlib.suppress(ValueError, RuntimeError, OSError):  # as all of it has come
            answer.raw.shutdown()  # a thread may still be waiting for more, and closing would wait for the thread
        answer.close()


def _asked(url: str) -> requests.Response:
    """Return a server's answer, of which the body is still to come. Raises RequestException."""
    # Were the archive packed once more on its way, requests would unpack it too far.
    headers = {"Accept-Encoding": "identity"}
    try:
        # The thread that asks must not go on for ever, but it is we who give up first.
        return requests.get(url, stream=True, timeout=2 * PIECE_WITHIN, headers=headers)
    except requests.RequestException:
        raise
    except ValueError as error:  # an address that cannot be, to which a server has sent us on
        raise requests.exceptions.InvalidURL(str(error)) from error


def _copy(url: str, answer: requests.Response, path: str) -> None:
    pieces = answer.iter_content(PIECE)
    with open(path, "wb") as file, tqdm(desc=ARCHIVE, total=promised(answer.headers), unit="B", unit_scale=True) as bar:
        while piece := _timely(url, lambda: next(pieces, b"")):
            bar.update(file.write(piece))
            if file.tell() > MOST_BYTES:
                raise _failed(f"{url} gave more than {MOST_BYTES:,} bytes, which were not kept")


def promised(headers: Mapping[str, str]) -> int | None:
    """Return how many bytes the server promises, or None if it promises nothing that could be the archive.

    It only serves to show how much is still to come: what came is known by its checksum.
    """
    length = headers.get("Content-Length", "")
    return int(length) if length.isdecimal() and len(length) <= len(str(MOST_BYTES)) else None


def _timely(url: str, action: Callable[[], Result]) -> Result:
    """Return what action(), which waits for the next piece, returns. Raises DataError if it waits too long."""
    try:
        return _within(PIECE_WITHIN, action)
    except TimeoutError as error:
        pace = f"less than {PIECE:,} bytes in {PIECE_WITHIN:g} seconds"
        raise _failed(f"The download of {url} was given up ({pace}) and was not kept") from error


def _within(seconds: float, action: Callable[[], Result]) -> Result:
    """Return what action() returns, or raise what it raises; TimeoutError if that takes longer than so many seconds.

    Servers can keep a socket waiting byte by byte, and name servers for minutes, whatever the socket's own limit: so
    a thread waits that can be left to itself.
    """
    future: Future[Result] = Future()

    def wait() -> None:
        try:
            future.set_result(action())
        except Exception as error:  # whatever it is, the one who waits must hear of it
            future.set_exception(error)

    threading.Thread(target=wait, daemon=True).start()
    return future.result(seconds)


def _failed(what: str) -> DataError:
    return DataError(f"{what}: try again, or set CIFAR10_DIR to a folder that holds the data.")
