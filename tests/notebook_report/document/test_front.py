from pathlib import Path

import pytest
from nbformat.v4 import new_raw_cell

from notebook_report.document.front import Front, of_notebook
from notebook_report.problems import Outcome


@pytest.fixture
def front(write):
    """Return a function that reads the YAML in a first raw cell, and what is wrong with it."""

    def read(yaml, **metadata):
        problems = []
        nb = write.notebook(new_raw_cell(f"---\n{yaml}\n---\n"), "Words.", **metadata)
        return of_notebook(nb, Path(), problems), [problem.message for problem in problems]

    return read


def test_yaml_at_the_top_is_front_matter(front):
    matter, problems = front(
        'title: "Beans: a study"\nsubtitle: Of one bed\nauthor: Ann Lee\ndate: 2026-05-03\nlang: en-GB\n'
        "abstract: |\n  Two lines\n  of it.\nformat:\n  html:\n    toc: true"
    )
    assert problems == []
    assert matter == Front("Beans: a study", "Of one bed", ["Ann Lee"], "en-GB", "2026-05-03", "Two lines of it.")


@pytest.mark.parametrize(
    ("yaml", "names"),
    [
        ("author: A", ["A"]),
        ("author: [A, B]", ["A", "B"]),
        ("authors:\n  - name: A\n    affiliations: [X]\n  - B", ["A", "B"]),
        ("author:\n  name: A", ["A"]),
        ("author:\n  - name:\n      given: Ann\n      family: Lee", ["Ann Lee"]),
        ("author:\n  - name:\n      literal: Ann Lee", ["Ann Lee"]),
        ("author:\n  - email: a@b.example", []),
        ("author: [[], 3, {a: b}]", ["3"]),
    ],
)
def test_authors_are_written_in_several_forms(front, yaml, names):
    assert front(yaml)[0].authors == names


def test_yaml_comes_before_the_metadata(front):
    matter, _ = front("title: A", title="B", authors=[{"name": "C"}])
    assert (matter.title, matter.authors) == ("A", ["C"])


@pytest.mark.parametrize(
    ("yaml", "fault"),
    [
        ("title: a: b", "the raw cell at the top is not valid YAML: write texts in quotes."),
        ("date: last-modified", "the date “last-modified” is not of the form 2026-05-03."),
        ("date: 2026-02-30", "the raw cell at the top is not valid YAML: write texts in quotes."),
        ("bibliography: none.bib", "the bibliography none.bib cannot be read: No such file or directory."),
    ],
)
def test_what_cannot_be_meant_is_a_problem(front, yaml, fault):
    assert front(yaml) == (Front(authors=[], folder=Path()), [fault])


@pytest.mark.parametrize("yaml", ["- a", "a", "title: [[]]", "title: {a: b}", "lang: '<b>'", "&a [*a]", "[" * 5000])
def test_other_yaml_says_nothing(front, yaml):
    assert front(yaml)[0] == Front(authors=[], folder=Path())


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("# 迭代器\n\nThe class `Reverse` 有一个方法叫做迭代", "zh"),
        ("## 雨の日\n\nこの雨は長い", "ja"),
        ("비가 온다", "ko"),
        ("https://a.example。这是一个中文文本 pandas", "zh"),
        ("The word 迭代 means to repeat, as iterators do.", "en"),
        ("# Kana\n\nRead あいうえお and write each of them ten times.", "en"),
        ("한국어 문장입니다 비가 온다 ひらがな", "ko"),
        ("雨的图 ![雨](data:image/png;base64,AAAAAAAAAAAAAAAAAAAAAA)\n\n```python\nplot(rain, june)\n```", "zh"),
        ("1.5", "en"),
    ],
)
def test_letters_tell_the_language(write, text, language):
    assert of_notebook(write.notebook(text), Path(), []).language == language


def test_the_title_of_the_yaml_is_not_repeated_by_a_heading(alone):
    document = alone(new_raw_cell("---\ntitle: Rain\n---"), "# Rain", "## Part")
    assert document.front.title == "Rain"
    assert [heading.number for heading in document.numbers.headings] == ["1"]
    assert {problem.outcome for problem in document.problems} <= {Outcome.REPAIRED}


def test_an_abstract_of_the_yaml_is_read_as_markdown(alone):
    document = alone(new_raw_cell("---\nabstract: Of *rain*.\n---"), "# Rain")
    assert document.abstract.document["blocks"][0]["c"][2]["t"] == "Emph"
