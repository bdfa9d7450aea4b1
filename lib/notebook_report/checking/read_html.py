"""The pieces of a page: what its reader sees, and where its links lead."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

from notebook_report.checking.pieces import Flow, Piece
from notebook_report.errors import ReportError

KINDS = {"td": "cell", "th": "cell", "pre": "code", **{f"h{level + 1}": f"heading {level}" for level in range(1, 6)}}
INLINE = {"a", "abbr", "b", "code", "del", "em", "i", "label", "small", "span", "strong", "sub", "sup", "time"}
VOID = {"br", "col", "hr", "img", "input", "link", "meta", "wbr"}
UNSEEN = {"button", "head", "nav", "script", "style", "summary"}


class Page(NamedTuple):
    """What a page shows, its formulas (TeX and drawn letters), and the targets that its links name in vain."""

    pieces: list[Piece]
    formulas: list[tuple[str, str]]
    astray: list[str]


def read(path: Path) -> Page:
    """Return the Page in the HTML file at `path`. Raises ReportError if it cannot be read."""
    page = _Reader()
    try:
        page.feed(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, AssertionError) as error:  # at `<![foo>` Python's parser raises the last
        raise ReportError(f"{path} cannot be read: {error}.") from error
    astray = [target for target in page.targets if target not in page.ids]
    return Page(page.flow.pieces, page.flow.formulas, astray)


@dataclass
class _Formula:
    """A formula that is open: its TeX and the letters drawn so far."""

    tex: str = ""
    drawn: str = ""


class _Reader(HTMLParser):
    """Follows a page tag by tag."""

    def __init__(self) -> None:
        super().__init__()
        self.flow = Flow()
        self.ids: set[str] = set()
        self.targets: list[str] = []
        # For each open element its tag and what to do when it ends.
        self._open: list[tuple[str, Callable[[], None]]] = []
        self._unseen = 0  # how many of the open elements hide their words
        self._formula: _Formula | None = None  # if one is open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if "id" in attributes:
            self.ids.add(attributes["id"])
        if tag == "a" and attributes.get("href", "").startswith("#"):
            self.targets.append(unquote(attributes["href"][1:]))
        if tag not in VOID:
            self._open.append((tag, self._begin(tag, attributes)))
        elif not self._unseen:
            self._show(tag, attributes)

    def handle_endtag(self, tag: str) -> None:
        if any(tag == other for other, _ in self._open):
            # What may lack its own end, as a paragraph may, ends with what it is in.
            other = ""
            while other != tag:
                other, end = self._open.pop()
                end()

    def handle_data(self, data: str) -> None:
        if self._formula and self._open[-1][0] == "annotation":
            self._formula.tex += data
        elif self._formula:
            # A phantom takes up room and shows nothing.
            self._formula.drawn += "" if any(tag == "mphantom" for tag, _ in self._open) else data
        elif not self._unseen:
            self.flow.add(data)

    def _show(self, tag: str, attrs: Mapping[str, str]) -> None:
        """Take note of an element that has no words in it."""
        if tag == "img" and attrs.get("src", "").startswith("data:image/"):
            self.flow.whole("figure", attrs.get("alt", ""))
        elif tag == "input" and attrs.get("type") == "checkbox":
            self.flow.add("☒" if "checked" in attrs else "☐")
        elif tag == "br":
            self.flow.add(" ")

    def _begin(self, tag: str, attrs: Mapping[str, str]) -> Callable[[], None]:
        """Take note of an element that begins; return what to do when it ends."""
        # A link with a name for those who hear the page, such as a footnote's, shows a mark and no words.
        if tag in UNSEEN or attrs.get("aria-hidden") == "true" or (tag == "a" and "aria-label" in attrs):
            self._unseen += 1
            return self._see
        if tag == "math":
            self._formula = formula = _Formula()
            return lambda: self._end_formula(formula, alone=attrs.get("display") == "block")
        if tag == "a" and not attrs.get("href", "#").startswith("#"):
            return lambda: self.flow.whole("link", attrs["href"], aside=True)
        if self._formula or (tag in INLINE and "equation" not in attrs.get("class", "").split()):
            return _nothing
        note = tag == "li" and attrs.get("id", "").startswith("fn-")
        self.flow.begin("note" if note else KINDS.get(tag))
        return self.flow.end

    def _see(self) -> None:
        self._unseen -= 1

    def _end_formula(self, formula: _Formula, alone: bool) -> None:
        self._formula = None
        self.flow.formula(formula.tex, formula.drawn, alone)


def _nothing() -> None:
    """Do nothing."""
