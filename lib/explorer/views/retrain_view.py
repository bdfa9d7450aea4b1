"""A network that retrains while one drags: its settings, what it has learned, and two networks side by side."""

from collections.abc import Callable
from dataclasses import replace
from html import escape
from typing import Any

import ipywidgets

from explorer import pictures
from explorer.data import Data
from explorer.retrain import Diverged, Result, Retrainer
from explorer.settings import Settings
from explorer.views import parts

LAMS = (0, 1e-5, 1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3, 1)
ETAS = (0.001, 0.003, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1)
BATCHES = (10, 20, 50, 100, 200, 500)
IMAGES = (100, 200, 500, 1000, 2000, 5000, 10_000)
SYMBOLS = {
    "n_hidden": "hidden units",
    "lam": "λ",
    "eta_max": "η<sub>max</sub>",
    "n_s": "n<sub>s</sub>",
    "n_cycles": "cycles",
    "batch_size": "batch",
    "n_train": "images",
    "seed": "seed",
}


class RetrainView:
    """The widgets of a Retrainer."""

    def __init__(self, data: Data) -> None:
        """Make the widgets, and train the first network."""
        self.data = data
        self.result: Result | None = None
        self.pinned: dict[str, Result] = {}
        self.watchers: list[Callable[[Result], None]] = []
        self.engine = Retrainer(data, self._show, self._tell, self._failed)
        self.sliders = self._sliders()
        for slider in self.sliders.values():
            slider.observe(lambda _: self.engine.change(self.settings()), "value")
        self.longer = parts.slider("more cycles", 10, 4, 40, 1, "Cycles of the longer training")
        self.follow = parts.button(
            "Train longer", "Train these settings for more cycles, with live curves", self._follow
        )
        self.pause = parts.button("Pause", "Pause the training, or let it go on", self._pause, disabled=True)
        self.stop = parts.button("Stop", "Stop the training, and keep what it has learned", self._stop, disabled=True)
        self.status = parts.text(live=True)
        self.curves, self.units, self.confusion = parts.text(), parts.text(), parts.text()
        self.pins = {name: parts.text() for name in "AB"}
        self.code = ipywidgets.Textarea(layout={"width": "99%", "height": "260px"})
        self.code.description, self.code.style = "Code", {"description_width": "0px"}
        self.engine.change(self.settings())

    def settings(self) -> Settings:
        """Return what the sliders say."""
        return Settings(**{name: slider.value for name, slider in self.sliders.items()})

    def display(self) -> None:
        """Show all widgets."""
        controls = (
            parts.sentence("<b>The network</b>: how many features it can have, and how small they are kept."),
            *(self.sliders[name] for name in ("n_hidden", "lam")),
            parts.sentence("<b>The steps</b>: how far they go, how many there are, and on how many images each looks."),
            *(self.sliders[name] for name in ("eta_max", "n_s", "n_cycles", "batch_size")),
            parts.sentence("<b>The images</b> it learns from, and the chance in its start and their order."),
            *(self.sliders[name] for name in ("n_train", "seed")),
            parts.sentence("<b>For longer</b>: the same settings, more cycles, and you watch."),
            self.longer,
            parts.row(self.follow, self.pause, self.stop),
            parts.sentence("<b>Compare</b>: keep what is shown, and go on dragging."),
            parts.row(*(self._pin_button(name) for name in self.pins)),
        )
        seen = (
            self.status,
            self.curves,
            parts.row(parts.column(self.units), parts.column(self.confusion)),
        )
        parts.show(
            parts.beside(controls, seen),
            parts.row(*(parts.column(pin) for pin in self.pins.values())),
            parts.sentence("<b>Take it with you</b>: this cell gives the network shown above. Select all, and copy."),
            self.code,
        )

    def _sliders(self) -> dict[str, Any]:
        n = self.data.n_train
        images = [k for k in IMAGES if k < n] + [n]
        return {
            "n_hidden": parts.slider("hidden units m", 50, 10, 200, 10, "Number of hidden units"),
            "lam": parts.choice("penalty λ", 0.01, LAMS, "How strongly large weights are punished"),
            "eta_max": parts.choice("highest η", 0.1, ETAS, "The learning rate at the top of each cycle"),
            "n_s": parts.slider("half a cycle nₛ", 500, 50, 1000, 50, "Updates in half a cycle"),
            "n_cycles": parts.slider("cycles", 1, 1, 3, 1, "Cycles of the learning rate"),
            "batch_size": parts.choice("batch size", 100, BATCHES, "Images that each update looks at"),
            "n_train": parts.choice("images", n, images, "Number of training images"),
            "seed": parts.slider("seed", 1, 1, 20, 1, "Seed of the start and of the order of the images"),
        }

    def _follow(self) -> None:
        self.engine.follow(replace(self.settings(), n_cycles=self.longer.value))
        self._at_work(True)

    def _pause(self) -> None:
        worker = self.engine.worker
        (worker.resume if worker.paused else worker.pause)()
        self._at_work(True)
        if self.result is not None and self.result.kind == "live":
            self.status.value = self._says(in_words(self.result, worker.paused))

    def _stop(self) -> None:
        self.engine.worker.stop()

    def _at_work(self, whether: bool) -> None:
        self.pause.description = "Go on" if self.engine.worker.paused else "Pause"
        self.pause.disabled = self.stop.disabled = not whether

    def _tell(self, kind: str, t: int, last: int) -> None:
        self._at_work(True)
        if kind == "exact":
            previewed = self.result is not None and self.result.settings == self.settings()
            shown = "Preview" if previewed else "The pictures are those of the network before"
            self.status.value = self._says(f"{shown}. The exact network is at update {t:,} of {last:,} …")

    def _failed(self, error: Exception) -> None:
        self._at_work(False)
        said = escape(str(error))
        if isinstance(error, Diverged):
            self.curves.value = pictures.curves(error.rows, error.last)
            said += " The curves end there."
        self.status.value = self._says(f"{said} The pictures are those of the network before.")

    def _show(self, result: Result) -> None:
        self.result = result
        self._at_work(result.kind == "live")
        self.status.value = self._says(in_words(result, self.engine.worker.paused))
        self.curves.value = pictures.curves(result.rows, result.last)
        self.units.value = self._units(result)
        self.confusion.value = pictures.confusion(result.confusion, self.data.split.class_names)
        short = result.t if result.kind in ("live", "stopped") else None
        self.code.value = result.settings.code(self.data.code, self.data.basis.shape[1], short)
        for watcher in self.watchers:
            watcher(result)

    def _says(self, words: str) -> str:
        return f'{parts.mark(self.data.marked)}<p role="status">{words}</p>'

    def _units(self, result: Result) -> str:
        m = result.settings.n_hidden
        alt = f"The weights of the {m} hidden units, each as a small coloured picture."
        shown = pictures.units(self.data.in_pixels(result.params.W1), alt)
        return f"<p>What each of the {m} hidden units looks for</p>{shown}"

    def _pin_button(self, name: str) -> Any:
        return parts.button(f"Pin as {name}", f"Keep this network as {name}", lambda: self._pin(name))

    def _pin(self, name: str) -> None:
        if self.result is None:
            return
        self.pinned[name] = self.result
        for each, result in self.pinned.items():
            others = [other.settings for key, other in self.pinned.items() if key != each]
            self.pins[each].value = (
                f"<p><b>{each}</b>: {in_words(result)}<br>{listed(result.settings, others)}</p>"
                f"{pictures.curves(result.rows, result.last)}{self._units(result)}"
            )


def in_words(result: Result, paused: bool = False) -> str:
    """Return a sentence that says which network this is and how good it is."""
    done = f"{result.t:,} of {result.last:,}" if result.t < result.last else f"{result.t:,}"
    asked = result.settings.updates
    kinds = {
        "preview": f"Preview, {done} updates in place of {asked:,}",
        "exact": f"Exact: {done} updates in {result.seconds:.1f} s",
        "live": f"{'Paused' if paused else 'Training'}: {done} updates",
        "stopped": f"Stopped after {done} updates",
    }
    return f"{kinds[result.kind]}. It is right on <b>{100 * result.accuracy:.1f} %</b> of the validation images."


def listed(settings: Settings, others: list[Settings]) -> str:
    """Return the settings in a line, bold where another one differs."""

    def one(name: str, symbol: str) -> str:
        value = getattr(settings, name)
        said = f"{symbol} = {parts.number(value)}"
        return f"<b>{said}</b>" if any(getattr(other, name) != value for other in others) else said

    return ", ".join(one(name, symbol) for name, symbol in SYMBOLS.items())
