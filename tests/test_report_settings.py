"""The report's own settings: what its notebooks read is declared, or a change of it would go unnoticed."""

import ast
import glob
import re
from pathlib import Path

import nbformat
import pytest

from notebook_report import settings

ROOT = Path(__file__).parent.parent
REPORT = settings.read(ROOT / "report" / "report.toml")
LIBRARY = ROOT / "lib" / "notebook_report"
# How notebooks are run is part of every key.
KNOWN = {"run"}


def code(notebook):
    cells = nbformat.read(notebook.path, as_version=4).cells
    return "\n".join(cell.source for cell in cells if cell.cell_type == "code")


def declared(notebook):
    """Return the paths of the files that a notebook is declared to depend on, but for the data."""
    patterns = [pattern for pattern in notebook.depends if not pattern.startswith("$")]
    found = [name for pattern in patterns for name in glob.glob(pattern, root_dir=REPORT.folder, recursive=True)]
    return {(REPORT.folder / name).resolve() for name in found}


def imported(source):
    """Return the modules of notebook_report that Python code imports, but for KNOWN."""
    found = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom)]
    whole = [alias.name for node in found if node.module == "notebook_report" for alias in node.names]
    parts = [node.module.split(".")[1] for node in found if (node.module or "").startswith("notebook_report.")]
    return {*whole, *parts} - KNOWN


@pytest.fixture(params=REPORT.notebooks, ids=lambda notebook: notebook.name)
def notebook(request):
    return request.param


def test_every_file_that_a_notebook_reads_is_declared(notebook):
    read = {(REPORT.folder / name).resolve() for name in re.findall(r'"\.\./report/([^"]+)"', code(notebook))}
    assert read <= declared(notebook)


def test_every_module_that_a_notebook_imports_is_declared(notebook):
    modules, new = set(), imported(code(notebook))
    while new:
        modules |= new
        new = {other for name in new for other in imported((LIBRARY / f"{name}.py").read_text())} - modules
    assert {LIBRARY / f"{name}.py" for name in modules} <= declared(notebook)
    assert set((ROOT / "lib" / "twolayer").rglob("*.py")) <= declared(notebook)


def test_who_loads_the_data_depends_on_them(notebook):
    assert "load_cifar10(" not in code(notebook) or "$CIFAR10_DIR/**" in notebook.depends


def test_who_reads_the_ledger_of_all_comes_after_all(notebook):
    reads_all = "tl.results(" in code(notebook)
    names = [other.name for other in REPORT.notebooks]
    assert not reads_all or list(notebook.after) == names[: names.index(notebook.name)]
    assert not reads_all or REPORT.folder / "report.json" in declared(notebook)


def test_who_begins_a_ledger_depends_on_the_committed_settings_and_the_published_numbers(notebook):
    files = {REPORT.folder / name for name in ("settings.toml", "published.csv")}
    assert "Ledger.begin(" not in code(notebook) or files <= declared(notebook)
