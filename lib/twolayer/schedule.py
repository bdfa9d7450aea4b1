"""The learning rate η as a function of the update number t."""

from collections.abc import Callable

import numpy as np

from twolayer.arrays import Floats, Integers
from twolayer.runtime.checks import require_counts


def cyclical(t: int | Integers, n_s: int, eta_min: float, eta_max: float) -> Floats:
    """Return η at update t: it rises for n_s updates, falls for n_s, and so on.

    Source: the triangular policy of L. N. Smith, "Cyclical learning rates for
    training neural networks", 2017.
    """
    height = 1 - np.abs(np.mod(t / n_s, 2) - 1)
    return eta_min + height * (eta_max - eta_min)


def cosine(t: int | Integers, n_s: int, eta_min: float, eta_max: float) -> Floats:
    """Return η at update t: it falls for 2 n_s updates along half a wave of the cosine, then starts anew.

    Source: I. Loshchilov and F. Hutter, "SGDR: stochastic gradient descent with warm restarts", 2017.
    """
    height = (1 + np.cos(np.pi * np.mod(t / n_s, 2) / 2)) / 2
    return eta_min + height * (eta_max - eta_min)


SCHEDULES: dict[str, Callable[[int, int, float, float], Floats]] = {"cyclical": cyclical, "cosine": cosine}


def updates(n_cycles: int, n_s: int) -> int:
    """Return the number of updates in n_cycles whole cycles. Raises ValueError unless both are positive integers."""
    n_cycles, n_s = require_counts(n_cycles=n_cycles, n_s=n_s).values()
    return 2 * n_s * n_cycles


def updates_in_whole_epochs(n_cycles: int, n_s: int, n: int, batch_size: int) -> int:
    """Return the number of updates when each cycle is rounded up to whole epochs over n images.

    The published report trained like this: it stops a little way into the next cycle of the learning rate. Raises
    ValueError unless all are positive integers.
    """
    n_cycles, n_s, n, batch_size = require_counts(n_cycles=n_cycles, n_s=n_s, n=n, batch_size=batch_size).values()
    epoch = -(-n // batch_size)
    return n_cycles * epoch * -(-2 * n_s // epoch)
