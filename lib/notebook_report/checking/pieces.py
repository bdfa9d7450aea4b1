"""What a report shows, as a list of pieces: the one form in which notebooks, HTML and PDF can be compared."""

import contextlib
import unicodedata
from collections.abc import Iterator
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
    """Pieces in reading order, made while a tree of boxes is walked: enter a `box`, `add` its words.

    The words on either side of a box within another are two pieces, unless the box stands `aside`, as footnotes do.
    """

    def __init__(self, kind: str = "text") -> None:
        """Start with nothing, in a box of this kind."""
        self.formulas: list[tuple[str, str]] = []
        self._found: list[tuple[str, list[str]]] = []
        self._kind, self._words = kind, list[str]()  # of the innermost box; the words are found once there are some

    @contextlib.contextmanager
    def box(self, kind: str | None = None, aside: bool = False) -> Iterator[None]:
        """Enter a box; without a kind of its own it has that of the box around it."""
        outer = self._kind, self._words
        self._kind, self._words = kind or self._kind, []
        yield
        self._kind, self._words = outer if aside else (outer[0], [])

    def add(self, words: str) -> None:
        """Put words into the innermost box."""
        if words.strip() and not self._words:
            self._found.append((self._kind, self._words))
        if words.strip() or self._words:
            self._words.append(words)

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
        with self.box(kind, aside):
            self.add(words)

    @property
    def pieces(self) -> list[Piece]:
        """Return the pieces so far."""
        return [Piece(kind, "".join(words).strip()) for kind, words in self._found]
