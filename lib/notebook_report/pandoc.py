"""Pandoc, asked for a whole batch at once: texts → documents, and documents → HTML or Typst."""

import json
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from notebook_report import limits, operating_system
from notebook_report.errors import NotebookError, Place, ReportError
from notebook_report.syntax import Document

SCRIPT = Path(__file__).with_name("convert.lua")
PATIENCE = 120  # seconds; the texts of a whole report take one

# Jupyter's Markdown as far as pandoc can read it, with footnotes, `@` references and heading ids; HTML and TeX come
# through as raw elements, so that they can be refused instead of dropped.
MARKDOWN = "markdown" + "".join(
    [
        "+lists_without_preceding_blankline",
        "+autolink_bare_uris",
        "+tex_math_double_backslash",
        "-blank_before_header",
        "-blank_before_blockquote",
        "-latex_macros",
        "-auto_identifiers",
        "-implicit_figures",
        "-implicit_header_references",
        "-native_divs",
        "-native_spans",
        "-markdown_in_html_blocks",
        "-fenced_divs",
        "-bracketed_spans",
        "-yaml_metadata_block",
        "-pandoc_title_block",
        "-table_captions",
        "-simple_tables",
        "-multiline_tables",
        "-grid_tables",
        "-subscript",
        "-superscript",
        "-example_lists",
        "-fancy_lists",
        "-definition_lists",
    ]
)
HTML = "html-native_divs-native_spans+tex_math_dollars"


class Work(NamedTuple):
    """A work that is cited: its key, and how the list of references describes it."""

    id: str
    document: Document

    @property
    def place(self) -> str:
        """What messages call the place where it stands."""
        return f"the bibliography, work `{self.id.removeprefix('ref-')}`"


def parse(texts: Sequence[tuple[str, str, Place | str]]) -> list[Document]:
    """Read texts, triples (format, text, place), into pandoc documents: nested dicts and lists, each with `blocks`.

    Raises NotebookError, naming the place, for a text that pandoc reads with a warning, or that is too large.
    """
    for form, text, place in texts:
        limits.require_short(text, "a text", place)
        if form == MARKDOWN:
            limits.require_few_brackets(text, place)
        else:
            limits.require_small_table(text, place)
    asked = [{"format": form, "text": text} for form, text, _ in texts]
    answers = _ask({"task": "parse", "texts": asked})
    for (form, text, place), answer in zip(texts, answers, strict=True):
        warning = _warning(form, text) if answer["warned"] else None
        if warning:
            raise NotebookError(place, f"the Markdown cannot be read without loss: {warning}.")
    return [_document(answer["document"], place) for (_, _, place), answer in zip(texts, answers, strict=True)]


def _document(text: str, place: Place | str) -> Document:
    """Return a document from its JSON. Raises NotebookError if it is too deep, or holds too large a table."""
    try:
        document: Document = json.loads(text)
    except RecursionError as error:
        raise limits.too_deep(place) from error
    limits.require_shallow(document, place)
    limits.require_small_tables(document, place)
    return document


def write(documents: Iterable[Document], places: Iterable[Place | str], target: str) -> tuple[list[str], list[str]]:
    """Write documents for `target`, "html" or "typst"; return their texts, and those of the footnotes (HTML only).

    Raises NotebookError, naming the place, for what pandoc cannot write. Formulas are raw text by now.
    """
    asked = [json.dumps(document) for document in documents]
    answer = _ask({"task": "write", "target": target, "documents": asked})
    for place, written in zip(places, answer["texts"], strict=True):
        if "problem" in written:
            raise NotebookError(place, f"`{written['problem']}` cannot be written.")
    return [written["text"] for written in answer["texts"]], list(answer["notes"])


def bibliography_keys(bibliography: str) -> list[str]:
    """Return the keys of all works in the text of a BibTeX file. Raises ReportError if it is none."""
    answer = _ask({"task": "keys", "bibliography": bibliography})
    if "fault" in answer:
        raise ReportError(f"the bibliography cannot be read as BibTeX: {answer['fault']}.")
    return list(answer["keys"])


def cite(documents: Iterable[Document], bibliography: str) -> tuple[list[Document], list[Work]]:
    """Return the documents with their citations written out, and the works cited."""
    asked = [json.dumps(document) for document in documents]
    answer = _ask({"task": "cite", "bibliography": bibliography, "documents": asked})
    works = [Work(work["id"], json.loads(work["document"])) for work in answer["works"]]
    return [json.loads(document) for document in answer["documents"]], works


def _ask(request: object) -> Any:
    """Send a request to the Lua script and return its answer."""
    done = run(["lua", str(SCRIPT)], json.dumps(request))
    if done.returncode != 0:
        raise ReportError(f"pandoc failed: {done.stderr.strip()}")
    return json.loads(done.stdout)


def _warning(form: str, text: str) -> str | None:
    """Return the words of the first warning that pandoc gives when it reads `text`; a mere remark is none."""
    done = run(["--sandbox", "--from", form, "--to", "native"], text)
    warnings = done.stderr.split("[WARNING]")[1:]
    return " ".join(warnings[0].split()).rstrip(".") if warnings else None


def run(arguments: list[str], text: str) -> subprocess.CompletedProcess[str]:
    """Run pandoc on a text and return what became of it. Raises ReportError if it does not come to an end."""
    import pypandoc  # only who converts needs it, see `requirements`

    command = operating_system.bounded([pypandoc.get_pandoc_path(), *arguments], 2 * PATIENCE)
    try:
        return subprocess.run(command, input=text, capture_output=True, encoding="utf-8", check=False, timeout=PATIENCE)
    except subprocess.TimeoutExpired as error:
        advice = "look for a text that nests very deeply"
        raise ReportError(f"pandoc has come to no end within {PATIENCE} seconds: {advice}.") from error
