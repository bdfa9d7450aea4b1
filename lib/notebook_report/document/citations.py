"""Citations: links such as `[Smith 2017](#cite-smith2017)`, whose words name authors and year of a work.

The name after `cite-` is the work's key in a BibTeX file. The words are held to what a citation in parentheses, or by
the year alone, says of the work; the works cited are listed at the end.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from urllib.parse import unquote

from notebook_report.document.passage import Passage
from notebook_report.errors import Place
from notebook_report.problems import Outcome, Problem, excerpt
from notebook_report.reading.trees import pandoc, pandoc_ast
from notebook_report.reading.trees.finish import finish
from notebook_report.reading.trees.pandoc import Work
from notebook_report.reading.trees.pandoc_ast import Element

PREFIX = "cite-"
WORD = re.compile(r"\w+")


def resolve(passages: Sequence[Passage], bibliography: str, problems: list[Problem]) -> list[Work]:
    """Let the citations of all passages lead to their works, in place, and return the works cited.

    bibliography: the text of a BibTeX file, empty if there is none. What is not cited is not listed. Raises ReportError
    for a file that is no BibTeX; all else that is wrong is added to `problems`.
    """
    cited = [_key(link) for passage in passages for link in pandoc_ast.elements(passage.document, "Link")]
    keys = list(dict.fromkeys(filter(None, cited)))
    if not keys:
        return []
    known = Counter(pandoc.bibliography_keys(bibliography))
    forms, works = pandoc.cite([key for key in keys if known[key] == 1], bibliography)
    for work in works:
        finished = finish(work.document["blocks"], [], [], work.place)
        work.document["blocks"] = finished.blocks
        problems += finished.problems
    for passage in passages:

        def lead(link: Element, place: Place | str = passage.place) -> list[Element] | None:
            key = _key(link)
            if not key:
                return None
            words = pandoc_ast.plain(link["c"][1])
            if sentence := _fault(words, key, known, forms):
                source, code = excerpt(f"[{words}](#{PREFIX}{key})"), "words" if key in forms else "unknown"
                problem = f"`{source}` {sentence}."
                problems.append(Problem(place, f"citation-{code}", problem, source, Outcome.REPAIRED))
            if key not in forms:
                return list(link["c"][1])
            return [{"t": "Link", "c": [*link["c"][:2], [f"#ref-{key}", link["c"][2][1]]]}]

        passage.document = pandoc_ast.rewrite(passage.document, lead)
    return works


def _key(element: Element) -> str | None:
    """Return the key of the work that a link cites, or None if it cites none."""
    address = element["c"][2][0] if element["t"] == "Link" else ""
    return unquote(address.removeprefix(f"#{PREFIX}")) if address.startswith(f"#{PREFIX}") else None


def _fault(words: str, key: str, known: Mapping[str, int], forms: Mapping[str, Sequence[str]]) -> str | None:
    """Return what is wrong with the words that cite a work, or None; `known` counts the works of each key."""
    if not known:
        return "cites a work, and there is no bibliography: name a BibTeX file under `bibliography`"
    if key not in known:
        return "cites what the bibliography does not hold"
    if key not in forms:
        return f"cites {known[key]} works: give each a key of its own"
    said = WORD.findall(words)
    # A page may follow.
    if any(said[: len(form)] == form for form in map(WORD.findall, forms[key])):
        return None
    return f"cites a work that is called “{forms[key][0]}”"
