"""Which code made a number: results of other code are other results."""

import hashlib
import inspect
from pathlib import Path

LIBRARY = Path(__file__).parent


def of_modules(*modules):
    """Return a short digest of the modules' source."""
    return _digest(inspect.getsource(module) for module in modules)


def of_library(folder=LIBRARY):
    """Return a short digest of every module's source in the library."""
    return _digest(path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.py")))


def _digest(sources):
    return hashlib.sha256("\0".join(sources).encode()).hexdigest()[:12]
