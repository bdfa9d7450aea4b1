"""Numbers for sections, figures, tables and equations, and the links that refer to them.

A reference is a link of Markdown, and its words may name the number that its target has:

    [figure 3](#fig-rain)                     a figure or a table, by the label of its cell
    [equation 1](#eq-rain)                    an equation, by the `\\label` in its TeX
    [section 2.1](#Dry-years)                 a heading of the same notebook, as Jupyter or GitHub call it
    [section 3](02-drought.ipynb)             another notebook: its first heading
    [section 3.2](02-drought.ipynb#Causes)    a heading, figure, table or equation of another notebook
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, count
from string import ascii_uppercase as LETTERS
from urllib.parse import unquote

from notebook_report.document import citations
from notebook_report.document.address import split
from notebook_report.document.passage import Passage
from notebook_report.errors import Place
from notebook_report.mathematics import Mathematics, identifier
from notebook_report.problems import Outcome, Problem, excerpt
from notebook_report.reading.trees import pandoc_ast
from notebook_report.reading.trees.pandoc_ast import Document, Element, Node

NAMES = {"fig": "Figure", "tab": "Table", "eq": "Equation", "sec": "Section", "app": "Appendix"}
LABELS = {"fig", "tab", "eq"}  # how those of cells and of TeX begin
NUMBER = r"(?<!\w)(?:\d+|[A-Z]{1,2})(?:\.\d+)*(?!\w)"
# How the words of a link name a number: by its kind and itself, or by itself alone.
NAMED = re.compile(
    rf"(?i:\b(?P<kind>figure|fig|table|tab|equation|eq|section|sec|appendix|appendice)s?\.?)[\s(]+(?P<number>{NUMBER})"
)
TEX_REFERENCE = re.compile(r"\s*\\(ref|eqref)\{([^{}]*)\}\s*")
BARE = re.compile(rf"(?P<kind>)\(?(?P<number>{NUMBER})\)?")
DEEPEST = 3  # headings below this level have no number
NO_BREAK_SPACE = "\u00a0"
APPENDIX, UNNUMBERED = "appendix", "unnumbered"  # tags of cells with a heading
TOP = "top"  # the id of the title, which no heading, label or author's anchor has


@dataclass
class Heading:
    """A heading: its level, its number as text, empty if it has none, its id, its words (pandoc inlines), its place."""

    level: int
    number: str
    id: str
    content: list[Element]
    place: Place | str


@dataclass(frozen=True)
class Target:
    """What a link can lead to: its kind (a key of NAMES, empty for an author's anchor), number and id in the report.

    The number is empty if it has none.
    """

    kind: str
    number: str
    id: str
    notebook: str

    def __str__(self) -> str:
        """Return how a reference names it."""
        return f"{NAMES[self.kind].lower()} {self.number}"


def number(
    passages: Sequence[Passage], mathematics: Mathematics, problems: list[Problem], sections: bool = True
) -> "Numbers":
    """Read the formulas of all passages, number these in place, resolve the references, and return the Numbers.

    sections : whether these get numbers; without, links to them say what they say
    """
    linked = {anchor for passage in passages for anchor in _linked(passage.document)}
    headings = {_stem(words) for passage in passages for words in _headings(passage.document)}
    numbers = Numbers(sections, {_id(words) for words in headings})
    for passage in passages:
        passage.document = mathematics.annotate(_with_anchors(passage, linked, headings))
        if passage.label:
            kind = passage.label.partition("-")[0]
            passage.number, passage.name = numbers.label(passage.label, kind, passage.place), NAMES[kind]
        numbers.prose(passage.document, passage.place, passage.tags)
    mathematics.numbers |= numbers.equations
    for passage in passages:
        passage.document["blocks"] = numbers.refer(passage.document["blocks"], passage.place)
    for heading in numbers.headings:
        heading.content = numbers.refer(heading.content, heading.place)
    problems += numbers.problems
    return numbers


class Numbers:
    """What has been numbered so far, in reading order: `headings` lists all headings, `problems` what is wrong.

    `equations` maps the ids of labels in TeX to the numbers of their formulas, or of their rows.
    """

    def __init__(self, sections: bool = True, of_headings: Collection[str] = ()) -> None:
        """Start with nothing.

        sections : whether these get numbers
        of_headings : the ids that headings will have, which no anchor of an author's gets
        """
        self._numbered, self._of_headings = sections, of_headings
        self.headings: list[Heading] = []
        self.problems: list[Problem] = []
        self.equations: dict[str, str] = {}
        self._labelled: dict[str, Target] = {}
        self._anchors: dict[tuple[str, str], Target] = {}  # notebook and words of a heading, or an author's name
        self._notebooks: dict[str, Target] = {}
        self._endings: defaultdict[str, Iterator[str]] = defaultdict(_endings)
        self._ids: dict[str, Place | str] = {}
        self._counts: Counter[str] = Counter()
        self._same: Counter[tuple[str, str]] = Counter()  # headings of the same words, which GitHub numbers
        self._levels: list[int] = []  # as written, of the last heading and those above it
        self._section, self._in_appendix = [0], False

    def label(self, label: str, kind: str, place: Place | str) -> str:
        """Give the next number of its kind to `label`; return it as text."""
        self._counts[kind] += 1
        number = str(self._counts[kind])
        self._claim(Target(kind, number, label, _notebook(place)), place)
        return number

    def _claim(self, target: Target, place: Place | str) -> None:
        """Let links lead to what has a label at `place`; that the label is taken is a problem."""
        if target.id in self._ids:
            message = f"the label `{target.id}` is taken already by {self._ids[target.id]}."
            self.problems.append(Problem(place, "label-taken", message, target.id, Outcome.REPAIRED))
        self._ids.setdefault(target.id, place)
        self._labelled.setdefault(target.id, target)

    def prose(self, document: Document, place: Place | str, tags: Collection[str] = ()) -> None:
        """Number the headings and the labelled equations of a document, in place; `tags` are those of its cell.

        What an author has named gets a name that nothing else in the document has.
        """
        for element in pandoc_ast.elements(document["blocks"], "Header", "Span", "Div"):
            if element["t"] == "Header":
                self._heading(element, place, tags)
            elif "labels" in (attributes := dict(element["c"][0][2])):
                self._equation(json.loads(attributes["labels"]), place)
            elif name := element["c"][0][0]:
                element["c"][0][0] = self._anchor(name, place)
                target = Target("", "", element["c"][0][0], _notebook(place))
                self._anchors.setdefault((target.notebook, _stem(name)), target)

    def _equation(self, labels: Mapping[str, str | None], place: Place | str) -> None:
        """Number the labels of a formula, but for those that have a tag of the author's."""
        for name, tag in labels.items():
            if tag is None:
                self.equations[name] = self.label(name, "eq", place)
            else:
                self._claim(Target("eq", tag, name, _notebook(place)), place)
                self.equations[name] = tag

    def _heading(self, header: Element, place: Place | str, tags: Collection[str]) -> None:
        """Number one heading and give it an id that no other has."""
        written, (_, classes, _), content = header["c"]
        words = pandoc_ast.plain(content).strip()
        if written > (last := self._levels[-1] if self._levels else 0) + 1:
            skipped = f"skips from level {last} to {written}" if last else f"of level {written} skips what is above it"
            message = f"the heading “{words}” {skipped}."
            self.problems.append(Problem(place, "heading-skips", message, excerpt(words), Outcome.REPAIRED))
        self._levels = [*(level for level in self._levels if level < written), written]
        level = header["c"][0] = len(self._levels)  # so that those of one level stay side by side
        if APPENDIX in tags and level == 1 and not self._in_appendix:
            self._in_appendix, self._section = True, [0]
        given = self._numbered and UNNUMBERED not in {*tags, *classes} and level <= DEEPEST
        number = self._next_section(level) if given else ""
        identifier = self._identify(_id(words), place)
        kind = ("app" if self._in_appendix else "sec") if self._numbered else ""
        target = Target(kind, number, identifier, _notebook(place))
        name = (target.notebook, _stem(words))
        self._anchors.setdefault((name[0], f"{name[1]}-{self._same[name]}") if self._same[name] else name, target)
        self._same[name] += 1
        anchors = []
        for anchor in pandoc_ast.elements(content, "Span"):
            if name_of_author := anchor["c"][0][0]:
                self._anchors.setdefault((target.notebook, _stem(name_of_author)), target)
                anchors.append(self._anchor(name_of_author, place))
                anchor["c"][0][0] = ""  # contents repeat it
        self._notebooks.setdefault(target.notebook, target)
        attributes = [["number", number] if number else ["name", words]]
        attributes += [["anchors", " ".join(anchors)]] if anchors else []
        header["c"][1] = [identifier, [] if number else ["unnumbered"], attributes]
        self.headings.append(Heading(level, number, identifier, content, place))

    def _next_section(self, level: int) -> str:
        """Count one section of this level on and return its number, such as 4.1, or A.1 in the appendix."""
        # Above may stand a heading without a number, which has counted nothing.
        counts = [*self._section, *[0] * level][:level]
        self._section = [*counts[:-1], counts[-1] + 1]
        first = _letters(self._section[0]) if self._in_appendix else str(self._section[0])
        return ".".join([first, *map(str, self._section[1:])])

    def _identify(self, stem: str, place: Place | str) -> str:
        """Return an id with this beginning that nothing else has."""
        identifier = next(name for name in (stem + end for end in self._endings[stem]) if name not in self._ids)
        self._ids[identifier] = place
        return identifier

    def _anchor(self, name: str, place: Place | str) -> str:
        """Return an id for what an author has named: that to which other pages lead, unless a heading has it."""
        return self._identify(_id(name, "a" if _id(name) in self._of_headings else "h"), place)

    def refer(self, content: Node, place: Place | str) -> Node:
        """Return blocks or inlines with every link within the report leading to its target, in words that name it.

        A number among the words becomes the one that the target has. What is wrong is added to `problems`.
        """

        def resolve(element: Element) -> list[Element] | None:
            if element["t"] == "Math" and (found := TEX_REFERENCE.fullmatch(element["c"][1])):
                return self._tex_link(*found.groups())
            if element["t"] != "Link" or not _is_reference(element["c"][2][0], place):
                return None
            attributes, words, (address, title) = element["c"]
            target = self.find(address, place)
            if target is None:
                page = _page(address)
                code = "reference-unknown" if page == address else "link-local"
                notebook, _ = split(address, place) or ("", "")
                is_outside = page != address and notebook not in self._notebooks
                where = "a notebook that is no part of this" if is_outside else "nothing in the report"
                self._add(place, element, f"leads to {where}", code)
                return list(words) if page == address else [{"t": "Link", "c": [attributes, words, [page, title]]}]
            if target.kind:
                self._name(element, target, place)
            return [{"t": "Link", "c": [attributes, words, [f"#{target.id}", title]]}]

        return pandoc_ast.rewrite(content, resolve)

    def _tex_link(self, command: str, label: str) -> list[Element] | None:
        """Return the link that stands for a formula that is one reference; None if nothing has the label."""
        name = identifier(label)
        if name not in self.equations:
            return None
        words = self.equations[name] if command == "ref" else f"({self.equations[name]})"
        return [{"t": "Link", "c": [pandoc_ast.NO_ATTRIBUTES, [{"t": "Str", "c": words}], [f"#{name}", ""]]}]

    def find(self, address: str, place: Place | str) -> Target | None:
        """Return what an address leads to as seen from `place`, or None if the report has no such thing.

        `#top` leads to the title if nothing has that name, as in any page (HTML standard, 7.4.6.4).
        """
        notebook, anchor = split(address, place) or ("", "")
        if not anchor:
            return self._notebooks.get(notebook)
        labelled = self._labelled.get(anchor) or self._labelled.get(identifier(anchor))
        if labelled and (address.startswith("#") or labelled.notebook == notebook):
            return labelled
        title = Target("", "", TOP, notebook) if address.casefold() == f"#{TOP}" else None
        return self._anchors.get((notebook, _stem(anchor)), title)

    def _name(self, link: Element, target: Target, place: Place | str) -> None:
        """Let the words of a link, if they name a number, name that of its target, in place."""
        words = pandoc_ast.plain(link["c"][1])
        named = find_number(words)
        if named is None:
            return
        if not names(named, target):
            is_called = f"to what is {target}" if target.number else "to a heading without a number"
            self._add(place, link, f"leads {is_called}", "reference-number")
        before = None
        for leaf in pandoc_ast.elements(link["c"][1], "Str", "Space", "SoftBreak"):
            if target.number and named["number"] in re.findall(NUMBER, leaf.get("c", "")):
                number = re.escape(named["number"])
                leaf["c"] = re.sub(rf"(?<!\w){number}(?!\w)", target.number, leaf["c"], count=1)
                if before and before["t"] != "Str":
                    before.update(t="Str", c=NO_BREAK_SPACE)
                return
            before = leaf

    def _add(self, place: Place | str, link: Element, sentence: str, code: str) -> None:
        """Add a problem of a link, unless it is known: the contents repeat what a heading holds."""
        source = excerpt(f"[{pandoc_ast.plain(link['c'][1])}]({unquote(link['c'][2][0])})")
        problem = Problem(place, code, f"`{source}` {sentence}.", source, Outcome.REPAIRED)
        if problem not in self.problems:
            self.problems.append(problem)


def _linked(document: Document) -> Iterator[str]:
    """Yield the anchors that links lead to, in the form in which they are compared."""
    for link in pandoc_ast.elements(document["blocks"], "Link"):
        yield _stem(unquote(link["c"][2][0].partition("#")[2]))


def _headings(document: Document) -> Iterator[str]:
    """Yield the words of the headings."""
    for header in pandoc_ast.elements(document["blocks"], "Header"):
        yield pandoc_ast.plain(header["c"][2])


def _with_anchors(passage: Passage, linked: Collection[str], headings: Collection[str]) -> Document:
    """Return the document of a passage, in which nothing has a name of the author's but what links lead to.

    Other pages may lead to places that are named in the prose, unless a heading is called the same.
    """

    def change(element: Element) -> list[Element] | None:
        if element["t"] not in ("Span", "Div") or not element["c"][0][0]:
            return None
        (name, classes, pairs), content = element["c"]
        # A `Div` stands around what paper sets as a whole, such as a table.
        is_alone = element["t"] == "Span" and passage.kind == "prose" and _stem(name) not in headings
        if _stem(name) in linked or is_alone:
            return None
        return [{"t": element["t"], "c": [["", classes, pairs], content]}] if classes or pairs else list(content)

    return {**passage.document, "blocks": pandoc_ast.rewrite(passage.document["blocks"], change)}


def _page(address: str) -> str:
    """Return the address of the page of another notebook, and of a heading or a label in it; any other as it is."""
    path, sign, anchor = address.partition("#")
    if not path.endswith(".ipynb"):
        return address
    if anchor and anchor.partition("-")[0] not in LABELS | {"h"}:  # with which ids of ours begin
        anchor = _id(unquote(anchor))
    return f"{path.removesuffix('.ipynb')}.html{sign}{anchor}"


def _id(words: str, kind: str = "h") -> str:
    """Return the first id that is made from words, of a heading or of an author's anchor.

    It never looks like the label of a figure or a table, so that it cannot take one that comes later.
    """
    return f"{kind}-{_stem(words) or 'section'}"


def _is_reference(address: str, place: Place | str) -> bool:
    """Tell whether an address leads to a place in the report, and not to a work that is cited."""
    return split(address, place) is not None and not address.startswith(f"#{citations.PREFIX}")


def find_number(words: str) -> re.Match[str] | None:
    """Return the match of the number that the words of a link name, with the groups `kind` and `number`."""
    return NAMED.search(words) or BARE.fullmatch(words)


def names(named: re.Match[str], target: Target) -> bool:
    """Tell whether what `find_number` has found is what a target is called."""
    kind = named["kind"].lower()
    return named["number"] == target.number and (not kind or NAMES[target.kind].lower().startswith(kind[:2]))


def _notebook(place: Place | str) -> str:
    """Return the name of the notebook of a place; none for a text outside the notebooks."""
    return place.notebook if isinstance(place, Place) else ""


def _stem(words: str) -> str:
    """Return the words of a heading, or of an anchor that Jupyter or GitHub makes of them, in one form."""
    return "-".join(re.findall(r"\w+", re.sub(r"[^\w\s-]", "", words.lower())))


def _letters(n: int) -> str:
    """Return what numbers the n-th of the appendices, such as A, Z or AA; nothing for 0."""
    return _letters((n - 1) // 26) + LETTERS[(n - 1) % 26] if n else ""


def _endings() -> Iterator[str]:
    """Yield what sets ids of the same words apart."""
    return chain([""], (f"-{i}" for i in count(2)))
