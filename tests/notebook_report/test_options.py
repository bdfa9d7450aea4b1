import pytest

from notebook_report.cells import cell_options
from notebook_report.errors import Place

HERE = Place("03-cycle", 4)


def test_options_are_read_and_gone_from_the_code():
    source = "#| label: fig-a\n#| caption: >\n#|   Two lines\n#|   of text.\n#| alt: 'It: falls.'\n#| show-code: true\n"
    source += "\nplot()\n"
    chosen = {"label": "fig-a", "caption": "Two lines of text.", "alt": "It: falls.", "show-code": True}
    assert cell_options.read(source, HERE, []) == chosen
    assert cell_options.split(source)[1] == "plot()"


def test_the_space_after_the_mark_may_be_missing():
    assert cell_options.read("#|hide: true\nx", HERE, []) == {"hide": True}


def test_a_cell_without_options_is_left_alone():
    source = "# a comment\n#| not at the top"
    assert cell_options.split(source) == ([], source)


def test_options_as_quarto_and_nbdev_write_them_are_understood():
    problems = []
    source = "#| echo: false\n#| include: true\n#| fig-cap: Rain.\n#| fig-alt: A line.\n#| label: fig-a\nx"
    said = {"show-code": False, "hide": False, "caption": "Rain.", "alt": "A line.", "label": "fig-a"}
    assert cell_options.read(source, HERE, problems) == said
    assert cell_options.read("#| hide\nx", HERE, problems) == {"hide": True}
    assert problems == []


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("#| eval: false", "the option `eval` is unknown"),
        ("#| label: fig-a\n#| caption: @fig-b shows", "`#| caption: @fig-b shows` is not valid YAML"),
        ("#|\x85\n#| :\n", "`#| :` is not valid YAML"),
        ("#| just words", "`#| just words` is not of the form"),
        ("#| hide: maybe", "the option `hide` is 'maybe'; it must be true or false"),
        ("#| label: fig-a\n#| caption: 5\n#| alt: x", "the option `caption` is 5; it must be text"),
        ("#| label: Figure 1\n#| caption: x", "the label `Figure 1` is not of the form"),
        ("#| label: fig-a\n#| alt: x", "`fig-a` has no caption"),
        ("#| label: fig-a\n#| caption: x", "`fig-a` has no alternative text"),
        ("#| label: tab-a\n#| caption: x\n#| alt: y", "`tab-a` has an alternative text"),
        ("#| caption: What to see.", "the caption “What to see.” has no label"),
    ],
)
def test_each_mistake_has_its_sentence(source, words):
    problems = []
    cell_options.read(source + "\nplot()", HERE, problems)
    assert str(problems[0]).startswith("03-cycle.ipynb, cell 4: ")
    assert words in str(problems[0])
