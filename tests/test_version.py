from importlib import metadata

from twolayer import network, schedule, version


def test_the_version_of_modules_follows_their_source():
    assert version.of_modules(network) == version.of_modules(network)
    versions = {version.of_modules(network), version.of_modules(schedule), version.of_modules(network, schedule)}
    assert len(versions) == 3


def test_the_version_of_the_library_follows_every_source_file(tmp_path):
    (tmp_path / "a.py").write_text("1")
    first = version.of_library(tmp_path)
    (tmp_path / "b.py").write_text("2")
    assert version.of_library(tmp_path) != first


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
