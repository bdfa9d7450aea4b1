import pytest

from notebook_report.writing import drawings


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
            """<text style='fill: red; font-family: "Fira Code", DejaVu Sans Mono' id='Menlo'>""",
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
            '<text style="font-family:&#39;DejaVu Sans Mono&#39;,DejaVu Sans Mono">',
        ),
        ('<text font-family="Noto Sans Mono CJK SC, Courier Prime">', None),
        ('<text font-family="Arial, sans-serif">font-family: Courier</text>', None),
    ],
)
def test_a_drawing_has_letters_of_one_width_where_it_asks_for_them(styled, faces):
    assert drawings.for_typst(styled) == (faces or styled)
