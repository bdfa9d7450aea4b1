"""Break it: switch on a bug, and see how the curves, the gradient check and the accuracy change."""

from collections.abc import Mapping
from html import escape
from typing import Any

import ipywidgets

from explorer import broken, pictures
from explorer.broken import Outcome
from explorer.data import Data
from explorer.settings import Settings
from explorer.views import parts
from explorer.worker import Check, Worker
from twolayer.experiments import bug_zoo
from twolayer.experiments.bug_zoo import NO_BUG, THRESHOLD, Bug, NotApplicable

BUGS: Mapping[str, Bug] = {"no bug": NO_BUG, **{bug.name: bug for bug in bug_zoo.BUGS}}


class BugView:
    """The widgets of the zoo: the network without a bug, and beside it the same with one."""

    def __init__(self, data: Data) -> None:
        """Make the widgets, and train the network without a bug."""
        self.data, self.settings = data, Settings(n_train=data.n_train, n_s=250)
        self.right: Outcome | None = None
        self.bug = ipywidgets.Dropdown(
            options=[*BUGS], description="bug", tooltip="The bug that is switched on", layout=parts.WIDE
        )
        self.lam = parts.choice("penalty λ", 0.01, (0, 0.001, 0.01, 0.1), "How strongly large weights are punished")
        for control in (self.bug, self.lam):
            control.observe(lambda _: self.change(), "value")
        self.status, self.patch, self.check = parts.text(live=True), parts.text(), parts.text()
        self.sides = [parts.text(), parts.text()]
        self.worker = Worker(self._failed)
        self.change()

    def display(self) -> None:
        """Show all widgets."""
        controls = (
            parts.sentence("<b>The bug</b>: one that people really make, put into a copy of the library's source."),
            self.bug,
            self.patch,
            parts.sentence("<b>The penalty</b>: without it, some bugs have nothing to show."),
            self.lam,
            self.check,
        )
        seen = (self.status, *self.sides)
        parts.show(parts.beside(controls, seen))

    def change(self) -> None:
        """Train the network that is chosen, with its bug and without."""
        bug = BUGS[self.bug.value]
        settings = Settings(n_train=self.settings.n_train, n_s=self.settings.n_s, lam=self.lam.value)
        self.status.value = "<p role='status'>Training …</p>"
        self.patch.value = _changes(bug)
        self.worker.submit(lambda check: self._compare(bug, settings, check))

    def _compare(self, bug: Bug, settings: Settings, check: Check) -> None:
        if self.right is None or settings != self.settings:
            self.right, self.settings = broken.train(self.data, settings, NO_BUG, check), settings
            self.sides[0].value = _shown("Without a bug", self.right, settings.updates)
        outcome = self.right if bug is NO_BUG else broken.train(self.data, settings, bug, check)
        self.sides[1].value = "" if bug is NO_BUG else _shown(bug.name, outcome, settings.updates)
        gap = f"; without the bug, on <b>{100 * self.right.accuracy:.1f} %</b>" if bug is not NO_BUG else ""
        self.status.value = (
            f'{parts.mark(self.data.marked)}<p role="status">{escape(outcome.why)} It seems to be right on '
            f"<b>{100 * outcome.accuracy:.1f} %</b> of the validation images{gap}.</p>"
        )
        check()
        self.check.value = _checked(broken.gradient_check(self.data, bug, settings.lam))

    def _failed(self, error: Exception) -> None:
        said = "This bug does not fit the library's source, which has been edited." * isinstance(error, NotApplicable)
        self.status.value = f"<p role='status'>{escape(said or str(error))}</p>"


def _shown(title: str, outcome: Outcome, last: int) -> str:
    return f"<p><b>{escape(title)}</b></p>{pictures.curves(outcome.rows, last)}"


def _changes(bug: Bug) -> str:
    """Return what a bug changes in the source."""
    lines = [
        f"<p>In <code>{escape(patch.function)}</code>: <code>{escape(patch.old.strip())}</code> becomes "
        f"<code>{escape(patch.new.strip()) or 'nothing'}</code></p>"
        for patch in bug.patches
    ]
    return "".join(lines)


def _checked(table: Any) -> str:
    """Return the verdict of the gradient check, a row of `bug_zoo.examine`."""
    (row,) = table.to_dict("records")
    words = {"both": "Both checks catch it", "neither": "No check sees anything wrong"}
    verdict = words.get(row["caught by"], f"Caught by {row['caught by']} alone")
    errors = "".join(
        f"<tr><th scope='row'>{name}</th><td>{f'{row[name]:.0e}' if row[name] == row[name] else 'not there'}</td></tr>"
        for name in bug_zoo.CHECKS
    )
    wrong = f", in {escape(row['parameter'])}" if row["parameter"] else ""
    return (
        f"<p><b>The gradient check</b>: {verdict}{wrong}.</p><table class='grid bars'><caption>Norm-wise error of the "
        f"gradient, wrong from {THRESHOLD:.0e}</caption>{errors}</table>"
    )
