"""Shift and mirror pictures: more images to train on, and several views of an image to classify.

A picture is a row of bytes as in a data set's files: its three colours one after the other, each a square, row by row.
It is moved as bytes and then standardised, and projected if the images are (`experiments.pca.project_on_reading`).
"""

import math
from collections.abc import Collection, Iterator, Sequence
from copy import copy
from dataclasses import dataclass, replace
from itertools import product
from typing import Self

import numpy as np
from numpy.typing import NDArray

from twolayer.arrays import Floats, Integers, Pixels
from twolayer.images import Images
from twolayer.runtime.checks import is_finite, require
from twolayer.runtime.threads import parallel

CHUNK = 500  # images of which all views are made together


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


def views(
    images: Images, shifts: Sequence[int] = (-2, 0, 2), mirrored: Sequence[bool] = (False, True)
) -> Iterator[Images]:
    """Yield the images shifted down and right by each pair of `shifts`, as they are and mirrored: 18 for three."""
    pixels = images.pixels[images.rows]
    for down, right, mirror in product(shifts, shifts, mirrored):
        yield replace(images, pixels=moved(pixels, down, right, mirror), rows=np.arange(len(pixels)))


class OneOfTheViews:
    """Give it to a training as `augment`: each image is shown as one of its `views`, all equally likely.

    It draws from fewer ways to move an image than `ShiftAndMirror`, but moves and projects all images once, before the
    training, where that takes most of the time. Kept in half precision, 45,000 images in 18 views and on 256 components
    need 0.4 GB.
    """

    def __init__(self, images: Images, shifts: Sequence[int] = (-2, 0, 2), mirrored: Sequence[bool] = (False, True)):
        """Make the views of all images, on which the training is then to take place."""
        self.moves = list(product(shifts, shifts, mirrored))
        self.views = np.empty((len(self.moves), *images.shape), np.float16)

        def make(start: int) -> None:
            part = slice(start, start + CHUNK)
            for i, view in enumerate(views(replace(images, rows=images.rows[part]), shifts, mirrored)):
                self.views[i, part] = view[:]

        with parallel() as map:
            list(map(make, range(0, len(images), CHUNK)))
        self.shown = np.arange(len(self.moves))

    def only(self, shifts: Collection[int], mirrored: Collection[bool]) -> Self:
        """Return the same for the views with these shifts, mirrored or not; none is made again.

        Raises ValueError if there is no such view.
        """
        chosen = [down in shifts and right in shifts and mirror in mirrored for down, right, mirror in self.moves]
        require(any(chosen), "choose shifts and mirrorings of which there are views", shifts=shifts, mirrored=mirrored)
        fewer = copy(self)
        fewer.shown = np.flatnonzero(chosen)
        return fewer

    def __call__(self, X: Images | Floats, rows: Integers, rng: np.random.Generator) -> Floats:
        """Return one view of each of these rows. Raises ValueError if X has another number of images or of numbers."""
        fits = X.shape == self.views.shape[1:]
        require(fits, f"train on images of the shape {self.views.shape[1:]}, of which these are the views", X=X.shape)
        return self.views[rng.choice(self.shown, len(rows)), rows].astype(np.float32)

    def __deepcopy__(self, memo: object) -> Self:
        """Return itself: scikit-learn's `clone` copies settings, but these views never change."""
        return self
