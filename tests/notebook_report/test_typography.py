import io
import re
from pathlib import Path

import matplotlib
from fontTools.ttLib import TTFont
from matplotlib import font_manager

from notebook_report import fonts

NUMBERS = {
    "an error of 1.5e-04 at most": "an error of 1.5·10⁻⁴ at most",
    "7e+00 of 1.0e+00": "7 of 1.0",
    "at 1e-05, not 3e+07.": "at 10⁻⁵, not 3·10⁷.",
    "from -0.69 to +1.58 (or -2e-03)": "from −0.69 to +1.58 (or −2·10⁻³)",
    "a well-known 3-4 of CIFAR-10": "a well-known 3-4 of CIFAR-10",
    "release 1.0e-5.2 of 0xe-05, v1e-05, 12.1e-05": "release 1.0e-5.2 of 0xe-05, v1e-05, 12.1e-05",
    "`-1e-05`": "-1e-05",
}


def test_numbers_of_programs_are_set_as_people_write_them(to_html, to_pdf):
    page = re.sub(r"<[^>]*>", "", to_html("# Title", *NUMBERS))
    paper = to_pdf("# Title", *NUMBERS).pages[0].extract_text()
    assert [shown for shown in NUMBERS.values() if shown not in page] == []
    assert [shown for shown in NUMBERS.values() if shown not in paper] == []


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
    font = TTFont(io.BytesIO(fonts.woff2("STIXTwoMath-Regular.ttf", "→")))
    (arrow,) = font["MATH"].table.MathVariants.HorizGlyphConstruction
    shaft, head = arrow.GlyphAssembly.PartRecords
    assert shaft.EndConnectorLength > 0
    assert head.StartConnectorLength > 0


def test_a_number_and_its_deviation_stay_on_one_line(to_html, write):
    table = "<table><thead><tr><th>a</th></tr></thead><tbody><tr><td>46.05 ± 0.31</td></tr></tbody></table>"
    assert ">46.05\u00a0±\u00a00.31<" in to_html("# Title", write.code("frame", write.shows("text/html", table)))
