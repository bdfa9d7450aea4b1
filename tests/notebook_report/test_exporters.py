import re

import pytest
from nbconvert.exporters import get_exporter

from notebook_report.document import prepare
from notebook_report.writing import pdf


def spaced(text):
    return " ".join(text.replace("\u00a0", " ").split())


@pytest.fixture
def rich(write):
    """Return the cells of a notebook with everything that a report shows."""
    note = write.shows("text/markdown", "*Note.* In nats, $\\lambda = 1$.")
    return [
        "# Costs\n\nFirst words with a note.[^n]\n\n[^n]: The note's words.\n",
        write.figure(caption="The *line* falls, $x < 1$.", alt='A "line" & more.', extra=[note]),
        write.table(extra=[note]),
        write.code("#| show-code: true\nshown = '" + "x" * 200 + "'", write.prints("printed \x1b[31mred\x1b[0m")),
        write.code("folded = 2", write.shows("text/plain", "<2>")),
        "## Last\n\n| a | b |\n|:--|--:|\n| c | 1 |\n\nSee <https://example.org>. Last words.",
    ]


def test_html_fetches_nothing(to_html, rich):
    page = to_html(*rich)
    assert "default-src 'none'; img-src data:; media-src data:; font-src data:; style-src 'unsafe-inline'" in page
    assert page.count("<script") == 1
    assert not re.search(r"""\b(src|srcset|action|poster)=(?!"data:)["']""", page)
    assert not re.search(r"<link\b|@import|url\((?!data:)", page)


def test_html_shows_figure_table_and_notes(to_html, rich):
    page = to_html(*rich)
    figure, table = re.findall(r"<figure.*?</figure>", page, re.DOTALL)
    assert 'alt="A &#34;line&#34; &amp; more."' in figure
    assert 'src="data:image/svg+xml,' in figure
    assert "<em>line</em>" in figure
    assert "<em>Note.</em>" in figure
    assert table.index("<figcaption>") < table.index("<table")
    assert len(re.findall(r"<tr\b", table)) == 1 + 2, "pandas' two header rows are one"
    assert "a &amp; #b" in table
    assert 'style="text-align: right; color: light-dark(#e60000, #ff' in table
    assert "dataframe" not in table
    assert 'id="fn-1"' in page
    assert 'href="#fn-1"' in page


def test_html_folds_code_unless_asked_to_show_it(to_html, rich):
    page = to_html(*rich)
    folded = re.findall(r"<details.*?</details>", page, re.DOTALL)
    assert len(folded) == 3
    assert "folded" in folded[2]
    assert not any("shown" in fold for fold in folded)
    assert "shown" in page
    assert "#|" not in page


def test_hidden_cells_show_nowhere(write, to_html, to_pdf):
    cells = ["# A\n\nShown.", write.code("#| hide: true\nsecret_code", write.prints("secret words"))]
    assert "secret" not in to_html(*cells)
    assert "secret" not in to_pdf(*cells).pages[0].extract_text()


def test_title_page_cells_show_their_outputs_before_the_contents(write, to_html, to_pdf):
    cells = [
        "# First",
        "# Second",
        write.code("#| title-page: true\nsome_code", write.shows("text/markdown", "Headline!")),
    ]
    page = to_html(*cells)
    assert page.index("Headline!") < page.index("<nav")
    assert "some_code" not in page
    text = to_pdf(*cells).pages[0].extract_text()
    assert text.index("Headline!") < text.index("Contents")


@pytest.mark.parametrize("n", [0, 1])
def test_a_notebook_may_be_empty_but_for_its_title_page(write, to_html, to_pdf, n):
    cells = [write.code("#| title-page: true\n1", write.shows("text/markdown", "Headline!"))] * n
    assert to_html(*cells).count("Headline!") == n
    assert to_html(*cells).count("<article") == 1
    assert to_pdf(*cells).pages[0].extract_text().count("Headline!") == n


def test_numbers_line_up_and_words_do_not(write, to_html):
    table = (
        "<table><tr><th></th><th>b</th></tr><tr><td>1.25</td><td>x</td></tr><tr><td>-30</td><td>2</td></tr>"
        "<tr><td>7.5</td><td></td></tr></table>"
    )
    page = to_html("# A", write.code("x", write.shows("text/html", table)))
    assert not re.search(r"<th\b[^>]*></th>", page), "a header without words is a plain cell"
    right = [text for text in re.findall(r'<td style="text-align: right;">([^<]*)</td>', page) if text]
    assert right == ["1.25", "-30\u2008\u2007\u2007", "7.5\u2007"]
    assert len(re.findall(r'<td style="text-align: left;">', page)) == 3


def test_numbers_line_up_beside_a_cell_that_reaches_down(write, to_html):
    rows = (
        "<tr><td rowspan=2>x</td><td>1</td><td>2.5</td></tr><tr><td>3</td><td>4</td></tr><tr><td colspan=3>y</td></tr>"
    )
    page = to_html("# A", write.code("x", write.shows("text/html", f"<table>{rows}</table>")))
    assert re.findall(r'<td style="text-align: right;">([^<]*)</td>', page) == ["1", "2.5", "3", "4\u2008\u2007"]


def test_a_row_of_headers_beside_an_empty_corner_is_the_head(write, to_html):
    rows = "<tr><td></td><th>coef</th><th>t</th></tr><tr><th>x</th><td>12.3</td><td>454.</td></tr>"
    rows += "<tr><th>y</th><td>-0.25</td><td>1.5</td></tr>"
    page = to_html("# A", write.code("x", write.shows("text/html", f"<table>{rows}</table>")))
    head, body = page[page.index("<thead") :].split("<tbody>")
    names = [re.findall(r"<th[^>]*>([^<]*)</th>", part) for part in (head, body)]
    assert names == [["coef", "t"], ["x", "y"]]
    right = re.findall(r'<td style="text-align: right;">([^<]*)</td>', page)
    assert right == ["12.3\u2007", "454.\u2007", "-0.25", "1.5"]


def test_the_blanks_below_digits_are_as_bold_as_the_number(write, to_html):
    rows = "".join(f"<tr><td><b>{number}</b></td></tr>" for number in ("1.25", "31"))
    page = to_html("# A", write.code("x", write.shows("text/html", f"<table>{rows}</table>")))
    assert "<strong>31\u2008\u2007\u2007</strong>" in page


def test_numbers_below_a_bound_stand_as_numbers_do(write, to_html):
    rows = "".join(f"<tr><td>{number}</td></tr>" for number in ("0.7596", "&lt;5e-05", "&lt; 0.001"))
    page = to_html("# A", write.code("x", write.shows("text/html", f"<table>{rows}</table>")))
    assert page.count('style="text-align: right;"') == 3


def test_a_number_that_ends_in_a_point_is_no_list(write, tmp_path):
    rows = "".join(f"<tr><td>{number}</td></tr>" for number in ("454.", "1.25"))
    cell = write.code("x", write.shows("text/html", f"<table>{rows}</table>"))
    paper = pdf.source(prepare.notebook(write.notebook("# A", cell), "sample", tmp_path))[0]
    assert "454\\.\u2007\u2007" in paper


def test_powers_of_ten_are_numbers(write, to_html):
    rows = "".join(f"<tr><td>{number}</td></tr>" for number in ("1.0·10⁻¹⁴", "10⁻²³", "0.5"))
    page = to_html("# A", write.code("x", write.shows("text/html", f"<table>{rows}</table>")))
    assert page.count('<td style="text-align: right;">') == 3


def test_a_markdown_table_has_the_widths_that_its_words_need(to_html):
    page = to_html("# A\n\n| a | b |\n|:-|----------:|\n| " + "many words " * 9 + " | 1 |\n")
    assert "<table>" in page
    assert "width" not in page[page.index("<table>") :]


def test_html_leaves_control_sequences_out_and_words_as_words(to_html, rich):
    page = to_html(*rich)
    assert "printed red" in page
    assert "&lt;2&gt;" in page
    assert "\x1b" not in page


def test_code_in_a_language_that_nobody_knows_is_plain(write, to_html):
    assert "x &lt;&lt;- 1" in to_html("# A", write.code("x <<- 1"), language_info={"name": "klingon"})


def test_html_has_a_language_and_a_title(to_html):
    page = to_html("# A", title="Costs & benefits", front={"title": "A <b> title", "language": "de"})
    assert '<html lang="de">' in page
    assert "<title>A &lt;b&gt; title</title>" in page


@pytest.mark.parametrize(
    ("language", "on_paper"),
    [("en", "en"), ("en-GB", "en-GB"), ("zh-Hant-TW", "zh-TW"), ("de-1996", "de"), ("en-x-aa", "en")],
)
def test_the_language_is_that_of_html_and_of_the_pdf_as_far_as_typst_has_it(to_html, to_pdf, language, on_paper):
    assert f'<html lang="{language}">' in to_html("# A", front={"language": language})
    assert to_pdf("# A", front={"language": language}).trailer["/Root"]["/Lang"] == on_paper


def test_a_plain_notebook_is_titled_by_its_metadata_or_its_name(to_html):
    page = to_html("# A", title="Its title", authors=[{"name": "Ada"}])
    assert "<h1>Its title</h1>" in page
    assert "Ada" in page
    assert "<h1>sample</h1>" in to_html("# A", "# B")


def test_pictures_that_are_not_vectors(write, to_html, to_pdf):
    cells = ["# A", write.figure(picture=write.shows("image/png", write.PNG))]
    assert 'src="data:image/png;base64,' in to_html(*cells)
    assert len(to_pdf(*cells).pages[0].images) == 1


def test_vectors_stay_vectors_in_pdf(to_pdf, rich):
    assert not any(page.images for page in to_pdf(*rich).pages)


def test_pdf_reads_in_order(to_pdf, rich):
    # The figure may float; the flow of the text may not.
    text = spaced(" ".join(page.extract_text() for page in to_pdf(*rich).pages))
    words = ["Costs", "First words", "shown", "printed red", "<2>", "Last a b", "Last words."]
    assert [text.find(word) for word in words] == sorted(text.find(word) for word in words)
    assert all(
        word in text for word in [*words, "Figure 1. The line falls", "Table 1. All costs.", "The note's words."]
    )
    assert "folded" not in text


def test_pdf_declares_both_standards_and_tags_alternatives(to_pdf, rich):
    reader = to_pdf(*rich)
    metadata = reader.trailer["/Root"]["/Metadata"].get_object().get_data().decode()
    assert "<pdfuaid:part>1</pdfuaid:part>" in metadata
    assert "<pdfaid:part>2</pdfaid:part>" in metadata
    assert "<pdfaid:conformance>A</pdfaid:conformance>" in metadata
    assert reader.trailer["/Root"]["/Lang"] == "en"
    alternatives = [node["/Alt"] for node in tags(reader.trailer["/Root"]["/StructTreeRoot"]) if "/Alt" in node]
    assert 'A "line" & more.' in alternatives
    assert "x < 1" in alternatives


def tags(node):
    node = node.get_object()
    if isinstance(node, list):
        for child in node:
            yield from tags(child)
    elif isinstance(node, dict):
        yield node
        if "/K" in node:
            yield from tags(node["/K"])


def test_pdf_has_only_fonts_that_it_carries(to_pdf, rich):
    for page in to_pdf(*rich).pages:
        for font in page["/Resources"]["/Font"].values():
            descriptor = font.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
            assert {"/FontFile2", "/FontFile3"} & set(descriptor)


def test_long_words_stay_on_the_page(to_pdf, rich):
    text = "".join(page.extract_text() for page in to_pdf(*rich).pages)
    lines = [line for line in text.split("\n") if "xxxx" in line]
    assert max(map(len, lines)) < 100
    assert "".join(lines).count("x") == 200
    assert "\u200b" not in text, "what is copied is what was written"


def test_same_input_same_bytes(to_html, to_pdf, rich):
    assert to_html(*rich) == to_html(*rich)
    assert to_pdf(*rich).bytes == to_pdf(*rich).bytes


@pytest.mark.parametrize("name", ["html", "pdf"])
def test_nbconvert_finds_an_exporter_by_its_class(write, name):
    exporter = get_exporter(f"notebook_report.exporters.Report{name.upper()}Exporter")()
    cells = ["# A plain notebook\n\nWords.", write.code("1 + 1", write.shows("text/plain", "2"))]
    content, _ = exporter.from_notebook_node(write.notebook(*cells))
    assert content.startswith(b"%PDF" if name == "pdf" else "<!doctype html>")
