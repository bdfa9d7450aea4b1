"""Text files, written completely or not at all and by one process at a time; and standard output."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from filelock import FileLock, Timeout

PATIENCE = 60.0  # seconds to wait for a lock; a process that holds one writes a small file


class FileError(Exception):
    """A file cannot be read or written, or its content is invalid: one sentence that names it."""


def read(path: Path) -> str:
    """Return the text of a file in UTF-8. Raises FileError, naming the file."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror or error}.") from error
    except UnicodeDecodeError:
        raise FileError(f"{path} is damaged, it is not a text in UTF-8: restore it.") from None


@contextlib.contextmanager
def rewriting(path: Path) -> Iterator[TextIO]:
    """Open a text file that replaces the one at `path` after everything has been written, or not at all.

    The file is locked meanwhile, so that two processes can read it here and add to it without losing an entry. Raises
    FileError, naming the file, also if another process holds the lock for too long.
    """
    if not path.name:
        raise FileError(f"{path} cannot be written: it is a folder.")
    draft, lock = (path.with_name(f".{path.name}.{end}") for end in ("part", "lock"))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with locked(lock), _removed_if_unfinished(draft):
            # Only the holder of the lock writes this draft; one that a killed process has left is overwritten.
            with open(draft, "w", encoding="utf-8", newline="\n") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            os.replace(draft, path)
    except OSError as error:
        # The error of a full disk does not name the file.
        raise FileError(f"{path} cannot be written: {error.strerror or error}.") from error


@contextlib.contextmanager
def _removed_if_unfinished(draft: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        with contextlib.suppress(OSError):  # if it cannot be removed, the first error is raised
            draft.unlink()
        raise


@contextlib.contextmanager
def locked(path: Path, patience: float | None = None) -> Iterator[bool]:
    """Hold the lock file at `path` and remove it in the end; yield whether it is held.

    One thread of one process holds it at a time; the lock of a process that has ended, however it ended, is free. Waits
    up to `patience` seconds for another process's lock, PATIENCE if None; with 0 it yields False at once. It yields
    False as well where files cannot be locked, as in some network file systems, or written. Raises FileError when the
    wait has ended without the lock.
    """
    patience = PATIENCE if patience is None else patience
    lock = FileLock(path, timeout=patience, fallback_to_soft=False)
    try:
        lock.acquire()
    except Timeout:
        if patience:
            words = f"{path} has been held by another process for {patience:g} seconds: end that one, or try again."
            raise FileError(words) from None
    except OSError:
        pass
    try:
        yield lock.is_locked
    finally:
        if lock.is_locked:
            with contextlib.suppress(OSError):  # Windows cannot remove an open file: there, release() does
                path.unlink()
            lock.release()


def show(text: str) -> None:
    """Print a result. Raises FileError if standard output cannot take it."""
    if sys.stdout is None:
        raise FileError("Standard output is closed: open it to see the result.")
    try:
        print(text, flush=True)
    except UnicodeEncodeError as error:
        letter = error.object[error.start]
        raise FileError(
            f"Standard output, in {error.encoding}, cannot show {letter!a}: set another in PYTHONIOENCODING."
        ) from error
    except OSError as error:
        # Otherwise the rest would be written again when the process ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise FileError(f"Standard output cannot be written: {error.strerror or error}.") from error
