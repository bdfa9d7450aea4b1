"""The exporters as anyone uses them: by name, from nbconvert's command line, on notebooks of every kind."""

import asyncio
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from jupyter_core.utils import ensure_event_loop
from nbconvert.exporters import get_exporter
from nbconvert.nbconvertapp import NbConvertApp
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tests.bounds import BOUND

PACKAGE = Path(__file__).parents[2] / "lib" / "notebook_report"
README = (PACKAGE / "README.md").read_text(encoding="utf-8")
STARTS = {"html": b"<!doctype html>", "pdf": b"%PDF-"}


@pytest.fixture
def convert(tmp_path, monkeypatch, capsys):
    """Return a function that does what `jupyter nbconvert` does; it returns the status, what was printed and told.

    It does so in a folder of its own, where Jupyter finds no settings of the user's.
    """
    monkeypatch.chdir(tmp_path)
    for name in ("HOME", "JUPYTER_CONFIG_DIR", "IPYTHONDIR"):
        monkeypatch.setenv(name, str(tmp_path))

    def run(notebook, *arguments):
        Path("rain.ipynb").write_bytes(notebook if isinstance(notebook, bytes) else nbformat.writes(notebook).encode())
        app, status = NbConvertApp.instance(), 0
        try:
            app.initialize([*arguments, "rain.ipynb"])
            app.start()
        except SystemExit as end:
            status = end.code
        finally:
            NbConvertApp.clear_instance()
        return status, *capsys.readouterr()

    return run


def test_the_example_of_the_readme_runs_and_becomes_one_page(tmp_path):
    text, code = re.findall(r"```(?:markdown|python)\n(.*?)```", README, re.DOTALL)
    notebook = new_notebook(cells=[new_markdown_cell(text), new_code_cell(code)])
    nbformat.write(notebook, tmp_path / "rain.ipynb")
    arguments = ["--to", "report_html", "--execute", "--output", "weather", "rain.ipynb"]
    home = {name: str(tmp_path) for name in ("HOME", "JUPYTER_CONFIG_DIR", "IPYTHONDIR")}
    command = [sys.executable, "-m", "nbconvert", *arguments]
    how = {"cwd": tmp_path, "env": {**os.environ, **home, "LANG": "C.UTF-8"}, "timeout": BOUND}
    done = subprocess.run(command, **how, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    page = (tmp_path / "weather.html").read_text(encoding="utf-8")
    assert page.startswith(STARTS["html"].decode())
    for words in ("Rain falls on Tuesdays", "Measured in the garden", 'download="fig-rain.csv"', 'href="#eq-rain"'):
        assert words in page
    assert page.count("data:image/svg+xml") == 1
    assert not (tmp_path / "weather_files").exists()


def test_the_example_beside_the_package_is_exported_with_nothing_to_warn_of(convert):
    example = (PACKAGE / "example" / "rain.ipynb").read_bytes()
    status, _, told = convert(example, "--to", "report_html", "--execute")
    assert status == 0, told
    assert "WARNING" not in told


def test_a_notebook_becomes_one_pdf(convert):
    status, _, told = convert(new_notebook(cells=[new_markdown_cell("# Rain")]), "--to", "report_pdf")
    assert status == 0, told
    assert Path("rain.pdf").read_bytes().startswith(STARTS["pdf"])


def test_a_pdf_of_a_date_that_is_none_is_refused_in_one_sentence(convert, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    status, _, told = convert(new_notebook(cells=[new_markdown_cell("# Rain")]), "--to", "report_pdf")
    assert status == 1
    assert told.splitlines()[-1].endswith(
        "SOURCE_DATE_EPOCH is 'yesterday': set it to whole seconds since 1970, or unset it."
    )
    assert "Traceback" not in told


def test_the_html_can_go_to_standard_output(convert):
    # As for every PDF, nbconvert cannot: it writes text there.
    status, printed, told = convert(
        new_notebook(cells=[new_markdown_cell("# Rain")]), "--to", "report_html", "--stdout"
    )
    assert status == 0, told
    assert printed.startswith(STARTS["html"].decode())


@pytest.mark.parametrize(
    ("cells", "form", "sentence"),
    [
        (
            ["# A\n\n## B", "#### Too deep"],
            "html",
            "rain.ipynb, cell 2: the heading “Too deep” skips from level 1 to 3.",
        ),
        (
            ["# A\n\n$$\\argmin_x x$$"],
            "pdf",
            "rain.ipynb, cell 1: the formula `\\argmin_x x`: undefined control sequence \\argmin.",
        ),
        (
            ["# A\n\n![A cat](cats/missing.png)"],
            "html",
            "rain.ipynb, cell 1: the image `cats/missing.png` is missing: No such file or directory.",
        ),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(convert, cells, form, sentence):
    strict = f"--Report{form.upper()}Exporter.strict=True"
    nb = new_notebook(cells=[new_markdown_cell(cell) for cell in cells])
    status, _, told = convert(nb, "--to", f"report_{form}", strict)
    assert status == 1
    begun, said = told.splitlines()
    assert begun.endswith(f"Converting notebook rain.ipynb to report_{form}")
    assert said.startswith(f"[NbConvertApp] ERROR | {sentence}")
    assert not Path(f"rain.{form}").exists()


def test_by_default_it_is_a_warning_and_something_stands_in_its_place(convert):
    status, _, told = convert(new_notebook(cells=[new_markdown_cell("# A\n\n$\\argmin x$")]), "--to", "report_html")
    assert status == 0
    assert "WARNING | rain.ipynb, cell 1: the formula `\\argmin x`: undefined control sequence \\argmin." in told
    assert Path("rain.html").exists()


SECRET = new_notebook(
    cells=[
        new_markdown_cell("# A"),
        nbformat.v4.new_code_cell(
            "SECRET = 1", outputs=[nbformat.v4.new_output("stream", text="printed")], metadata={"tags": ["solution"]}
        ),
    ]
)


@pytest.mark.parametrize(
    "options",
    [
        ["--no-input"],
        ["--TagRemovePreprocessor.enabled=True", "--TagRemovePreprocessor.remove_input_tags=solution"],
    ],
)
def test_code_that_nbconvert_is_told_to_leave_out_is_not_in_the_file(convert, options):
    status, _, told = convert(SECRET, "--to", "report_html", *options)
    assert status == 0, told
    page = Path("rain.html").read_text(encoding="utf-8")
    assert "SECRET" not in page
    assert "printed" in page


SOUND = nbformat.writes(new_notebook(cells=[new_markdown_cell("# Réunion")]))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "rain.ipynb cannot be read as a notebook: Notebook does not appear to be JSON: ''"),
        (SOUND[:40].encode(), "rain.ipynb cannot be read as a notebook: Notebook does not appear to be JSON: '{\\n"),
        (SOUND.encode("latin-1"), "rain.ipynb cannot be read as a notebook: 'utf-8' codec can't decode byte 0xe9"),
        (b"[]", "rain.ipynb cannot be read as a notebook: it is not of Jupyter's format."),
        (SOUND.replace('"nbformat": 4', '"nbformat": 5').encode(), "it is not of Jupyter's format."),
        (
            SOUND.replace('"source"', '"sauce"').encode(),
            "the notebook is not of Jupyter's format: Additional properties",
        ),
    ],
    ids=["nothing", "half of one", "Latin-1", "a list", "format 5", "an unknown key"],
)
def test_what_is_no_notebook_is_refused_in_one_sentence(convert, content, words):
    status, _, told = convert(content, "--to", "report_html")
    assert status == 1
    _, said = told.splitlines()
    assert said.startswith("[NbConvertApp] ERROR | ")
    assert words in said


def test_a_notebook_may_begin_with_the_mark_of_unicode(convert):
    status, _, told = convert(SOUND.encode("utf-8-sig"), "--to", "report_html")
    assert status == 0, told
    assert "<title>Réunion</title>" in Path("rain.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("source", "kernel", "sentence"),
    [
        (
            "raise ValueError('too\\nsmall')",
            "python3",
            "rain.ipynb, cell 2: ValueError: too small.",
        ),
        ("import os; os._exit(1)", "python3", "rain.ipynb: the kernel stopped while it ran cell 2."),
        (
            "display({'image/png': 5, 'text/plain': 'x'}, raw=True)",
            "python3",
            "rain.ipynb, cell 2: its output is not of Jupyter's format: 5 is not valid under any of the given schemas.",
        ),
        ("1", "none", "rain.ipynb: there is no kernel `none` here: install it."),
        ("1", "gone", "rain.ipynb: the kernel cannot be started: [Errno 2] No such file or directory: '/none/python'."),
    ],
)
def test_a_notebook_that_does_not_run_is_refused_in_one_sentence(
    convert, tmp_path, monkeypatch, source, kernel, sentence
):
    folder = tmp_path / "jupyter" / "kernels" / "gone"
    folder.mkdir(parents=True)
    gone = {"argv": ["/none/python", "{connection_file}"], "display_name": "Gone", "language": "python"}
    (folder / "kernel.json").write_text(json.dumps(gone))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    metadata = {"kernelspec": {"name": kernel, "display_name": kernel}}
    notebook = new_notebook(cells=[new_markdown_cell("# Rain"), new_code_cell(source)], metadata=metadata)
    status, _, told = convert(notebook, "--to", "report_html", "--execute")
    assert status == 1
    assert told.splitlines()[1:] == [f"[NbConvertApp] ERROR | {sentence}"]
    assert asyncio.all_tasks(ensure_event_loop()) == set(), "nothing still looks for the kernel"


def as_in_2018(text):
    """Return the JSON of a notebook of format 4.2, whose cells have no ids."""
    code = {"cell_type": "code", "metadata": {}, "execution_count": None, "outputs": [], "source": "1 + 1"}
    cells = [{"cell_type": "markdown", "metadata": {}, "source": [text]}, code]
    return json.dumps({"nbformat": 4, "nbformat_minor": 2, "metadata": {}, "cells": cells})


def with_widget():
    """Return a notebook that shows a widget, and its state."""
    data = {"application/vnd.jupyter.widget-view+json": {"model_id": "a"}, "text/plain": "IntSlider(value=0)"}
    state = {"application/vnd.jupyter.widget-state+json": {"state": {}, "version_major": 2, "version_minor": 0}}
    cells = [new_markdown_cell("# Rain"), new_code_cell("slider", outputs=[new_output("display_data", data)])]
    return nbformat.writes(new_notebook(cells=cells, metadata={"widgets": state}))


def in_another_language():
    """Return a notebook whose code is R, with what no Python could read."""
    metadata = {"kernelspec": {"name": "ir", "display_name": "R", "language": "R"}, "language_info": {"name": "R"}}
    cells = [new_markdown_cell("# Rain"), new_code_cell("x <- c(1, 2)")]
    return nbformat.writes(new_notebook(cells=cells, metadata=metadata))


KINDS = {
    "nothing at all": nbformat.writes(new_notebook()),
    "no heading and no kernel": nbformat.writes(new_notebook(cells=[new_markdown_cell("Rain.")])),
    "format 4.2": as_in_2018("# Rain"),
    "a widget": with_widget(),
    "another language": in_another_language(),
}


@pytest.mark.parametrize("form", ["html", "pdf"])
@pytest.mark.parametrize("notebook", KINDS.values(), ids=KINDS)
def test_notebooks_of_every_kind_are_exported(tmp_path, notebook, form):
    (tmp_path / "rain.ipynb").write_text(notebook, encoding="utf-8")
    content, resources = get_exporter(f"report_{form}")().from_filename(str(tmp_path / "rain.ipynb"))
    content = content if form == "pdf" else content.encode()
    assert content.startswith(STARTS[form])
    assert resources["output_extension"] == f".{form}"
    assert b"IntSlider" not in content
