"""The typefaces that an HTML page carries: of each face the characters that the page sets in it, and no others."""

import base64
from collections import defaultdict
from functools import lru_cache
from unicodedata import decomposition

from lxml.html import HtmlElement, HTMLParser, document_fromstring

from notebook_report import fonts

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
    """Return the rule that defines the face in the file `name`, cut down to the characters of `text`."""
    face = {**fonts.FACES[name], "font-family": f'"{fonts.FACES[name]["font-family"]}"'}
    described = "; ".join(f"{key}: {value}" for key, value in face.items())
    content = base64.b64encode(fonts.woff(name, text)).decode()
    return f"@font-face {{ {described}; src: url(data:font/woff;base64,{content}) format('woff') }}"
