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

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import msgspec

from notebook_report.errors import ReportError

Text = Annotated[str, msgspec.Meta(pattern=r"\S")]
Language = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$")]
Seconds = Annotated[float, msgspec.Meta(ge=0, le=10**9)]  # thirty years
ALL = "all"
WORDS = {  # of msgspec's messages
    "`$.": "`",
    " - at ": " at ",
    "Object missing required field": "it lacks",
    "Object contains unknown field": "it has the unknown key",
    "Expected": "expected",
    r"`str` matching regex '\\S'": "a text that is not empty",
    r"`str` matching regex '^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$'": "a code such as `en` or `en-GB`",
    "array": "list",
    "object": "table",
}


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A notebook in the TOML file."""

    file: Text
    seconds: Seconds = 10
    depends: list[str] | None = None
    after: list[str] | str = []  # msgspec makes a new list each time


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The TOML file."""

    title: Text
    authors: list[str]
    notebooks_folder: str
    notebooks: Annotated[list[Entry], msgspec.Meta(min_length=1)]
    subtitle: str = ""
    language: Language = "en"
    abstract: str = ""
    bibliography: str = ""
    values: str = ""
    packages: list[str] = []
    optional_packages: list[str] = []
    depends: list[str] | None = None
    leaves: list[str] = []


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
    """What the TOML file in `folder` says of the report."""

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


def read(path: str | Path) -> Settings:
    """Return the Settings that the file at `path` holds. Raises ReportError, naming the file and the key."""
    path = Path(path)
    try:
        table = msgspec.toml.decode(path.read_bytes(), type=Table)
    except OSError as error:
        raise ReportError(f"{path} cannot be read: {error.strerror}.") from error
    except msgspec.ValidationError as error:
        raise ReportError(f"{path} is not of the form of a report's settings: {_in_words(error)}.") from error
    except (ValueError, RecursionError) as error:
        # Also a number of too many digits, and lists that nest too deeply.
        raise ReportError(f"{path} is not valid TOML: {error}.") from error
    notebooks: list[Notebook] = []
    for entry in table.notebooks:
        notebooks.append(_notebook(entry, table, [earlier.name for earlier in notebooks], path))
    given = msgspec.structs.asdict(table)
    kept = {key: given[key] for key in Settings.__dataclass_fields__ if key in given and key != "notebooks"}
    return Settings(**kept, notebooks=notebooks, folder=path.parent)


def _in_words(error: msgspec.ValidationError) -> str:
    """Return what is wrong, in words that who writes TOML knows."""
    message = str(error)
    for old, new in WORDS.items():
        message = message.replace(old, new)
    return message


def _notebook(entry: Entry, table: Table, earlier: Sequence[str], path: Path) -> Notebook:
    """Return the Notebook of an entry; `earlier` are the names of those before it. Raises ReportError."""
    name = Path(entry.file).stem
    if name in earlier:
        raise ReportError(f"{path}: two notebooks are called {name}.")
    after = [entry.after] if isinstance(entry.after, str) else entry.after
    after = [*earlier] if after == [ALL] else after
    unknown = next((other for other in after if other not in earlier), None)
    if unknown is not None:
        known = ", ".join(earlier) or "none"
        raise ReportError(f"{path}: `after` of {name} names `{unknown}`, but the notebooks before it are {known}.")
    depends = [*(table.depends or []), *(entry.depends or [])]
    declared = table.depends is not None or entry.depends is not None
    try:
        folder = (path.parent / table.notebooks_folder).resolve()
    except (OSError, RuntimeError, ValueError) as error:
        # A link that leads to itself; a character that no name can hold.
        sentence = f"`notebooks_folder` is {table.notebooks_folder!r}, which leads to no folder: {error}."
        raise ReportError(f"{path}: {sentence}") from error
    return Notebook(folder / entry.file, entry.seconds, depends if declared else None, tuple(after))
