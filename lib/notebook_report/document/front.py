"""What stands before the first section of a report: title, authors, date, abstract, and what is known of the run."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import yaml
from nbformat import NotebookNode

from notebook_report.errors import ReportError
from notebook_report.problems import Outcome, Problem, excerpt

MATTER = re.compile(r"\s*---[ \t]*\n(.{1,10000}?)\n(?:---|\.\.\.)\s*", re.DOTALL)
LANGUAGE = re.compile(r"[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8})*")
LETTER = re.compile(r"[^\W\d_]")
HAN, KANA, HANGUL = (re.compile(f"[{span}]") for span in ("\u4e00-\u9fff", "\u3040-\u30ff", "\uac00-\ud7af"))
PER_SIGN = 3  # letters of an alphabet, for which one of these stands
# Code, tags and addresses, whose letters belong to no language.
NO_WORDS = re.compile(r"```.*?```|`[^`]*`|<[^<>]*>|\]\([^()\n]*\)|https?://[!-~]+", re.DOTALL)


@dataclass(frozen=True)
class Front:
    """What stands before the first section.

    date : as in 2026-05-03
    abstract : Markdown
    facts : pairs of a name and a text, as ("Machine", "2 cores")
    bibliography : the text of a BibTeX file
    folder : where the pictures that texts name lie
    """

    title: str = ""
    subtitle: str = ""
    authors: Sequence[str] = ()
    language: str = "en"
    date: str = ""
    abstract: str = ""
    facts: Sequence[tuple[str, str]] = ()
    bibliography: str = ""
    folder: Path = Path()


def with_raw_matter(nb: NotebookNode) -> NotebookNode:
    """Return a notebook whose first cell is raw if it is Markdown that is nothing but front matter with a title."""
    first = nb.cells[0] if nb.cells else None
    if first is None or first.cell_type != "markdown" or not _text(_yaml(first.source, []).get("title")):
        return nb
    raw = NotebookNode({key: value for key, value in first.items() if key != "attachments"} | {"cell_type": "raw"})
    return NotebookNode(nb | {"cells": [raw, *nb.cells[1:]]})


def of_notebook(nb: NotebookNode, folder: Path, problems: list[Problem]) -> Front:
    """Return the front matter of a notebook that stands alone: from its metadata, and from YAML in a first raw cell.

    What cannot be meant is left out and added to `problems`; the title is empty if there is none.
    """
    faults: list[str] = []
    first = nb.cells[0] if nb.cells else None
    found = {**nb.metadata, **(_yaml(first.source, faults) if first and first.cell_type == "raw" else {})}
    texts = {key: _text(found.get(key)) for key in ("title", "subtitle", "abstract", "lang", "date")}
    authors = found.get("authors") or found.get("author") or []
    day = _day(texts["date"])
    if texts["date"] and not day:
        faults.append(f"the date “{excerpt(texts['date'])}” is not of the form 2026-05-03.")
    bibliography = ""
    if found.get("bibliography"):
        try:
            bibliography = read_bibliography(folder / _text(found["bibliography"]))
        except ReportError as error:
            faults.append(str(error))
    problems += [Problem("the front matter", "front-matter", fault, "", Outcome.REPLACED) for fault in faults]
    return Front(
        texts["title"],
        texts["subtitle"],
        [name for author in (authors if isinstance(authors, list) else [authors]) if (name := _name(author))],
        language=texts["lang"] if LANGUAGE.fullmatch(texts["lang"]) else _language(nb),
        date=day,
        abstract=texts["abstract"],
        bibliography=bibliography,
        folder=folder,
    )


def _language(nb: NotebookNode) -> str:
    """Return the language of a notebook's texts: Chinese, Japanese or Korean if most is written so, or else English."""
    text = NO_WORDS.sub(" ", "\n".join(cell.source for cell in nb.cells if cell.cell_type == "markdown"))
    han, kana, hangul = (len(letters.findall(text)) for letters in (HAN, KANA, HANGUL))
    n = han + kana + hangul
    if PER_SIGN * n <= len(LETTER.findall(text)) - n:
        return "en"
    if hangul > han + kana:
        return "ko"
    return "ja" if kana > 0.1 * (han + kana) else "zh"


def _yaml(text: str, faults: list[str]) -> dict[str, object]:
    """Return what the YAML says that stands between lines of hyphens in a first cell, as Quarto has it."""
    matter = MATTER.fullmatch(text)
    if not matter:
        return {}
    try:
        found = yaml.safe_load(matter[1])
    except (yaml.YAMLError, RecursionError, ValueError):
        faults.append("the raw cell at the top is not valid YAML: write texts in quotes.")
        return {}
    return found if isinstance(found, dict) else {}


def _text(value: object) -> str:
    """Return a text of the front matter; the first of several; nothing for what is none."""
    value = value[0] if isinstance(value, list) and value else value
    return " ".join(str(value).split()) if isinstance(value, str | int | float | date) else ""


def _day(text: str) -> str:
    """Return the day that a text begins with, nothing if it is none."""
    try:
        return date.fromisoformat(text[:10]).isoformat()
    except ValueError:
        return ""


def _name(author: object) -> str:
    """Return the name of an author, whom Quarto and Jupyter Book write in several forms."""
    name = author.get("name") if isinstance(author, dict) else author
    if isinstance(name, dict):
        parts = (name.get(key) for key in ("given", "non-dropping-particle", "family"))
        return _text(name.get("literal")) or " ".join(filter(None, map(_text, parts)))
    return _text(name)


def read_bibliography(path: Path) -> str:
    """Return the text of the BibTeX file at `path`. Raises ReportError if there is none."""
    try:
        # A pipe may keep whoever reads it waiting for ever.
        if path.exists() and not path.is_file():
            raise ReportError(f"the bibliography {path} is not a file: name a BibTeX file.")
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        fault = getattr(error, "strerror", None) or error
        raise ReportError(f"the bibliography {path} cannot be read: {fault}.") from error
