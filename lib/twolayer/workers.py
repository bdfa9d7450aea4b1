"""Work spread over processes: those of this machine, or the workers of a Dask cluster.

joblib does it, and how is joblib's setting: inside `with joblib.parallel_config("dask")` the same calls use the cluster
of the Dask client that is open.
"""

import sys
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from joblib import Parallel, cpu_count, parallel_config
from joblib.externals.loky.process_executor import TerminatedWorkerError
from joblib.parallel import get_active_backend

from twolayer import version


class WorkerKilled(RuntimeError):
    """A process that worked was killed, and its work cannot be given to another."""


def processes(n_jobs: int | None) -> int:
    """Return how many processes to use: n_jobs, or for None all cores; a cluster uses all that it has.

    Raises ValueError for more than this machine has cores for.
    """
    cores = cpu_count()
    if n_jobs is not None and not 1 <= n_jobs <= cores:
        raise ValueError(f"n_jobs = {n_jobs}: this machine has cores for 1 to {cores}.")
    return n_jobs or cores


def results(tasks: Iterable[Any], n_jobs: int | None, ordered: bool = False) -> Iterator[Any]:
    """Yield the results of tasks (joblib.delayed) as they are finished, or in the order of the tasks.

    Raises WorkerKilled when a process is killed, unless there is a cluster to give its work to another one.
    """
    how = "generator" if ordered else "generator_unordered"
    try:
        yield from Parallel(n_jobs=processes(n_jobs), return_as=how, batch_size=1)(tasks)
    except Exception as error:
        if isinstance(error, _signs_of_death()):
            raise WorkerKilled from error
        raise


def _signs_of_death() -> tuple[type[Exception], ...]:
    """Return what joblib raises when a process is killed, or Dask when several are."""
    if "distributed" not in sys.modules:
        return (TerminatedWorkerError,)
    from distributed import KilledWorker
    from distributed.client import FutureCancelledError

    return TerminatedWorkerError, KilledWorker, FutureCancelledError


def shared(data: object) -> AbstractContextManager[object]:
    """Return a context in which `data` is sent once to each worker of the cluster, if there is one, and kept there.

    Processes of this machine need none: joblib maps large arrays into all of them. Raises ValueError if the cluster's
    workers have another version of this library.
    """
    backend, _ = get_active_backend()
    client = getattr(backend, "client", None)
    if client is None or id(data) in backend.data_futures:
        return nullcontext()
    for address, code in client.run(version.of_library).items():
        if code != version.of_library():
            raise ValueError(f"The worker {address} has another version of twolayer: install this one there.")
    return parallel_config("dask", client=client, scatter=[data])
