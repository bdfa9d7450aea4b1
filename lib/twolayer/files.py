"""Texts in files: written whole or not at all, and by one process at a time."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from twolayer.errors import FileError


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
    has added. Raises FileError, naming the file.
    """
    if not path.name:
        raise FileError(f"{path} cannot be written: it is a folder.")
    draft, lock = (path.with_name(f".{path.name}.{end}") for end in ("part", "lock"))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _alone(lock), _removed_if_unfinished(draft):
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
def _alone(lock: Path) -> Iterator[None]:
    """Hold the file `lock`, which nobody else holds meanwhile, and remove it in the end.

    The system takes the lock back from a process that ends, however it ends. Where there are no locks, as in some
    network file systems, nothing is kept apart.
    """
    while True:
        with open(lock, "ab") as file:
            _wait_for(file.fileno())
            # Who held it has removed it: those who come now find no file there, or another one.
            if not _is_there(lock, file.fileno()):
                continue
            try:
                yield
            finally:
                with contextlib.suppress(OSError):  # Windows removes no open file
                    lock.unlink()
            return


def _wait_for(file: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(file, msvcrt.LK_LOCK, 1)
    else:
        import fcntl

        with contextlib.suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_EX)


def _is_there(path: Path, file: int) -> bool:
    """Tell whether the open file is the one at `path`."""
    try:
        return os.path.samestat(path.stat(), os.fstat(file))
    except FileNotFoundError:
        return False
