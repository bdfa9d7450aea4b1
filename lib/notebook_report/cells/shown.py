"""What a document shows of each cell: its text, or its code and outputs, as the cell's options, tags and marks say."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nbformat import NotebookNode

from notebook_report.cells import cell_options, outputs, widgets
from notebook_report.cells.outputs import HTML, PLAIN, Output, Rules
from notebook_report.cells.view import View
from notebook_report.errors import Place
from notebook_report.notebooks import place_of
from notebook_report.problems import Outcome, Problem, excerpt
from notebook_report.reading import limits

# Tags of nbconvert's documentation and of Jupyter Book, with hyphens.
REMOVED, NO_CODE, NO_OUTPUT = {"remove-cell"}, {"remove-input"}, {"remove-output"}
FOLDED_CELL, FOLDED_CODE, FOLDED_OUTPUT = {"hide-cell"}, {"hide-input"}, {"hide-output"}
FORMATS = {"format", "raw_mimetype"}  # what a raw cell is meant for


@dataclass(frozen=True)
class Cell:
    """A cell that is shown: `text` is the Markdown of a Markdown cell, all else belongs to code cells.

    numbered : the one of the outputs that is the figure or table with the cell's label
    folds : what HTML folds away, though paper, which cannot, shows it: "cell", "output", or nothing
    """

    place: Place
    text: str = ""
    attachments: Mapping[str, Any] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    code: str = ""
    outputs: tuple[Output, ...] = ()
    numbered: Output | None = None
    label: str = ""
    caption: str = ""
    alt: str = ""
    show_code: bool = False
    folds: str = ""
    title_page: bool = False

    @property
    def numbers(self) -> str:
        """The numbers of the cell's figure as CSV, empty if there are none."""
        return next((output.numbers for output in self.outputs if output.numbers), "")


def select(nb: NotebookNode, view: View, problems: list[Problem]) -> list[Cell]:
    """Return the cells of a notebook that are shown; what is wrong with one is added to `problems`."""
    shown = []
    states = widgets.states(nb)
    for cell in nb.cells:
        if cell.cell_type == "code":
            shown += _code(cell, view, states, problems)
        elif cell.cell_type == "markdown":
            shown += _text(cell, view)
        else:
            shown += _raw(cell, view, problems)
    return shown


def _text(cell: NotebookNode, view: View) -> list[Cell]:
    """Return a Markdown cell if it is shown."""
    tags = _tags(cell)
    if not view.texts or not cell.source.strip() or REMOVED & set(tags):
        return []
    return [Cell(place_of(cell), cell.source, cell.get("attachments", {}), tags)]


def _raw(cell: NotebookNode, view: View, problems: list[Problem]) -> list[Cell]:
    """Return a raw cell of HTML or Markdown as what it means, and of no format as printed text.

    What is meant for another format, stands before the text, or has a tag that removes it, is left out.
    """
    place, text = place_of(cell), cell.source.strip()
    forms = [cell.metadata.get(key) for key in FORMATS]
    if REMOVED & set(_tags(cell)):
        return []
    if "text/markdown" in forms:
        return _text(cell, view)
    if "text/html" in forms and text:
        return [Cell(place, outputs=(Output(HTML, limits.fit(text, "the raw cell", place, problems)),))]
    if FORMATS & set(cell.metadata) or not text or (text.startswith("---") and text.endswith("---")):
        return []
    sentence = "a raw cell is shown as it is: make it Markdown or code."
    problems.append(Problem(place, "raw-cell", sentence, excerpt(text), Outcome.REPAIRED))
    return [Cell(place, outputs=(Output(PLAIN, limits.fit(text, "the raw cell", place, problems)),))]


def _code(cell: NotebookNode, view: View, states: Mapping[str, Any], problems: list[Problem]) -> list[Cell]:
    """Return a code cell if anything of it is shown."""
    place, tags, hidden = place_of(cell), set(_tags(cell)), _hidden(cell)
    options = cell_options.read(cell.source, place, problems)
    if options.get("hide") or REMOVED & tags:
        return []
    code = "" if "code" in hidden or not view.inputs else cell_options.split(cell.source)[1]
    code = "\n".join(map(str.rstrip, code.split("\n")))  # or what nobody sees would break a line on paper
    shown: list[Output] = []
    if view.outputs and "outputs" not in hidden and options.get("output", True):
        rules = Rules(view.lines, view.log, "raises-exception" in tags, states)
        shown = outputs.choose(cell.outputs, rules, place, problems)
    numbered = outputs.numbered(shown, options.get("label", ""), place, problems)
    if not numbered:
        problems += [_unlabelled(place) for output in shown if output.form in outputs.FIGURES]
        shown += [Output(outputs.PROSE, options["caption"])] if "caption" in options and shown else []
    if not code and not shown:
        return []
    # Paper leaves out folded code, and would show nothing of such a cell.
    is_alone = "collapsed code" in hidden and not shown
    folds_output = "folded outputs" in hidden and shown
    texts = {"label": options["label"], "caption": options["caption"]} if numbered else {}
    return [
        Cell(
            place,
            code=limits.fit(code, "the code", place, problems),
            outputs=tuple(shown),
            numbered=numbered,
            alt=options.get("alt", f"Picture of {place}"),
            show_code=options.get("show-code", view.code and ("folded code" not in hidden or is_alone)),
            folds="cell" if FOLDED_CELL & tags or is_alone else "output" if folds_output else "",
            title_page=options.get("title-page", False),
            **texts,
        )
    ]


def _unlabelled(place: Place) -> Problem:
    """Return the problem of a figure that has neither number nor words."""
    lines = "`#| label: fig-…`, `#| caption: …` (what to see) and `#| alt: …` (what is there)"
    sentence = f"a figure has no label: add {lines} at the top of the cell."
    return Problem(place, "figure-without-label", sentence, "", Outcome.REPAIRED)


def _hidden(cell: NotebookNode) -> set[str]:
    """Return which parts of a code cell its tags and marks leave out, or fold away: the keys of `marks`.

    The marks are Jupyter's, those of Kaggle and of Colab's forms, and of nbconvert's own steps.
    """
    tags, metadata = set(_tags(cell)), cell.metadata
    jupyter = metadata.get("jupyter")
    jupyter = jupyter if isinstance(jupyter, Mapping) else {}
    form = metadata.get("cellView") == "form"
    transient = metadata.get("transient")
    removed = isinstance(transient, Mapping) and transient.get("remove_source")
    marks = {
        "code": (NO_CODE & tags, metadata.get("_kg_hide-input"), form, removed),
        "outputs": (NO_OUTPUT & tags, metadata.get("_kg_hide-output")),
        "folded code": (FOLDED_CODE & tags, jupyter.get("source_hidden")),
        "collapsed code": (jupyter.get("source_hidden"),),
        "folded outputs": (FOLDED_OUTPUT & tags, metadata.get("collapsed"), jupyter.get("outputs_hidden")),
    }
    return {part for part, found in marks.items() if any(found)}


def _tags(cell: NotebookNode) -> tuple[str, ...]:
    """Return the tags of a cell, with hyphens; what is no list of texts is none."""
    tags = cell.metadata.get("tags")
    found = (tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else ()
    return tuple(tag.replace("_", "-") for tag in found)
