"""What a report shows of each cell: its text, or its code and outputs with what the options of the cell say of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from nbformat import NotebookNode

from notebook_report.cells import cell_options, outputs
from notebook_report.cells.outputs import Output
from notebook_report.errors import NotebookError, Place
from notebook_report.notebooks import place_of
from notebook_report.problems import Problem, noted
from notebook_report.reading import limits


@dataclass(frozen=True)
class Cell:
    """A cell that is shown: `text` is the Markdown of a Markdown cell, all else belongs to code cells."""

    place: Place
    text: str = ""
    attachments: Mapping[str, Any] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    code: str = ""
    outputs: tuple[Output, ...] = ()
    label: str = ""
    caption: str = ""
    alt: str = ""
    show_code: bool = False
    title_page: bool = False

    @property
    def numbers(self) -> str:
        """The numbers of the cell's figure as CSV, empty if there are none."""
        return next((output.numbers for output in self.outputs if output.numbers), "")


def select(cells: Iterable[NotebookNode], problems: list[Problem]) -> list[Cell]:
    """Return the cells that are shown, those of the title page first; what is wrong with one is added to `problems`."""
    shown = []
    for cell in cells:
        with noted(problems):
            shown += _read(cell, place_of(cell))
    return sorted(shown, key=lambda cell: not cell.title_page)  # which keeps the order of all others


def _read(cell: NotebookNode, place: Place) -> list[Cell]:
    """Return the cell, if it is shown. Raises NotebookError."""
    if cell.cell_type == "raw" and cell.source.strip():
        sentence = "a raw cell cannot be carried into the report: make it Markdown or code."
        raise NotebookError(place, sentence, "raw-cell")
    if cell.cell_type != "code":
        return [Cell(place, cell.source, cell.get("attachments", {}), _tags(cell))] if cell.source.strip() else []
    chosen, code = cell_options.read(cell.source, place)
    if chosen.get("hide"):
        return []
    limits.require_short(code, "the code", place)
    shown = tuple(outputs.choose(cell.outputs, place))
    label = chosen.get("label", "")
    outputs.check(shown, label, place)
    if not code and not shown:
        return []
    texts = {"label": label, "caption": chosen.get("caption", ""), "alt": chosen.get("alt", "").strip()}
    switches = {"show_code": chosen.get("show-code", False), "title_page": chosen.get("title-page", False)}
    return [Cell(place, code=code, outputs=shown, **texts, **switches)]


def _tags(cell: NotebookNode) -> tuple[str, ...]:
    """Return the tags of a cell; what is no list of texts is none."""
    tags = cell.metadata.get("tags")
    return tuple(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else ()
