"""What people write in their notebooks, and what of it a report shows."""

import base64
import re

import pytest

from notebook_report.cells import image_checks
from notebook_report.problems import CODES, Outcome
from notebook_report.reading import limits
from notebook_report.reading.reader import Source, read
from notebook_report.reading.trees import pandoc, pandoc_ast, tables
from notebook_report.reading.trees.pandoc_ast import API, elements, plain
from notebook_report.writing.tables import cell_colours

SHOWN = {
    "1) a\n2) b": "<ol> <li>a</li> <li>b</li> </ol>",
    'kill -9, 1e-05, "it\'s" -- so...': '<p>kill -9, 1e-05, "it\'s" <span class="whole">--</span> so...</p>',
    "Words:\n| a |\n|---|\n| `x \\| y` |": "<table> <thead> <tr> <th>a</th> </tr> </thead> <tbody> <tr> "
    "<td><code>x | y</code></td> </tr> </tbody> </table>",
    "Press <kbd>Ctrl</kbd>, H<sub>2</sub>O,<br>a <b>b</b> <u>c</u>": "<p>Press Ctrl, H<sub>2</sub>O,<br /> a "
    "<strong>b</strong> <u>c</u></p>",
    "Thanks to @alice and me@home [@bob]": "<p>Thanks to @alice and me@home [@bob]</p>",
    "a <script>alert(1)</script><style>p {}</style><button>go</button> b": "<p>a b</p>",
    '<a onclick="alert(1)" href="javascript:alert(1)">a</a>': "<p>a</p>",
    "<details><summary>More</summary>Words</details>": "<p><strong>More</strong></p> <p>Words</p>",
    "# \n\n### ###\n\n## Two": "<h3>Two</h3>",
    "## $$x$$": '<p><span class="math display"><em>x</em></span></p>',
    "## Of $$x$$": '<h3>Of <span class="math inline"><em>x</em></span></h3>',
    "## Day ![badge](https://a.example/b.svg) [![run](c.svg)](https://a.example)": "<h3>Day</h3>",
    "## ![Logo](logo.svg)": "<h3>Logo</h3>",
    '# <p align="center">Name</p>': "<h2>Name</h2>",
    "## [Day 2](https://a.example): rain": '<h3><a href="https://a.example">Day 2</a>: rain</h3>',
    "see https://a.example/b_(c), or www.a.example.": '<p>see <a href="https://a.example/b_(c)" '
    'class="uri">https://a.example/b_(c)</a>, or <a href="http://www.a.example" class="uri">www.a.example</a>.</p>',
    "ask **a.b+c@d-e.example**, or f@g.h.example.": '<p>ask <strong><a href="mailto:a.b+c@d-e.example" class="uri">'
    'a.b+c@d-e.example</a></strong>, or <a href="mailto:f@g.h.example" class="uri">f@g.h.example</a>.</p>',
    "`a@b.example` [a@b.example](https://b.example) <a@b.example>": "<p><code>a@b.example</code> "
    '<a href="https://b.example">a@b.example</a> <a href="mailto:a@b.example" class="uri">a@b.example</a></p>',
    "@alice, user@host, mAP@0.5, a@b@c.example, a@b.c_d, a\\@b.example, ssh://a@b.example": "<p>@alice, user@host, "
    "mAP@0.5, a@b@c.example, a@b.c_d, a@b.example, ssh://a@b.example</p>",
    "müller@b.example and a@b.exampleä": "<p>müller@b.example and a@b.exampleä</p>",
    "`https://a.example` [https://a.example](https://b.example)": "<p><code>https://a.example</code> "
    '<a href="https://b.example">https://a.example</a></p>',
    "- [x] done\n- [ ] open": '<li><label><input type="checkbox" checked="" />done</label></li>',
    '<p dir="rtl">a</p>': '<div dir="rtl"> <p>a</p> </div>',
    '<div dir="rtl" lang="he">\n\n- a\n\n</div>': '<div dir="rtl" lang="he"> <ul> <li>a</li> </ul> </div>',
    '<p style="direction: rtl; color: red">a</p>': '<div dir="rtl"> <p>a</p> </div>',
    "@@0@@ and @@note-0@@ `$x$`": "<p>@@0@@ and @@note-0@@ <code>$x$</code></p>",
    "```\n[^1]: words\n```": "<code>[^1]: words</code>",
    "[a](https://a.example/ü)": '<p><a href="https://a.example/ü">a</a></p>',
    "costs \\$5 and \\$6": "<p>costs $5 and $6</p>",
    "[a][1] [b](tel:1)\n\n[1]: ftp://a.example/b": '<p><a href="ftp://a.example/b">a</a> <a href="tel:1">b</a></p>',
    "of [a *b*](https://a.example/b_(c) at `d` (e)": '<p>of <a href="https://a.example/b_(c">a <em>b</em></a> at '
    "<code>d</code> (e)</p>",
    'a <b><I>c</b> <a href="https://a.example">d\n\ne <b>f</b>\n\ng <b>h': "<p>a <strong><em>c</em></strong> <em>"
    '<a href="https://a.example">d</a></em></p> <p>e <strong>f</strong></p> <p>g <strong>h</strong></p>',
    "<font color=red>\n\na <b>b\n\n</font>\n\nc": "<p>a <strong>b</strong></p> <p>c</p>",
}
HTML = {
    '<p>a</p><pre style="line-height: normal"><code class=language-text>\n</code></pre>': "<p>a</p>",
    '<p>a</p><div style="display: none">b</div><span hidden>c</span>': "<p>a</p>",
    "<p>a</p><a-script style='display:none'>b()</a-script><my-word>c</my-word>": "<p>a</p> <p>c</p>",
    "<style>.x, #y { display: none }</style><p class=x>a</p><p id=y>b</p><p>c</p>": "<p>c</p>",
    "<style>div p.x, p:not(#z) { display: none } #z b.y { visibility: hidden !important }</style><div><p class=x>a</p>"
    "<p id=z>b<b class=y style='visibility: visible'>c</b></p></div>": "<p>b</p>",
    "<style>.x { display: none } @media print { p { display: none } } @import url(http://a.example/a.css);</style>"
    "<p style='display: block' class=x>a</p>": "<p>a</p>",
    "<div><div class='sk-text-repr-fallback'><pre>Line()</pre><b>Rerun</b></div><div hidden><pre>"
    "Line()</pre></div></div>b": '<pre tabindex="0"><code>Line()</code></pre> <p>b</p>',
    "<div><pre class='xr-text-repr-fallback'>Array <b>2</b></pre><div style='display: none'>Tree</div>"
    "</div>": '<pre tabindex="0"><code>Array 2</code></pre>',
    "<!DOCTYPE html><html><head><title>t</title><link rel=stylesheet href=http://a.example/a.css></head><body "
    "onload=a()><form><button>b</button><input value=c><select><option>d</select><textarea>"
    "e</textarea>f</form></body>": "<p>f</p>",
    "<p>a</p><table><tr><td>1</table>b<table><caption>C</caption><tr><td>2</table>": "<p>a</p> <table> <tbody> <tr> "
    "<td>1</td> </tr> </tbody> </table> <p>b</p> <p>C</p> <table> <tbody> <tr> <td>2</td> </tr> </tbody> </table>",
    "<ol class=list-inline><li>'a'</li><li>'b'</li></ol>": "<p>'a' · 'b'</p>",
    "<dl class=dl-inline><dt>a</dt><dd>1</dd>\n\t<dt>b</dt><dd>2</dd>\n</dl>": "<p>a: 1 · b: 2</p>",
    "<table><tr><th>a</th></tr><tr><td>1</td></tr></table>": "<table> <thead> <tr> <th>a</th> </tr> </thead> "
    "<tbody> <tr> <td>1</td> </tr> </tbody> </table>",
    "<table><tr><th>a</th></tr><tr><td>1</td></tr><tr><th>b</th></tr></table>": "<table> <thead> <tr> <th>a</th> </tr> "
    "</thead> <tbody> <tr> <td>1</td> </tr> <tr> <td><strong>b</strong></td> </tr> </tbody> </table>",
    "<table><tr><th>a</th></tr><tr><th>b</th></tr></table>": "<table> <tbody> <tr> <th>a</th> </tr> <tr> <th>b</th> "
    "</tr> </tbody> </table>",
    "<details><summary><i>a</i> <b>b</b></summary>c</details>": "<p><strong><em>a</em> b</strong></p> <p>c</p>",
    "<details><summary></summary>c</details>": "<p>c</p>",
    "<table><caption>Rain</caption><tr><td>1</td></tr></table>": "<p>Rain</p> <table> <tbody> <tr> <td>1</td> </tr> "
    "</tbody> </table>",
    "<div>a</div><div>b</div>": "<p>a</p> <p>b</p>",
    "<my-widget>a</my-widget>": "<p>a</p>",
    '<div class="alert alert-info"><b>Note</b>: a</div>': "<blockquote> <strong>Note</strong>: a </blockquote>",
    '<div class="alert-danger"><p>a</p></div>b': "<blockquote> <p>a</p> </blockquote> <p>b</p>",
    '<div class="alert"><h3>a</h3></div>': "<h4>a</h4>",
    '<div class="alert alert-info"><b>a</b></div>': "<p><strong>a</strong></p>",
    '<div class="alert" style="font-size: 90%">a <b>b</b></div>': "<blockquote> a <strong>b</strong> </blockquote>",
    '<div class="alert"><b>Run it once.</b></div>': "<blockquote> <strong>Run it once.</strong> </blockquote>",
    '<div class="alert">a<div class="alert">b</div></div>': "<blockquote> a <p>b</p> </blockquote>",
    "<table><tr><td><b>a</b></td><td><h1>b</h1></td></tr></table>": "<p><strong>a</strong></p> <h2>b</h2>",
    "<p>a<br>b<br><br></p><p><br> <br></p><p>c</p>": "<p>a<br /> b</p> <p>c</p>",
    "<h3><p>a</p></h3>&#12;&nbsp;&lt;<br>": "<h4>a</h4> <p> &lt;</p>",
    "<style>p { color: red }</style><p><a title='a<b' href='https://a.example/'>c</a></p>": "<p><a "
    'href="https://a.example/" title="a&lt;b">c</a></p>',
    '<a title="a<b&quot;>" href="https://a.example/?a&b">c</a>': '<p><a href="https://a.example/?a&amp;b" '
    'title="a&lt;b&quot;&gt;">c</a></p>',
}


@pytest.mark.parametrize("text", SHOWN)
def test_a_text_is_shown_as_it_is_meant(shown, text):
    assert SHOWN[text] in shown(text)


@pytest.mark.parametrize("text", HTML)
def test_html_is_shown_as_it_is_meant(shown, text):
    assert re.sub("</?div[^>]*> ?", "", shown(text, "html")).strip() == HTML[text]


@pytest.mark.parametrize("text", ["#", "### ###", "## ![](a.png)", "<h2> <br></h2>"])
def test_a_heading_without_words_is_none(reading, text):
    assert list(elements(reading(f"{text}\n\nWords").blocks, "Header")) == []


def test_a_figure_is_its_picture_and_its_caption(reading):
    image = '<img src="data:image/png;base64,AAAA" alt="Oval" width="60">'
    found = reading(f"<figure>\n{image}\n<figcaption>From above</figcaption>\n</figure>")
    assert [plain(block) for block in found.blocks] == ["Oval", "From above"]
    (picture,) = elements(found.blocks, "Image")
    assert picture["c"][2][0] == "data:image/png;base64,AAAA"


def test_a_drawing_in_the_text_is_a_picture(reading):
    found = reading('<svg width="9" viewBox="0 0 9 9"><title>A ring</title><circle r="3"/></svg>', "html")
    (picture,) = elements(found.blocks, "Image")
    assert picture["c"][2][0].startswith("data:image/svg+xml;base64,")
    assert plain(picture) == "A ring"


@pytest.mark.parametrize(
    ("drawing", "held"),
    [
        (
            "<svg><svg x=1><rect width='2' height=3/></svg><path d='M0 0'/></svg>",
            [b'<svg x="1"><rect width="2" height="3"/>', b"<path"],
        ),
        ("<SVG width=9><text>a&nbsp;b &lt;</text></SVG>", [b"a&#160;b &lt;"]),
        ("<svg><use xlink:href='#a'/><path id='a'/></svg>", [b'xlink:href="#a"']),
        ("<svg><script>a()</script><image href='data:image/png;base64,AAAA'/></svg>", [b"data:image/png;base64,AAAA"]),
        ("<svg>\n\n<text>$a$ and *b*</text>\n\n</svg>", [b"$a$ and *b*"]),
        (
            "<svg><foreignObject x='10' width='100' height=40><div>Some<br>words</div></foreignObject><path/></svg>",
            [b'<tspan x="60" y="24.8">Some words</tspan>'],
        ),
        (
            "<svg><switch><foreignObject>a</foreignObject><text>b</text></switch></svg>",
            [b"<switch><text>b</text></switch>"],
        ),
    ],
)
@pytest.mark.parametrize("form", ["html", "markdown"])
def test_a_drawing_is_whole(reading, drawing, held, form):
    found = reading(f"before {drawing} after", form)
    (picture,) = elements(found.blocks, "Image")
    content = base64.b64decode(picture["c"][2][0].partition(",")[2])
    assert all(part in content for part in held)
    assert b"foreignObject" not in content
    assert image_checks.fault(content, image_checks.SVG) is None
    assert plain(found.blocks).replace(" ", "") == "beforeafter"
    assert found.problems == []


def test_a_drawing_in_code_or_in_a_script_is_none(reading):
    text = "`<svg>` is\n\n```\n<svg><path/></svg>\n```\n\n<script>a = '<svg>'</script><!-- <svg> -->\n\nwords"
    found = reading(text)
    assert list(elements(found.blocks, "Image")) == []
    assert plain(found.blocks) == "<svg> iswords"


def test_words_after_a_picture_that_is_in_no_paragraph_begin_another(reading):
    kinds = [block["t"] for block in reading('<img src="a.png">\n## One\nwords\n\n<p><img src="a.png"> two</p>').blocks]
    assert kinds == ["Para", "Para", "Para"]


def test_indented_code_holds_no_drawing(reading):
    drawing = '<svg width="9">\n    <path d="M0 0"/>\n</svg>'
    indented = "    " + drawing.replace("\n", "\n    ")
    assert not list(elements(reading(f"For SVG:\n\n{indented}").blocks, "Image")), "nor at the end"
    assert len(list(elements(reading("<svg>\n\n    <path/></svg>").blocks, "Image"))) == 1
    blocks = reading(f"For SVG:\n\n{indented}\n\n- a\n\n      <svg/>\n\n<div>\n{indented}\n</div>").blocks
    assert [block["c"][1] for block in elements(blocks, "CodeBlock")] == [drawing, "<svg/>"]
    assert len(list(elements(blocks, "Image"))) == 1


STYLED = """<style>#T_row0_col0 { background-color: #000080; color: #00008b } .h { font-weight: 700; background: blue }
td { margin: 0 } td:hover { color: red }</style><table><tr><th class=h>a</th></tr><tr><td id=T_row0_col0>1</td>
<td style="background: linear-gradient(90deg, transparent 50%, rgb(214, 95, 95) 50.0%, #d65f5f 75%)">2</td>
<td style="color: tomato; background: url(http://a.example)">3</td>
<td style="background-color: rgba(0, 0, 0, 0)">4</td></tr>"""


def test_cells_keep_their_colours(reading):
    (table,) = reading(STYLED, "html").blocks
    _, _, _, head, bodies, _ = table["c"]
    cells = [cell[0][2] for row in head[1] + bodies[0][3] for cell in row[1]]
    found = [{name.removeprefix("data-"): value for name, value in pairs} for pairs in cells]
    assert found[0] == {"background": "#0000ff", "weight": "bold"}
    assert found[-4:] == [
        {"background": "#000080", "color": "#00008b"},
        {"background": "#00000000 0%, #00000000 50%, #d65f5f66 50%, #d65f5f66 75%, #d65f5f66 100%"},
        {"color": "#ff6347"},
        {},
    ]


def test_both_writers_show_colours_that_can_be_read(reading):
    blocks = tables.prepare(reading(STYLED, "html").blocks)
    texts = []
    for change, target in ((cell_colours.as_html, "html"), (cell_colours.as_typst, "typst")):
        dressed = pandoc_ast.rewrite(blocks, change)
        texts.append(pandoc.write([{**API, "blocks": dressed}], ["here"], target)[0][0])
    page, paper = texts
    assert "background: #000080; color: #" in page
    assert "background: #000080; color: #00008b" not in page
    assert (
        "background: linear-gradient(90deg, #00000000 0%, #00000000 50%, #d65f5f66 50%, #d65f5f66 75%, #d65f5f66 100%)"
        in page
    )
    assert "color: light-dark(" in page
    assert 'table.cell(fill: rgb("#000080"))[#set text(fill: rgb("#' in paper
    assert '(rgb("#00000000"), 50%), (rgb("#d65f5f66"), 50%), (rgb("#d65f5f66"), 75%)' in paper
    assert "example" not in page + paper


MYST = {
    ":::{tip} Wait for *May*\nFrost\n:::\nafter": "<blockquote> <p><strong>Wait for <em>May</em></strong></p> <p>"
    "Frost</p> </blockquote> <p>after</p>",
    "```{note}\n:class: dropdown\nof $x$\n```": "<blockquote> <p><strong>Note</strong></p> <p>of x</p> </blockquote>",
    "::::{exercise}\n:::{hint}\na\n:::\nb\n::::": "<blockquote> <p><strong>Exercise</strong></p> <blockquote> "
    "<p><strong>Hint</strong></p> <p>a</p> </blockquote> <p>b</p> </blockquote>",
    "- a\n  ```{tip}\n  b\n  ```": "<ul> <li><p>a</p> <blockquote> <p><strong>Tip</strong>"
    "</p> <p>b</p> </blockquote></li> </ul>",
    "::: {.callout-note}\na": "<blockquote> <p><strong>Note</strong></p> <p>a</p> </blockquote>",
    "{doc}`sowing` {ref}`the beds <beds>` {sub}`2` {kbd}`Q` {code}`a`": '<p>sowing <a href="#beds">the beds</a> '
    "<sub>2</sub> Q <code>a</code></p>",
    "{func}`~a.sow` {class}`a.Bed` {py:meth}`sows <a.sow>` in {cite:p}`Ada1843` by {cite:t}`Bob`": "<p>"
    "<code>sow</code> <code>a.Bed</code> <code>sows</code> in (Ada1843) by Bob</p>",
    "(beds)=\n## Beds": '<span id="beds"></span> <h3>Beds</h3>',
    "```mermaid\na --> b\n```": '<blockquote> <p><strong>Diagram (Mermaid)</strong></p> <pre tabindex="0"><code>'
    "a --&gt; b</code></pre> </blockquote>",
    "```{image} a.png\n:alt: A bed\n```": '<p><img src="a.png" alt="A bed" /></p>',
    "```{list-table}\n:width: 3\n* - a\n```": '<pre tabindex="0"><code>:width: 3 * - a</code></pre>',
}


@pytest.mark.parametrize("text", MYST)
def test_what_myst_adds_is_shown_with_a_problem(reading, text):
    found = reading(text)
    blocks = pandoc_ast.rewrite(found.blocks, lambda e: [{"t": "Str", "c": e["c"][1]}] if e["t"] == "Math" else None)
    (page,), _ = pandoc.write([{**API, "blocks": blocks}], ["here"], "html")
    assert " ".join(page.split()) == MYST[text]
    assert [(problem.code, problem.outcome) for problem in found.problems] == [("myst", Outcome.REPAIRED)]


def test_equations_of_myst_are_numbered_and_referred_to(reading):
    found = reading("```{math}\n:label: depth\nd = 5\n```\n\nSee {eq}`depth`, {math}`d`.")
    assert [math["c"][1].split() for math in elements(found.blocks, "Math")] == [
        ["d", "=", "5", r"\label{depth}"],
        [r"\eqref{depth}"],
        ["d"],
    ]


@pytest.mark.parametrize("text", ["```python\n:::{a}\n{eq}`b`\n```", "    ```\n    a", "``` a ``` b", "```{r}\n1\n```"])
def test_code_is_no_directive(reading, text):
    assert not {problem.code for problem in reading(text).problems} - {"myst"}
    assert list(elements(reading(text).blocks, "BlockQuote")) == []


def test_a_store_of_icons_is_none(reading):
    assert reading('<svg style="width: 0; height: 0"><defs/></svg><svg><use href="#a"/></svg>', "html").blocks == []


@pytest.mark.parametrize(
    ("text", "form", "expected"),
    [
        ("$ x $ and $$y$$", "markdown", [" x ", "y"]),
        ("<p>so $x<y$</p>\n\n<pre>$a$</pre>", "markdown", ["x<y"]),
        (r"<p>so \(x\), `$`</p><code>$a$</code><p class='tex2jax_ignore'>$b$</p>", "html", ["x"]),
        ("[of $x$](https://a.example 'and $y$')", "markdown", ["x"]),
        ("|a|\n|-|\n|$\\|x|$|", "markdown", ["\\|x|"]),
        ("note[^1]\n\n[^1]: with $z$", "markdown", ["z"]),
    ],
)
def test_formulas_keep_their_tex(reading, text, form, expected):
    assert [math["c"][1] for math in elements(reading(text, form).blocks, "Math")] == expected


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("```\n       N\tNo\nYes\tY\n```", "markdown"),
        ("- one\n\n  ```\n         N\tNo\n  Yes\tY\n  ```", "markdown"),
        ("<pre>       N\tNo\nYes\tY</pre>", "html"),
        ("<pre><code><b>       N</b>\tNo\nYes\tY</code></pre>", "html"),
    ],
)
def test_tabs_of_a_listing_stop_where_a_browser_has_them(reading, text, form):
    (listing,) = elements(reading(text, form).blocks, "CodeBlock")
    first, second = listing["c"][1].rstrip().split("\n")
    assert first == "       N        No"
    assert second == "Yes     Y"


def test_a_tab_in_a_line_is_a_blank(reading):
    (code,) = elements(reading("`a\tb`").blocks, "Code")
    assert code["c"][1] == "a b"


@pytest.mark.parametrize(
    "text", ["```python\n1\n```", "<pre><code class='language-python x'>1</code></pre>", "~~~ python title=a\n1\n~~~"]
)
def test_a_listing_names_its_language_and_no_other_class(reading, text):
    (listing,) = reading(text).blocks
    assert listing["c"][0] == ["", ["python"], []]
    assert listing["c"][1].strip() == "1"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("<audio><source src='data:audio/wav;base64,{}'></audio>", "embedded-content"),
        ('<video><source type="video/mp4" src="data:video/mp4;base64,{}"></video>', "embedded-content"),
        ('<iframe src="data:text/html;charset=utf-8;base64,{}"></iframe>', "embedded-content"),
        ('<a href="data:text/csv;base64,{}">Download</a>', "link-local"),
    ],
)
@pytest.mark.parametrize("form", ["markdown", "html"])
def test_a_file_in_a_text_does_not_count_as_text(reading, text, code, form):
    lines = "\n".join(["A" * 76] * 2000)
    assert [problem.code for problem in reading(text.format(lines), form).problems] == [code]


def test_a_cell_below_one_that_reaches_down_keeps_its_side(shown):
    rows = "<tr><th align='left'>a</th><th align='right'>b</th></tr><tr><td align='left' rowspan=2>x</td>"
    rows += "<td align='right'>1</td></tr><tr><td align='left'>2</td></tr>"
    assert '<td style="text-align: left;">2</td>' in shown(f"<table>{rows}</table>")


def test_a_heading_of_a_footnote_alone_is_none(shown):
    assert shown("## [^1]\n\n[^1]: a") == "<p>a</p>"


def test_a_footnote_stands_where_it_is_referred_to(reading):
    found = reading("a[^n] b[^n]\n\n[^n]: the note[^n]\n\n    goes on")
    notes = list(elements(found.blocks, "Note"))
    assert [[plain(block) for block in note["c"]] for note in notes] == [["the note", "goes on"]] * 2
    assert notes[0]["c"][0] is not notes[1]["c"][0], "each is numbered by itself"
    assert found.problems == []


def test_an_empty_footnote_does_no_harm(shown):
    assert "a" in shown("a[^1]\n\n[^1]:")


PROBLEMS = {
    "[a](b.txt)": ("link-local", "a"),
    "a [](https://a.example)": ("link-without-words", "a "),
    "<iframe src='https://a.example'></iframe>": ("embedded-content", "https://a.example (page not shown)"),
    "<video><source src='a.mp4'>no</video>": ("embedded-content", "(film not shown)"),
    "a <svg width=3><path d='M'\n\nb": ("no-picture", "a (drawing not shown)b"),
    "a <svg><path d='M'/>": ("no-picture", "a (drawing not shown)"),
    "# a[^1]\n\n[^1]: b\n[^2]: c": ("footnote-unused", None),
    "|a|\n|-|\n|1|third|": ("table-cell-dropped", "a1"),
    "##Beta $x$\nis": ("heading-mark", "##Beta x is"),
    "#Beta": ("heading-mark", "#Beta"),
    "#Über uns": ("heading-mark", "#Über uns"),
    "<img src=a.png alt=a>\n## Beta": ("heading-in-html", "a## Beta"),
    "a\n\n[^1]: note": ("footnote-unused", "a[^1]: note"),
    "a `[^1]`\n\n[^1]: words": ("footnote-unused", "a [^1][^1]: words"),
    "$$\na\n\nb\n$$": ("formula-unmatched", "$$ ab $$"),
    "> " * 3000 + "a": ("nesting-too-deep", None),
    "[" * 3000 + "a" + "]" * 3000: ("nesting-too-deep", None),
    "- " * 3000 + "a": ("nesting-too-deep", None),
    "<div>" * 3000 + "a": ("nesting-too-deep", "a"),
    "<table><tr><td>" * 8 + "a": ("tables-too-deep", "a"),
    "<table>" + "<tr><td>" * 10_001 + "</table>": ("table-too-large", "(table of 10,001 cells not shown)"),
    "<table><tr><td colspan=&#49;000 rowspan='1000'>": ("table-too-large", "(table of 1,000,000 cells not shown)"),
    "a" * 1_000_000: ("text-too-long", "a" * limits.MOST_SIGNS + " … (900,000 more characters)"),
}


@pytest.mark.parametrize("text", PROBLEMS, ids=lambda text: text[:20].encode("unicode_escape").decode())
def test_what_cannot_be_shown_is_a_problem_and_something_stands_in_its_place(reading, text):
    code, words = PROBLEMS[text]
    found = reading(text)
    assert {problem.code for problem in found.problems} == {code}
    assert all(problem.place == "here" for problem in found.problems)
    assert words in (None, plain(found.blocks))
    assert found.blocks


@pytest.mark.parametrize(
    "text",
    [
        "#1 of two",
        "#tag",
        "#Rain #Snow",
        "### #Rain Snow",
        "#A",
        "#C# is",
        "##---",
        "###.",
        "## Beta",
        "a\n##b",
        r"\#Beta",
        "    ##b",
        "- ##b",
        "`##b`",
        "<pre>\n# b\n</pre>",
        "<details>\n<code>\n# install\n</code></details>",
        "<!-- a\n# b\n-->",
        "<div>\n\n## Beta\n\n</div>",
        "##",
    ],
)
def test_not_every_sign_stands_for_a_heading(reading, text):
    assert reading(text).problems == []


ROW = "<tr><td>1</td></tr>"


@pytest.mark.parametrize(
    ("table", "too_large"),
    [
        (f"<table>{'<tr>' * 20_000}", True),
        (f"<table>{ROW * 1000}<tr>{'<td>' * 1000}</tr></table>", True),
        (f"<table><tr><td rowspan=400>{'<tr><td>1' * 400}</table>", False),
        (f"<table><tr><td><table>{ROW * 4000}</table></table>", False),
    ],
)
def test_a_table_is_as_large_as_its_grid(reading, table, too_large):
    assert [problem.code for problem in reading(table, "html").problems] == ["table-too-large"] * too_large


def test_every_problem_has_a_code_that_is_described(reading):
    assert {problem.code for text in PROBLEMS for problem in reading(text).problems} <= set(CODES)
    assert all(re.fullmatch("[a-z]+(-[a-z]+)*", code) for code in CODES)


@pytest.mark.parametrize(
    "characters",
    [
        "[",
        "![",
        "*a ",
        "**x",
        "``a`",
        "<",
        "<a ",
        "<!-- ",
        "_a ",
        "[a](",
        "[@a ",
        "https://a.b/(",
        "[^a]",
        "| a |\n|-|\n",
        "<b>",
        "`",
        "```{note}\n",
        "{a}`b` ",
        "<svg ",
        "<svg>&a",
        "<svg><x:a>",
    ],
)
def test_a_long_text_of_odd_characters_is_read(reading, characters):
    assert reading(characters * (20_000 // len(characters))).blocks is not None


def test_each_text_of_many_has_its_own_reading():
    texts = [Source("markdown", f"$x_{i}$ of [^n]\n\n[^n]: note {i}", f"cell {i}") for i in range(300)]
    found = read(texts)
    assert [plain(one.blocks[0]["c"][0]) for one in found] == [f"x_{i}" for i in range(300)]
    assert [plain(next(elements(one.blocks, "Note"))["c"]) for one in found] == [f"note {i}" for i in range(300)]


def test_no_texts_have_no_readings():
    assert read([]) == []
