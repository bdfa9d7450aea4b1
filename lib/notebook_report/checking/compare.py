"""Did both files come out whole? Every piece of the executed notebooks, looked for in both, and in the same order."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from itertools import chain
from pathlib import Path
from unicodedata import category, normalize

from notebook_report import build
from notebook_report.checking import read_html, read_pdf
from notebook_report.checking.expected import FOLDED, FRONT, Wanted, expected
from notebook_report.checking.pieces import Piece, signs
from notebook_report.document.document import Document
from notebook_report.settings import Settings


def problems(settings: Settings, work: Path, html: Path, pdf: Path, words_hold: bool = True) -> list[str]:
    """Return one line for each thing that the notebooks in `work` hold and that the file `html` or `pdf` lacks.

    If `words_hold`, a value whose words in the notebooks are not what the run gives is such a thing. Raises ReportError
    if one of the files cannot be read.
    """
    document, _ = build.prepared(settings, work)
    others = [str(problem) for problem in document.problems if problem.code in ("value-words", "value-missing")]
    return [*(others if words_hold else ()), *losses(document, html, pdf)]


def losses(document: Document, html: Path, pdf: Path) -> list[str]:
    """Return one line for each thing of a document that got lost on its way into the files `html` and `pdf`."""
    wanted, page, paper = expected(document), read_html.read(html), read_pdf.read(pdf)
    on_paper = {name: sequence for name, sequence in wanted.items() if name != FOLDED}
    headings = [item for item in wanted["text"] if item.piece.kind.startswith("heading")]
    return [
        *_missing(wanted, page.pieces, html),
        *_missing(on_paper, paper.pieces, pdf),
        *(f"{item} is not in the outline of {pdf}." for item in headings if not _outlined(item, paper.outline)),
        *_drawn_otherwise(wanted, page.formulas, paper.formulas),
        *(f"{html}: the link to #{target} leads nowhere." for target in page.astray),
        *(f"{pdf}: the link “{words}” leads nowhere." for words in paper.astray),
    ]


def _missing(wanted: Mapping[str, Sequence[Wanted]], shown: Sequence[Piece], path: Path) -> Iterator[str]:
    """Yield a line for each piece of the sequences `wanted` that is not among those `shown`, or is out of order."""
    left, everything = Counter(piece.signs for piece in shown), signs("".join(piece.words for piece in shown))
    for name, sequence in wanted.items():
        there = []
        for item in sequence:
            found = signs(item.piece.words) in everything if name == FRONT else left[item.piece.signs] > 0
            left[item.piece.signs] -= 1
            if found:
                there.append(item)
            else:
                yield f"{item} is not in {path}."
        if name != FRONT:
            yield from (f"{item} is out of its order in {path}." for item in _moved(there, shown))


def _moved(wanted: Sequence[Wanted], shown: Sequence[Piece]) -> list[Wanted]:
    """Return those of the pieces `wanted`, all of them shown, that stand before others that they should follow."""
    kinds = {item.piece.signs for item in wanted}
    asked, given = [item.piece.signs for item in wanted], [piece.signs for piece in shown if piece.signs in kinds]
    rest = iter(given)
    if all(piece in rest for piece in asked):
        return []
    blocks = SequenceMatcher(None, asked, given, autojunk=False).get_matching_blocks()
    kept = {block.a + i for block in blocks for i in range(block.size)}
    return [item for i, item in enumerate(wanted) if i not in kept]


def _outlined(heading: Wanted, titles: Sequence[str]) -> bool:
    """Tell whether a heading is in the outline, which writes formulas in its own way, and an appendix as its letter."""
    start = signs(heading.piece.words.removeprefix("Appendix ").partition("$")[0])
    return any(signs(title).startswith(start) for title in titles)


def _drawn_otherwise(
    wanted: Mapping[str, Sequence[Wanted]], in_page: Sequence[tuple[str, str]], in_paper: Sequence[tuple[str, str]]
) -> Iterator[str]:
    """Yield a line for each formula whose letters and digits in the one file are not those in the other."""
    waiting: defaultdict[str, list[str]] = defaultdict(list)
    for tex, drawn in in_paper:
        waiting[signs(tex)].append(drawn)
    for tex, drawn in in_page:
        others = waiting[signs(tex)]
        # The paper has an equation's number among its signs.
        if others and _letters(drawn) not in [_letters(other) for other in _with_and_without_number(others.pop(0))]:
            place = next(item.place for item in chain(*wanted.values()) if signs(tex) in signs(item.piece.words))
            yield f"{place}: the formula `{tex}` has other letters in HTML than in PDF."


def _with_and_without_number(drawn: str) -> tuple[str, str]:
    return drawn, re.sub(r"\([^()]*\)\s*$", "", drawn)


def _letters(drawn: str) -> list[str]:
    """Return the letters and digits of a formula in no order: there is none between what stands above and below.

    An accent is none, be it part of its letter, joined to it, or a sign of its own.
    """
    return sorted(sign for sign in normalize("NFD", signs(drawn)) if sign.isalnum() and category(sign) != "Lm")
