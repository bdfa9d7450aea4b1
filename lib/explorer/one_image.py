"""One image through a network: the image is changed, and every unit says what it makes of it."""

from dataclasses import dataclass, field

import numpy as np

from explorer.data import Data
from twolayer import network
from twolayer.arrays import Floats, Integers, Pixels
from twolayer.images import Images
from twolayer.network import Parameters
from twolayer.runtime.threads import one_thread

SIDE = 32  # pixels of an image's side
PATCH = 4  # pixels of a painted patch's side


@dataclass(frozen=True)
class Edit:
    """What is done to an image, in this order.

    right, down : pixels by which it is shifted; its edge is repeated
    flip : whether it is mirrored
    brighten : levels, from −255 to 255, that are added to each pixel
    paint : (row, column) of patches → their colour (red, green, blue)
    """

    right: int = 0
    down: int = 0
    flip: bool = False
    brighten: int = 0
    paint: dict[tuple[int, int], tuple[int, int, int]] = field(default_factory=dict)

    def apply(self, picture: Pixels) -> Pixels:
        """Return a picture (32, 32, 3) changed."""
        places = np.arange(SIDE)
        rows, columns = (np.clip(places - shift, 0, SIDE - 1) for shift in (self.down, self.right))
        found: Pixels = picture[rows][:, columns]
        found = found[:, ::-1] if self.flip else found
        found = np.clip(found.astype(int) + self.brighten, 0, 255).astype(np.uint8)
        for (row, column), colour in self.paint.items():
            found[row * PATCH : (row + 1) * PATCH, column * PATCH : (column + 1) * PATCH] = colour
        return found


def projected(data: Data, picture: Pixels, basis: Floats) -> Floats:
    """Return a picture (32, 32, 3) as a network gets it: (1, r), standardised as the training images are."""
    with one_thread():
        X: Floats = data.test_images.standardised(picture.transpose(2, 0, 1).reshape(1, -1)) @ basis
    return X


@dataclass(frozen=True)
class Reading:
    """What a network makes of one image.

    hidden : (m,) activations
    probabilities : (c,)
    votes : (m, c) what each unit adds to the score of each class: its activation times its weight
    """

    hidden: Floats
    probabilities: Floats
    votes: Floats

    def strongest(self, k: int) -> list[int]:
        """Return the k units that decide most: whose votes differ most between the classes."""
        return [int(unit) for unit in np.argsort(-np.ptp(self.votes, axis=1), kind="stable")[:k]]


def read(x: Floats, params: Parameters) -> Reading:
    """Let a network look at one image x (1, r)."""
    with one_thread():
        H, P = network.forward(x, params)
    return Reading(H[0], P[0], H[0][:, None] * params.W2)


def predicted(X: Images | Floats, params: Parameters) -> Integers:
    """Return the most probable class of each image X (n, r): (n,)."""
    with one_thread():
        _, P = network.forward(np.asarray(X), params)
    return np.asarray(P.argmax(axis=1))
