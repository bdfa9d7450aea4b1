"""The formulas of a document: macros, labels and references from one text to the next, and what is wrong with them."""

import re

import pytest

from notebook_report.mathematics import Mathematics, document
from notebook_report.mathematics.texmath import Texmath
from notebook_report.problems import excerpt


@pytest.fixture
def problems(engine):
    """Return a function from TeX to the problems with it."""

    def found(tex, display=True):
        mathematics = Mathematics(engine)
        return [(each.code, each.message) for each in mathematics.settle(mathematics.read(tex, display))]

    return found


@pytest.mark.parametrize(
    ("tex", "code", "message"),
    [
        (r"a + \foo", "undefined-command", r"undefined control sequence \foo"),
        (r"\frac{a", "formula-error", "missing close brace"),
        (r"\begin{foo} a \end{foo}", "formula-error", "unknown environment 'foo'"),
        (r"\eqref{nowhere}", "undefined-label", "nothing has the label nowhere"),
        (r"\unicode{0}", "formula-limit", "it holds a character that no file can hold"),
        (r"\unicode{xFFFF}", "formula-limit", "it holds a character that no file can hold"),
        ("x" * 10_001, "formula-limit", "it has 10,001 characters, 10,000 at most"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_raised(problems, tex, code, message):
    assert problems(tex) == [(code, f"the formula `{excerpt(tex)}`: {message}.")]


def test_a_formula_that_cannot_be_read_is_shown_as_tex(engine):
    mathematics = Mathematics(engine)
    assert "xxx" in document.for_html(mathematics.read("x" * 10_001, True), True)


def test_a_label_that_is_taken_is_a_problem_and_both_formulas_are_shown(engine):
    mathematics = Mathematics(engine)
    first, second = (mathematics.read(rf"\begin{{equation}} {x} \label{{e}} \end{{equation}}", True) for x in "ab")
    assert mathematics.settle(first) == []
    assert [each.code for each in mathematics.settle(second)] == ["duplicate-label"]
    assert list(first.labels) != list(second.labels)
    assert "<mi>b</mi>" in document.for_html(second, True)


def test_rows_with_labels_are_numbered_across_cells_and_references_lead_to_them(to_html):
    align = "\\begin{align}\na &= b \\label{eq:one} \\\\\nc &= d \\nonumber \\\\\ne &= f \\label{eq:two}\n\\end{align}"
    page = to_html(
        "# A\n\nSee \\eqref{eq:two} and $\\ref{eq:one}$.", align, "$$x \\label{eq-own}$$", "$$ y \\tag{*} \\label{s} $$"
    )
    assert '<a href="#eq-eq:two">(2)</a>' in page
    assert '<a href="#eq-eq:one">1</a>' in page
    assert re.findall(r"<mtext>(\(.\))</mtext>", page) == ["(1)", "(2)"]
    assert 'aria-label="Link to Equation 3">(3)</a>' in page
    assert '<a class="number" href="#eq-s" aria-label="Link to Equation *">(*)</a>' in page
    for name in ("eq-eq:one", "eq-eq:two", "eq-own", "eq-s"):
        assert page.count(f'id="{name}"') == 1


def test_a_reference_within_a_formula_says_the_number(to_html):
    assert "<mtext>(1)</mtext>" in to_html("# A\n\n$$ a = b \\quad \\eqref{e} $$\n\n$$ x \\label{e} $$")


def test_references_lead_to_rows_on_paper(to_pdf):
    align = "\\begin{align}\na &= b \\label{one} \\\\\ne &= f \\label{two}\n\\end{align}"
    pdf = to_pdf("# A\n\nSee \\eqref{two} and \\eqref{one}.", align)
    text = pdf.pages[0].extract_text()
    assert "See (2) and (1)." in text
    assert len(pdf.pages[0]["/Annots"]) == 2


def test_macros_live_on_in_all_that_follows_and_show_nothing_themselves(to_html, write):
    figure = write.figure(caption="In $\\R^2$.")
    page = to_html("# A\n\n$$\\newcommand{\\R}{\\mathbb{R}}$$", "Then $\\R$.", figure)
    article = page[page.index("<article") :]
    assert article.count("<mi>ℝ</mi>") == 2
    assert "newcommand" not in article
    assert "<p></p>" not in article


def test_a_long_formula_in_a_line_has_a_frame_but_not_in_the_contents(to_html):
    page = to_html("# T\n\n## On $abcdefghi + jklmnopq + rstuvwxyz$")
    assert page.count('aria-label="Formula"') == 1
    assert page[: page.index("<article")].count("<math") == 1


def test_a_formula_in_a_heading_and_a_table_is_set(to_html, to_pdf):
    text = "# On $\\mathbf{x}$\n\n| $\\frac{a}{b}$ |\n|---|\n| $\\sqrt{c}$ |"
    assert to_html(text).count("<mi>𝐱</mi>") >= 1
    assert "<msqrt>" in to_html(text)
    assert to_pdf(text).pages


def test_a_data_frame_has_formulas_and_prices(to_html, to_pdf, write):
    table = "<table><tr><th>$\\alpha$</th></tr><tr><td>$\\sqrt{2}$</td></tr><tr><td>\\$5 or \\$6</td></tr></table>"
    cell = write.code("", write.shows("text/html", table))
    page = to_html("# A", cell)
    assert page.count("<math") == 2
    assert "$5 or $6" in page
    assert "𝛼" in to_pdf("# A", cell).pages[0].extract_text()


def test_a_label_within_split_is_that_of_its_equation(to_html):
    tex = "\\begin{equation}\\begin{split} a &= b \\label{e} \\\\ &= c \\end{split}\\end{equation}"
    assert '<a class="number" href="#eq-e" aria-label="Link to Equation 1">(1)</a>' in to_html(f"# A\n\n{tex}")


@pytest.mark.parametrize("n", [15, 60])
def test_a_formula_wider_than_the_page_breaks_at_its_signs(to_pdf, n):
    tex = "E = " + " + ".join(f"a_{{{i}}} x_{{{i}}}^2" for i in range(n))
    lines = to_pdf(f"# A\n\n$${tex}$$").pages[0].extract_text().splitlines()
    assert sum("𝑎" in line for line in lines) > 1


def test_what_cannot_break_is_smaller_and_a_warning_names_its_cell(to_pdf, caplog):
    tex = r"\sqrt{" + " + ".join("abcdefgh" for _ in range(30)) + "}"
    assert to_pdf("# A", f"$${tex}$$").pages
    assert "sample.ipynb, cell 2: the formula" in caplog.text
    assert "is too wide for the page" in caplog.text


def test_where_mathjax_cannot_run_pandoc_reads_formulas_and_says_what_it_cannot_do(
    monkeypatch, to_html, to_pdf, caplog
):
    def missing():
        raise ImportError("quickjs")

    monkeypatch.setattr(document, "Engine", missing)
    text = "# A\n\n$\\frac{a}{\\mathbf{b}}$ and $$\\sum_{i=1}^n x_i \\le \\begin{pmatrix} 1 & 2 \\end{pmatrix}$$"
    page = to_html(text)
    assert "<mfrac>" in page
    assert "<mtable" in page
    assert "𝑥" in to_pdf(text).pages[0].extract_text()
    assert "MathJax does not run on this computer" in caplog.text


def test_the_fallback_lets_brackets_grow():
    formula = Mathematics(Texmath()).read(r"\left(\frac{a}{b}\right)", True)
    assert r"lr(\u{28}frac(a, b)\u{29})" in document.for_typst(formula, True)


def test_the_fallback_refuses_what_it_does_not_know():
    mathematics = Mathematics(Texmath())
    assert [each.code for each in mathematics.settle(mathematics.read(r"\foo{", True))] == ["formula-limit"]


@pytest.mark.parametrize(
    ("tex", "high"),
    [(r"\sum_i x_i", False), (r"\begin{pmatrix} a \\ b \end{pmatrix}", True), (r"\sum\limits_i x_i", True)],
)
def test_the_lines_around_a_high_formula_keep_their_distance(engine, tex, high):
    assert ("high: true" in document.for_typst(Mathematics(engine).read(tex, False), True)) == high


def test_a_formula_that_is_only_a_label_is_set_on_paper(to_pdf):
    assert to_pdf("# A\n\n$$\\label{x}$$").pages
