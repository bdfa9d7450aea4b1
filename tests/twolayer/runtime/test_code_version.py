import os
import re
import shutil
import subprocess
import sys
from importlib import metadata

import pytest

from tests.bounds import BOUND
from twolayer.runtime import code_version

NAMES = ("twolayer.network", "twolayer.schedule", "twolayer.training", "twolayer.experiments.search")


def test_each_module_has_its_own_version():
    assert len({code_version.of_module(name) for name in NAMES} | {code_version.of_library()}) == 5


@pytest.mark.parametrize(
    ("edited", "changed"),
    [
        ("twolayer.experiments.search", ["twolayer.experiments.search"]),
        ("twolayer.training", ["twolayer.training", "twolayer.experiments.search"]),
        ("twolayer.network", ["twolayer.network", "twolayer.training", "twolayer.experiments.search"]),
        ("twolayer.experiments.figures", []),
    ],
)
def test_the_version_of_a_module_depends_only_on_what_it_imports(monkeypatch, edited, changed):
    before = {name: code_version.of_module(name) for name in NAMES}
    monkeypatch.setitem(code_version.SOURCES, edited, code_version.SOURCES[edited] + "\nNEW = 1\n")
    assert [name for name in NAMES if code_version.of_module(name) != before[name]] == changed


def test_the_version_of_the_library_depends_on_every_source_file(monkeypatch):
    first = code_version.of_library()
    for name in code_version.SOURCES:
        monkeypatch.setitem(code_version.SOURCES, name, "another = 1")
        assert code_version.of_library() != first
        monkeypatch.undo()
    assert code_version.of_library() == first


def test_comments_and_docstrings_do_not_change_versions(monkeypatch):
    first = code_version.of_library()
    for name, source in code_version.SOURCES.items():
        words = re.sub(r'"""(?=[A-Z])', '"""Other words. ', source) + "\n# a comment\n"
        monkeypatch.setitem(code_version.SOURCES, name, words)
    assert code_version.of_library() == first


@pytest.fixture
def run(tmp_path):
    """Return a function that runs a program with a copy of the library, without measuring its coverage."""
    shutil.copytree(code_version.FOLDER, tmp_path / "twolayer")
    uncounted = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    how = {"cwd": tmp_path, "env": uncounted | {"PYTHONPATH": str(tmp_path)}, "timeout": BOUND}
    return lambda program: subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, **how)


def test_the_version_is_that_of_the_code_at_import(run):
    done = run(
        "from pathlib import Path; from twolayer import schedule; Path(schedule.__file__).write_text('edited'); "
        "from twolayer.runtime import code_version as code; "
        "print(code.of_module('twolayer.schedule'), code.of_library())"
    )
    assert done.stdout.split() == [code_version.of_module("twolayer.schedule"), code_version.of_library()]


def test_a_process_that_imports_edited_code_is_an_error(run):
    done = run(
        "from pathlib import Path; from joblib import delayed; from twolayer import schedule; "
        "from twolayer.runtime import workers; "
        "path = Path(schedule.__file__); path.write_text(path.read_text() + 'edited = 1'); "
        "print(*workers.results([delayed(abs)(-n) for n in (1, 2)], n_jobs=2))"
    )
    assert "ValueError: twolayer was edited after its import, or a worker has another version: " in done.stderr


def test_the_machine_is_described_by_its_library_versions(monkeypatch):
    whole = code_version.of_machine()

    def without_torch(name):
        if name == "torch":
            raise metadata.PackageNotFoundError(name)
        return real(name)

    real = metadata.version
    monkeypatch.setattr(metadata, "version", without_torch)
    assert code_version.of_machine() == whole | {"torch": "missing"}
    assert whole["numpy"] == real("numpy")
