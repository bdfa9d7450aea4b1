"""The outputs of a cell that the report shows: one representation each, and none that says nothing on paper."""

import base64
import csv
import io
import re
from collections.abc import Iterable, Mapping

from nbformat import NotebookNode

from notebook_report import images, limits, printed
from notebook_report.errors import NotebookError, Place

SVG = "image/svg+xml"
FIGURES = (SVG, "image/png", "image/jpeg")
TABLE, PROSE, LATEX, PLAIN = "text/html", "text/markdown", "text/latex", "text/plain"
NUMBERS = "text/csv"  # what a figure shows, beside its picture
WIDGET = "application/vnd.jupyter.widget-view+json"
METADATA = re.compile(r"(?<!\s)\s*<metadata>(?:(?!<metadata>).)*?</metadata>", re.DOTALL)
DIGEST = re.compile(r'id="([a-z]?[0-9a-f]{10})"')
REFERENCE = re.compile(r'(id="|="#|url\(#)(\w+)')
SAYS_NOTHING = re.compile(r"<(IPython\.core\.display|Figure size )[^>]*>")


def choose(outputs: Iterable[NotebookNode], place: Place) -> list[NotebookNode]:
    """Return the outputs to show, each with a single representation in its `data`.

    What was written to standard error and widgets are left out; what was printed without another output in between is
    one, however many messages of the kernel it took. Raises NotebookError for an error and for an output
    that has no form which both targets can show.
    """
    shown: list[NotebookNode] = []
    for output in outputs:
        if output.output_type == "error":
            raise NotebookError(place, f"the cell failed with {output.ename}: {output.evalue}")
        if output.output_type == "stream":
            _print(output, shown)
        elif WIDGET not in output.data:
            output.data = _one_form(output.data, place)
            shown.append(output)
    for output in shown:
        if output.output_type == "stream":
            output.text = printed.as_seen(output.text)
            limits.require_short(output.text, "what the cell prints", place)
    return [output for output in shown if output.output_type != "stream" or output.text.strip()]


def _print(stream: NotebookNode, shown: list[NotebookNode]) -> None:
    """Put what a cell printed after the outputs `shown`, or at the end of the last one if that was printed, too."""
    if stream.name != "stdout":
        return
    if shown and shown[-1].output_type == "stream":
        shown[-1].text += stream.text
    else:
        shown.append(stream)


def _one_form(found: Mapping[str, object], place: Place) -> dict[str, str]:
    """Return, of an output's representations, only the one that is shown, and with a figure its numbers."""
    # Reading has joined lists of lines; what is still no text, anyone could have written.
    data = {form: content for form, content in found.items() if isinstance(content, str)}
    form = next((form for form in (*FIGURES, TABLE, PROSE, LATEX, PLAIN) if _usable(data, form)), None)
    if form is None:
        forms = ", ".join(found) or "nothing"
        raise NotebookError(place, f"an output ({forms}) is neither figure, table, Markdown nor text.")
    content, numbers = data[form], {NUMBERS: data[NUMBERS]} if form in FIGURES and NUMBERS in data else {}
    for text in (content, *numbers.values()):
        limits.require_whole(text, place)
    if form in FIGURES:
        _require_picture(content, form, place)
    else:
        limits.require_short(content, f"an output ({form})", place)
    limits.require_short(numbers.get(NUMBERS, ""), f"an output ({NUMBERS})", place, limits.MOST_NUMBERS)
    _require_rows(numbers.get(NUMBERS, ""), place)
    if form in (SVG, PLAIN):
        content = settle(content) if form == SVG else printed.as_seen(content)
    # What IPython calls LaTeX is a formula between dollars: Markdown already.
    return {PROSE if form == LATEX else form: content} | numbers


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
    if fault := images.fault(decoded, form):
        raise NotebookError(place, f"an output ({form}) {fault}.")


def settle(svg: str) -> str:
    """Return a figure as every run writes it: without its date, ids that are digests numbered as they are defined.

    Matplotlib names a clipping rectangle after its bounds, whose last bit its layout does not settle.
    """
    svg = METADATA.sub("", svg)
    names = {name: f"id-{i}" for i, name in enumerate(dict.fromkeys(DIGEST.findall(svg)), 1)}
    return REFERENCE.sub(lambda found: found[1] + names.get(found[2], found[2]), svg)


def _usable(data: Mapping[str, str], form: str) -> bool:
    """Tell whether `data` holds a representation of this form that can be shown."""
    if form == TABLE:
        return len(re.findall(r"<table\b", str(data.get(TABLE, "")))) == 1
    if form == PLAIN:
        return PLAIN in data and not SAYS_NOTHING.match(str(data[PLAIN]))
    return form in data


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


def take_numbers(outputs: Iterable[NotebookNode]) -> str | None:
    """Take the numbers away from beside the figure that has them, and return them as CSV; None if no figure has."""
    found = [output.data.pop(NUMBERS) for output in outputs if NUMBERS in output.get("data", {})]
    return found[0] if found else None


def form(output: NotebookNode) -> str:
    """Return the media type of a chosen output; a stream is plain text."""
    return PLAIN if output.output_type == "stream" else next(iter(output.data))


def check(outputs: Iterable[NotebookNode], label: str | None, place: Place) -> None:
    """Refuse outputs that do not go with the cell's label, or a figure that has none."""
    forms = [form(output) for output in outputs]
    figures = sum(form in FIGURES for form in forms)
    if label is None and figures:
        lines = "`#| label: fig-…`, `#| caption: …` (what to see) and `#| alt: …` (what is there)"
        raise NotebookError(place, f"a figure has no label: add {lines} at the top of the cell.")
    if label is None:
        return
    wanted, name = ((TABLE,), "table") if label.startswith("tab-") else (FIGURES, "figure")
    if not forms or forms[0] not in wanted or any(form != PROSE for form in forms[1:]):
        listed = ", ".join(forms) or "nothing"
        raise NotebookError(
            place, f"`{label}` must show one {name} and then at most Markdown notes, but shows: {listed}."
        )
