"""Run tasks on the workers of a Dask cluster.

Every wait is for a coroutine of Dask, so that it can end when the cluster has had no worker for too long.
"""

import asyncio
from collections.abc import Coroutine, Iterable, Iterator
from concurrent.futures import wait
from dataclasses import dataclass
from functools import partial
from itertools import islice
from time import monotonic
from typing import Any, TypeVar

LOOK = 1.0  # seconds between two checks of the workers during a wait
ANSWER = 5.0  # seconds within which the scheduler must answer a check
Found = TypeVar("Found")


class WorkerKilled(RuntimeError):
    """A worker process was killed, and its task was not given to another one."""


class NoWorkers(RuntimeError):
    """A cluster has had no worker for too long."""


@dataclass(eq=False)
class Shared:
    """Data that many tasks take as an argument and do not change; a cluster receives it once.

    future : Dask's future of the data once it has been sent; the cluster keeps the data as long as this exists
    """

    data: Any
    future: Any = None


def results(client: Any, tasks: Iterable[Any], worker_timeout: float, **how: Any) -> Iterator[Any]:
    """Yield the results of tasks (joblib.delayed) as they are finished; Shared arguments are sent once to each worker.

    client is a Dask client, and `how` is passed to its method submit. The cluster gets two tasks at a time for each of
    its cores. Raises WorkerKilled when a task has killed several workers, or when all workers with the data are gone;
    NoWorkers when there has been no worker for worker_timeout seconds.
    """
    from distributed import KilledWorker, as_completed
    from distributed.client import FutureCancelledError
    from distributed.comm.core import CommClosedError

    cluster, tasks = _Cluster(client, worker_timeout), iter(tasks)
    unfinished: set[Any] = set()
    # An adaptive cluster starts its first worker for a task, not for data.
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
    """A cluster, the number of tasks that it can take, and the last time at which it had a worker."""

    def __init__(self, client: Any, worker_timeout: float) -> None:
        self.client, self.worker_timeout = client, worker_timeout
        self.capacity, self.seen = 1, monotonic()

    def result(self, work: Coroutine[Any, Any, Found]) -> Found:
        """Return the result of a coroutine of Dask. Raises NoWorkers."""
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
        # A worker that is closing gets no more tasks; if it is asked to close twice, it may never end.
        cores = sum(worker["nthreads"] for worker in workers if worker["status"] != "closing_gracefully")
        self.capacity = max(1, 2 * cores)
        if cores:
            self.seen = monotonic()
        elif monotonic() - self.seen >= self.worker_timeout:
            raise NoWorkers

    def sent(self, argument: Any) -> Any:
        """Return an argument of a task; a Shared one is sent to each worker, and Dask's future for it is returned.

        Data that the workers have lost is sent again. Raises WorkerKilled and NoWorkers.
        """
        if not isinstance(argument, Shared):
            return argument
        future = argument.future
        if future is None or future.client is not self.client or future.status != "finished":
            try:
                [argument.future] = self.result(
                    self.client.scatter([argument.data], broadcast=True, hash=False, asynchronous=True)
                )
            except OSError as error:  # the connection to a worker broke
                raise WorkerKilled from error
        return argument.future
