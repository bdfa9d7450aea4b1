import html
import io
import re
from pathlib import Path

import matplotlib
from fontTools.ttLib import TTFont
from matplotlib import font_manager

from notebook_report import fonts
from notebook_report.writing import webfonts

AS_WRITTEN = ["an error of 1.5e-04", "kill -9 and -5 °C", '"it\'s" -- so...']


def test_what_the_author_writes_is_not_rewritten(to_html, to_pdf):
    page = html.unescape(re.sub(r"<[^>]*>", "", to_html("# Title", *AS_WRITTEN)))
    paper = to_pdf("# Title", *AS_WRITTEN).pages[0].extract_text()
    assert [words for words in AS_WRITTEN if words not in page or words not in paper] == []


def test_an_address_keeps_its_signs(to_html, to_pdf):
    address = "https://a.example/1e-05/-3"
    text = f"<{address}>, {address} and [{address}]({address})"
    assert to_html(text).count(f">{address}<") == 3
    assert to_pdf(text).pages[0].extract_text().count(address) == 3


def test_figures_are_drawn_in_the_typeface_of_the_words():
    with matplotlib.rc_context(fonts.for_figures()):
        found = Path(font_manager.findfont(font_manager.FontProperties()))
        assert found == fonts.FOLDER / "LibertinusSerif-Regular.otf"


def test_the_head_of_an_arrow_joins_what_stands_before_it():
    font = TTFont(io.BytesIO(webfonts.woff("STIXTwoMath-Regular.ttf", "→")))
    (arrow,) = font["MATH"].table.MathVariants.HorizGlyphConstruction
    shaft, head = arrow.GlyphAssembly.PartRecords
    assert shaft.EndConnectorLength > 0
    assert head.StartConnectorLength > 0


def test_a_face_that_has_no_letter_of_a_text_is_not_embedded(to_html_with_typefaces):
    page = to_html_with_typefaces("# Title\n\n*主成分分析*")
    assert page.count("@font-face") == 1
    assert "font-style: italic; src" not in page


def test_a_number_and_its_deviation_stay_on_one_line(to_html, write):
    table = "<table><thead><tr><th>a</th></tr></thead><tbody><tr><td>46.05 ± 0.31</td></tr></tbody></table>"
    assert ">46.05\u00a0±\u00a00.31<" in to_html("# Title", write.code("frame", write.shows("text/html", table)))
