import re

import pytest


def headings(page):
    found = re.findall(r"<h([1-6])[^>]*>(.*?)</h\1>", page)
    words = [(int(level), re.sub(r"<[^>]*>|¶", "", text).strip()) for level, text in found]
    return [(level, " ".join(text.split())) for level, text in words if text != "Contents"]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["# Rain", "## One\n\n### Part", "## Two"], [(1, "Rain"), (2, "1 One"), (3, "1.1 Part"), (2, "2 Two")]),
        (["Words.\n\n# Rain"], [(1, "Rain")]),
        (["# Rain", "# Snow"], [(1, "sample"), (2, "1 Rain"), (2, "2 Snow")]),
        (["# Rain", "### Deep"], [(1, "Rain"), (2, "1 Deep")]),
        (["## Rain", "## Snow"], [(1, "sample"), (2, "1 Rain"), (2, "2 Snow")]),
    ],
)
def test_the_heading_above_all_others_is_the_title(to_html, cells, expected):
    assert headings(to_html(*cells)) == expected


@pytest.mark.parametrize("words", ["Of $x$", "Of [rain](https://rain.example)"])
def test_a_heading_with_more_than_words_stays_a_heading(to_html, words):
    assert headings(to_html(f"# {words}", "## Part"))[0] == (1, "sample")


def test_the_metadata_know_the_title_better(to_html):
    assert headings(to_html("# Rain", "## Part", title="Weather"))[:2] == [(1, "Weather"), (2, "1 Rain")]


def test_a_title_that_is_given_twice_is_shown_once(to_html):
    assert headings(to_html("# Rain", "## Part", title="Rain")) == [(1, "Rain"), (2, "1 Part")]
    assert headings(to_html("# Rain", "# Part", title="rain ")) == [(1, "rain"), (2, "1 Part")]


def test_the_title_is_the_papers_too(to_pdf):
    paper = to_pdf("# Rain", "## One", "## Two")
    assert paper.metadata.title == "Rain"
    assert [entry.title.split() for entry in paper.outline] == [["1", "One"], ["2", "Two"]]
