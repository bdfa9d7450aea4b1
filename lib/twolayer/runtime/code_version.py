"""Digests of the code, and versions of what it runs on, so that results of different code are not mixed.

The sources are read when the library is imported, because a later edit does not change the code that runs.
"""

import ast
import hashlib
import platform
from collections.abc import Iterable
from functools import cache
from importlib import metadata
from pathlib import Path
from threading import Lock

PACKAGE = __name__.partition(".")[0]
FOLDER = Path(__file__).parents[1]

SOURCES = {  # of each module of the library, by its full name
    ".".join(path.relative_to(FOLDER.parent).with_suffix("").parts).removesuffix(".__init__"): path.read_text("utf-8")
    for path in sorted(FOLDER.rglob("*.py"))
}
PARSING = Lock()  # Python 3.11 raises SystemError if two threads parse at once


def of_module(name: str) -> str:
    """Return a short digest of the code of a module (its full name) and of all modules of the library that it imports.

    Comments and docstrings do not count.
    """
    return _digest(_reached(name))


def of_library() -> str:
    """Return a short digest of the code of every module in the library. Comments and docstrings do not count."""
    return _digest(SOURCES)


def of_machine() -> dict[str, str | int]:
    """Return what else determines the last digits of a number: library versions, BLAS kernel, number of cores."""
    from joblib import cpu_count  # imported here, so that the sources are read before anything slow is imported
    from threadpoolctl import threadpool_info

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


def _reached(name: str) -> set[str]:
    """Return the names of a module and of all modules that it imports, directly or not."""
    reached = {name}
    while new := {other for module in reached for other in _parsed(SOURCES[module])[1] if other in SOURCES} - reached:
        reached |= new
    return reached


def _digest(names: Iterable[str]) -> str:
    code = "\0".join(_parsed(SOURCES[name])[0] for name in sorted(names))
    return hashlib.sha256(code.encode()).hexdigest()[:12]


@cache
def _parsed(source: str) -> tuple[str, set[str]]:
    """Return a module's code without comments and docstrings, and the full names that it imports from the library."""
    with PARSING:
        tree = ast.parse(source)
    imported: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.partition(".")[0] == PACKAGE:
            imported |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body[0] = ast.Pass()
    return ast.unparse(tree), imported
