import re
from html import unescape

import pytest
from nbformat.v4 import new_output

from notebook_report import problems
from notebook_report.document import prepare
from notebook_report.document.crossref import Numbers
from notebook_report.document.front import Front
from notebook_report.errors import NotebookError
from notebook_report.reading.trees import pandoc
from notebook_report.reading.trees.pandoc_ast import elements, plain
from notebook_report.writing import html

TEXT = r"""# First

See [figure 1](#fig-line), [Table 1](#tab-costs), [section 2](#Second) and [equation 2](#eq-two); Figures
[1](#fig-line) and ([1](#eq-one)).

## Sub

$$ a = 1 \label{eq-one} $$

\begin{equation} b = 2 \label{eq-two} \end{equation}

$$ c = 3 $$
"""
SAID = "See figure 1, Table 1, section 2 and equation 2; Figures 1 and (1)."


def words(html):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", html)).replace("\u00a0", " ").replace("¶", "")


@pytest.fixture
def cells(write):
    """Return a notebook's cells with one of everything that has a number."""
    return [
        TEXT,
        write.figure(caption="'See also [table 1](#tab-costs).'"),
        write.table(),
        "# Second\n\n## Sub\n\nEnd.",
    ]


@pytest.fixture
def report(write):
    """Return a function that exports a report of notebooks, given as name=cells, and returns the page."""

    def export(abstract="", **notebooks):
        named = [(name, write.notebook(*cells)) for name, cells in notebooks.items()]
        document = prepare.report(named, Front(title="All", abstract=abstract))
        problems.stop(document.problems)
        return html.write(document)

    return export


def test_references_lead_to_what_they_name_in_html(to_html, cells):
    page = to_html(*cells)
    assert SAID in words(page)
    assert "figure\u00a01" in page, "a number stays on the line of its word"
    for label in ("fig-line", "tab-costs", "h-second", "eq-one", "eq-two"):
        assert page.count(f'id="{label}"') == 1
        assert f'href="#{label}"' in page
    assert "Figure 1. See also table 1." in words(page)
    assert page.count('aria-label="Equation"') == 1, "an equation without label has no number"


def test_references_say_the_same_in_pdf(to_pdf, cells):
    reader = to_pdf(*cells)
    text = " ".join(page.extract_text() for page in reader.pages).replace("\u00a0", " ")
    assert SAID in " ".join(text.split())
    assert "(2)" in text
    titles = [entry.title for entry in reader.outline if not isinstance(entry, list)]
    assert [title.split() for title in titles] == [["1", "First"], ["2", "Second"]]
    links = [annotation.get_object() for page in reader.pages for annotation in page.get("/Annots", ())]
    assert len(links) >= 6 + 4, "references and contents are links"


@pytest.mark.parametrize("anchor", ["Which-way?-It's-λ", "which-way-its-λ", "Which-way%3F-It's-%CE%BB"])
def test_a_heading_is_found_by_the_anchors_of_jupyter_and_github(to_html, anchor):
    page = to_html(f"# First\n\nSee [the way](#{anchor}).", "# Which way? It's λ")
    assert '<a href="#h-which-way-its-λ">the way</a>' in page


@pytest.mark.parametrize("address", ["#top", "#Top"])
def test_top_is_the_title_as_in_any_page(to_html, to_pdf, address):
    cells = ("# Rain", "## Days\n\nMuch.", f"## Years\n\n[Up]({address})")
    assert '<a href="#top">Up</a>' in to_html(*cells)
    assert 'id="top"' in to_html(*cells)
    reader = to_pdf(*cells)
    link = reader.pages[0]["/Annots"][-1].get_object()
    assert link["/Dest"][3] > reader.named_destinations["h-days"].top, "the height on the page, in points"


def test_top_is_what_an_author_calls_so(to_html):
    page = to_html("# Rain\n\nMuch.", '<a name="top"></a>\n\n## Days\n\n[Up](#top)')
    assert '<a href="#h-top">Up</a>' in page


def test_of_headings_with_the_same_words_the_first_of_the_notebook_is_meant(report):
    text = "# Two\n\nSee [section 2.1](#Method) and [section 1.1](./one.ipynb#Method)."
    page = report(one=["# One\n\n## Method", "## Method"], two=[text, "## Method"])
    assert '<a href="#h-method-3">section\u00a02.1</a> and <a href="#h-method">section\u00a01.1</a>' in page


def test_other_notebooks_are_sections_and_hold_what_is_labelled(report, write):
    text = "# One\n\nIn [Section 2](two.ipynb), [figure 1](two.ipynb#fig-line), [equation 1](two.ipynb#eq-a)."
    abstract = "See [figure 1](#fig-line) and [section 2](two.ipynb#Two)."
    page = report(abstract, one=[text], two=["# Two\n\n$$ a \\label{eq-a} $$", write.figure()])
    assert "In Section 2, figure 1, equation 1." in words(page)
    assert "See figure 1 and section 2." in words(page)


def test_headings_are_numbered_and_their_ids_unique(to_html, cells):
    page = to_html(*cells)
    headings = re.findall(r"<h[23][^>]*>(.*?)</h[23]>", page)
    assert [words(h) for h in headings if "number" in h] == ["1 First", "1.1 Sub", "2 Second", "2.1 Sub"]
    ids = re.findall(r' id="([^"]*)"', page)
    assert len(ids) == len(set(ids))


def test_the_link_of_a_heading_without_number_is_called_as_that_is(write, to_html):
    assert "Link to “Rain's t-test”" in unescape(to_html("# A", write.tagged("## Rain's $t$-test", "unnumbered")))


def test_headings_of_a_cell_tagged_unnumbered_have_no_number(write, to_html):
    page = to_html(write.tagged("# Preface", "unnumbered"), "# One")
    assert "1 One" in words(page)
    assert "1 Preface" not in words(page)


def test_title_page_cells_are_numbered_first(write, to_html):
    early = write.table("tab-headline")
    early.source = early.source.replace("#| label", "#| title-page: true\n#| label")
    page = to_html("# A\n\n[Table 1](#tab-headline), [Table 2](#tab-costs)", write.table(), early)
    assert "Table 1, Table 2" in words(page)
    assert page.index("tab-headline") < page.index("<article")


@pytest.mark.parametrize(
    ("link", "sentence"),
    [
        ("[figure 2](#fig-line)", "leads to what is figure 1"),
        ("[FIG. 2](#fig-line)", "leads to what is figure 1"),
        ("[table 1](#fig-line)", "leads to what is figure 1"),
        ("[2](#fig-line)", "leads to what is figure 1"),
        ("[see figure 12, above](#fig-line)", "leads to what is figure 1"),
        ("[section 1](#Part)", "leads to what is section 1.1"),
        ("[appendix A](#Part)", "leads to what is section 1.1"),
        ("[section 1.1.1.1](#Deep)", "leads to a heading without a number"),
        ("[figure 1](#fig-none)", "leads to nothing in the report"),
        ("[words](#eq-none)", "leads to nothing in the report"),
        ("[section 2](02-other.ipynb)", "leads to a notebook that is no part of this"),
        ("[section 2](02-other.ipynb#Part)", "leads to a notebook that is no part of this"),
        ("[figure 1](../sample.ipynb#fig-line)", "leads to a notebook that is no part of this"),
        ("[figure 1](02-other.ipynb#fig-line)", "leads to a notebook that is no part of this"),
    ],
)
def test_a_reference_that_is_wrong_is_a_problem(write, to_html, link, sentence):
    with pytest.raises(NotebookError) as error:
        to_html(f"# A\n\nSee {link}.", "## Part\n\n### More\n\n#### Deep\n\n# B", write.figure())
    assert str(error.value) == f"sample.ipynb, cell 1: `{link}` {sentence}."


@pytest.mark.parametrize(
    "link", ["[the figure](#fig-line)", "[3 lines](#fig-line)", "[Figures](#fig-line)", "[A plot](#fig-line)"]
)
def test_words_that_name_no_number_are_the_authors(write, to_html, link):
    assert f'<a href="#fig-line">{link[1 : link.index("]")]}</a>' in to_html(
        "# A\n\n# B", f"See {link}.", write.figure()
    )


def test_a_notebook_on_the_network_is_none_of_the_report(to_html):
    page = to_html("# A\n\n# B", "See [figure 7](https://a.example/sample.ipynb#fig-line).")
    assert '<a href="https://a.example/sample.ipynb#fig-line">figure 7</a>' in page


def test_all_wrong_references_are_named_at_once(to_html):
    with pytest.raises(NotebookError) as error:
        to_html("# A\n\n[figure 1](#fig-a)", "# B\n\n[section 1](#B), again [section 1](#B)")
    assert str(error.value).splitlines() == [
        "sample.ipynb, cell 1: `[figure 1](#fig-a)` leads to nothing in the report.",
        "sample.ipynb, cell 2: `[section 1](#B)` leads to what is section 2.",
    ]


def test_a_wrong_number_is_repaired():
    numbers, link = Numbers(), [{"t": "Str", "c": "Figures"}, {"t": "SoftBreak"}, {"t": "Str", "c": "7,12"}]
    numbers.label("fig-a", "fig", "here")
    told = numbers.refer([{"t": "Link", "c": [["", [], []], link, ["#fig-a", ""]]}], "here")
    assert [leaf["c"] for leaf in told[0]["c"][1]] == ["Figures", "\u00a0", "1,12"]
    assert [str(problem) for problem in numbers.problems] == [
        "here: `[Figures 7,12](#fig-a)` leads to what is figure 1."
    ]


def test_a_duplicate_label_is_refused(write, to_html):
    with pytest.raises(NotebookError, match=r"cell 3: the label `fig-line` is taken already by sample.ipynb, cell 2"):
        to_html("# A", write.figure(), write.figure())


def test_a_skipped_level_is_a_problem_and_the_heading_moves_up(alone):
    document = alone("# A", "### Deep", "## B", "# C")
    assert [(heading.level, heading.number) for heading in document.numbers.headings] == [
        (1, "1"),
        (2, ""),
        (2, "1.1"),
        (1, "2"),
    ]
    (problem,) = document.problems
    assert str(problem) == "sample.ipynb, cell 2: the heading “Deep” skips from level 1 to 3."


def test_headings_of_one_level_that_skip_stand_side_by_side(alone):
    document = alone("# A", "### Deep", "### Deep too", "#### Below", "# C")
    assert [heading.number for heading in document.numbers.headings] == ["1", "1.1", "1.2", "1.2.1", "2"]
    assert len(document.problems) == 1


def test_a_footnote_of_a_heading_stands_below_it(alone):
    document = alone("# Part[^n]\n\n[^n]: A note.", "# Other")
    blocks = document.parts[0].prose.document["blocks"]
    assert [block["t"] for block in blocks] == ["Header", "Para"]
    assert [plain(block) for block in blocks] == ["Part", "A note."]


@pytest.mark.parametrize(
    "target",
    ['<a id="Beds"></a>\n\nWords', '<a name="Beds"></a>Words', '<p id="Beds">Words</p>', '## <a id="Beds"></a>Rows'],
)
def test_a_link_leads_to_what_an_author_has_named(alone, target):
    document = alone("# A\n\n[there](#Beds)", "# B", target)
    assert document.problems == []
    (link,) = elements(document.parts[0].prose.document, "Link")
    goal = link["c"][2][0].removeprefix("#")
    assert goal in {"h-beds", "h-rows"}
    there = elements(document.parts[2].prose.document, "Span", "Div", "Header")
    assert goal in {element["c"][1][0] if element["t"] == "Header" else element["c"][0][0] for element in there}


@pytest.mark.parametrize("named", ['<a name="Task_1"></a>Words', '## <a name="Task_1"></a> $x$ Task'])
def test_other_pages_lead_to_what_an_author_has_named(to_html, named):
    page = to_html("# A", named, f"# B\n\n{named}")
    assert page.count('<span id="h-task_1"></span>') == page.count('<span id="h-task_1-2"></span>') == 1
    assert "Link to “ " not in unescape(page)


def test_a_heading_keeps_its_id_beside_an_anchor_of_its_name(to_html):
    page = to_html('# A\n\n[there](#days)\n\n<a name="days"></a>\n\n# Days')
    assert re.search('<h2[^>]* id="h-days"', page)
    assert '<a href="#a-days">there</a>' in page


def test_names_of_blocks_leave_the_paper_as_it_is(to_pdf):
    head = "|" + "".join(f" column{i} |" for i in range(22))
    rows = f"{head}\n|{'--|' * 22}\n{head.replace('column', 'value1234.5 ')}"
    plain, named = (to_pdf("# A", text).pages[0].extract_text() for text in (rows, f'<div id="k">\n\n{rows}\n\n</div>'))
    assert plain == named


def test_names_of_authors_are_in_nobodys_way(to_html, to_pdf):
    cells = '# A <a id="x"></a>\n\n<i id="x">a</i> <i id="text">b</i> [t](#text) [v](#x)', '# B\n\n<p id="x">c</p>'
    names = re.findall(r'\bid="([^"]*)"', to_html(*cells))
    assert len(names) == len(set(names))
    assert to_pdf(*cells).pages


def test_a_link_finds_headings_of_the_same_words_as_github_numbers_them(alone):
    document = alone("# A\n\n[second](#same-1)", "# Same", "# Same")
    (link,) = elements(document.parts[0].prose.document, "Link")
    assert link["c"][2][0] == "#h-same-2"
    assert document.problems == []


def test_a_link_to_the_title_leads_to_the_top(alone):
    document = alone("# My Title", "[up](#My-Title)")
    (link,) = elements(document.parts[1].prose.document, "Link")
    assert link["c"][2][0] == "#h-my-title"


def test_a_link_to_another_notebook_leads_to_its_page_in_html_and_is_words_on_paper(alone):
    document = alone(
        "[next](02-next.ipynb#sec-Two-Beds), [fig](../b.ipynb#fig-a), [b](b.ipynb), [c](c.ipynb#h-a)"
        " and [data](data/a.csv)"
    )
    assert {problem.code for problem in document.problems} == {"link-local"}
    (page,), _ = pandoc.write([document.parts[0].prose.document], ["here"], "html")
    links = ["02-next.html#h-sec-two-beds", "../b.html#fig-a", "b.html", "c.html#h-a", "data/a.csv"]
    assert re.findall('href="(.*?)"', page) == links
    (paper,), _ = pandoc.write([document.parts[0].prose.document], ["here"], "typst")
    assert paper.strip() == "next, fig, b, c and data"


def test_two_figures_of_one_label_are_a_problem(write, alone):
    document = alone("# A", write.figure(), write.figure())
    assert [problem.code for problem in document.problems] == ["label-taken"]


def test_a_reference_in_a_heading_is_no_link_in_the_contents(to_html):
    page = to_html("# First", "# After [section 1](#First)")
    contents = page[page.index("<nav") : page.index("</nav>")]
    assert "After section" in contents
    assert contents.count('href="#h-first"') == 1


def test_a_heading_in_an_output_is_refused(write, to_html):
    with pytest.raises(NotebookError, match="the heading “Sub” must stand in a Markdown cell"):
        to_html("# A", write.code("x", write.shows("text/markdown", "## Sub")))


def test_a_caption_of_two_paragraphs_is_refused(write, to_html):
    with pytest.raises(NotebookError, match="the caption of `fig-line` must be one paragraph"):
        to_html("# A", write.figure(caption="|\n#|   One.\n#|\n#|   Two."))


@pytest.mark.parametrize("label", ["fig-a", "tab-a"])
def test_a_label_on_the_wrong_output_is_refused(write, to_html, label):
    alt = "#| alt: x\n" if label == "fig-a" else ""
    cell = write.code(f"#| label: {label}\n#| caption: x\n{alt}1", write.prints("no picture"))
    with pytest.raises(NotebookError, match=f"`{label}` must show one"):
        to_html("# A", cell)


def test_a_labelled_cell_shows_nothing_else_but_notes(write, to_html):
    with pytest.raises(NotebookError, match="`fig-line` must show one figure and then at most Markdown notes"):
        to_html("# A", write.figure(extra=[write.prints("more words")]))


@pytest.mark.parametrize(
    ("kind", "form"),
    [("execute_result", "text/plain"), ("display_data", "text/plain"), ("display_data", "image/png")],
)
def test_a_refusal_of_what_stands_beside_a_figure_says_what_to_do(write, to_html, kind, form):
    advice = f"{form}; end the last line of the code with `;`, leave the rest out, or move it to other cells"
    content = write.PNG if form == "image/png" else "[<matplotlib.lines.Line2D at 0x7f>]"
    with pytest.raises(NotebookError, match=f"but shows: image/svg\\+xml, {advice}"):
        to_html("# A", write.figure(extra=[new_output(kind, data={form: content})]))


def test_progress_bars_do_not_count_as_outputs_of_a_labelled_cell(write, to_html):
    cell = write.figure()
    cell.outputs.insert(0, write.prints("46%|", "stderr"))
    assert "Figure 1" in words(to_html("# A", cell, front={}))


@pytest.fixture
def with_appendix(write):
    return [
        "# Text\n\nSee [appendix A](#Costs) and [appendix A.1](#Part).",
        write.tagged("# Costs\n\n## Part", "appendix"),
        "# More",
    ]


def test_an_appendix_has_letters(with_appendix, to_html, to_pdf):
    page = to_html(*with_appendix)
    headings = re.findall(r"<h[23][^>]*>(.*?)</h[23]>", page)
    assert [words(h) for h in headings if "number" in h] == [
        "1 Text",
        "Appendix A Costs",
        "A.1 Part",
        "Appendix B More",
    ]
    assert "See appendix A and appendix A.1." in words(page)
    titles = [entry.title for entry in to_pdf(*with_appendix).outline if not isinstance(entry, list)]
    assert [title.split() for title in titles] == [["1", "Text"], ["A", "Costs"], ["B", "More"]]


def test_after_appendix_z_comes_appendix_aa(write, to_html, to_pdf):
    cells = [write.tagged("# A" + "\n\n# B" * 26 + "\n\n## Part", "appendix"), "See [Appendix AA.1](#Part)."]
    page = to_html(*cells)
    headings = [words(h) for h in re.findall(r"<h[23][^>]*>(.*?)</h[23]>", page)]
    assert headings[-4:-1] == ["Appendix Y B", "Appendix Z B", "Appendix AA B"]
    assert headings[-1] == "AA.1 Part"
    assert "See Appendix AA.1." in words(page)
    outline = [entry.title for entry in to_pdf(*cells).outline if not isinstance(entry, list)]
    assert outline[-1].split() == ["AA", "B"]


def test_a_part_of_an_appendix_without_a_number_is_not_of_the_last(write, to_html):
    page = to_html(write.tagged("# A", "appendix", "unnumbered"), "## B\n\n# C")
    assert "Z.1" not in words(page)
    assert "Appendix A C" in words(page)


def test_any_number_of_headings_may_have_the_same_words():
    numbers = Numbers()
    for _ in range(10_001):
        numbers.prose({"blocks": [{"t": "Header", "c": [1, ["", [], []], [{"t": "Str", "c": "A"}]]}]}, "here")
    ids = [heading.id for heading in numbers.headings]
    assert ids[:3] == ["h-a", "h-a-2", "h-a-3"]
    assert len(set(ids)) == 10_001


def test_a_heading_too_deep_for_a_number_and_one_below_a_heading_without_are_no_skips(write, to_html):
    page = to_html(write.tagged("# A", "unnumbered"), "## B\n\n### C\n\n#### D\n\n##### E\n\n# F\n\n## G")
    headings = [words(h) for h in re.findall(r"<h[2-6][^>]*>(.*?)</h[2-6]>", page)]
    assert [h for h in headings if h[:1].isdigit() or h in "ADE"] == ["A", "0.1 B", "0.1.1 C", "D", "E", "1 F", "1.1 G"]


def test_the_old_marks_are_words_like_any_other(to_html):
    assert "Title {#sec-x} of @fig-x and [@smith]" in words(to_html("# A\n\n# Title {#sec-x} of @fig-x and [@smith]"))


def test_a_second_title_is_shown(write):
    document = prepare.report([("a", write.notebook("# One\n\n# Two"))], Front(title="All"))
    assert [(problem.code, problem.outcome) for problem in document.problems] == [
        ("second-title", problems.Outcome.REPAIRED)
    ]
