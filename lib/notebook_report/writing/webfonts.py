"""The typefaces that an HTML page carries: of each face the characters that the page sets in it, and no others."""

import base64
import io
from collections import defaultdict
from functools import lru_cache
from unicodedata import decomposition

from fontTools import subset
from fontTools.ttLib import TTFont
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from notebook_report import fonts
from notebook_report.reading.trees import tables

# The elements that make words bold or italic; the style sheet does the same, and gives no other element such a face.
BOLD = {"b", "strong", "th", "dt", "h3"}
ITALIC = {"i", "em", "cite", "dfn", "var", "h4", "h5", "h6"}
# Code is set in a face of the reader's own, and the others are not set at all.
ELSEWHERE = {"code", "pre", "style", "title", "annotation"}
WORDS = {
    (face["font-weight"] == "700", face["font-style"] == "italic"): name
    for name, face in fonts.FACES.items()
    if face["font-family"] == fonts.WORDS
}
FORMULAS = next(name for name, face in fonts.FACES.items() if face["font-family"] == fonts.FORMULAS)
# What the style sheet asks for beside letters as they are: figures of one height or width, small capitals; and what
# browsers ask for in formulas.
FEATURES = [*subset.Options().layout_features, "lnum", "tnum", "smcp", "c2sc", "ssty", "dtls"]

# A browser sets a formula's single letters in italics, which have code points of their own, and draws the sign of a
# root where no character stands for it.
SLANTED = map(chr, [0x210E, *range(0x1D434, 0x1D468), *range(0x1D6A4, 0x1D6A6), *range(0x1D6E2, 0x1D71C)])
LETTERS = {chr(int(decomposition(letter).split()[1], 16)): letter for letter in SLANTED if decomposition(letter)}
ROOT = {"msqrt": "\u221a", "mroot": "\u221a"}


def embed(page: str) -> str:
    """Return the HTML page with the faces that it uses in its head."""
    rules = [_rule(name, "".join(sorted(used))) for name, used in characters(page).items()]
    return page.replace("</head>", "<style>\n" + "\n".join(rules) + "\n</style>\n</head>", 1)


def characters(page: str) -> dict[str, set[str]]:
    """Return a dict: for each font file that the page needs, the set of the characters that it sets in this face."""
    used: defaultdict[str, set[str]] = defaultdict(set)
    around: dict[HtmlElement | None, frozenset[str]] = {None: frozenset()}
    for element in document_fromstring(page, HTMLParser(huge_tree=True)).iter("*"):  # pictures make it large
        outside = around[element.getparent()]
        around[element] = outside | {element.tag}
        address = element.get("href") or ""
        words = address if element.tag == "a" and address.startswith("http") else ""  # which print shows as well
        for text, tags in ((_shown(element) + words, around[element]), (element.tail or "", outside)):
            if text.strip() and not tags & ELSEWHERE:
                face = FORMULAS if "math" in tags else WORDS[bool(tags & BOLD), bool(tags & ITALIC)]
                used[face] |= set(text) - {"\n"}
    return {name: used[name] for name in fonts.FACES if name in used}


def _shown(element: HtmlElement) -> str:
    """Return the characters that stand for the text of an element."""
    text = str(element.text or ROOT.get(element.tag, ""))
    return LETTERS.get(text, text) if element.tag == "mi" else text


@lru_cache
def _rule(name: str, text: str) -> str:
    """Return the rule that defines the face in the file `name`, cut down to the characters of `text`, if it has any."""
    face = {**fonts.FACES[name], "font-family": f'"{fonts.FACES[name]["font-family"]}"'}
    described = "; ".join(f"{key}: {value}" for key, value in face.items())
    content = base64.b64encode(woff(name, text)).decode()
    return content and f"@font-face {{ {described}; src: url(data:font/woff;base64,{content}) format('woff') }}"


def woff(name: str, text: str) -> bytes:
    """Return the face in the file `name` as WOFF, with the glyphs that the characters of `text` need.

    Alternative glyphs come along, such as the larger brackets of formulas. The same text gives the same bytes: none if
    the face has none of its characters, since browsers complain of a face without any.
    """
    options = subset.Options(flavor="woff", layout_features=FEATURES, notdef_outline=True, desubroutinize=True)
    content = io.BytesIO()
    with TTFont(fonts.FOLDER / name, recalcTimestamp=False, recalcBBoxes=False, lazy=True) as font:
        chosen = subset.Subsetter(options)
        chosen.populate(text=text)
        if chosen.unicodes_requested.isdisjoint(font.getBestCmap()):
            return b""
        chosen.subset(font)
        if "MATH" in font:
            _mend_arrows(font)
        _mend_blanks(font)
        font.flavor = "woff"
        font.save(content)
    return content.getvalue()


def _mend_blanks(font: TTFont) -> None:
    """Let the blanks that stand for digits and points below others be as wide as these: in some faces they are not."""
    glyphs, widths = font.getBestCmap(), font["hmtx"]
    for blank, sign in ((tables.FIGURE_SPACE, "0"), (tables.PUNCTUATION_SPACE, ".")):
        if ord(blank) in glyphs and ord(sign) in glyphs:
            width, _ = widths[glyphs[ord(sign)]]
            widths[glyphs[ord(blank)]] = (width, 0)


def _mend_arrows(font: TTFont) -> None:
    """Let arrows grow to the right: their heads claim to join what follows, and Chromium then leaves them short."""
    variants = font["MATH"].table.MathVariants
    for construction in (variants and variants.HorizGlyphConstruction) or ():
        head = construction.GlyphAssembly and construction.GlyphAssembly.PartRecords[-1]
        if head and not head.StartConnectorLength:
            head.StartConnectorLength, head.EndConnectorLength = head.EndConnectorLength, 0
