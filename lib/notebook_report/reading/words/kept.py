"""What is kept from the parsers of a text: tokens stand for it, which they take for words."""

import re
from collections.abc import Container, Iterator

from notebook_report.reading.words.marks import Piece, math
from notebook_report.reading.words.mathematics_spans import MARKDOWN, Formula, find

TOKEN = re.compile(r"@@(\d+)@@")
# What the address of a file in base 64 says after `data:image/` or the like: its kind, and perhaps settings.
KIND = r"[\w.+-]+(?:;[\w.+-]+=[\w.+-]+)*;base64,"
# Base 64 may be long; where it ends at a quote, it may have lines.
IN_BASE_64 = r"[\w+/=%]+(?:(?:\s*\n\s*[\w+/=%]+)*\s*(?=[\"']))?"
# Pictures and films; and what reads like a token.
DATA = re.compile(rf"data:(?:image|video)/{KIND}{IN_BASE_64}|@@(?:note-)?\d+@@")
OTHER = re.compile(rf"(data:(?!image/|video/)[\w.+-]+/{KIND}){IN_BASE_64}")  # which is never shown
NOTE_DEFINITION = re.compile(r"^ {0,3}\[\^([^]\s]+)\](?=:)", re.MULTILINE)
ESCAPED = re.compile(r"(?<!\\)\\([@$])")


class Kept:
    """What tokens stand for: what the author wrote, and what is shown of it in the words of a text."""

    def __init__(self) -> None:
        """Start with nothing."""
        self._kept: list[tuple[str, Piece]] = []

    def keep(self, source: str, piece: Piece) -> str:
        """Return the token for a piece that the author has written like this."""
        self._kept.append((source, piece))
        return f"@@{len(self._kept) - 1}@@"

    def data(self, text: str) -> str:
        """Return a text with tokens for its pictures and films, and without the content of other files."""
        return DATA.sub(lambda found: self.keep(found[0], found[0]), OTHER.sub(r"\1", text))

    def markdown(self, text: str) -> str:
        r"""Return Markdown with tokens for its formulas, and for `\@` and `\$`, which begin nothing."""
        return "".join(map(self._kept_markdown, find(text, MARKDOWN)))

    def names(self, markdown: str, names: Container[str]) -> str:
        """Return Markdown with tokens for these names of footnotes, so that what follows them are words."""

        def keep(found: re.Match[str]) -> str:
            return self.keep(found[0], found[0]) if found[1] in names else found[0]

        return NOTE_DEFINITION.sub(keep, markdown)

    def _kept_markdown(self, piece: str | Formula) -> str:
        if isinstance(piece, str):
            return ESCAPED.sub(lambda found: self.keep(found[0], found[1]), piece)
        return self.keep(self.restore(piece.source), math(self.restore(piece.tex), piece.display))

    def restore(self, text: str) -> str:
        """Return a text with what the author wrote in the place of tokens."""
        return TOKEN.sub(lambda found: self._kept[int(found[1])][0], text)

    def pieces(self, text: str) -> Iterator[tuple[Piece, bool]]:
        """Yield the pieces of a text, and whether they were kept."""
        for i, part in enumerate(TOKEN.split(text)):
            yield (self._kept[int(part)][1], True) if i % 2 else (part, False)
