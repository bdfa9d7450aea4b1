"""Limit the number of threads of a matrix product."""

from threading import Lock

from threadpoolctl import ThreadpoolController


class _OneThread:
    """A limit of BLAS to one thread, for the whole process: set by the first thread of Python that enters it.

    The last thread that leaves it lifts it. If each thread set and lifted the limit for itself, the first to finish
    would lift it for the others while they compute, and the last digits of their results would depend on that.
    """

    lock, users = Lock(), 0

    def __enter__(self) -> None:
        with self.lock:
            if not self.users:
                # Looked up each time, as a library that was loaded meanwhile may bring another BLAS.
                self.limit = ThreadpoolController().limit(limits=1, user_api="blas")
            self.users += 1

    def __exit__(self, *_: object) -> None:
        with self.lock:
            self.users -= 1
            if not self.users:
                self.limit.restore_original_limits()


_ONE_THREAD = _OneThread()


def one_thread() -> _OneThread:
    """Return the context manager that limits BLAS to one thread; several of Python's threads may be inside at once."""
    return _ONE_THREAD
