"""The HTML file by itself: what it carries, what it refuses to run, and where its links lead."""

import base64
import csv
import hashlib
import io
import re
from html.parser import HTMLParser
from urllib.parse import unquote, unquote_to_bytes

import pytest
from fontTools.ttLib import TTFont

from notebook_report.writing.html import in_parts, numbers, width_in_rem

HOSTILE = """"</td><script>alert(1)</script>' onload='x & <b>"""
PARTS = '<span class="parts">'


class Page(HTMLParser):
    """The elements of a page: `of(tag)` lists the attributes of each; `inside` maps an element's id to its text."""

    def __init__(self, text):
        super().__init__()
        self.text, self.elements = text, []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def of(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture
def page(to_html):
    return lambda *cells, **metadata: Page(to_html(*cells, title="T", **metadata))


@pytest.fixture
def whole_page(to_html_with_typefaces):
    return lambda *cells, **metadata: Page(to_html_with_typefaces(*cells, title="T", **metadata))


@pytest.fixture
def numbered(write):
    """Return a function that makes a figure with numbers beside it."""
    return lambda text, **others: write.figure(
        picture=write.shows("image/svg+xml", write.SVG, **{"text/csv": text}), **others
    )


def policy(page):
    content = next(meta["content"] for meta in page.of("meta") if "http-equiv" in meta)
    return dict(rule.strip().split(" ", 1) for rule in content.split(";"))


def test_only_the_pages_own_script_may_run(page, write):
    made = page("# A", write.figure())
    (script,) = re.findall(r"<script>(.*?)</script>", made.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    rules = policy(made)
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    assert rules["script-src"] == f"'sha256-{digest}'"
    assert rules["img-src"] == rules["font-src"] == "data:"
    assert not [name for _, attributes in made.elements for name in attributes if name.startswith("on")]


def test_nothing_is_fetched(whole_page, numbered):
    made = whole_page("# A\n\n<https://example.org>, $x$ and *words*.", numbered("a,b\n1,2"))
    sources = [v for _, attributes in made.elements for k, v in attributes.items() if k in ("src", "srcset", "poster")]
    assert sources
    assert all(source.startswith("data:") for source in sources)
    assert not made.of("link")
    styles = "".join(re.findall(r"<style>(.*?)</style>", made.text, re.DOTALL))
    assert "@import" not in styles
    assert set(re.findall(r"url\(([a-z]+:)", styles)) == {"data:"}


def test_the_same_notebook_gives_the_same_bytes(to_html, numbered):
    cells = ["# A\n\nWords in *two* **faces**, $x = \\sqrt{2}$.", numbered("a,b\n1,2")]
    assert to_html(*cells) == to_html(*cells)


def test_a_drawing_is_carried_as_it_is_and_as_large_as_its_words(page, write):
    (image,) = page("# A", write.figure()).of("img")
    kind, _, content = image["src"].partition(",")
    assert kind == "data:image/svg+xml"
    assert unquote(content) == write.SVG
    assert "#" not in content, "a browser would end the drawing there"
    assert image["style"] == "--wide: 8.57rem", "90 points are 8.57 times the 10.5 points of the words on paper"


def test_a_print_that_begins_with_an_empty_line_has_it(to_html, write):
    page = to_html("# Title", write.code("x", write.prints("\nrain")))
    assert ">\n\nrain</pre>" in page, "a browser drops the first one"


@pytest.mark.parametrize(
    ("width", "rem"), [("105pt", 10), ("140px", None), ("140", None), ("100%", None), (None, None)], ids=str
)
def test_a_drawing_in_points_is_as_wide_as_the_size_of_words_asks_for(width, rem):
    given = f' width="{width}"' if width else ""
    assert width_in_rem(f'<?xml version="1.0"?><svg{given} height="9pt"><rect width="30pt"/></svg>') == rem


def faces(made):
    """Return a dict: for each face that the page defines, family, weight and style, its font."""
    rules = re.findall(r"@font-face \{ (.*?); src: url\(data:font/woff;base64,(\S*?)\)", made.text)
    fonts = {}
    for described, content in rules:
        values = dict(pair.split(": ") for pair in described.split("; "))
        face = values["font-family"].strip('"'), values["font-weight"], values["font-style"]
        fonts[face] = TTFont(io.BytesIO(base64.b64decode(content)))
    return fonts


WORDS, FORMULAS = "Libertinus Serif", "STIX Two Math"


def test_each_face_holds_the_characters_that_are_set_in_it(whole_page):
    made = whole_page("# Zoë’s\n\n## Kept\n\nJa *qu* **wv** ***k*** `§` $x h = \\sqrt{\\alpha - \\Gamma}, \\mathbb{R}$")
    held = {face: {chr(point) for point in font.getBestCmap()} for face, font in faces(made).items()}
    assert set("Zoë’sJa") <= held[WORDS, "400", "normal"]
    assert set("qu") == held[WORDS, "400", "italic"]
    assert set("Kept1. wv") - {" "} <= held[WORDS, "700", "normal"]
    assert set("k") == held[WORDS, "700", "italic"]
    # Single letters are set in italics of their own; h is the one that had a place before them.
    assert set("𝑥ℎ=√𝛼−ℝ") <= held[FORMULAS, "400", "normal"]
    assert not set("xhα") & held[FORMULAS, "400", "normal"]
    assert not any("§" in characters for characters in held.values()), "code is set in a face of the reader's own"


def test_an_address_that_print_writes_out_has_its_characters(whole_page):
    made = whole_page("# A\n\n[here](https://example.org/QZ)")
    assert set("QZ:/") <= {chr(point) for point in faces(made)[WORDS, "400", "normal"].getBestCmap()}


def test_brackets_and_roots_come_in_all_sizes(whole_page):
    made = whole_page("# A\n\n$$\\left( \\sqrt{\\sum_i x_i} \\right)$$")
    font = faces(made)[FORMULAS, "400", "normal"]
    variants = font["MATH"].table.MathVariants
    growing = [*variants.VertGlyphCoverage.glyphs]
    assert {font.getBestCmap()[ord(character)] for character in "()√∑"} <= set(growing)
    assert all(construction.VariantCount > 1 for construction in variants.VertGlyphConstruction)


def test_a_face_that_no_word_needs_is_not_carried(whole_page):
    assert set(faces(whole_page("# A\n\nWords."))) == {(WORDS, "400", "normal")}


def test_numbers_stand_under_their_figure(page, numbered):
    made = page("# A", numbered("name,step,cost\nfirst,1,0.25\nsecond,2,0.125\n"))
    block = made.text[made.text.index('<details class="numbers">') :]
    assert "<summary>Numbers of Figure 1</summary>" in block
    assert made.text.index("</figure>") < made.text.index('<details class="numbers">')
    rows = re.findall(r"<tr>(.*?)</tr>", block)
    assert [re.sub(r"<[^>]*>", "|", row) for row in rows] == [
        "|name||step||cost|",
        "|first||1||0.25|",
        "|second||2||0.125|",
    ]
    assert rows[0].startswith('<th scope="col" class="words">name</th><th scope="col">step</th>')
    assert rows[1].startswith('<th scope="row" class="words">first</th><td>1</td>')


def test_numbers_come_as_a_file_with_every_row(page, numbered):
    text = "i,ä\n" + "".join(f'{i},"a, ""{i}"""\n' for i in range(201))
    made = page("# A", numbered(text))
    (link,) = [link for link in made.of("a") if "download" in link]
    assert link["download"] == "fig-line.csv"
    kind, _, content = link["href"].partition(",")
    assert kind == "data:text/csv;charset=utf-8"
    assert unquote_to_bytes(content).decode() == text
    assert made.text.count("<tr><td>") == 200
    assert "all 201 rows; here are the first 200" in made.text
    assert "are the first" not in page("# A", numbered("i\n" + "1\n" * 200)).text


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_of_numbers_may_end_as_they_like(page, numbered, end):
    made = page("# A", numbered(end.join(["i", "1", "2", ""])))
    assert made.text.count("<tr><td>") == 2


def test_a_figure_without_numbers_has_none(page, write):
    assert not [d for d in page("# A", write.figure()).of("details") if d.get("class") == "numbers"]


@pytest.mark.parametrize(("text", "rows"), [("\n", 0), ("only,names\n", 0), ("a,b\n1\n\n1,2,3\n", 2)], ids=repr)
def test_odd_numbers_do_no_harm(page, numbered, text, rows):
    assert numbers(text)["n"] == rows
    assert "Numbers of Figure 1" in page("# A", numbered(text)).text


def test_what_is_hostile_stays_text(page, numbered):
    cells = io.StringIO()
    csv.writer(cells).writerows([[HOSTILE, "b"], [HOSTILE, 1]])
    front = {"title": HOSTILE, "subtitle": HOSTILE, "authors": [HOSTILE], "facts": [[HOSTILE, HOSTILE]]}
    alt = "'" + HOSTILE.replace("'", "''") + "'"
    made = page("# A", numbered(cells.getvalue(), alt=alt), front=front)
    assert len(made.of("script")) == 1
    assert not made.of("b")
    assert not [name for _, attributes in made.elements for name in attributes if name.startswith("on")]
    assert made.of("img")[0]["alt"] == HOSTILE
    assert [meta["content"] for meta in made.of("meta") if meta.get("name") == "author"] == [HOSTILE]


def test_every_place_has_a_link_to_itself(page, write):
    cells = [
        "# First\n\n$$x^2 \\label{eq-square}$$",
        "## Part “*q*” & $\\lambda$",
        write.tagged('## Not `"numbered"`', "unnumbered"),
        write.figure(),
        write.table(),
        write.tagged("# More\n\n## Still more", "appendix"),
    ]
    made = page(*cells)
    links = {link["aria-label"]: link["href"] for link in made.of("a") if link.get("aria-label", "").startswith("Link")}
    assert links == {
        "Link to Section 1": "#h-first",
        "Link to Equation 1": "#eq-square",
        "Link to Section 1.1": "#h-part-q-lambda",
        'Link to “Not "numbered"”': "#h-not-numbered",
        "Link to Figure 1": "#fig-line",
        "Link to Table 1": "#tab-costs",
        "Link to Appendix A": "#h-more",
        "Link to Appendix A.1": "#h-still-more",
    }
    ids = [attributes["id"] for _, attributes in made.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {href[1:] for href in links.values()} <= set(ids)


def test_every_link_within_the_page_leads_somewhere(page, write, numbered):
    made = page("# A\n\n[Figure 1](#fig-line), [Section 1](#A).[^n]\n\n[^n]: A note.", numbered("a\n1"), "## B")
    ids = {attributes.get("id") for _, attributes in made.elements}
    inner = [link["href"][1:] for link in made.of("a") if link["href"].startswith("#")]
    assert len(inner) > 8
    assert set(inner) <= ids


def test_the_appendix_is_lettered_in_the_text_and_in_the_contents(page, write):
    text = page("# First", write.tagged("# More", "appendix")).text
    contents, article = text.split("<article", 1)
    assert '<a href="#h-more"><span class="number">A</span> <span>More</span></a>' in contents
    assert '<span class="number">Appendix A</span> <span>More<a' in article


def test_works_cited_stand_between_the_text_and_the_notes(page):
    works = "@article{smith2017, author={Leslie N. Smith}, title={Cyclical <b>rates</b>}, journal={WACV}, year={2017}}"
    front = {"title": "T", "bibliography": works}
    made = page("# A\n\nAs in ([Smith 2017](#cite-smith2017)).[^n] Last words.\n\n[^n]: A note.", front=front)
    assert '<a href="#references"><span>References</span></a>' in made.text[: made.text.index("<article")]
    assert 'href="#ref-smith2017"' in made.text
    order = ["Last words", '<h2 id="references">', '<li id="ref-smith2017">', '<h2 id="notes">']
    assert [made.text.index(words) for words in order] == sorted(made.text.index(words) for words in order)
    assert "references" not in page("# A").text[page("# A").text.index("<body>") :]


def test_a_wide_thing_scrolls_in_a_frame_that_keyboards_reach_and_that_has_a_name(page, write, numbered):
    made = page(
        "# A\n\n$$x$$\n\n$a+b$ or $abcd + efgh + ijkl + mnop + qrst + uvw$\n\n```python\n1\n```",
        numbered("a\n1"),
        write.table(),
        write.code("2"),
    )
    frames = [attributes for _, attributes in made.elements if attributes.get("role") == "group"]
    names = {"Equation", "Formula", "Code", "Figure 1", "Numbers of Figure 1", "Table 1"}
    assert {frame["aria-label"] for frame in frames} == names
    assert made.text.count('aria-label="Formula"') == 1
    assert {frame["tabindex"] for frame in frames} == {"0"}


def test_switches_are_hidden_until_the_script_runs(page):
    buttons = {button["id"]: button for button in page("# A").of("button") if "id" in button}
    assert set(buttons) == {"code-switch", "theme-switch"}
    assert all("hidden" in button for button in buttons.values())
    assert buttons["code-switch"]["aria-pressed"] == "false"


def test_a_task_lists_boxes_cannot_be_ticked(page):
    boxes = page("# A\n\n- [x] done\n- [ ] open").of("input")
    assert [("checked" in box, "disabled" in box) for box in boxes] == [(True, True), (False, True)]


def test_a_number_in_a_column_keeps_what_it_is_made_of(page, write):
    cells = ["<a href='https://a.example/1'>1</a>", "<b>2</b>", "3<sup>4</sup>", "<ul><li>5</li></ul>", "1.25"]
    table = "".join(f"<tr><td>{cell}</td></tr>" for cell in cells)
    text = page("# A", write.code("", write.shows("text/html", f"<table>{table}</table>"))).text
    gap = "\u2008\u2007\u2007"
    for words in (f'<a href="https://a.example/1">1</a>{gap}', f"<strong>2{gap}</strong>", f"3<sup>4</sup>{gap}"):
        assert f'<td style="text-align: right;">{words}</td>' in text
    assert "<li>5</li>" in text


def test_the_names_of_rows_are_header_cells(to_html, write):
    group = '<tr><th rowspan="2">north</th><th>rain</th><td>1</td></tr><tr><th>snow</th><td>2</td></tr>'
    table = f"<table><thead><tr><th></th><th></th><th>days</th></tr></thead><tbody>{group}</tbody></table>"
    page = to_html("# A", write.code("frame", write.shows("text/html", table)))
    assert re.findall(r"<(t[dh])[^>]*>(north|rain|snow|1|2)<", page) == [
        *(("th", "north"), ("th", "rain"), ("td", "1")),
        *(("th", "snow"), ("td", "2")),
    ]


def test_blanks_in_the_place_of_digits_are_as_wide_as_these(whole_page, write):
    rows = "".join(f"<tr><td>{number}</td></tr>" for number in ("1.25", "30"))
    for font in faces(whole_page("# A", write.code("x", write.shows("text/html", f"<table>{rows}</table>")))).values():
        widths = {sign: font["hmtx"][glyph][0] for sign, glyph in font.getBestCmap().items()}
        if 0x2007 in widths:
            assert (widths[0x2007], widths[0x2008]) == (widths[ord("0")], widths[ord(".")])
            return
    pytest.fail("no face has the blanks")


def test_the_sign_of_a_name_in_a_table_stays_with_it(to_html, write):
    table = "<table><tr><th>-log2(p)</th><th>a - b</th></tr><tr><td>-1</td><td>2</td></tr></table>"
    page = to_html("# A", write.code("x", write.shows("text/html", table)))
    assert '<span class="whole">-log2(p)</span>' in page
    assert page.count('class="whole"') == 1


def test_hyphens_that_stand_for_a_dash_stay_together(to_html):
    page = to_html("# Rain -- Snow", "It rains -- and snows --- and `a -- b`.")
    assert page.count('<span class="whole">--</span>') == 2
    assert page.count('<span class="whole">---</span>') == 1


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        (
            "2-MultipleDispatch&Ecosystem of <b>",
            f"{PARTS}2-<wbr>Multiple<wbr>Dispatch&amp;<wbr>Ecosystem</span> of &lt;b&gt;",
        ),
        ("my_long_notebook.v2", f"{PARTS}my_<wbr>long_<wbr>notebook.<wbr>v2</span>"),
        ("v2017.123456789", "v2017.123456789"),
        ("Rain – a year", "Rain\u00a0– a year"),
        ("Rain-fed HiFi fields", "Rain-fed HiFi fields"),
    ],
)
def test_a_long_word_of_a_title_breaks_where_its_parts_begin(title, shown):
    assert in_parts(title) == shown


def test_a_tables_own_caption_stands_before_it_in_both(to_html, to_pdf, write):
    table = write.code("", write.shows("text/html", "<table><caption>Rain</caption><tr><td>1</td></tr></table>"))
    page = to_html("# A", table)
    assert page.index("Rain") < page.index("<table")
    assert "Rain" in to_pdf("# A", table).pages[0].extract_text()


@pytest.mark.parametrize(
    ("text", "shown"),
    [("Of $x$, so.", "</math>,</span> so"), ("($x$)-axes.", "</math>)-</span>axes"), ("Of $x$ (so).", "</math> (so")],
)
def test_no_line_ends_between_a_formula_and_the_signs_at_it(to_html, text, shown):
    page = to_html(f"# A\n\n{text}")
    assert shown in page
    assert ('<span class="whole">' in page) == ("</span>" in shown)
    assert ".whole { white-space: nowrap; }" in page


def test_no_line_ends_between_a_bracket_and_its_formula(to_html):
    assert 'Of <span class="whole">(<math' in to_html("# A\n\nOf ($x$ and).")


def test_no_line_ends_between_a_formula_and_the_letters_at_it(to_html):
    page = to_html("# A\n\nIn km$^3$/year so.")
    assert 'In <span class="whole">km<math' in page
    assert "</math>/year</span> so" in page


@pytest.mark.parametrize(("columns", "is_long"), [(3, False), (9, True)])
def test_a_text_in_a_table_of_many_columns_keeps_some_width(write, to_html, columns, is_long):
    cells = "<td>1</td>" * columns + f"<td>{'rain ' * 9}</td>"
    page = to_html("# A", write.code("frame", write.shows("text/html", f"<table><tr>{cells}</tr></table>")))
    assert ('class="long"' in page) == is_long


def test_a_few_letters_of_code_with_a_hyphen_stay_on_one_line(to_html):
    page = to_html(f"# A\n\n`-f ipynb`, `few` and `{'long-' * 5}name`")
    assert '<code class="whole">-f ipynb</code>, <code>few</code>' in page
    assert page.count('class="whole"') == 1
