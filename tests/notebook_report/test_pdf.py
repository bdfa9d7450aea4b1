"""The PDF as other programs see it: qpdf, poppler and pypdf."""

import html
import io
import json
import os
import random
import re
import shutil
import string
import subprocess
import unicodedata
from base64 import b64encode
from itertools import pairwise
from xml.etree import ElementTree

import pytest
import typst
from PIL import Image

from notebook_report.document import prepare
from notebook_report.fonts import FOLDER
from notebook_report.writing import pdf
from notebook_report.writing.typst import letters, typesetting
from tests.bounds import BOUND
from tests.notebook_report.conftest import report

POINTS = 72 / 2.54  # in a centimetre
LEFT, RIGHT, TOP, BOTTOM = 2.6 * POINTS, 18.4 * POINTS, 2.7 * POINTS, 27.1 * POINTS
HANGING = 3  # points: how far a comma at a line's end may hang in the margin
DESCENT = 4  # points: how far letters reach below their line, which may be the last one
WORDS = "Quiet words fill the line until there is no room left for another one of them. "


@pytest.fixture
def tool(tmp_path):
    """Return a function that runs a program on a PDF's bytes and returns what it prints."""

    def run(name, content, *options):
        if shutil.which(name) is None:
            missing = f"{name} is not installed (Debian: qpdf, poppler-utils)"
            pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)
        path = tmp_path / "checked.pdf"
        path.write_bytes(content)
        output = ["-"] if name == "pdftotext" else []
        how = {"capture_output": True, "encoding": "utf-8", "timeout": BOUND}
        done = subprocess.run([name, *options, path, *output], **how, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


@pytest.fixture
def boxes(tool):
    """Return a function from a PDF's bytes to its pages: lists of words (text, left, top, right, bottom) in points."""

    def read(content):
        page_of = ElementTree.fromstring(tool("pdftotext", content, "-bbox"))
        names = ("xMin", "yMin", "xMax", "yMax")
        return [
            [(word.text, *(float(word.get(name)) for name in names)) for word in page.iter(f"{word_space(page)}word")]
            for page in page_of.iter("{http://www.w3.org/1999/xhtml}page")
        ]

    def word_space(element):
        return element.tag[: element.tag.index("}") + 1]

    return read


def drawn(width, height, x=0):
    """Return the Markdown of a picture of this size in pixels, in which a word stands at x."""
    word = f'<text x="{x}" y="20">Drawn</text>'
    drawing = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">{word}</svg>'
    return f"![drawn](data:image/svg+xml;base64,{b64encode(drawing.encode()).decode()})"


def sized(write, width, height):
    """Return an SVG figure's output of this size in points."""
    svg = write.SVG.replace('width="90pt" height="60pt"', f'width="{width}pt" height="{height}pt" viewBox="0 0 90 60"')
    return write.shows("image/svg+xml", svg)


def data_frame(columns, rows, cell="0.123456"):
    """Return the HTML of a table as pandas writes it."""
    head = "".join(f"<th>column{i}</th>" for i in range(columns))
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for _ in range(columns))}</tr>\n" for _ in range(rows))
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


@pytest.fixture(scope="module")
def paper(write):
    """Return the cells of a report with some of everything, a few pages long."""
    return [
        "# First part\n\n" + WORDS * 12 + "\n\nAlpha $x^2$.[^n]\n\n[^n]: A note at the foot.\n",
        write.figure(picture=sized(write, 400, 200), caption="Bravo, a line."),
        "## Sub part\n\nCharlie, see [Figure 1](#fig-line) and [Section 1](#First-part).\n\n"
        "$$\nJ = \\sum_i x_i \\label{eq-cost}\n$$\n",
        write.code("#| show-code: true\ndelta = 1", write.prints("printed echo")),
        write.table(caption="Foxtrot, the costs."),
        "## Third part\n\nGolf.\n\n" + f"{WORDS * 8}\n\n" * 6,
        "# Last part\n\n> Quoted hotel.\n\n1. One item\n2. Another\n\n---\n",
        "| a | b |\n|:--|--:|\n| c | 1.5 |\n\nIndia.",
    ]


FRONT = {
    "title": "A paper",
    "subtitle": "With a second line",
    "authors": ["Ada Lovelace", "Emmy Noether"],
    "language": "en",
    "date": "2026-05-03",
    "abstract": "What it says in short.",
    "facts": [["Software", "Python 3.11"]],
}


def with_front(cells, write):
    """Return cells as the merged notebook has them: every first-level heading begins a notebook of its own."""
    part = 0
    nb = write.notebook(*cells)
    for i, cell in enumerate(nb.cells, 1):
        part += cell.source.startswith("# ")
        cell.metadata["report_origin"] = {"notebook": f"0{part}-part", "cell": i}
    return nb.cells


@pytest.fixture(scope="module")
def front_pdf(write, to_pdf):
    """Return a function that exports cells as a report with its front matter."""
    return lambda *cells: to_pdf(*with_front(cells, write), front=FRONT)


@pytest.fixture(scope="module")
def printed(front_pdf, paper):
    """Return the PDF of that report."""
    return front_pdf(*paper)


def test_qpdf_finds_no_fault(tool, printed):
    assert "No syntax or stream encoding errors found" in tool("qpdf", printed.bytes, "--check")


def test_every_font_is_embedded_as_a_subset(tool, printed):
    fonts = [line.split() for line in tool("pdffonts", printed.bytes).splitlines()[2:]]
    names = {font[0].partition("+")[2].removesuffix("-Identity-H") for font in fonts}
    assert {"LibertinusSerif-Regular", "LibertinusSerif-Bold", "STIXTwoMath-Regular", "DejaVuSansMono"} <= names
    assert all(font[-5:-2] == ["yes", "yes", "yes"] for font in fonts), "embedded, a subset, and with Unicode"


def test_no_picture_is_raster_where_vectors_were_given(tool, write, front_pdf, paper, printed):
    def images(content):
        return [line.split()[2] for line in tool("pdfimages", content, "-list").splitlines()[2:]].count("image")

    assert images(printed.bytes) == 0
    png = write.figure("fig-png", picture=write.shows("image/png", write.PNG))
    assert images(front_pdf(*paper, png).bytes) == 1


@pytest.mark.parametrize("option", ["-layout", "-raw"])
def test_the_words_come_in_reading_order(tool, printed, option):
    text = " ".join(tool("pdftotext", printed.bytes, option).split())
    text = text[text.index("1 First part", text.index("Contents") + 80) :]
    words = (
        "Alpha|Figure 1. Bravo|1.1 Sub part|Charlie|delta|printed echo|Table 1. Foxtrot|name step cost|1.2 Third|Golf"
    )
    words = [*words.split("|"), "2 Last part", "Quoted hotel", "1. One item", "c 1.5", "India"]
    places = [text.find(word) for word in words]
    assert -1 not in places
    assert places == sorted(places)


def test_pdfinfo_tells_what_the_paper_is(tool, printed):
    lines = tool("pdfinfo", printed.bytes).splitlines()
    info = {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}
    expected = {"Title": "A paper", "Author": "Ada Lovelace, Emmy Noether"}
    expected |= {"Tagged": "yes", "PDF version": "1.7", "Encrypted": "no"}
    assert {name: info[name] for name in expected} == expected
    assert info["Page size"].endswith("(A4)")
    assert "2001" in info["CreationDate"], "the second that the exporter was told"


def test_both_standards_stand_in_the_metadata(printed):
    catalog = printed.trailer["/Root"]
    metadata = catalog["/Metadata"].get_object().get_data().decode()
    for claim in ("<pdfuaid:part>1<", "<pdfaid:part>2<", "<pdfaid:conformance>A<"):
        assert claim in metadata
    assert catalog["/Lang"] == "en"
    assert catalog["/ViewerPreferences"]["/DisplayDocTitle"]


def test_the_outline_has_the_sections_numbers(write, front_pdf, paper):
    def titles(entries):
        return [titles(entry) if isinstance(entry, list) else entry.title for entry in entries]

    cells = [*paper, write.tagged("# Left over\n\nWords.", "unnumbered")]
    outline = titles(front_pdf(*cells).outline)
    assert outline == ["1 First part", ["1.1 Sub part", "1.2 Third part"], "2 Last part", "Left over"]


def test_links_lead_to_what_they_name(front_pdf, paper):
    reader = front_pdf(*paper, "# Out\n\nSee <https://example.org> and [Section 1](01-part.ipynb).")
    actions = [
        note.get_object().get("/A") or note.get_object()
        for page in reader.pages
        for note in page.get("/Annots", [])
        if note.get_object()["/Subtype"] == "/Link"
    ]
    assert [action["/URI"] for action in actions if "/URI" in action] == ["https://example.org"]
    # The contents' five entries, three references, and the footnote there and back.
    assert len(actions) >= 1 + 5 + 3 + 2


def test_the_contents_lead_to_headings_and_not_to_what_these_name(to_pdf):
    page = to_pdf("# Part", "## By [Ada](https://a.example)", "Words.", "## Other").pages[0]
    found = [note.get_object() for note in page["/Annots"]]
    assert len([note for note in found if note.get("/A", {}).get("/URI") == "https://a.example"]) == 1


WIDE = {
    "token": "Before " + "x" * 200 + " after.",
    "link": "See <https://example.org/" + "y" * 150 + ">.",
    "code in the text": "Before `" + "z" * 150 + "` after.",
    "code block": "```python\n" + "call(argument) + " * 20 + "\n" + "w" * 300 + "\n```",
    "code far in": "```python\n"
    + " " * 40
    + "nsamp = "
    + "a=b,c=d," * 8
    + "name = name\n"
    + " " * 40
    + f"s = '{'q' * 70}'\n```",
    "formula": "$$\n" + " + ".join(f"\\alpha_{{{i}}} x_{{{i}}}" for i in range(60)) + "\n\\label{eq-wide}$$",
    "table in Markdown": "| " + "aaaaaaaaaa | " * 20 + "\n|" + ":--|" * 20 + "\n| " + "bbbbbbbbbb | " * 20,
    "sentences in a table": "| a | b |\n|:--|--:|\n| " + WORDS * 3 + "| " + WORDS + "|",
    "deep list": "- " + WORDS + "\n  - " + WORDS + "\n    - " + "v" * 150,
    "heading": "## " + WORDS * 2 + "u" * 100,
    "quote": "> " + "t" * 200,
}


def test_nothing_sticks_out_of_the_text(boxes, front_pdf):
    check_within(boxes(front_pdf("# Part", *WIDE.values()).bytes))


@pytest.mark.parametrize(
    ("columns", "rows", "cell"),
    [(9, 3, WORDS), (12, 3, "0.123456"), (30, 3, "1234.5"), (11, 90, "1234.5"), (3, 3, "s" * 300)],
)
def test_no_table_sticks_out_of_the_text(write, boxes, front_pdf, columns, rows, cell):
    output = write.shows("text/html", data_frame(columns, rows, cell))
    pages = boxes(front_pdf("# Part", write.code("frame", output)).bytes)
    check_within(pages)
    check_apart(pages)


def test_names_of_columns_break_before_what_stands_below_them(write, boxes, front_pdf):
    names = ["Date/Time", "Dew Point Temp (C)", "Rel Hum (%)", "Wind Spd (km/h)", "Visibility (km)", "Stn Press (kPa)"]
    head = "".join(f"<th>{name}</th>" for name in [*names, "Weather"])
    row = "<th>2012-03-01 00:00:00</th>" + "<td>6.25</td>" * 5 + "<td>Mostly Cloudy</td>"
    table = f"<table><thead><tr>{head}</tr></thead><tbody><tr>{row}</tr></tbody></table>"
    words = [
        word
        for page in boxes(front_pdf("# Part", write.code("x", write.shows("text/html", table))).bytes)
        for word in page
    ]
    top = {word: round(top) for word, _, top, *_ in words}
    assert top["2012-03-01"] == top["00:00:00"] == top["Mostly"] == top["Cloudy"]


def test_names_of_columns_that_hold_signs_stand_apart(write, boxes, front_pdf):
    names = ["", "", "business_days_since_last_filing", "last_disclosure_date", "number_shares", "percent_shares"]
    head = "".join(f"<th>{name}</th>" for name in names)
    row = "".join(f"<td>{cell}</td>" for cell in ["Equity(2389 [COBR])", 1036, "2009-11-12", 377947, 5.8])
    name = '<th rowspan="4">2013-11-01 00:00:00+00:00</th>'
    body = f"<tr>{name}{row}</tr>" + f"<tr>{row}</tr>" * 3
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    check_apart(boxes(front_pdf("# Part", write.code("frame", write.shows("text/html", table))).bytes))


@pytest.mark.parametrize(("width", "height"), [(900, 300), (300, 1500), (900, 1200)])
def test_no_figure_sticks_out_of_the_text(write, boxes, front_pdf, width, height):
    # A word at the lower right corner of the picture tells where that is.
    text = f'<text x="{width - 9}" y="{height - 9}" font-family="Libertinus Serif" text-anchor="end">corner</text>'
    size = f'width="{width}pt" height="{height}pt" viewBox="0 0 {width} {height}"'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{text}</svg>'
    pages = boxes(front_pdf("# Part", write.figure(picture=write.shows("image/svg+xml", svg))).bytes)
    check_within(pages)
    assert "corner" in {word for page in pages for word, *_ in page}
    assert "see." in {word for page in pages for word, *_ in page}, "the caption"


@pytest.mark.parametrize(("face", "is_fixed"), [("Courier", True), ("Arial", False)])
def test_a_drawing_that_asks_for_letters_of_one_width_has_them(write, boxes, to_pdf, face, is_fixed):
    lines = ((20, "iii"), (40, "mmm"))
    words = "".join(f'<text y="{y}" font-family="{face}" font-size="9">{word}</text>' for y, word in lines)
    svg = write.SVG.replace("</svg>", f"{words}</svg>")
    (page,) = boxes(to_pdf("# A", write.figure(picture=write.shows("image/svg+xml", svg))).bytes)
    widths = [round(right - left) for word, left, _, right, _ in page if word in ("iii", "mmm")]
    assert (widths[0] == widths[1]) is is_fixed


def test_a_numbered_list_in_an_item_begins_at_one(boxes, to_pdf):
    (page,) = boxes(
        to_pdf(
            "# A\n\n4. Four\n   1. Sub\n   2. Sub\n5. Five\n   - x\n     1. Deep\n6. ```\n   code\n   ```\n   1. Sub"
        ).bytes
    )
    assert [word for word, *_ in page if word.endswith(".")] == ["4.", "1.", "2.", "5.", "1.", "6.", "1."]


def test_a_quotation_is_as_far_from_the_text_above_as_from_that_below(boxes, to_pdf):
    (page,) = boxes(to_pdf("# A\n\nFirst.\n\nAbove.\n\n> Quoted.\n\nBelow.").bytes)
    top = {word: top for word, _, top, *_ in page}
    assert top["Below."] - top["Quoted."] == pytest.approx(top["Quoted."] - top["Above."], abs=1)


def test_a_cell_of_a_table_with_many_signs_is_set(boxes, to_pdf):
    table = "| a |\n|:--|\n| " + "a_b \\# " * 2800 + "|"
    assert sum(word == "a_b" for page in boxes(to_pdf("# A", table).bytes) for word, *_ in page) > 2700


def test_a_formula_in_a_quotation_stands_in_the_middle(boxes, to_pdf):
    (page,) = boxes(to_pdf("# A\n\n> Words.\n>\n> $$x$$", "$$y$$").bytes)
    left = {word: left for word, left, *_ in page if word in ("𝑥", "𝑦")}
    assert left["𝑥"] == pytest.approx(left["𝑦"], abs=1)


def test_no_line_of_what_is_printed_ends_within_the_mark_of_a_magic(write, boxes, to_pdf):
    lines = "\n".join("a" * letters + "  %%time  %%prun" for letters in range(78, 98))
    words = [word for page in boxes(to_pdf("# A", write.code("x", write.prints(lines))).bytes) for word, *_ in page]
    assert words.count("%%time") == words.count("%%prun") == 20


@pytest.mark.parametrize("dots", [None, 72, 300])
def test_a_picture_in_the_text_is_as_wide_as_browsers_have_it(to_pdf, dots):
    file = io.BytesIO()
    Image.new("RGB", (400, 60), "gray").save(file, "PNG", **({"dpi": (dots, dots)} if dots else {}))
    source = f"data:image/png;base64,{b64encode(file.getvalue()).decode()}"
    drawn = to_pdf(f"# A\n\n![Grey]({source})").pages[0].get_contents().get_data().decode("latin-1")
    assert re.search(r"\b300 0 0 45 ", drawn)


@pytest.mark.parametrize(("unit", "points"), [("pt", 300), ("px", 225)])
def test_so_is_a_drawing(boxes, to_pdf, unit, points):
    size = f'width="300{unit}" height="60{unit}" viewBox="0 0 300 60"'
    words = '<text x="0" y="20">begin</text><text x="300" y="40" text-anchor="end">end</text>'
    svg = b64encode(f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{words}</svg>'.encode()).decode()
    (page,) = boxes(to_pdf(f"# A\n\n![Words](data:image/svg+xml;base64,{svg})").bytes)
    sides = {word: (left, right) for word, left, _, right, _ in page}
    assert sides["end"][1] - sides["begin"][0] == pytest.approx(points, abs=2)


def test_what_goes_on_after_a_formula_is_not_indented(boxes, to_pdf):
    code = "```python\nx\n```"
    more = f"They do:\n\n{code}\n\nOther.\n\nMore:\n\n{code}"
    (page,) = boxes(to_pdf(f"# A\n\nWords.\n\n$$x$$\n\nWe go on:\n\n{code}\n\n$$y$$", more).bytes)
    left = {word: left for word, left, *_ in page}
    assert left["We"] == left["They"] == pytest.approx(LEFT, abs=1)
    assert left["More:"] > LEFT + 5


def test_a_head_that_names_no_column_takes_no_room(boxes, to_pdf):
    rows = "|:--|:--|\n| Row | 1 |"
    (page,) = boxes(to_pdf(f"# A\n\nFirst.\n\n| | &nbsp; |\n{rows}\n\nNext.\n\n| $x$ | |\n{rows}").bytes)
    top = {word: top for word, _, top, *_ in page}
    rows = [top for word, _, top, *_ in page if word == "Row"]
    assert top["Next."] < top["𝑥"] < rows[1]
    assert rows[0] - top["First."] < rows[1] - top["Next."] - 8


def test_a_long_name_for_a_title_ends_its_line_at_a_hyphen(boxes, to_pdf):
    (page,) = boxes(to_pdf("# 03.05-One-Compartment-Pharmacokinetics-and-more\n\nWords.", "## B").bytes)
    assert "03.05-One-Compartment-Pharmacokinetics-" in [word for word, *_ in page]


def test_what_follows_a_list_is_no_part_of_it(boxes, to_pdf):
    numbered = "1. One\n2. Two"
    cells = [f"# A\n\n{numbered}", f"{numbered}\n\n$x$ begins.", "- Outer\n  - Inner\n\n  $y$ goes on.", "$z$ begins."]
    words = [word for page in boxes(to_pdf(*cells).bytes) for word in page]
    assert [word for word, *_ in words if word in ("1.", "2.", "3.", "4.")] == ["1.", "2.", "1.", "2."]
    left = {word: left for word, left, *_ in words if word in ("𝑥", "𝑦", "𝑧", "One", "Outer", "Inner")}
    assert left["𝑥"] == left["𝑧"] == pytest.approx(LEFT, abs=1)
    assert left["𝑦"] == pytest.approx(left["Outer"], abs=1)


UNREADABLE = [
    "font-family:{};",
    "font-family:;",
    "filter:a:b(c=1);",
    ";;",
    "--x:1;",
    "aspect-ratio:1/1;",
    "Ä:x;",
    "a:~y;",
]


@pytest.mark.parametrize("unreadable", UNREADABLE)
def test_what_typst_cannot_read_costs_a_drawing_nothing_else(write, boxes, to_pdf, unreadable):
    def left(style):
        words = f"<text x='80' y='20' style='{html.escape(style)}'>word</text>"
        svg = write.SVG.replace("</svg>", f"{words}</svg>")
        (page,) = boxes(to_pdf("# A", write.figure(picture=write.shows("image/svg+xml", svg))).bytes)
        return next(left for word, left, *_ in page if word == "word")

    valid = "font-size:9pt; font-family:'Arial', \"Deja Vu\"; text-anchor:end"
    assert left(f"{unreadable} {valid}") == left(valid)


@pytest.mark.parametrize("form", ["$$@$$", r"\begin{align}a &= @ \tag{1} \\ b &= 2\end{align}", "Words $@$ and words."])
def test_a_fraction_wider_than_the_text_has_lines_above_and_below(boxes, to_pdf, form, caplog):
    long = " + ".join(f"a_{{{i}}} x_{{{i}}}^2" for i in range(40))
    pages = boxes(to_pdf("# A\n\n" + form.replace("@", rf"\frac{{{long}}}{{{long}}}")).bytes)
    check_within(pages)
    assert len({round(top) for word, _, top, *_ in pages[0] if word.startswith("𝑎")}) >= 4
    assert caplog.text == ""


def body(page):
    """Return a page's words without its head and foot."""
    return [word for word in page if TOP - 10 < word[2] < BOTTOM]


def check_apart(pages):
    """Check that no word begins where one beside it has not ended."""
    for words in pages:
        for word, left, top, right, _ in words:
            hidden = [o[0] for o in words if o[0] != word and abs(o[2] - top) < 1 and left + 1 < o[1] < right - 1]
            assert not hidden, f"{word} covers {hidden}"


def check_within(pages):
    """Check that all words of the pages' bodies stand within the text."""
    for number, page in enumerate(pages, 1):
        assert page, f"page {number} is empty"
        for word, left, top, right, bottom in page:
            assert left > LEFT - 1, f"{word} on page {number}"
            assert right < RIGHT + HANGING, f"{word} on page {number}"
            # Between the running head and the page's number, or these two.
            assert top > 1 * POINTS, f"{word} on page {number}"
            assert bottom < BOTTOM + DESCENT or re.fullmatch(r"\d+", word), f"{word} on page {number}"


@pytest.mark.parametrize("lines", range(34, 46))
def test_no_heading_is_the_last_on_its_page(boxes, to_pdf, lines):
    filler = "".join(f"- Item {i}\n" for i in range(lines))
    cells = [f"# Part\n\n{filler}", "## A heading\n\n### Deeper heading\n\n" + WORDS * 4]
    for page in boxes(to_pdf(*cells).bytes)[:-1]:
        lowest = max(bottom for *_, bottom in body(page))
        assert "heading" not in [word for word, *_, bottom in page if bottom > lowest - 4]


@pytest.mark.parametrize("lines", range(4, 50, 5))
def test_figures_leave_no_page_half_empty_and_stay_near(write, boxes, front_pdf, lines):
    # Too high for what is left of some pages: then the text that follows fills them.
    figure = write.figure(picture=sized(write, 400, 280), caption="Seen here.")
    cells = [
        "# Part\n\n" + f"{WORDS * 2}\n\n" * lines,
        figure,
        "## Next\n\n" + f"{WORDS * 2}\n\n" * 40,
        "# End\n\nLast.",
    ]
    pages = boxes(front_pdf(*cells).bytes)
    for page in pages[:-1]:
        lowest = max(bottom for *_, bottom in body(page))
        assert lowest > BOTTOM - 0.12 * (BOTTOM - TOP)
    texts = [" ".join(word for word, *_ in page) for page in pages]
    shown = next(i for i, text in enumerate(texts) if "Seen here." in text)
    following = next(i for i, text in enumerate(texts) if "1.1 Next" in text[300:])
    assert shown - following in (0, 1)


def test_a_figure_stands_where_it_is_written_if_there_is_room(write, boxes, front_pdf):
    cells = [
        "# Part\n\nWords above.",
        write.figure(picture=sized(write, 400, 200), caption="Seen here."),
        "Words below.",
    ]
    page = boxes(front_pdf(*cells).bytes)[0]
    places = {word: top for word, _, top, *_ in page if word in ("above.", "Seen", "below.")}
    assert places["above."] + 200 < places["Seen"] < places["below."]


@pytest.mark.parametrize("heights", [[120] * 5, [300] * 5, [500, 60, 500, 60, 60]])
def test_figures_do_not_float_past_their_section(write, boxes, front_pdf, heights):
    pictures = [
        write.figure(f"fig-{i}", picture=sized(write, 400, height), caption=f"Caption{i}.")
        for i, height in enumerate(heights)
    ]
    pages = boxes(front_pdf("# Part\n\nWords.", *pictures, "# Second\n\nOthers.").bytes)
    placed = {word: (number, top) for number, page in enumerate(pages) for word, _, top, *_ in page}
    order = [placed[word] for word in [f"Caption{i}." for i in range(5)] + ["Others."]]
    assert order == sorted(order), "no figure overtakes another, or the next section"


def test_figures_that_do_not_settle_stand_where_they_stood_last(write, front_pdf, monkeypatch):
    monkeypatch.setattr(typesetting, "ROUNDS", 1)
    cells = [write.figure(f"fig-{i}", picture=sized(write, 400, 500), caption=f"Caption{i}.") for i in range(3)]
    text = "".join(page.extract_text() for page in front_pdf("# Part\n\nWords.", *cells).pages)
    assert all(f"Caption{i}." in text for i in range(3))


@pytest.mark.parametrize("lines", range(28, 46, 3))
def test_a_tables_caption_stands_on_the_page_where_the_table_begins(write, boxes, front_pdf, lines):
    filler = "".join(f"- Item {i}\n" for i in range(lines))
    table = write.code(
        "#| label: tab-long\n#| caption: Captioned.\nframe", write.shows("text/html", data_frame(3, 60, "7.5"))
    )
    pages = [[word for word, *_ in page] for page in boxes(front_pdf("# Part\n\n" + filler, table).bytes)]
    assert ["Captioned." in page for page in pages].index(True) == ["7.5" in page for page in pages].index(True)


@pytest.mark.parametrize("lines", range(31, 35))
def test_no_long_table_begins_with_a_row_at_the_foot_of_a_page(write, boxes, front_pdf, lines):
    filler = "".join(f"- Item {i}\n" for i in range(lines))
    shown = write.shows("text/html", data_frame(3, 40, "7.5"))
    for cell in (write.code("frame", shown), write.code("#| label: tab-t\n#| caption: Seen.\nframe", shown)):
        pages = boxes(front_pdf("# Part\n\n" + filler, cell).bytes)
        rows = [sum(word == "7.5" for word, *_ in page) for page in pages]
        assert next(filter(None, rows)) >= 3 * 3


@pytest.mark.parametrize("lines", range(32, 35))
def test_a_line_before_a_table_is_not_left_at_the_foot_of_a_page(write, boxes, front_pdf, lines):
    filler = "".join(f"- Item {i}\n" for i in range(lines))
    printed = write.code("frame", write.prints("lead"), write.shows("text/html", data_frame(3, 5, "7.5")))
    for cells in ([filler + "\nThe lead:\n\n| 7.5 |\n|--|\n| 7.5 |\n| 7.5 |"], [filler, printed]):
        pages = boxes(front_pdf("# Part", *cells).bytes)
        (page,) = [page for page in pages if any(word.startswith("lead") for word, *_ in page)]
        assert "7.5" in [word for word, *_ in page]


@pytest.mark.parametrize("lines", range(41, 45))
def test_a_bold_line_is_not_left_at_the_foot_of_a_page(write, boxes, to_pdf, lines):
    filler = "".join(f"- Item {i}\n" for i in range(lines))
    for cells in (
        [f"{filler}\n**Rain of June**\n\nmeans"],
        [f"{filler}\n**Rain of June**", write.code("#| show-code: true\nmeans")],
    ):
        pages = [[word for word, *_ in page] for page in boxes(to_pdf("# Part", *cells).bytes)]
        assert [page for page in pages if "June" in page] == [page for page in pages if "means" in page]


@pytest.mark.parametrize("lines", range(40, 46))
def test_lines_that_end_in_a_colon_are_not_left_at_the_foot_of_a_page(write, boxes, to_pdf, lines):
    filler = "".join(f"- Item {i}\n" for i in range(lines))
    pages = boxes(to_pdf("# Part", f"{filler}\nRain of June:", write.code("#| show-code: true\nmeans")).bytes)
    words = [[word for word, *_ in page] for page in pages]
    assert [page for page in words if "June:" in page] == [page for page in words if "means" in page]


def test_lines_that_end_in_a_colon_have_the_indent_of_a_paragraph(write, boxes, to_pdf):
    hidden = write.code("#| show-code: false\nrain")
    [words] = boxes(to_pdf("# Part", "First.\n\nSecond:", hidden, "Third:", write.code("x", write.prints("y"))).bytes)
    left = {text: x for text, x, *_ in words}
    assert left["First."] < left["Second:"] == left["Third:"]


def test_a_formula_at_a_colon_is_as_far_from_the_next_cell_as_any(boxes, to_pdf):
    def gap(text):
        [words] = boxes(to_pdf("# Part", f"{text}\n$$QQ$$", "After.").bytes)
        bottom = {unicodedata.normalize("NFKC", word): (top, bottom) for word, _, top, _, bottom in words}
        return bottom["After."][0] - bottom["QQ"][1]

    assert gap("Given:") == pytest.approx(gap("Given."), abs=0.1)


@pytest.mark.parametrize(
    ("line", "is_text"),
    [("Ada", False), (WORDS * 2, True), ("**" + "<br>".join(["An address of a line"] * 6) + "**", False)],
)
def test_lines_that_an_author_ends_begin_at_one_edge_and_long_ones_reach_the_other(boxes, to_pdf, line, is_text):
    [words] = boxes(to_pdf(f"# Part\n\nFirst.\n\nSecond: {line}  \nlines.\n\nThird.").bytes)
    left = {text: x for text, x, *_ in words}
    assert left["Second:"] == pytest.approx(left["lines."], abs=0.5)
    assert left["Third."] > left["lines."] + 5
    margin = 595.3 - left["lines."]  # points
    assert (max(right for _, _, _, right, _ in words) == pytest.approx(margin, abs=1)) == is_text


@pytest.mark.parametrize("sign", ["漢", "\U00020000", "ที่", "ফ"])
def test_a_long_text_of_signs_that_no_face_has_is_set(monkeypatch, boxes, write, compiler, tmp_path, sign):
    monkeypatch.setattr(letters, "PACKAGES", {"no_such_package": "some-fonts"})
    many = sign * 600  # more than Typst would look for in one text
    texts = [many, f"{sign} " * 600, f"{sign * 2}  \n" * 300, f"- [{many}](https://a.example)", f"`{many}`"]
    listing = write.code(f"# {many}", write.prints(many), write.prints(f"{sign * 3}\n" * 200))
    document = prepare.notebook(write.notebook("# Words", *texts, listing), "sample", tmp_path)
    with compiler:
        content, found = pdf.write(document, 1_000_000_000, compiler)
    assert {problem.code for problem in found} == {"letters-missing"}
    pages = boxes(content)
    check_within(pages)
    assert sum(word.count("\u25af") for page in pages for word, *_ in page) >= 600 * (len(texts) + 3)


@pytest.mark.parametrize("sign", ["-", "+", "=", "/", "1.", "#", "*", "...", "@a", "<b", "_", "-1"])
def test_a_text_of_several_parts_says_what_it_said(to_pdf, sign):
    said = "Say " + " ".join(f"{sign} word{i}" for i in range(200))
    shown = to_pdf("# A\n\n" + said.replace("*", r"\*").replace("_", r"\_").replace("<", r"\<"))
    text = " ".join(page.extract_text() for page in shown.pages)
    assert [line for line in text.split() if line in "•–"] == [], "no part begins a list"
    assert " ".join(text.split()).count(f"{sign} word") >= 200 - text.count("\n"), "a line may end between them"


@pytest.mark.parametrize("sign", sorted({*string.punctuation, "//", "*/"} - {"\\"}))
def test_any_sign_may_stand_beside_a_formula_and_end_an_item(to_pdf, sign):
    said = "".join(f"\\{letter}" for letter in sign)
    texts = [f"Paragraph{said}$N$ after{said}", f"- first{said}\n- second{said}\n- third{said}$N${said}$N$ last"]
    texts += [
        f"> quoted{said}$N${said}",
        f"|cell{said.replace('|', '/')}|\n|-|\n|$N$ km{said.replace('|', '/')}$N$ then|",
    ]
    shown = to_pdf("# A", *texts).pages[0].extract_text()
    words = [
        f"Paragraph{sign}",
        f"after{sign}",
        f"first{sign}",
        f"second{sign}",
        f"third{sign}",
        "last",
        f"quoted{sign}",
    ]
    assert [word for word in [*words, "then"] if word not in shown] == []


def test_long_code_in_a_line_looks_as_short_code_does(to_pdf):
    sizes = {}

    def note(text, _cm, _tm, _font, size):
        sizes.update(dict.fromkeys(re.findall(r"short|long", text), size))

    to_pdf("# A", f"`short code of a line` and `{'long code ' * 40}`.").pages[0].extract_text(visitor_text=note)
    assert sizes["long"] == sizes["short"]


def test_the_points_of_numbers_stand_below_one_another(write, boxes, to_pdf):
    rows = "".join(f"<tr><td>{number}</td></tr>" for number in ("9.40744386111339", "38", "7.5"))
    [words] = boxes(to_pdf("# A", write.code("x", write.shows("text/html", f"<table>{rows}</table>"))).bytes)
    left = {word: x for word, x, *_ in words}
    digit = left["9.40744386111339"] - left["38"]
    assert left["7.5"] == pytest.approx(left["9.40744386111339"], abs=0.1)
    assert 3 < digit < 5, "the width of one"


@pytest.mark.parametrize(
    ("words", "begins", "ends"),
    [
        ("of the `DataFrame`s are", "s are", "Frame"),
        ("of `DataFrame`-like words", "-like", "Frame"),
        ("of an $N$-star system", "-star", "N"),
        ("so many km$^3$ of them", "3 of", "km"),
        ("by Ada (`@ada_of_the_code`) and", "@ada", "("),
    ],
)
def test_no_line_ends_between_what_belongs_together(to_pdf, words, begins, ends):
    text = "\n\n".join(f"{'x ' * n} {words}" for n in range(20, 60))
    lines = [line.strip("\u2060 ") for page in to_pdf("# A", text).pages for line in page.extract_text().split("\n")]
    assert [line for line in lines if line.startswith(begins) or line.endswith(ends)] == []


def test_further_lines_of_an_entry_without_a_number_of_ours_begin_further_in(boxes, to_pdf):
    [words, *_] = boxes(to_pdf("# A", f"## 1. Firstly {'many words ' * 6}", "## 2. Secondly", "## 3. Lastly").bytes)
    number, *rest = (x for word, x, *_ in words if word in ("1.", "many", "words"))
    assert min(rest[:12]) > number + 5


def test_a_picture_of_several_pages_is_cut_into_strips(write, to_pdf, tool):
    tall = Image.new("RGB", (300, 3000))
    drawn = io.BytesIO()
    tall.save(drawn, "png")
    cell = write.code("plot", write.shows("image/png", b64encode(drawn.getvalue()).decode()))
    reader = to_pdf("# A", cell, "Last.", allowed=["figure-without-label"])
    widths = [
        float(line.split()[12]) for line in tool("pdfimages", reader.bytes, "-list").splitlines()[2:] if "image" in line
    ]
    assert len(widths) >= 4
    assert set(widths) == {96}, "dots in an inch: as wide as in a browser"
    assert "Last." in reader.pages[-1].extract_text()


def test_paragraphs_and_lines_of_a_quotation_begin_at_one_edge(boxes, to_pdf):
    text = "First " + "word " * 30 + "<br>Second line.\n>\n> Third " + "word " * 30
    [words] = boxes(to_pdf(f"# A\n\n> Zero.\n>\n> {text}").bytes)
    left = {word: x for word, x, *_ in words}
    assert {round(left[word]) for word in ("Zero.", "First", "Second", "Third")} == {round(left["Zero."])}


def test_an_empty_place_for_links_takes_no_room(boxes, to_pdf):
    def gap(link, between):
        [words] = boxes(to_pdf(f"# A\n\n{link}\n\nFirst.\n\n{between}\n\nLast.").bytes)
        top = {word: y for word, _, y, _, _ in words}
        return top["Last."] - top["First."]

    assert gap("[Up](#here)", '<div id="here"></div>') == pytest.approx(gap("Up", ""), abs=0.1)


def test_what_stands_for_a_picture_begins_where_it_would(boxes, to_pdf):
    text = "# A\n\nBefore.\n\n![Seen](https://a.example/b.png)\n\n[Last](#A)"
    [words] = boxes(to_pdf(text, allowed=["remote-image"]).bytes)
    left = {word: x for word, x, *_ in words}
    assert left["Seen"] == pytest.approx(left["Before."], abs=0.8)
    assert left["Last"] > left["Seen"] + 5


def test_paragraphs_of_code_begin_where_others_do(boxes, to_pdf):
    [words] = boxes(to_pdf("# A\n\nFirst.\n\n`code_alone`\n\nLast.").bytes)
    left = {word: x for word, x, *_ in words}
    assert left["code_alone"] == pytest.approx(left["Last."], abs=0.8)


def test_a_printed_number_is_not_parted(write, to_pdf):
    text = to_pdf("# A", write.code("show", write.prints("{:abcd=>0.12345678901234}," * 40))).pages[0].extract_text()
    assert text.count("0.12345678901234") == 40


def test_a_cell_beside_a_picture_stands_at_its_middle(write, boxes, to_pdf):
    picture = f"<img src='data:image/png;base64,{write.PNG}' alt='p' width=100 height=100>"
    rows = f"<table><tr><th>Name</th><th>Look</th></tr><tr><td>Beside</td><td>{picture}</td></tr></table>"
    [words] = boxes(to_pdf("# A", write.code("show", write.shows("text/html", rows)), "After.").bytes)
    top = {word: y for word, _, y, _, _ in words}
    assert top["Beside"] - top["Name"] == pytest.approx(top["After."] - top["Beside"], rel=0.4)


@pytest.mark.parametrize("words", ["%%ab ", "a/b,c;", "5.1 ± 0.2 % and "])
def test_a_long_line_in_which_much_is_shown_in_another_way_is_set(write, to_pdf, words):
    many = words * 700  # more than Typst would look for in one text
    reader = to_pdf("# A", many, f"`{many}`", write.code("show", write.prints(many[:5000])), "Last.")
    assert "Last." in reader.pages[-1].extract_text()


def test_a_formula_that_cannot_be_read_has_lines_and_one_warning(boxes, write, compiler, tmp_path):
    text = "# A\n\n$$ a " + "&= \\frac{b}{c} " * 30 + "$$\n\nand $a &= b$."
    document = prepare.notebook(write.notebook(text), "sample", tmp_path)
    with compiler:
        content, found = pdf.write(document, 1_000_000_000, compiler)
    assert {problem.code for problem in [*document.problems, *found]} == {"formula-error"}
    check_within(boxes(content))


def test_emphasis_in_a_small_heading_is_as_slanted_as_the_rest(to_pdf):
    faces = {}

    def note(text, _cm, _tm, font, _size):
        faces[text.strip()] = font["/BaseFont"] if font else ""

    to_pdf("# A", "## B", "### C", "#### D", "##### Heading _Slanted_ end").pages[0].extract_text(visitor_text=note)
    [found] = [face for text, face in faces.items() if "Slanted" in text]
    assert "Italic" in found


@pytest.mark.parametrize("lines", range(20, 45, 2))
@pytest.mark.parametrize(
    ("code", "printed", "last"),
    [
        ("#| show-code: true\nshow(\nmeans)", "<Axes>", "means)"),
        ("show(means)", "[[2813   37]\n [ 317  166]\n [1 Last]]\n", "Last]]"),
    ],
)
def test_a_few_lines_stand_on_one_page_with_the_picture_after_them(write, boxes, to_pdf, lines, code, printed, last):
    filler = "".join(f"- Item {i}\n" for i in range(lines))
    picture = sized(write, 200, 200)
    picture.data["image/svg+xml"] = picture.data["image/svg+xml"].replace("</svg>", '<text y="40">Drawn</text></svg>')
    cell = write.code(code, write.prints(printed), picture)
    pages = boxes(to_pdf("# Part", filler, cell, allowed=["figure-without-label"]).bytes)
    words = [[word for word, *_ in page] for page in pages]
    assert [page for page in words if "Drawn" in page] == [page for page in words if last in page]


@pytest.mark.parametrize(
    "announced",
    [
        "The mean:\n\n$$e = 1$$",
        "The mean:\n\n<img src='data:image/png;base64,{png}' alt='Dot' height='200'>",
        "> **Caution**\n>\n> the mean:",
        "**In short:**\n\nthe mean e = 1",
    ],
)
def test_what_announces_is_not_left_at_the_foot_of_a_page(write, boxes, to_pdf, announced):
    for lines in range(34, 46):
        filler = "".join(f"- Item {i}\n" for i in range(lines))
        pages = boxes(to_pdf("# Part", filler, announced.replace("{png}", write.PNG)).bytes)
        ends = [[word for word, *_ in page][-2:-1] for page in pages[:-1]]  # before the number of the page
        assert not {"mean:", "Caution", "short:"} & {word for end in ends for word in end}


@pytest.mark.parametrize("lines", range(28, 46))
def test_a_line_that_is_no_sentence_is_not_left_above_the_code_that_it_names(write, boxes, to_pdf, lines):
    filler = "".join(f"- Item {i}\n" for i in range(lines))
    pages = boxes(to_pdf("# Part", filler, "Closed stations", write.code("#| show-code: true\nclosed")).bytes)
    words = [{word for word, *_ in page} for page in pages]
    assert [page for page in words if "stations" in page] == [page for page in words if "closed" in page]


@pytest.mark.parametrize("lines", range(28, 44, 5))
def test_fifteen_printed_lines_stand_on_one_page(write, boxes, to_pdf, lines):
    filler = "".join(f"- Item {i}\n" for i in range(lines))
    printed = write.prints("".join(f"line{i}\n" for i in range(15)))
    pages = boxes(to_pdf("# Part", filler, write.code("means", printed)).bytes)
    assert len([page for page in pages if any(word.startswith("line") for word, *_ in page)]) == 1


def test_a_picture_that_begins_a_paragraph_stands_at_the_margin(boxes, to_pdf):
    picture = drawn(90, 30)
    [words] = boxes(to_pdf("# Title", f"{picture}\n\n{picture} and more\n\nThe end.").bytes)
    left = [x for text, x, *_ in words if text == "Drawn"]
    assert len(left) == 2
    assert left[0] == left[1]
    assert next(x for text, x, *_ in words if text == "The") == pytest.approx(LEFT, abs=1)


def test_two_pictures_of_a_paragraph_stand_on_two_pages_if_there_is_no_room_for_both(boxes, to_pdf):
    filler = "".join(f"- Item {i}\n" for i in range(15))
    pages = boxes(to_pdf("# Title", f"{filler}\n{drawn(500, 400)}\n{drawn(500, 400)}").bytes)
    assert [sum(word == "Drawn" for word, *_ in page) for page in pages] == [1, 1]


def test_a_picture_in_a_list_has_room_there_and_stretches_no_line(boxes, to_pdf):
    item = f"- **Rain of June** (and more, {drawn(2000, 90, 1950)}\n"
    [words] = boxes(to_pdf("# Title", item + item).bytes)
    assert all(left < RIGHT for text, left, *_ in words if text == "Drawn")
    gaps = [b[1] - a[3] for a, b in pairwise(words) if a[0] in ("Rain", "of", "(and")]
    assert max(gaps) < 4


def test_a_long_address_in_a_list_stretches_no_line(boxes, to_pdf):
    address = "https://rain.example.org/docs/stable/stations.html#non-linear-activations-weighted-sum-nonlinearity"
    [words] = boxes(to_pdf("# Title", f"- L1 Regularizers in June and: {address}\n- L2 in May: {address}\n").bytes)
    gaps = [b[1] - a[3] for a, b in pairwise(words) if a[0] in ("L1", "Regularizers", "in", "L2")]
    assert max(gaps) < 4


def test_fractions_in_neighbouring_lines_do_not_touch(boxes, to_pdf):
    [words] = boxes(to_pdf("# Title", "- $\\frac{a}{b}$\n- $\\frac{c}{d}$\n").bytes)
    top = {unicodedata.normalize("NFKC", text): top for text, _, top, *_ in words}
    assert top["c"] - top["b"] > 5


def test_code_in_the_text_ends_a_line_before_a_quotation_mark(boxes, to_pdf):
    code = '`["calories", "protein", "fat", "sodium"]`'
    words = f"You can think of this as indexed by rows and columns via the vector {code}. "
    pages = boxes(to_pdf("# Title", words * 9).bytes)
    gaps = [b[1] - a[3] for a, b in pairwise(pages[0]) if a[0] in ("You", "can", "think", "of", "by", "via")]
    assert max(gaps) < 8


def test_brackets_around_a_prime_part_no_lines(boxes, to_pdf):
    def step(formula):
        (page,) = boxes(to_pdf(f"# A\n\nFirst  \n{formula}  \nlast").bytes)
        top = {word: y for word, _, y, *_ in page}
        return top["last"] - top["First"]

    assert step(r"$\left\Vert x' \right\Vert$") == pytest.approx(step(r"$\left\Vert x \right\Vert$"), abs=0.5)


def test_no_line_begins_with_a_lone_dash(boxes, to_pdf):
    texts = [f"{'word ' * 14}{'w' * i} - after - and {'more ' * 9}" for i in range(1, 12)]
    check_within(boxes(to_pdf("# A", f"|a|\n|--|\n|words {'- ' * 90}|").bytes))
    pages = boxes(to_pdf("# A", "\n\n".join(texts)).bytes)
    assert not [word for page in pages for word, x, *_ in page if word == "-" and x < LEFT + 20]


def test_no_line_begins_with_the_blank_after_code(boxes, to_pdf):
    draw, some = random.Random(3), ["rain", "falls", "on", "all", "of", "the", "garden", "town,", "June", "above"]
    codes = (" ".join([*draw.choices(some, k=9), "`rain_of_days/day + 1.` or"]) for _ in range(500))
    pages = boxes(to_pdf("# Title", "\n\n".join(map(" ".join, zip(*[codes] * 5, strict=True)))).bytes)
    starts = {round(left, 1) for page in pages for word, left, *_ in page if word == "or" and left < 80}
    assert len(starts) == 1


def test_blanks_at_the_end_of_a_line_of_code_break_none(boxes, write, to_pdf):
    code = f"#| show-code: true\nif x:\n    # Leave this out{' ' * 99}\n    go()"
    listing = f"```python\n    # Leave this in{' ' * 99}\n```"
    [words] = boxes(to_pdf("# Title", write.code(code), listing).bytes)
    tops = [top for word, _, top, *_ in words if word in ("Leave", "this", "in", "out")]
    assert len(set(tops)) == 2


def test_paragraphs_that_are_items_begin_at_one_edge(boxes, to_pdf):
    items = "\n\n".join(f"\\- 1.{i}. Rain" for i in range(4))
    [words] = boxes(to_pdf("# Title\n\nOf these:\n\n" + items + "\n\nWords\n\nand").bytes)
    edges = {word: left for word, left, *_ in words if word in ("Words", "and")}
    assert len({left for word, left, *_ in words if word == "-"} | {words[0][1]}) == 1
    assert edges["Words"] == edges["and"] > words[0][1] + 5


def test_fractions_in_rows_of_a_table_do_not_touch(boxes, to_pdf):
    rows = "| $\\frac{a}{b}$ |\n| $\\frac{c}{d}$ |\n"
    [words] = boxes(to_pdf("# Title", f"| x |\n|:--|\n{rows}").bytes)
    top = {unicodedata.normalize("NFKC", text): top for text, _, top, *_ in words}
    assert top["c"] - top["b"] > 7


def test_points_in_code_stay_together(boxes, to_pdf):
    lines = ("x" * i + " words and more, `{0, 1, 2, ..., n_authors}`" * 4 for i in range(1, 40))
    words = {word for page in boxes(to_pdf("# Title", "\n\n".join(lines)).bytes) for word, *_ in page}
    assert "...," in words
    assert not {".", "..", "..,", ".,"} & words


def test_a_few_letters_of_code_stay_on_one_line(boxes, to_pdf):
    pages = boxes(to_pdf("# Title", "words, and more, `aaa bbb ccc` " * 40).bytes)
    tops = [[top for text, _, top, *_ in pages[0] if text == name] for name in ("aaa", "ccc")]
    assert tops[0] == tops[1]


def test_blanks_in_code_keep_their_width_in_justified_lines(boxes, front_pdf):
    words = "Some words and more, `aa bb`, of them to fill the lines with. "
    page = boxes(front_pdf("# Part\n\n" + words * 20).bytes)[0]
    gaps = {round(b[1] - a[3], 1) for a, b in pairwise(page) if a[0] == "aa" and b[1] > a[3]}
    assert len(gaps) == 1


@pytest.mark.parametrize("lines", range(16, 46, 6))
def test_a_function_stays_on_one_page(boxes, to_pdf, lines):
    filler = "".join(f"- Item {i}\n" for i in range(lines))
    code = "def step():\n" + "".join(f"    first{i}\n" for i in range(29))
    listings = f"```python\n{code}```\n\n```python\n{code.replace('first', 'second')}```"
    pages = [[word for word, *_ in page] for page in boxes(to_pdf("# Part\n\n" + filler, listings).bytes)]
    for name in ("first", "second"):
        assert len({number for number, page in enumerate(pages) for word in page if word.startswith(name)}) == 1


@pytest.mark.parametrize("lines", range(30, 42))
def test_no_code_is_the_last_on_its_page_if_there_is_an_output(write, boxes, front_pdf, lines):
    filler = "".join(f"- Item {i}\n" for i in range(lines))
    cell = write.code("#| show-code: true\nasked()", write.shows("text/plain", "answered"))
    for page in boxes(front_pdf("# Part\n\n" + filler, cell).bytes):
        words = [word for word, *_ in page]
        assert ("asked()" in words) == ("answered" in words)


@pytest.mark.parametrize("lines", range(30, 42, 3))
def test_a_small_table_stays_on_one_page(write, boxes, front_pdf, lines):
    filler = "".join(f"- Item {i}\n" for i in range(lines))
    cell = write.code("frame", write.shows("text/html", data_frame(3, 5, "7.5")))
    pages = boxes(front_pdf("# Part\n\n" + filler, cell).bytes)
    assert sum("7.5" in [word for word, *_ in page] for page in pages) == 1


def test_printed_text_begins_where_there_is_room(write, boxes, front_pdf):
    filler = "".join(f"- Item {i}\n" for i in range(30))
    cell = write.code("tell()", write.prints("".join(f"line{i}\n" for i in range(25))))
    assert "line0" in [word for word, *_ in boxes(front_pdf("# Part\n\n" + filler, cell).bytes)[0]]


@pytest.mark.parametrize("rows", [3, 60], ids=["short", "long"])
def test_the_first_row_of_a_table_stands_clear_of_the_rule_above_it(write, boxes, front_pdf, rows):
    shown = write.shows("text/html", data_frame(3, rows, "7.5"))
    pages = boxes(front_pdf("# Part", write.code("#| label: tab-t\n#| caption: Seen.\nframe", shown)).bytes)
    page = next(page for page in pages if "column0" in [word for word, *_ in page])
    head = next(top for word, _, top, *_ in page if word == "column0")
    first, second = sorted({top for word, _, top, *_ in page if word == "7.5" and top > head})[:2]
    assert first - head > second - first + 1


def test_the_rows_of_a_table_without_a_head_are_as_far_from_one_another(boxes, to_pdf):
    (page,) = boxes(to_pdf("# A\n\n|  |  |\n|--|--|\n|first|1|\n|second|2|\n|third|3|").bytes)
    first, second, third = (top for word, _, top, *_ in page if word in ("first", "second", "third"))
    assert third - second == pytest.approx(second - first, abs=0.05)


@pytest.mark.parametrize(
    "code", ["itertools.combinationsofallofthem()", "dataframe.T.describe().T.head(12)", "a_.b_." * 8 + "c"]
)
def test_a_line_of_code_ends_before_a_point(boxes, to_pdf, code):
    texts = [f"{'words ' * 11}{'w' * i} `{code}` {'more ' * 9}" for i in range(20)]
    pages = boxes(to_pdf("# A", "\n\n".join(texts)).bytes)
    ends = [word for page in pages for word, _, _, right, _ in page if word.endswith(".") and right > 400]
    assert not ends


def test_code_keeps_the_accents_of_its_letters(boxes, to_pdf):
    code = unicodedata.normalize("NFD", "déjé.ébène.éléments")
    (page,) = boxes(to_pdf("# A", f"`{code}`").bytes)
    assert "déjé.ébène.éléments" in [unicodedata.normalize("NFC", word) for word, *_ in page]


@pytest.mark.parametrize("rows", [57, 58, 59])
def test_no_long_table_ends_with_a_row_at_the_head_of_a_page(write, boxes, to_pdf, rows):
    frame = write.code("frame", write.shows("text/html", data_frame(2, rows, "7.5")))
    shown = [[word for word, *_ in page].count("7.5") / 2 for page in boxes(to_pdf("# Title", frame).bytes)]
    assert sum(shown) == rows
    assert shown[-1] == rows or shown[-1] >= 3


@pytest.mark.parametrize("lines", range(0, 8, 2))
def test_a_row_of_a_few_lines_stands_on_one_page(write, boxes, to_pdf, lines):
    cells = "<td>0.123456</td>" * 9 + "<td>POLYGON ((8.62413 14.23698, 8.55970 14.74245, ends</td>"
    frame = f"<table>{''.join(f'<tr><td>a{i}</td>{cells}</tr>' for i in range(40))}</table>"
    pages = boxes(to_pdf("# Title\n\n" + "Words.\n\n" * lines, write.code("x", write.shows("text/html", frame))).bytes)
    rows = [[sum(word.startswith(sign) for word, *_ in page) for sign in ("POLYGON", "ends")] for page in pages]
    assert sum(begun for begun, _ in rows) == 40
    assert all(begun == ended for begun, ended in rows)


@pytest.mark.parametrize(
    "row",
    [
        "<th rowspan=90>a</th><td>rain</td>" + "</tr><tr><td>rain</td>" * 89,
        f"<td><ul>{'<li>rain</li>' * 90}</ul></td>",
        f"<td>{'rain<br>' * 95}</td>",
        f"<td><pre>{'rain' + chr(10)}{('rain' + chr(10)) * 94}</pre></td>",
    ],
    ids=["rowspan", "list", "lines", "listing"],
)
def test_a_row_higher_than_a_page_goes_on(write, boxes, to_pdf, row):
    table = f"<table><tr>{row}</tr></table>"
    pages = boxes(to_pdf("# Title", write.code("x", write.shows("text/html", table))).bytes)
    assert sum(word == "rain" for page in pages for word, *_ in page) == table.count("rain")


def test_the_rows_that_name_columns_are_bold_and_no_others(write, to_pdf):
    bold = []

    def see(text, _, __, face, ___):
        bold.extend(text.split() if face and "Bold" in face["/BaseFont"] else ())

    named = "<thead><tr><th>Height</th></tr><tr><th>metres</th></tr></thead><tr><td>7.5</td></tr>"
    shown = [write.shows("text/html", f"<table>{rows}</table>") for rows in (named, "<tr><td>8.5</td></tr>")]
    to_pdf("# Title", write.code("frame", *shown)).pages[0].extract_text(visitor_text=see)
    assert bold == ["Title", "Height", "metres"]


def test_no_line_ends_between_a_number_and_what_belongs_to_it(tool, front_pdf):
    text = tool("pdftotext", front_pdf("# Part\n\n" + "Some 12.5 ± 0.5 % and 95 % more, of 3 ± 1. " * 40).bytes, "-raw")
    assert text.count("12.5 ± 0.5 %") == text.count("95 %") == text.count("3 ± 1") == 40


def test_a_long_table_repeats_its_header(write, boxes, front_pdf):
    table = write.code(
        "#| label: tab-long\n#| caption: Long.\nframe", write.shows("text/html", data_frame(3, 90, "7.5"))
    )
    pages = [[word for word, *_ in page] for page in boxes(front_pdf("# Part", table).bytes)]
    assert [page.count("column1") for page in pages if "7.5" in page] == [1, 1]


def test_the_appendix_goes_on_where_the_text_ends(write, front_pdf):
    more = write.tagged("# More\n\nWords.\n\n## Parts\n\nWords.", "appendix")
    reader = front_pdf("# Text\n\nWords.", more, "# Others\n\nWords.")
    assert "Appendix A More" in " ".join(reader.pages[0].extract_text().split())
    entries = [entry for entry in reader.outline if not isinstance(entry, list)]
    assert [entry.title for entry in entries] == ["1 Text", "A More", "B Others"]
    assert re.search(r"A More[ .]* 1\n", reader.pages[0].extract_text()), "the contents tell the page"


@pytest.mark.parametrize("words", [0, 40])
def test_the_outline_leads_to_the_page_where_a_section_begins(write, boxes, front_pdf, words):
    # A figure that floats comes between the end of one section and the heading of the next.
    figure = write.figure(picture=sized(write, 400, 400))
    reader = front_pdf("# Part\n\n" + WORDS * words, figure, "# Second\n\nWords.")
    page = reader.get_destination_page_number(reader.outline[1])
    assert "2 Second\nWords." in reader.pages[page].extract_text()


def test_the_works_cited_come_last_with_links_to_them(write, to_pdf):
    work = "@article{smith, author={Smith, Ann}, title={Rates}, year={2017}, url={https://example.org/rates}}"
    front = {**FRONT, "bibliography": work}
    reader = to_pdf(*with_front(["# Text\n\nSee [Smith (2017)](#cite-smith).", "Words."], write), front=front)
    text = " ".join(reader.pages[0].extract_text().split())
    assert text.index("Words.") < text.index("References Smith, Ann. 2017.")
    assert [entry.title for entry in reader.outline] == ["1 Text", "References"]
    # The two entries of the contents, the citation, the work's address.
    assert len(reader.pages[0]["/Annots"]) == 2 + 1 + 1


def test_same_input_same_bytes(front_pdf, paper, printed):
    assert front_pdf(*paper).bytes == printed.bytes


def test_a_report_of_words_and_a_few_figures_is_small(printed):
    assert len(printed.bytes) < 300_000


def test_typst_has_nothing_to_warn_of(write, paper, tmp_path):
    pictures = [write.figure(f"fig-{i}", picture=sized(write, 400, 90 + 70 * i)) for i in range(5)]
    cells = with_front([*paper, "# More\n\n" + WORDS * 9, *pictures, WORDS * 9], write)
    text, images, _ = pdf.source(report(write.notebook(*cells), FRONT))
    letters = json.dumps({"pattern": "", "substitutes": {}, "families": []}).encode()
    files = {"main.typ": text.encode(), "style.typ": typesetting.STYLE.read_bytes(), "letters.json": letters}
    for name, content in {**files, "floating.json": b"[]", **images}.items():
        (tmp_path / name).write_bytes(content)
    fonts = {"font_paths": [FOLDER], "ignore_system_fonts": True}
    _, warnings = typst.compile_with_warnings(tmp_path / "main.typ", format="pdf", **fonts)
    assert warnings == []


AFTER = [".fields()", ".body", "(a)", "[a]", ";a", ".<!-- c -->fields()", "\\<a>", "..a", "./<!-- c -->/a"]
WRITTEN = [".fields()", ".body", "(a)", "[a]", ";a", ".fields()", "<a>", "..a", ".//a"]


@pytest.mark.parametrize(
    "inline", ["*z*", "**z**", "$z$", "~~z~~", "[z](https://p.example)", "`z`", "`` z` ``", "![z](attachment:z.png)"]
)
def test_what_follows_directly_is_words_and_no_source(write, front_pdf, inline):
    cell = write.markdown("# Part\n\n" + "".join(f"- {inline}{after}\n" for after in AFTER))
    cell["attachments"] = {"z.png": {"image/png": write.PNG}}
    text = "".join(page.extract_text() for page in front_pdf(cell).pages)
    assert [written for written in WRITTEN if written not in text] == []


def test_what_follows_directly_is_words_everywhere(write, front_pdf):
    words = "*z*.fields()"
    cells = [f"# Part\n\n## {words}\n\n| {words} |\n|--|\n| {words} |\n\n> {words}^[{words}]"]
    table = "<table><tr><td><em>z</em>.fields()</td></tr></table>"
    cells.append(write.code(f"#| label: tab-z\n#| caption: '{words}'", write.shows("text/html", table)))
    text = "".join(page.extract_text() for page in front_pdf(*cells).pages)
    # The heading stands in the contents as well.
    assert text.count("z.fields()") == 8


@pytest.mark.parametrize("tex", [r"\text{}", r"\begin{matrix}\end{matrix}"])
def test_a_formula_that_shows_nothing_is_set(front_pdf, tex):
    assert front_pdf(f"# Part\n\n$${tex}$$").pages


@pytest.mark.parametrize("tex", ["\\widehat{ABC}", "\\overrightarrow{AB}", "\\vec{AB}", "\\hat{xy}"])
def test_an_accent_over_several_letters_is_one(front_pdf, tex):
    words = front_pdf(f"# A\n\n${tex}$ words.").pages[-1].extract_text()
    assert "rgb" not in words
    assert "words." in words


def test_a_comment_between_two_words_takes_nothing_along(front_pdf):
    assert "one// two" in front_pdf("# Part\n\none/<!-- hidden -->/ two").pages[0].extract_text()


def test_the_lines_of_an_author_begin_at_one_place(to_pdf, boxes):
    [words] = boxes(to_pdf("# Title", "Before.\n\nOne,  \ntwo,  \nthree.\n\nAfter.").bytes)
    left = {text: x for text, x, *_ in words}
    assert left["One,"] == left["two,"] == left["three."] == pytest.approx(LEFT, abs=0.5)
    assert left["After."] > LEFT + 5, "a usual paragraph is indented"


def test_paragraphs_of_an_item_begin_at_one_place(to_pdf, boxes):
    [words] = boxes(to_pdf("# Title", "- First.\n\n  Second  \n  third.\n\n  Fourth.").bytes)
    left = {text: x for text, x, *_ in words}
    assert left["Second"] == left["third."] == left["Fourth."] == pytest.approx(left["First."], abs=0.5)


def test_a_line_before_a_picture_is_not_stretched(to_pdf, boxes, write):
    picture = f'<img src="data:image/png;base64,{write.PNG}" alt="Blue" width="500" height="50">'
    [words] = boxes(to_pdf("# Title", f"Some words before it: {picture} and after it.").bytes)
    right = {text: x for text, _, _, x, _ in words}
    assert right["it:"] < LEFT + 150


def test_words_that_a_cell_puts_out_stand_apart_from_the_text(write, to_pdf, boxes):
    cell = write.code("mean", write.shows("text/html", "0.25"))
    [words] = boxes(to_pdf("# Title", "Before.\n\nAbove.", cell, "Below.\n\nAfter.").bytes)
    top = {text: y for text, _, y, *_ in words}
    line = top["Above."] - top["Before."]
    assert top["0.25"] - top["Above."] > line + 5
    assert top["Below."] - top["0.25"] > line + 5
    assert top["After."] - top["Below."] == pytest.approx(line, abs=0.1)


def test_a_heading_is_as_far_from_words_that_a_cell_puts_out_as_from_the_text(write, to_pdf, boxes):
    cell = write.code("mean", write.shows("text/html", "0.25"))
    [words] = boxes(to_pdf("# Title", "Before.", "## First", cell, "## Second", "After.").bytes)
    top = {text: y for text, _, y, *_ in sorted(words, key=lambda word: word[2])}  # after the contents
    assert top["Second"] - top["0.25"] == pytest.approx(top["First"] - top["Before."], abs=0.1)


def test_a_broken_line_of_code_ends_before_the_ground_does(write, to_pdf, boxes):
    code = "#| show-code: true\nxx" + " x" * 60
    ends = [right for text, _, _, right, _ in boxes(to_pdf("# Title", write.code(code)).bytes)[0] if "x" in text]
    assert max(ends) < RIGHT - 3


def test_a_listing_goes_on_over_the_page_at_a_blank_line(boxes, to_pdf):
    filler = "".join(f"- Item {i}\n" for i in range(31))
    parts = ["\n".join(f"part{i}line{j} = 1" for j in range(6)) for i in range(4)]
    pages = boxes(to_pdf("# Part\n\n" + filler, "```python\n" + "\n\n".join(parts) + "\n```").bytes)
    first, second = ({word.partition("line")[0] for word, *_ in page if word.startswith("part")} for page in pages)
    assert (len(first), len(second), len(first | second)) == (2, 2, 4)
    tops = [[top for word, _, top, *_ in page if word.startswith("part")] for page in pages]
    between = [lower - upper for upper, lower in pairwise(tops[0])]
    assert between[5] == pytest.approx(2 * between[0], abs=0.1), "a blank line"


def test_a_listing_does_not_go_on_over_the_page_after_a_colon(boxes, to_pdf):
    filler = "".join(f"- Item {i}\n" for i in range(31))
    body = "\n".join(f"    line{j} = 1" for j in range(20))
    pages = boxes(to_pdf("# Part\n\n" + filler, f"```python\na\nb\nc\nd\ndef step():\n\n{body}\n```").bytes)
    assert to_pdf("# Part", "```\n\n\n\n\n\n\n\na\n```").pages, "a listing may begin with blank lines"
    words = [[word for word, *_ in page] for page in pages]
    assert [page for page in words if "step():" in page] == [page for page in words if "line0" in page]


def test_what_is_left_of_a_line_of_code_begins_further_in_than_the_line(write, to_pdf, boxes):
    code = "#| show-code: true\nif rain:\n    first" + " x" * 60 + "\n    last"
    [words] = boxes(to_pdf("# Title", write.code(code)).bytes)
    [first] = [word for word in words if word[0] == "first"]
    lines = {top: left for text, left, top, *_ in reversed(words) if text == "x"}
    assert len(lines) == 2
    assert min(lines.items())[1] > first[1] + 5
    assert first[1] + 15 < max(lines.items())[1] < first[1] + 25
    assert [word[1] for word in words if word[0] == "last"] == [first[1]]


def test_meanings_of_a_word_stand_below_each_other(to_pdf, boxes):
    [words] = boxes(to_pdf("# Title", "<dl><dt>Rain</dt><dd>One.</dd><dd>Two.</dd></dl>").bytes)
    left = {text: x for text, x, *_ in words}
    assert left["Rain"] < left["One."] == left["Two."]


def test_the_mark_of_a_files_byte_order_is_not_there(write, to_pdf):
    drawing = write.SVG.replace("</svg>", "<text y='40'>Dra\ufeffwn&#xFEFF;</text></svg>")
    shown = write.figure("fig-rain", picture=write.shows("image/svg+xml", drawing))
    author = [{"name": "A\ufeffda"}]
    cells = ["# Ra\ufeffin", "\ufeffIt fa\ufeffll\ufeff.", write.code("x", write.prints("pri\ufeffnted")), shown]
    pdf = to_pdf(*cells, authors=author)
    text = pdf.pages[0].extract_text()
    assert all(word in text for word in ("Rain", "It fall.", "printed", "Drawn", "Ada"))
    assert to_pdf("# A", "Of `\\u{feff}` it *says*.").pages[0].extract_text().count("\\u{feff}") == 1


def test_the_running_head_is_one_line(to_pdf, boxes):
    def head(section):
        _, second, *_ = boxes(to_pdf("# Title", f"## {section}\n\n{WORDS * 200}", "## Last").bytes)
        return {text: bottom for text, _, _, _, bottom in reversed(second) if bottom < TOP - 12}

    cut = head("Wind at all stations " * 9)
    assert cut["Title"] == pytest.approx(cut["Wind"], abs=1) == pytest.approx(cut["…"], abs=1)
    assert cut["Title"] == head("Wind")["Title"]


def test_a_section_that_fits_the_running_head_is_not_cut(to_pdf, boxes):
    title = "# Getting data of finance, and a reader of them"
    section = "## Create a data frame that is called volumes, with all of its values"
    _, second, *_ = boxes(to_pdf(title, f"{section}\n\n{WORDS * 200}", "## Last").bytes)
    head = [text for text, _, _, _, bottom in second if bottom < TOP - 12]
    assert head == [word for line in (title, section) for word in line.split()[1:]]


def test_a_section_that_is_cut_is_not_stretched(to_pdf, boxes):
    _, second, *_ = boxes(to_pdf("# Title", f"## {'201120122013201420152016 ' * 9}\n\n{WORDS * 200}", "## Last").bytes)
    head = [(text, left, right) for text, left, _, right, bottom in second if bottom < TOP - 12]
    assert max(b[1] - a[2] for a, b in pairwise(head) if a[0] == "201120122013201420152016") < 4


def test_an_address_that_is_longer_than_a_line_goes_on_after_a_sign(to_pdf, boxes):
    address = "http://spark.example.org/docs/latest/streaming-programming-guide.html#spark-streaming-programming-guide"
    [words] = boxes(to_pdf("# Title", f"Rain.\n\n<{address}>").bytes)
    lines = [text for text, *_ in words if text in address and len(text) > 2]
    assert "".join(lines) == address
    assert lines[-1] == "programming-guide"


def test_headings_of_the_lower_levels_look_like_the_third(to_pdf):
    levels = "\n\n".join(f"{'#' * level} Words{level}\n\nRain." for level in range(2, 7))
    bold = []
    [page] = to_pdf("# Title", levels).pages
    page.extract_text(visitor_text=lambda text, _, __, font, ___: bold.append(text) if "Bold" in str(font) else None)
    shown = "".join(bold)
    assert [level for level in range(2, 7) if f"Words{level}" in shown] == [2, 3]


def test_a_running_head_that_fits_one_line_is_whole(to_pdf, boxes):
    title = "Programs of the probable rain at all stations, for gardeners, chapter 6"
    section = "Example: many storms in one month"
    _, second, *_ = boxes(to_pdf(f"# {title}", f"## {section}\n\n{WORDS * 200}").bytes)
    assert [text for text, *_, bottom in second if bottom < TOP - 12] == f"{title} {section}".split()


def test_long_code_without_blanks_stays_within_the_margins(to_pdf, boxes, write):
    code = "#| show-code: true\ndef rain(" + ",".join(f"station_{i}=[{i}],depth_{i}={i}" for i in range(9)) + "): pass"
    content = to_pdf("# Title", write.code(code)).bytes
    assert max(right for page in boxes(content) for _, _, _, right, _ in page) < RIGHT + 1
