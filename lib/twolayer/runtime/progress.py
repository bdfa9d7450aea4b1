"""Progress bars: widgets in a notebook, text on standard error elsewhere; also of runs in other processes.

Each run writes into a small file how far it is; a thread of the process that shows the bar reads the file.
"""

import contextlib
import os
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import Any

import numpy as np
from tqdm import TqdmWarning, tqdm

LOOK = 0.25  # seconds between two looks at what runs have noted
STEPS = 100  # parts of a run, after each of which it notes how far it is
BYTES = 8  # of a noted number
OF_UPDATES: dict[str, Any] = {
    "unit": "update",
    "bar_format": "{l_bar}{bar}| {n:,}/{total:,} [{elapsed}<{remaining}, {rate_fmt}]",
}


def attended() -> bool:
    """Return whether somebody may look while this runs: the environment sets UNATTENDED for notebooks of a build."""
    return "UNATTENDED" not in os.environ


def bars() -> "type[tqdm[Any]]":
    """Return tqdm's class of progress bars: widgets in an attended notebook that can show them, text elsewhere."""
    if not attended():
        return tqdm
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TqdmWarning)  # that it is a guess, or that ipywidgets is missing
        from tqdm.autonotebook import tqdm as chosen
    return chosen


@dataclass(frozen=True)
class Tally:
    """Where a run notes how many updates it has made: a number in a file, for a bar in another process.

    A run of several networks at once counts an update for each. What cannot be noted is left out, as on another machine
    or a full disk.
    """

    path: str
    place: int
    networks: int = 1

    def over(self, n: int) -> Iterator[int]:
        """Yield 0 to n − 1, and note how far this is."""
        step = -(-n // STEPS)
        for start in range(0, n, step):
            self.note(start)
            yield from range(start, min(start + step, n))
        self.note(n)

    def note(self, updates: int) -> None:
        """Note that each network has made so many updates."""
        with contextlib.suppress(OSError), open(self.path, "r+b") as file:
            file.seek(BYTES * self.place)
            file.write((self.networks * updates).to_bytes(BYTES, "little"))


def tracked(n: int, progress: str | Tally | None) -> Iterable[int]:
    """Return the numbers 0 to n − 1 for a loop, whose progress a bar of this name shows or a Tally notes."""
    if isinstance(progress, Tally):
        return progress.over(n)
    # A bar takes a lock that forked processes share: one that is killed while it holds it would stop all others.
    return range(n) if progress is None else bars()(range(n), desc=progress, **OF_UPDATES)


@dataclass
class Runs:
    """How many updates several runs have made together.

    finished : those of finished runs, and of an earlier time
    path : a file in which runs on this machine note theirs, after those of an earlier time; "" if there is none
    """

    finished: int = 0
    path: str = ""

    def tally(self, i: int, networks: int = 1) -> Tally | None:
        """Return where run i, of so many networks at once, is to note its updates."""
        return Tally(self.path, i + 1, networks) if self.path else None

    def updates(self) -> int:
        """Return how many updates are known to be made: of a run on another machine, none before it is finished."""
        try:
            return max(self.finished, int(np.fromfile(self.path, f"<i{BYTES}").sum()))
        except OSError:
            return self.finished


@contextlib.contextmanager
def bar_of_runs(name: str | None, total: int, finished: int = 0) -> Iterator[Runs]:
    """Show how far runs are that make `total` updates together, on a bar of this name; None shows none."""
    runs = Runs(finished)
    with contextlib.ExitStack() as stack:
        if name is not None:
            with contextlib.suppress(OSError):
                folder = stack.enter_context(TemporaryDirectory(prefix="twolayer-", ignore_cleanup_errors=True))
                path = Path(folder, "updates")
                path.write_bytes(finished.to_bytes(BYTES, "little"))
                runs.path = str(path)
            bar = stack.enter_context(bars()(total=total, initial=finished, desc=name, **OF_UPDATES))
            ended = Event()
            watching = Thread(target=_watch, args=(runs, bar, ended), daemon=True)
            watching.start()
            stack.callback(watching.join)
            stack.callback(ended.set)
        yield runs


def _watch(runs: Runs, bar: "tqdm[Any]", ended: Event) -> None:
    """Move the bar a few times a second, and once more when all has ended."""
    last = False
    while not last:
        last = ended.wait(LOOK)
        if bar.n != (updates := runs.updates()):
            bar.n = updates
            bar.refresh()
