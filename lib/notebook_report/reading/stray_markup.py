"""What stands in a text as mere signs, where Jupyter sets a formula or a table."""

import re

from notebook_report.errors import NotebookError, Place
from notebook_report.reading import pandoc_ast
from notebook_report.reading.markdown import short
from notebook_report.reading.pandoc_ast import Node

# A table's head and the line below it.
TABLE = re.compile(r"^(.+)\n(?=.*\|)(?=.*[–—-])[|:–— -]+$", re.MULTILINE)
LEFT_OVER = re.compile(r"(?<!\$)\$\$(?!\$)")
BETWEEN_DOLLARS = re.compile(r"(?<![\w$])\$([^$\0]+)(?=\$(?![\w$]))")
# Prices have dollars, too, but words between them, or numbers only.
TEX = re.compile(r".*[\\_^={}]|(?!.*[^\W\d_]{2}).*[^\W\d_]", re.DOTALL)


def check(source: str, document: Node, place: Place | str) -> None:
    """Refuse a Markdown text whose document has the signs of a formula or of a table among its words."""
    blocks = pandoc_ast.elements(document, "Para", "Plain", "Header")
    texts = [_text(block["c"][-1] if block["t"] == "Header" else block["c"]) for block in blocks]
    for text in texts:
        if table := TABLE.search(text):
            raise NotebookError(place, f"`{short(table[1])}` begins no table: put an empty line before it.")
    if source.count(r"\$") >= "".join(texts).count("$"):
        return
    for text in texts:
        _check_dollars(text, place)


def _check_dollars(text: str, place: Place | str) -> None:
    """Refuse dollars that are meant to be around a formula."""
    sign = r"for the sign itself, `\$`"
    if LEFT_OVER.search(text):
        raise NotebookError(place, f"`$$` is around no formula: write one without empty lines; {sign}.")
    for found in BETWEEN_DOLLARS.finditer(text):
        if TEX.match(found[1]):
            raise NotebookError(place, f"`{short(found[0] + '$')}` is no formula: write `$x$` without spaces; {sign}.")


def _text(node: Node) -> str:
    """Return the words below `node`, line by line; what is no words, such as a formula, as a zero."""
    if isinstance(node, list):
        return "".join(map(_text, node))
    kind, content = node["t"], node.get("c")
    if kind in ("Str", "RawInline"):
        return str(content if kind == "Str" else content[1])
    if kind in ("Space", "SoftBreak", "LineBreak"):
        return " " if kind == "Space" else "\n"
    if kind in ("Link", "Quoted"):
        return _text(content[1])
    return _text(content) if kind in ("Emph", "Strong", "Strikeout") else "\0"
