"""The typefaces that an HTML page carries: of each face the characters that the page sets in it, and no others."""

import base64
from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import lru_cache
from html.parser import HTMLParser
from unicodedata import decomposition

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
    reader = _Reader()
    reader.feed(page)
    reader.close()
    return {name: reader.used[name] for name in fonts.FACES if name in reader.used}


@lru_cache
def _rule(name: str, text: str) -> str:
    """Return the rule that defines the face in the file `name`, cut down to the characters of `text`."""
    face = {**fonts.FACES[name], "font-family": f'"{fonts.FACES[name]["font-family"]}"'}
    described = "; ".join(f"{key}: {value}" for key, value in face.items())
    content = base64.b64encode(fonts.woff(name, text)).decode()
    return f"@font-face {{ {described}; src: url(data:font/woff;base64,{content}) format('woff') }}"


class _Reader(HTMLParser):
    """The characters that a page sets, by font file."""

    def __init__(self) -> None:
        super().__init__()
        self.used: defaultdict[str, set[str]] = defaultdict(set)
        self._open: Counter[str] = Counter()
        self._innermost: tuple[str, dict[str, str | None]] = "", {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._innermost = tag, dict(attrs)
        self._open[tag] += 1
        self.handle_data(ROOT.get(tag, ""))
        address = self._innermost[1].get("href") or ""
        if tag == "a" and address.startswith("http"):
            self.handle_data(address)  # in print, an address stands behind its words

    def handle_endtag(self, tag: str) -> None:
        self._open[tag] -= 1
        self._innermost = "", {}

    def handle_data(self, data: str) -> None:
        if not data.strip() or self._within(ELSEWHERE):
            return
        if self._within({"math"}):
            self.used[FORMULAS] |= set(self._formula(data))
        else:
            self.used[WORDS[self._within(BOLD), self._within(ITALIC)]] |= set(data) - {"\n"}

    def _within(self, tags: Iterable[str]) -> bool:
        """Tell whether one of these elements is open."""
        return any(self._open[tag] > 0 for tag in tags)

    def _formula(self, data: str) -> str:
        """Return the characters that stand for those of one of a formula's elements."""
        tag, attributes = self._innermost
        if tag == "mi" and len(data) == 1 and "mathvariant" not in attributes:
            return LETTERS.get(data, data)
        return data
