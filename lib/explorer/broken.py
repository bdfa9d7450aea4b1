"""Train with a bug of the zoo, beside the right network: what its curves show, and what the gradient check says."""

from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd

from explorer.data import Data
from explorer.settings import Settings
from explorer.worker import Check
from twolayer import network, sgd, training
from twolayer.arrays import Floats, Integers
from twolayer.experiments import bug_zoo
from twolayer.experiments.bug_zoo import Bug
from twolayer.network import Parameters
from twolayer.sgd import Descent

SEEN = 1_000  # images of each split on which the curves are measured
POINTS = 40  # of a curve
TINY = 10  # pixels, images, hidden units and classes of the gradient check, so that no shape gives a bug away
GAP = "The shapes do not fit: NumPy itself finds this bug, unless there are as many hidden units as images in a batch."


class ByFormula(Descent):
    """A network that descends along the gradients of a module like `network`."""

    def __init__(self, params: Parameters, lam: float | Floats, module: ModuleType) -> None:
        """Copy the parameters."""
        super().__init__(params, lam)
        self.module = module

    def step(self, X: Floats, y: Integers, eta: float | Floats, mask: Floats | None = None) -> None:
        """Update the network on images X (n, d), classes y (n,)."""
        slopes = self.module.gradients(X, y, self.params(), float(self.lam[0]))
        for theta, slope in zip(self.arrays(), slopes, strict=True):
            theta -= eta * slope


@dataclass(frozen=True)
class Outcome:
    """What a training with a bug has come to.

    rows : as those of a training.History, measured by the network with the bug, as its author would
    accuracy : on SEEN validation images after the last update
    why : why the training ended before its end, or ""
    """

    rows: list[dict[str, Any]]
    accuracy: float
    why: str


def train(data: Data, settings: Settings, bug: Bug, check: Check) -> Outcome:
    """Train with a bug; check() is called before each update, and what it raises ends the training.

    Raises bug_zoo.NotApplicable if the bug does not fit an edited source.
    """
    module, model, last = bug_zoo.broken(bug), settings.classifier(), settings.updates
    formula: Any = module if bug.module is network else network
    X, y = data.train(settings.n_train)
    X_validation, y_validation = data.rotated.X_validation, data.rotated.y_validation
    parts = {"train": (X[:SEEN], y[:SEEN]), "validation": (X_validation[:SEEN], y_validation[:SEEN])}
    every = -(-last // POINTS)
    rows: list[dict[str, Any]] = []

    def record(t: int, descent: Descent) -> None:
        check()
        if t % every and t != last:
            return
        params = descent.params()
        for split, (images, classes) in parts.items():
            _, P = formula.forward(images, params)
            row: dict[str, Any] = {"update": t, "eta": float(model.eta(t)), "split": split}
            row["loss"] = float(formula.cross_entropy(P, classes))
            rows.append({**row, "accuracy": float((P.argmax(axis=1) == classes).mean())})

    def descend(params: Parameters, lam: float | Floats) -> Descent:
        return ByFormula(params, lam, module) if formula is module else module.Descent(params, lam)

    rng = np.random.default_rng(settings.seed)
    first = network.initialise(X.shape[1], settings.n_hidden, data.rotated.n_classes, rng, X.dtype)
    how: dict[str, Any] = {"lam": settings.lam, "eta": model.eta, "batch_size": settings.batch_size}
    why = ""
    try:
        training.train(X, y, first, **how, n_updates=last, rng=rng, descend=descend, record=record)
    except training.TrainingDiverged as error:
        what, _ = error.args
        why = f"{what}."  # what it advises would not mend the bug
    except (ValueError, IndexError):  # of NumPy
        why = GAP
    return Outcome(rows, rows[-1]["accuracy"] if rows else float("nan"), why)


def gradient_check(data: Data, bug: Bug, lam: float) -> pd.DataFrame:
    """Return the row of `bug_zoo.examine` for a bug and λ, on a network so small that every matrix is square."""
    X = np.asarray(data.split.X_train[:TINY])[:, :TINY].astype(np.float64)
    start = bug_zoo.start(TINY, TINY, TINY, np.random.default_rng(3))
    examined = bug if bug.patches else bug._replace(module=sgd)
    return bug_zoo.examine([examined], X, data.split.y_train[:TINY], start, lam)
