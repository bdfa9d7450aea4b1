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
