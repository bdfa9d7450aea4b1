"""Drawings in a text, as images: Markdown and cleaned HTML hold no SVG."""

import base64
import html
import re
import textwrap
from bisect import bisect_right
from collections.abc import Sequence

from lxml import etree

from notebook_report.errors import Place
from notebook_report.problems import Outcome, Problem, excerpt
from notebook_report.reading.words.mathematics_spans import CODE

SPACE = "http://www.w3.org/2000/svg"  # the namespace of SVG
SPACES = {"xmlns": SPACE, "xmlns:xlink": "http://www.w3.org/1999/xlink"}
# Scripts and comments, in which none is drawn; where a drawing begins, and where it ends.
UNDRAWN = r"<script\b(?s:(?!<script\b).)*?</script|<!--(?s:(?!<!--).)*?-->"
MARK = {
    "html": re.compile(rf"{UNDRAWN}|(?P<mark><svg\b(?:[^<>]*/>)?|</svg\s*>)", re.IGNORECASE),
    "markdown": re.compile(rf"{CODE}|{UNDRAWN}|(?P<mark><svg\b(?:[^<>]*/>)?|</svg\s*>)", re.IGNORECASE | re.MULTILINE),
}
# Characters that HTML has names for, and XML has not; what begins no name.
NAMED = re.compile(r"&(?:(?!(?:amp|lt|gt|quot|apos);)[a-zA-Z]\w{0,30};|(?!#?\w{1,30};))")
TAG = re.compile(r"<[^<>]*>")
ATTRIBUTE = re.compile(r"\"[^\"]*\"|'[^']*'|(?<=\s)(?P<name>[\w:-]+)=(?P<value>[^\s\"'<>]*[^\s\"'<>/])")
SHAPES = {"path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "image", "foreignObject"}
HIDDEN = re.compile(r"display:\s*none|\b(?:width|height):\s*0(?![.\d])")
# What is no part of a drawing that does not end.
BEYOND = re.compile(r"\n\s*\n|</?(?:p|div|h[1-6]|table|ul|ol|li|pre|span|b|em|strong|br)\b|\Z", re.IGNORECASE)
LONGEST = 1000  # characters of words in a drawing
CUT_SHORT = "(drawing not shown)"


def as_images(text: str, form: str, place: Place | str, code: Sequence[range] = ()) -> tuple[str, list[Problem]]:
    """Return a text, Markdown or HTML, with an `img` for each drawing, and what is wrong with drawings.

    code: where code stands that no sign at its ends marks
    """
    parts, start, begun = [], 0, list[int]()
    code = [*code, range(0)]
    starts = [part.start for part in code[:-1]]
    for found in MARK[form].finditer(text):
        in_code = not begun and found.start() in code[bisect_right(starts, found.start()) - 1]
        mark = None if in_code else found["mark"]
        if mark and mark[1] != "/":
            begun.append(found.start())
        if mark and begun and (mark[1] == "/" or mark[-1] == ">"):
            begin = begun.pop()
            if not begun:
                parts += [text[start:begin], _image(text[begin : found.end()])]
                start = found.end()
    problems = []
    if begun:
        parts += [text[start : begun[0]], CUT_SHORT]
        start = BEYOND.search(text, begun[0]).start()  # type: ignore[union-attr]
        message = "a drawing (SVG) is cut short, and not shown."
        problems.append(Problem(place, "no-picture", message, excerpt(text[begun[0] :]), Outcome.REPLACED))
    return "".join([*parts, text[start:]]), problems


def _image(drawing: str) -> str:
    """Return the image that shows a drawing, none for a store of icons and for the icons themselves."""
    head = "".join(f' {name}="{space}"' for name, space in SPACES.items() if f"{name}=" not in drawing)
    quoted = TAG.sub(lambda tag: ATTRIBUTE.sub(_quoted, tag[0]), drawing)[4:]
    source = NAMED.sub(lambda name: html.escape(html.unescape(name[0])), quoted)
    root = _parsed(f"<svg{head}{source}".encode())
    if root is None or not _draws(root):
        return ""
    title = root.findtext(f"{{{SPACE}}}title") or root.get("aria-label") or ""
    content = base64.b64encode(settle(etree.tostring(root))).decode()
    return f'<img src="data:image/svg+xml;base64,{content}" alt="{html.escape(" ".join(title.split()))}">'


def _quoted(attribute: re.Match[str]) -> str:
    """Return an attribute of HTML as XML has it."""
    return f'{attribute["name"]}="{attribute["value"]}"' if attribute["name"] else attribute[0]


def _draws(root: etree._Element) -> bool:
    """Tell whether a drawing shows anything by itself."""
    sizes = root.get("width"), root.get("height")
    hidden = HIDDEN.search(root.get("style") or "") or "0" in sizes
    return not hidden and any(str(element.tag).rpartition("}")[2] in SHAPES for element in root.iter())


def settle(drawing: bytes) -> bytes:
    """Return a drawing, SVG, in which the words of each `foreignObject`, which only browsers show, are SVG's own."""
    root = _parsed(drawing) if b"foreignObject" in drawing else None
    if root is None:
        return drawing
    for foreign in list(root.iter(f"{{{SPACE}}}foreignObject")):
        parent = foreign.getparent()
        if not str(parent.tag).endswith("switch"):  # which has words for whoever shows no HTML
            _write(foreign, etree.SubElement(parent, f"{{{SPACE}}}text"))
        parent.remove(foreign)
    return bytes(etree.tostring(root))


def _parsed(drawing: bytes) -> etree._Element | None:
    """Return what can be read of a drawing."""
    return etree.fromstring(drawing, etree.XMLParser(recover=True))


def _write(foreign: etree._Element, text: etree._Element) -> None:
    """Write the words of a `foreignObject` into a text element, in the middle of its room."""
    x, y, width, height = (_number(foreign.get(name)) for name in ("x", "y", "width", "height"))
    words = " ".join(" ".join(foreign.itertext()).split())
    lines = textwrap.wrap(words[:LONGEST], max(8, int(width / 7)))
    text.set("text-anchor", "middle")
    text.set("font-size", "13")
    for i, line in enumerate(lines):
        middle = y + height / 2 + 16 * (i - len(lines) / 2 + 0.8)
        row = etree.SubElement(text, f"{{{SPACE}}}tspan", x=f"{x + width / 2:g}", y=f"{middle:g}")
        row.text = line


def _number(length: str | None) -> float:
    found = re.match(r"\s*(-?\d{1,6}(?:\.\d{1,6})?)", length or "")
    return float(found[1]) if found else 0
