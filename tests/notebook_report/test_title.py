import re
from pathlib import Path

import pytest

from notebook_report.document import prepare, title
from notebook_report.writing import html


def headings(page):
    found = re.findall(r"<h([1-6])[^>]*>(.*?)</h\1>", page)
    words = [(int(level), re.sub(r"<[^>]*>|¶", "", text).strip()) for level, text in found]
    return [(level, " ".join(text.split())) for level, text in words if text != "Contents"]


@pytest.fixture
def exported(write, without_typefaces):
    """Return a function that gives the page of a notebook called "sample", whatever is wrong with it."""
    return lambda *cells: html.write(prepare.notebook(write.notebook(*cells), "sample", Path()))


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["# Rain", "## One\n\n### Part", "## Two"], [(1, "Rain"), (2, "1 One"), (3, "1.1 Part"), (2, "2 Two")]),
        (["Words.\n\n# Rain"], [(1, "Rain")]),
        (["Words.\n\n## Contents"], [(1, "sample"), (2, "1 Contents")]),
        (["<h1 id='a'>Rain</h1>", "<h2 id='b'>One</h2>\n\n## Two"], [(1, "Rain"), (2, "1 One"), (2, "2 Two")]),
        (["# Rain", "# Snow"], [(1, "sample"), (2, "1 Rain"), (2, "2 Snow")]),
        (["# Rain", "### Deep"], [(1, "Rain"), (2, "1 Deep")]),
        (["## Rain", "## Snow"], [(1, "sample"), (2, "1 Rain"), (2, "2 Snow")]),
    ],
)
def test_the_heading_above_all_others_is_the_title(to_html, cells, expected):
    assert headings(to_html(*cells)) == expected


def test_a_heading_with_a_formula_stays_a_heading(to_html):
    assert headings(to_html("# Of $x$", "## Part"))[0] == (1, "sample")


@pytest.mark.parametrize(
    ("heading", "title", "shown"),
    [
        ("Of [rain](https://rain.example) in May", "Of rain in May", "rain"),
        ("[Of rain](https://rain.example)", "Of rain", "https://rain.example"),
        (
            "[A](https://rain.example) [rain](https://rain.example)",
            "A rain",
            'A</a> <a href="https://rain.example">rain',
        ),
    ],
)
def test_a_link_of_the_title_stands_below_it(to_html, heading, title, shown):
    page = to_html(f"# {heading}", "## Part")
    assert headings(page) == [(1, title), (2, "1 Part")]
    assert f'<p><a href="https://rain.example">{shown}</a></p>' in page


def test_a_link_of_the_title_to_the_page_itself_is_left_out(to_html):
    page = to_html("# [Rain](#part) in [May](#rain)", "## Part")
    assert headings(page) == [(1, "Rain in May"), (2, "1 Part")]
    assert not re.search('<p><a href="#', page)


def test_a_link_that_begins_a_notebook_is_no_title(to_html):
    assert headings(to_html("**[Rain](https://rain.example)**", "## Part\n\n## Other"))[0] == (1, "sample")


def test_the_metadata_know_the_title_better(to_html):
    assert headings(to_html("# Rain", "## Part", title="Weather"))[:2] == [(1, "Weather"), (2, "1 Rain")]


def test_a_title_that_is_given_twice_is_shown_once(to_html):
    assert headings(to_html("# Rain", "## Part", title="Rain")) == [(1, "Rain"), (2, "1 Part")]
    assert headings(to_html("# Rain", "# Part", title="rain ")) == [(1, "rain"), (2, "1 Part")]


def test_the_title_is_the_papers_too(to_pdf):
    paper = to_pdf("# Rain", "## One", "## Two")
    assert paper.metadata.title == "Rain"
    assert [entry.title.split() for entry in paper.outline] == [["1", "One"], ["2", "Two"]]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["# Rain", "# Days", "# Weeks"], [(1, "Rain"), (2, "1 Days"), (2, "2 Weeks")]),
        (
            ["![logo](https://a.example/a.png)\n\n# Rain", "# Days", "# Weeks"],
            [(1, "Rain"), (2, "1 Days"), (2, "2 Weeks")],
        ),
        (
            ["# Rain\n\n## Data\n\n### Where", "# Days\n\n## Wet", "# Weeks"],
            [(1, "Rain"), (2, "1 Data"), (3, "1.1 Where"), (2, "2 Days"), (3, "2.1 Wet"), (2, "3 Weeks")],
        ),
        (
            ["# Rain\n\n## Data", "## Days", "# About this Notebook\n\n## Authors"],
            [(1, "Rain"), (2, "1 Data"), (2, "2 Days"), (2, "3 About this Notebook"), (3, "3.1 Authors")],
        ),
        (
            ["# Rain\n\n## Data", "## Days", "# Citing us and others"],
            [(1, "Rain"), (2, "1 Data"), (2, "2 Days"), (2, "3 Citing us and others")],
        ),
        (
            ["# Part 1: Rain\n\n## Data", "## Days", "# Conclusion"],
            [(1, "sample"), (2, "1 Part 1: Rain"), (3, "1.1 Data"), (3, "1.2 Days"), (2, "2 Conclusion")],
        ),
        (["# Stage one: rain", "# Results"], [(1, "sample"), (2, "1 Stage one: rain"), (2, "2 Results")]),
        (["# Results", "# Conclusion"], [(1, "sample"), (2, "1 Results"), (2, "2 Conclusion")]),
        (
            ["# Rain\n\n## Data", "## Days", "## Weeks\n\n## Months", "# Snow"],
            [(1, "sample"), (2, "1 Rain"), (3, "1.1 Data"), (3, "1.2 Days"), (3, "1.3 Weeks"), (3, "1.4 Months")],
        ),
        (["# Rain", "# Conclusion and words"], [(1, "sample"), (2, "1 Rain"), (2, "2 Conclusion and words")]),
        (["# 6. Rain", "# 1. Days", "# 2. Weeks"], [(1, "6. Rain"), (2, "1. Days"), (2, "2. Weeks")]),
        (["# 1. Rain", "# 2. Days", "# 3. Weeks"], [(1, "sample"), (2, "1. Rain"), (2, "2. Days"), (2, "3. Weeks")]),
        (["# Introduction / Overview:", "# Days", "# Weeks"], [(1, "sample"), (2, "1 Introduction / Overview:")]),
        (["# Load balanced map", "Words."], [(1, "Load balanced map")]),
        (["# Load balanced map", "## Days"], [(1, "Load balanced map"), (2, "1 Days")]),
        (
            ["# Load the rain", "# Days", "# Weeks"],
            [(1, "sample"), (2, "1 Load the rain"), (2, "2 Days"), (2, "3 Weeks")],
        ),
        (["# Importing libraries", "# Days", "# Weeks"], [(1, "sample"), (2, "1 Importing libraries")]),
        (["# Introduction to rain", "# Days", "# Weeks"], [(1, "Introduction to rain"), (2, "1 Days")]),
        (["Words.\n\n# Rain", "# Days", "# Weeks"], [(1, "sample"), (2, "1 Rain")]),
    ],
)
def test_a_heading_that_begins_a_notebook_is_its_title_unless_it_is_a_section_like_others(exported, cells, expected):
    assert headings(exported(*cells))[: len(expected)] == expected


def test_a_heading_after_code_and_beside_others_is_a_section(write, exported):
    assert headings(exported(write.code("x"), "# Rain", "# Days", "# Weeks"))[0] == (1, "sample")


@pytest.mark.parametrize("n", [1, 2])
def test_a_heading_above_all_others_is_the_title_after_imports(write, exported, n):
    page = exported(*(write.code("import x") for _ in range(n)), "# Rain", "## Days", "## Weeks")
    assert headings(page) == [(1, "Rain"), (2, "1 Days"), (2, "2 Weeks")]
    assert page.count("import</span>") == n, "the code stays"


@pytest.mark.parametrize("others", [[], ["## Days", "## Weeks"]])
def test_a_heading_far_down_is_a_section(write, exported, others):
    assert headings(exported(*(write.code("x") for _ in range(3)), "# Rain", *others))[0] == (1, "sample")


@pytest.mark.parametrize("words", ["The data", "Dataset", "EDA", "Versions"])
def test_a_section_after_code_is_no_title(write, exported, words):
    assert headings(exported(write.code("x"), f"## {words}", "### Days"))[0] == (1, "sample")


@pytest.mark.parametrize(
    "made",
    [
        "Copyright (c) 2015-2017 [Ada](https://a.example)\n\nhttps://a.example/book\n\n[MIT License](https://a.example/mit)",
        "Prepared by Ada\n\n2021-08-07",
        "Authors: Ada, Mary",
        "**Written by Ada**",
        "© Ada",
        "<div align='right'><i>Ada Lovelace<br>Sept 2018</i></div>",
    ],
)
def test_a_title_may_stand_below_who_has_made_the_notebook(exported, made):
    assert headings(exported(made, "# Rain", "# Days", "# Weeks"))[0] == (1, "Rain")
    assert "Ada" in exported(f"{made}\n\n# Rain", "# Days", "# Weeks").partition("<article")[2]


@pytest.mark.parametrize(
    "text",
    [
        "**Rain in May**",
        "**Rain in May**\n\nWords",
        "**Rain in May**\n\nAda, 2018",
        "<h1 align='center'>Rain in May</h1>",
        "<center><b>Rain in May</b></center>",
        "<p align='center'>Rain in May</p>",
        "<div style='text-align: center'>Rain in May</div>",
        "<font size='6'>Rain in May</font>",
        "<span style='font-size: 200%'><b>Rain in May</b></span>",
        "<img src='https://a.example/logo.png'><center>Rain in May</center>",
    ],
)
@pytest.mark.parametrize("others", [["# Setup"], ["# Setup", "# Days"], ["## Setup", "## Days"], []])
def test_a_line_that_looks_like_a_title_and_begins_a_notebook_is_its_title(exported, text, others):
    page = exported(text, *others)
    assert headings(page)[0] == (1, "Rain in May")
    assert page.count("Rain in May") == 2, "in the page's head and in its title"


def test_what_stands_below_the_line_stays(exported):
    page = exported("<center>Rain in May<br>Ada</center>", "# Setup")
    assert headings(page)[0] == (1, "Rain in May")
    assert "<p>Ada</p>" in page


@pytest.mark.parametrize(
    "text",
    [
        "**Note: run this first**",
        "**Run this first.**",
        "**Rain** in May",
        "**" + "rain " * 30 + "**",
        "**[Rain](https://a.example)**",
        "<center>Rain falls. So does snow</center>",
        "Rain in May",
    ],
)
def test_other_lines_stay_in_the_text(exported, text):
    page = exported(text, "# Days", "# Weeks")
    assert headings(page)[0] == (1, "sample")
    assert "Rain" in page or "run" in page or "rain" in page or "Run" in page


def test_a_heading_that_says_what_the_file_is_called_is_the_title(write):
    def title_of(name):
        return prepare.notebook(write.notebook("# Rain - Part 2", "# Great job"), name, Path()).front.title

    assert title_of("rain_part-2") == title_of("03-rain_part-2") == "Rain - Part 2"
    assert title_of("rain") == "rain"


def test_a_heading_that_says_what_the_file_is_called_is_the_title_above_greater_ones(write):
    document = prepare.notebook(write.notebook("## Rain\n\nWords.", "### Days", "# One more"), "04. Rain", Path())
    assert document.front.title == "Rain"
    assert [heading.number for heading in document.numbers.headings] == ["1", "2"]


def test_a_heading_that_says_what_the_file_is_called_may_stand_below_a_text(write):
    def written(*cells):
        return headings(html.write(prepare.notebook(write.notebook(*cells), "3. Rain", Path())))

    cells = ["Words of the [course](https://a.example).\n\nMore words.", "# 3. Rain\n\n## Days", "# End"]
    assert written(*cells) == [(1, "3. Rain"), (2, "1 Days"), (2, "2 End")]
    assert written(write.code("x"), *cells)[1] == (2, "1 3. Rain"), "after code"


@pytest.mark.parametrize(
    ("heading", "other", "first"),
    [
        ("# **Rain**", "# Days", "Rain"),
        ("# **Rain** *and* **snow**", "# Days", "sample"),
        ("# **Rain**", "# **Days**", "sample"),
        ("# **Data**", "# Days", "sample"),
        ("# Notebook 3.1 -- Rain", "# Days", "Notebook 3.1 -- Rain"),
        ("# Lab #3: Rain", "# Days", "Lab #3: Rain"),
        ("# Chapter 2: Rain", "# Days", "Chapter 2: Rain"),
        ("# Chapter 2: Rain", "# Chapter 3: Days", "sample"),
        ("# Label 3 of rain", "# Days", "sample"),
        ("Words.\n\n# Lab 3: Rain", "# Days", "sample"),
    ],
)
def test_a_heading_beside_one_other_is_the_title_if_it_is_plainly_none_of_its_kind(exported, heading, other, first):
    assert headings(exported(heading, other))[0] == (1, first)


@pytest.mark.parametrize(
    ("heading", "shown"),
    [
        ("**Rain**", "Rain"),
        ("**1.** **Rain** 🌧", "1. Rain 🌧"),
        ("***Rain***:", "<em>Rain</em>:"),
        ("**Rain** in May", "<strong>Rain</strong> in May"),
        ("`rain` **May**", "<code>rain</code> <strong>May</strong>"),
    ],
)
def test_bold_that_covers_a_heading_falls_away_and_other_bold_stays(exported, heading, shown):
    page = exported("# Title", f"## {heading}\n\nWords in **bold**.", "## Days")
    assert f'<span class="number">1</span> <span>{shown}</span></a>' in page, "in the contents"
    assert f'<span class="number">1</span> <span>{shown}<a ' in page, "in the text"
    assert "<strong>bold</strong>" in page


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["###### (c)2014 Ada", "# Rain", "## Days", "# Weeks"], [(1, "sample"), (2, "1 Rain"), (3, "1.1 Days")]),
        (["###### (c)2014 Ada", "Words.", "# Rain", "## Days"], [(1, "Rain"), (2, "1 Days")]),
        (["### Course 3\n\n#### Lab", "# Rain", "## Days"], [(1, "Rain"), (2, "1 Days")]),
        (["#### Rain", "## Days", "## Weeks"], [(1, "Rain"), (2, "1 Days"), (2, "2 Weeks")]),
        (["#### Rain", "Words.", "# Days", "## Wet"], [(1, "Rain"), (2, "1 Days"), (3, "1.1 Wet")]),
        (["### Rain", "## Days", "## Weeks"], [(1, "sample"), (2, "1 Rain"), (2, "2 Days")]),
        (["#### Set-up", "## Days", "## Weeks"], [(1, "sample"), (2, "1 Set-up"), (2, "2 Days")]),
        (["Words.", "#### Rain", "## Days", "## Weeks"], [(1, "sample"), (2, "1 Rain"), (2, "2 Days")]),
        (["### Rain", "# Data", "## Wet"], [(1, "Rain"), (2, "1 Data"), (3, "1.1 Wet")]),
        (["#### Rain", "# Days", "#### Snow", "# Weeks"], [(1, "sample"), (2, "1 Rain"), (2, "2 Days")]),
        (["#### Please read: it helps.", "# Days", "# Weeks"], [(1, "sample"), (2, "1 Please read: it helps.")]),
        (["### 1. Rain", "# 2. Days", "# 3. Weeks"], [(1, "sample"), (2, "1. Rain"), (2, "2. Days")]),
        (["Words.", "### By country", "# Days", "# Weeks"], [(1, "sample"), (2, "1 By country"), (2, "2 Days")]),
    ],
)
def test_a_small_heading_above_greater_ones_is_a_text_the_title_or_a_section(exported, cells, expected):
    page = exported(*cells)
    assert headings(page)[: len(expected)] == expected
    assert all(re.sub(r"[#\s]+", " ", cell).split()[0] in page for cell in cells)


def test_headings_above_code_stay_sections(write, exported):
    found = headings(exported("## Setup", write.code("x"), "## Days", write.code("y"), "# Weeks"))
    assert found == [(1, "sample"), (2, "1 Setup"), (2, "2 Days"), (2, "3 Weeks")]


def test_a_link_to_a_small_heading_leads_to_what_it_has_become(exported):
    page = exported("### Course 3", "# Rain", "See [above](#Course-3).")
    [name] = re.findall(r'<a href="#([^"]*)">above', page)
    assert f'id="{name}"' in page


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("## One\n\n#### Small\n\n### Part\n\n#### Small", ["1 One", "Small", "1.1 Part", "Small"]),
        ("## One\n\n#### Part\n\n## Two\n\n#### Part", ["1 One", "1.1 Part", "2 Two", "2.1 Part"]),
        ("## One\n\n### Part\n\n#### Deep", ["1 One", "1.1 Part", "1.1.1 Deep"]),
        (
            "## A\n\n### B\n\n## C\n\n### D\n\n# E\n\n### F",
            ["1 Rain", "1.1 A", "1.1.1 B", "1.2 C", "1.2.1 D", "2 E", "2.1 F"],
        ),
        ("#### First\n\n## One\n\n### Part", ["1 First", "2 One", "2.1 Part"]),
    ],
)
def test_a_level_that_is_skipped_to_has_no_numbers(exported, cell, expected):
    assert [words for _, words in headings(exported("# Rain\n\nWords.", cell))[1:]] == expected


def test_a_title_is_rather_a_heading_than_a_line(exported):
    assert headings(exported("**Lab 3**\n\n# Rain", "## Days"))[0] == (1, "Rain")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("03_data_cleaning", "03 data cleaning"),
        ("03_data-cleaning", "03 data-cleaning"),
        ("k-means", "k-means"),
        ("train-csv-eda", "train csv eda"),
        ("LLM-RAG-2024-02-28-rag", "LLM RAG 2024-02-28 rag"),
        ("01 - Rain - Snow", "01 - Rain - Snow"),
        ("Untitled3", "Untitled3"),
        ("__", "__"),
    ],
)
def test_the_name_of_a_file_is_a_title_with_blanks(name, words):
    assert title.of_file(name) == words


def test_a_notebook_without_a_title_is_called_by_its_file(write):
    document = prepare.notebook(write.notebook("Words."), "03_data_cleaning", Path())
    assert document.front.title == "03 data cleaning"


def test_a_cell_of_comments_before_a_title_is_no_code(write, exported):
    license_of_code = write.code("# Copyright (c) Ada\n#\n// All rights reserved")
    page = exported(license_of_code, "# Loading Results into a Model", "## Days", "## Weeks")
    assert headings(page)[:2] == [(1, "Loading Results into a Model"), (2, "1 Days")]


@pytest.mark.parametrize(
    ("below", "expected"),
    [
        ("### Ada, London\n\n---\n\nWords.", [(2, "1 Days"), (2, "2 Weeks")]),
        ("### Ada, London\n\n## Days", [(2, "1 Days"), (2, "2 Days")]),
        ("## Goals", [(2, "1 Goals"), (2, "2 Days")]),
        ("### Ada, London\n### Mary, York", [(2, "1 Days"), (2, "2 Weeks")]),
        ("### Ada, London\n#### 1843\n\n---", [(2, "1 Days"), (2, "2 Weeks")]),
        ("### Abstract\n\n---\n\nIt rains, says Ada, London.", [(2, "1 Abstract"), (2, "2 Days")]),
        ("### Goals\n\nWords.", [(2, "1 Goals"), (2, "2 Days")]),
        ("## Goals\n\n---\n\nWords.", [(2, "1 Goals"), (2, "2 Days")]),
    ],
)
def test_a_small_heading_of_nothing_right_below_the_title_is_text(exported, below, expected):
    page = exported(f"# Rain\n{below}", "## Days", "## Weeks")
    assert headings(page)[1:3] == expected
    assert "Ada, London" in page or "Goals" in page


def test_front_matter_in_a_first_cell_of_markdown_gives_the_title(exported):
    page = exported("---\ntitle: Rain, and Snow\n---", "## Days", "# Weeks")
    assert headings(page)[0] == (1, "Rain, and Snow")
    assert "title:" not in page
    assert "Rain: a text" in exported("---\nRain: a text\n---", "## Days"), "it has no title, and is shown"
