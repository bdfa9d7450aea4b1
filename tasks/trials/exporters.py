"""Run and export a notebook where nothing but `notebook_report[report]` and what it needs is installed."""

import subprocess
import sys
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

cells = [new_markdown_cell("# Rain\n\nIt falls as $a^2 + b$ says."), new_code_cell("print(6 * 7)")]
nbformat.write(new_notebook(cells=cells), "rain.ipynb")
for form, ending, start in (("report_html", "html", b"<!doctype html>"), ("report_pdf", "pdf", b"%PDF-")):
    command = ["-m", "nbconvert", "--log-level=ERROR", "--execute", "--to", form, "rain.ipynb"]
    subprocess.run([sys.executable, *command], check=True, timeout=300)
    if not Path(f"rain.{ending}").read_bytes().startswith(start):
        sys.exit(f"rain.{ending} is not {ending.upper()}.")
