"""README and the committed ledger agree, and both are written from the ledger of a build."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from twolayer.ledger import publish
from twolayer.ledger.ledger import Ledger
from twolayer.ledger.published import beside_published
from twolayer.ledger.schema import as_text, read_ledger, read_spread
from twolayer.ledger.statistics import spread
from twolayer.runtime import code_version

ROOT = Path(__file__).parents[3]
REPORT = ROOT / "report"
COMMITTED = {name: read_spread(entry) for name, entry in read_ledger(REPORT / "report.json")["numbers"].items()}


def test_the_readme_is_filled_from_the_committed_ledger():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    numbers = read_ledger(REPORT / "report.json")["numbers"]
    assert publish.filled(readme, beside_published(REPORT / "published.csv", numbers), numbers) == readme


def test_the_committed_ledger_agrees_with_itself():
    content = json.loads((REPORT / "report.json").read_text(encoding="utf-8"))
    for name, found in COMMITTED.items():
        entry = content["numbers"][name]
        assert found == pytest.approx(spread(entry["values"], entry["unit"]), nan_ok=True), name
    assert all(claim["holds"] for claim in content["claims"].values())
    assert content["data"]["kind"] != "stand-in"


def test_the_committed_report_shows_the_committed_numbers():
    headline = COMMITTED["06-final-network.as_published_test"]
    page = " ".join((REPORT / "report.html").read_text(encoding="utf-8").split())
    assert f"classifies {headline.mean:.2f} ± {headline.sd:.2f}" in page


CANONICAL = SimpleNamespace(kind="canonical", fingerprint="abc")
STAND_IN = SimpleNamespace(kind="stand-in", fingerprint="def")


@pytest.fixture
def project(tmp_path):
    """Return a folder with a build's ledger of one number, a table of published numbers, and a README to fill."""
    Ledger(tmp_path / "build", CANONICAL, "a").record("%", x=[50, 51, 52])
    (ledger,) = (tmp_path / "build").glob("*.json")
    ledger.with_suffix(".svg").write_text("<svg/>")
    (tmp_path / "published.csv").write_text("name,experiment,quantity,unit,published\na.x,A,test,%,49\n")
    (tmp_path / "README.md").write_text(f"before\n{publish.BEGIN}old\n{publish.END}\nafter\n")
    return tmp_path


def run(project, *more, path="report.json"):
    publish.main(
        [
            str(project / path),
            *("--build", str(project / "build")),
            *("--published", str(project / "published.csv")),
            *more,
        ]
    )


def test_publishing_copies_the_ledger_and_fills_the_readme(project):
    run(project, "--readme", str(project / "README.md"))
    assert json.loads((project / "report.json").read_text())["numbers"]["a.x"]["values"] == [50, 51, 52]
    readme = (project / "README.md").read_text()
    assert "| A | 49.00 | 51.00 ± 1.00 | 46.03 to 55.97 |" in readme
    assert "Of 1 published accuracies and gradient errors, 1 lie in the interval for one more run of ours." in readme
    assert "old" not in readme
    assert readme.startswith("before")
    assert readme.endswith("after\n")


def test_without_a_readme_only_the_ledger_is_copied(project):
    before = (project / "README.md").read_text()
    run(project)
    assert read_ledger(project / "report.json")["numbers"].keys() == {"a.x"}
    assert (project / "README.md").read_text() == before


def test_without_a_number_of_the_committed_settings_nothing_is_published(project, capsys):
    (path,) = (project / "build").glob("*.json")
    path.unlink()
    Ledger(project / "build", CANONICAL, "a", {"n_s": (500, 250)}).record("%", x=[50, 51, 52])
    (project / "report.json").write_text("as it was")
    run(project)
    sentence = "stays as it is: not all of its numbers were measured with the committed settings.\n"
    assert capsys.readouterr().out == f"{project / 'report.json'} {sentence}"
    assert (project / "report.json").read_text() == "as it was"


def test_what_was_made_with_other_settings_is_not_published(project):
    ledger = Ledger(project / "build", CANONICAL, "a", {"n_s": (500, 250)})
    ledger.record("%", x=[1, 2, 3])
    ledger.claim("c", {}, x=1)
    run(project)
    content = read_ledger(project / "report.json")
    assert (list(content["numbers"]), content["claims"]) == (["a.x"], {})


def test_without_a_build_there_is_nothing_to_publish(project):
    for path in (project / "build").iterdir():
        path.unlink()
    assert refusal(project).endswith(" of this data and this version of the library: build the report first.")


def test_a_ledger_of_another_version_of_the_library_is_not_published(project, monkeypatch):
    monkeypatch.setattr(code_version, "of_library", lambda: "other")
    assert "has no ledger of this data and this version of the library" in refusal(project)


@pytest.mark.parametrize(("data", "values"), [("cifar10", [50, 51, 52]), ("stand-in", [7])])
def test_the_ledger_of_the_named_data_is_published(project, data, values):
    Ledger(project / "build", STAND_IN, "a").record("%", x=7)
    sentence = f"error: {project / 'build'} has ledgers of 2 data sets: name one with --data, or remove the others."
    assert refusal(project) == sentence
    run(project, "--data", data)
    assert read_ledger(project / "report.json")["numbers"]["a.x"]["values"] == values


def refusal(project, *more, path="report.json"):
    """Return the error with which publishing ends; check that no file was written, changed or left behind."""
    before = {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}
    with pytest.raises(SystemExit) as stopped:
        run(project, *more, path=path)
    assert {path: path.read_bytes() for path in project.rglob("*") if path.is_file()} == before
    return stopped.value.code


def test_the_committed_ledger_is_rewritten_byte_by_byte():
    assert as_text(read_ledger(REPORT / "report.json")) == (REPORT / "report.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("times", [0, 2])
def test_a_readme_must_have_one_place_for_the_table(project, times):
    (project / "README.md").write_text(f"{publish.BEGIN}old\n{publish.END}\n" * times)
    found = refusal(project, "--readme", str(project / "README.md"))
    assert found == f"error: README must have the lines {publish.BEGIN.strip()} and {publish.END}, once each."


def test_an_unreadable_readme_is_an_error(project):
    readme = project / "README.md"
    readme.write_bytes(b"\xff")
    sentence = f"error: {readme} is damaged, it is not a text in UTF-8: restore it."
    assert refusal(project, "--readme", str(readme)) == sentence
    readme.unlink()
    sentence = f"error: {readme} cannot be read: No such file or directory."
    assert refusal(project, "--readme", str(readme)) == sentence


@pytest.mark.parametrize("path", ["/", ".", ""])
def test_the_copy_cannot_be_a_folder(project, monkeypatch, path):
    monkeypatch.chdir(project)
    with pytest.raises(SystemExit, match=rf"^error: {path or '.'} cannot be written: "):
        publish.main([path, "--build", "build", "--published", "published.csv"])


def test_a_full_disk_leaves_all_files_unchanged(project, monkeypatch):
    monkeypatch.setattr("os.replace", lambda *paths: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    sentence = f"error: {project / 'report.json'} cannot be written: No space left on device."
    assert refusal(project, "--readme", str(project / "README.md")) == sentence


def test_a_damaged_ledger_of_the_build_is_an_error(project):
    (path,) = (project / "build").glob("*.json")
    path.write_text("[]")
    sentence = refusal(project)
    assert sentence.startswith(f"error: {path} is damaged (")
    assert sentence.endswith("): restore it, or remove it and build the report again.")


def test_the_picture_of_the_build_is_copied(project):
    run(project, "--picture", str(project / "picture.svg"))
    assert (project / "picture.svg").read_text() == "<svg/>"


def test_without_its_picture_nothing_is_published(project):
    (picture,) = (project / "build").glob("*.svg")
    picture.unlink()
    sentence = f"error: {picture} cannot be read: No such file or directory."
    assert refusal(project, "--picture", str(project / "picture.svg")) == sentence


def test_the_headlines_are_the_test_accuracies_that_were_published(project):
    rows = "a.x,A,test,%,9\na.x,B,validation,%,49\na.x,C,test,%,\n"
    (project / "published.csv").write_text(f"name,experiment,quantity,unit,published\n{rows}")
    run(project, "--readme", str(project / "README.md"))
    readme = (project / "README.md").read_text()
    assert [line[:4] for line in readme.splitlines() if line.startswith("|")][2:] == ["| A "]
    assert "Of 2 published accuracies and gradient errors, 1 lie in the interval for one more run of ours." in readme
