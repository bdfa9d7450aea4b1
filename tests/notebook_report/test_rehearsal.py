import pytest

from notebook_report import merge
from notebook_report.errors import NotebookError
from notebook_report.rehearsal import rehearse

FIGURE = "#| label: fig-line\n#| caption: What to see, as in @tab-costs.\n#| alt: A line.\nplot()"
TABLE = "#| label: tab-costs\n#| caption: All costs.\nframe"


@pytest.fixture
def rehearsed(write, tmp_path):
    """Return a function that rehearses a report of one notebook, "01-one", with these cells and this front matter."""

    def rehearsed(*cells, **front):
        rehearse(merge.merge([write.file(tmp_path / "01-one.ipynb", *cells)], front))

    return rehearsed


def test_what_is_right_passes_before_it_has_run(rehearsed, write):
    sources = [FIGURE, TABLE, "print(1)", "#| show-code: true\nx = 1", "#| hide: true\nx"]
    rehearsed("# One {#sec-one}", "@fig-line, @tab-costs, @sec-one.", *map(write.code, sources), abstract="@fig-line")


def test_an_equation_that_code_writes_can_be_referred_to(rehearsed, write):
    written = write.code('Markdown(f"$$ x = {x} $$ {{#eq-x}}")  # {#eq-x}')
    rehearsed("# One\n\nSee @eq-x and @eq-y.", written, "$$ y $$ {#eq-y}", write.code("say('see #eq-y')"))
    rehearsed("# One\n\nSee @eq-x.", write.code(f"{TABLE}\nMarkdown('$$ x $$ {{#eq-x}}')"))


def test_a_row_that_code_writes_and_labels_can_be_referred_to(rehearsed, write):
    rehearsed("# One\n\nSee \\eqref{x}.", write.code('Math(r"x = 1 \\label{x}")'), write.code('Math("x \\\\label{y}")'))


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (["# One\n\nSee @fig-none."], "01-one, cell 1: `@fig-none` refers to a label that nothing in the report has."),
        (["# One", FIGURE], "01-one, cell 2: `@tab-costs` refers to a label"),
        (["# One", TABLE, TABLE], "01-one, cell 3: the label `tab-costs` is taken already by 01-one, cell 2."),
        (["# One\n\nSee @eq-none.", "eq-none"], "01-one, cell 1: `@eq-none` refers to a label"),
        (["# One\n\n### Two"], "01-one, cell 1: the heading “Two” skips from level 1 to 3."),
        (["# One\n\n# Two"], "01-one, cell 1: “Two” is the notebook's second title"),
        (["# One\n\nAs [@smith] said."], "01-one, cell 1: `@smith` reads as a citation, and there is no bibliography"),
        (["# One\n\n$\\argmin$"], "01-one, cell 1: "),
        (["# One", "#| label: fig-x\n#| caption: a\nx"], "01-one, cell 2: `fig-x` has no alternative text"),
    ],
)
def test_what_is_wrong_is_said_before_it_runs(rehearsed, write, cells, words):
    with pytest.raises(NotebookError) as error:
        rehearsed(*(cell if cell.startswith("# ") else write.code(cell) for cell in cells))
    assert words in str(error.value)


def test_nothing_is_left_of_a_rehearsal(write, tmp_path):
    nb = merge.merge([write.file(tmp_path / "01-one.ipynb", "# One", write.code(TABLE))])
    rehearse(nb)
    assert nb == merge.merge([tmp_path / "01-one.ipynb"])
