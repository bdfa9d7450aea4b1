"""What is wrong with a report's texts, said before its notebooks run: a wrong label costs a second, not the whole run.

All texts but those that code writes are known beforehand: they are typeset with stand-ins for the outputs.
"""

import copy
import re
from collections.abc import Iterable

from nbformat import NotebookNode
from nbformat.v4 import new_output

from notebook_report.cells import cell_options, image_checks, outputs
from notebook_report.document.crossref import Numbers
from notebook_report.document.preprocess import Select, Typeset, number, read
from notebook_report.notebooks import place_of

FIGURE = {outputs.SVG: f'<svg xmlns="{image_checks.SPACE}"/>'}
TABLE = {outputs.TABLE: "<table><tr><td>1</td></tr></table>"}
EQUATION = re.compile(r"\\label\s*\{+([\w.:-]+)\}")


def rehearse(nb: NotebookNode) -> None:
    """Typeset the notebook, merged and not executed, for both targets. Raises NotebookError or ReportError.

    An equation that code writes may be referred to if its label stands in the code as it is.
    """
    nb = _with_stand_ins(nb)
    for target in ("html", "typst"):
        told, _ = Select().preprocess(copy.deepcopy(nb), {})
        Typeset(target=target).preprocess(told, {})


def numbered(nb: NotebookNode) -> Numbers:
    """Return the numbers that the parts of a notebook, merged and not executed, will have. Raises NotebookError."""
    nb, _ = Select().preprocess(_with_stand_ins(nb), {})
    return number(read(nb, {})[1])


def _with_stand_ins(nb: NotebookNode) -> NotebookNode:
    """Return a copy of the notebook with a stand-in for what each cell of code will show."""
    nb = copy.deepcopy(nb)
    known = {label for cell in nb.cells if cell.cell_type == "markdown" for label in EQUATION.findall(cell.source)}
    for cell in nb.cells:
        if cell.cell_type == "code":
            written = [label for label in dict.fromkeys(EQUATION.findall(cell.source)) if label not in known]
            known.update(written)
            label = cell_options.read(cell.source, place_of(cell))[0].get("label")
            cell.outputs = _stand_ins(label, written)
    return nb


def _stand_ins(label: str | None, equations: Iterable[str]) -> list[NotebookNode]:
    """Return outputs as a cell may give them that has this label, or none, and writes these labelled equations."""
    shown = [] if label is None else [FIGURE if label.startswith("fig-") else TABLE]
    shown += [{outputs.PROSE: f"$$ x \\label{{{equation}}} $$"} for equation in equations]
    return [new_output("display_data", data=data) for data in shown]
