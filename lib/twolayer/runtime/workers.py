"""Run tasks in processes of this machine, or on the workers of a Dask cluster.

joblib's setting chooses: inside `with joblib.parallel_config("dask")` the same calls use the cluster of the open Dask
client.
"""

from collections.abc import Callable, Iterable, Iterator
from numbers import Real
from typing import Any

from joblib import Parallel, cpu_count
from joblib.externals.loky.process_executor import TerminatedWorkerError
from joblib.parallel import get_active_backend

from twolayer.runtime import cluster, code_version
from twolayer.runtime.cluster import Found, Shared, WorkerKilled

MAX_FAILURES = 3  # times that a cluster may lose its workers without a result in between
WORKER_TIMEOUT = 60  # seconds to wait for a worker when a cluster has none


def processes(n_jobs: int | None) -> int:
    """Return the number of processes to use: n_jobs, or one for each core if None; a cluster uses all its workers.

    Raises ValueError unless n_jobs is between 1 and the number of cores.
    """
    cores = cpu_count()
    if n_jobs is None or _cluster():
        return cores
    if n_jobs not in range(1, cores + 1):
        raise ValueError(f"n_jobs = {n_jobs!r:.80}: choose from 1 to {cores}, the cores of this machine.")
    return int(n_jobs)


def results(tasks: Iterable[Any], n_jobs: int | None, worker_timeout: float = WORKER_TIMEOUT) -> Iterator[Any]:
    """Yield the results of tasks (joblib.delayed) as they are finished.

    Data that many tasks take should be one Shared: a cluster receives it once, and joblib maps large arrays into all
    processes of this machine. Raises WorkerKilled when a process is killed, unless a cluster gives its task to another
    one; NoWorkers when a cluster has had no worker for worker_timeout seconds; and ValueError for an invalid n_jobs or
    worker_timeout, and if a process runs another version of the library, which was edited after the import here or is
    not the one installed there.
    """
    if not (isinstance(worker_timeout, Real) and 0 < worker_timeout < float("inf")):
        raise ValueError(f"worker_timeout = {worker_timeout!r:.80}: choose a finite number of seconds above 0.")
    n_jobs, code, dask = processes(n_jobs), code_version.of_library(), _cluster()
    checked = ((_done, (code, function, *arguments), named) for function, arguments, named in tasks)
    if dask:
        yield from cluster.results(dask.client, checked, worker_timeout, **dask.submit_kwargs)
    else:
        try:
            yield from Parallel(n_jobs=n_jobs, return_as="generator_unordered", batch_size=1)(
                (function, [item.data if isinstance(item, Shared) else item for item in arguments], named)
                for function, arguments, named in checked
            )
        except TerminatedWorkerError as error:
            raise WorkerKilled from error


def _done(code: str, function: Callable[..., Found], *arguments: Any, **named: Any) -> Found:
    """Do a task and return its result. Raises ValueError if this process runs other code than the one that sent it."""
    if code_version.of_library() != code:
        raise ValueError(
            "twolayer was edited after its import, or a worker has another version: restart Python, "
            "and install this version on all workers of a cluster."
        )
    return function(*arguments, **named)


def shared(data: Any) -> Shared:
    """Return `data` as Shared, or unchanged if it is Shared already."""
    return data if isinstance(data, Shared) else Shared(data)


def persistent_results(
    unfinished: Callable[[], Iterable[Any]], n_jobs: int | None, worker_timeout: float
) -> Iterator[Any]:
    """Yield the results of unfinished(), the tasks still to do; when a cluster loses its workers, call it again.

    Raises the errors of `results`, WorkerKilled only after MAX_FAILURES losses without a result in between.
    """
    failures = 0
    while True:
        try:
            for result in results(unfinished(), n_jobs, worker_timeout):
                failures = 0
                yield result
            return
        except WorkerKilled:
            failures += 1
            if not _cluster() or failures == MAX_FAILURES:
                raise


def _cluster() -> Any:
    """Return joblib's backend if it is a Dask cluster, else None."""
    backend, _ = get_active_backend()
    return backend if hasattr(backend, "client") else None
