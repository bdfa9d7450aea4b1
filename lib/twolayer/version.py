"""Which code made a number, and on what machine: results of other code are other results."""

import hashlib
import platform
from collections.abc import Iterable
from importlib import metadata
from types import ModuleType

from joblib import cpu_count
from threadpoolctl import threadpool_info

from twolayer.sources import LIBRARY


def of_modules(*modules: ModuleType) -> str:
    """Return a short digest of the source of some of the library's modules."""
    return _digest(LIBRARY[module.__name__.rpartition(".")[2]] for module in modules)


def of_library() -> str:
    """Return a short digest of every module's source in the library."""
    return _digest(LIBRARY.values())


def of_machine() -> dict[str, str | int]:
    """Return what else decides the last digits of a number: the libraries' versions, and BLAS's kernel and threads."""
    blas = [library for library in threadpool_info() if library["user_api"] == "blas"]
    kernels = {f"{library['internal_api']} {library.get('architecture', '')}".strip() for library in blas}
    return {
        **{name: _of_package(name) for name in ("numpy", "scipy", "scikit-learn", "torch")},
        "python": platform.python_version(),
        "blas": ", ".join(sorted(kernels)),
        "cores": cpu_count(),
    }


def _of_package(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "missing"


def _digest(sources: Iterable[str]) -> str:
    return hashlib.sha256("\0".join(sources).encode()).hexdigest()[:12]
