"""Threads: one for each matrix product of BLAS, and Python's own where work can be divided."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from threading import Lock
from typing import Any, TypeVar

import numpy as np
import threadpoolctl

Item = TypeVar("Item")
Map = Callable[..., Iterator[Any]]  # as Python's own `map`


def _let_any_thread_limit() -> None:
    """Let this thread limit the threads of BLAS: threadpoolctl heeds only the first thread that has ever done so."""
    openblas = threadpoolctl.OpenBLASController
    if hasattr(openblas, "clear_controlling_thread"):  # versions before 3.8 heed every thread
        openblas.clear_controlling_thread(force=True)


class _OneThread:
    """A limit of BLAS to one thread, for the whole process: set by the first thread of Python that enters it.

    The last thread that leaves it lifts it. If each thread set and lifted the limit for itself, the first to finish
    would lift it for the others while they compute, and the last digits of their results would depend on that.
    """

    lock, users, before = Lock(), 0, 1

    def __enter__(self) -> int:
        """Set the limit, and return how many threads BLAS had before."""
        with self.lock:
            if not self.users:
                # Looked up each time, as a library that was loaded meanwhile may bring another BLAS.
                blas = threadpoolctl.ThreadpoolController().select(user_api="blas")
                self.before = max((library["num_threads"] for library in blas.info()), default=1)
                _let_any_thread_limit()
                self.limit = blas.limit(limits=1)
            self.users += 1
            return self.before

    def __exit__(self, *_: object) -> None:
        with self.lock:
            self.users -= 1
            if not self.users:
                _let_any_thread_limit()
                self.limit.restore_original_limits()
                _let_any_thread_limit()


_ONE_THREAD = _OneThread()


def one_thread() -> _OneThread:
    """Return the context manager that limits BLAS to one thread; several of Python's threads may be inside at once."""
    return _ONE_THREAD


@contextmanager
def parallel() -> Iterator[Map]:
    """Limit BLAS to one thread, and yield a `map` over as many threads of Python as BLAS had.

    NumPy is silent in all of them: who computes looks for numbers that are not finite.
    NumPy and BLAS compute without Python's lock, so these threads use all cores. Work that is divided in the same way
    for any number of threads gives the same bits.
    """
    with one_thread() as n_threads, np.errstate(all="ignore"):
        if n_threads == 1:
            yield map
        else:
            with ThreadPoolExecutor(n_threads, initializer=partial(np.seterr, all="ignore")) as pool:
                yield pool.map


def ahead(items: Iterator[Item], map: Map) -> Iterator[Item]:
    """Yield the items, which are not None: if `map` has threads, one of them makes each while the last one is used."""
    coming = map(next, [items], [None])
    while (item := next(coming)) is not None:
        coming = map(next, [items], [None])
        yield item
