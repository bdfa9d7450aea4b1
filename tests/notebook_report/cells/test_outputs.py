"""What is shown of a traceback, and of HTML that is only printed text."""

import base64
import io
import random
import re
import struct

import pytest
from nbformat.v4 import new_output
from PIL import Image

from notebook_report.cells import outputs
from notebook_report.document import prepare
from notebook_report.errors import Place
from notebook_report.writing import html, pdf

RICH = (
    "<pre style='white-space:pre;line-height:normal'><span style='color: #008000'>int</span> <b>&lt;1&gt;</b>\n</pre>"
)


def error(trace):
    return new_output("error", ename="ValueError", evalue="no", traceback=trace)


def test_of_a_long_traceback_the_beginning_and_the_end_are_shown(chosen):
    trace = [f"frame {i}" for i in range(100)] + ["ValueError: no"]
    ((form, shown),), codes = chosen(error(trace), lines=10, errors_meant=True)
    assert shown.split("\n") == [*trace[:5], "… (91 more lines)", *trace[-5:]]
    assert (form, codes) == ("error", ["output-cut"])


def test_so_is_the_end_of_one_with_very_many_characters(chosen):
    trace = [*("frame " * 100 for _ in range(1000)), "ValueError: no"]
    ((_, shown),), codes = chosen(error(trace), errors_meant=True)
    assert len(shown) < 101_000
    assert shown.startswith("frame")
    assert shown.endswith("ValueError: no")
    assert codes == ["text-too-long"]


def test_a_styled_listing_that_is_all_of_an_output_is_printed_text(write, chosen):
    output = write.shows("text/html", f"{RICH}\n", **{"text/plain": "\x1b[32mint\x1b[0m"})
    assert chosen(output) == ([("text/plain", "int <1>")], [])


@pytest.mark.parametrize("page", ["<pre><code class='language-python'>int</code></pre>", f"{RICH}<p>a</p>"])
def test_code_is_none_and_neither_is_what_holds_more(write, chosen, page):
    assert chosen(write.shows("text/html", page))[0] == [("text/html", page)]


def test_a_listing_among_html_is_printed_text_unless_it_names_a_language(write, tmp_path):
    page = f"<p>a</p>{RICH}<pre><code class='language-python'>def</code></pre>"
    cell = write.code("x", write.shows("text/html", page))
    document = prepare.notebook(write.notebook("# A", cell, "```output\n3\n```"), "sample", tmp_path)
    listings = re.findall(r'<pre class="(\w+)"[^>]*>(?:<[^>]*>)*([^<]*)', html.write(document))
    assert listings == [("code", "x"), ("output", "int &lt;1&gt;"), ("code", "def"), ("output", "3")]
    paper = pdf.source(document)[0]
    assert "#printed[\n```\nint <1>\n```\n\n]" in paper
    assert "#printed[\n```\n3\n```\n\n]" in paper
    assert "```python\ndef\n```" in paper


def test_a_script_is_no_text_that_could_be_too_long(write, chosen):
    shown = write.shows("text/html", f"<p>Rain</p><script>{'x' * 200_000}</script>")
    assert chosen(shown) == ([("text/html", "<p>Rain</p>")], [])


def test_of_a_data_frame_without_rows_and_columns_the_words_are_shown(write, chosen):
    table = "<table border='1' class='dataframe'><thead><tr><th></th></tr></thead>\n<tbody></tbody></table>"
    page = f"<div>\n<style scoped>\n.dataframe {{ margin: 0; }}\n</style>\n{table}\n</div>"
    words = "Empty DataFrame\nColumns: []\nIndex: []"
    shown = write.shows("text/html", page, **{"text/plain": words})
    assert chosen(shown) == ([("text/plain", words)], [])


def test_a_table_of_colours_is_shown(write, chosen):
    page = "<table><tr><td style='background-color: #f00'></td></tr></table>"
    assert chosen(write.shows("text/html", page, **{"text/plain": "Palette('red')"})) == ([("text/html", page)], [])


def test_a_large_picture_in_html_is_shown(write, tmp_path):
    # As matplotlib's notebook backend leaves its figures.
    noise = io.BytesIO()
    Image.frombytes("L", (400, 400), random.Random(1).randbytes(400 * 400)).save(noise, "png")
    picture = base64.b64encode(noise.getvalue()).decode()
    page = f'<img src="data:image/png;base64,{picture}" width="640">'
    cell = write.code("plot()", write.shows("text/html", page))
    document = prepare.notebook(write.notebook("# A", cell), "sample", tmp_path)
    assert [asset.content for asset in document.assets.values()] == [picture]
    assert document.problems == []


@pytest.mark.parametrize(
    "words",
    ["HTML{String}(x)", "Node{WebIO.DOM}(x, Any[])", "Widget{:manipulate,Any}(O{S}())", "(div\n  Widgets.Widget{S}())"],
)
def test_the_name_of_an_object_of_julia_is_not_shown_for_its_html(write, chosen, words):
    loader = write.shows("text/html", "<script>load()</script>", **{"text/plain": words})
    assert chosen(loader) == ([], [])
    page = "<div class='a'><unsafe-script style='display:none'>WebIO.mount({&quot;a&quot;: 1})</unsafe-script></div>"
    widget = write.shows("text/html", page, **{"text/plain": words})
    assert chosen(widget)[1] == ["interactive-figure"]


R_LISTS = [
    "\\begin{enumerate*}\n\\item 1000\n\\item 1\n\\end{enumerate*}\n",
    "\\begin{description*}\n\\item[loss] 0.8\n\\end{description*}\n",
    "\\begin{itemize}\n\\item a\n\\end{itemize}\n",
    "A data.frame: 1 × 1\n\\begin{tabular}{r|l}\n a\\\\\n\\end{tabular}\n",
]


@pytest.mark.parametrize("tex", R_LISTS)
def test_lists_and_tables_of_r_are_html_and_no_formulas(write, chosen, tex):
    forms = {"text/html": "<b>1000</b>", "text/markdown": "1. 1000", "text/plain": "[1] 1000"}
    assert chosen(write.shows("text/latex", tex, **forms)) == ([("text/html", "<b>1000</b>")], [])


@pytest.mark.parametrize("name", ["align*", "bmatrix", "equation", "gather"])
def test_environments_of_mathematics_are_formulas(write, chosen, name):
    tex = f"\\begin{{{name}}}x\\end{{{name}}}"
    assert chosen(write.shows("text/latex", tex, **{"text/html": "<b>x</b>"})) == ([("text/markdown", tex)], [])


def test_what_an_error_says_is_one_line(write):
    found = []
    failed = new_output("error", ename="E", evalue="no\nfile\n", traceback=[])
    outputs.choose([failed], outputs.Rules(), Place("a", 1), found)
    assert found[0].message.startswith("the cell failed with E: no file; mend it")


def test_an_error_that_says_nothing_has_its_name(write):
    found = []
    failed = new_output("error", ename="KeyboardInterrupt", evalue="", traceback=[])
    outputs.choose([failed], outputs.Rules(), Place("a", 1), found)
    assert found[0].message.startswith("the cell failed with KeyboardInterrupt; mend it")


def test_a_picture_is_what_its_content_says_whatever_it_is_called(write, chosen):
    gif = base64.b64encode(b"GIF89a" + struct.pack("<HH", 5, 5) + b";").decode()
    assert chosen(write.shows("image/png", gif)) == ([("image/gif", gif)], [])


def test_a_size_in_the_metadata_may_stand_beside_the_form(write):
    picture = write.shows("image/png", write.PNG)
    picture.metadata = {"width": 64, "height": 64}
    [shown] = outputs.choose([picture], outputs.Rules(), Place("a", 1), [])
    assert shown.width == 64


def test_below_the_picture_of_a_film_is_its_address(write, chosen):
    page = '<iframe width="400" src="https://a.example/embed/1?a=2&amp;b=3" allowfullscreen></iframe>'
    film = write.shows("image/png", write.PNG, **{"text/html": page})
    assert chosen(film) == ([("image/png", write.PNG), ("text/markdown", "<https://a.example/embed/1?a=2&b=3>")], [])
    bare = write.shows("image/png", write.PNG, **{"text/html": "<iframe src='data:text/html,a'></iframe>"})
    assert chosen(bare) == ([("image/png", write.PNG)], [])
