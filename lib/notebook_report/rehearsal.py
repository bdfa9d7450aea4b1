"""What is wrong with a report's texts, said before its notebooks run: a wrong label costs a second, not the whole run.

All texts but those that code writes are known beforehand: they are typeset with stand-ins for the outputs.
"""

import copy
import re
from collections.abc import Iterable

from nbformat import NotebookNode
from nbformat.v4 import new_output

from notebook_report import images, options, outputs
from notebook_report.notebooks import place_of
from notebook_report.preprocess import Select, Typeset

FIGURE = {outputs.SVG: f'<svg xmlns="{images.SPACE}"/>'}
TABLE = {outputs.TABLE: "<table><tr><td>1</td></tr></table>"}
LABEL = re.compile(r"#eq-[a-z0-9-]+|\\label\{[^{}\\]+\}")


def rehearse(nb: NotebookNode) -> None:
    """Typeset the notebook, merged and not executed, for both targets. Raises NotebookError or ReportError.

    An equation that code writes may be referred to if its label stands in the code as it is.
    """
    nb = copy.deepcopy(nb)
    known = {label for cell in nb.cells if cell.cell_type == "markdown" for label in LABEL.findall(cell.source)}
    for cell in nb.cells:
        if cell.cell_type == "code":
            written = [label for label in dict.fromkeys(LABEL.findall(cell.source)) if label not in known]
            known.update(written)
            label = options.read(cell.source, place_of(cell))[0].get("label")
            cell.outputs = _stand_ins(label, written)
    for target in ("html", "typst"):
        told, _ = Select().preprocess(copy.deepcopy(nb), {})
        Typeset(target=target).preprocess(told, {})


def _stand_ins(label: str | None, equations: Iterable[str]) -> list[NotebookNode]:
    """Return outputs as a cell may give them that has this label, or none, and writes these labelled equations."""
    shown = [] if label is None else [FIGURE if label.startswith("fig-") else TABLE]
    texts = (f"$$ x $$ {{{label}}}" if label.startswith("#") else f"$$ x {label} $$" for label in equations)
    shown += [{outputs.PROSE: text} for text in texts]
    return [new_output("display_data", data=data) for data in shown]
