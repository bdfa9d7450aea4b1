import os
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

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


def test_the_version_is_that_of_the_code_that_runs_whatever_is_edited_meanwhile(tmp_path):
    shutil.copytree(Path(version.__file__).parent, tmp_path / "twolayer")
    program = (
        "from pathlib import Path; from twolayer import schedule; Path(schedule.__file__).write_text('edited'); "
        "from twolayer import version; print(version.of_modules(schedule), version.of_library())"
    )
    found = subprocess.check_output([sys.executable, "-c", program], cwd=tmp_path, text=True, timeout=60)
    assert found.split() == [version.of_modules(schedule), version.of_library()]


def test_processes_that_import_what_was_edited_meanwhile_are_refused(tmp_path):
    shutil.copytree(Path(version.__file__).parent, tmp_path / "twolayer")
    program = (
        "from pathlib import Path; from joblib import delayed; from twolayer import schedule, workers; "
        "path = Path(schedule.__file__); path.write_text(path.read_text() + '# edited'); "
        "print(*workers.results([delayed(abs)(-n) for n in (1, 2)], n_jobs=2))"
    )
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.stderr.endswith(
        "ValueError: twolayer has been edited since it was imported: restart Python, so that all run the same.\n"
    )


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
