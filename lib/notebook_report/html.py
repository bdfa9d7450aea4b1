"""The HTML exporter: one file that fetches nothing."""

import base64
import hashlib
import html
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import quote

from nbformat import NotebookNode
from traitlets import default

from notebook_report import outputs, webfonts
from notebook_report.exporter import TEMPLATES, ReportExporter
from notebook_report.listing import coloured

STYLE, SCRIPT = (TEMPLATES / "report-html" / name for name in ("style.css", "script.js"))
HEADING = re.compile(r'<h([2-6])\b([^>]*) id="([^"]*)">(.*?)</h\1>', re.DOTALL)
NUMBER = re.compile(r'<span class="number">([^<]*)</span>')
UNSEEN = re.compile(r"<annotation\b.*?</annotation>|<[^>]*>", re.DOTALL)
SVG_WIDTH = re.compile(r'<svg\b[^>]*?\swidth="([\d.]+)(pt|px|)"')
POINTS = {"pt": 1, "px": 0.75, "": 0.75}
PAPER_SIZE = 10.5  # of the words on paper, in points; a figure is drawn for words of this size
MOST_ROWS = 200


class ReportHTMLExporter(ReportExporter):
    """Export a notebook as one HTML file with its typefaces, its figures and their numbers inside: no request."""

    export_from_notebook = "Report (HTML)"
    output_mimetype = "text/html"
    target = "html"

    @default("file_extension")
    def _file_extension_default(self) -> str:
        return ".html"

    @default("template_name")
    def _template_name_default(self) -> str:
        return "report-html"

    def default_filters(self) -> Iterator[tuple[str, Callable[..., object]]]:
        """Yield the shared filters and those that the template needs."""
        yield from super().default_filters()
        filters: dict[str, Callable[..., object]] = {
            "csv_uri": csv_uri,
            "coloured": coloured,
            "data_uri": data_uri,
            "fill_header_gaps": fill_header_gaps,
            "finish": finish,
            "nest": nest,
            "numbers": numbers,
            "width_in_rem": width_in_rem,
        }
        yield from filters.items()

    def from_notebook_node(  # type: ignore[override] # nbconvert: a document is a notebook to it
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[str, dict[str, Any]]:
        """Return the HTML text and the resources."""
        style, script = (path.read_text(encoding="utf-8") for path in (STYLE, SCRIPT))
        inside = {"style": style, "script": script, "script_hash": digest(script)}
        page, resources = super().from_notebook_node(nb, {**(resources or {}), **inside}, **kw)
        return webfonts.embed(disable_boxes(page)), resources


def digest(script: str) -> str:
    """Return what a Content-Security-Policy calls a script by."""
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def data_uri(content: str, mimetype: str) -> str:
    """Return an image as a URI that holds it; SVG comes as text, everything else in base 64."""
    if mimetype == "image/svg+xml":
        # Escaped character by character, which takes less room than base 64.
        return f"data:{mimetype},{quote(content, safe=' =:/;,()-.')}"
    return f"data:{mimetype};base64,{''.join(content.split())}"


def width_in_rem(svg: str) -> float | None:
    """Return how wide a drawing is, measured by the size of words around it on paper; None if it does not say."""
    found = SVG_WIDTH.search(svg)
    return round(float(found[1]) * POINTS[found[2]] / PAPER_SIZE, 2) if found else None


def fill_header_gaps(table: str) -> str:
    """Return a table whose empty header cells are plain cells: a header without words is no header."""
    return re.sub(r"<th\b([^>]*)>\s*</th>", r"<td\1></td>", table)


def finish(text: str) -> str:
    """Return HTML with a link to itself at each heading."""
    return HEADING.sub(_link_heading, text)


def _link_heading(found: re.Match[str]) -> str:
    """Return a heading with a link to itself at its end."""
    level, attributes, identifier, content = found.groups()
    numbered = NUMBER.match(content)
    words = html.escape(html.unescape(UNSEEN.sub("", content)))
    name = _name(numbered[1]) if numbered else f"“{words}”"
    link = f'<a class="permalink" href="#{identifier}" aria-label="Link to {name}">¶</a>'
    return f'<h{level}{attributes} id="{identifier}">{content}{link}</h{level}>'


def _name(number: str) -> str:
    """Return how a reference calls the section of this number."""
    kind = "Section" if number[0].isdigit() else "Appendix"
    return number if number.startswith(kind) else f"{kind} {number}"


def numbers(text: str) -> dict[str, Any]:
    """Return a figure's numbers, CSV with a line of names, as a dict: `names`, `rows`, as many as are shown, `n`.

    `wordy` tells of each column whether it holds anything but numbers.
    """
    names, *rows = outputs.rows(text) or [[]]
    wordy = [not all(_is_number(row[i]) for row in rows if len(row) > i) for i in range(len(names))]
    return {"names": names, "rows": rows[:MOST_ROWS], "n": len(rows), "wordy": wordy}


def _is_number(text: str) -> bool:
    """Tell whether a cell holds a number, or nothing."""
    try:
        return not text.strip() or float(text) is not None
    except ValueError:
        return False


def csv_uri(text: str) -> str:
    """Return CSV as a URI that holds it."""
    return f"data:text/csv;charset=utf-8,{quote(text, safe=',.:')}"


def disable_boxes(page: str) -> str:
    """Return the page with the boxes of its task lists as what they are: not for the reader to tick."""
    return page.replace('<input type="checkbox"', '<input type="checkbox" disabled')


def nest(contents: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the flat list of headings as a tree: each entry gets `children`."""
    roots: list[dict[str, Any]] = []
    path: list[dict[str, Any]] = []
    for heading in contents:
        entry = {**heading, "children": []}
        path = path[: heading["level"] - 1]
        (path[-1]["children"] if path else roots).append(entry)
        path.append(entry)
    return roots
