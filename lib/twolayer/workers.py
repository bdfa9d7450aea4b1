"""How many processes work at once."""

from joblib import cpu_count


def processes(n_jobs):
    """Return how many processes to use: n_jobs, or for None all cores. Raises ValueError for more than there are."""
    cores = cpu_count()
    if n_jobs is not None and not 1 <= n_jobs <= cores:
        raise ValueError(f"n_jobs = {n_jobs}: this machine has cores for 1 to {cores}.")
    return n_jobs or cores
