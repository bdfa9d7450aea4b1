"""The outputs of a cell that the report shows: one representation each, and none that says nothing on paper."""

import base64
import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nbformat import NotebookNode

from notebook_report.cells import image_checks, terminal_text
from notebook_report.errors import NotebookError, Place
from notebook_report.reading import limits

SVG = "image/svg+xml"
FIGURES = (SVG, "image/png", "image/jpeg")
TABLE, PROSE, LATEX, PLAIN = "text/html", "text/markdown", "text/latex", "text/plain"
NUMBERS = "text/csv"  # what a figure shows, beside its picture
WIDGET = "application/vnd.jupyter.widget-view+json"
METADATA = re.compile(r"(?<!\s)\s*<metadata>(?:(?!<metadata>).)*?</metadata>", re.DOTALL)
DIGEST = re.compile(r'id="([a-z]?[0-9a-f]{10})"')
REFERENCE = re.compile(r'(id="|="#|url\(#)(\w+)')
SAYS_NOTHING = re.compile(r"<(IPython\.core\.display|Figure size )[^>]*>")
EMPTY_FIGURE = re.compile(r"<Figure size \S+ with 0 Axes>")
# Beside another form, a text that at most names an object stands in for what no text can say.
STANDS_IN = re.compile(r"<[\w.]+( [^<>]*)? (object|at 0x[0-9A-Fa-f]+)>|[\w.]+\(\.\.\.\)$|\s*$")
INTERACTIVE = re.compile(r"application/vnd\.(plotly|vega|bokeh|holoviews)")
ACTS = re.compile(r"<(script|input)\b", re.IGNORECASE)  # a table among these is filled or unfolded by them
COLAB_BUTTONS = re.compile(r'<\w+ class="colab-df-(buttons|convert)".*', re.DOTALL)  # under a data frame, to the end
ENVIRONMENT = re.compile(r"\s*\\begin\{(align|equation|gather|multline)(\*?)\}(.*)\\end\{\1\2\}\s*", re.DOTALL)
FORMULA = re.compile(r"\s*(\$|\\\[)")
DISPLAYED = re.compile(r"(?<!\\)\\\[(.*?)(?<!\\)\\\]|\A\s*\$\\displaystyle\b([^$]*)\$\s*\Z", re.DOTALL)
ROOT = re.compile(r"<svg(?=[\s>])(?![^>]*\sxmlns=)")  # which Jupyter shows as well


@dataclass(frozen=True, eq=False)
class Output:
    """What is shown of an output: its media type and content, its metadata, and a figure's numbers."""

    form: str
    content: str
    metadata: Mapping[str, Any] = field(default_factory=dict)
    numbers: str = ""  # as CSV


def choose(outputs: Iterable[NotebookNode], place: Place) -> list[Output]:
    """Return what is shown of a cell's outputs, each in one form.

    What was written to standard error, widgets without a picture and empty figures are left out; what was printed
    without another output in between is one, however many messages of the kernel it took. Raises NotebookError for an
    error and for an output that has no form which both targets can show.
    """
    shown: list[Output | list[str]] = []  # what was printed is a list of texts
    for output in outputs:
        if output.output_type == "error":
            fault, advice = f"{output.ename}: {output.evalue}".rstrip("."), "mend it, or print an error that is meant"
            raise NotebookError(place, f"the cell failed with {fault}; {advice}.", "failed-cell")
        if output.output_type != "stream":
            if not _is_left_out(output.data):
                shown.append(_one_form(output, place))
        elif output.name == "stdout":
            last = shown[-1] if shown else None
            if isinstance(last, list):
                last.append(output.text)
            else:
                shown.append([output.text])
    settled = [part if isinstance(part, Output) else _printed("".join(part), place) for part in shown]
    return [output for output in settled if output.form != PLAIN or output.content.strip()]


def _printed(text: str, place: Place) -> Output:
    """Return printed text as a terminal leaves it. Raises NotebookError if it is too long."""
    text = terminal_text.as_seen(text)
    limits.require_short(text, "what the cell prints", place)
    return Output(PLAIN, text)


def _is_left_out(data: Mapping[str, object]) -> bool:
    """Tell whether an output shows nothing on paper: a widget, or a figure that nothing was drawn in."""
    if any(form in data for form in FIGURES):
        return False
    return WIDGET in data or EMPTY_FIGURE.fullmatch(str(data.get(PLAIN))) is not None


def _one_form(output: NotebookNode, place: Place) -> Output:
    """Return, of an output's representations, only the one that is shown, and with a figure its numbers."""
    found = output.data
    form = next((form for form in (*FIGURES, TABLE, PROSE, LATEX, PLAIN) if _usable(found, form)), None)
    if form is None:
        forms, advice = ", ".join(found) or "nothing", "show one of these instead"
        sentence = f"an output ({forms}) is neither figure, table, Markdown nor text: {advice}."
        raise NotebookError(place, sentence, "unknown-output")
    content = str(found[form])
    if form == SVG:
        content = ROOT.sub(f'<svg xmlns="{image_checks.SPACE}"', content, count=1)
    numbers = str(found[NUMBERS]) if form in FIGURES and _is_text(found, NUMBERS) else ""
    for text in (content, numbers):
        limits.require_whole(text, place)
    if form in FIGURES:
        _require_picture(content, form, place)
    else:
        limits.require_short(content, f"an output ({form})", place)
    limits.require_short(numbers, f"an output ({NUMBERS})", place, limits.MOST_NUMBERS)
    _require_rows(numbers, place)
    size = output.get("metadata", {}).get(form, {})
    metadata = size if isinstance(size, Mapping) else {}
    return Output(PROSE if form == LATEX else form, _cleaned(content, form), metadata, numbers)


def _cleaned(content: str, form: str) -> str:
    """Return a representation without what only a screen, a terminal or TeX needs."""
    if form == SVG:
        return settle(content)
    if form == TABLE:
        return COLAB_BUTTONS.sub("", content)
    if form == LATEX:
        # Mostly it is a formula between dollars: Markdown already.
        return DISPLAYED.sub(lambda formula: f"$${formula[1] or formula[2]}$$", content)
    return terminal_text.as_seen(content) if form == PLAIN else content


def _from_base_64(text: str) -> bytes:
    """Return what a text in base 64 holds, nothing if it is no such text: so that it can hold nothing but a picture."""
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except ValueError:
        return b""


def _require_picture(content: str, form: str, place: Place) -> None:
    """Refuse what is not a picture of this form, or one that no memory holds."""
    decoded = content.encode() if form == SVG else _from_base_64(content)
    if form != SVG and not decoded:
        raise NotebookError(place, f"an output ({form}) is not a picture in base 64: run the cell again.")
    if fault := image_checks.fault(decoded, form):
        raise NotebookError(place, f"an output ({form}) {fault}.")


def settle(svg: str) -> str:
    """Return a figure as every run writes it: without its date, ids that are digests numbered as they are defined.

    Matplotlib names a clipping rectangle after its bounds, whose last bit its layout does not settle.
    """
    svg = METADATA.sub("", svg)
    names = {name: f"id-{i}" for i, name in enumerate(dict.fromkeys(DIGEST.findall(svg)), 1)}
    return REFERENCE.sub(lambda found: found[1] + names.get(found[2], found[2]), svg)


def _usable(data: Mapping[str, object], form: str) -> bool:
    """Tell whether `data` holds a representation of this form that can be shown and is the one meant to be read."""
    if not _is_text(data, form):
        return False
    content = str(data[form])
    if form in FIGURES:
        # SymPy draws its formulas, too.
        return not _is_formula(str(data.get(LATEX)))
    if form == TABLE:
        return len(re.findall(r"<table\b", content)) == 1 and not ACTS.search(COLAB_BUTTONS.sub("", content))
    if form == LATEX:
        return _is_formula(content) or not _usable(data, PLAIN)
    return form == PROSE or not _says_nothing(content, data)


def _is_text(data: Mapping[str, object], form: str) -> bool:
    """Tell whether `data` holds a text of this form: reading has joined lists of lines, but anyone could write more."""
    return isinstance(data.get(form), str)


def _is_formula(tex: str) -> bool:
    """Tell whether TeX is a formula, and not a picture's or a table's code for whoever writes in TeX."""
    return bool(FORMULA.match(tex) or ENVIRONMENT.fullmatch(tex))


def _says_nothing(plain: str, data: Mapping[str, object]) -> bool:
    """Tell whether the plain text among the forms of an output only stands in for a form that cannot be shown."""
    if SAYS_NOTHING.match(plain) or any(map(INTERACTIVE.match, data)):
        return True
    return len(data) > 1 and STANDS_IN.match(plain) is not None


def rows(text: str) -> list[list[str]]:
    """Return the rows of CSV that hold anything, whatever their lines end with. Raises csv.Error."""
    return [row for row in csv.reader(io.StringIO(text, newline=None)) if row]


def _require_rows(text: str, place: Place) -> None:
    """Raise NotebookError for CSV that cannot be read, or whose rows are too long for a table."""
    try:
        longest = max(map(len, rows(text)), default=0)
    except csv.Error as error:
        raise NotebookError(place, f"an output ({NUMBERS}) cannot be read: {error}.") from error
    if longest > limits.MOST_COLUMNS:
        size = f"{longest:,} columns, {limits.MOST_COLUMNS:,} at most"
        raise NotebookError(place, f"an output ({NUMBERS}) is too wide for a report ({size}): show less of it.")


def check(shown: Sequence[Output], label: str, place: Place) -> None:
    """Refuse outputs that do not go with the cell's label, or a figure that has none."""
    forms = [output.form for output in shown]
    if not label and any(form in FIGURES for form in forms):
        lines = "`#| label: fig-…`, `#| caption: …` (what to see) and `#| alt: …` (what is there)"
        raise NotebookError(
            place, f"a figure has no label: add {lines} at the top of the cell.", "figure-without-label"
        )
    if not label:
        return
    wanted, name = ((TABLE,), "table") if label.startswith("tab-") else (FIGURES, "figure")
    if not forms or forms[0] not in wanted or any(form != PROSE for form in forms[1:]):
        listed, advice = ", ".join(forms) or "nothing", _advice(forms, wanted)
        sentence = f"`{label}` must show one {name} and then at most Markdown notes, but shows: {listed}{advice}."
        raise NotebookError(place, sentence, "unfit-outputs")


def _advice(forms: Sequence[str], wanted: Iterable[str]) -> str:
    """Return what to do about outputs that stand beside the one that is wanted, or are not there at all."""
    if not forms:
        return "; run the notebook first, or let `--execute` do it"
    if not any(form in wanted for form in forms):
        return ""
    return "; end the last line of the code with `;`, leave the rest out, or move it to other cells"
