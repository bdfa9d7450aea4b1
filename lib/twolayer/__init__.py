"""A two-layer network in NumPy, its training and experiments; public names are imported when they are first used."""

from pkgutil import resolve_name
from typing import Any

from twolayer.runtime import code_version as code_version  # which reads the sources before anything else is imported

PUBLIC = {
    # Of the network
    "TwoLayerClassifier": "twolayer.classifier:TwoLayerClassifier",
    "gradient_check": "twolayer.gradient_check",
    "network": "twolayer.network",
    "schedule": "twolayer.schedule",
    "sgd": "twolayer.sgd",
    # Of what takes it further
    "augmentation": "twolayer.techniques.augmentation",
    "averaging": "twolayer.techniques.averaging",
    "optimisers": "twolayer.techniques.optimisers",
    "range_test": "twolayer.techniques.range_test:range_test",
    # Of its experiments
    "accuracies": "twolayer.experiments.replicates:accuracies",
    "bug_zoo": "twolayer.experiments.bug_zoo",
    "coarse_to_fine": "twolayer.experiments.search:coarse_to_fine",
    "figures": "twolayer.experiments.figures",
    "gradient_errors": "twolayer.experiments.gradient_errors",
    "load_cifar10": "twolayer.cifar10.load:load",
    "pca": "twolayer.experiments.pca",
    "replicate": "twolayer.experiments.replicates:replicate",
    "replicate_each": "twolayer.experiments.replicates:replicate_each",
    "search": "twolayer.experiments.search",
    "search_analysis": "twolayer.experiments.search_analysis",
    # Of their numbers
    "Ledger": "twolayer.ledger.ledger:Ledger",
    "published": "twolayer.ledger.published",
    "require_claims": "twolayer.ledger.ledger:require_claims",
    "results": "twolayer.ledger.ledger:results",
    "statistics": "twolayer.ledger.statistics",
    "verdict": "twolayer.ledger.verdict",
    "why_not_committed": "twolayer.ledger.ledger:why_not_committed",
}
__all__ = list(PUBLIC)


def __getattr__(name: str) -> Any:
    """Import a public name. Raises AttributeError for any other name."""
    if name in PUBLIC:
        return resolve_name(PUBLIC[name])
    raise AttributeError(f"module 'twolayer' has no attribute {name!r}")


def __dir__() -> list[str]:
    """Return the public names as well as those already imported."""
    return sorted({*globals(), *PUBLIC})
