"""Run tasks on the workers of a Dask cluster.

Every wait is for a coroutine of Dask's, and ends when the cluster has had no worker for too long, whatever Dask does.
"""

import asyncio
from collections.abc import Coroutine, Iterable, Iterator
from concurrent.futures import wait
from functools import partial
from itertools import islice
from time import monotonic
from typing import Any, TypeVar

from twolayer.runtime import code_version

LOOK = 1.0  # seconds between two checks of the workers while a result is awaited
ANSWER = 5.0  # seconds within which the scheduler must answer
Found = TypeVar("Found")


class WorkerKilled(RuntimeError):
    """A worker process was killed, and its task was not given to another one."""


class NoWorkers(RuntimeError):
    """A cluster has had no worker for too long."""


class Shared:
    """Data that many tasks take as an argument; a cluster receives it once and keeps it while this object lives."""

    def __init__(self, data: Any) -> None:
        """Share `data`, which must not be changed afterwards."""
        self.data = data
        self.future: Any = None  # Dask's, once the data has been sent


def results(client: Any, tasks: Iterable[Any], worker_timeout: float, **how: Any) -> Iterator[Any]:
    """Yield the results of tasks (joblib.delayed) as they are finished; Shared arguments are sent once to each worker.

    client is a Dask client, and `how` is passed to its method submit. The cluster gets two tasks at a time for each of
    its cores. Raises WorkerKilled when a task has killed several workers, or when all that had the data are gone;
    NoWorkers when there has been no worker for worker_timeout seconds; and ValueError for a worker with another version
    of the library.
    """
    from distributed import KilledWorker, as_completed
    from distributed.client import FutureCancelledError
    from distributed.comm.core import CommClosedError

    cluster, tasks = _Cluster(client, worker_timeout), iter(tasks)
    unfinished: set[Any] = set()
    # A cluster that adapts starts its first worker for a task, not for data.
    first = client.submit(int, pure=False, **how)
    waiting: Any = as_completed([first], loop=client.loop)  # type: ignore[no-untyped-call]
    try:
        cluster.result(anext(waiting))
        while True:
            for function, arguments, named in islice(tasks, max(0, cluster.capacity - len(unfinished))):
                future = client.submit(function, *map(cluster.sent, arguments), **named, pure=False, **how)
                unfinished.add(future)
                waiting.add(future)
            if not unfinished:
                return
            future = cluster.result(anext(waiting))
            found = cluster.result(client.gather(future, asynchronous=True))
            unfinished.remove(future)
            yield found
    except (FutureCancelledError, KilledWorker, CommClosedError) as error:
        raise WorkerKilled from error
    finally:
        client.loop.add_callback(partial(client.cancel, list(unfinished), asynchronous=True))


class _Cluster:
    """A cluster, the number of tasks that keep it busy, and the time at which it last had a worker."""

    def __init__(self, client: Any, worker_timeout: float) -> None:
        self.client, self.worker_timeout = client, worker_timeout
        self.capacity, self.seen = 1, monotonic()

    def result(self, work: Coroutine[Any, Any, Found]) -> Found:
        """Return the result of a coroutine of Dask's. Raises NoWorkers."""
        future = asyncio.run_coroutine_threadsafe(work, self.client.loop.asyncio_loop)
        try:
            self._look()
            while not wait([future], timeout=LOOK).done:
                self._look()
            return future.result()
        finally:
            future.cancel()

    def _look(self) -> None:
        """Check that there is a worker; a scheduler that does not answer counts as none. Raises NoWorkers."""
        try:
            workers = self.client.sync(self.client.scheduler.identity, callback_timeout=ANSWER)["workers"].values()
        except (OSError, RuntimeError):
            workers = []
        # A worker that is closing gets no more tasks; asked twice to close, it may stay in that state for ever.
        cores = sum(worker["nthreads"] for worker in workers if worker["status"] != "closing_gracefully")
        self.capacity = max(1, 2 * cores)
        if cores:
            self.seen = monotonic()
        elif monotonic() - self.seen >= self.worker_timeout:
            raise NoWorkers

    def sent(self, argument: Any) -> Any:
        """Return an argument of a task. A Shared one becomes Dask's future, sent to each worker, again if it was lost.

        Raises WorkerKilled, NoWorkers, and ValueError for a worker with another version of the library.
        """
        if not isinstance(argument, Shared):
            return argument
        future = argument.future
        if future is None or future.client is not self.client or future.status != "finished":
            try:
                self._require_library()
                sending = self.client.scatter([argument.data], broadcast=True, hash=False, asynchronous=True)
                [argument.future] = self.result(sending)
            except OSError as error:  # the connection to a worker broke
                raise WorkerKilled from error
        return argument.future

    def _require_library(self) -> None:
        """Raise ValueError unless all workers have this library; the answer of one that has died is an OSError."""
        answers = self.result(self.client.run(code_version.of_library, on_error="return", asynchronous=True))
        for address, code in answers.items():
            if code != code_version.of_library() and not isinstance(code, OSError):
                raise ValueError(f"The worker {address} lacks this version of twolayer: install it there.")
