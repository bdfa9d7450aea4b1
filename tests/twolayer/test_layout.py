"""Where things stand: the network at the root of the package, and imports that run one way."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import twolayer
from tests.bounds import BOUND

LIBRARY = Path(twolayer.__file__).parent
# Each may import what stands before it; "" is the root.
ORDER = ("runtime", "", "techniques", "cifar10", "ledger", "experiments")
# All but the package's own, which imports public names when they are used.
MODULES = sorted(set(LIBRARY.rglob("*.py")) - {LIBRARY / "__init__.py"})


def room(module):
    """Return the folder that a module's full name stands in: "" for the root of the package."""
    first = module.removeprefix("twolayer").removeprefix(".").partition(".")[0]
    return first if first in ORDER else ""


def imported(path):
    """Return the full names of the modules of the library that a file imports."""
    nodes = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.ImportFrom)]
    for node in nodes:
        if (node.module or "").partition(".")[0] == "twolayer":
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(LIBRARY)))
def test_imports_run_one_way(path):
    here = ORDER.index(room(".".join(("twolayer", *path.relative_to(LIBRARY).parts))))
    backwards = [name for name in imported(path) if ORDER.index(room(name)) > here]
    assert backwards == []


def test_the_root_is_the_network_and_what_it_stands_on():
    files = list(LIBRARY.glob("*.py"))
    assert len(files) <= 10
    assert sum(len(path.read_text(encoding="utf-8").splitlines()) for path in files) <= 1165
    assert {"network", "schedule", "sgd", "training", "gradient_check", "classifier"} <= {path.stem for path in files}


def modules_after(code):
    """Return the names of the modules that are loaded after some code has run."""
    code = f"{code}\nimport sys\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=BOUND, check=True)
    return set(done.stdout.split())


def test_the_network_brings_no_data_and_no_experiments():
    loaded = modules_after("from twolayer import TwoLayerClassifier")
    assert not loaded & {"pooch", "requests", "matplotlib", "torch", "distributed", "ipywidgets", "IPython"}
    assert not [name for name in loaded if room(name) in ORDER[2:] and name.startswith("twolayer.")]


@pytest.mark.parametrize("name", twolayer.PUBLIC)
def test_public_names_are_there_and_listed(name):
    assert getattr(twolayer, name).__name__.rpartition(".")[2] in (name, name.partition("_")[0])
    assert name in dir(twolayer)


def test_other_names_are_not():
    with pytest.raises(AttributeError, match="module 'twolayer' has no attribute 'nothing'"):
        _ = twolayer.nothing
