import copy
import re

import pytest
from nbformat.v4 import new_output

from notebook_report.document.crossref import Numbers
from notebook_report.errors import NotebookError

TEXT = """# First {#sec-first}

See @fig-line, @tab-costs, @sec-second and @eq-two; [@fig-line; @eq-one].

## Sub

$$ a = 1 $$ {#eq-one}

\\begin{equation} b = 2 \\end{equation} {#eq-two}

$$ c = 3 $$
"""


def words(html):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", html)).replace("\u00a0", " ").replace("¶", "")


@pytest.fixture
def cells(write):
    """Return a notebook's cells with one of everything that has a number."""
    return [
        TEXT,
        write.figure(caption="'See also @tab-costs.'"),
        write.table(),
        "# Second {#sec-second}\n\n## Sub\n\nEnd.",
    ]


def test_references_say_the_numbers_in_html(to_html, cells):
    page = to_html(*cells)
    assert "See Figure 1, Table 1, Section 2 and Equation 2; Figure 1, Equation 1." in words(page)
    for label in ("fig-line", "tab-costs", "sec-second", "eq-one", "eq-two"):
        assert page.count(f'id="{label}"') == 1
        assert f'href="#{label}"' in page
    assert "Figure 1. See also Table 1." in words(page)
    assert page.count('aria-label="Equation"') == 1, "an equation without label has no number"


def test_references_say_the_same_numbers_in_pdf(to_pdf, cells):
    reader = to_pdf(*cells)
    text = " ".join(page.extract_text() for page in reader.pages).replace("\u00a0", " ")
    assert "See Figure 1, Table 1, Section 2 and Equation 2; Figure 1, Equation 1." in " ".join(text.split())
    assert "(2)" in text
    titles = [entry.title for entry in reader.outline if not isinstance(entry, list)]
    assert [title.split() for title in titles] == [["1", "First"], ["2", "Second"]]
    links = [annotation.get_object() for page in reader.pages for annotation in page.get("/Annots", ())]
    assert len(links) >= 6 + 4, "references and contents are links"


def test_headings_are_numbered_and_their_ids_unique(to_html, cells):
    page = to_html(*cells)
    headings = re.findall(r"<h[23][^>]*>(.*?)</h[23]>", page)
    assert [words(h) for h in headings if "number" in h] == ["1 First", "1.1 Sub", "2 Second", "2.1 Sub"]
    ids = re.findall(r' id="([^"]*)"', page)
    assert len(ids) == len(set(ids))


def test_unnumbered_headings_have_no_number(to_html):
    page = to_html("# Preface {.unnumbered}\n\n# One")
    assert "1 One" in words(page)
    assert "1 Preface" not in words(page)


def test_title_page_cells_are_numbered_first(write, to_html):
    early = write.table("tab-headline")
    early.source = early.source.replace("#| label", "#| title-page: true\n#| label")
    page = to_html("# A\n\n@tab-headline, @tab-costs", write.table(), early)
    assert "Table 1, Table 2" in words(page)
    assert page.index("tab-headline") < page.index("<article")


@pytest.mark.parametrize("label", ["fig-none", "tab-none", "sec-none", "eq-none"])
def test_an_unknown_reference_is_refused(to_html, label):
    with pytest.raises(NotebookError, match=f"sample, cell 1: `@{label}` refers to a label that nothing"):
        to_html(f"# A\n\nSee @{label}.")


def test_a_link_to_nowhere_inside_is_refused(to_html):
    with pytest.raises(NotebookError, match="`#nowhere` refers to a label that nothing"):
        to_html("# A\n\n[there](#nowhere)")


def test_a_duplicate_label_is_refused(write, to_html):
    with pytest.raises(NotebookError, match="cell 3: the label `fig-line` is taken already by sample, cell 2"):
        to_html("# A", write.figure(), write.figure())


def test_a_skipped_level_is_refused(to_html):
    with pytest.raises(NotebookError, match="cell 2: the heading “Deep” skips from level 1 to 3"):
        to_html("# A", "### Deep")


def test_a_footnote_in_a_heading_is_refused(to_html):
    with pytest.raises(NotebookError, match="the heading “Part” has a footnote"):
        to_html("# Part[^n]\n\n[^n]: A note.")


def test_a_reference_in_a_heading_is_no_link_in_the_contents(to_html):
    page = to_html("# First {#sec-first}", "# After @sec-first")
    contents = page[page.index("<nav") : page.index("</nav>")]
    assert "After Section" in contents
    assert contents.count('href="#sec-first"') == 1


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
    assert "Figure 1" in words(to_html("# A", cell))


APPENDIX = [
    "# Text {#sec-text}\n\nSee @sec-costs and @sec-part.",
    "# Costs {#sec-costs .appendix}\n\n## Part {#sec-part}",
    "# More",
]


def test_an_appendix_has_letters(to_html, to_pdf):
    page = to_html(*APPENDIX)
    headings = re.findall(r"<h[23][^>]*>(.*?)</h[23]>", page)
    assert [words(h) for h in headings if "number" in h] == [
        "1 Text",
        "Appendix A Costs",
        "A.1 Part",
        "Appendix B More",
    ]
    assert "See Appendix A and Appendix A.1." in words(page)
    titles = [entry.title for entry in to_pdf(*APPENDIX).outline if not isinstance(entry, list)]
    assert [title.split() for title in titles] == [["1", "Text"], ["A", "Costs"], ["B", "More"]]


def test_after_appendix_z_comes_appendix_aa(to_html, to_pdf):
    cells = ["# A {.appendix}" + "\n\n# B" * 26 + "\n\n## Part {#sec-part}", "See @sec-part."]
    page = to_html(*cells)
    headings = [words(h) for h in re.findall(r"<h[23][^>]*>(.*?)</h[23]>", page)]
    assert headings[-4:-1] == ["Appendix Y B", "Appendix Z B", "Appendix AA B"]
    assert headings[-1] == "AA.1 Part"
    assert "See Appendix AA.1." in words(page)
    outline = [entry.title for entry in to_pdf(*cells).outline if not isinstance(entry, list)]
    assert outline[-1].split() == ["AA", "B"]


def test_a_part_of_an_appendix_without_a_number_is_not_of_the_last(to_html):
    page = to_html("# A {.appendix .unnumbered}\n\n## B\n\n# C")
    assert "Z.1" not in words(page)
    assert "Appendix A C" in words(page)


def test_any_number_of_headings_may_have_the_same_words():
    numbers, heading = Numbers(given={"h-a-3"}), {"t": "Header", "c": [1, ["", [], []], [{"t": "Str", "c": "A"}]]}
    for _ in range(10_001):
        numbers.prose({"blocks": [copy.deepcopy(heading)]}, "here")
    ids = [heading.id for heading in numbers.headings]
    assert ids[:3] == ["h-a", "h-a-2", "h-a-4"]
    assert len(set(ids)) == 10_001


def test_an_id_made_from_words_gives_way_to_one_that_is_given(to_html):
    page = to_html("# Intro\n\n# B {#h-intro}\n\n[there](#h-intro)")
    assert re.findall(r'<h2 id="(h-[^"]*)"', page) == ["h-intro-2", "h-intro"]


def test_a_heading_too_deep_for_a_number_and_one_below_a_heading_without_are_no_skips(to_html):
    page = to_html("# A {.unnumbered}\n\n## B\n\n### C\n\n#### D\n\n##### E\n\n# F\n\n## G")
    headings = [words(h) for h in re.findall(r"<h[2-6][^>]*>(.*?)</h[2-6]>", page)]
    assert [h for h in headings if h[:1].isdigit() or h in "ADE"] == ["A", "0.1 B", "0.1.1 C", "D", "E", "1 F", "1.1 G"]
