"""Files that are written whole or not at all."""

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from notebook_report.errors import ReportError

HAS_LOCKS = os.name == "posix"  # as Windows has not


def replace(contents: Mapping[Path, bytes]) -> None:
    """Put each content (bytes) at its path, once all are written: all of them, or none. Raises ReportError.

    Whoever else wants to put something there waits meanwhile.
    """
    with contextlib.ExitStack() as held:
        parts = {}
        for path, content in contents.items():
            _require_file(path)
            path = path.resolve()  # a link stays one
            with _named(path):
                parts[path] = held.enter_context(_part(path))
                parts[path].write_bytes(content)
        _put(parts)


def _put(parts: Mapping[Path, Path]) -> None:
    """Move each part to its path; if one cannot be, leave all paths as they were. Raises ReportError."""
    with contextlib.ExitStack() as undo:
        for path, part in parts.items():
            with _named(path):
                old = path.read_bytes() if path.exists() else None
                os.replace(part, path)
            undo.callback(_restore, path, part, old)
        undo.pop_all()


def _restore(path: Path, part: Path, old: bytes | None) -> None:
    """Let `path` hold again what it held, or nothing."""
    if old is None:
        path.unlink()
    else:
        part.write_bytes(old)
        os.replace(part, path)


@contextlib.contextmanager
def _named(path: Path) -> Iterator[None]:
    """Let an error of the system name the file that was to be written: a full disk does not say which has no room."""
    try:
        yield
    except OSError as error:
        raise ReportError(f"{path} cannot be written: {error.strerror}.") from error


@contextlib.contextmanager
def _part(path: Path) -> Iterator[Path]:
    """Lend a hidden file beside `path`, which nobody else writes meanwhile, and which is gone afterwards."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part, lock = (path.with_name(f".{path.name}.{end}") for end in ("part", "lock"))
    with _held(lock):
        try:
            yield part
        finally:
            # What could not be made need not be removed, and what cannot be removed must not hide why.
            with contextlib.suppress(OSError):
                part.unlink()


@contextlib.contextmanager
def _held(lock: Path) -> Iterator[None]:
    """Wait until nobody else holds the file `lock`, hold it, and remove it in the end; nothing without such locks."""
    if not HAS_LOCKS:
        yield
        return
    # Who held it before has removed it: then no file is there, or another one.
    while not _is_there(lock, file := _locked(lock, os.O_RDWR | os.O_CREAT, wait=True)):
        os.close(file)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            lock.unlink()
        os.close(file)


def _locked(path: str | Path, how: int, *, wait: bool) -> int:
    """Open a file or a folder, lock it, and return its descriptor. Raises BlockingIOError if it is not to be had now.

    The system takes the lock back from a process that ends, however it ends.
    """
    import fcntl

    file = os.open(path, how, 0o666)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        os.close(file)
        raise
    except OSError:
        pass  # some network file systems have no locks
    return file


def _is_there(path: Path, file: int) -> bool:
    """Tell whether an open file is the one at `path`."""
    try:
        return os.path.samestat(path.stat(), os.fstat(file))
    except FileNotFoundError:
        return False


def _require_file(path: Path) -> None:
    """Raise ReportError if something stands at `path` that is no file, such as a folder or a pipe."""
    if path.exists() and not path.is_file():
        raise ReportError(f"{path} is no file, so none can take its place: remove it, or give the report another name.")


def require_writable(path: Path) -> None:
    """Raise ReportError if it is plain beforehand that no file can be put at `path`."""
    _require_file(path)
    folder = next(folder for folder in path.absolute().parents if folder.exists())
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ReportError(f"{folder} cannot be written to, so nothing was run: get the right to write there first.")


@contextlib.contextmanager
def alone(folder: str | Path) -> Iterator[None]:
    """Let no other process be `alone` in this folder meanwhile. Raises ReportError at once if one is.

    Where there are no locks, nothing is kept apart; nor is it where there is no such folder.
    """
    if not (HAS_LOCKS and os.path.exists(folder)):
        yield
        return
    try:
        file = _locked(folder, os.O_RDONLY, wait=False)
    except BlockingIOError as error:
        words = f"another build of this report is running in {folder}: wait until it has finished, or stop it."
        raise ReportError(words) from error
    try:
        yield
    finally:
        os.close(file)


def load(path: Path) -> Any:
    """Return the JSON at `path`, or None if there is none that can be read."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None


def save(path: Path, value: object) -> None:
    """Write `value` as JSON."""
    replace({path: json.dumps(value, indent=1).encode()})


def digest(path: str | Path) -> str:
    """Return the SHA-256 of what the file at `path` holds, in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
