"""Citations, `[@key]` or `@key`, from a BibTeX file: written as author and year, and listed at the end."""

from collections.abc import Collection, Sequence

from notebook_report import pandoc, syntax
from notebook_report.errors import NotebookError, Place
from notebook_report.pandoc import Work
from notebook_report.passage import Passage
from notebook_report.syntax import Element


def resolve(passages: Sequence[Passage], bibliography: str) -> list[Work]:
    """Resolve the citations of all passages, in place, and return the works cited.

    bibliography: the text of a BibTeX file, empty if there is none. What is not cited is not listed. Raises
    NotebookError for a key that the file does not hold, ReportError for a file that is no BibTeX.
    """
    citing = [passage for passage in passages if next(syntax.elements(passage.document, "Cite"), None)]
    if not citing:
        return []
    known = pandoc.bibliography_keys(bibliography)
    for passage in citing:
        for cite in syntax.elements(passage.document, "Cite"):
            _check(cite, known, passage.place)
    documents, works = pandoc.cite([passage.document for passage in citing], bibliography)
    for passage, document in zip(citing, documents, strict=True):
        passage.document = document
    return works


def _check(cite: Element, known: Collection[str], place: Place | str) -> None:
    """Refuse a citation of a work that the bibliography lacks."""
    for citation in cite["c"][0]:
        if citation["citationId"] not in known:
            words = f"`@{citation['citationId']}` cites what the bibliography does not hold"
            advice = "write \\@ for the sign itself"
            if not known:
                words = f"`@{citation['citationId']}` reads as a citation, and there is no bibliography"
                advice = "name a BibTeX file under `bibliography`, or write \\@ for the sign itself"
            raise NotebookError(place, f"{words}: {advice}.")
