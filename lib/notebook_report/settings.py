"""What a report says about itself: a TOML file.

title = "…"
subtitle = "…"                  # may be missing
authors = ["…", …]
language = "en"                 # of the text, as in HTML
abstract = "…"                  # Markdown: formulas and references to labels are possible
notebooks_folder = "notebooks"  # as seen from the TOML file; every notebook runs in it
packages = ["numpy", …]         # their versions stand on the title page; may be missing
notebooks = [                   # in the order of the report
    { file = "01-first.ipynb", seconds = 20 },  # how long it is thought to take; only for the time left
]
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from notebook_report.errors import ReportError


@dataclass(frozen=True)
class Settings:
    """The content of the TOML file in `folder`; `notebooks` are paths, `seconds` the expected time of each."""

    title: str
    authors: list
    notebooks: list
    seconds: list
    folder: Path
    subtitle: str = ""
    language: str = "en"
    abstract: str = ""
    packages: tuple = ()


TYPES = {
    "title": str,
    "subtitle": str,
    "authors": list,
    "language": str,
    "abstract": str,
    "notebooks_folder": str,
    "packages": list,
    "notebooks": list,
}
NEEDED = ("title", "authors", "notebooks_folder", "notebooks")


def read(path):
    """Return the Settings that the file at `path` holds. Raises ReportError, naming the file and the key."""
    path = Path(path)
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ReportError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}.") from error
    except tomllib.TOMLDecodeError as error:
        raise ReportError(f"{path} is not valid TOML: {error}.") from error
    _check(table, path)
    entries = table.pop("notebooks")
    notebooks_folder = (path.parent / table.pop("notebooks_folder")).resolve()
    notebooks = [notebooks_folder / entry["file"] for entry in entries]
    seconds = [entry.get("seconds", 10) for entry in entries]
    return Settings(**table, notebooks=notebooks, seconds=seconds, folder=path.parent)


def _check(table, path):
    """Refuse a table that lacks a key, has one too many, or holds a value of the wrong type."""
    missing = next((key for key in NEEDED if key not in table), None)
    if missing:
        raise ReportError(f"{path} has no key `{missing}`.")
    for key, value in table.items():
        if key not in TYPES:
            raise ReportError(f"{path} has an unknown key `{key}`; the keys are {', '.join(TYPES)}.")
        if not isinstance(value, TYPES[key]):
            raise ReportError(f"{path}: `{key}` must be a {'text' if TYPES[key] is str else 'list'}.")
        if key != "notebooks" and isinstance(value, list) and not all(isinstance(entry, str) for entry in value):
            raise ReportError(f"{path}: `{key}` must be a list of texts.")
    for entry in table["notebooks"]:
        known = isinstance(entry, dict) and "file" in entry and set(entry) <= {"file", "seconds"}
        if not known or not isinstance(entry["file"], str) or not isinstance(entry.get("seconds", 1), int | float):
            raise ReportError(f"{path}: a notebook is {entry!r}, not of the form {{ file = '…', seconds = 20 }}.")
    if not table["notebooks"]:
        raise ReportError(f"{path}: `notebooks` is empty.")
