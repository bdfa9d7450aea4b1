import re

import pytest

from notebook_report.errors import NotebookError


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


def test_a_level_is_not_skipped_below_the_title_either(to_html):
    with pytest.raises(NotebookError, match="cell 2: the heading “Deep” skips from level 1 to 3"):
        to_html("# Rain", "### Deep")


def test_the_title_is_the_papers_too(to_pdf):
    paper = to_pdf("# Rain", "## One", "## Two")
    assert paper.metadata.title == "Rain"
    assert [entry.title.split() for entry in paper.outline] == [["1", "One"], ["2", "Two"]]
