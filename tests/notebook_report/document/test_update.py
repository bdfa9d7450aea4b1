import json

import pytest

from notebook_report.document import update
from notebook_report.document.crossref import Numbers
from notebook_report.errors import Place, ReportError

VALUES = {"one": {"test": "48.1 %"}, "two": {"n": "7"}}


@pytest.fixture
def numbers():
    """Return the numbers of a report with a figure 1 and 2 and an equation 1."""
    numbers = Numbers()
    for label, kind in (("fig-a", "fig"), ("fig-b", "fig"), ("eq-a", "eq")):
        numbers.label(label, kind, Place("one", 1))
    return numbers


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("In [figure 1](#fig-b), [Figs. 3](#fig-b).", "In [figure 2](#fig-b), [Figs. 2](#fig-b)."),
        ("[Equation\n(4)](#eq-a)", "[Equation\n(1)](#eq-a)"),
        ("[9](one.ipynb#fig-b)", "[2](one.ipynb#fig-b)"),
        (
            "It is [47.6 %](#value-test) of [5](two.ipynb#value-n).",
            "It is [48.1 %](#value-test) of [7](two.ipynb#value-n).",
        ),
        ("#| caption: As in [Figure 7](#fig-a).\nplot()", "#| caption: As in [Figure 1](#fig-a).\nplot()"),
    ],
)
def test_only_what_is_another_number_changes(numbers, old, new):
    assert update.renewed(old, "one", numbers, VALUES) == new
    assert update.renewed(new, "one", numbers, VALUES) == new


@pytest.mark.parametrize(
    "text",
    [
        "[48.1\n%](#value-test), [the figure](#fig-b), [figure 1](#fig-none), [3](https://a.example/one.ipynb#fig-b)",
        "`[figure 1](#fig-b)` and ``a ` [figure 1](#fig-b)``\n\n```\n[47.6 %](#value-test)\n```",
        "![figure 1](#fig-b), [1](#value-none), [2](03-three.ipynb#value-n)",
    ],
)
def test_all_else_stays(numbers, text):
    assert update.renewed(text, "one", numbers, VALUES) == text


@pytest.mark.parametrize("form", [{"indent": 1, "ensure_ascii": False}, {"indent": 2}, {}])
def test_nothing_else_in_the_file_changes(numbers, tmp_path, form):
    cells = [
        {
            "cell_type": "markdown",
            "id": "ä",
            "metadata": {"x": 1e-05},
            "source": ["# One\n", "\n", "[5 %](#value-test)"],
        },
        {"cell_type": "code", "outputs": [{"text": "[5 %](#value-test)"}], "source": "x = '[figure 9](#fig-a)'"},
    ]
    path, end = tmp_path / "one.ipynb", "\n" * ("indent" in form)
    before = json.dumps({"cells": cells, "nbformat": 4}, **form) + end
    path.write_text(before)
    assert update.notebook(path, numbers, VALUES)
    after = before.replace("[5 %](#value-test)", "[48.1 %](#value-test)", 1).replace("figure 9", "figure 1")
    assert path.read_text() == after
    assert not update.notebook(path, numbers, VALUES)


def test_a_file_that_would_change_elsewhere_is_left_alone(numbers, tmp_path):
    path = tmp_path / "one.ipynb"
    path.write_text('{"cells":   [{"source": "[5 %](#value-test)"}]}')
    with pytest.raises(ReportError, match="is not written as Jupyter writes notebooks"):
        update.notebook(path, numbers, VALUES)
    assert "5 %" in path.read_text()
