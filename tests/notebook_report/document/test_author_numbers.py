import pytest

from notebook_report.document import author_numbers
from notebook_report.reading.trees.pandoc_ast import elements, plain


@pytest.mark.parametrize(
    "headings",
    [
        ["1. Introduction", "Data", "2. Results"],
        ["2 The robot", "2.1 Its wheels"],
        ["2.3 Results", "2.5 Discussion"],
        ["1) Load", "2) Plot"],
        ["(1) Load", "(2) Plot"],
        ["1.Load", "2.Plot"],
        ["1 - Load", "2 - Plot"],
        ["1 | Load", "2 | Plot"],
        ["📌 1️⃣ Load", "2️⃣ Plot"],
        ["Chapter 4 – Rain", "Chapter 5 – Snow"],
        ["Step 1: Load", "Step 2: Plot"],
        ["Part I.", "Part II."],
        ["I. Load", "IV. Plot"],
        ["A. Load", "B. Plot"],
        ["a) Load", "b) Plot"],
        ["一、介绍", "二、方法"],
        ["第1章", "第2章"],
        ["第一章 介绍", "第二章 方法"],
        ["Глава 1. Дождь", "Глава 2. Снег"],
        ["1. to 11.", "12."],
    ],
)
def test_headings_whose_numbers_grow_are_numbered_by_their_author(headings):
    assert author_numbers.are_given("Rain", [(1, words) for words in headings])


@pytest.mark.parametrize(
    "headings",
    [
        [],
        ["Introduction", "Results"],
        ["3 ways to rain", "Results"],
        ["2D plots", "3D plots"],
        ["2019 in numbers", "2020 in numbers"],
        ["10 minutes to rain", "2 mistakes"],
        ["A plot", "I see", "V"],
        ["2-fold beds", "5-fold beds"],
        ["Of 3 beds", "And of 4 beds"],
        ["Vitamins A and B", "C"],
    ],
)
def test_others_are_not(headings):
    assert not author_numbers.are_given("Rain", [(1, words) for words in headings])


CELLS = [
    "# Rain",
    "## 1. Days\n\nSee [section 2.1](#2.1-Wet-days), [section 3](#1.-Days).",
    "## 2. Weeks\n\n### 2.1 Wet days",
]


def test_numbers_of_the_author_stand_alone_in_both_files(to_html, to_pdf):
    page, paper = to_html(*CELLS), to_pdf(*CELLS)
    assert 'class="number"' not in page
    assert '<a href="#h-1-days"><span>1. Days</span></a>' in page
    assert [entry.title for entry in paper.outline if not isinstance(entry, list)] == ["1. Days", "2. Weeks"]


def test_links_lead_to_headings_with_numbers_of_the_author_and_say_what_they_say(alone):
    document = alone(*CELLS)
    links = [*elements(document.texts[1].document, "Link")]
    assert [(plain(link["c"][1]), link["c"][2][0]) for link in links] == [
        ("section 2.1", "#h-21-wet-days"),
        ("section 3", "#h-1-days"),
    ]
    assert document.problems == []


def test_the_number_of_the_title_counts_as_well(alone):
    assert [entry.number for entry in alone("# 2 Rain", "## 2.1 Days", "## Weeks").contents] == ["", ""]
    assert [entry.number for entry in alone("# Rain", "## 2.1 Days", "## Weeks").contents] == ["1", "2"]
