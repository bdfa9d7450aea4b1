"""MathML as MathJax writes it, read into a tree that both writers need: without what they must not carry along."""

import contextlib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element, fromstring

import tinycss2.color3

# All that a tree keeps of a formula's attributes: nothing of these leads anywhere or runs.
KEPT = re.compile(
    "accent|accentunder|column(align|lines|spacing)|data-(class|label|mjx-error|mjx-smallmatrix|space|undefined)|depth"
    "|displaystyle|frame|height|id|linebreak|linethickness|lspace|math(background|color|variant)|maxsize|minsize"
    "|movablelimits|notation|row(lines|spacing)|rspace|scriptlevel|stretchy|symmetric|data-mjx-texclass|voffset|width"
)
LENGTH = re.compile(r"([-+]?(?:\d+\.?\d*|\.\d+))(em|ex|pt|px|mu|cm|mm|in|)")
UNITS = {"em": 1, "ex": 0.43, "pt": 0.1, "px": 0.0625, "mu": 1 / 18, "cm": 2.845, "mm": 0.2845, "in": 7.227, "": 1}
INVISIBLE = "\u200b\u2061\u2062\u2063\u2064"
PRIMES = ("′", "″", "‴", "⁗")
BARS = ("|", "‖", "∣", "∥")  # in STIX, as high as a line or as two, and nothing in between
BOXES = ("box", "roundedbox", "circle")  # what encloses all of a formula is drawn as one
OLDER = {"FRAKTUR": "BLACK-LETTER"}  # as Unicode called the letters that it had before the others


def parse(mathml: str) -> Element:
    """Return the tree of a formula: letters in their variants, colours as #rrggbb, and only attributes of KEPT.

    Raises ParseError for a character that no document can hold.
    """
    root = fromstring(mathml)
    for element in root.iter():
        is_calligraphic = "calligraphic" in element.get("data-mjx-variant", "")
        element.tag, element.tail = element.tag.rpartition("}")[2], None
        element.text = (element.text or "").strip(" \n") or None
        element.attrib = {name: value for name, value in element.items() if KEPT.fullmatch(name)}
        if element.tag != "mtd":
            element.attrib.pop("id", None)
        for name in element.attrib.keys() & {"mathcolor", "mathbackground"}:
            element.set(name, _hexadecimal(element.attrib[name]))
        if element.get("minsize") == "1.2em" and element.text in BARS:
            element.attrib |= {"stretchy": "false", "minsize": ""}
        variant = element.get("mathvariant", "normal")
        if variant != "normal" or len(element.text or "") > 1:
            element.attrib.pop("mathvariant", None)
            small = variant.replace("script", "italic") if is_calligraphic else variant  # TeX has no other in that face
            element.text = "".join(letter(sign, small if sign.islower() else variant) for sign in element.text or "")
    for row in list(root.iter("mrow")):
        _join_primes(row)
    return root


def _join_primes(row: Element) -> None:
    """Make one sign of two to four primes in a row, as TeX does of those that an author writes as apostrophes."""
    if 2 <= len(row) <= len(PRIMES) and all(sign.text == PRIMES[0] for sign in row):
        text = PRIMES[len(row) - 1]
        row.clear()
        row.tag, row.text = "mo", text
        row.set("data-class", "ORD")


def letter(character: str, variant: str) -> str:
    """Return the character that is a letter or digit in a variant such as "bold-italic", or itself if there is none."""
    style = variant.upper().replace("BOLD-SANS-SERIF", "SANS-SERIF-BOLD").replace("-", " ")
    style = style.replace("SANS SERIF", "SANS-SERIF").replace("DOUBLE STRUCK", "DOUBLE-STRUCK")
    name = re.sub("LATIN |GREEK |LUNATE | LETTER", "", unicodedata.name(character, ""))
    older = "PLANCK CONSTANT" if (style, name) == ("ITALIC", "SMALL H") else f"{OLDER.get(style, style)} {name}"
    for candidate in (f"MATHEMATICAL {style} {name}", older):
        with contextlib.suppress(KeyError):
            return unicodedata.lookup(candidate)
    return character


def _hexadecimal(colour: str) -> str:
    """Return a colour of CSS as #rrggbb; black for what is none."""
    parsed = tinycss2.color3.parse_color(colour)
    channels = parsed[:3] if isinstance(parsed, tuple) else (0, 0, 0)
    return "#" + "".join(f"{round(255 * min(1, max(0, channel))):02x}" for channel in channels)


def em(length: str | None, default: float = 0) -> float:
    """Return a length of MathML in em, `default` for none and for what is none."""
    found = LENGTH.fullmatch(length or "")
    return float(found[1]) * UNITS[found[2]] if found else default


def core(element: Element) -> Element:
    """Return the element that is alone in `element`, in rows of one another, or `element` itself."""
    while element.tag in ("mrow", "mstyle", "mpadded") and len(element) == 1:
        element = element[0]
    return element


def operator(element: Element) -> str:
    """Return the sign of an operator, which may be alone in rows; nothing for other elements."""
    inner = core(element)
    return (inner.text or "") if inner.tag == "mo" else ""


def shown(root: Element) -> str:
    """Return the characters that a formula shows, phantoms aside."""
    return "" if root.tag == "mphantom" else (root.text or "") + "".join(map(shown, root))


@dataclass
class Row:
    """A row of a table: its cells, and the cell of its tag if it has one."""

    cells: list[Element]
    tag: Element | None


@dataclass
class Table:
    """A table: for each column its side, the gap behind it in em, and whether a rule is; for each row, a rule below."""

    rows: list[Row]
    sides: list[str]
    gaps: list[float]
    rules: list[bool]
    rules_below: list[bool]
    row_gap: float
    framed: bool
    display: bool

    @property
    def ruled(self) -> bool:
        """Whether there is any rule."""
        return any((self.framed, *self.rules, *self.rules_below))


def table(element: Element) -> Table:
    """Return a table in full: what is said once for all columns or rows is there for each."""
    rows = [Row(list(row)[1:], row[0]) if row.tag == "mlabeledtr" else Row(list(row), None) for row in element]
    columns = max((len(row.cells) for row in rows), default=0)

    def each(name: str, default: str, n: int) -> list[str]:
        words = (element.get(name) or default).split()
        return [words[min(i, len(words) - 1)] for i in range(n)]

    return Table(
        rows,
        each("columnalign", "center", columns),
        [em(gap, 1) for gap in each("columnspacing", "1em", columns - 1)] + [0],
        [line != "none" for line in each("columnlines", "none", columns - 1)] + [False],
        [line != "none" for line in each("rowlines", "none", len(rows) - 1)] + [False],
        em(each("rowspacing", "4pt", 1)[0]) - 0.3 * ("data-mjx-smallmatrix" in element.attrib),
        (element.get("frame") or "none") != "none",
        element.get("displaystyle") == "true",
    )


def tags(root: Element) -> Iterator[Element]:
    """Yield the cells that hold the tags of a formula's rows."""
    return (row[0] for row in root.iter("mlabeledtr"))


def numbered(root: Element) -> tuple[list[Element], Element | None]:
    """Return the parts of a formula, and the tag of one that is a single row with a tag."""
    row = root.find("./mtable/mlabeledtr")
    if row is None or len(root) > 1 or len(root[0]) > 1 or len(row) != 2:
        return list(root), None
    return list(row[1]), row[0]
