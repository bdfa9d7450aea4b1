"""Figures that only a script draws, which no report runs: how they are told from others, and what they are called."""

import html
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import lxml.html
from lxml import etree

# Forms that a script draws, and those that make ready for it and show nothing.
FORM = re.compile(
    r"application/vnd\.(plotly|vega|vegalite|bokehjs_exec|holoviews_exec|webio\.node)\b|application/geo\+json"
)
LOADER = re.compile(r"application/(javascript|vnd\.\w+_load\b)")
# What programs that draw say when they make ready, in the page that shows nothing then.
LOADS = re.compile(
    r'"roots":\[\{"type":"object","name":"panel\.models\.browser\.|\bid="interact-js-shim"|>Loading BokehJS '
)
WEBIO = "application/vnd.webio.node+json"  # of Julia's Interact: elements of HTML, and what changes them
STAGE = re.compile(r"<(div|canvas)\b[^>]*\b(id|class)=", re.IGNORECASE)  # on which a script draws
# An empty one that has a name and can be seen.
EMPTY_STAGE = re.compile(
    r"<(div|canvas|svg)\b(?=[^<>]*\bid\s*=)(?![^<>]*(?:\bhidden\b|display:\s*none))[^<>]*>\s*</\1\s*>", re.IGNORECASE
)
SCRIPTS = ("text/html", "application/javascript")
# Where a script of Plotly or of Altair says in JSON what it draws, and what Bokeh's says of its title.
DRAWS = re.compile(
    r"""\bPlotly\.(?:newPlot|react|plot)\(\s*["'][\w-]{1,99}["']\s*,\s*|\}\)\(\s*(?=\{)|\bspec\s*=\s*(?=\{)"""
)
TEXT = r'"text":("(?:[^"\\]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})){1,500}")'
BOKEH = re.compile(
    rf'"name":"Title"[^{{}}]{{0,99}}"attributes":\{{[^{{}}]{{0,500}}?{TEXT}'
    rf'|"attributes":\{{[^{{}}]{{0,500}}?{TEXT}[^{{}}]{{0,500}}\}}[^{{}}]{{0,99}}"type":"Title"'
)
LONGEST = 5_000_000  # characters of a script that is looked through
MOST_PARTS = 2  # of what a script draws: Plotly names its data before what else there is
GAP = re.compile(r"[\s,]*")
TAG = re.compile(r"<[^<>]*>")
# Text that names the object or the call that makes the figure, or encodes it, and nothing that it shows.
OBJECT = re.compile(r"\s*(#?<|:\w|\(div\b|[\w.]+[({]|[A-Za-z\d+/]{60})")


def shows_nothing(data: Mapping[str, object]) -> bool:
    """Tell whether an output, given in all its forms, is empty or only makes ready what draws."""
    pages = (content for content in map(data.get, SCRIPTS) if isinstance(content, str))
    return not data or any(map(LOADS.search, pages))


def is_stage(page: str) -> bool:
    """Tell whether HTML has no words, but a place where a script draws."""
    if not STAGE.search(page):
        return False
    try:
        root = lxml.html.fragment_fromstring(page, create_parent=True)
    except (etree.LxmlError, ValueError):
        return False
    etree.strip_elements(root, "script", "unsafe-script", "style", with_tail=False)
    return not root.text_content().strip() and root.find(".//img") is None


def with_note(page: str, note: str) -> str:
    """Return HTML that holds words and an empty stage with a note in its place."""
    return EMPTY_STAGE.sub(lambda _: f"<p><em>[{html.escape(note)}]</em></p>", page, count=1)


def still(node: object) -> str | None:
    """Return what WebIO describes as HTML, if it is no more than that; None for what a script would change."""
    try:
        return _element(node)
    except (AttributeError, KeyError, TypeError, RecursionError):
        return None


def _element(node: Any) -> str:
    """Return an element of WebIO's as HTML. Raises AttributeError, KeyError or TypeError for anything else."""
    if isinstance(node, str):
        return html.escape(node)
    if node["nodeType"] != "DOM":
        raise KeyError(node["nodeType"])
    tag, inner = node["instanceArgs"]["tag"], node["props"].get("setInnerHtml")
    return f"<{tag}>{''.join(map(_element, node['children'])) if inner is None else inner}</{tag}>"


def title(data: Mapping[str, object]) -> str:
    """Return the title of a figure, given in all its forms; else the words beside it; empty if there is neither."""
    return next(filter(None, _titles(data)), "")


def _titles(data: Mapping[str, object]) -> Iterator[str]:
    """Yield what can be a title, the best first; some are empty."""
    yield from (_named(content) for form, content in data.items() if FORM.match(form) and isinstance(content, Mapping))
    for script in map(data.get, SCRIPTS):
        if isinstance(script, str) and len(script) <= LONGEST:
            yield from map(_named, _specified(script))
            if found := BOKEH.search(script):
                yield _plain(json.loads(found[1] or found[2], strict=False))
    words = data.get("text/plain")
    yield _plain(words) if isinstance(words, str) and not OBJECT.match(words) else ""


def _specified(script: str) -> Iterator[Mapping[str, object]]:
    """Yield what a script says in JSON of the figures that it draws."""
    decode = json.JSONDecoder().raw_decode
    for found in DRAWS.finditer(script):
        at = found.end()
        for _ in range(MOST_PARTS):
            try:
                part, at = decode(script, at)
            except (ValueError, RecursionError):
                break
            if isinstance(part, Mapping):
                yield part
            at = GAP.match(script, at).end()  # type: ignore[union-attr]


def _named(figure: object) -> str:
    """Return the title in what Plotly or Vega call a figure."""
    for key in ("layout", "title", "text"):
        figure = figure.get(key, figure) if isinstance(figure, Mapping) else figure
    lines = figure if isinstance(figure, list) else [figure]
    return _plain(" ".join(line for line in lines if isinstance(line, str)))


def _plain(text: str) -> str:
    """Return the words of a title, which may hold tags of HTML."""
    return " ".join(TAG.sub(" ", text).split())
