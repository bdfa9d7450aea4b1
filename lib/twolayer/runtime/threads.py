"""Limit the number of threads of a matrix product."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from threadpoolctl import ThreadpoolController


class _Limit:
    """The limit of BLAS to one thread, one for the process, and the number of Python's threads that need it."""

    def __init__(self) -> None:
        self.lock, self.users = Lock(), 0

    def set(self) -> None:
        with self.lock:
            if not self.users:
                # Looked up each time: libraries that were loaded meanwhile may bring another BLAS.
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
    """Limit BLAS to one thread, from the first of Python's threads that asks for it to the last that is done.

    If each thread set and lifted the limit for itself, the first to finish would lift it for the others while they
    compute, and the last digits of their results would depend on that.
    """
    _LIMIT.set()
    try:
        yield
    finally:
        _LIMIT.lift()
