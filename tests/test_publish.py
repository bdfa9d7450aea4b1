"""README and the committed ledger say the same."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from twolayer import publish
from twolayer.results import Ledger, beside_published
from twolayer.spread import spread

ROOT = Path(__file__).parent.parent
REPORT = ROOT / "report"


def test_the_readme_is_filled_from_the_committed_ledger():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = beside_published(REPORT / "published.csv", publish.committed(REPORT / "report.json"))
    assert publish.filled(readme, rows) == readme


def test_the_committed_ledger_agrees_with_itself():
    content = json.loads((REPORT / "report.json").read_text(encoding="utf-8"))
    for name, found in publish.committed(REPORT / "report.json").items():
        entry = content["numbers"][name]
        assert found == pytest.approx(spread(entry["values"], entry["unit"]), nan_ok=True), name
    assert all(claim["holds"] for claim in content["claims"].values())
    assert content["data"]["kind"] != "stand-in"


def test_the_committed_report_shows_the_committed_numbers():
    headline = publish.committed(REPORT / "report.json")["06-final-network.as_published_test"]
    page = " ".join((REPORT / "report.html").read_text(encoding="utf-8").split())
    assert f"is right on {headline.mean:.2f} ± {headline.sd:.2f}" in page


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A build's ledger with one number, a README with the two marks, and the folder that holds them."""
    provenance = SimpleNamespace(kind="canonical", fingerprint="abc")
    monkeypatch.setattr(publish.data, "load", lambda: SimpleNamespace(provenance=provenance))
    Ledger(tmp_path / "build", provenance, "a").record("%", x=[50, 51, 52])
    (tmp_path / "published.csv").write_text("name,experiment,quantity,unit,published,remark\na.x,A,x,%,49,why\n")
    (tmp_path / "README.md").write_text(f"before\n{publish.BEGIN}old\n{publish.END}\nafter\n")
    return tmp_path


def run(project, *more):
    publish.main(
        [
            str(project / "report.json"),
            *("--build", str(project / "build")),
            *("--published", str(project / "published.csv")),
            *more,
        ]
    )


def test_publishing_keeps_the_ledger_and_fills_the_readme(project):
    run(project, "--readme", str(project / "README.md"))
    assert json.loads((project / "report.json").read_text())["numbers"]["a.x"]["values"] == [50, 51, 52]
    readme = (project / "README.md").read_text()
    assert "| A: x | 49.00 | 51.00 ± 1.00 | 46.0 to 56.0 | yes | 3 |" in readme
    assert "old" not in readme
    assert readme.startswith("before")
    assert readme.endswith("after\n")


def test_without_a_build_there_is_nothing_to_publish(project):
    for path in (project / "build").iterdir():
        path.unlink()
    with pytest.raises(SystemExit, match="is missing: build the report first"):
        run(project)


def test_a_readme_without_the_marks_is_refused(project):
    (project / "README.md").write_text("nothing")
    with pytest.raises(ValueError, match="README needs the lines"):
        run(project, "--readme", str(project / "README.md"))
