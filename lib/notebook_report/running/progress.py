"""What the terminal shows while notebooks run: which one, how far, how long, and how long still."""

import re
import shutil
import threading
import time
from collections.abc import Callable, Sequence
from typing import Self, TextIO

PATIENCE = 5  # seconds between the lines of a log


class Progress:
    """Progress of a run; give it to `run.execute` as `watch`.

    names: the notebooks in order; expected: how many seconds each is thought to take. On a terminal it is one line
    that changes; elsewhere, a line at each start and end and at most one every few seconds.
    """

    def __init__(
        self,
        names: Sequence[str],
        expected: Sequence[float],
        stream: TextIO,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin to count the time of the whole run."""
        self.names, self.expected, self.stream, self.clock = names, expected, stream, clock
        self.seconds: list[float] = []
        self._terminal = stream.isatty()
        self._cell, self._heard = "", ""
        self._lock, self._stop = threading.RLock(), threading.Event()
        self._began = self._shown = clock()

    def __enter__(self) -> Self:
        """Keep the clock on a terminal going, even while a cell is silent."""
        if self._terminal:
            threading.Thread(target=self._tick, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the terminal on a fresh line."""
        self._stop.set()
        self._write("")

    def start(self) -> None:
        """Begin the next notebook."""
        self._began, self._cell, self._heard = self.clock(), "", ""
        self._show(always=True)

    def finish(self) -> float:
        """Note that the notebook is done; return how many seconds it took."""
        self.seconds.append(self.clock() - self._began)
        self._tell(f" took {duration(self.seconds[-1])}")
        return self.seconds[-1]

    def keep(self) -> None:
        """Note that the next notebook need not run; nothing was expected of it."""
        self.seconds.append(0.0)
        self._tell(": kept from the last run (nothing it depends on has changed)")

    def cell(self, index: int, n: int) -> None:
        """Note that cell `index` of `n` has started."""
        self._cell, self._heard = f"cell {index}/{n}", ""
        self._show()

    def hears(self, text: str) -> None:
        """Note what a cell has written to standard error; the last line of it is shown."""
        lines = [line.strip() for line in re.split(r"[\r\n]", re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text))]
        self._heard = next((line for line in reversed(lines) if line), self._heard)
        self._show()

    def left(self) -> float:
        """Return how many seconds are left: what is expected still, at the pace measured so far."""
        k, here = len(self.seconds), self.clock() - self._began
        done = sum(self.expected[:k])
        pace = sum(self.seconds) / done if done else 1.0
        return max(0.0, pace * self.expected[k] - here) + pace * sum(self.expected[k + 1 :])

    def line(self, width: int | None = None) -> str:
        """Return the line to show, cut to `width` where what was heard is too long."""
        k = len(self.seconds)
        spent = sum(self.seconds) + self.clock() - self._began
        before = f"[{k + 1}/{len(self.names)}] {self.names[k]}" + f" · {self._cell}" * bool(self._cell)
        after = f"{duration(spent)} so far · about {duration(self.left())} left"
        room = width - len(f"{before} ·  · {after}") if width else len(self._heard)
        heard = self._heard if len(self._heard) <= room else self._heard[: max(0, room - 1)] + "…" * (room > 1)
        return " · ".join(filter(None, (before, heard, after)))[:width]

    def _tell(self, words: str) -> None:
        """Write a line that stays, on the notebook that was noted last."""
        k = len(self.seconds)
        self._write(f"[{k}/{len(self.names)}] {self.names[k - 1]}{words}\n")

    def _show(self, always: bool = False) -> None:
        """Show where things are, unless a log has just been told."""
        with self._lock:
            if self._stop.is_set() or len(self.seconds) == len(self.names):
                return
            if self._terminal:
                self._write(self.line(shutil.get_terminal_size().columns - 1))
            elif always or self.clock() - self._shown >= PATIENCE:
                self._write(f"{self.line()}\n")
                self._shown = self.clock()

    def _write(self, text: str) -> None:
        """Write a text, on a terminal in place of the line that changes."""
        with self._lock:
            self.stream.write(f"\r\x1b[K{text}" if self._terminal else text)
            self.stream.flush()

    def _tick(self) -> None:
        while not self._stop.wait(1):
            self._show()


def duration(seconds: float) -> str:
    """Return a time as in 42 s, 3 min 05 s or 1 h 02 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes} min {rest:02d} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"
