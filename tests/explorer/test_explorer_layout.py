"""The explorer stands on `twolayer`, which does not know it; its engine does without widgets."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import explorer
from tests.bounds import BOUND

FOLDER = Path(explorer.__file__).parent
MODULES = sorted(set(FOLDER.rglob("*.py")) - {FOLDER / "__init__.py"})
VIEWS = "explorer.views"


def imported(path):
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    names = [
        f"{node.module}.{alias.name}" for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names
    ]
    return names + [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_the_engine_knows_no_widgets(path):
    view = path.parent.name == "views"
    tops = {name.partition(".")[0] for name in imported(path)}
    assert "notebook_report" not in tops
    assert view or not tops & {"ipywidgets", "IPython"}
    assert view or not [name for name in imported(path) if name.startswith(VIEWS)]


@pytest.mark.parametrize("library", ["twolayer", "notebook_report"])
def test_no_library_knows_the_explorer(library):
    files = (FOLDER.parent / library).rglob("*.py")
    assert [path for path in files if any(name.startswith("explorer") for name in imported(path))] == []


def test_the_engine_imports_no_widgets_and_no_torch():
    code = "import sys, explorer.retrain, explorer.pictures; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=BOUND, check=True)
    assert not {"ipywidgets", "torch"} & set(done.stdout.split())


@pytest.mark.parametrize("name", explorer.PUBLIC)
def test_public_names_are_there(name):
    assert getattr(explorer, name).__name__ == name


def test_other_names_are_not():
    with pytest.raises(AttributeError, match="module 'explorer' has no attribute 'nothing'"):
        _ = explorer.nothing
