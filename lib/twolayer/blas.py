"""How many threads a matrix product uses."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from threadpoolctl import ThreadpoolController


class _OneThread:
    """Limits BLAS to one thread from the moment that the first of Python's threads asks for it until the last is done.

    The limit belongs to the process: were each thread to set and restore it alone, the first to be done would lift it
    for the others in the middle of their work, and their last digits would depend on it.
    """

    def __init__(self) -> None:
        self.lock, self.users = Lock(), 0

    @contextmanager
    def __call__(self) -> Iterator[None]:
        with self.lock:
            if not self.users:
                # Looked up anew each time: libraries that were loaded meanwhile bring a BLAS of their own.
                self.limit = ThreadpoolController().limit(limits=1, user_api="blas")
            self.users += 1
        try:
            yield
        finally:
            with self.lock:
                self.users -= 1
                if not self.users:
                    self.limit.restore_original_limits()


one_thread = _OneThread()
