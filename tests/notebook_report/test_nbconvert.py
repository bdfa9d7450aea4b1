"""The exporters as anyone uses them: by name, from nbconvert's command line, on notebooks of every kind."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbconvert.exporters import get_exporter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

README = Path(__file__).parents[2].joinpath("README.md").read_text(encoding="utf-8")
STARTS = {"html": b"<!doctype html>", "pdf": b"%PDF-"}


@pytest.fixture
def convert(tmp_path):
    """Return a function that runs nbconvert in a folder of its own, where Jupyter finds no settings of the user's."""
    home = {"HOME": str(tmp_path), "JUPYTER_CONFIG_DIR": str(tmp_path), "IPYTHONDIR": str(tmp_path)}

    def run(notebook, *arguments, name="rain"):
        content = notebook if isinstance(notebook, str) else nbformat.writes(notebook)
        (tmp_path / f"{name}.ipynb").write_text(content, encoding="utf-8")
        command = [sys.executable, "-m", "nbconvert", *arguments, f"{name}.ipynb"]
        environment = {**os.environ, **home, "LANG": "C.UTF-8"}
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, check=False)

    return run


def test_the_example_of_the_readme_runs_and_becomes_one_page(convert, tmp_path):
    text, code = re.findall(r"```(?:markdown|python)\n(.*?)```", README.partition("## Export your own")[2], re.DOTALL)
    done = convert(
        new_notebook(cells=[new_markdown_cell(text), new_code_cell(code)]),
        *("--to", "report_html", "--execute", "--output", "weather"),
    )
    assert done.returncode == 0, done.stderr.decode()
    page = (tmp_path / "weather.html").read_text(encoding="utf-8")
    assert page.startswith(STARTS["html"].decode())
    for words in ("Rain falls on Tuesdays", "Measured in the garden", 'download="fig-rain.csv"', 'href="#eq-rain"'):
        assert words in page
    assert page.count("data:image/svg+xml") == 1
    assert not (tmp_path / "weather_files").exists()


def test_a_notebook_becomes_one_pdf(convert, tmp_path):
    done = convert(new_notebook(cells=[new_markdown_cell("# Rain")]), "--to", "report_pdf")
    assert done.returncode == 0, done.stderr.decode()
    assert (tmp_path / "rain.pdf").read_bytes().startswith(STARTS["pdf"])


def test_a_pdf_of_a_date_that_is_none_is_refused_in_one_sentence(convert, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    done = convert(new_notebook(cells=[new_markdown_cell("# Rain")]), "--to", "report_pdf")
    assert done.returncode == 1
    assert (
        done.stderr.decode()
        .splitlines()[-1]
        .endswith("SOURCE_DATE_EPOCH is 'yesterday': set it to whole seconds since 1970, or unset it.")
    )
    assert b"Traceback" not in done.stderr


def test_the_html_can_go_to_standard_output(convert):
    # As for every PDF, nbconvert cannot: it writes text there.
    done = convert(new_notebook(cells=[new_markdown_cell("# Rain")]), "--to", "report_html", "--stdout")
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout.startswith(STARTS["html"])


@pytest.mark.parametrize(
    ("cells", "form", "sentence"),
    [
        (["# A", "### Too deep"], "html", "rain, cell 2: the heading “Too deep” skips from level 1 to 3."),
        (["# A\n\n$$\\argmin_x x$$"], "pdf", "rain, cell 1: the formula `\\argmin_x x` holds TeX that cannot be set."),
        (
            ["# A\n\n![A cat](cats/missing.png)"],
            "html",
            "rain, cell 1: the image `cats/missing.png` is missing: No such file or directory.",
        ),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(convert, tmp_path, cells, form, sentence):
    done = convert(new_notebook(cells=[new_markdown_cell(cell) for cell in cells]), "--to", f"report_{form}")
    assert done.returncode == 1
    begun, said = done.stderr.decode().splitlines()
    assert begun.endswith(f"Converting notebook rain.ipynb to report_{form}")
    assert said.startswith(f"[NbConvertApp] ERROR | {sentence}")
    assert not (tmp_path / f"rain.{form}").exists()


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
