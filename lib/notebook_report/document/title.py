"""The title of a notebook that stands alone: people write it as a heading, or as bold, large or centred words."""

import re
from collections.abc import Sequence
from itertools import takewhile

from notebook_report.document import author_numbers
from notebook_report.document.crossref import APPENDIX, UNNUMBERED
from notebook_report.document.passage import Passage
from notebook_report.reading import pandoc_ast
from notebook_report.reading.pandoc_ast import Element, Node

NUMBERING = {APPENDIX, UNNUMBERED}  # tags of who writes for our numbers
UNFIT = ("Note", "Math", "Image", "Link", "RawInline")  # what a title, which is plain text, cannot hold
FEWEST = 2  # sections beside a title of their level: of two headings neither is more than the other
LONGEST = 100  # characters of a line that is a title
SENTENCE = re.compile(r"[.:;!]\s*$|[.;!]\s|(?<!\d):\s")  # signs that a title has not, but for "Chapter 2: …"
# HTML at the beginning of a text that makes its first words large, or sets them in the middle.
TAGS = re.compile(r"(?:\s*<[^<>]*>)*")
LOOK = re.compile(r"<(?:center|font|big)\b|\balign\s*=\s*[\"']?center|text-align:\s*center|font-size", re.IGNORECASE)
# The first sections of notebooks that have no title.
NAMES = (
    "(?:project |necessary |required )?(?:introduction|overview|description|abstract|summary|motivation|background"
    "|(?:table of )?contents?|set-?up|imports?|libraries|installation|requirements|prerequisites|preparation|news)"
)
SECTION = re.compile(
    rf"(?:{NAMES}(?:\W+and\W+|\W*[/&,]\W*|\W*$))+|(?:import|install|load|prepar)(?:e|ation|ing)?\b.*", re.IGNORECASE
)
HYPHEN = re.compile(r"(?<!\d)-|-(?!\d)")  # that is none of a date


def promote(passages: Sequence[Passage], begin: Passage | None, known: str = "") -> str | None:
    """Take what is the notebook's title out of its passages, let its headings move up, and return the title's words.

    The title is the heading that says what is known as the title. If nothing is known, it is the first heading, if all
    others are below it, or if it begins the notebook and is no section beside the others; or else, the line that begins
    the notebook, if its words are bold, large or in the middle. None if there is none. Links lead to where it was.

    begin : the passage with which the notebook begins, if it begins with one
    """
    headings = [
        (passage, block) for passage in passages for block in passage.document["blocks"] if block["t"] == "Header"
    ]
    levels = [header["c"][0] for _, header in headings]
    title = _heading(headings, begin, known)
    if not known and (title is None or SECTION.fullmatch(title)) and (line := _take_line(begin)):
        title = line
    elif title is not None:
        (passage, first), *headings = headings
        anchors = [span for span in pandoc_ast.elements(first, "Span") if span["c"][0][0]]
        _replace(passage, first, title, {"t": "Plain", "c": anchors})
        levels = levels[1:]
        below = len(list(takewhile(lambda level: level > first["c"][0], levels)))
        _lift([header for _, header in headings[:below]])
        headings = headings[below:]
    _lift([header for _, header in headings])
    return title


def _lift(headers: Sequence[Element]) -> None:
    """Let headings move up until one has the first level, in place."""
    least = min((header["c"][0] for header in headers), default=1)
    for header in headers:
        header["c"][0] -= least - 1


def _heading(headings: Sequence[tuple[Passage, Element]], begin: Passage | None, known: str) -> str | None:
    """Return the words of the first heading if it is the title."""
    if not headings or _is_unfit(headings[0][1]):
        return None
    words = pandoc_ast.plain(headings[0][1]["c"][2])
    if known:
        return words if words.casefold().split() == known.casefold().split() else None
    level, *levels = (header["c"][0] for _, header in headings)
    is_above = level < min(levels, default=level + 1)
    return words if is_above or _stands_apart(headings, begin) else None


def _stands_apart(headings: Sequence[tuple[Passage, Element]], begin: Passage | None) -> bool:
    """Tell whether the first heading, beside others of its level, begins the notebook and is no section as they are."""
    words, *others = (pandoc_ast.plain(header["c"][2]) for _, header in headings)
    level, *levels = (header["c"][0] for _, header in headings)
    plain = [NUMBERING.isdisjoint(passage.tags) for passage, _ in headings[1:]]
    beside = [other for other, its, is_plain in zip(others, levels, plain, strict=True) if its == level and is_plain]
    return (
        level == min(levels)
        and (len(beside) >= FEWEST or any(map(SECTION.fullmatch, beside)))
        and _first(begin) is headings[0][1]
        and not SECTION.fullmatch(words)
        and not author_numbers.go_on(words, beside)
    )


def _take_line(begin: Passage | None) -> str | None:
    """Take the line that begins the notebook out of it, if it is a title, and return its words."""
    first = _first(begin)
    if begin is None or first is None or first["t"] not in ("Para", "Plain"):
        return None
    line = list(takewhile(lambda inline: inline["t"] != "LineBreak", first["c"]))
    words = " ".join(pandoc_ast.plain(line).split())
    tags = TAGS.match(begin.text)
    is_seen = [inline["t"] for inline in line] == ["Strong"] or (tags and LOOK.search(tags[0]))
    if not is_seen or not words or len(words) > LONGEST or SENTENCE.search(words) or _is_unfit(line):
        return None
    rest = first["c"][len(line) + 1 :]
    _replace(begin, first, words, {"t": "Para" if rest else "Plain", "c": rest})
    return words


def _first(begin: Passage | None) -> Element | None:
    """Return the block that begins a notebook: the first one with words, after pictures such as logos and badges."""
    blocks = begin.document["blocks"] if begin else []
    return next((block for block in blocks if pandoc_ast.plain(_without_images(block)).strip()), None)


def _without_images(block: Element) -> Element:
    bare = pandoc_ast.rewrite([block], lambda element: [] if element["t"] == "Image" else None)
    return dict(bare[0])


def _is_unfit(node: Node) -> bool:
    return next(pandoc_ast.elements(node, *UNFIT), None) is not None


def _replace(passage: Passage, block: Element, title: str, rest: Element) -> None:
    """Put what is left of a block in its place, with an anchor that is called like the title."""
    blocks = passage.document["blocks"]
    place = {"t": "Div", "c": [["-".join(title.split()), [], []], [rest]]}
    blocks[next(i for i, other in enumerate(blocks) if other is block)] = place


def of_file(name: str) -> str:
    """Return the name of a notebook's file as a title.

    An underscore stands for a blank, and so do hyphens if there are several: one alone may belong to a word.
    """
    words = name.replace("_", " ")
    words = HYPHEN.sub(" ", words) if " " not in words and len(HYPHEN.findall(words)) > 1 else words
    return " ".join(words.split()) or name
