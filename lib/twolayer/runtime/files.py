"""Text files, written completely or not at all and by one process at a time; and standard output."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from filelock import FileLock, Timeout

LOCK_TIMEOUT = 60.0  # seconds to wait for another process that writes the same file


class FileError(Exception):
    """A file cannot be read or written, or its content is invalid; the message is one sentence that names it."""


def read(path: Path) -> str:
    """Return the text of a UTF-8 file. Raises FileError."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror or error}.") from error
    except UnicodeDecodeError:
        raise FileError(f"{path} is damaged, it is not a text in UTF-8: restore it.") from None


@contextlib.contextmanager
def rewriting(path: Path) -> Iterator[TextIO]:
    """Open a text file that replaces the one at `path` when the block ends without an exception.

    The file is locked meanwhile, so that processes can read the old text, add to it and write it without losing an
    entry. Raises FileError, also if another process holds the lock for too long.
    """
    draft, lock = (path.parent / f".{path.name}.{suffix}" for suffix in ("part", "lock"))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with locked(lock, LOCK_TIMEOUT):
            try:
                with open(draft, "w", encoding="utf-8", newline="\n") as file:
                    yield file
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(draft, path)
            finally:
                draft.unlink(missing_ok=True)
    except OSError as error:
        # The error of a full disk does not name the file.
        raise FileError(f"{path} cannot be written: {error.strerror or error}.") from error


@contextlib.contextmanager
def locked(path: Path, timeout: float) -> Iterator[None]:
    """Hold the lock file at `path`; remove it at the end. Raises FileError if it is not free after `timeout` seconds.

    One thread of one process holds it at a time; the lock of a process that was killed is free. Where files cannot be
    locked, as on some network file systems, the block runs without a lock.
    """
    lock = FileLock(path, timeout=timeout, fallback_to_soft=False)
    try:
        lock.acquire()
    except Timeout:
        raise FileError(f"{path} is locked by another process: wait until it has finished, or stop it.") from None
    except OSError:
        pass
    try:
        yield
    finally:
        if lock.is_locked:
            with contextlib.suppress(OSError):  # Windows cannot remove an open file: there, release() does
                path.unlink()
            lock.release()


def show(text: str) -> None:
    """Print a result. Raises FileError if standard output cannot be written."""
    try:
        print(text, flush=True)
    except UnicodeEncodeError as error:
        raise FileError(f"Standard output cannot be written ({error}): set PYTHONIOENCODING=utf-8.") from error
    except OSError as error:
        # Otherwise the rest would be written again when the process ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise FileError(f"Standard output cannot be written: {error.strerror or error}.") from error
