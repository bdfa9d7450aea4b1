"""A journal of finished work, one line each, so that an interrupted computation can be resumed."""

import contextlib
import json
import os
import reprlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, TypedDict

import msgspec

from twolayer.runtime.files import FileError


class Line(TypedDict):
    """A line of the file: the key of finished work, and its result."""

    work: str
    result: dict[str, float]


DECODER = msgspec.json.Decoder(Line)


class Journal:
    """Results of finished work in a file: one JSON line each, appended as soon as the work is done.

    Work is described by a dict of everything that determines its result; `code` names the version of the code that
    computes it, and lines of another version are not found. A result maps names to numbers.
    """

    def __init__(self, path: str | os.PathLike[str], code: str) -> None:
        """Open the journal at `path`, or create it.

        Raises FileError if it cannot be read or written, and ValueError if `path` is not a path.
        """
        if not isinstance(path, str | os.PathLike):
            raise ValueError(f"journal = {reprlib.repr(path)}: name the file in which results are kept.")
        self.path, self.code = Path(path), code
        with _appending(self.path):
            self.results = dict(_read(self.path))

    def key(self, work: Mapping[str, object]) -> str:
        """Return the key of `work`, a text."""
        return json.dumps({"code": self.code, **work}, sort_keys=True)

    def __contains__(self, work: Mapping[str, object]) -> bool:
        """Tell whether `work` has been finished."""
        return self.key(work) in self.results

    def __getitem__(self, work: Mapping[str, object]) -> dict[str, float]:
        """Return the result of finished `work`."""
        return self.results[self.key(work)]

    def append(self, work: Mapping[str, object], result: dict[str, float]) -> None:
        """Write the result of `work` to disk. Raises FileError."""
        key = self.key(work)
        line = json.dumps({"work": key, "result": result}) + "\n"
        with _appending(self.path) as file:
            # After a line that an earlier run could not finish, this one starts on a new line.
            file.write(b"\n" * _is_torn(file) + line.encode())
            file.flush()
            os.fsync(file.fileno())
        self.results[key] = result


@contextlib.contextmanager
def _appending(path: Path) -> Iterator[BinaryIO]:
    """Open a regular file for appending and reading; create it and its folder if needed. Raises FileError."""
    try:
        if path.exists() and not path.is_file():
            raise FileError(f"{path} is not a regular file: name another.")
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "a+b") as file:
            yield file
    except OSError as error:
        raise FileError(f"{path} cannot be written: {error.strerror or error}.") from error


def _is_torn(file: BinaryIO) -> bool:
    """Tell whether the last line of a file, open at its end, lacks its line break."""
    if not file.tell():
        return False
    file.seek(-1, os.SEEK_END)
    return file.read() != b"\n"


def _read(path: Path) -> Iterator[tuple[str, dict[str, float]]]:
    """Yield the key and the result of each valid line; others, torn by an interruption, are skipped."""
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror or error}.") from error
    for line in lines:
        with contextlib.suppress(ValueError, RecursionError):
            entry = DECODER.decode(line)
            yield entry["work"], entry["result"]
