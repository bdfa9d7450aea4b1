"""A wide network in blocks of hidden units, which threads update side by side."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from twolayer.arrays import Floats
from twolayer.network import Parameters
from twolayer.runtime.threads import Map
from twolayer.sgd import Descent

WIDE = 512  # hidden units, above which a network is divided
BLOCK = 1024  # hidden units of a block, at most: its weights stay in the cache


class Wide(Descent):
    """One network, whose hidden units are divided into blocks: each is a Descent, and their scores are added up.

    All blocks have a copy of b₂, which moves alike in each. The width alone says where blocks begin, so that the number
    of threads changes no bit.
    """

    def __init__(
        self,
        params: Parameters,
        lam: float | Floats,
        descend: Callable[[Parameters, float | Floats], Descent],
        map: Map,
    ) -> None:
        """Copy the parameters block by block; descend(params, lam) makes each, map(f, blocks) may use threads."""
        W1, b1, W2, self.b2 = params
        n_blocks = 2 * -(-len(b1) // (2 * BLOCK))  # an even number, for two cores
        bounds = np.arange(n_blocks + 1) * len(b1) // n_blocks
        self.parts = [slice(*ends) for ends in pairwise(bounds)]
        self.blocks = [descend(Parameters(W1[:, part], b1[part], W2[part], self.b2), lam) for part in self.parts]
        self.stack, self.targets, self.map = (), self.blocks[0].targets, map

    def forward(self, X: Floats, mask: Floats | None) -> tuple[Any, Floats]:
        """Return the activations of each block (n, m), and the scores (c, n) without b₂."""
        found = self.map(lambda block, part: block.forward(X, _of(mask, part)), self.blocks, self.parts)
        H, S = zip(*found, strict=True)
        return H, sum(S)

    def move(self, X: Floats, H: Any, G2: Floats, mask: Floats | None, eta: Floats) -> None:
        """Update all parameters; G2 (c, n) is P − T."""
        moves = self.map(lambda block, H, part: block.move(X, H, G2, _of(mask, part), eta), self.blocks, H, self.parts)
        list(moves)
        self.b2 = self.blocks[0].b2

    def params(self) -> Parameters:
        """Return a copy of the parameters, in the shapes that they came in."""
        W1, b1, W2, b2 = zip(*(block.params() for block in self.blocks), strict=True)
        return Parameters(np.hstack(W1), np.hstack(b1), np.vstack(W2), b2[0])


def _of(mask: Floats | None, part: slice) -> Floats | None:
    return None if mask is None else mask[:, part]
