"""Files that are written whole or not at all."""

import contextlib
import hashlib
import json
import os

from notebook_report.errors import ReportError


def replace(contents):
    """Put each content (bytes) at its path, once all are safely on disk. Raises ReportError, naming the file."""
    parts = {path.with_name(f".{path.name}.part"): path for path in contents}
    try:
        for part, path in parts.items():
            part.parent.mkdir(parents=True, exist_ok=True)
            part.write_bytes(contents[path])
        for part, path in parts.items():
            os.replace(part, path)
    except OSError as error:
        raise ReportError(f"{error.filename} cannot be written: {error.strerror}.") from error
    finally:
        for part in parts:
            # Where a file stands in the place of a folder, nothing is missing either.
            with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                part.unlink()


def load(path):
    """Return the JSON at `path`, or None if there is none."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def save(path, value):
    """Write `value` as JSON."""
    replace({path: json.dumps(value, indent=1).encode()})


def digest(path):
    """Return the SHA-256 of what the file at `path` holds, in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
