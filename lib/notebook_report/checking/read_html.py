"""The pieces of a page: what its reader sees, and where its links lead."""

from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

import lxml.html

from notebook_report.checking.pieces import Flow, Piece
from notebook_report.errors import ReportError

KINDS = {"td": "cell", "th": "cell", "pre": "code", **{f"h{level + 1}": f"heading {level}" for level in range(1, 6)}}
INLINE = {"a", "abbr", "b", "code", "del", "em", "i", "label", "small", "span", "strong", "sub", "sup", "time"}
UNSEEN = {"button", "head", "nav", "script", "style", "summary"}
# A phantom takes up room and shows nothing.
DRAWN = ".//text()[not(ancestor::annotation or ancestor::mphantom)]"


class Page(NamedTuple):
    """What a page shows, its formulas (TeX and drawn letters), and the targets that its links name in vain."""

    pieces: list[Piece]
    formulas: list[tuple[str, str]]
    astray: list[str]


def read(path: Path) -> Page:
    """Return the Page in the HTML file at `path`. Raises ReportError if it cannot be read."""
    try:
        text = path.read_text(encoding="utf-8")
        page = lxml.html.document_fromstring(text, parser=lxml.html.HTMLParser(huge_tree=True))
    except (OSError, ValueError, lxml.etree.LxmlError) as error:
        raise ReportError(f"{path} cannot be read: {error}.") from error
    flow, ids = Flow(), {*page.xpath("//@id")}
    _read(page, flow)
    targets = [unquote(href[1:]) for href in page.xpath("//a/@href[starts-with(., '#')]")]
    return Page(flow.pieces, flow.formulas, [target for target in targets if target not in ids])


def _read(element: lxml.html.HtmlElement, flow: Flow) -> None:
    """Put what an element shows into the flow."""
    tag, attributes = element.tag, element.attrib
    # A link with a name for those who hear the page, such as a footnote's, shows a mark and no words.
    named = tag == "a" and "aria-label" in attributes
    if not isinstance(tag, str) or tag in UNSEEN or named or attributes.get("aria-hidden") == "true":
        return
    if tag == "math":
        tex, drawn = ("".join(element.xpath(path)) for path in (".//annotation/text()", DRAWN))
        flow.formula(tex, drawn, alone=attributes.get("display") == "block")
    elif tag == "img" and attributes.get("src", "").startswith("data:image/"):
        flow.whole("figure", attributes.get("alt", ""))
    elif tag == "input" and attributes.get("type") == "checkbox":
        flow.add("☒" if "checked" in attributes else "☐")
    elif tag == "br":
        flow.add(" ")
    elif tag in INLINE and "equation" not in element.classes:
        _read_inside(element, flow)
    elif tag != "img":
        note = tag == "li" and attributes.get("id", "").startswith("fn-")
        with flow.box("note" if note else KINDS.get(tag)):
            _read_inside(element, flow)
    if tag == "a" and not attributes.get("href", "#").startswith("#"):
        flow.whole("link", attributes["href"], aside=True)


def _read_inside(element: lxml.html.HtmlElement, flow: Flow) -> None:
    """Put the words and elements within an element into the flow."""
    flow.add(element.text or "")
    for child in element:
        _read(child, flow)
        flow.add(child.tail or "")
