"""Train the network of some settings, again and again: first a preview where the training is long, then the training.

Nothing here knows of widgets. `Retrainer` works in a thread of its own and hands out what is to be shown.
"""

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from sklearn.metrics import confusion_matrix

from explorer.data import Data
from explorer.settings import Settings
from explorer.worker import Cancelled, Check, Worker
from twolayer import network, training
from twolayer.arrays import Integers
from twolayer.network import Parameters
from twolayer.runtime.threads import one_thread
from twolayer.sgd import Descent

POINTS = 40  # of a curve
SEEN = 1_000  # images of each split on which the curves are measured
AT_ONCE = 1.0  # seconds: a training that takes longer is preceded by a preview
PREVIEW = 0.25  # seconds that a preview takes, about: it is not cancelled, so that pictures follow a drag
BETWEEN = 0.4  # seconds between two pictures of a training that one watches


Watch = Callable[[int, training.History, Descent], None]


@dataclass(frozen=True)
class Result:
    """A network, and how it got there.

    kind : "preview" of a longer training, "exact", "live" if the training goes on, or "stopped"
    settings : what was asked for; t, last : updates made, and to make
    rows : rows of a training.History, on SEEN images of each split
    params : the network, on principal components
    accuracy : on all validation images; confusion (c, c) are their counts, rows the true classes
    seconds : how long the training has taken
    """

    kind: Literal["preview", "exact", "live", "stopped"]
    settings: Settings
    t: int
    last: int
    rows: list[dict[str, Any]]
    params: Parameters
    accuracy: float
    confusion: Integers
    seconds: float


class Diverged(training.TrainingDiverged):
    """A training whose cost is no longer finite.

    rows : those of its History until then; last : the updates that it was to make
    """

    def __init__(self, what: str, rows: list[dict[str, Any]], last: int) -> None:
        """Keep what can be shown of it, and name the sliders that end it."""
        super().__init__(what, "lower the highest η, or the penalty λ")
        self.rows, self.last = rows, last


def train(data: Data, settings: Settings, watch: Watch) -> tuple[Parameters, training.History]:
    """Train the network of the settings, to the last bit that of `settings.classifier()`; return it and its history.

    watch(t, history, descent) is called with the start as t = 0, then after each update; what it raises ends the
    training. Raises Diverged.
    """
    model, last = settings.classifier(), settings.updates
    X, y = data.train(settings.n_train)
    rotated = data.rotated
    splits = {"train": (X, y), "validation": (rotated.X_validation, rotated.y_validation)}
    seen = {name: (X[:SEEN], y[:SEEN]) for name, (X, y) in splits.items()}
    history = training.History(seen, settings.lam, model.eta, -(-last // POINTS), last)
    rng = np.random.default_rng(settings.seed)
    start = network.initialise(X.shape[1], settings.n_hidden, rotated.n_classes, rng, X.dtype)

    def record(t: int, descent: Descent) -> None:
        history.record(t, descent)
        watch(t, history, descent)

    how: dict[str, Any] = {"lam": settings.lam, "eta": model.eta, "batch_size": settings.batch_size}
    try:
        return training.train(X, y, start, **how, n_updates=last, rng=rng, record=record), history
    except training.TrainingDiverged as error:
        what, _ = error.args
        raise Diverged(what, [row for row in history.rows if np.isfinite(row["loss"])], last) from error


def confusion(data: Data, params: Parameters) -> Integers:
    """Return the counts of the validation images (c, c): rows the true classes, columns the predicted ones."""
    with one_thread():  # a second one would wait for a core that others use
        _, P = network.forward(np.asarray(data.rotated.X_validation), params)
    classes = range(data.rotated.n_classes)
    return np.asarray(confusion_matrix(data.rotated.y_validation, P.argmax(axis=1), labels=classes))


class Speed:
    """How long a training takes, learnt from the trainings before it."""

    seconds = 2e-4  # of an update's cost of 1

    def cost(self, settings: Settings) -> float:
        """Return the cost of a training: an update's own, and that of its products, measured on two machines."""
        return settings.updates * (1 + settings.batch_size * settings.n_hidden / 8600)

    def expect(self, settings: Settings) -> float:
        """Return the seconds that a training will take."""
        return self.seconds * self.cost(settings)

    def learn(self, settings: Settings, seconds: float) -> None:
        """Take note of the seconds that a training took."""
        self.seconds = seconds / self.cost(settings)


class Retrainer:
    """Trains in the background what it is asked for, and hands out what there is to see."""

    def __init__(
        self,
        data: Data,
        show: Callable[[Result], None],
        tell: Callable[[str, int, int], None],
        failed: Callable[[Exception], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start the thread, from which all are called: show(result), tell(kind, t, last), failed(error)."""
        self.data, self.show, self.tell, self.clock = data, show, tell, clock
        self.speed, self.worker = Speed(), Worker(failed)

    def change(self, settings: Settings) -> None:
        """Train other settings: a preview first if the training is long. What is under way is cancelled."""
        self.worker.submit(lambda check: self._retrain(settings, check))

    def follow(self, settings: Settings) -> None:
        """Train for long, and show the network again and again as it trains. What is under way is cancelled."""
        self.worker.submit(lambda check: self._train("live", settings, settings, check))

    def _retrain(self, settings: Settings, check: Check) -> None:
        expected = self.speed.expect(settings)
        if expected > AT_ONCE:
            short = settings.shortened(round(settings.updates * PREVIEW / expected))
            with contextlib.suppress(Diverged):  # which says nothing of the training itself: its η climbs less steeply
                self._train("preview", settings, short, lambda: None)
        self._train("exact", settings, settings, check)

    def _train(self, kind: Any, asked: Settings, settings: Settings, check: Check) -> None:
        """Train `settings`, and show the result as that of the settings that were asked for."""
        start = shown = self.clock()

        def result(kind: Any, t: int, history: training.History, params: Parameters) -> Result:
            counts = confusion(self.data, params)
            accuracy, taken = float(np.trace(counts) / counts.sum()), self.clock() - start
            return Result(kind, asked, t, settings.updates, list(history.rows), params, accuracy, counts, taken)

        def watch(t: int, history: training.History, descent: Descent) -> None:
            nonlocal shown
            try:
                check()
            except Cancelled:
                if kind == "live":
                    self.show(result("stopped", t, history, descent.params()))
                raise
            if kind == "preview" or t == settings.updates or self.clock() < shown + BETWEEN:
                return
            self.tell(kind, t, settings.updates)
            if kind == "live":
                self.show(result("live", t, history, descent.params()))
            shown = self.clock()

        params, history = train(self.data, settings, watch)
        self.speed.learn(settings, self.clock() - start)
        self.show(result("preview" if kind == "preview" else "exact", settings.updates, history, params))
