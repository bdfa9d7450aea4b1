"""The learning rate η as a function of the update number t."""

import numpy as np


def cyclical(t, n_s, eta_min, eta_max):
    """Return η at update t: up linearly for n_s updates, down for n_s, and again.

    Shapes follow NumPy's broadcasting; a cycle lasts 2 n_s updates. Source: the triangular policy
    of L. N. Smith, "Cyclical learning rates for training neural networks", 2017.
    """
    height = 1 - np.abs(np.mod(t / n_s, 2) - 1)
    return eta_min + height * (eta_max - eta_min)


def updates(n_cycles, n_s):
    """Return the number of updates in n_cycles whole cycles."""
    return 2 * n_s * n_cycles


def updates_in_whole_epochs(n_cycles, n_s, n, batch_size):
    """Return the number of updates when each cycle is rounded up to whole epochs over n images.

    The published report trained like this. The learning rate goes on cycling meanwhile, so training stops a little
    way into the next cycle.
    """
    epoch = -(-n // batch_size)
    return n_cycles * epoch * -(-2 * n_s // epoch)
