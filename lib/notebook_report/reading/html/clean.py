"""HTML from anyone as a tree of elements that a report can show: whatever else it holds is removed."""

import re
from collections.abc import Iterator

import css_inline
import nh3
from lxml import etree
from lxml import html as lxml_html
from lxml.html import HtmlElement

from notebook_report.errors import Place
from notebook_report.problems import Outcome, Problem, excerpt
from notebook_report.reading.words.kept import TOKEN

DEEPEST = 60  # elements in one another; each takes at most three of the 1000 calls that Python allows
BLOCKS = {"p", "div", "center", "blockquote", "pre", "ul", "ol", "dl", "table", "figure", "details", "hr"}
HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
EMBEDDED = {"iframe": "page", "object": "page", "embed": "page", "video": "film", "audio": "sound"}
REMOVED = {"script", "style", "title", "button", "select", "textarea", "noscript", "template", "canvas", "datalist"}
VOID = {"br", "hr", "img", "embed", "source", "wbr"}
TAGS = (
    BLOCKS
    | HEADINGS
    | set(EMBEDDED)
    | VOID
    | {
        "a",
        "abbr",
        "b",
        "big",
        "cite",
        "code",
        "del",
        "dfn",
        "em",
        "i",
        "ins",
        "kbd",
        "mark",
        "q",
        "s",
        "samp",
        "small",
    }
    | {"span", "strike", "strong", "sub", "sup", "tt", "u", "var", "li", "dt", "dd", "figcaption", "summary"}
    | {"caption", "thead", "tbody", "tfoot", "tr", "th", "td"}
)
ATTRIBUTES = {
    "*": {"class", "dir", "hidden", "id", "lang", "style"},
    "a": {"href", "name", "title"},
    "img": {"src", "alt", "title", "width", "height"},
    "ol": {"start"},
    "td": {"colspan", "rowspan", "align"},
    "th": {"colspan", "rowspan", "align"},
} | {tag: {"src", "data", "width", "height"} for tag in (*EMBEDDED, "source")}
# What of a style says what is shown, where and how large; and the colours of cells in tables.
STYLES = "display|visibility|direction|text-align|width|height|background|background-color|color|font-weight"
SCHEMES = {"http", "https", "ftp", "mailto", "tel", "attachment", "data", "file"}
INVISIBLE = re.compile(r"display:\s*none|visibility:\s*hidden")
STYLE_SHEET = re.compile(r"<style\b[^>]*>((?:(?!<style\b).)*?)</style\s*>", re.DOTALL | re.IGNORECASE)
# All else in a style sheet: what it asks for takes the square of its time.
IDLE_RULE = re.compile(rf"(?<=[{{;])\s*(?!(?:{STYLES})\s*:)[\w-]+\s*:[^;{{}}]*;?")
INLINER = css_inline.CSSInliner(load_remote_stylesheets=False)
VOID_TAG = re.compile(rf'<((?:{"|".join(sorted(VOID))})(?: [a-z-]+="[^"]*")*)>')
UNPRINTABLE = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 127, 0xFFFE, 0xFFFF])  # what XML cannot hold
CUSTOM = re.compile(r"<(/?)[a-z][a-z0-9]*-[\w.-]*(?=[\s/>])", re.IGNORECASE)  # an element of a page's own
TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)\b")


def take_out_sheets(text: str) -> tuple[str, str]:
    """Return HTML without its style sheets, and these."""
    return STYLE_SHEET.sub("", text), " ".join(STYLE_SHEET.findall(text))


def clean(text: str, sheets: str, place: Place | str) -> tuple[HtmlElement, list[Problem]]:
    """Return the HTML as a `div` that holds only TAGS with ATTRIBUTES, nothing hidden, and what was replaced.

    sheets: style sheets that belong to it, besides those in it
    """
    sheets = " ".join([sheets, *STYLE_SHEET.findall(text)])
    text = _allowed(CUSTOM.sub(r"<\1span", text), TAGS)
    problems = []
    if _depth(text) > DEEPEST:
        text = _allowed(text, {"br", "p"})
        problems.append(too_deep(text, place))
    elif sheets.strip():
        # It writes "<" in attributes as it is.
        text = _allowed(INLINER.inline_fragment(text, IDLE_RULE.sub("", sheets)), TAGS)
    root = _tree(text)
    for fallback in root.xpath("//*[contains(@class, 'text-repr-fallback')]"):
        _stand_alone(fallback)
    _remove(element for element in root.iter() if "hidden" in element.attrib or INVISIBLE.search(_style(element)))
    for element in list(root.iter(*EMBEDDED)):
        problems.append(_replace_embedded(element, place))
    return root, problems


def too_deep(text: str, place: Place | str) -> Problem:
    """Return the problem of a text that nests too deeply."""
    message = "lists, quotations or other parts of a text nest too deeply: write them flatter."
    return Problem(place, "nesting-too-deep", message, excerpt(text), Outcome.REPLACED)


def _allowed(text: str, tags: set[str]) -> str:
    """Return HTML, parsed as browsers do, with these tags only."""
    return nh3.clean(
        text,
        tags=tags,
        clean_content_tags=REMOVED,
        attributes=ATTRIBUTES,
        url_schemes=SCHEMES,
        link_rel=None,
    )


def _tree(text: str) -> HtmlElement:
    """Return cleaned HTML as a tree: as XML, since lxml's HTML parser closes a heading before a paragraph in it."""
    closed = VOID_TAG.sub(r"<\1/>", text.replace("&nbsp;", "\u00a0").translate(UNPRINTABLE))
    return lxml_html.fromstring(f"<div>{closed}</div>", parser=lxml_html.XHTMLParser(huge_tree=True))


def _depth(text: str) -> int:
    """Return how many elements of cleaned HTML, where each is closed, stand in one another at most."""
    most = depth = 0
    for end, name in TAG.findall(text):
        if name not in VOID:
            depth += -1 if end else 1
            most = max(most, depth)
    return most


def _style(element: HtmlElement) -> str:
    return element.get("style") or ""


def _remove(elements: Iterator[HtmlElement]) -> None:
    """Remove elements with all that is in them."""
    for element in list(elements):
        if element.getparent() is not None:
            element.drop_tree()


def _stand_alone(fallback: HtmlElement) -> None:
    """Let the text for those who see no styles, which models of scikit-learn have, stand for what comes after it."""
    _remove(iter([*fallback.itersiblings(), *fallback.xpath("*[../pre and not(self::pre)]")]))
    fallback.attrib.clear()


def _replace_embedded(element: HtmlElement, place: Place | str) -> Problem:
    """Put a link in the place of an embedded page, film or sound, in place, or words if it has no address."""
    sources = (one.get("src") or one.get("data") for one in (element, *element.iter("source")))
    source = next(filter(None, sources), "")
    what = EMBEDDED[element.tag]
    for child in list(element):
        element.remove(child)
    if element.tag == "video" and TOKEN.fullmatch(source):  # which holds the film itself
        element.tag, element.text = "img", None
        element.set("src", source)
        element.set("alt", "Film")
        return Problem(place, "embedded-content", "a film is shown in HTML only.", "", Outcome.REPAIRED)
    element.text = " "
    if source.startswith("http"):
        link = etree.SubElement(element, "a", href=source)
        link.text, link.tail = source, " "
    note = etree.SubElement(element, "em")
    note.text, note.tail = f"({what} not shown)", " "
    element.drop_tag()
    message = f"a {what} is not shown: a report holds no frames, films or sounds."
    written = "" if TOKEN.fullmatch(source) else excerpt(source)
    return Problem(place, "embedded-content", message, written, Outcome.REPLACED)
