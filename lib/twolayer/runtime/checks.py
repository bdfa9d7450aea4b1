"""Validate hyperparameters, and return them as Python's numbers: NumPy's small integers overflow in a sum."""

import reprlib
import sys
from collections.abc import Iterable
from numbers import Real

import numpy as np

LARGEST = float(np.finfo(np.float32).max)  # networks are trained in single precision


def require(valid: bool, advice: str, **values: object) -> None:
    """Raise ValueError unless the values are valid; its message is one sentence: the values by name, and the advice."""
    if not valid:
        chosen = ", ".join(f"{name} = {short(value)}" for name, value in values.items())
        raise ValueError(f"{chosen}: {advice}.")


def require_counts(**counts: float) -> dict[str, int]:
    """Return the counts by name. Raises ValueError unless each is a whole number, 100 or 100.0, of at least 1."""
    for name, value in counts.items():
        require(_is_whole(value, 1), "choose a whole number of at least 1", **{name: value})
    return {name: int(value) for name, value in counts.items()}


def require_rates(eta_min: float, eta_max: float) -> dict[str, float]:
    """Return the bounds of η by name. Raises ValueError unless 0 ≤ eta_min ≤ eta_max, both finite."""
    valid = is_finite(eta_min, 0) and is_finite(eta_max, eta_min)
    require(valid, "choose finite numbers, 0 ≤ eta_min ≤ eta_max", eta_min=eta_min, eta_max=eta_max)
    return {"eta_min": float(eta_min), "eta_max": float(eta_max)}


def require_penalty(lam: float) -> float:
    """Return λ. Raises ValueError unless it is a finite number of at least 0."""
    require(is_finite(lam, 0), "choose a finite number of at least 0", lam=lam)
    return float(lam)


def require_fractions(**fractions: float) -> dict[str, float]:
    """Return the numbers by name. Raises ValueError unless each is a number of at least 0 and below 1."""
    for name, value in fractions.items():
        require(is_finite(value, 0) and value < 1, "choose a number of at least 0 and below 1", **{name: value})
    return {name: float(value) for name, value in fractions.items()}


def require_updates(snapshots: Iterable[float]) -> frozenset[int]:
    """Return the numbers of updates. Raises ValueError unless they are whole numbers of at least 0."""
    updates = list(snapshots) if np.iterable(snapshots) else [-1]
    require(all(_is_whole(t, 0) for t in updates), "name updates, as in (100, 200)", snapshots=snapshots)
    return frozenset(map(int, updates))


def is_finite(value: float, low: float) -> bool:
    """Return whether a value is a number of at least `low` that single precision can hold."""
    return isinstance(value, Real) and low <= value <= LARGEST


def _is_whole(value: float, low: int) -> bool:
    return isinstance(value, Real) and low <= value <= sys.maxsize and value % 1 == 0


def short(value: object) -> str:
    """Return a value as text for a message: one line, cut where it is long."""
    return " ".join(reprlib.repr(value).split())
