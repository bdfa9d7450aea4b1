"""One thread beside the notebook's own, which does the latest task: a newer one cancels the one under way."""

from collections.abc import Callable
from threading import Condition, Thread

Check = Callable[[], None]  # waits while the task is paused, and raises Cancelled when it is to end
Task = Callable[[Check], None]


class Cancelled(Exception):
    """A task is to end before it is done: it was stopped, or a newer one waits."""


class Worker:
    """Does one task at a time, in a thread of its own that ends with the process.

    A task calls `check` as often as it can be cancelled. Tasks that were not begun are forgotten for a newer one.
    """

    def __init__(self, failed: Callable[[Exception], None]) -> None:
        """Start the thread; failed(error) is called with what a task raises."""
        self._failed, self._changed = failed, Condition()
        self._next: Task | None = None
        self._busy = self._stopped = self._paused = self._closed = False
        self._thread = Thread(target=self._work, name="explorer", daemon=True)
        self._thread.start()

    def submit(self, task: Task) -> None:
        """Let a task be done next, and cancel the one under way."""
        self._set(next=task, paused=False)

    def pause(self) -> None:
        """Let the task wait at its next `check`."""
        self._set(paused=True)

    def resume(self) -> None:
        """Let a paused task go on."""
        self._set(paused=False)

    def stop(self) -> None:
        """Cancel the task under way, and the next one."""
        self._set(next=None, stopped=True, paused=False)

    def close(self, timeout: float | None = None) -> None:
        """Stop, and end the thread."""
        self._set(next=None, stopped=True, paused=False, closed=True)
        self._thread.join(timeout)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until nothing is left to do, and tell whether that was so in time."""
        with self._changed:
            return self._changed.wait_for(lambda: not (self._busy or self._next), timeout)

    def check(self) -> None:
        """Wait while the task is paused. Raises Cancelled if it is to end."""
        with self._changed:
            self._changed.wait_for(lambda: not self._paused or self._cancelled)
            if self._cancelled:
                raise Cancelled

    @property
    def paused(self) -> bool:
        """Whether the task is to wait at its next `check`."""
        return self._paused

    @property
    def _cancelled(self) -> bool:
        return self._stopped or self._next is not None

    def _set(self, **changes: object) -> None:
        with self._changed:
            for name, value in changes.items():
                setattr(self, f"_{name}", value)
            self._changed.notify_all()

    def _work(self) -> None:
        while task := self._take():
            try:
                task(self.check)
            except Cancelled:
                pass
            except Exception as error:
                self._failed(error)
            finally:
                self._set(busy=False)

    def _take(self) -> Task | None:
        """Return the next task as soon as there is one; None when the worker is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._next is not None or self._closed)
            task, self._next, self._stopped = self._next, None, False
            self._busy = task is not None
            return task
