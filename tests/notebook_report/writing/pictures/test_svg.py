import html

import pytest

from notebook_report.writing.pictures import svg


@pytest.mark.parametrize(
    ("styled", "faces"),
    [
        ('<text font-family="Courier" x="5">', '<text font-family="DejaVu Sans Mono" x="5">'),
        (
            """<text font-family="'Courier New', Menlo" class="monospace">""",
            """<text font-family="'DejaVu Sans Mono', DejaVu Sans Mono" class="monospace">""",
        ),
        (
            """<text style='fill: red; font-family: "Fira Code", ui-monospace' id='Menlo'>""",
            """<text style="fill: red; font-family: &quot;Fira Code&quot;, DejaVu Sans Mono" id='Menlo'>""",
        ),
        (
            '<text style="font:bold 12px &quot;Courier New&quot;">',
            '<text style="font:bold 12px &quot;DejaVu Sans Mono&quot;">',
        ),
        (
            "<style><![CDATA[.menlo > a { font-family: Consolas,\n monospace }]]></style>",
            "<style><![CDATA[.menlo > a { font-family: DejaVu Sans Mono,\n DejaVu Sans Mono }]]></style>",
        ),
        (
            '<text style="font-family:&#39;Courier New&#39;,monospace">',
            '<text style="font-family:&quot;DejaVu Sans Mono&quot;,DejaVu Sans Mono">',
        ),
        ('<text font-family="Noto Sans Mono CJK SC, Courier Prime">', None),
        ('<text font-family="Arial, sans-serif">font-family: Courier</text>', None),
    ],
)
def test_a_drawing_has_letters_of_one_width_where_it_asks_for_them(styled, faces):
    assert svg.for_typst(styled) == (faces or styled)


@pytest.mark.parametrize(
    ("style", "shown"),
    [
        ("fill: none; stroke: #00f; stroke-dasharray: 3.7,1.6;", None),
        ("font-family:{}; text-anchor:end", "text-anchor:end"),
        ("fill:; filter:progid:DX(a=1); stroke:red", "stroke:red"),
        ("fill: red /* c;d */; stroke:blue; /* a:b; c:d */ opacity: 1", "fill: red ; stroke:blue; opacity: 1"),
        ("fill:url(#a:b); stroke: red !important", "fill:url(#a:b); stroke: red !important"),
        ("font:12px / 1.5 'A;B'; x:y(z(1)); fill:calc(1 + (2*3))", 'font:12px  "A;B"'),
        ("--x:1; Ä:x; a:@y; fill:red", "fill:red"),
        ("fill: light-dark(#ffffff, var(--dark, #121212)); stroke: var(--line)", "fill: #ffffff"),
        ("fill: light-dark(rgb(1, 2, 3), rgb(4, 5, 6))", "fill: rgb(1, 2, 3)"),
    ],
)
def test_a_style_holds_what_can_be_read(style, shown):
    drawing = f'<text x="1" style="{style}">'
    wanted = drawing if shown is None else f'<text x="1" style="{html.escape(shown)}">'
    assert svg.for_typst(drawing) == wanted


@pytest.mark.parametrize(
    "drawing",
    [
        '<text>&lt;p style="{}"&gt; style="{}"</text>',
        """<path aria-label="use style='{}' here" d="M"/>""",
        "<text title='a > b' id=\"style\">style='{}'</text>",
    ],
)
def test_only_styles_are_changed(drawing):
    assert svg.for_typst(drawing) == drawing


@pytest.mark.parametrize(
    "style", ["(" * 30_000, "a:b;" * 10_000 + "{", "/*" * 20_000, "a:" + "x(" * 20_000, "'" * 30_001]
)
def test_a_hostile_style_is_read_to_its_end(style):
    assert svg.for_typst(f'<text style="{html.escape(style)}">').startswith("<text style=")


@pytest.mark.parametrize("shift", ['style="x: 1;baseline-shift:-80%; y: 2"', 'baseline-shift="-80%"'])
def test_a_text_that_is_shifted_is_a_span(shift):
    text = f"<g><text>a</text><text {shift}>b<tspan>c</tspan></text><text>d</text></g>"
    inside = '<tspan baseline-shift="-80%">b<tspan>c</tspan></tspan>'
    assert svg.for_typst(text) == text.replace("b<tspan>c</tspan>", inside)


def test_many_texts_in_a_comment_take_no_long_time():
    many = f"<!--baseline-shift{'<text>' * 100_000}-->"
    assert svg.for_typst(many) == many
