"""Files that are written whole or not at all."""

import contextlib
import hashlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeVar

import msgspec
from filelock import FileLock, Timeout

from notebook_report.errors import ReportError

Form = TypeVar("Form")

PATIENCE = 60.0  # seconds that another one may take to put its files in their places


def replace(contents: Mapping[Path, bytes]) -> None:
    """Put each content (bytes) at its path, once all are written: all of them, or none. Raises ReportError.

    Whoever else wants to put something there waits meanwhile, and gives up after PATIENCE.
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
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(_locked(lock, PATIENCE))
        except Timeout as error:
            words = f"another process has held {lock} for {PATIENCE:g} seconds: end that one, or try again."
            raise ReportError(words) from error
        try:
            yield part
        finally:
            # What could not be made need not be removed, and what cannot be removed must not hide why.
            with contextlib.suppress(OSError):
                part.unlink()


@contextlib.contextmanager
def _locked(path: Path, patience: float) -> Iterator[None]:
    """Hold the lock file at `path`, which is removed in the end.

    It is held by one thread of one process at a time, and no longer by a process that has ended, however it ended.
    Raises Timeout if another one still holds it after `patience` seconds. Where nothing can be locked, as in some
    network file systems, or written, it is not held.
    """
    lock = FileLock(path, timeout=patience, fallback_to_soft=False)
    try:
        lock.acquire()
    except Timeout:
        raise
    except OSError:
        pass
    try:
        yield
    finally:
        if lock.is_locked:
            with contextlib.suppress(OSError):  # Windows removes no open file: there, release() does it
                path.unlink()
            lock.release()


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
def alone(folder: Path) -> Iterator[None]:
    """Let nobody else be `alone` in this folder meanwhile. Raises ReportError at once if somebody is.

    Where there are no locks, nothing is kept apart; nor is it where there is no such folder.
    """
    with contextlib.ExitStack() as held:
        if folder.exists():
            try:
                held.enter_context(_locked(folder / ".lock", 0))
            except Timeout as error:
                words = f"another build of this report is running in {folder}: wait until it has finished, or stop it."
                raise ReportError(words) from error
        yield


def load(path: Path, form: type[Form]) -> Form | None:
    """Return the JSON at `path`, or None if there is none of this form."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=form)
    except (OSError, ValueError, RecursionError):
        return None


def save(path: Path, value: object) -> None:
    """Write `value` as JSON."""
    replace({path: msgspec.json.format(msgspec.json.encode(value), indent=1)})


def digest(path: str | Path) -> str:
    """Return the SHA-256 of what the file at `path` holds, in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
