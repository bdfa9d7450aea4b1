"""The parts of a document on paper that can be left out one by one, where one of them cannot be set."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from notebook_report.errors import Place
from notebook_report.mathematics.paper import string
from notebook_report.problems import Outcome, Problem, excerpt
from notebook_report.reading.trees.pandoc_ast import Element, Node, elements, plain, rewrite

MARK = re.compile(r"/\*([<>])(\d+)\*/")
FORMULA = re.compile(r'#(?:formula|displayed)\(alt: "((?:[^"\\]|\\.)*)"')  # how one begins: with its TeX
LISTS = ("BulletList", "OrderedList", "DefinitionList")
# What follows a list: without it, Typst takes a text that begins with the comment of a unit as a part of the last item,
# and another list as the rest of this one.
END: Element = {"t": "RawBlock", "c": ["typst", "#list-end"]}
# Lists in an item of a list that begins at a number do not begin there.
FROM_ONE: Element = {"t": "RawInline", "c": ["typst", "#set enum(start: auto);"]}
CODE = re.compile(r"\\u\{(\w+)\}")
# As Typst counts them.
LINE_END = re.compile("\r\n|[\n\v\f\r\x85\u2028\u2029]")


class Unit(NamedTuple):
    """A part: its place, what messages call it, the TeX if it is a formula, and whether it stands among code."""

    place: Place | str
    name: str
    tex: str = ""
    in_code: bool = False


class Units:
    """The units of a source. Two comments of Typst's, which show nothing, tell where each begins and ends.

    problems : what is not shown as it is
    """

    def __init__(self) -> None:
        """Begin without any."""
        self.all: list[Unit] = []
        self.problems: list[Problem] = []
        self._left_out: set[int] = set()

    def marked(self, text: str, place: Place | str, name: str, in_code: bool = False) -> str:
        """Return source as a unit."""
        before, after = self._marks(Unit(place, name, in_code=in_code))
        return f"{before}{text}{after}"

    def block(self, shown: list[Element], place: Place | str, name: str) -> list[Element]:
        """Return what is shown for a block as a unit, as is each formula and each picture in it."""
        return self._around(self.inlines(shown, place), "RawBlock", Unit(place, name))

    def inlines(self, blocks: list[Element], place: Place | str) -> list[Element]:
        """Return blocks in which each formula, each picture and each block in the item of a list is a unit."""
        return list(rewrite(blocks, lambda element: self._part(element, place)))

    def _part(self, element: Element, place: Place | str) -> list[Element] | None:
        if element["t"] == "BulletList":
            return [{**element, "c": [self._item(item, place) for item in element["c"]]}, END]
        if element["t"] == "OrderedList":
            numbering, items = element["c"]
            items = [self._item(item, place) for item in items]
            return [{**element, "c": [numbering, items if numbering[0] == 1 else [*map(_from_one, items)]]}, END]
        if element["t"] == "DefinitionList":
            return [{**element, "c": [self._definition(term, meanings, place) for term, meanings in element["c"]]}, END]
        if element["t"] == "Image":
            return self._around([element], "RawInline", Unit(place, picture(plain(element["c"][1]))))
        if element["t"] == "RawInline" and (found := FORMULA.match(element["c"][1])):
            tex = unescaped(found[1]).strip()
            return self._around([element], "RawInline", Unit(place, f"the formula `{excerpt(tex)}`", tex))
        return None

    def _item(self, blocks: list[Element], place: Place | str) -> list[Element]:
        """Return the blocks of an item as units, but for lists, whose items are."""
        units: list[Element] = []
        for i, block in enumerate(blocks[:-1] if blocks[-1:] == [END] else blocks):
            if block["t"] in LISTS or block == END:
                units.append(block)
                continue
            unit = Unit(place, called(block))
            if i == 0 and block["t"] in ("Plain", "Para"):  # which stands on the line of the item's sign
                units.append({**block, "c": self._around(block["c"], "RawInline", unit)})
            else:
                units += self._around([block], "RawBlock", unit)
        return units

    def _definition(self, term: list[Element], meanings: list[list[Element]], place: Place | str) -> list[Node]:
        """Return a term, as a unit, and the blocks of its meanings as units."""
        words = self._around(term, "RawInline", Unit(place, called({"t": "Plain", "c": term})))
        return [words, [self._item(meaning, place) for meaning in meanings]]

    def _around(self, elements: list[Element], raw: str, unit: Unit) -> list[Element]:
        before, after = ({"t": raw, "c": ["typst", mark]} for mark in self._marks(unit))
        return [before, *elements, after]

    def _marks(self, unit: Unit) -> tuple[str, str]:
        self.all.append(unit)
        n = len(self.all) - 1
        return f"/*<{n}*/", f"/*>{n}*/"

    def without(self, source: str, positions: Iterable[int]) -> str:
        """Return source with a line instead of each unit that is innermost at one of the positions.

        A position outside all units changes nothing; where there is such a line, the unit around it is left out.
        """
        spans = {n: span for n, span in _spans(source).items() if n not in self._left_out}
        inside = [[n for n, (start, end) in spans.items() if start <= at < end] for at in positions]
        faulty = sorted({min(found, key=lambda n: spans[n][1] - spans[n][0]) for found in inside if found})
        self._left_out.update(faulty)
        self.problems += [_problem(self.all[n]) for n in faulty]
        return self._lines_for(faulty, source, spans)

    def _lines_for(self, faulty: Iterable[int], source: str, spans: Mapping[int, tuple[int, int]]) -> str:
        """Return source with a line for each unit, from the last one to the first."""
        for n in sorted(faulty, key=lambda n: spans[n], reverse=True):
            (start, end), unit = spans[n], self.all[n]
            line = f"unset({string(unit.name)})"
            if not unit.in_code:
                line = f"#parbreak();#{line};#parbreak();" if source[start] == "\n" else f"#{line};"
            source = f"{source[:start]}{line}{source[end:]}"
        return source

    def blame(self, source: str, sound: Callable[[str], bool]) -> list[int]:
        """Return the position of the last unit without which source is not sound, nothing if no unit is to blame.

        Of the units within it, the one that is to blame is found as well.
        """
        spans = {n: span for n, span in _spans(source).items() if n not in self._left_out}
        within, found = (0, len(source) + 1), list[int]()
        before: list[int] = []  # others that may be to blame as well
        while (inner := _outermost(spans, within)) and sound(self._lines_for(before + inner, source, spans)):
            low, high = 0, len(inner)  # without so many, source is not sound, or it is
            while high - low > 1:
                middle = (low + high) // 2
                enough = sound(self._lines_for(before + inner[:middle], source, spans))
                low, high = (low, middle) if enough else (middle, high)
            before += inner[:low]
            within = spans[inner[low]]
            found = [within[0]]
        return found

    def place_at(self, source: str, positions: Iterable[int]) -> Place | str:
        """Return the place of the first of some positions that is in a unit, or before all units, in the title."""
        spans = _spans(source)
        begin = min((start for start, _ in spans.values()), default=0)
        for at in positions:
            found = [n for n, (start, end) in spans.items() if start <= at < end]
            if found or 0 <= at < begin:
                return self.all[found[0]].place if found else "the title"
        return "the report"

    def place_of(self, tex: str) -> Place | str:
        """Return where a formula stands first."""
        return next((unit.place for unit in self.all if unit.tex.split() == tex.split()), "the report")


def _from_one(item: list[Element]) -> list[Element]:
    """Return the blocks of an item, in which numbered lists begin at one unless they say otherwise."""
    if not any(elements(item, "OrderedList")):
        return item
    if item[0]["t"] not in ("Plain", "Para"):
        return [{"t": "Plain", "c": [FROM_ONE]}, *item]
    return [{**item[0], "c": [FROM_ONE, *item[0]["c"]]}, *item[1:]]


def _spans(source: str) -> dict[int, tuple[int, int]]:
    """Return where each unit of the source begins and ends, its marks not counted."""
    begun = {int(mark[2]): mark.end() for mark in MARK.finditer(source) if mark[1] == "<"}
    ended = {int(mark[2]): mark.start() for mark in MARK.finditer(source) if mark[1] == ">"}
    return {n: (begun[n], ended[n]) for n in begun.keys() & ended.keys()}


def _outermost(spans: Mapping[int, tuple[int, int]], within: tuple[int, int]) -> list[int]:
    """Return the units inside of a span that are in no other unit there, in their order."""
    found: list[int] = []
    for n in sorted(spans, key=lambda n: (spans[n][0], -spans[n][1])):
        start, end = spans[n]
        if within[0] < start and end < within[1] and (not found or start > spans[found[-1]][1]):
            found.append(n)
    return found


def picture(alt: str) -> str:
    """Return what messages call a picture."""
    return f"the picture “{excerpt(alt)}”" if alt.strip() else "a picture"


def called(block: Node) -> str:
    """Return what messages call a block."""
    kind = {"Table": "a table", "CodeBlock": "a listing"}.get(block["t"], "the text")
    words = excerpt(plain(block))
    return f"{kind} “{words}”" if words else kind


def _problem(unit: Unit) -> Problem:
    message = f"{unit.name} cannot be set in the PDF, which says so in its place."
    return Problem(unit.place, "unset", message, unit.tex, Outcome.REPLACED)


def unescaped(text: str) -> str:
    """Return text in which codes are the characters that they stand for."""
    return CODE.sub(lambda code: chr(int(code[1], 16)), text)


def position(source: str, line: int, column: int) -> int:
    """Return where in the source a line, of which the first is number 1, has a column, of which the first is 0."""
    starts = [0, *(end.end() for end in LINE_END.finditer(source))]
    return starts[min(line, len(starts)) - 1] + column
