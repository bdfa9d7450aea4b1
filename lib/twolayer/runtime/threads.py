"""How many threads a matrix product uses."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from threadpoolctl import ThreadpoolController


class _Limit:
    """BLAS's limit to one thread, which belongs to the process, and how many of Python's threads want it."""

    def __init__(self) -> None:
        self.lock, self.users = Lock(), 0

    def set(self) -> None:
        with self.lock:
            if not self.users:
                # Looked up anew each time: libraries that were loaded meanwhile bring a BLAS of their own.
                self.of_blas = ThreadpoolController().limit(limits=1, user_api="blas")
            self.users += 1

    def lift(self) -> None:
        with self.lock:
            self.users -= 1
            if not self.users:
                self.of_blas.restore_original_limits()


_LIMIT = _Limit()


@contextmanager
def one_thread() -> Iterator[None]:
    """Limit BLAS to one thread, from the moment that the first of Python's threads asks for it until the last is done.

    Were each thread to set and lift the limit alone, the first to be done would lift it for the others in the middle of
    their work, and their last digits would depend on it.
    """
    _LIMIT.set()
    try:
        yield
    finally:
        _LIMIT.lift()
