"""Numbers for sections, figures, tables and equations, and the references to them."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Container, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, count
from string import ascii_uppercase as LETTERS

from notebook_report.document.passage import Passage
from notebook_report.errors import NotebookError, Place
from notebook_report.mathematics import Mathematics, identifier
from notebook_report.problems import Problem, noted
from notebook_report.reading import pandoc_ast
from notebook_report.reading.pandoc_ast import Document, Element, Node

NAMES = {"fig": "Figure", "tab": "Table", "eq": "Equation", "sec": "Section"}
REFERENCE = re.compile(r"(fig|tab|eq|sec)-")
TEX_REFERENCE = re.compile(r"\s*\\(ref|eqref)\{([^{}]*)\}\s*")
DEEPEST = 3  # headings below this level have no number
NO_BREAK_SPACE = "\u00a0"


@dataclass
class Heading:
    """A heading: its level, its number as text, empty if it has none, its id, its words (pandoc inlines), its place."""

    level: int
    number: str
    id: str
    content: list[Element]
    place: Place | str


def number(passages: Sequence[Passage], mathematics: Mathematics, problems: list[Problem]) -> list[Heading]:
    """Read the formulas of all passages, number these in place, resolve references, and return the headings."""
    headers = [header for passage in passages for header in pandoc_ast.elements(passage.document, "Header")]
    numbers = Numbers({header["c"][1][0] for header in headers})
    for passage in passages:
        passage.document = mathematics.annotate(passage.document)
        with noted(problems):
            if passage.label:
                passage.number = numbers.label(passage.label, passage.place)
                passage.name = NAMES[passage.label.partition("-")[0]]
            numbers.prose(passage.document, passage.place)
    mathematics.numbers |= numbers.equations
    for passage in passages:
        with noted(problems):
            passage.document["blocks"] = numbers.refer(passage.document["blocks"], passage.place)
    for heading in numbers.headings:
        with noted(problems):
            heading.content = numbers.refer(heading.content, heading.place)
    return numbers.headings


class Numbers:
    """What has been numbered so far, in reading order.

    `names` maps every label to what a reference to it says, such as "Figure 3"; `equations` maps those of rows of
    formulas to their numbers; `headings` lists all headings.
    given: the ids that headings have been given, of which none is made for another.
    """

    def __init__(self, given: Collection[str]) -> None:
        """Start with nothing."""
        self._given = given
        self._endings: defaultdict[str, Iterator[str]] = defaultdict(_endings)
        self.names: dict[str, str] = {}
        self.equations: dict[str, str] = {}
        self.headings: list[Heading] = []
        self._ids: dict[str, Place | str] = {}
        self._counts: Counter[str] = Counter()
        self._level, self._section, self._in_appendix = 0, [0], False

    def label(self, label: str, place: Place | str) -> str:
        """Give the next number of its kind to `label`; return it as text. A label that is taken is a NotebookError."""
        self._claim(label, place)
        kind = label.partition("-")[0]
        self._counts[kind] += 1
        self.names[label] = f"{NAMES[kind]}{NO_BREAK_SPACE}{self._counts[kind]}"
        return str(self._counts[kind])

    def prose(self, document: Document, place: Place | str) -> None:
        """Number the headings and the labelled equations of a document, in place."""
        for element in pandoc_ast.elements(document["blocks"], "Header", "Span"):
            if element["t"] == "Header":
                self._heading(element, place)
            elif "equation" in element["c"][0][1]:
                self._equation(element["c"][0], place)

    def _equation(self, attributes: Node, place: Place | str) -> None:
        """Number an equation, or each of its rows that has a label of TeX's."""
        label, _, named = attributes
        if label:
            named.append(["number", self.label(label, place)])
        for name, tag in json.loads(dict(named).get("labels", "{}")).items():
            if tag is None:
                self.equations[name] = self.label(name, place)
            else:
                self._claim(name, place)
                self.names[name] = f"{NAMES['eq']}{NO_BREAK_SPACE}{tag}"
                self.equations[name] = tag

    def _heading(self, header: Element, place: Place | str) -> None:
        """Number one heading and give it an id that no other has."""
        level, (identifier, classes, _), content = header["c"]
        if level > self._level + 1:
            words = pandoc_ast.plain(content)
            raise NotebookError(place, f"the heading “{words}” skips from level {self._level} to {level}.")
        self._level = level
        works = [cite for cite in pandoc_ast.elements(content, "Cite") if not is_reference(cite)]
        if works or any(pandoc_ast.elements(content, "Note", "Image")):
            words = pandoc_ast.plain(content)
            sentence = f"the heading “{words}” has a footnote, image or citation, which contents would repeat: move it."
            raise NotebookError(place, sentence)
        if "appendix" in classes and level == 1 and not self._in_appendix:
            self._in_appendix, self._section = True, [0]
        number = "" if "unnumbered" in classes or level > DEEPEST else self._next_section(level)
        identifier = self._identify(identifier, content, place)
        if number and identifier.startswith("sec-"):
            name = "Appendix" if self._in_appendix else NAMES["sec"]
            self.names[identifier] = f"{name}{NO_BREAK_SPACE}{number}"
        attributes = [["number", number]] if number else []
        header["c"][1] = [identifier, [] if number else ["unnumbered"], attributes]
        self.headings.append(Heading(level, number, identifier, content, place))

    def _next_section(self, level: int) -> str:
        """Count one section of this level on and return its number, such as 4.1, or A.1 in the appendix."""
        # Above may stand a heading without a number, which has counted nothing.
        counts = [*self._section, *[0] * level][:level]
        self._section = [*counts[:-1], counts[-1] + 1]
        first = _letters(self._section[0]) if self._in_appendix else str(self._section[0])
        return ".".join([first, *map(str, self._section[1:])])

    def _identify(self, identifier: str, content: list[Element], place: Place | str) -> str:
        """Return the heading's own id, or one made from its words."""
        if identifier:
            self._claim(identifier, place)
            return identifier
        stem = "-".join(re.findall(r"\w+", pandoc_ast.plain(content).lower())) or "section"
        # A made id never looks like a label, so that it cannot take one that comes later.
        names = (f"h-{stem}{ending}" for ending in self._endings[stem])
        identifier = next(name for name in names if name not in self._ids and name not in self._given)
        self._ids[identifier] = place
        return identifier

    def _claim(self, label: str, place: Place | str) -> None:
        """Note that `label` is used at `place`."""
        if label in self._ids:
            raise NotebookError(place, f"the label `{label}` is taken already by {self._ids[label]}.")
        self._ids[label] = place

    def refer(self, content: Node, place: Place | str) -> Node:
        """Return blocks or inlines with every `@label` as a link that says its number."""

        def link(element: Element) -> list[Element] | None:
            if element["t"] == "Link" and element["c"][2][0].startswith("#"):
                self._known(element["c"][2][0][1:], element["c"][2][0], place, self._ids)
            if element["t"] == "Math" and (found := TEX_REFERENCE.fullmatch(element["c"][1])):
                return self._tex_link(*found.groups())
            return self._links(element, place) if element["t"] == "Cite" else None

        return pandoc_ast.rewrite(content, link)

    def _tex_link(self, command: str, label: str) -> list[Element] | None:
        """Return the link that stands for a formula that is one reference; None if nothing has the label."""
        name = identifier(label)
        if name not in self.equations:
            return None
        words = self.equations[name] if command == "ref" else f"({self.equations[name]})"
        return [{"t": "Link", "c": [pandoc_ast.NO_ATTRIBUTES, [{"t": "Str", "c": words}], [f"#{name}", ""]]}]

    def _links(self, cite: Element, place: Place | str) -> list[Element] | None:
        """Return the links that stand for references, several perhaps; None for what cites other people's work."""
        if not is_reference(cite):
            return None
        links: list[Element] = []
        for citation in cite["c"][0]:
            label = citation["citationId"]
            if citation["citationPrefix"] or citation["citationSuffix"] or not REFERENCE.match(label):
                words = pandoc_ast.plain(cite["c"][1])
                raise NotebookError(place, f"`{words}` mixes a reference with other words or works: write them apart.")
            self._known(label, f"@{label}", place, self.names)
            name = {"t": "Str", "c": self.names[label]}
            link = {"t": "Link", "c": [pandoc_ast.NO_ATTRIBUTES, [name], [f"#{label}", ""]]}
            links += [{"t": "Str", "c": ","}, {"t": "Space"}, link] if links else [link]
        return links

    def _known(self, label: str, words: str, place: Place | str, known: Container[str]) -> None:
        """Refuse a reference to a label that nothing has."""
        if label not in known:
            raise NotebookError(place, f"`{words}` refers to a label that nothing in the report has.")


def _letters(n: int) -> str:
    """Return what numbers the n-th of the appendices, such as A, Z or AA; nothing for 0."""
    return _letters((n - 1) // 26) + LETTERS[(n - 1) % 26] if n else ""


def _endings() -> Iterator[str]:
    """Yield what sets ids of the same words apart."""
    return chain([""], (f"-{i}" for i in count(2)))


def is_reference(cite: Element) -> bool:
    """Return whether a citation names a label of this report, and not works only."""
    return any(REFERENCE.match(citation["citationId"]) for citation in cite["c"][0])
