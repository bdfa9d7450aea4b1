"""Bars of the library in a notebook: widgets where somebody looks at it, text where it is built into a report."""

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from notebook_report.running import kernel
from notebook_report.system import operating_system

BAR = """
from twolayer.runtime.progress import bar_of_runs
with bar_of_runs("some runs", 3) as runs:
    for _ in runs.tally(0).over(3):
        pass
"""


@pytest.fixture(autouse=True)
def widgets_allowed(monkeypatch):
    monkeypatch.delenv("UNATTENDED", raising=False)


def in_kernel(code):
    """Run code in a kernel of its own, and return the executed notebook."""
    nb = new_notebook(cells=[new_code_cell(code)])
    with operating_system.kernel_sockets() as config:
        NotebookClient(nb, kernel_name=kernel.KERNEL, config=config).execute()
    return nb


def written(nb):
    return "".join(output.text for output in nb.cells[0].outputs if output.output_type == "stream")


def shown(nb):
    return [form for output in nb.cells[0].outputs if "data" in output for form in output.data]


def test_a_notebook_shows_a_widget_and_nothing_on_standard_error():
    nb = in_kernel(BAR)
    assert written(nb) == ""
    assert "application/vnd.jupyter.widget-view+json" in shown(nb)
    (widgets,) = nb.metadata.widgets.values()
    states = [widget["state"] for widget in widgets["state"].values()]
    assert [(state["value"], state["max"]) for state in states if "max" in state] == [(3, 3)]


def test_without_ipywidgets_a_notebook_shows_text_and_no_warning():
    nb = in_kernel(f"import sys; sys.modules['ipywidgets'] = None\n{BAR}")
    assert "some runs: 100%" in written(nb)
    assert "Warning" not in written(nb)
    assert shown(nb) == []


def test_a_build_hears_text_and_keeps_no_widget(tmp_path):
    class Watch:
        text = ""

        def cell(self, index, n):
            pass

        def hears(self, text):
            self.text += text

    watch = Watch()
    nbformat.write(new_notebook(cells=[new_code_cell(BAR)]), tmp_path / "one.ipynb")
    executed = nbformat.read(kernel.execute(tmp_path / "one.ipynb", tmp_path / "work", watch=watch), as_version=4)
    assert "some runs: 100%" in watch.text.splitlines()[-1]
    assert written(executed) == watch.text
    assert shown(executed) == []
    assert "widgets" not in executed.metadata


def test_a_script_shows_text_on_standard_error(capsys):
    exec(BAR, {})
    out, err = capsys.readouterr()
    assert "some runs: 100%" in err
    assert out == ""
