"""A two-layer network in NumPy, its training, and the experiments of the report.

The names below are imported when they are first used: the network alone needs nothing of the data or the experiments.
"""

from importlib import import_module
from typing import Any

from twolayer.runtime import code_version as code_version  # which reads the sources before anything else is imported

PUBLIC = {
    "Ledger": ("twolayer.ledger.ledger", "Ledger"),
    "TwoLayerClassifier": ("twolayer.classifier", "TwoLayerClassifier"),
    "coarse_to_fine": ("twolayer.experiments.search", "coarse_to_fine"),
    "load_cifar10": ("twolayer.cifar10.load", "load"),
    "replicate": ("twolayer.experiments.replicates", "replicate"),
}
__all__ = list(PUBLIC)


def __getattr__(name: str) -> Any:
    """Import a public name. Raises AttributeError for another."""
    if name in PUBLIC:
        module, attribute = PUBLIC[name]
        return getattr(import_module(module), attribute)
    raise AttributeError(f"module 'twolayer' has no attribute {name!r}")


def __dir__() -> list[str]:
    """Return the public names beside those that are there."""
    return sorted({*globals(), *PUBLIC})
