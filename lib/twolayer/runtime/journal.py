"""A journal of finished work, one line each, so that an interrupted computation can be resumed."""

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

import msgspec

from twolayer.runtime.files import FileError

DECODER = msgspec.json.Decoder(dict[str, dict[str, float]])  # a line of the file: the key of finished work → its result


class Journal:
    """Results of finished work in a file: one JSON line each, appended as soon as the work is done.

    Work is described by a dict of everything that determines its result; `code` is the version of the code that does
    it, and results of another version are not found. A result maps names to numbers.
    """

    def __init__(self, path: str | os.PathLike[str], code: str) -> None:
        """Open the journal at `path`, or create it; skip lines that an interruption has torn.

        Raises FileError if it cannot be read or written, and ValueError if `path` is not a path.
        """
        if not isinstance(path, str | os.PathLike):
            raise ValueError(f"journal = {path!r:.80}: name the file in which results are kept.")
        self.path, self.code = Path(path), code
        self.results: dict[str, dict[str, float]] = {}
        with _opened(self.path) as file:
            file.seek(0)
            content = file.read()
            if content and not content.endswith(b"\n"):
                file.write(b"\n")  # so that the next line is not joined to a torn one
        for line in content.splitlines():
            with contextlib.suppress(ValueError, RecursionError):
                self.results |= DECODER.decode(line)

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
        with _opened(self.path) as file:
            file.write(json.dumps({key: result}).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        self.results[key] = result


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """Open a file for reading and appending; create it and its folder if necessary. Raises FileError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "a+b") as file:
            yield file
    except OSError as error:
        raise FileError(f"{path} cannot be read and written: {error.strerror or error}.") from error
