"""The outputs of a cell: one form of each, as Jupyter shows it, or a note in its place."""

import base64
import csv
import html
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

import lxml.html
from nbformat import NotebookNode

from notebook_report.cells import drawn, image_checks, terminal_text, widgets
from notebook_report.errors import Place
from notebook_report.problems import Outcome, Problem, excerpt
from notebook_report.reading import limits

SVG, PNG = "image/svg+xml", "image/png"
FIGURES = (SVG, PNG, "image/jpeg", "image/gif", "image/webp")
HTML, PROSE, LATEX, PLAIN = "text/html", "text/markdown", "text/latex", "text/plain"
ERROR, NOTE = "error", "note"  # a traceback; words that stand for what is not shown
BAR = "Progress bar"  # in a note
NUMBERS = "text/csv"  # what a figure shows, beside its picture
MOST_NUMBERS = 2_000_000  # characters of this CSV, which is carried along and not set
MOST_COLUMNS = 1_000  # of this CSV, of which the page shows the first rows
LONGEST_LINE = 5_000  # characters of a printed text
SIZES = ("width", "height")
MOST_PIXELS = 10_000  # of the width or height that an output asks for
METADATA = re.compile(r"(?<!\s)\s*<metadata>(?:(?!<metadata>).)*?</metadata>", re.DOTALL)
DIGEST = re.compile(r'id="([a-z]?[0-9a-f]{10})"')
REFERENCE = re.compile(r'(id="|="#|url\(#)(\w+)')
EMPTY_FIGURE = re.compile(r"<Figure size \S+ with 0 Axes>")
# A text that at most names an object, and so stands in for what no text can say.
STANDS_IN = re.compile(
    r"<(IPython\.core\.display|Figure size )[^>]*>|<[\w.]+( [^<>]*)?>$|[\w.]+\(\.\.\.\)$|\s*$"
    r"|(HTML|Node|Widget)\{[^{}()]*\}\(|\(div\b"  # of Julia's
)
ACTS = re.compile(r"<((?:unsafe-)?script|input)\b", re.IGNORECASE)  # what is among these is filled or unfolded by them
FRAME = re.compile(r'frames\[0\] = "data:image/png;base64,([^"]*)"')  # of an animation of matplotlib
# HTML that is only printed text, as rich writes it: a `pre` whose tags are no more than looks, and name no language.
PRINTED = re.compile(
    r"\s*<pre\b[^<>]*>[^<]*(?:</?(?:a|b|code(?![^>]*\blanguage-)|em|font|i|span|strong|u)\b[^<>]*>[^<]*)*</pre>\s*",
    re.IGNORECASE,
)
# The table of a data frame without rows and columns, as pandas writes it.
EMPTY_TABLE = re.compile(
    r"(?:\s|</?div>|<style\b[^<>]*>[^<]*</style>)*<table\b[^<>]*\bclass=[\"']dataframe\b[^<>]*>"
    r"(?:\s|</?(?:thead|tbody|tr|t[hd])\b[^<>]*>)*</table>(?:\s|<p>[^<]*</p>|</div>)*",
    re.IGNORECASE,
)
FRAMED = re.compile(r"<iframe\b[^<>]{0,1000}?\ssrc\s*=\s*[\"'](https?://[^\"'<>\s]+)", re.IGNORECASE)  # where a film is
SCRIPT = re.compile(r"<script\b[^>]*>.*?</script\s*>", re.DOTALL | re.IGNORECASE)  # such as Plotly's, of 3 MB
COLAB_BUTTONS = re.compile(r'<\w+ class="colab-df-(buttons|convert)".*', re.DOTALL)  # under a data frame, to the end
ENVIRONMENT = re.compile(r"\s*\\begin\{(\w+)(\*?)\}.*\\end\{\1\2\}\s*", re.DOTALL)
FORMULAS = {"align", "alignat", "aligned", "array", "cases", "CD", "displaymath", "eqnarray", "equation", "flalign"}
FORMULAS |= {"gather", "gathered", "math", "multline", "split", "subequations"}  # and kinds of `matrix`; not R's lists
FORMULA = re.compile(r"\s*(\$|\\\[)")
DISPLAYED = re.compile(r"(?<!\\)\\\[(.*?)(?<!\\)\\\]|\A\s*\$\\displaystyle\b([^$]*)\$\s*\Z", re.DOTALL)
ROOT = re.compile(r"<svg(?=[\s>])(?![^>]*\sxmlns=)")  # which Jupyter shows as well


@dataclass(frozen=True, eq=False)
class Output:
    """What is shown of an output: its media type and content, its width in pixels, and a figure's numbers."""

    form: str
    content: str
    width: float | None = None
    numbers: str = ""  # as CSV


@dataclass(frozen=True)
class Rules:
    """What is shown of a cell's outputs.

    lines : the most of a printed text, None for all
    log : whether standard error and progress are shown
    errors_meant : whether an error is what the cell is for
    widgets : the saved state of each, by the id of its model
    """

    lines: int | None = None
    log: bool = False
    errors_meant: bool = False
    widgets: Mapping[str, Any] = field(default_factory=dict)


def choose(outputs: Iterable[NotebookNode], rules: Rules, place: Place, problems: list[Problem]) -> list[Output]:
    """Return what is shown of a cell's outputs, each in one form; what is shown otherwise is added to `problems`.

    What was printed without another output in between is one, however many messages of the kernel it took.
    """
    shown = []
    for output in _joined(outputs, rules):
        one = _shown(output, rules, place, problems)
        if one is not None and one.form in (PLAIN, ERROR):
            one = _cut(one, rules.lines, place, problems)
        if one is not None and one.content.strip():
            shown.append(one)
            page = str(output.data.get(HTML)) if isinstance(output, NotebookNode) and one.form in FIGURES else ""
            if address := FRAMED.search(page):  # Jupyter shows the page there, such as the film of this picture
                shown.append(Output(PROSE, f"<{html.unescape(address[1])}>"))
    return list(_counted(shown))


def _counted(shown: Iterable[Output]) -> Iterator[Output]:
    """Yield outputs, with one note for progress bars that follow one another."""
    for is_bar, run in groupby(shown, key=lambda output: output.form == NOTE and output.content.startswith(BAR)):
        outputs = list(run)
        if is_bar and len(outputs) > 1:
            outputs = [Output(NOTE, f"{len(outputs)} progress bars")]
        yield from outputs


def _joined(outputs: Iterable[NotebookNode], rules: Rules) -> Iterator[NotebookNode | str]:
    """Yield outputs, with what widgets hold in their place, and the text of a stream for all of its messages."""
    flat = [one for output in outputs for one in widgets.held(output, rules.widgets, rules.log)]
    seen = [output for output in flat if output.output_type != "stream" or rules.log or output.name == "stdout"]
    for stream, messages in groupby(seen, key=lambda output: output.get("name", "")):  # which only streams have
        if stream:
            yield "".join(str(message.text) for message in messages)
        else:
            yield from messages


def _shown(output: NotebookNode | str, rules: Rules, place: Place, problems: list[Problem]) -> Output | None:
    """Return what is shown of an output."""
    if isinstance(output, str):
        return Output(PLAIN, output)
    if output.output_type == "error":
        fault = " ".join(terminal_text.as_seen(f"{output.ename}: {output.evalue}").split()).rstrip(".: ")
        if not rules.errors_meant:
            sentence = f"the cell failed with {fault}; mend it, or give it the tag `raises-exception`."
            problems.append(Problem(place, "failed-cell", sentence, excerpt(fault), Outcome.REPAIRED))
        return Output(ERROR, "\n".join(map(str, output.traceback)) or fault)
    data = output.data
    texts = {form: content for form, content in data.items() if isinstance(content, str)}
    if not _is_formula(texts.get(LATEX, "")) and any(form in texts for form in FIGURES):  # SymPy draws its formulas
        return _picture(texts, output.get("metadata", {}), place, problems)
    if (page := drawn.still(data.get(drawn.WEBIO))) is not None:
        return Output(HTML, page)
    if drawn.shows_nothing(data):
        return None
    if any(map(drawn.FORM.match, data)):
        return _drawn(data, place, problems)
    if widgets.VIEW in data and (name := widgets.bar_name(texts.get(PLAIN, ""))) is not None:
        return Output(NOTE, f"{BAR}: {name}" if name else BAR)
    if widgets.VIEW in data and not any(form in texts for form in FIGURES):
        sentence = "a widget has no saved state: let Jupyter save it with the notebook (in its settings)."
        problems.append(Problem(place, "widget-unsaved", sentence, "", Outcome.REPLACED))
        words = excerpt(texts.get(PLAIN, ""))
        return Output(NOTE, "Widget" if not words or drawn.OBJECT.match(words) else f"Widget “{words}”")
    if any(map(drawn.LOADER.match, data)) or EMPTY_FIGURE.fullmatch(texts.get(PLAIN, "")):
        return None
    if (read := _read(texts, place, problems)) is None:
        forms = ", ".join(data) or "nothing"
        sentence = f"an output ({forms}) is neither figure, table, Markdown nor text: show one of these instead."
        problems.append(Problem(place, "unknown-output", sentence, excerpt(forms), Outcome.REPLACED))
        return Output(NOTE, f"Output that cannot be shown ({excerpt(forms)})")
    return read


def _picture(texts: Mapping[str, str], metadata: Any, place: Place, problems: list[Problem]) -> Output:
    """Return the first form of a picture that can be shown, or a note."""
    faults = []
    for form in (form for form in FIGURES if form in texts):
        content = texts[form]
        if form == SVG:
            content = settle(ROOT.sub(f'<svg xmlns="{image_checks.SPACE}"', content, count=1))
        file = _file(content, form)
        fault = image_checks.fault(file, form) if file else "is not a picture in base 64: run the cell again"
        if fault is None:
            numbers = _numbers(texts[NUMBERS], place, problems) if NUMBERS in texts else ""
            held = form if form == SVG else image_checks.kind(file) or form
            return Output(held, content, _width(metadata, form, file), numbers)
        faults.append(f"an output ({form}) {fault}.")
    problems.append(Problem(place, "no-picture", faults[0], "", Outcome.REPLACED))
    return Output(NOTE, "Picture that cannot be shown")


def _file(content: str, form: str) -> bytes:
    """Return the file of a picture, nothing if it is no text in base 64: so that it can hold nothing but a picture."""
    try:
        return content.encode() if form == SVG else base64.b64decode("".join(content.split()), validate=True)
    except ValueError:
        return b""


def _width(metadata: Any, form: str, file: bytes) -> float | None:
    """Return how wide a picture is to be, in pixels, as its metadata or its file say; None for a drawing without."""
    asked = metadata.get(form, metadata) if isinstance(metadata, Mapping) else None  # R's stand without the form
    asked = asked if isinstance(asked, Mapping) else {}
    width, height = map(_pixels, map(asked.get, SIZES))
    natural = None if form == SVG else image_checks.size(file)
    if width or not natural:
        return width
    return natural[0] * height / natural[1] if height else natural[0]


def _pixels(asked: Any) -> float | None:
    """Return a number of pixels, which people also write as text; None if it is none that a picture can have."""
    number = float(asked) if isinstance(asked, str) and asked.isdecimal() else asked
    return number if isinstance(number, int | float) and 0 < number < MOST_PIXELS else None


def _numbers(text: str, place: Place, problems: list[Problem]) -> str:
    """Return the numbers of a figure as CSV, none if they are not fit to be shown."""
    what, fault = f"an output ({NUMBERS})", ""
    try:
        if (columns := max(map(len, rows(text)), default=0)) > MOST_COLUMNS:
            size = f"{columns:,} columns, {MOST_COLUMNS:,} at most"
            fault = f"{what} is too wide for a report ({size}): show less of it."
    except csv.Error as error:
        fault = f"{what} cannot be read: {error}."
    if len(text) > MOST_NUMBERS:
        fault = limits.too_long(what, text, MOST_NUMBERS)
    if fault:
        problems.append(Problem(place, "no-numbers", fault, excerpt(text), Outcome.REPLACED))
    return "" if fault else text


def rows(text: str) -> list[list[str]]:
    """Return the rows of CSV that hold anything, whatever their lines end with. Raises csv.Error."""
    return [row for row in csv.reader(io.StringIO(text, newline=None)) if row]


def _drawn(data: Mapping[str, object], place: Place, problems: list[Problem]) -> Output:
    """Return the note that stands for what only a script draws, and take note of the problem."""
    words = drawn.title(data)
    title = f" “{excerpt(words)}”" if words else ""
    sentence = f"the figure{title} is drawn by a script, which no report runs: show a picture of it."
    problems.append(Problem(place, "interactive-figure", sentence, title, Outcome.REPLACED))
    return Output(NOTE, f"Interactive figure{title}")


def _read(texts: Mapping[str, str], place: Place, problems: list[Problem]) -> Output | None:
    """Return the HTML, Markdown, formula or text of an output, or None if it has none."""
    if frame := FRAME.search(texts.get(HTML, "")):
        _drawn({}, place, problems)
        return _picture({"image/png": frame[1].replace("\\", "")}, {}, place, problems)
    stands_in = STANDS_IN.match(texts.get(PLAIN, "")) is not None
    formula = _is_formula(texts.get(LATEX, ""))
    if HTML in texts and not formula:
        page = COLAB_BUTTONS.sub("", texts[HTML])
        names_it = stands_in or drawn.OBJECT.match(texts.get(PLAIN, ""))
        if names_it and ACTS.search(page) and drawn.is_stage(page):
            return _drawn(texts, place, problems)
        if PRINTED.fullmatch(page):
            return Output(PLAIN, str(lxml.html.fromstring(page).text_content()))
        if not stands_in and EMPTY_TABLE.fullmatch(page):
            return Output(PLAIN, texts[PLAIN])  # which says that it is empty
        if stands_in or not ACTS.search(page):
            still, scripts = SCRIPT.subn("", page)
            if scripts and drawn.EMPTY_STAGE.search(still):
                still = drawn.with_note(still, _drawn(texts, place, problems).content)
            return Output(HTML, still)
    if PROSE in texts and not formula:
        return Output(PROSE, texts[PROSE])
    if LATEX in texts and (formula or stands_in or PLAIN not in texts):
        # Mostly it is a formula between dollars: Markdown already.
        return Output(PROSE, DISPLAYED.sub(lambda found: f"$${found[1] or found[2]}$$", texts[LATEX]))
    return Output(PLAIN, texts[PLAIN]) if PLAIN in texts else None


def _is_formula(tex: str) -> bool:
    """Tell whether TeX is a formula, and not a picture's or a table's code for whoever writes in TeX."""
    environment = ENVIRONMENT.fullmatch(tex)
    name = environment[1] if environment else ""
    return bool(FORMULA.match(tex)) or name in FORMULAS or name.endswith("matrix")


def settle(svg: str) -> str:
    """Return a figure as every run writes it: without its date, ids that are digests numbered as they are defined.

    Matplotlib names a clipping rectangle after its bounds, whose last bit its layout does not settle.
    """
    svg = METADATA.sub("", svg)
    names = {name: f"id-{i}" for i, name in enumerate(dict.fromkeys(DIGEST.findall(svg)), 1)}
    return REFERENCE.sub(lambda found: found[1] + names.get(found[2], found[2]), svg)


def _cut(printed: Output, lines: int | None, place: Place, problems: list[Problem]) -> Output:
    """Return printed text as a terminal leaves it, and no more of it than is to be shown."""
    is_trace = printed.form == ERROR  # whose last lines say what the error is
    fit = limits.fit_ends if is_trace else limits.fit
    text = terminal_text.as_seen(printed.content).rstrip()
    if lines is not None:
        text = _cut_lines(text, lines, is_trace, place, problems)
    return replace(printed, content=fit(text, "what the cell prints", place, problems))


def _cut_lines(text: str, lines: int, is_trace: bool, place: Place, problems: list[Problem]) -> str:
    """Return so many lines of a text, and of each no more than can be read."""
    shown = text.split("\n")
    if (more := len(shown) - lines) > 1:
        last = lines // 2 if is_trace else 0
        parts = f"the first {lines - last:,}{f' and the last {last:,}' if last else ''}"
        sentence = f"the cell prints {len(shown):,} lines, of which {parts} are shown."
        problems.append(Problem(place, "output-cut", sentence, "", Outcome.REPLACED))
        shown = [*shown[: lines - last], f"… ({more:,} more lines)", *shown[len(shown) - last :]]
    if (longest := max(map(len, shown))) > LONGEST_LINE:
        sentence = f"the cell prints a line of {longest:,} characters, of which {LONGEST_LINE:,} are shown."
        problems.append(Problem(place, "output-cut", sentence, "", Outcome.REPLACED))
    return "\n".join(map(_cut_line, shown))


def _cut_line(line: str) -> str:
    more = len(line) - LONGEST_LINE
    return line if more <= 0 else f"{line[:LONGEST_LINE]} … ({more:,} more characters)"


def numbered(shown: Sequence[Output], label: str, place: Place, problems: list[Problem]) -> Output | None:
    """Return the output that has the cell's label; what does not go with the label is a problem."""
    if not label:
        return None
    forms = [output.form for output in shown]
    wanted, name = ((HTML,), "table") if label.startswith("tab-") else (FIGURES, "figure")
    if not forms or forms[0] not in wanted or any(form != PROSE for form in forms[1:]):
        listed, advice = ", ".join(forms) or "nothing", _advice(forms, wanted)
        sentence = f"`{label}` must show one {name} and then at most Markdown notes, but shows: {listed}{advice}."
        problems.append(Problem(place, "unfit-outputs", sentence, label, Outcome.REPAIRED))
    return next((output for output in shown if output.form in wanted), None)


def _advice(forms: Sequence[str], wanted: Iterable[str]) -> str:
    """Return what to do about outputs that stand beside the one that is wanted, or are not there at all."""
    if not forms:
        return "; run the notebook first, or let `--execute` do it"
    if not any(form in wanted for form in forms):
        return ""
    return "; end the last line of the code with `;`, leave the rest out, or move it to other cells"
