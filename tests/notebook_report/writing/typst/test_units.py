"""What cannot be set in the PDF is left out, with a line in its place; everything else is there."""

import io

import pytest
from pypdf import PdfReader

from notebook_report.document import prepare
from notebook_report.errors import ReportError
from notebook_report.problems import Outcome
from notebook_report.writing import pdf
from notebook_report.writing.typst import typesetting
from notebook_report.writing.typst.units import Units, position

CUT_PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAf"


@pytest.fixture
def set_(write, compiler, tmp_path):
    """Return a function that sets cells: the words of the PDF, and what to warn of."""

    def export(*cells):
        with compiler:
            content, problems = pdf.write(prepare.notebook(write.notebook(*cells), "sample", tmp_path), 0, compiler)
        return "".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages), problems

    return export


@pytest.fixture
def formulas_fail(monkeypatch):
    """Let formulas that hold the letter Q be something that Typst cannot read."""
    from notebook_report.mathematics import document

    def for_typst(formula, framed):
        start, dollar, body = written(formula, framed).partition("$")
        return start + dollar + body.replace("Q", "#unknown")

    written = document.WRITERS["typst"]
    monkeypatch.setitem(document.WRITERS, "typst", for_typst)


@pytest.mark.parametrize("form", ["image/png", "image/svg+xml"])
def test_a_broken_picture_is_named(set_, write, form):
    content = CUT_PNG if form == "image/png" else '<svg xmlns="http://www.w3.org/2000/svg" width="0"/>'
    text, [problem] = set_("# Part\n\nBefore.", write.figure(picture=write.shows(form, content)), "After.")
    assert "[the picture “A line that falls.” could not be set in the PDF]" in " ".join(text.split())
    assert "Figure\N{NO-BREAK SPACE}1. What to see." in text
    assert "After." in text
    assert str(problem).startswith("sample.ipynb, cell 2: the picture “A line that falls.” cannot be set in the PDF")
    assert problem.outcome is Outcome.REPLACED


def test_only_the_formula_at_fault_is_left_out(set_, formulas_fail):
    text, problems = set_("# Part\n\nGood $y$. Bad: $a + Q$. Good $z$.\n\n$$b = Q$$\n\nAfter.")
    assert "the formula a + Q could" in text.replace("`", "").replace("\n", " ")
    assert "After." in text
    assert [problem.excerpt for problem in problems] == ["a + Q", "b = Q"]


def test_a_unit_is_found_if_the_compiler_tells_no_place(set_, formulas_fail, monkeypatch):
    monkeypatch.setattr(typesetting, "_positions", lambda *told: [])
    text, problems = set_("# Part", "Bad $2Q$.", *(f"Words {i}." for i in range(9)), "$x$, bad $Q$.", "After.")
    assert [problem.excerpt for problem in problems] == ["Q", "2Q"]
    assert all(f"Words {i}." in text for i in range(9))


@pytest.fixture
def words_fail(monkeypatch):
    """Let the word Q be something that Typst cannot read."""

    def changed(element, *others):
        wrong = {"t": "RawInline", "c": ["typst", "#unknown"]}
        return [wrong] if element == {"t": "Str", "c": "Q"} else before(element, *others)

    before = pdf._changed
    monkeypatch.setattr(pdf, "_changed", changed)


def test_of_a_list_only_the_item_at_fault_is_left_out(set_, words_fail):
    text, problems = set_(
        "1. One\n2. Bad Q\n3. Three\n\n   - inner\n   - inner Q\n\n   > quoted Q\n\n   + 4 more\n\nAfter."
    )
    for words in ("One", "Three", "inner", "4", "more", "After."):
        assert words in text.split()
    assert "Q" not in text.split()
    assert [problem.message.partition(" cannot")[0] for problem in problems] == [
        "the text “Bad”",
        "the text “inner”",
        "the text “quoted”",
    ]


def test_of_a_list_of_definitions_only_the_meaning_at_fault_is_left_out(set_, words_fail):
    text, problems = set_("<dl><dt>Rain</dt><dd>Water</dd><dd>Bad Q</dd><dt>Bad Q</dt><dd>Cold</dd></dl>\n\nAfter.")
    for words in ("Rain", "Water", "Cold", "After."):
        assert words in text.split()
    assert [problem.message.partition(" cannot")[0] for problem in problems] == ["the text “Bad”"] * 2


def test_a_heading_that_shows_nothing_is_left_out_though_no_other_is_there(set_):
    text, problems = set_("# $\\,$\n\nWords.", "# $\\;$\n\nAfter.")
    assert "After." in text
    assert {problem.excerpt for problem in problems} == {"\\,", "\\;"}


def test_without_a_unit_at_fault_there_is_one_sentence(set_, monkeypatch, tmp_path):
    style = tmp_path / "style.typ"
    style.write_text("#unknown", encoding="utf-8")
    monkeypatch.setattr(typesetting, "STYLE", style)
    with pytest.raises(ReportError, match=r"^the PDF cannot be set, and nothing shows why: "):
        set_("# Part")


def test_a_unit_around_one_that_is_left_out_comes_next():
    units = Units()
    inner = units.marked("inside", "a", "the inner", in_code=True)
    source = units.marked(f"before {inner} after", "b", "the outer")
    once = units.without(source, [source.index("inside")])
    twice = units.without(once, [once.index("the inner")])
    assert "unset(" in once
    assert "before" in once
    assert "before" not in twice
    assert [problem.place for problem in units.problems] == ["a", "b"]


def test_the_line_for_a_paragraph_is_one_of_its_own(set_, words_fail):
    text, _ = set_("# Part\n\nBefore.\n\nBad Q\n\nAfter.\n\n- an item\n- bad Q\n- Last.")
    lines = text.replace("\n\n", "\n").split("\n")
    assert {"Before.", "After."} <= {*lines}
    assert [line.split()[-1] for line in lines if "could not be set" in line] == ["PDF]", "PDF]"]


def test_what_stands_before_all_units_is_the_title():
    units = Units()
    source = f"words {units.marked('inside', 'a', 'a unit')} after"
    places = {word: units.place_at(source, [-1, source.find(word)]) for word in ("words", "inside", "after", "none")}
    assert places == {"words": "the title", "inside": "a", "after": "the report", "none": "the report"}


def test_a_position_outside_all_units_changes_nothing():
    assert Units().without("words", [2]) == "words"


def test_lines_end_where_typst_ends_them():
    source = "a\r\nb\u2028c\nd"
    assert [source[position(source, line, 0)] for line in (1, 2, 3, 4)] == ["a", "b", "c", "d"]
