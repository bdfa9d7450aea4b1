"""The training loop in slow motion: one update at a time, and all that happens in it."""

from itertools import islice

import numpy as np

from explorer import pictures, slow_motion
from explorer.data import Data
from explorer.settings import Settings
from explorer.slow_motion import Step
from explorer.views import parts

N_HIDDEN = 20  # few enough to look at each
SHOWN = 20  # images of the batch


class MotionView:
    """The widgets of the loop in slow motion."""

    def __init__(self, data: Data) -> None:
        """Make the widgets, and begin before the first update."""
        self.data = data
        self.eta_max = parts.choice(
            "highest η", 0.1, (0.01, 0.03, 0.1, 0.3, 1), "The learning rate at the top of a cycle"
        )
        self.n_s = parts.slider("half a cycle nₛ", 50, 10, 200, 10, "Updates in half a cycle")
        self.batch_size = parts.choice("batch size", 20, (1, 5, 20, 100), "Images that an update looks at")
        self.controls = [self.eta_max, self.n_s, self.batch_size]
        for control in self.controls:
            control.observe(lambda _: self.restart(), "value")
        self.words, self.rate, self.batch = parts.text(live=True), parts.text(), parts.text()
        self.gradient, self.weights = parts.text(), parts.text()
        self.restart()

    def display(self) -> None:
        """Show all widgets."""
        controls = (
            parts.sentence(
                "<b>The loop</b>: each update takes the next images, finds the slope, and goes a step down."
            ),
            parts.row(
                parts.button("One update", "Make one update", lambda: self.forward(1)),
                parts.button("Ten updates", "Make ten updates", lambda: self.forward(10)),
                parts.button("Start again", "Begin with a new network", self.restart),
            ),
            parts.sentence("<b>How far it goes</b>: a change begins anew, before the first update."),
            *self.controls,
            self.rate,
            self.batch,
        )
        seen = (
            self.words,
            parts.row(parts.column(self.gradient), parts.column(self.weights)),
        )
        parts.show(parts.beside(controls, seen))

    def settings(self) -> Settings:
        """Return what the controls say."""
        n = self.data.n_train
        chosen = {"eta_max": self.eta_max.value, "n_s": self.n_s.value, "batch_size": self.batch_size.value}
        return Settings(n_hidden=N_HIDDEN, lam=0.0, n_train=n, **chosen)

    def restart(self) -> None:
        """Begin anew, before the first update."""
        self.steps = slow_motion.steps(self.data, self.settings())
        self.words.value = self._says("Nothing has been learnt yet: make an update.")
        self.rate.value = self._triangle(None)
        for empty in (self.batch, self.gradient, self.weights):
            empty.value = ""

    def forward(self, n: int) -> None:
        """Make n updates, and show the last one."""
        *_, step = islice(self.steps, n)
        self.words.value = self._says(in_words(step))
        self.rate.value = self._triangle(step)
        self.batch.value = self._images(step)
        slope = pictures.units(self.data.in_pixels(step.gradients.W1), "The gradient of each unit's weights", 300)
        self.gradient.value = f"<p>The slope ∂J/∂W₁: −η times it is added …</p>{slope}"
        after = pictures.units(self.data.in_pixels(step.params.W1), "The weights of each unit after the update", 300)
        self.weights.value = f"<p>… to the weights W₁, which are now</p>{after}"

    def _says(self, words: str) -> str:
        return f'{parts.mark(self.data.marked)}<p role="status">{words}</p>'

    def _triangle(self, step: Step | None) -> str:
        settings = self.settings()
        return pictures.triangle(settings.classifier().eta, 2 * settings.n_s, None if step is None else step.t)

    def _images(self, step: Step) -> str:
        images = [self.data.train_images.picture(int(i)) for i in step.rows[:SHOWN]]
        shown = pictures.mosaic(np.stack(images), columns=min(10, len(images)), paper=255)
        names = ", ".join(self.data.split.class_names[k] for k in self.data.split.y_train[step.rows[:SHOWN]])
        n = len(step.rows)
        said = f"{SHOWN} of the {n} images of this update" if n > SHOWN else f"Images of this update: {n}"
        return f"<p>{said}</p>{pictures.picture(shown, f'Images of the batch: {names}', 32 * min(10, len(images)))}"


def in_words(step: Step) -> str:
    """Return a sentence about an update."""
    change = step.after - step.before
    went = "down" if change < 0 else "up"
    return (
        f"<b>Update {step.t + 1}</b>, η = {step.eta:.2g}. The cost J of its own images was {step.before:.3f} "
        f"and is {step.after:.3f} after the step: {went} by {abs(change):.3f}."
    )
