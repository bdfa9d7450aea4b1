"""The pieces of a page: what its reader sees, and where its links lead."""

from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

from notebook_report.errors import ReportError
from notebook_report.pieces import Flow

KINDS = {"td": "cell", "th": "cell", "pre": "code", **{f"h{level + 1}": f"heading {level}" for level in range(1, 6)}}
INLINE = {"a", "abbr", "b", "code", "del", "em", "i", "label", "small", "span", "strong", "sub", "sup", "time"}
VOID = {"br", "col", "hr", "img", "input", "link", "meta", "wbr"}
UNSEEN = {"button", "head", "nav", "script", "style", "summary"}


class Page(NamedTuple):
    """What a page shows, its formulas (TeX and drawn letters), and the targets that its links name in vain."""

    pieces: list
    formulas: list
    astray: list


def read(path):
    """Return the Page in the HTML file at `path`. Raises ReportError if it cannot be read."""
    page = _Reader()
    try:
        page.feed(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ReportError(f"{path} cannot be read: {error}.") from error
    astray = [target for target in page.targets if target not in page.ids]
    return Page(page.flow.pieces, page.flow.formulas, astray)


class _Reader(HTMLParser):
    """Follows a page tag by tag."""

    def __init__(self):
        super().__init__()
        self.flow, self.ids, self.targets = Flow(), set(), []
        self._open = []  # for each open element its tag and what to do when it ends
        self._unseen = 0  # how many of the open elements hide their words
        self._tex = self._drawn = None  # of the formula that is open

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.ids.add(attrs.get("id"))
        if tag == "a" and attrs.get("href", "").startswith("#"):
            self.targets.append(unquote(attrs["href"][1:]))
        if tag not in VOID:
            self._open.append((tag, self._begin(tag, attrs)))
        elif not self._unseen:
            self._show(tag, attrs)

    def handle_endtag(self, tag):
        if any(tag == other for other, _ in self._open):
            # What may lack its own end, as a paragraph may, ends with what it is in.
            while self._open:
                other, end = self._open.pop()
                end()
                if other == tag:
                    return

    def handle_data(self, data):
        if self._tex is not None and self._open[-1][0] == "annotation":
            self._tex += data
        elif self._tex is not None:
            # A phantom takes up room and shows nothing.
            self._drawn += "" if any(tag == "mphantom" for tag, _ in self._open) else data
        elif not self._unseen:
            self.flow.add(data)

    def _show(self, tag, attrs):
        """Take note of an element that has no words in it."""
        if tag == "img" and attrs.get("src", "").startswith("data:image/"):
            self.flow.whole("figure", attrs.get("alt", ""))
        elif tag == "input" and attrs.get("type") == "checkbox":
            self.flow.add("☒" if "checked" in attrs else "☐")
        elif tag == "br":
            self.flow.add(" ")

    def _begin(self, tag, attrs):
        """Take note of an element that begins; return what to do when it ends."""
        # A link with a name for those who hear the page, such as a footnote's, shows a mark and no words.
        if tag in UNSEEN or attrs.get("aria-hidden") == "true" or (tag == "a" and "aria-label" in attrs):
            self._unseen += 1
            return self._see
        if tag == "math":
            self._tex = self._drawn = ""
            return lambda: self._end_formula(alone=attrs.get("display") == "block")
        if tag == "a" and not attrs.get("href", "#").startswith("#"):
            return lambda: self.flow.whole("link", attrs["href"], aside=True)
        if self._tex is not None or (tag in INLINE and "equation" not in attrs.get("class", "").split()):
            return _nothing
        note = tag == "li" and attrs.get("id", "").startswith("fn-")
        self.flow.begin("note" if note else KINDS.get(tag))
        return self.flow.end

    def _see(self):
        self._unseen -= 1

    def _end_formula(self, alone):
        tex, drawn, self._tex, self._drawn = self._tex, self._drawn, None, None
        self.flow.formula(tex, drawn, alone)


def _nothing():
    """Do nothing."""
