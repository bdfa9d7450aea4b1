"""Work spread over processes: those of this machine, or the workers of a Dask cluster.

joblib does it, and how is joblib's setting: inside `with joblib.parallel_config("dask")` the same calls use the cluster
of the Dask client that is open.
"""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeVar

from joblib import Parallel, cpu_count, delayed, parallel_config
from joblib.externals.loky.process_executor import TerminatedWorkerError
from joblib.parallel import get_active_backend

from twolayer import version
from twolayer.settings import short

PATIENCE = 3  # times in a row that a cluster may lose its workers without anything being finished
Found = TypeVar("Found")


class WorkerKilled(RuntimeError):
    """A process that worked was killed, and its work has not been given to another."""


def processes(n_jobs: int | None) -> int:
    """Return how many processes to use: n_jobs, or for None all cores; a cluster uses all that it has all the same.

    Raises ValueError for more than this machine has cores for.
    """
    cores = cpu_count()
    if n_jobs is None or _cluster():
        return cores
    if n_jobs not in range(1, cores + 1):
        raise ValueError(f"n_jobs = {short(n_jobs)}: this machine has cores for 1 to {cores}.")
    return int(n_jobs)


def results(tasks: Iterable[Any], n_jobs: int | None, ordered: bool = False) -> Iterator[Any]:
    """Yield the results of tasks (joblib.delayed) as they are finished, or in the order of the tasks.

    Raises WorkerKilled when a process is killed, unless there is a cluster that gives its work to another one, and
    ValueError if the library has been edited since it was imported.
    """
    parallel = _parallel(processes(n_jobs), "generator" if ordered else "generator_unordered")
    code = version.of_library()
    try:
        yield from parallel(delayed(_done)(code, *task) for task in tasks)
    except Exception as error:
        if isinstance(error, _signs_of_death()):
            raise WorkerKilled from error
        raise


def _done(code: str, function: Callable[..., Found], arguments: Any, named: Any) -> Found:
    """Do a task (joblib.delayed). Raises ValueError in a process with other code than the one that asks has."""
    if version.of_library() != code:
        raise ValueError("twolayer has been edited since it was imported: restart Python, so that all run the same.")
    return function(*arguments, **named)


def _parallel(n_jobs: int, how: str) -> Any:
    """Return what runs tasks. Raises ValueError if joblib is set to use what gives no results before all are there."""
    try:
        return Parallel(n_jobs=n_jobs, return_as=how, batch_size=1)
    except ValueError:
        raise ValueError("joblib is set to give all results at once: set it to loky, threading or dask.") from None


def _signs_of_death() -> tuple[type[Exception], ...]:
    """Return what joblib raises when a process is killed, or Dask when several are, or all that had the data."""
    if "distributed" not in sys.modules:
        return (TerminatedWorkerError,)
    from distributed import KilledWorker
    from distributed.client import FutureCancelledError

    return TerminatedWorkerError, KilledWorker, FutureCancelledError


def in_spite_of_deaths(work: Callable[[], Found], finished: Callable[[], int]) -> Found:
    """Return what work() returns; on a cluster, begin it again when its workers are killed, as long as it gets on.

    finished() tells how much of it is done and need not be done again. Raises WorkerKilled.
    """
    deaths = 0
    while True:
        before = finished()
        try:
            return work()
        except WorkerKilled:
            deaths = deaths + 1 if finished() == before else 0
            if not _cluster() or deaths == PATIENCE:
                raise


def shared(data: object) -> AbstractContextManager[object]:
    """Return a context in which `data` is sent once to each worker of the cluster, if there is one, and kept there.

    Processes of this machine need none: joblib maps large arrays into all of them. Raises ValueError for a cluster
    without workers, or whose workers have not this version of the library.
    """
    backend = _cluster()
    if not backend or _has(backend, data):
        return nullcontext()
    _require_workers(backend)
    return _sent(backend.client, data)


def _cluster() -> Any:
    """Return joblib's backend if it is that of a Dask cluster, or None."""
    backend, _ = get_active_backend()
    return backend if hasattr(backend, "client") else None


def _has(cluster: Any, data: object) -> bool:
    """Tell whether the cluster has `data`, which is lost with the last of the workers that it was sent to."""
    sent = cluster.data_futures.get(id(data))
    return sent is not None and sent.status == "finished"


def _require_workers(cluster: Any) -> None:
    """Raise ValueError unless the cluster has workers, for which joblib waits a little, and all have this library."""
    try:
        cluster.effective_n_jobs(None)
    except TimeoutError:
        raise ValueError("The cluster has no worker yet: start one.") from None
    for address, code in cluster.client.run(version.of_library, on_error="return").items():
        if code != version.of_library():
            raise ValueError(f"The worker {address} lacks this version of twolayer: install it there.")


def _sent(client: Any, data: object) -> AbstractContextManager[object]:
    """Send `data` to each worker of a cluster, and return the context in which it is used."""
    context = parallel_config("dask", client=client, scatter=[data])
    cluster = _cluster()
    cores = cluster.effective_n_jobs
    # With one core joblib would not ask the cluster: it would work here.
    cluster.effective_n_jobs = lambda n_jobs: max(2, cores(n_jobs))
    return context
