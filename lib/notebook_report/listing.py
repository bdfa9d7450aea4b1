"""Code as a reader sees it: tokens in colours."""

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import TextLexer, get_lexer_by_name
from pygments.util import ClassNotFound


def coloured(code, language):
    """Return code as HTML, its tokens in spans, a class for each kind; a language that nobody knows is plain text."""
    try:
        lexer = get_lexer_by_name(language)
    except ClassNotFound:
        lexer = TextLexer()
    return highlight(code, lexer, HtmlFormatter(nowrap=True)).rstrip("\n")


def as_html(element):
    """Return what stands for a block of code whose language is named, coloured HTML; None for any other element."""
    if element["t"] != "CodeBlock" or not element["c"][0][1]:
        return None
    code = coloured(element["c"][1], element["c"][0][1][0])
    frame = '<pre class="code" tabindex="0" role="group" aria-label="Code"><code>{}</code></pre>'
    return [{"t": "RawBlock", "c": ["html", frame.format(code)]}]
