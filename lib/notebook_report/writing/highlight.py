"""Code as a reader sees it: tokens in colours."""

import html

from pygments import formatters, highlight, lexers, util

from notebook_report.reading.trees.pandoc_ast import Element
from notebook_report.reading.trees.tables import PRINTED


def coloured(code: str, language: str) -> str:
    """Return code as HTML, its tokens in spans, a class for each kind; a language that nobody knows is plain text."""
    try:
        lexer = lexers.get_lexer_by_name(language)
    except util.ClassNotFound:
        lexer = lexers.TextLexer()
    spans: str = highlight(code, lexer, formatters.HtmlFormatter(nowrap=True))
    return spans.rstrip("\n")


def as_html(element: Element) -> list[Element] | None:
    """Return what stands for a listing, HTML: printed text, or coloured code if its language is named; else None."""
    if element["t"] != "CodeBlock" or not element["c"][0][1]:
        return None
    (_, (language, *_), _), text = element["c"]
    if language == PRINTED:
        frame = '<pre class="output" tabindex="0" role="group" aria-label="Output">{}</pre>'
        return [{"t": "RawBlock", "c": ["html", frame.format(html.escape(text, quote=False))]}]
    frame = '<pre class="code" tabindex="0" role="group" aria-label="Code"><code>{}</code></pre>'
    return [{"t": "RawBlock", "c": ["html", frame.format(coloured(text, language))]}]
