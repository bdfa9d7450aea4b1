"""Work spread over processes: those of this machine, or the workers of a Dask cluster.

joblib's setting chooses: inside `with joblib.parallel_config("dask")` the same calls use the cluster of the Dask client
that is open.
"""

import reprlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from joblib import Parallel, cpu_count
from joblib.externals.loky.process_executor import TerminatedWorkerError
from joblib.parallel import get_active_backend

from twolayer.runtime import cluster, code_version
from twolayer.runtime.cluster import Shared, WorkerKilled

PATIENCE = 3  # times in a row that a cluster may lose its workers without anything being finished
WORKER_TIMEOUT = 60  # seconds that work waits for a worker of a cluster that has none
Found = TypeVar("Found")


def processes(n_jobs: int | None) -> int:
    """Return how many processes to use: n_jobs, or for None all cores; a cluster uses all that it has all the same.

    Raises ValueError for more than this machine has cores for.
    """
    cores = cpu_count()
    if n_jobs is None or _cluster():
        return cores
    if n_jobs not in range(1, cores + 1):
        raise ValueError(f"n_jobs = {reprlib.repr(n_jobs)}: this machine has cores for 1 to {cores}.")
    return int(n_jobs)


def results(tasks: Iterable[Any], n_jobs: int | None, worker_timeout: float = WORKER_TIMEOUT) -> Iterator[Any]:
    """Yield the results of tasks (joblib.delayed) as they are finished.

    Data that many tasks take belongs into one Shared: a cluster gets it once, and joblib maps large arrays into all
    processes of this machine. Raises WorkerKilled when a process is killed, unless there is a cluster that gives its
    work to another one; NoWorkers when a cluster has had no worker for worker_timeout seconds; and ValueError if a
    process has another version of the library, or it has been edited since it was imported.
    """
    n_jobs, code, dask = processes(n_jobs), code_version.of_library(), _cluster()
    checked = ((_done, (code, function, *arguments), named) for function, arguments, named in tasks)
    if dask:
        yield from cluster.results(dask.client, checked, worker_timeout, **dask.submit_kwargs)
        return
    try:
        yield from _parallel(n_jobs)(
            (function, [*map(_data, arguments)], named) for function, arguments, named in checked
        )
    except TerminatedWorkerError as error:
        raise WorkerKilled from error


def _done(code: str, function: Callable[..., Found], *arguments: Any, **named: Any) -> Found:
    """Do a task. Raises ValueError in a process with other code than the one that asks has."""
    if code_version.of_library() != code:
        raise ValueError("twolayer has been edited since it was imported: restart Python, so that all run the same.")
    return function(*arguments, **named)


def _data(argument: Any) -> Any:
    """Return an argument of a task as a process of this machine takes it."""
    return argument.data if isinstance(argument, Shared) else argument


def shared(data: Any) -> Shared:
    """Return `data` as Shared, if it is not yet."""
    return data if isinstance(data, Shared) else Shared(data)


def _parallel(n_jobs: int) -> Any:
    """Return what runs tasks. Raises ValueError if joblib is set to use what gives no results before all are there."""
    try:
        return Parallel(n_jobs=n_jobs, return_as="generator_unordered", batch_size=1)
    except ValueError:
        raise ValueError("joblib is set to give all results at once: set it to loky, threading or dask.") from None


def retry_while_progressing(work: Callable[[], Found], finished: Callable[[], int]) -> Found:
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


def _cluster() -> Any:
    """Return joblib's backend if it is that of a Dask cluster, or None."""
    backend, _ = get_active_backend()
    return backend if hasattr(backend, "client") else None
