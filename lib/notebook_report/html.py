"""The HTML exporter: one file that fetches nothing."""

import base64
import re

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import TextLexer, get_lexer_by_name
from pygments.util import ClassNotFound
from traitlets import default

from notebook_report.exporter import TEMPLATES, ReportExporter

STYLE = TEMPLATES / "report-html" / "style.css"


class ReportHTMLExporter(ReportExporter):
    """Export a notebook as one HTML file with contents, numbered figures and MathML: no script, no request."""

    export_from_notebook = "Report (HTML)"
    output_mimetype = "text/html"
    target = "html"

    @default("file_extension")
    def _file_extension_default(self):
        return ".html"

    @default("template_name")
    def _template_name_default(self):
        return "report-html"

    def default_filters(self):
        """Yield the shared filters and those that the template needs."""
        yield from super().default_filters()
        yield from {
            "colour_code": colour_code,
            "data_uri": data_uri,
            "fill_header_gaps": fill_header_gaps,
            "nest": nest,
        }.items()

    def from_notebook_node(self, nb, resources=None, **kw):
        """Return the HTML text and the resources."""
        resources = {**(resources or {}), "style": STYLE.read_text(encoding="utf-8")}
        return super().from_notebook_node(nb, resources, **kw)


def colour_code(code, language):
    """Return code as HTML, its tokens in spans, a class for each kind; a language that nobody knows is plain text."""
    try:
        lexer = get_lexer_by_name(language)
    except ClassNotFound:
        lexer = TextLexer()
    return highlight(code, lexer, HtmlFormatter(nowrap=True)).rstrip("\n")


def data_uri(content, mimetype):
    """Return an image as a URI that holds it; SVG comes as text, everything else in base 64."""
    if mimetype == "image/svg+xml":
        content = base64.b64encode(content.encode()).decode()
    return f"data:{mimetype};base64,{''.join(content.split())}"


def fill_header_gaps(html):
    """Return a table whose empty header cells are plain cells: a header without words is no header."""
    return re.sub(r"<th\b([^>]*)>\s*</th>", r"<td\1></td>", html)


def nest(contents):
    """Return the flat list of headings as a tree: each entry gets `children`."""
    roots, path = [], []
    for heading in contents:
        entry = {**heading, "children": []}
        path = path[: heading["level"] - 1]
        (path[-1]["children"] if path else roots).append(entry)
        path.append(entry)
    return roots
