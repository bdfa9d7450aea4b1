"""An export of a notebook as users run it: our command, which writes both files, beside nbconvert's for HTML alone.

Each is a fresh process, whose start and imports count.
"""

import subprocess
import sys
from functools import partial

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from benchmarks.workloads import Work

PARTS = 20  # of three cells each
OURS = ("notebook_report", "export")
THEIRS = ("nbconvert", "--to", "html")


def work(folder):
    """Return the work of exporting a notebook of 60 cells, which lies in `folder`."""
    path = folder / "notebook.ipynb"
    nbformat.write(notebook(), path)
    nbconvert = {"nbconvert, HTML alone": partial(export, path, THEIRS)}
    return Work("export of 60 cells", "export", 1, 0.0, partial(export, path, OURS), nbconvert)


def export(path, command):
    """Let a fresh process export the notebook at `path` by a command of Python's."""
    subprocess.run([sys.executable, "-m", *command, str(path)], check=True, capture_output=True)


def notebook():
    """Return a notebook with prose, formulas, code, printed lines and data frames."""
    cells = [cell for i in range(PARTS) for cell in part(i)]
    cells[0].source = f"# A notebook\n\n{cells[0].source}"
    return new_notebook(cells=cells)


def part(i):
    """Return three cells that are a part of the notebook."""
    words = f"## Part {i}\n\nWords in *italics*, `code`, [links](https://example.org/{i}) and $x_{{{i}}}^2$.\n\n- item"
    formula = rf"$$ \sum_{{j=1}}^{{{i}}} j = \frac{{{i} ({i} + 1)}}{{2}} $$"
    printed = new_output("stream", name="stdout", text="".join(f"line {j} of {i}\n" for j in range(5)))
    rows = "".join(f"<tr><th>{j}</th><td>{i * j}</td><td>{j / 7:.3f}</td></tr>" for j in range(5))
    table = f"<table><thead><tr><th></th><th>a</th><th>b</th></tr></thead><tbody>{rows}</tbody></table>"
    frame = new_output("execute_result", {"text/html": table, "text/plain": "a  b"}, execution_count=i + 1)
    return [
        new_markdown_cell(f"{words}\n\n{formula}"),
        new_code_cell(f"for j in range(5):\n    print('line', j, 'of', {i})", outputs=[printed]),
        new_code_cell(f"frame({i})", outputs=[frame], execution_count=i + 1),
    ]
