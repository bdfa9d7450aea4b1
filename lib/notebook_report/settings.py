"""What a report says about itself: a TOML file.

title = "…"
subtitle = "…"                  # may be missing
authors = ["…", …]
language = "en"                 # of the text, as in HTML: "en-GB"; may be missing
abstract = "…"                  # Markdown: formulas and references to labels are possible
bibliography = "works.bib"      # a BibTeX file beside this one, for citations; may be missing
values = "../build/values.json" # a JSON file into which the notebooks write values of the text; may be missing
notebooks_folder = "notebooks"  # as seen from the TOML file; every notebook runs in it
packages = ["numpy", …]         # their versions stand on the title page; may be missing
optional_packages = ["torch"]   # the same, of those among them that are installed; may be missing
depends = ["../lib/**/*.py"]    # files that every notebook depends on, besides its own code; may be missing
leaves = ["../build/*.json"]    # files that the notebooks write; may be missing
notebooks = [                   # in the order of the report
    { file = "01-first.ipynb", seconds = 20 },
    { file = "02-second.ipynb", depends = ["$DATA_FOLDER/*"], after = ["01-first"] },
    { file = "03-last.ipynb", after = "all" },
]

Of a notebook, `seconds` is how long it is thought to take, only for the time left; `depends` are files that it depends
on besides those of all; `after` names the notebooks whose results it uses, "all" being all before it.

While `depends`, `after`, `leaves` and a notebook's code stay the same, and what these files hold, the notebook is not
run again. A report without `depends` runs all of its notebooks each time, for nobody knows whether something has
changed; an empty list says that they depend on nothing. The patterns are those of Python's glob, with `**` for any
folders, as seen from the TOML file; one may begin with an environment variable that names a folder, and as long as the
variable is not set, its notebooks run each time.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import UnionType
from typing import Any

from notebook_report.errors import ReportError


@dataclass(frozen=True)
class Notebook:
    """A notebook of the report; `depends` are all its patterns, or None if there are none to be trusted."""

    path: Path
    seconds: float
    depends: Sequence[str] | None
    after: Sequence[str]

    @property
    def name(self) -> str:
        """Return what the notebook is called: its file without the ending."""
        return self.path.stem


@dataclass(frozen=True)
class Settings:
    """The content of the TOML file in `folder`."""

    title: str
    authors: Sequence[str]
    notebooks: Sequence[Notebook]
    folder: Path
    subtitle: str = ""
    language: str = "en"
    abstract: str = ""
    bibliography: str = ""
    values: str = ""
    packages: Sequence[str] = ()
    optional_packages: Sequence[str] = ()
    leaves: Sequence[str] = ()


TYPES = {
    "title": str,
    "subtitle": str,
    "authors": list,
    "language": str,
    "abstract": str,
    "bibliography": str,
    "values": str,
    "notebooks_folder": str,
    "packages": list,
    "optional_packages": list,
    "depends": list,
    "leaves": list,
    "notebooks": list,
}
NEEDED = ("title", "authors", "notebooks_folder", "notebooks")
TYPES_OF_A_NOTEBOOK: Mapping[str, type | UnionType] = {
    "file": str,
    "seconds": int | float,
    "depends": list,
    "after": list | str,
}
ALL = "all"
LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*")
MOST_SECONDS = 10**9  # thirty years


def read(path: str | Path) -> Settings:
    """Return the Settings that the file at `path` holds. Raises ReportError, naming the file and the key."""
    path = Path(path)
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        _check(table, path)
    except (OSError, UnicodeDecodeError) as error:
        raise ReportError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}.") from error
    except tomllib.TOMLDecodeError as error:
        raise ReportError(f"{path} is not valid TOML: {error}.") from error
    except (ValueError, RecursionError) as error:
        # What neither Python's reader of TOML nor the messages of `_check` can cope with.
        fault = "a number of too many digits, or lists that nest too deeply"
        raise ReportError(f"{path} holds {fault}: remove it.") from error
    folder = _folder(table.pop("notebooks_folder"), path)
    common = table.pop("depends", None)
    notebooks: list[Notebook] = []
    for entry in table.pop("notebooks"):
        notebooks.append(_notebook(entry, folder, common, [earlier.name for earlier in notebooks], path))
    return Settings(**table, notebooks=notebooks, folder=path.parent)


def _folder(name: str, path: Path) -> Path:
    """Return the folder of the notebooks, which is called `name` as seen from the file at `path`."""
    try:
        return (path.parent / name).resolve()
    except (OSError, RuntimeError, ValueError) as error:
        # A link that leads to itself; a sign that no name can hold.
        raise ReportError(f"{path}: `notebooks_folder` is {name!r}, which leads to no folder: {error}.") from error


def _notebook(
    entry: Mapping[str, Any], folder: Path, common: Sequence[str] | None, earlier: Sequence[str], path: Path
) -> Notebook:
    """Return the Notebook of an entry; `earlier` are the names of those before it."""
    name = Path(entry["file"]).stem
    if name in earlier:
        raise ReportError(f"{path}: two notebooks are called {name}.")
    after = entry.get("after", [])
    after = [after] if isinstance(after, str) else after
    after = earlier if after == [ALL] else after
    stray = next((other for other in after if other not in earlier), None)
    if stray is not None:
        known = ", ".join(earlier) or "none"
        raise ReportError(f"{path}: `after` of {name} names `{stray}`, but the notebooks before it are {known}.")
    depends = [*(common or []), *entry.get("depends", [])]
    declared = common is not None or "depends" in entry
    return Notebook(folder / entry["file"], entry.get("seconds", 10), depends if declared else None, tuple(after))


def _check(table: Mapping[str, Any], path: Path) -> None:
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
        if not _is_notebook(entry):
            raise ReportError(f"{path}: a notebook is {entry!r}, not of the form {{ file = '…', seconds = 20 }}.")
    if not table["notebooks"]:
        raise ReportError(f"{path}: `notebooks` is empty.")
    if not table["title"].strip():
        raise ReportError(f"{path}: `title` is empty.")
    if not LANGUAGE.fullmatch(table.get("language", "en")):
        raise ReportError(f"{path}: `language` is {table['language']!r}; it must be a code such as 'en' or 'en-GB'.")


def _is_notebook(entry: object) -> bool:
    """Tell whether an entry of `notebooks` has a file, no unknown keys, and values that can be."""
    if not isinstance(entry, dict) or "file" not in entry or not set(entry) <= set(TYPES_OF_A_NOTEBOOK):
        return False
    lists = [value for value in entry.values() if isinstance(value, list)]
    texts = all(isinstance(text, str) for value in lists for text in value)
    typed = all(isinstance(value, TYPES_OF_A_NOTEBOOK[key]) for key, value in entry.items())
    return texts and typed and 0 <= entry.get("seconds", 0) <= MOST_SECONDS
