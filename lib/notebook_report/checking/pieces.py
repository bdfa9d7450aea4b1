"""What a report shows, as a list of pieces: the one form in which notebooks, HTML and PDF can be compared."""

import unicodedata
from typing import NamedTuple

# Quotation marks and the places where a word may break are each target's own affair.
NOT_COMPARED = set("\"'“”‘’„‚«»\u00ad\u200b\u2060\ufe0e\ufe0f")


class Piece(NamedTuple):
    """One thing shown: its kind (text, heading 1 to 5, cell, code, equation, figure, note, link) and its words."""

    kind: str
    words: str

    @property
    def signs(self) -> tuple[str, str]:
        """Return kind and words as they are compared."""
        return self.kind, signs(self.words)


def signs(words: str) -> str:
    """Return the signs of a text that count: all but spaces, quotation marks and places where a word may break."""
    # Typst sets a hyphen before a number as a minus.
    words = unicodedata.normalize("NFKC", words).replace("−", "-")
    return "".join(sign for sign in words if not sign.isspace() and sign not in NOT_COMPARED)


class Flow:
    """Pieces in reading order, made while a tree of boxes is walked: `begin` a box, `add` its words, `end` it.

    The words on either side of a box within another are two pieces, unless the box stands `aside`, as footnotes do.
    """

    def __init__(self) -> None:
        """Start with nothing, in text."""
        self.formulas: list[tuple[str, str]] = []
        self._found: list[tuple[str, list[str]]] = []
        self._boxes = [_Box("text")]

    def begin(self, kind: str | None = None, aside: bool = False) -> None:
        """Enter a box; without a kind of its own it has that of the box around it."""
        if not aside:
            self._boxes[-1].words = None
        self._boxes.append(_Box(kind or self._boxes[-1].kind))

    def end(self) -> None:
        """Leave the innermost box."""
        self._boxes.pop()

    def add(self, words: str) -> None:
        """Put words into the innermost box."""
        box = self._boxes[-1]
        if box.words is None and words.strip():
            box.words = []
            self._found.append((box.kind, box.words))
        if box.words is not None:
            box.words.append(words)

    def formula(self, tex: str, drawn: str = "", alone: bool = False) -> None:
        """Put a formula among the words, or on a line of its own; `drawn` are the letters that stand for its TeX."""
        self.formulas.append((tex, drawn))
        if alone:
            self.whole("equation", tex)
        else:
            # A prime is no quotation mark.
            self.add("$" + tex.replace("'", "′") + "$")

    def whole(self, kind: str, words: str, aside: bool = False) -> None:
        """Add a piece that has no parts."""
        self.begin(kind, aside)
        self.add(words)
        self.end()

    @property
    def pieces(self) -> list[Piece]:
        """Return the pieces so far."""
        return [Piece(kind, "".join(words).strip()) for kind, words in self._found]


class _Box:
    """A box that is open, and the list of words that its piece at hand is growing in."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.words: list[str] | None = None
