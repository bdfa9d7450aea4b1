"""Pandoc, asked for a whole batch at once: texts → documents, and documents → HTML or Typst."""

import json
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from notebook_report.errors import NotebookError, Place, ReportError
from notebook_report.reading.trees.pandoc_ast import Document, Element
from notebook_report.system import operating_system

SCRIPT = Path(__file__).with_name("convert.lua")
PATIENCE = 120  # seconds; the texts of a whole report take one

HTML = "html-auto_identifiers"


class Work(NamedTuple):
    """A work that is cited: its key, and how the list of references describes it."""

    id: str
    document: Document

    @property
    def place(self) -> str:
        """What messages call the place where it stands."""
        return f"the bibliography, work `{self.id.removeprefix('ref-')}`"


def parse(texts: Sequence[str]) -> list[list[Element]]:
    """Return the blocks of each of several texts in clean, closed HTML."""
    page = "".join(f"<div>{text}</div>" for text in texts)
    done = run(["--sandbox", "--preserve-tabs", "--from", HTML, "--to", "json"], page)
    if done.returncode != 0:
        raise ReportError(f"pandoc failed: {done.stderr.strip()}")
    blocks = [div["c"][1] for div in json.loads(done.stdout)["blocks"]]
    assert len(blocks) == len(texts), "each text is in a div"
    return blocks


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


def cite(keys: Sequence[str], bibliography: str) -> tuple[dict[str, list[str]], list[Work]]:
    """Return what a citation says of each work, without parentheses: author and year, and the year; and the works."""
    if not keys:
        return {}, []
    answer = _ask({"task": "cite", "bibliography": bibliography, "keys": keys})
    works = [Work(work["id"], json.loads(work["document"])) for work in answer["works"]]
    return dict(zip(keys, answer["forms"], strict=True)), works


def _ask(request: object) -> Any:
    """Send a request to the Lua script and return its answer."""
    done = run(["lua", str(SCRIPT)], json.dumps(request))
    if done.returncode != 0:
        raise ReportError(f"pandoc failed: {done.stderr.strip()}")
    return json.loads(done.stdout)


def run(arguments: list[str], text: str) -> subprocess.CompletedProcess[str]:
    """Run pandoc on a text and return what became of it. Raises ReportError if it does not come to an end."""
    import pypandoc  # only who converts needs it, see `requirements`

    command = operating_system.bounded([pypandoc.get_pandoc_path(), *arguments], 2 * PATIENCE)
    try:
        return subprocess.run(command, input=text, capture_output=True, encoding="utf-8", check=False, timeout=PATIENCE)
    except subprocess.TimeoutExpired as error:
        advice = "look for a text that nests very deeply"
        raise ReportError(f"pandoc has come to no end within {PATIENCE} seconds: {advice}.") from error
