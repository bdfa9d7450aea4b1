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

UNFIT = ("Note", "Math", "Image", "RawInline")  # what a title, which is plain text, cannot hold
FEWEST = 2  # sections beside a title of their level: of two headings neither is more than the other
MOST_CELLS = 2  # of code before a title: imports and settings
SMALLER = 2  # levels by which a title stands below the sections, so that it looks as small as its author wants
LONGEST = 100  # characters of a line that is a title
SENTENCE = re.compile(r"[.:;!]\s*$|[.;!]\s|(?<!\d):\s")  # signs that a title has not, but for "Chapter 2: …"
# HTML at the beginning of a text that makes its first words large, or sets them in the middle.
TAGS = re.compile(r"(?:\s*<[^<>]*>)*")
LOOK = re.compile(r"<(?:center|font|big)\b|\balign\s*=\s*[\"']?center|text-align:\s*center|font-size", re.IGNORECASE)
# Who has made a notebook, when and under which license, or an address: what may stand before its title.
COLOPHON = re.compile(
    r"(?:.{0,40}\b)?(?:copyright|licen[cs]ed?|(?:created|prepared|written|ported) by)\b.*|.*(?:©|\(c\) ?\d{4}).*"
    r"|\W*(?:authors?|by)\b.*|https?://\S+|[\d\s./-]{8,10}",
    re.IGNORECASE | re.DOTALL,
)
DATED = re.compile(r"[^.!?:]{0,60}\b(?:19|20)\d\d\b[^.!?:]{0,20}")  # "Ada Lovelace, 3 May 1843", before a heading
# The first sections of notebooks that have no title.
NAMES = (
    "(?:project |necessary |required )?(?:introduction|overview|description|abstract|summary|motivation|background"
    "|(?:table of )?contents?|set-?up|imports?|libraries|installation|requirements|prerequisites|preparation|news"
    "|(?:the )?data(?: ?sets?)?|eda|workflow|(?:software )?versions?)"
)
NAMED = rf"(?:{NAMES}(?:\W+and\W+|\W*[/&,]\W*|\W*$))+"
SECTION = re.compile(rf"{NAMED}|(?:import|install|load|prepar)(?:e|ation|ing)?\b.*", re.IGNORECASE)
ALONE = re.compile(NAMED, re.IGNORECASE)  # of the only heading, "Load balancing" is a title
# Sections that come after others: of two headings, the one before such a section is the title.
LATER = re.compile(
    r"(?:(?:cit(?:e|ing|ation)|how to cite)\b.*|about (?:this|the) \w+|(?:about )?(?:the )?authors?|acknowledge?ments?"
    r"|credits|licen[cs]e|references|bibliography|(?:further|additional) (?:reading|information)"
    r"|(?:(?:further|additional) )?resources|appendix|exercises|methods?|results?|analysis|discussion|conclusions?"
    r"|next steps|(?:the )?end)\W*",
    re.IGNORECASE,
)
# A section among others like it: "Part 1", "Stage two", "Q2: Snow".
NUMBERED = re.compile(
    r"\W*(?:part|question|exercise|task|problem|week|day|step|stage|phase|unit|section|q|ex)[\W_]*(?:\d|one\b|two\b|[iv]+\b)"
    r"|\W*(?:first|second)\b",
    re.IGNORECASE,
)
# The first words of headings that a notebook has once: "Lab 3: Rain", "Notebook 2.1 -- Snow".
COUNTED = re.compile(
    r"[\W_]*(?:notebook|lab|chapter|lecture|lesson|tutorial|homework|assignment)[\s#_-]*\d", re.IGNORECASE
)
ORDINAL = re.compile(r"^\d+(?=\D)")  # the place of a notebook among others, in the name of its file
HYPHEN = re.compile(r"(?<!\d)-|-(?!\d)")  # that is none of a date


class _Heading(NamedTuple):
    """A heading as it is written, and whether its cell lacks the tags of those who write for our numbers."""

    header: Element
    words: str
    level: int
    is_plain: bool
    passage: Passage


class _Block(NamedTuple):
    """A block and the passage in which it stands."""

    passage: Passage
    element: Element


def promote(passages: Sequence[Passage], proses: Sequence[Passage | None], file: str, known: str = "") -> str | None:
    """Take what is the notebook's title out of its passages, let its headings move up, and return the title's words.

    The title is the heading that says what is known as the title. If nothing is known, it is the first heading, if all
    others are below it and no more than a few cells of code stand before it, or if it begins the notebook and is no
    section beside the others, or if it says what the file is called; or else, the line that begins the notebook, if its
    words are bold, large or in the middle. None if there is none. Links lead to where it was.

    proses : the text of each cell, None for a cell of code, but for comments
    file : the name of the notebook's file
    """
    _make_text_of_kickers(list(_headings(passages)), list(_opening(proses)))
    headings = list(_headings(passages))
    opening = list(_opening(proses))
    title = _heading(headings, opening, _n_before(headings, proses), file, known)
    if not known and (title is None or _is_section(title)) and (line := _take_line(opening)):
        title = line
    elif title is not None:
        _make_text_of_bylines(headings)
        (first, *_), *headings = _headings(passages)
        level = first["c"][0]
        anchors = [span for span in pandoc_ast.elements(first, "Span") if span["c"][0][0]]
        links = [part for link in pandoc_ast.elements(first, "Link") for part in _beside(link, title)]
        _replace(first, title, {"t": "Para" if links else "Plain", "c": [*anchors, *links[1:]]})
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
                yield _Heading(block, pandoc_ast.plain(block["c"][2]), block["c"][0], is_plain, passage)


def _make_text_of_kickers(headings: Sequence[_Heading], opening: Sequence[_Block]) -> None:
    """Make paragraphs of headings that only look small above a greater one, in place.

    These are who has made the notebook, if that begins it, and what stands right above the only heading of the highest
    level.
    """
    highest = min((heading.level for heading in headings), default=0)
    above = list(takewhile(lambda heading: heading.level > highest, headings))
    rest = headings[len(above) :]
    begin = [block.element for block in opening[: len(above) + 1]]
    is_title = [heading.level for heading in rest].count(highest) == 1 and not _is_section(rest[0].words)
    is_right_above = is_title and begin == [heading.header for heading in headings[: len(above) + 1]]
    for heading in above:
        if is_right_above or (heading.header in begin[:1] and COLOPHON.fullmatch(heading.words)):
            _replace(heading.header, heading.words, {"t": "Para", "c": heading.header["c"][2]})


def _make_text_of_bylines(headings: Sequence[_Heading]) -> None:
    """Make paragraphs of headings right below the title, in place, that hold nothing and are smaller than the next.

    They say who has made the notebook, or are a second title.
    """
    title, *others = headings
    blocks = list(_blocks(title.passage.document["blocks"]))
    blocks = blocks[next(i for i, block in enumerate(blocks, 1) if block is title.header) :]
    n = len(list(takewhile(lambda block: block["t"] == "Header", blocks)))
    run, rest = others[:n], others[n:]
    if blocks[n:] and blocks[n]["t"] != "HorizontalRule":  # the last one holds a text
        run, rest = run[:-1], [*run[-1:], *rest]
    while run and rest and run[-1].level <= rest[0].level:  # a section, which what follows stands below or beside
        run, rest = run[:-1], [run[-1], *rest]
    for heading in run if rest else ():
        if heading.level <= max(rest[0].level, title.level + 1) or _is_section(heading.words):
            return
        _replace(heading.header, heading.words, {"t": "Para", "c": heading.header["c"][2]})


def _blocks(blocks: Iterable[Element]) -> Iterator[Element]:
    """Yield blocks, and instead of a `Div`, which has a name or a direction, the blocks in it."""
    for block in blocks:
        yield from _blocks(block["c"][1]) if block["t"] == "Div" else [block]


def _lift(headings: Sequence[_Heading]) -> None:
    """Let headings move up until one has the first level, in place."""
    least = min((heading.level for heading in headings), default=1)
    for heading in headings:
        heading.header["c"][0] -= least - 1


def _n_before(headings: Sequence[_Heading], proses: Sequence[Passage | None]) -> int:
    """Return how many cells of code stand before the first heading."""
    before = takewhile(lambda prose: prose is None or prose is not headings[0].passage, proses)
    return list(before).count(None) if headings else 0


def _heading(
    headings: Sequence[_Heading], opening: Sequence[_Block], n_before: int, file: str, known: str
) -> str | None:
    """Return the words of the first heading if it is the title."""
    if not headings or _is_unfit(headings[0].header):
        return None
    first, *others = headings
    if known:
        return first.words if first.words.casefold().split() == known.casefold().split() else None
    is_above = all(other.level > first.level for other in others) and n_before <= MOST_CELLS
    if n_before or not others:
        is_above = is_above and not _is_section(first.words, SECTION if n_before or others else ALONE)
    return first.words if is_above or _stands_apart(headings, opening, file) else None


def _stands_apart(headings: Sequence[_Heading], opening: Sequence[_Block], file: str) -> bool:
    """Tell whether the first heading, beside others of its level, begins the notebook and is no section as they are.

    If it says what the file is called, a text may stand before it, and greater headings after it. It may also be small
    above greater ones.
    """
    first, *others = headings
    begin = next((block for block in opening if not DATED.fullmatch(pandoc_ast.plain(block.element))), None)
    if others and first.level - others[0].level >= SMALLER:
        is_alone = all(other.level < first.level for other in others) and len(first.words) <= LONGEST
        is_begin = begin is not None and begin.element is first.header
        is_part = _is_section(first.words) or author_numbers.go_on(first.words, [other.words for other in others])
        return is_begin and is_alone and not is_part and not SENTENCE.search(first.words)
    beside = [other for other in others if other.level == first.level and other.is_plain]
    if _letters(first.words) in (_letters(file), _letters(ORDINAL.sub("", file))):
        is_apart = any(block.element is first.header for block in opening)
    else:
        begins = begin is not None and begin.element is first.header
        is_above = all(other.level >= first.level for other in others)
        is_apart = begins and is_above and _differs(first, beside)
    is_one_of_many = author_numbers.go_on(first.words, [other.words for other in beside])
    return is_apart and not _is_section(first.words) and not is_one_of_many


def _differs(first: _Heading, beside: Sequence[_Heading]) -> bool:
    """Tell whether the first heading looks unlike those beside it, or these are plainly sections."""
    bold = [pandoc_ast.is_bold(heading.header["c"][2]) for heading in (first, *beside)]
    return (
        len(beside) >= FEWEST
        or any(_is_section(other.words) for other in beside)
        or _is_before_later(first, beside)
        or COUNTED.match(first.words) is not None
        or (bold[0] and not any(bold[1:]))
    )


def _is_before_later(first: _Heading, beside: Sequence[_Heading]) -> bool:
    """Tell whether a section that comes after others stands beside the first heading, which is no section itself."""
    is_section = LATER.fullmatch(first.words) or NUMBERED.match(first.words)
    return not is_section and any(LATER.fullmatch(other.words) for other in beside)


def _is_section(words: str, sections: re.Pattern[str] = SECTION) -> bool:
    """Tell whether words name a section with which notebooks begin that have no title."""
    return len(words) <= LONGEST and sections.fullmatch(words) is not None


def _letters(words: str) -> str:
    """Return letters and digits alone, as words and the name of a file have in common."""
    return "".join(filter(str.isalnum, words)).casefold()


def _take_line(opening: Sequence[_Block]) -> str | None:
    """Take the line that begins the notebook out of it, if it is a title, and return its words."""
    if not opening or opening[0].element["t"] not in ("Para", "Plain"):
        return None
    begin, first = opening[0], opening[0].element
    line = list(takewhile(lambda inline: inline["t"] != "LineBreak", first["c"]))
    words = " ".join(pandoc_ast.plain(line).split())
    tags = TAGS.match(begin.passage.text)
    is_seen = [inline["t"] for inline in line] == ["Strong"] or (tags and LOOK.search(tags[0]))
    if not is_seen or not words or len(words) > LONGEST or SENTENCE.search(words) or _is_unfit(line, "Link"):
        return None
    rest = first["c"][len(line) + 1 :]
    _replace(first, words, {"t": "Para" if rest else "Plain", "c": rest})
    return words


def _opening(proses: Iterable[Passage | None]) -> Iterator[_Block]:
    """Yield the blocks with words that stand before all code, but for who has made the notebook.

    Pictures such as logos and badges are no words.
    """
    for passage in takewhile(lambda prose: prose is not None, proses):
        assert passage is not None
        for block in _blocks(passage.document["blocks"]):
            words = pandoc_ast.plain(_without_images(block)).strip()
            if words and (block["t"] == "Header" or len(words) > LONGEST or not COLOPHON.fullmatch(words)):
                yield _Block(passage, block)


def _without_images(block: Element) -> Node:
    return pandoc_ast.rewrite([block], lambda element: [] if element["t"] == "Image" else None)


def _beside(link: Element, title: str) -> list[Element]:
    """Return a space and a link of a title, which is plain text, as it stands below it; nothing if it shows no more."""
    attributes, words, (address, _) = link["c"]
    if address.startswith("#") or address == title:
        return []
    shown = pandoc_ast.words(address) if pandoc_ast.plain(words) == title else words
    return [{"t": "Space"}, {"t": "Link", "c": [attributes, shown, [address, ""]]}]


def _is_unfit(node: Node, *others: str) -> bool:
    return next(pandoc_ast.elements(node, *UNFIT, *others), None) is not None


def _replace(block: Element, title: str, rest: Element) -> None:
    """Let what is left of a block stand in its place, under a name like the title, in place."""
    block.update(t="Div", c=[["-".join(title.split()), [], []], [rest]])


def is_comment(code: str) -> bool:
    """Tell whether a cell of code holds nothing but comments, such as a license."""
    return all(not line or line.startswith(("#", "//")) for line in map(str.strip, code.splitlines()))


def of_file(name: str) -> str:
    """Return the name of a notebook's file as a title.

    An underscore stands for a blank, and so do hyphens if there are several: one alone may belong to a word.
    """
    words = name.replace("_", " ")
    words = HYPHEN.sub(" ", words) if " " not in words and len(HYPHEN.findall(words)) > 1 else words
    return " ".join(words.split()) or name
