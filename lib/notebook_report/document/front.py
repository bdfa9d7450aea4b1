"""What stands before the first section of a report: title, authors, date, abstract, and what is known of the run."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from notebook_report.errors import ReportError


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


def of_notebook(nb: NotebookNode, name: str, folder: Path) -> Front:
    """Return the front matter of a notebook that stands alone, from its metadata. Raises ReportError."""
    named = nb.metadata.get("bibliography")
    if named and not isinstance(named, str):
        raise ReportError(f"the notebook's metadata name {named!r} as `bibliography`: name a BibTeX file.")
    title = nb.metadata.get("title")
    return Front(
        title=title if isinstance(title, str) and title.strip() else name,
        authors=_authors(nb.metadata.get("authors", [])),
        bibliography=read_bibliography(folder / named) if named else "",
        folder=folder,
    )


def _authors(listed: Iterable[object]) -> list[str]:
    """Return the names of the authors that a notebook's metadata list. Raises ReportError."""
    named = [author["name"] for author in listed if isinstance(author, dict) and "name" in author]
    if not all(isinstance(name, str) for name in named):
        raise ReportError("the notebook's metadata have an author whose name is no text: write it in quotes.")
    return named


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
