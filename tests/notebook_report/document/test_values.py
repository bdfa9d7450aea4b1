import pytest

from notebook_report.document import prepare, values
from notebook_report.document.front import Front
from notebook_report.errors import ReportError
from notebook_report.writing import html


@pytest.fixture
def export(write):
    """Return a function that exports a report of the notebook "01-one" with values; it returns page and problems."""

    def export(given, *cells, abstract=""):
        named = [("01-one", write.notebook(*cells))]
        document = prepare.report(named, Front(title="All", abstract=abstract), given)
        return html.write(document), list(map(str, document.problems))

    return export


def test_the_value_of_the_run_stands_in_the_place_of_the_link(export):
    text = "# One\n\nIt reaches [47.6 ± 0.3 %](#value-test), not more."
    page, problems = export({"01-one": {"test": "47.6  ± 0.3 %"}}, text)
    assert "<p>It reaches 47.6 ± 0.3 %, not more.</p>" in page
    assert problems == []


def test_other_words_than_those_of_the_run_are_a_problem_and_stop_nothing(export):
    page, problems = export({"01-one": {"test": "48.1 %"}}, "# One\n\nIt reaches [47.6 %](#value-test).")
    assert "It reaches 48.1 %." in page
    assert problems == ["01-one.ipynb, cell 1: `[47.6 %](#value-test)` is 48.1 % in this run."]


def test_a_value_that_the_run_does_not_give_is_a_dash(export):
    page, problems = export({"01-one": {}}, "# One\n\nIt reaches [47.6 %](#value-test), [1](02-two.ipynb#value-x).")
    assert "It reaches –, –." in page
    assert problems == [
        "01-one.ipynb, cell 1: `[47.6 %](#value-test)` has no value in this run.",
        "01-one.ipynb, cell 1: `[1](02-two.ipynb#value-x)` has no value in this run.",
    ]


def test_without_values_the_words_stay(export, to_html):
    page, problems = export(None, "# One\n\nIt reaches [47.6 %](#value-test).")
    assert "It reaches 47.6 %." in page
    assert problems == []
    assert "It reaches 47.6 %." in to_html("# One\n\nIt reaches [47.6 %](#value-test).")


def test_values_of_other_notebooks_stand_in_headings_captions_and_the_abstract(export, write):
    given = {"01-one": {"a": "1"}, "02-two": {"b c": "2"}}
    link, other = "[7](#value-a)", "[8](02-two.ipynb#value-b%20c)"
    cells = [f"# Of {link}", write.figure(caption=f"'See {other}.'")]
    page, problems = export(given, *cells, abstract="All [9](01-one.ipynb#value-a).")
    assert "<p>All 1.</p>" in page
    assert "See 2." in page
    assert page.count("Of 1<") == 2, "in the text and in the contents"
    assert len(problems) == 3


def test_a_value_is_text_and_no_markup(export):
    page, _ = export({"01-one": {"x": "*a* <b>$x$"}}, "# One\n\n[1](#value-x)")
    assert "<p>*a* &lt;b&gt;$x$</p>" in page


def test_values_are_read_from_a_file(tmp_path):
    path = tmp_path / "values.json"
    assert values.read(path) == {}
    path.write_text('{"01-one": {"test": "47.6 %"}}')
    assert values.read(path) == {"01-one": {"test": "47.6 %"}}


@pytest.mark.parametrize("text", ["", "{", "[]", '{"a": 1}', '{"a": {"b": 1}}', "[" * 100_000])
def test_a_file_without_values_is_refused(tmp_path, text):
    path = tmp_path / "values.json"
    path.write_text(text)
    with pytest.raises(ReportError, match=r"^the values .*values\.json cannot be read: "):
        values.read(path)
