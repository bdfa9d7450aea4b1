"""A Markdown cell has the tags, words and formulas that nbconvert gives it."""

import pytest
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from notebook_report.reading.trees.pandoc_ast import plain

CELLS = {
    "emphasis": "*a* **b** ***c*** _d_ __e__ snake_case_word 2*3*4 ~~f~~ **bold**ly",
    "lists": "- a\n- b\n  - c\n    - d\n\n1. one\n2. two\n\n   more\n* x\n\n+ y",
    "parenthesis": "1) first\n2) second",
    "start": "3. three\n4. four",
    "list after words": "Words:\n- a\n- b",
    "quotation": "> quoted\ncontinued\n>\n> > twice",
    "headings": "# One\n\nTwo\n===\n\nThree\n---\n\n### Four ###",
    "code": "`a  b` and ``c ` d``\n\n    indented\n\n```\nfenced $x$\n```\n\n~~~\ntilde\n~~~",
    "breaks": "one  \ntwo\\\nthree\nfour\n\n---\n\n***",
    "links": "[a](https://a.example) <https://b.example> [c][d] https://e.example\n\n[d]: https://d.example 'title'",
    "images": '![alt *words*](a.png) ![b](b.png "title")',
    "table": "| a | b |\n|:-:|--:|\n| 1 | *2* |\n| `x` | |",
    "mathematics in a table": "| a |\n|---|\n| $x_1$ |",
    "html": "H<sub>2</sub>O, <b>b</b> <i>i</i><br>x <u>u</u> <kbd>Ctrl</kbd> <mark>m</mark>\n\n<div>\n\n*in*\n\n</div>",
    "html block": "<p>a <em>b</em></p>\n\n<table><tr><th>a</th></tr><tr><td>1</td></tr></table>",
    "comment": "a <!-- hidden --> b",
    "entities": "&amp; &lt;a&gt; &copy; &nbsp; \\* \\_ \\# 5 < 6",
    "mathematics": "$a_1 b_2$ and $$\\sum_i x_i$$ in *$y$* words",
    "display": "$$\na &= b \\\\\n- c\n$$\n\nwords",
    "environment": "\\begin{align}\na &= b_1 \\\\\nc &= *d*\n\\end{align}",
    "mathematics in html": "<p>so $x^2$</p>\n\n<pre>$y$</pre>",
    "quotes": "\"a\" 'b' it's -- so...",
    "numbers": "kill -9, 1e-05, [-1], 2010 -2015",
}


def seen(node):
    """Return the elements of a tree as names, words and formulas."""
    if isinstance(node, list):
        return [one for child in node for one in seen(child)]
    if not isinstance(node, dict):
        return []
    kind, content = node["t"], node.get("c")
    if kind in ("Str", "Space", "SoftBreak"):
        return [plain(node) if kind == "Str" else " "]
    if kind in ("Math", "Code", "CodeBlock"):
        return [f"<{kind} {content[1].strip()}>"]
    if kind in ("Link", "Image"):
        return [f"<{kind} {content[2][0]}>", *seen(content[1]), "</>"]
    kind = "Para" if kind == "Plain" else kind
    return [f"<{kind}>", *seen([part for part in content if isinstance(part, list | dict)] if content else []), "</>"]


def words(blocks):
    return "".join(seen(blocks))


@pytest.mark.parametrize("name", CELLS)
def test_a_cell_is_read_as_nbconvert_reads_it(reading, name):
    renderer = IPythonRenderer(escape=False, exclude_anchor_links=True)
    theirs = MarkdownWithMath(renderer=renderer).render(CELLS[name])
    ours = reading(CELLS[name])
    assert ours.problems == []
    assert words(ours.blocks) == words(reading(theirs, "html").blocks)
