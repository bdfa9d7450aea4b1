import pytest

from notebook_report.cells import cell_options
from notebook_report.errors import NotebookError, Place

HERE = Place("03-cycle", 4)


def test_options_are_read_and_gone_from_the_code():
    source = "#| label: fig-a\n#| caption: >\n#|   Two lines\n#|   of text.\n#| alt: 'It: falls.'\n#| show-code: true\n"
    chosen, code = cell_options.read(source + "\nplot()\n", HERE)
    assert chosen == {"label": "fig-a", "caption": "Two lines of text.\n", "alt": "It: falls.", "show-code": True}
    assert code == "plot()"


def test_the_space_after_the_mark_may_be_missing():
    assert cell_options.read("#|hide: true\nx", HERE) == ({"hide": True}, "x")


def test_a_cell_without_options_is_left_alone():
    assert cell_options.read("# a comment\n#| not at the top", HERE) == ({}, "# a comment\n#| not at the top")


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("#| echo: false", "the option `echo` is unknown"),
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
    with pytest.raises(NotebookError) as error:
        cell_options.read(source + "\nplot()", HERE)
    assert str(error.value).startswith("03-cycle.ipynb, cell 4: ")
    assert words in str(error.value)
