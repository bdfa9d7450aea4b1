"""Shift and mirror pictures: more images to train on, and several views of an image to classify.

A picture is a row of bytes as in a data set's files: its three colours one after the other, each a square, row by row.
It is moved as bytes and then standardised, and projected if the images are (`experiments.pca.lazily`).
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from twolayer.arrays import Floats, Integers, Pixels
from twolayer.checks import is_finite, require
from twolayer.images import Images


def moved(pixels: Pixels, down: Integers | int, right: Integers | int, mirrored: NDArray[np.bool_] | bool) -> Pixels:
    """Return pictures (n, d) mirrored left to right where asked, then shifted down and right by whole pixels.

    down, right and mirrored are (n,), or one for all. What a shift uncovers repeats the edge of the picture. Raises
    ValueError unless pictures are three squares.
    """
    n, d = pixels.shape
    side = math.isqrt(d // 3)
    require(d == 3 * side**2, "choose pictures of three colours, each a square of pixels", d=d)
    rows, columns = (_sources(shift, n, side) for shift in (down, right))
    columns = np.where(np.broadcast_to(mirrored, n)[:, None], side - 1 - columns, columns)
    sources = (rows[:, :, None] * side + columns[:, None, :]).reshape(n, side**2)
    found = np.empty((n, 3, side**2), np.uint8)
    for target, picture, source in zip(found, pixels.reshape(found.shape), sources, strict=True):
        np.take(picture, source, axis=1, out=target, mode="wrap")
    return found.reshape(n, d)


def _sources(shift: Integers | int, n: int, side: int) -> Integers:
    """Return the row or column of a picture that each one shows after a shift: (n, side)."""
    return np.clip(np.arange(side) - np.broadcast_to(shift, n)[:, None], 0, side - 1)


@dataclass(frozen=True)
class ShiftAndMirror:
    """Give it to a training as `augment`: it shifts each image by up to `most` pixels and mirrors every other one.

    All shifts down and right from −most to most are equally likely. Raises ValueError if most is not a whole number.
    """

    most: int = 2
    mirror: bool = True

    def __post_init__(self) -> None:
        """Check the setting."""
        whole = is_finite(self.most, 0) and self.most % 1 == 0
        require(whole, "choose a whole number of pixels, at least 0", most=self.most)

    def __call__(self, images: Images, rows: Integers, rng: np.random.Generator) -> Floats:
        """Return these rows of the images, moved by chance. Raises ValueError for images that have no pixels."""
        require(isinstance(images, Images), "give Images, whose pixels can be moved", augment=self)
        down, right = rng.integers(-self.most, self.most, (2, len(rows)), endpoint=True)
        pixels = images.pixels[images.rows[rows]]
        mirrored = self.mirror & (rng.random(len(rows)) < 0.5)
        return images.standardised(moved(pixels, down, right, mirrored))


def views(images: Images, shifts: Sequence[int] = (-2, 0, 2)) -> Iterator[Images]:
    """Yield the images shifted down and right by each pair of `shifts`, as they are and mirrored: 18 for three."""
    pixels = images.pixels[images.rows]
    for down, right, mirrored in product(shifts, shifts, (False, True)):
        yield replace(images, pixels=moved(pixels, down, right, mirrored), rows=np.arange(len(pixels)))
