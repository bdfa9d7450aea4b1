"""Tables on paper: none is set smaller than anyone can read, whatever it holds."""

import io
import re

import pytest
from pypdf import PdfReader

from notebook_report.document import prepare
from notebook_report.reading.trees import pandoc
from notebook_report.reading.trees.pandoc_ast import plain
from notebook_report.writing import pdf
from notebook_report.writing.tables import wide_tables

SMALLEST = 6.49  # points


def table(columns, rows, cell="1234.5678"):
    """Return the HTML of a table whose rows are named 0, 1, …"""
    head = "".join(f"<th>feature_{i}</th>" for i in range(columns))
    body = "".join(f"<tr><th>{row}</th>{f'<td>{cell}</td>' * columns}</tr>" for row in range(rows))
    return f"<table><thead><tr><th></th>{head}</tr></thead><tbody>{body}</tbody></table>"


@pytest.fixture
def paper(write, compiler, tmp_path):
    """Return a function from HTML of an output to the PDF and what to warn of."""

    def export(html, source="frame"):
        nb = write.notebook("# Part\n\nBefore.", write.code(source, write.shows("text/html", html)), "After.")
        with compiler:
            content, problems = pdf.write(prepare.notebook(nb, "sample", tmp_path), 0, compiler)
        return PdfReader(io.BytesIO(content)), problems

    return export


def words(reader):
    return "\n".join(page.extract_text() for page in reader.pages)


def sizes(reader):
    """Return the sizes of type of all words."""
    found = set()

    def note(text, _, matrix, __, size):
        if text.strip():
            found.add(round(size * abs(matrix[3] or matrix[1]), 2))

    for page in reader.pages:
        page.extract_text(visitor_text=note)
    return found


@pytest.mark.parametrize(("columns", "rows"), [(9, 4), (14, 4), (14, 40), (24, 5), (60, 5)])
def test_nothing_is_too_small_to_read(paper, columns, rows):
    reader, problems = paper(table(columns, rows))
    assert min(sizes(reader)) >= SMALLEST
    assert problems == []
    assert set(re.findall(r"feature_\d+", words(reader))) == {f"feature_{i}" for i in range(columns)}


def test_a_table_that_is_too_wide_lies_on_its_side_if_that_saves_a_page(paper):
    reader, _ = paper(table(14, 40))
    assert all(page.mediabox.width < page.mediabox.height for page in reader.pages), "no page is left half empty"
    reader, _ = paper(table(14, 130))
    assert [page.mediabox.width > page.mediabox.height for page in reader.pages][:2] == [False, True]
    assert "After." in reader.pages[-1].extract_text()
    assert reader.pages[-1].mediabox.width < reader.pages[-1].mediabox.height


def test_a_short_one_is_shown_in_groups_of_columns_that_name_the_rows(paper):
    reader, _ = paper(table(14, 3, "7.123456"))
    assert len(reader.pages) == 1
    assert len(re.findall("^2 7.123456", words(reader), re.MULTILINE)) == 2


def widths(html):
    """Return how many columns each part of a table has."""
    shown, _ = wide_tables.arranged(pandoc.parse([html])[0][0], "here", may_turn=True)
    return [len(part["c"][2]) for part in shown]


def test_the_groups_are_of_much_the_same_width():
    assert widths(table(14, 3, "7.123456")) == [8, 8]


def test_a_column_of_words_has_room_for_them_in_three_lines():
    assert widths(table(9, 3, "word")) == [10]
    assert widths(table(9, 3, "word and many others in the cell of a table, twice and again")) == [6, 5]


def test_a_table_with_a_caption_stays_upright(paper):
    reader, _ = paper(table(14, 40), "#| label: tab-a\n#| caption: Wide.\nframe")
    assert all(page.mediabox.width < page.mediabox.height for page in reader.pages)


def test_a_table_of_very_many_columns_ends_with_a_line_that_says_so(paper):
    reader, [problem] = paper(table(163, 4))
    text = words(reader)
    shown = max(int(n) for n in re.findall(r"feature_(\d+)", text)) + 2
    assert f"its last {164 - shown} columns are not shown here." in " ".join(text.split())
    assert problem.code == "table-cut"
    assert f"the PDF shows {shown} of its 164 columns" in problem.message


def rows_of(html, chosen):
    [block] = pandoc.parse([html])[0]
    return [[plain(cell[4]) for cell in row[1]] for row in wide_tables.rows(wide_tables._columns(block, chosen))]


def test_cells_that_span_columns_or_rows_are_cut_with_them():
    html = (
        "<table><thead><tr><th></th><th></th><th colspan=2>a</th><th>b</th></tr></thead><tbody>"
        "<tr><td rowspan=2>x</td><td>1</td><td>2</td><td>3</td><td>4</td></tr>"
        "<tr><td>5</td><td>6</td><td>7</td><td>8</td></tr></tbody></table>"
    )
    assert rows_of(html, [0, 1, 2]) == [["", "", "a"], ["x", "1", "2"], ["5", "6"]]
    assert rows_of(html, [0, 1, 3, 4]) == [["", "", "a", "b"], ["x", "1", "3", "4"], ["5", "7", "8"]]


def test_several_columns_name_the_rows(paper):
    head = "<tr><th></th><th></th>" + "".join(f"<th>feature_{i}</th>" for i in range(30)) + "</tr>"
    row = "<tr><th>north</th><th>south</th>" + "<td>1234.5</td>" * 30 + "</tr>"
    text = words(paper(f"<table><thead>{head}</thead><tbody>{row}</tbody></table>")[0])
    assert text.count("north") == text.count("south") > 1


def test_where_a_name_reaches_down_the_next_one_is_repeated_as_well(paper):
    head = "<tr><th>a</th><th>b</th>" + "".join(f"<th>feature_{i}</th>" for i in range(30)) + "</tr>"
    numbers = "<td>1234.5</td>" * 30
    rows = f"<tr><th rowspan=2>north</th><th>south</th>{numbers}</tr><tr><th>west</th>{numbers}</tr>"
    text = words(paper(f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>")[0])
    assert text.count("north") == text.count("south") == text.count("west") > 1


def test_a_cell_of_many_words_breaks_over_pages(paper):
    long = " ".join(f"word{i}" for i in range(1500))
    reader, problems = paper(f"<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>{long}</td></tr></table>")
    assert problems == []
    assert "word0" in reader.pages[0].extract_text()
    assert any("word1499" in page.extract_text() for page in reader.pages[1:])


def test_tables_in_tables_are_not_measured(paper):
    inside = "<p>deepest</p>"
    for _ in range(7):
        inside = f"<table><tr><td>a</td><td>{inside}</td></tr></table>"
    document = {"t": "x", "c": pandoc.parse([inside])[0]}
    [changed] = wide_tables.apart(document["c"][0])
    assert plain(changed["c"]).count("deepest") == 1
    assert str(changed).count("#let figure = unmeasured") == 1, "what it holds is for the others to say"


def test_the_longest_word_of_a_cell_breaks_where_a_table_would_not_fit(paper):
    html = f"<table><tr>{'<td>' + 'd' * 70 + '</td>'}{'<td>some words</td>' * 6}</tr></table>"
    reader, problems = paper(html)
    assert min(sizes(reader)) >= SMALLEST
    assert problems == []


@pytest.mark.parametrize("dots", ["...", "…"])
def test_numbers_beside_a_row_of_dots_stand_at_the_right(to_html, write, dots):
    table = f"<table><tr><th>a</th></tr><tr><td>1</td></tr><tr><td>{dots}</td></tr><tr><td>20</td></tr></table>"
    page = to_html("# Part", write.code("frame", write.shows("text/html", table)))
    assert page.count('<td style="text-align: right;">') == 3


def test_a_long_line_without_a_blank_goes_on_over_lines_and_pages(to_pdf, write):
    reader = to_pdf("# Part\n\n" + "W" * 9000, write.code("print(x)", write.prints("a" * 4000)))
    text = "".join(page.extract_text() for page in reader.pages)
    assert text.count("W") == 9000
    assert max(map(len, re.findall("W+", text))) < 100
    assert text.count("a") >= 4000
    assert max(map(len, re.findall("a+", text))) < 100
