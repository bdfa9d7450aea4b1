"""MathML as MathJax writes it, read into a tree that both writers need: without what they must not carry along."""

import contextlib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element, fromstring

import tinycss2.color3

CLASS = "data-mjx-texclass"
# All that a tree keeps of a formula's attributes: nothing of these leads anywhere or runs.
KEPT = set(
    "accent accentunder columnalign columnlines columnspacing data-label data-mjx-auto-op data-mjx-error data-mjx-smallmatrix depth display"
    " displaystyle fence frame height id linebreak linethickness lspace mathbackground mathcolor mathvariant maxsize"
    " minsize movablelimits notation rowlines rowspacing rspace scriptlevel stretchy symmetric voffset width".split()
).union({CLASS, "data-undefined"})
TOKENS = {"mi", "mn", "mo", "mtext", "ms"}
UNITS = {"em": 1.0, "ex": 0.43, "pt": 0.1, "px": 0.0625, "cm": 2.845, "mm": 0.2845, "in": 7.227, "mu": 1 / 18, "": 1.0}
LENGTH = re.compile(r"([-+]?(?:\d+\.?\d*|\.\d+))\s*(em|ex|pt|px|cm|mm|in|mu|)")
OLDER = {"FRAKTUR": "BLACK-LETTER"}
# Operators of which MathJax does not say what they are, as a reader of MathML knows it.
BINARY = set("+-−±∓×⋅·∗∘∙÷∪∩⊔⊓∧∨⊕⊖⊗⊘⊙∖†‡⋆⋄")
RELATION = set("=<>≤≥≠≈≡∼≃≅≜∝→←↔⇒⇐⇔↦⟶⟵⟹⟸⟺↪⇀⇌∈∉∋⊂⊆⊄⊃⊇≪≫≺≻≔:∣∥⊥⊢⊨≐≍⌣")
OPENING, CLOSING, PUNCTUATION = set("([{⟨⌊⌈"), set(")]}⟩⌋⌉!"), set(",;")
LIMITED = "∑∏∐⋀⋁⋂⋃⨀⨁⨂⨄⨆"  # their limits stand above and below in display style
KINDS = {"BIN": BINARY, "REL": RELATION, "OPEN": OPENING, "CLOSE": CLOSING, "PUNCT": PUNCTUATION}
KINDS |= {"OP": set(LIMITED + "∫∬∭⨌∮∯∰")}
BARS = ("|", "‖", "∣", "∥")  # in STIX, as high as a line or as two, and nothing in between
INVISIBLE = "\u200b\u2061\u2062\u2063\u2064"


def parse(mathml: str) -> Element:
    """Return the tree of a formula: letters in their variants, colours as #rrggbb, and only attributes of KEPT."""
    root = fromstring(mathml)
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
        element.text = " ".join((element.text or "").split("\n")).strip(" ") if element.tag in TOKENS else None
        element.tail = None
        for name in [name for name in element.attrib if name not in KEPT or (name == "id" and element.tag != "mtd")]:
            del element.attrib[name]
        for name in ("mathcolor", "mathbackground"):
            if name in element.attrib:
                element.set(name, _hexadecimal(element.attrib.pop(name)))
        if element.get("minsize") == "1.2em" and element.text in BARS:
            element.attrib |= {"stretchy": "false"}
            del element.attrib["minsize"]
        variant = element.get("mathvariant", "normal")
        if element.text and variant != "normal":
            element.text = "".join(letter(character, variant) for character in element.text)
            del element.attrib["mathvariant"]
    return root


def letter(character: str, variant: str) -> str:
    """Return the character that is a letter or digit in a variant such as "bold-italic", or itself if there is none."""
    style = variant.upper().replace("BOLD-SANS-SERIF", "SANS-SERIF-BOLD").replace("-", " ")
    style = style.replace("SANS SERIF", "SANS-SERIF").replace("DOUBLE STRUCK", "DOUBLE-STRUCK")
    name = re.sub("LATIN |GREEK |LUNATE | LETTER", "", unicodedata.name(character, ""))
    # Some letters had a place of their own before the others came.
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


def kind(element: Element) -> str:
    """Return TeX's class of an element: ORD, OP, BIN, REL, OPEN, CLOSE, PUNCT or INNER; nothing for a space."""
    inner = core(element)
    if found := element.get(CLASS) or inner.get(CLASS):
        return "" if found == "NONE" else found
    if inner.tag in ("msub", "msup", "msubsup", "munder", "mover", "munderover"):
        return kind(inner[0])
    if inner.tag in ("mspace", "mphantom") or (inner.tag == "mo" and not (inner.text or "").strip(INVISIBLE)):
        return ""
    if is_function(inner):
        return "OP"
    sign = operator(inner)
    for name, signs in KINDS.items():
        if sign and set(sign) <= signs:
            return name
    return "INNER" if inner.tag == "mfrac" else "ORD"


def is_function(element: Element) -> bool:
    """Tell whether an element is the name of a function, such as sin."""
    words = (element.text or "").replace("\u2006", "")
    named = len(words) > 1 and words.isascii() and words.isalpha() and element.get("data-mjx-auto-op") != "false"
    return element.tag == "mi" and named and element.get(CLASS, "OP") == "OP"


@dataclass
class Row:
    """A row of a table: its cells, and the cell of its tag if it has one."""

    cells: list[Element]
    tag: Element | None


@dataclass
class Table:
    """A table: rows, and for each column side, gap behind it in em, rule behind it; for each row a rule below it."""

    rows: list[Row]
    sides: list[str]
    gaps: list[float]
    rules: list[bool]
    rules_below: list[bool]
    row_gap: float
    framed: bool
    display: bool


def table(element: Element) -> Table:
    """Return a table in full: what is said once for all columns or rows is there for each."""
    rows = [
        Row(list(row)[1:], row[0]) if row.tag == "mlabeledtr" else Row(list(row), None)
        for row in element
        if row.tag in ("mtr", "mlabeledtr")
    ]
    columns = max((len(row.cells) for row in rows), default=0)

    def each(name: str, default: str, n: int) -> list[str]:
        words = (element.get(name) or default).split()
        return [words[min(i, len(words) - 1)] for i in range(n)]

    return Table(
        rows,
        each("columnalign", "center", columns),
        [em(gap, 1) for gap in each("columnspacing", "1em", columns)],
        [line != "none" for line in each("columnlines", "none", columns)],
        [line != "none" for line in each("rowlines", "none", len(rows))],
        em((element.get("rowspacing") or "4pt").split()[0]),
        (element.get("frame") or "none") != "none",
        element.get("displaystyle") == "true",
    )


def tags(root: Element) -> Iterator[Element]:
    """Yield the cells that hold the tags of a formula's rows."""
    for row in root.iter("mlabeledtr"):
        yield row[0]


def shown(root: Element) -> str:
    """Return the signs that a formula shows, phantoms aside."""
    if root.tag == "mphantom":
        return ""
    return (root.text or "") + "".join(map(shown, root))


def numbered(root: Element) -> tuple[list[Element], Element | None]:
    """Return the parts of a formula, and the tag of one that is a single row with a tag."""
    nodes = list(root)
    if len(nodes) == 1 and nodes[0].tag == "mtable" and len(nodes[0]) == 1 and nodes[0][0].tag == "mlabeledtr":
        tag, *cells = nodes[0][0]
        if len(cells) == 1:
            return list(cells[0]), tag
    return nodes, None
