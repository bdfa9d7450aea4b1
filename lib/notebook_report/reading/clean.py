"""HTML from anyone as a tree of elements that a report can show: whatever else it holds is removed."""

import base64
import html
import re
from collections.abc import Container, Iterator

import nh3
from lxml import etree
from lxml import html as lxml_html
from lxml.html import HtmlElement

from notebook_report.errors import Place
from notebook_report.problems import Outcome, Problem, excerpt

DEEPEST = 60  # elements in one another; each takes at most three of the 1000 calls that Python allows
BLOCKS = {"p", "div", "center", "blockquote", "pre", "ul", "ol", "dl", "table", "figure", "details", "hr"}
HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
EMBEDDED = {"iframe": "page", "object": "page", "embed": "page", "video": "film", "audio": "sound"}
REMOVED = {"script", "style", "title", "button", "select", "textarea", "noscript", "template", "canvas", "datalist"}
VOID = {"br", "hr", "img", "embed", "wbr"}
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
} | {tag: {"src", "data"} for tag in EMBEDDED}
STYLES = {"display", "visibility", "direction", "text-align"}
SCHEMES = {"http", "https", "mailto", "attachment", "data", "file"}
INVISIBLE = re.compile(r"display:\s*none|visibility:\s*hidden")
DRAWING = re.compile(r"<svg\b([^>]*)>(?:(?!<svg\b).)*?</svg\s*>", re.DOTALL | re.IGNORECASE)
ICON = re.compile(r"\b(?:width|height)\s*[:=]\s*[\"']?0\b|display:\s*none|<use\b", re.IGNORECASE)
STYLE_SHEET = re.compile(r"<style\b[^>]*>((?:(?!<style\b).)*?)</style", re.DOTALL | re.IGNORECASE)
HIDING_RULE = re.compile(r"([^{}]+)\{[^{}]*\bdisplay:\s*none\b[^{}]*\}")
VOID_TAG = re.compile(rf'<((?:{"|".join(sorted(VOID))})(?: [a-z-]+="[^"]*")*)>')
UNPRINTABLE = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 127, 0xFFFE, 0xFFFF])  # what XML cannot hold
TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)\b")


def clean(text: str, place: Place | str) -> tuple[HtmlElement, list[Problem]]:
    """Return the HTML as a `div` that holds only TAGS with ATTRIBUTES, nothing hidden, and what was replaced."""
    sheets = " ".join(STYLE_SHEET.findall(text))
    text = _allowed(DRAWING.sub(_as_image, text), TAGS)
    problems = []
    if _depth(text) > DEEPEST:
        text = _allowed(text, {"br", "p"})
        problems.append(too_deep(text, place))
    root = _tree(text)
    _remove(element for element in root.iter() if "hidden" in element.attrib or INVISIBLE.search(_style(element)))
    _hide(root, sheets)
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
        filter_style_properties=STYLES,
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


def _as_image(drawing: re.Match[str]) -> str:
    """Return the image that shows a drawing in SVG; none for a store of icons and for the icons themselves."""
    svg = drawing[0]
    if ICON.search(drawing[1]) or ICON.search(svg):
        return ""
    if "xmlns=" not in drawing[1]:
        svg = svg.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)
    title = re.search(r"<title[^>]*>([^<]*)<", svg)
    content = base64.b64encode(svg.encode()).decode()
    return f'<img src="data:image/svg+xml;base64,{content}" alt="{html.escape(title[1]) if title else ""}">'


def _style(element: HtmlElement) -> str:
    return element.get("style") or ""


def _remove(elements: Iterator[HtmlElement]) -> None:
    """Remove elements with all that is in them."""
    for element in list(elements):
        if element.getparent() is not None:
            element.drop_tree()


def _hide(root: HtmlElement, sheets: str) -> None:
    """Remove what a style sheet hides by its class or id, unless nothing else would be left."""
    names = {name.strip() for rule in HIDING_RULE.findall(sheets) for name in rule.split(",")}
    if names:
        hidden = [element for element in root.iter() if _is_named(element, names)]
        inside = {inner for element in hidden for inner in element.iter()}
        if any(_shows(element) for element in root.iter() if element not in inside):
            _remove(iter(hidden))


def _is_named(element: HtmlElement, names: Container[str]) -> bool:
    """Tell whether one of the selectors in `names` is this element's class or id."""
    classes = (element.get("class") or "").split()
    return any(f".{name}" in names for name in classes) or f"#{element.get('id')}" in names


def _shows(element: HtmlElement) -> bool:
    """Tell whether an element by itself shows words or an image."""
    return element.tag == "img" or bool((element.text or "").strip())


def _replace_embedded(element: HtmlElement, place: Place | str) -> Problem:
    """Put a link in the place of an embedded page, film or sound, in place, or words if it has no address."""
    source = element.get("src") or element.get("data") or element.findtext("source") or ""
    what = EMBEDDED[element.tag]
    words = (
        etree.SubElement(element, "a", href=source) if source.startswith("http") else etree.SubElement(element, "em")
    )
    words.text = source if source.startswith("http") else f"({what} not shown)"
    for child in list(element)[:-1]:
        element.remove(child)
    element.text = None
    element.drop_tag()
    message = f"a {what} from `{excerpt(source)}` is not shown: a report holds no frames, films or sounds."
    return Problem(place, "embedded-content", message, excerpt(source), Outcome.REPLACED)
