import copy

import pytest

from notebook_report import problems
from notebook_report.document import dry_run
from notebook_report.document.front import Front
from notebook_report.errors import NotebookError

FIGURE = "#| label: fig-line\n#| caption: What to see, as in [table 1](#tab-costs).\n#| alt: A line.\nplot()"
TABLE = "#| label: tab-costs\n#| caption: All costs.\nframe"


@pytest.fixture
def rehearsed(write):
    """Return a function that rehearses a report of one notebook, "01-one", with these cells and this front matter."""

    def rehearsed(*cells, **front):
        document = dry_run.rehearsed([("01-one", write.notebook(*cells))], Front(**front))
        problems.stop(document.problems)

    return rehearsed


def test_what_is_right_passes_before_it_has_run(rehearsed, write):
    sources = [FIGURE, TABLE, "print(1)", "#| show-code: true\nx = 1", "#| hide: true\nx"]
    text = "[Figure 1](#fig-line), [table 1](#tab-costs), [section 1](#One)."
    rehearsed("# One", text, *map(write.code, sources), abstract="[Figure 1](01-one.ipynb#fig-line)")


def test_an_equation_that_code_writes_can_be_referred_to(rehearsed, write):
    written = write.code(r'Markdown(f"$$ x = {x} \\label{{eq-x}} $$")  # \\label{eq-x}')
    text = "# One\n\nSee [equation 1](#eq-x) and [equation 2](#eq-y)."
    rehearsed(text, written, "$$ y \\label{eq-y} $$", write.code("say(r'see \\label{eq-y}')"))
    rehearsed(
        "# One\n\nSee [it](#eq-x).", write.code(TABLE + r"\nMarkdown(r'$$ x \label{eq-x} $$')".replace(r"\n", "\n"))
    )


def test_a_row_that_code_writes_and_labels_can_be_referred_to(rehearsed, write):
    rehearsed("# One\n\nSee \\eqref{x}.", write.code('Math(r"x = 1 \\label{x}")'), write.code('Math("x \\\\label{y}")'))


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (["# One\n\nSee [it](#fig-none)."], "01-one.ipynb, cell 1: `[it](#fig-none)` leads to nothing in the report."),
        (["# One", FIGURE], "01-one.ipynb, cell 2: `[table 1](#tab-costs)` leads to nothing"),
        (
            ["# One", TABLE, TABLE],
            "01-one.ipynb, cell 3: the label `tab-costs` is taken already by 01-one.ipynb, cell 2.",
        ),
        (["# One\n\nSee [it](#eq-none).", "eq-none"], "01-one.ipynb, cell 1: `[it](#eq-none)` leads to nothing"),
        (["# One\n\n### Two"], "01-one.ipynb, cell 1: the heading “Two” skips from level 1 to 3."),
        (["# One\n\n# Two"], "01-one.ipynb, cell 1: “Two” is the notebook's second title"),
        (["# One\n\nSee [this](there.txt)."], "01-one.ipynb, cell 1: the link to `there.txt` leads nowhere"),
        (
            ["# One\n\n[Smith](#cite-smith)."],
            "01-one.ipynb, cell 1: `[Smith](#cite-smith)` cites a work, and there is no",
        ),
        (["# One\n\n$\\argmin$"], "01-one.ipynb, cell 1: "),
        (["# One", "#| label: fig-x\n#| caption: a\nx"], "01-one.ipynb, cell 2: `fig-x` has no alternative text"),
    ],
)
def test_what_is_wrong_is_said_before_it_runs(rehearsed, write, cells, words):
    with pytest.raises(NotebookError) as error:
        rehearsed(*(cell if cell.startswith("# ") else write.code(cell) for cell in cells))
    assert words in str(error.value)


def test_nothing_is_left_of_a_rehearsal(write):
    nb = write.notebook("# One", write.code(TABLE))
    before = copy.deepcopy(nb)
    dry_run.rehearsed([("01-one", nb)], Front())
    assert nb == before
