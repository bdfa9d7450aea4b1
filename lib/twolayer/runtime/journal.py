"""What a long computation has finished so far, kept line by line so that an interrupted one can go on."""

import contextlib
import json
import os
import reprlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from twolayer.runtime.files import FileError


class Journal:
    """Results of finished work in a file: one JSON line each, appended the moment it is done.

    Work is described by a dict of everything that determines its result; `code` names the version of what computes it,
    and lines of another version are not found. A result is numbers by name.
    """

    def __init__(self, path: str | os.PathLike[str], code: str) -> None:
        """Open the journal at `path`, or begin one there.

        Raises FileError if it cannot be read or added to, and ValueError for a path that is none.
        """
        if not isinstance(path, str | os.PathLike):
            raise ValueError(f"journal = {reprlib.repr(path)}: name the file that is to keep what has been finished.")
        self.path, self.code = Path(path), code
        with _appending(self.path):
            self.results = dict(_read(self.path))

    def key(self, work: Mapping[str, object]) -> str:
        """Return the text under which the result of `work` is kept."""
        return json.dumps({"code": self.code, **work}, sort_keys=True)

    def __contains__(self, work: Mapping[str, object]) -> bool:
        """Tell whether `work` has been finished."""
        return self.key(work) in self.results

    def __getitem__(self, work: Mapping[str, object]) -> dict[str, float]:
        """Return the result of finished `work`."""
        return self.results[self.key(work)]

    def append(self, work: Mapping[str, object], result: dict[str, float]) -> None:
        """Keep the result of `work`: on disk before this returns. Raises FileError."""
        key = self.key(work)
        line = json.dumps({"work": key, "result": result}) + "\n"
        with _appending(self.path) as file:
            # A line that an earlier run could not finish must not swallow this one.
            torn = file.tell() and not self.path.read_bytes().endswith(b"\n")
            file.write(b"\n" * bool(torn) + line.encode())
            file.flush()
            os.fsync(file.fileno())
        self.results[key] = result


@contextlib.contextmanager
def _appending(path: Path) -> Iterator[BinaryIO]:
    """Open a file to be added to, in a new folder if need be. Raises FileError, also for what may have no end."""
    try:
        if path.exists() and not path.is_file():
            raise FileError(f"{path} is no file that lines can be kept in: name another.")
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "ab") as file:
            yield file
    except OSError as error:
        raise FileError(f"{path} cannot be written: {error.strerror or error}.") from error


def _read(path: Path) -> Iterator[tuple[str, dict[str, float]]]:
    """Yield the key and the result of each whole line."""
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror or error}.") from error
    for line in lines:
        try:
            entry = json.loads(line)
            yield str(entry["work"]), {name: float(value) for name, value in entry["result"].items()}
        except (ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError):
            continue  # torn by an interruption, or not ours: that network is trained again
