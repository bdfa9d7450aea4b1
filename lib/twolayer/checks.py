"""Validate hyperparameters, and return them as Python's numbers: NumPy's small integers overflow in a sum."""

import reprlib
import sys
from collections.abc import Iterable
from numbers import Real

import numpy as np

LARGEST = float(np.finfo(np.float32).max)  # networks are trained in single precision


def require_counts(**counts: float) -> dict[str, int]:
    """Return the counts by name. Raises ValueError unless each is a whole number, 100 or 100.0, of at least 1."""
    for name, value in counts.items():
        if not _is_whole(value, 1):
            raise ValueError(f"{name} = {short(value)}: choose a whole number of at least 1.")
    return {name: int(value) for name, value in counts.items()}


def require_rates(eta_min: float, eta_max: float) -> tuple[float, float]:
    """Return the bounds of η. Raises ValueError unless 0 ≤ eta_min ≤ eta_max, both finite."""
    if not (_is_finite(eta_min, 0) and _is_finite(eta_max, eta_min)):
        chosen = f"eta_min = {short(eta_min)}, eta_max = {short(eta_max)}"
        raise ValueError(f"{chosen}: choose finite numbers, 0 ≤ eta_min ≤ eta_max.")
    return float(eta_min), float(eta_max)


def require_seconds(**times: float) -> None:
    """Raise ValueError unless each time is a finite number of seconds above 0."""
    for name, value in times.items():
        if not _is_finite(value, 0) or not value:
            raise ValueError(f"{name} = {short(value)}: choose a finite number of seconds above 0.")


def require_penalty(lam: float) -> float:
    """Return λ. Raises ValueError unless it is a finite number of at least 0."""
    if not _is_finite(lam, 0):
        raise ValueError(f"lam = {short(lam)}: choose a finite number of at least 0.")
    return float(lam)


def require_updates(name: str, values: Iterable[float]) -> frozenset[int]:
    """Return the numbers of updates. Raises ValueError unless they are whole numbers of at least 0."""
    updates = list(values) if np.iterable(values) else [-1]
    if not all(_is_whole(t, 0) for t in updates):
        raise ValueError(f"{name} = {short(values)}: name updates, as in (100, 200).")
    return frozenset(map(int, updates))


def _is_finite(value: float, low: float) -> bool:
    return isinstance(value, Real) and low <= value <= LARGEST


def _is_whole(value: float, low: int) -> bool:
    return isinstance(value, Real) and low <= value <= sys.maxsize and value % 1 == 0


def short(value: object) -> str:
    """Return a value as text for a message: one line, cut where it is long."""
    return " ".join(reprlib.repr(value).split())
