import os
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from tests.bounds import BOUND
from twolayer import network, schedule, sources, version


def test_the_version_of_modules_follows_their_source():
    assert version.of_modules(network) == version.of_modules(network)
    versions = {version.of_modules(network), version.of_modules(schedule), version.of_modules(network, schedule)}
    assert len(versions) == 3


def test_the_version_of_the_library_follows_every_source_file(monkeypatch):
    first = version.of_library()
    for name in sources.LIBRARY:
        monkeypatch.setitem(sources.LIBRARY, name, "another")
        assert version.of_library() != first
        monkeypatch.undo()
    assert version.of_library() == first


@pytest.fixture
def run(tmp_path):
    """Return a function that runs a program with a copy of the library, whose lines coverage is not to count."""
    shutil.copytree(Path(version.__file__).parent, tmp_path / "twolayer")
    uncounted = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    how = {"cwd": tmp_path, "env": uncounted | {"PYTHONPATH": str(tmp_path)}, "timeout": BOUND}
    return lambda program: subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, **how)


def test_the_version_is_that_of_the_code_that_runs_whatever_is_edited_meanwhile(run):
    done = run(
        "from pathlib import Path; from twolayer import schedule; Path(schedule.__file__).write_text('edited'); "
        "from twolayer import version; print(version.of_modules(schedule), version.of_library())"
    )
    assert done.stdout.split() == [version.of_modules(schedule), version.of_library()]


def test_processes_that_import_what_was_edited_meanwhile_are_refused(run):
    done = run(
        "from pathlib import Path; from joblib import delayed; from twolayer import schedule, workers; "
        "path = Path(schedule.__file__); path.write_text(path.read_text() + '# edited'); "
        "print(*workers.results([delayed(abs)(-n) for n in (1, 2)], n_jobs=2))"
    )
    advice = "restart Python, so that all run the same."
    assert done.stderr.endswith(f"ValueError: twolayer has been edited since it was imported: {advice}\n")


def test_the_machine_is_named_by_its_libraries_and_a_missing_one_is_said_to_be(monkeypatch):
    whole = version.of_machine()

    def without_torch(name):
        if name == "torch":
            raise metadata.PackageNotFoundError(name)
        return real(name)

    real = metadata.version
    monkeypatch.setattr(metadata, "version", without_torch)
    assert version.of_machine() == whole | {"torch": "missing"}
    assert whole["numpy"] == real("numpy")
