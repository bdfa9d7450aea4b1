"""Texts in files, written whole or not at all and by one process at a time; and on standard output."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from filelock import FileLock, Timeout

PATIENCE = 60.0  # seconds that a lock is waited for; whoever holds one writes a small file


class FileError(Exception):
    """A file cannot be read or written, or does not hold what it should: one sentence that names it."""


def read(path: Path) -> str:
    """Return the text of a file in UTF-8. Raises FileError, naming the file."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror or error}.") from error
    except UnicodeDecodeError:
        raise FileError(f"{path} is damaged, it is no text in UTF-8: restore it.") from None


@contextlib.contextmanager
def rewriting(path: Path) -> Iterator[TextIO]:
    """Open a text file that takes the place of the one at `path` once all has been written, or never.

    Nobody else rewrites the file meanwhile, so that of two who read it here, and add to it, none loses what the other
    has added. Raises FileError, naming the file, also if it is rewritten by another for too long.
    """
    if not path.name:
        raise FileError(f"{path} cannot be written: it is a folder.")
    draft, lock = (path.with_name(f".{path.name}.{end}") for end in ("part", "lock"))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with locked(lock), _removed_if_unfinished(draft):
            # With the lock nobody else writes this draft; what a killed process has left of it is overwritten.
            with open(draft, "w", encoding="utf-8", newline="\n") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            os.replace(draft, path)
    except OSError as error:
        # A full disk does not say for which file it has no room.
        raise FileError(f"{path} cannot be written: {error.strerror or error}.") from error


@contextlib.contextmanager
def _removed_if_unfinished(draft: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        with contextlib.suppress(OSError):  # what cannot be removed must not hide why
            draft.unlink()
        raise


@contextlib.contextmanager
def locked(path: Path, patience: float | None = None) -> Iterator[bool]:
    """Hold the lock file at `path`, which is removed in the end, and tell whether it is held.

    It is held by one thread of one process at a time, and no longer by a process that has ended, however it ended.
    Another one's lock is waited for up to `patience` seconds, PATIENCE if None; with 0 it is then not held. Nor is it
    where nothing can be locked, as in some network file systems, or written. Raises FileError if the wait was in vain.
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
            with contextlib.suppress(OSError):  # Windows removes no open file: there, release() does it
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
        # What it has not taken would be tried once more when the process ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise FileError(f"Standard output cannot be written: {error.strerror or error}.") from error
