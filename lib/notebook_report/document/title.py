"""The title of a notebook that stands alone: people write it as a heading, or as bold, large or centred words."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile
from typing import NamedTuple

from notebook_report.document import author_numbers
from notebook_report.document.crossref import APPENDIX, UNNUMBERED
from notebook_report.document.passage import Passage
from notebook_report.reading.trees import pandoc_ast
from notebook_report.reading.trees.pandoc_ast import Element, Node

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


class _Heading(NamedTuple):
    """A heading as it is written, and whether its cell lacks the tags of those who write for our numbers."""

    header: Element
    words: str
    level: int
    is_plain: bool


def promote(passages: Sequence[Passage], begin: Passage | None, known: str = "") -> str | None:
    """Take what is the notebook's title out of its passages, let its headings move up, and return the title's words.

    The title is the heading that says what is known as the title. If nothing is known, it is the first heading, if all
    others are below it, or if it begins the notebook and is no section beside the others; or else, the line that begins
    the notebook, if its words are bold, large or in the middle. None if there is none. Links lead to where it was.

    begin : the passage with which the notebook begins, if it begins with one
    """
    headings = list(_headings(passages))
    title = _heading(headings, begin, known)
    if not known and (title is None or _is_section(title)) and (line := _take_line(begin)):
        title = line
    elif title is not None:
        (first, *_), *headings = headings
        level = first["c"][0]
        anchors = [span for span in pandoc_ast.elements(first, "Span") if span["c"][0][0]]
        _replace(first, title, {"t": "Plain", "c": anchors})
        below = list(takewhile(lambda heading: heading.level > level, headings))
        _lift(below)
        headings = headings[len(below) :]
    _lift(headings)
    return title


def _headings(passages: Iterable[Passage]) -> Iterator[_Heading]:
    for passage in passages:
        is_plain = {APPENDIX, UNNUMBERED}.isdisjoint(passage.tags)
        for block in _blocks(passage.document["blocks"]):
            if block["t"] == "Header":
                yield _Heading(block, pandoc_ast.plain(block["c"][2]), block["c"][0], is_plain)


def _blocks(blocks: Iterable[Element]) -> Iterator[Element]:
    """Yield blocks, and instead of a `Div`, which has a name or a direction, the blocks in it."""
    for block in blocks:
        yield from _blocks(block["c"][1]) if block["t"] == "Div" else [block]


def _lift(headings: Sequence[_Heading]) -> None:
    """Let headings move up until one has the first level, in place."""
    least = min((heading.level for heading in headings), default=1)
    for heading in headings:
        heading.header["c"][0] -= least - 1


def _heading(headings: Sequence[_Heading], begin: Passage | None, known: str) -> str | None:
    """Return the words of the first heading if it is the title."""
    if not headings or _is_unfit(headings[0].header):
        return None
    first, *others = headings
    if known:
        return first.words if first.words.casefold().split() == known.casefold().split() else None
    is_above = all(other.level > first.level for other in others) if others else not _is_section(first.words)
    return first.words if is_above or _stands_apart(headings, begin) else None


def _stands_apart(headings: Sequence[_Heading], begin: Passage | None) -> bool:
    """Tell whether the first heading, beside others of its level, begins the notebook and is no section as they are."""
    first, *others = headings
    beside = [other.words for other in others if other.level == first.level and other.is_plain]
    return (
        all(other.level >= first.level for other in others)
        and (len(beside) >= FEWEST or any(map(_is_section, beside)))
        and _first(begin) is first.header
        and not _is_section(first.words)
        and not author_numbers.go_on(first.words, beside)
    )


def _is_section(words: str) -> bool:
    """Tell whether words name a section with which notebooks begin that have no title."""
    return len(words) <= LONGEST and SECTION.fullmatch(words) is not None


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
    _replace(first, words, {"t": "Para" if rest else "Plain", "c": rest})
    return words


def _first(begin: Passage | None) -> Element | None:
    """Return the block that begins a notebook: the first one with words, after pictures such as logos and badges."""
    blocks = _blocks(begin.document["blocks"] if begin else [])
    return next((block for block in blocks if pandoc_ast.plain(_without_images(block)).strip()), None)


def _without_images(block: Element) -> Node:
    return pandoc_ast.rewrite([block], lambda element: [] if element["t"] == "Image" else None)


def _is_unfit(node: Node) -> bool:
    return next(pandoc_ast.elements(node, *UNFIT), None) is not None


def _replace(block: Element, title: str, rest: Element) -> None:
    """Let what is left of a block stand in its place, under a name like the title, in place."""
    block.update(t="Div", c=[["-".join(title.split()), [], []], [rest]])


def of_file(name: str) -> str:
    """Return the name of a notebook's file as a title.

    An underscore stands for a blank, and so do hyphens if there are several: one alone may belong to a word.
    """
    words = name.replace("_", " ")
    words = HYPHEN.sub(" ", words) if " " not in words and len(HYPHEN.findall(words)) > 1 else words
    return " ".join(words.split()) or name
