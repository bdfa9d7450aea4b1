"""Printed tables: on paper they are parted by columns, in HTML they scroll; their lines do not end anywhere."""

import pytest
from nbformat.v4 import new_output

from notebook_report.writing.tables.wide_prints import SMALL, USUAL, for_paper, scrolls


def bordered(columns, rows=3, wide=18):
    """Return a table as Spark prints it."""
    rule = "+" + f"{'-' * wide}+" * columns
    named = ["|" + "".join(f"{f'{name}{i}':>{wide}}|" for i in range(columns)) for name in ("name", *"abcde"[:rows])]
    return "\n".join([rule, named[0], rule, *named[1:], rule])


def padded(columns, rows=3, wide=18):
    """Return a table as pandas prints it."""
    return "\n".join("".join(f"{f'{name}{i}':>{wide}}" for i in range(columns)) for name in ("name", *"abcde"[:rows]))


@pytest.mark.parametrize("table", [bordered, padded])
def test_a_wide_table_is_parted_by_columns_and_its_first_one_repeated(table):
    shown = for_paper(f"Here:\n{table(12)}\nonly 3 rows")
    assert max(map(len, shown.splitlines())) <= USUAL
    names = [line.replace("|", " ").split() for line in shown.splitlines() if "name" in line]
    assert len(names) > 1
    assert all(line[0] == "name0" for line in names)
    assert [name for line in names for name in line if name != "name0"] == [f"name{i}" for i in range(1, 12)]
    assert shown.startswith("Here:\n")
    assert shown.endswith("\nonly 3 rows")


def test_each_group_of_columns_has_its_borders():
    groups = for_paper(bordered(12)).split("\n\n")
    assert len(groups) > 1
    for group in groups:
        rule, *_, last = group.splitlines()
        assert rule == last
        assert rule[0] == rule[-1] == "+"
        assert all(len(line) == len(rule) for line in group.splitlines())


@pytest.mark.parametrize("table", [bordered, padded])
def test_what_fits_in_smaller_type_stays_whole(table):
    text = table(6, wide=17)
    assert USUAL < len(text.splitlines()[0]) <= SMALL
    assert for_paper(text) == text
    with_long_line = f"{text}\n{'words ' * 30}"
    assert for_paper(with_long_line) != with_long_line, "beside lines that have the usual size"


def test_rows_that_are_shorter_than_their_head_are_parted_with_it():
    named = [" | ".join([f"{name} ", *(f"{f'{name}{i}':>40}" for i in range(3))]) for name in "hab"]
    head, rule = f"{named[0]} | last", "-+-".join(["--", *["-" * 40] * 3, "----"])
    shown = for_paper("\n".join([head, rule, *(f"{row} |  1" for row in named[1:])]))
    groups = [group.splitlines() for group in shown.split("\n\n")]
    assert len(groups) > 1
    assert all(len(group) == 4 for group in groups), "each has its head, rule and rows"
    assert max(map(len, shown.splitlines())) <= USUAL


@pytest.mark.parametrize(
    "text",
    [
        "root\n" + "\n".join(f"├── {'folder_name_' * (5 + i)}" for i in range(6)),
        "\n".join(f"2024-01-01 | INFO | train:{i} - {'loss went down a little ' * (i + 1)}" for i in range(6)),
        "\n".join(f"if a{i} || b{i}: {'do something ' * (i + 5)}" for i in range(6)),
        "\n".join(f"  │   │    {'value of ' * (i + 8)}" for i in range(6)),
    ],
)
def test_lines_with_the_same_borders_are_no_table_without_a_rule(text):
    assert for_paper(text) == text
    assert not scrolls(text)


def test_a_column_that_is_too_wide_goes_on_below_itself():
    words = "rain and " * 30
    cell = f"|1 |{words}|\n|2 |{words}|"
    rule = f"+--+{'-' * len(words)}+"
    shown = for_paper(f"{rule}\n{cell}\n{rule}")
    assert max(map(len, shown.splitlines())) <= USUAL
    assert "".join(shown.replace("|", " ").split()).count("rain") == 60
    assert shown.count("|2 ") == 2, "the first column stands beside the first line only, and alone above"


SUM = " + ".join(f"{i}*x[coin]" for i in range(10, 19))


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(["2024-09-13 INFO request to a server that answers with many words, as they do, " * 2] * 3),
        "words " * 40 + "\n" + "other " * 40,
        "\n".join(f"{name} = " + " + ".join(["-0.0672 x0x0_t"] * 9) for name in ("x0", "x1")),
        f"Key  : Lower : {'Body':{len(SUM)}} : Upper\nNone :  83.0 : {SUM} :  83.0",
        "x" * 300,
        "",
        f"time  {'a' * 200}\nhour  {'b' * 200}",
        "\n".join(f" Any[missing, {'1705, ' * 8}{year}  …  {'0, ' * 15}0]" for year in range(1705, 1712)),
        "\n".join(f"{name:>40}{'  12.345' * 10}" for name in ("rain", "snow")),
        "\n".join(f"{start:>8}{' 12.345, ' * 12}98.765]," for start in ("array([[", "[")),
    ],
)
def test_other_text_stays_as_it_is(text):
    assert for_paper(text) == text


def test_a_table_scrolls_on_the_page_and_other_text_does_not(to_html, write):
    assert 'class="output grid"' in to_html(write.code("x", write.prints(padded(3))))
    assert 'class="output"' in to_html(write.code("x", write.prints("Rain fell.\nSnow too.\n")))


def fails(write):
    """Return a cell that fails; lines of its traceback could be those of a table."""
    error = new_output("error", ename="KeyError", evalue="'rain'", traceback=padded(12).split("\n"))
    cell = write.code("x", error)
    cell.metadata["tags"] = ["raises-exception"]
    return cell


def test_an_error_is_no_table_on_the_page(to_html, write):
    page = to_html(fails(write))
    assert 'class="output error"' in page
    assert "output grid" not in page


def test_an_error_is_no_table_on_paper(to_pdf, write):
    assert to_pdf(fails(write)).pages[0].extract_text().count("name0") == 1


def test_lines_that_are_a_table_by_their_gaps():
    assert scrolls(f"{'a':44} 1\n{'bcd':43} 22")
    assert not scrolls("a     1\nbcd  22"), "which fits any page"
    assert not scrolls("one two\nsix ten"), "single blanks at one place are chance"


def test_a_narrow_table_lets_no_long_line_scroll():
    narrow, long = f"{'a':44} 1\n{'bcd':43} 22\n", "words of a log, " * 12
    assert not scrolls(narrow + long)
    assert scrolls(narrow + long[:45])
    assert scrolls(padded(12) + "\n" + long)


def test_a_table_whose_last_column_ends_anywhere_scrolls():
    rows = [f"{i:>9}    {i / 7:.3f}    {i / 9:.3f}    {i / 3:.3f} of{' the' * i}" for i in range(4)]
    assert not scrolls("\n".join(rows)), "they fit the page"
    assert scrolls("\n".join(["", *rows, f"{rows[0]} {'module ' * 9}"]))
    assert scrolls("\n".join(["4 calls in 1 second", "", *rows, f"{rows[0]} {'module ' * 9}"]))
    assert not scrolls("\n".join([*rows, "words of a log, " * 12]))
    assert not scrolls("\n".join(f"Score {i} of the model with {i} parts: {i / 7} {'and' * i}" for i in range(1, 19)))


def test_long_lines_with_one_gap_are_those_of_a_log():
    logged = "\n".join(f"modified:   output/assets/{i}{'x' * 70}.css" for i in range(5))
    assert not scrolls(logged)
    assert scrolls(logged.replace("   ", " | "))


def test_long_rules_scroll_but_not_with_prose():
    rule = "_" * 98
    assert scrolls(f"Layer (type)   Shape\n{rule}\nInput   (10, 2)\n{rule}")
    assert not scrolls(f"{rule}\n{'words of a log, ' * 7}\n{rule}")


def test_aligned_lines_of_a_log_do_not_scroll():
    assert not scrolls("\n".join(f"2024-01-0{i} 12:00   INFO   root   {'word ' * (30 + i)}" for i in range(1, 6)))


def test_no_number_of_a_long_line_breaks_before_its_exponent(to_html, write):
    page = to_html(write.code("x", write.prints(f"{'0.5 ' * 20} 1.38e-17 &\n2.5e-3")))
    assert '0.5  <span class="whole">1.38e-17</span> &amp;\n2.5e-3' in page


@pytest.mark.parametrize("printed", ["." * 4900 + "-3", "1" * 4900, "-".join(map(str, range(99))) + " words"])
def test_what_is_no_number_may_break_anywhere(to_html, write, printed):
    assert 'class="whole"' not in to_html(write.code("x", write.prints(f"{printed}\n" * 3)))


def test_the_paper_has_whole_columns(to_pdf, write):
    text = to_pdf(write.code("x", write.prints(bordered(12)))).pages[0].extract_text()
    assert text.count("name0") > 1
    assert all(f"name{i}|" in text for i in range(12))
