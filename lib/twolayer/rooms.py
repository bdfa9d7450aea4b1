"""Folders to work in: whoever makes something large makes it in a room of its own, which does not outlive the work.

A run that is killed leaves its room. The system takes back the lock that a living run holds on it, and so the next run
knows that nobody needs the room any more. Where folders cannot be locked, as on Windows, such rooms stay.
"""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

PREFIX = "incomplete-"


@contextlib.contextmanager
def room(folder: Path) -> Iterator[Path]:
    """Give a new folder in `folder`, and remove it in the end. Raises OSError if it cannot be made."""
    with contextlib.ExitStack() as locks:
        with _locked(folder, wait=True):  # or the room could be taken for a dead run's before it is locked
            made = Path(tempfile.mkdtemp(prefix=PREFIX, dir=folder))
            locks.enter_context(_locked(made))
        try:
            yield made
        finally:
            shutil.rmtree(made, ignore_errors=True)


def remove_abandoned(folder: Path) -> None:
    """Remove the rooms in `folder` that killed runs have left, as far as possible; never those of living runs."""
    if not any(folder.glob(f"{PREFIX}*")):
        return
    with _locked(folder, wait=True):
        for path in folder.glob(f"{PREFIX}*"):
            with _locked(path) as alone:
                if alone:
                    shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def _locked(folder: Path, wait: bool = False) -> Iterator[bool]:
    """Hold the lock of a folder, and tell whether it was to be had; `wait` for the one who has it."""
    try:
        import fcntl

        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except (ImportError, OSError):
        yield False
        return
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            alone = True
        except OSError:  # another one has it, or the file system has no locks
            alone = False
        yield alone
    finally:
        os.close(handle)
