"""Typst, asked from outside: its process ends when it takes too long or too much, whatever it is doing then."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from threading import Timer
from types import TracebackType
from typing import Any, NamedTuple, Self

from notebook_report.errors import ReportError
from notebook_report.system import operating_system

SCRIPT = Path(__file__).with_name("compile_in_process.py")
PATIENCE = 240  # seconds of one compilation; a long report takes three
MEMORY = 6 << 30  # bytes
ENDED = (
    f"the PDF takes more than {PATIENCE} seconds or {MEMORY >> 30} GB of memory: show less, such as shorter tables and "
    "printed texts, or write only the HTML page."
)


class Faces(NamedTuple):
    """Where typefaces come from, beside those that Typst brings."""

    folders: Sequence[Path]
    of_system: bool = False


class Compiler:
    """A process that compiles files. Entering starts it, leaving ends it."""

    def __enter__(self) -> Self:
        """Start the process; it gets ready while others work."""
        command = operating_system.bounded([sys.executable, "-P", str(SCRIPT)], 4 * PATIENCE, MEMORY)
        pipe, nowhere = subprocess.PIPE, subprocess.DEVNULL
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=nowhere, encoding="utf-8")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()

    def compile(self, main: Path, to: Path, faces: Faces, timestamp: int) -> dict[str, Any]:
        """Compile the file `main` to the PDF `to`; return `marks`, or what is wrong with it as `diagnostic`.

        Raises ReportError if the process has ended.
        """
        asked = {"main": str(main), "to": str(to), "folders": [*map(str, faces.folders)], "of_system": faces.of_system}
        timer = Timer(PATIENCE, self._process.kill)
        timer.start()
        try:
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            self._process.stdin.write(json.dumps({**asked, "timestamp": timestamp}) + "\n")
            self._process.stdin.flush()
            return dict(json.loads(self._process.stdout.readline()))
        except (BrokenPipeError, ValueError) as error:
            raise ReportError(ENDED) from error
        finally:
            timer.cancel()
