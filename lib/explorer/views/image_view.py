"""One image through the network: change it, and see which units answer and what they vote for."""

from html import escape
from typing import Any

import ipywidgets
import numpy as np

from explorer import one_image, pictures, wide_network
from explorer.data import Data
from explorer.one_image import Edit, Reading
from explorer.retrain import Result
from explorer.views import parts
from explorer.views.retrain_view import RetrainView
from explorer.wide_network import Wide
from explorer.worker import Check, Worker
from twolayer.arrays import Floats

COLOURS = {
    "black": (0, 0, 0),
    "white": (255, 255, 255),
    "red": (200, 30, 30),
    "green": (30, 140, 40),
    "blue": (30, 80, 200),
}
SHOWN = 256  # points of the picture's side
PATCHES = one_image.SIDE // one_image.PATCH
STRONGEST = 6  # units that are listed


class ImageView:
    """The widgets of one image, on its way through the network that a RetrainView shows, and through a wide one."""

    def __init__(self, data: Data, network: RetrainView) -> None:
        """Make the widgets; the network is the one that is shown now, and each one after it."""
        self.data, self.network = data, network
        self.wide: Wide | None = None
        self.paint: dict[tuple[int, int], tuple[int, int, int]] = {}
        self.worker = Worker(self._failed)
        self.number = parts.slider("test image", 0, 0, len(data.split.y_test) - 1, 1, "Number of the test image")
        self.right = parts.slider("shift right", 0, -8, 8, 1, "Pixels to the right; negative ones to the left")
        self.down = parts.slider("shift down", 0, -8, 8, 1, "Pixels down; negative ones up")
        self.brighten = parts.slider("brighten", 0, -120, 120, 10, "Levels that are added to each pixel")
        self.flip = ipywidgets.Checkbox(False, description="mirrored", indent=False, tooltip="Mirror the image")
        self.colour = ipywidgets.Dropdown(
            options=[*COLOURS],
            description="brush",
            tooltip="Colour to paint with",
            style=parts.NAMED,
            layout=parts.WIDE,
        )
        for control in (self.number, self.right, self.down, self.brighten, self.flip):
            control.observe(lambda _: self.look(), "value")
        self.number.observe(lambda _: self.paint.clear(), "value")
        self.picture, self.answer, self.units = parts.text(), parts.text(live=True), parts.text()
        self.train = parts.button("Train the wide network", "About ten seconds on two idle cores", self._train)
        self.stop = parts.button("Stop", "Stop the training of the wide network", self.worker.stop, disabled=True)
        self.status = parts.text(live=True)
        network.watchers.append(lambda result: self.look())
        self.look()

    def display(self) -> None:
        """Show all widgets."""
        controls = (
            parts.sentence("<b>The image</b>: one that no network here was trained on."),
            self.number,
            self._canvas(),
            parts.row(
                parts.button("Next mistake", "Go to the next image that the network gets wrong", self._next_mistake),
                parts.button("As it was", "Undo all changes of the image", self._undo),
            ),
            parts.sentence("<b>Change it</b>: does the network still know it?"),
            *(self.right, self.down, self.brighten, self.flip),
            parts.sentence("<b>Paint over it</b>: choose a colour, and click on the picture, or press Tab and Space."),
            self.colour,
        )
        seen = (
            self.answer,
            self.units,
            parts.sentence(
                f"<b>A wide network</b>: {wide_network.N_HIDDEN} units, trained on more images with what the report's "
                "seventh notebook adds. How does it decide?"
            ),
            parts.row(self.train, self.stop),
            self.status,
        )
        parts.show(parts.beside(controls, seen))

    def look(self) -> None:
        """Show the image, and what each network makes of it."""
        image = self._edit().apply(self._image())
        truth = self.data.split.class_names[self.data.split.y_test[self.number.value]]
        self.picture.value = pictures.picture(image, f"Test image {self.number.value}, as changed: {truth}", SHOWN)
        result = self.network.result
        if result is None:
            self.answer.value = "<p>The first network is still being trained.</p>"
            return
        basis = self.data.basis
        readings = {f"{result.settings.n_hidden} units": self._read(image, result.params, basis)}
        shown = self._units(next(iter(readings.values())), result)
        if self.wide is not None:
            wide = self._read(image, self.wide.params, self.wide.basis)
            readings[f"{wide_network.N_HIDDEN} units"] = wide
            with_wide = self.wide.basis @ self.wide.params.W1[:, wide.strongest(STRONGEST)]
            shown += self._strongest(wide, with_wide, "wide network")
        self.answer.value = f"{parts.mark(self.data.marked)}<p>The truth: <b>{escape(truth)}</b></p>" + _beside(
            self._probabilities(reading, name) for name, reading in readings.items()
        )
        self.units.value = shown

    def _image(self) -> Any:
        return self.data.test_images.picture(self.number.value)

    def _edit(self) -> Edit:
        return Edit(self.right.value, self.down.value, self.flip.value, self.brighten.value, dict(self.paint))

    def _read(self, image: Any, params: Any, basis: Floats) -> Reading:
        return one_image.read(one_image.projected(self.data, image, basis), params)

    def _probabilities(self, reading: Reading, name: str) -> str:
        named = dict(zip(self.data.split.class_names, map(float, reading.probabilities), strict=True))
        best = max(named, key=lambda each: named[each])
        return pictures.bars(named, 1, f"With {name}: {best}")

    def _units(self, reading: Reading, result: Result) -> str:
        W = self.data.in_pixels(result.params.W1)
        lit = reading.hidden / (reading.hidden.max() or 1)
        alt = f"The pictures of the {len(lit)} hidden units; those that do not answer are grey."
        active = int((reading.hidden > 0).sum())
        said = f"<p>{active} of {len(lit)} units answer; each is as bright as its activation</p>"
        mosaic = pictures.picture(pictures.mosaic(pictures.lit(pictures.weights(W), lit)), alt, 420)
        return said + mosaic + self._strongest(reading, W[:, reading.strongest(STRONGEST)], "network above")

    def _strongest(self, reading: Reading, W: Floats, name: str) -> str:
        """Return the units that decide most, with their pictures W (3072, k)."""
        names = np.array(self.data.split.class_names)
        rows = []
        for unit, shown in zip(reading.strongest(STRONGEST), pictures.weights(W), strict=True):
            votes = reading.votes[unit]
            rows.append(
                f"<tr><td>{pictures.picture(shown, f'What unit {unit + 1} looks for', 40)}</td>"
                f"<td>{reading.hidden[unit]:.2f}</td>"
                f"<td>{escape(str(names[votes.argmax()]))} {_signed(votes.max())}</td>"
                f"<td>{escape(str(names[votes.argmin()]))} {_signed(votes.min())}</td></tr>"
            )
        head = "<th scope='col'>looks for</th><th scope='col'>answers</th>"
        head += "<th scope='col'>most for</th><th scope='col'>most against</th>"
        caption = f"The {len(rows)} units of the {name} that decide most here"
        return f'<table class="units"><caption>{caption}</caption><thead><tr>{head}</tr></thead>{"".join(rows)}</table>'

    def _canvas(self) -> Any:
        """Return the picture below a grid of buttons that one cannot see: each paints its patch."""
        size = f"{SHOWN // PATCHES}px"
        small = ipywidgets.Layout(width=size, height=size, margin="0", padding="0", border="none")
        clear = ipywidgets.ButtonStyle(button_color="transparent")
        patches = [
            ipywidgets.Button(layout=small, style=clear, tooltip=f"Paint row {i + 1}, column {j + 1}")
            for i, j in np.ndindex(PATCHES, PATCHES)
        ]
        for patch, place in zip(patches, np.ndindex(PATCHES, PATCHES), strict=True):
            patch.on_click(lambda _, place=place: self._touch(place))
        side = f"{SHOWN}px"
        over = {"grid_area": "1 / 1", "width": side, "height": side}  # both in the only place of the grid around them
        columns = {"grid_template_columns": f"repeat({PATCHES}, {size})"}
        grid = ipywidgets.GridBox(patches, layout={**over, **columns})
        self.picture.layout = {**over, "margin": "0"}
        canvas = ipywidgets.GridBox([self.picture, grid], layout={"width": side, "height": side, "overflow": "hidden"})
        canvas.add_class("canvas")
        return canvas

    def _touch(self, place: tuple[int, int]) -> None:
        """Paint a patch, or take the colour away that it has."""
        colour = COLOURS[self.colour.value]
        if self.paint.get(place) == colour:
            del self.paint[place]
        else:
            self.paint[place] = colour
        self.look()

    def _undo(self) -> None:
        self.paint.clear()
        self.right.value = self.down.value = self.brighten.value = 0
        self.flip.value = False
        self.look()

    def _next_mistake(self) -> None:
        if self.network.result is None:
            return
        predicted = one_image.predicted(self.data.rotated.X_test, self.network.result.params)
        wrong = np.flatnonzero(predicted != self.data.split.y_test)
        later = wrong[wrong > self.number.value]
        if len(wrong):
            self.number.value = int(later[0] if len(later) else wrong[0])

    def _train(self) -> None:
        self.train.disabled, self.stop.disabled = True, False
        self.status.value = "<p>The images are prepared …</p>"
        self.worker.submit(self._train_wide)

    def _train_wide(self, check: Check) -> None:
        try:
            self.wide = wide_network.train(self.data, check, self._tell)
            self.status.value = (
                f"<p>It is right on <b>{100 * self.wide.accuracy:.1f} %</b> of the validation images.</p>"
            )
            self.look()
        finally:
            self.train.disabled, self.stop.disabled = False, True

    def _tell(self, t: int, last: int) -> None:
        self.status.value = f"<p>Update {t:,} of {last:,} …</p>"

    def _failed(self, error: Exception) -> None:
        self.status.value = f"<p>{escape(str(error))}</p>"


def _signed(vote: float) -> str:
    """Return a number with its sign, a minus as print has it."""
    return f"{vote:+.2f}".replace("-", "−")


def _beside(tables: Any) -> str:
    return f'<div class="beside">{"".join(tables)}</div>'
