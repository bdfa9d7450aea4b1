"""A two-layer network in NumPy, its training and experiments; public names are imported when they are first used."""

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
    """Import a public name. Raises AttributeError for any other name."""
    if name in PUBLIC:
        module, attribute = PUBLIC[name]
        return getattr(import_module(module), attribute)
    raise AttributeError(f"module 'twolayer' has no attribute {name!r}")


def __dir__() -> list[str]:
    """Return the public names as well as those already imported."""
    return sorted({*globals(), *PUBLIC})
