"""Citations, `[@key]` or `@key`, from a BibTeX file: written as author and year, and listed at the end."""

from collections import Counter
from collections.abc import Mapping, Sequence

from notebook_report.document import crossref
from notebook_report.document.passage import Passage
from notebook_report.errors import NotebookError, Place
from notebook_report.problems import Problem, noted
from notebook_report.reading import pandoc, pandoc_ast, tree
from notebook_report.reading.pandoc import Work
from notebook_report.reading.pandoc_ast import Element


def resolve(passages: Sequence[Passage], bibliography: str, problems: list[Problem]) -> list[Work]:
    """Resolve the citations of all passages, in place, and return the works cited, checked as all texts are.

    bibliography: the text of a BibTeX file, empty if there is none. What is not cited is not listed. A key that the
    file does not hold, or holds twice, is added to `problems`. Raises ReportError for a file that is no BibTeX.
    """
    citing = [passage for passage in passages if next(pandoc_ast.elements(passage.document, "Cite"), None)]
    if not citing:
        return []
    known = Counter(pandoc.bibliography_keys(bibliography))
    for passage in citing:
        for cite in pandoc_ast.elements(passage.document, "Cite"):
            with noted(problems):
                if not crossref.is_reference(cite):  # of which `crossref` has told
                    _check(cite, known, passage.place)
    if problems:  # citeproc stops at a key that it does not know
        return []
    documents, works = pandoc.cite([passage.document for passage in citing], bibliography)
    for work in works:
        problems += tree.check(work.document, work.place)
    for passage, document in zip(citing, documents, strict=True):
        # All else has been checked already; a citation may say what the list of works does not, such as a short title.
        problems += tree.check(document, f"{passage.place}, a citation")
        passage.document = document
    return works


def _check(cite: Element, known: Mapping[str, int], place: Place | str) -> None:
    """Refuse a citation of a work that the bibliography lacks, or of one of two; `known` counts the works of a key."""
    for citation in cite["c"][0]:
        key = citation["citationId"]
        if key in known and known[key] > 1:
            raise NotebookError(place, f"`@{key}` cites {known[key]} works: give each a key of its own.")
        if key not in known:
            words = f"`@{key}` cites what the bibliography does not hold"
            advice = "write \\@ for the sign itself"
            if not known:
                words = f"`@{key}` reads as a citation, and there is no bibliography"
                advice = "name a BibTeX file under `bibliography`, or write \\@ for the sign itself"
            raise NotebookError(place, f"{words}: {advice}.")
