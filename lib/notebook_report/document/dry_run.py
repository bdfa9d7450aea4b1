"""What is wrong with a report's texts, found before its notebooks run: a wrong label costs a second, not the whole run.

All texts but those that code writes are known beforehand: they are prepared with stand-ins for the outputs.
"""

import copy
import re
from collections.abc import Iterable, Sequence

from nbformat import NotebookNode
from nbformat.v4 import new_output

from notebook_report import notebooks
from notebook_report.cells import cell_options, image_checks, outputs
from notebook_report.document import prepare
from notebook_report.document.document import Document
from notebook_report.document.front import Front

FIGURE = {outputs.SVG: f'<svg xmlns="{image_checks.SPACE}"/>'}
TABLE = {outputs.HTML: "<table><tr><td>1</td></tr></table>"}
EQUATION = re.compile(r"\\label\s*\{+([\w.:-]+)\}")


def rehearsed(named: Sequence[tuple[str, NotebookNode]], front: Front) -> Document:
    """Return the document of a report whose notebooks have not run.

    An equation that code writes may be referred to if its label stands in the code as it is.
    """
    named = copy.deepcopy(named)
    cells = [cell for _, nb in named for cell in nb.cells]
    known = {label for cell in cells if cell.cell_type == "markdown" for label in EQUATION.findall(cell.source)}
    for name, nb in named:
        notebooks.note_origins(nb, name)
        for cell in nb.cells:
            if cell.cell_type == "code":
                written = [label for label in dict.fromkeys(EQUATION.findall(cell.source)) if label not in known]
                known.update(written)
                label = cell_options.read(cell.source, notebooks.place_of(cell), []).get("label")
                cell.outputs = _stand_ins(label, written)
    return prepare.report(named, front)


def _stand_ins(label: str | None, equations: Iterable[str]) -> list[NotebookNode]:
    """Return outputs as a cell may give them that has this label, or none, and writes these labelled equations."""
    shown = [] if label is None else [FIGURE if label.startswith("fig-") else TABLE]
    shown += [{outputs.PROSE: f"$$ x \\label{{{equation}}} $$"} for equation in equations]
    return [new_output("display_data", data=data) for data in shown]
