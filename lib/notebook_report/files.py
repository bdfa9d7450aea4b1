"""Files that are written whole or not at all."""

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from notebook_report.errors import ReportError


def replace(contents: Mapping[Path, bytes]) -> None:
    """Put each content (bytes) at its path, once all are safely on disk. Raises ReportError, naming the file."""
    parts = {path.with_name(f".{path.name}.part"): path for path in contents}
    try:
        for part, path in parts.items():
            part.parent.mkdir(parents=True, exist_ok=True)
            part.write_bytes(contents[path])
        for part, path in parts.items():
            os.replace(part, path)
    except OSError as error:
        # A full disk does not say for which file it has no room.
        raise ReportError(f"{error.filename or path} cannot be written: {error.strerror}.") from error
    finally:
        for part in parts:
            # What could not be made need not be removed, and what cannot be removed must not hide why.
            with contextlib.suppress(OSError):
                part.unlink()


def require_writable(path: Path) -> None:
    """Raise ReportError if it is plain beforehand that no file can be put at `path`."""
    folder = next(folder for folder in path.absolute().parents if folder.exists())
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ReportError(f"{folder} cannot be written to, so nothing was run: get the right to write there first.")


@contextlib.contextmanager
def alone(folder: str | Path) -> Iterator[None]:
    """Let no other process be `alone` in this folder meanwhile. Raises ReportError at once if one is.

    The system takes the lock back from a process that ends, however it ends. Where there are no locks, nothing is kept
    apart; nor is it where there is no such folder.
    """
    try:
        import fcntl

        file = os.open(folder, os.O_RDONLY)
    except (ImportError, FileNotFoundError):
        yield
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(file)
        words = f"another build of this report is running in {folder}: wait until it has finished, or stop it."
        raise ReportError(words) from error
    except OSError:
        pass  # some network file systems lock no folders
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
