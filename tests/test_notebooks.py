"""Every notebook runs from top to bottom: here with small settings, on few images."""

import json
import shutil
from pathlib import Path

import nbformat
import pytest

from notebook_report import run
from twolayer.cifar10 import synthetic

ROOT = Path(__file__).parent.parent
SMALL = {
    "00-introduction": {},
    "01-gradients": {"n_entries": 10, "n_seeds": 2, "trial": True},
    "02-overfitting": {"n_updates": 8, "n_seeds": 2, "trial": True},
    "03-one-cycle": {"n_s": 10, "record": 5, "n_seeds": 2, "trial": True},
    "04-three-cycles": {"n_s": 10, "record": 5, "n_seeds": 2, "trial": True},
    "05-lambda-search": {
        "n": 6,
        "n_s_short": 3,
        "n_s_long": 5,
        "n_seeds_short": 2,
        "n_seeds_long": 2,
        "n_validation": 100,
        "n_components": 20,
        "n_jobs": 1,
        "trial": True,
    },
    "06-final-network": {"n_s": 5, "n_validation": 100, "record": 10, "n_seeds": 2, "trial": True},
    "07-conclusion": {},
    "08-costs": {},
    "09-bug-zoo": {},
    "10-every-number": {},
}


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """The folder of executed notebooks: all but one run in order; the conclusion runs the missing one."""
    project = tmp_path_factory.mktemp("project")
    shutil.copytree(ROOT / "notebooks", project / "notebooks", ignore=shutil.ignore_patterns(".*"))
    shutil.copytree(ROOT / "report", project / "report", ignore=shutil.ignore_patterns("*.html", "*.pdf"))
    synthetic.write(project / "few images", n=400)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CIFAR10_DIR", str(project / "few images"))
        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
            patch.setenv(name, "1")  # on so few images more threads only wait for each other, and keep the cores busy
        for name, parameters in SMALL.items():
            if name != "02-overfitting":
                run.execute(project / "notebooks" / f"{name}.ipynb", project / "build" / "run", parameters)
    return project / "build"


def outputs(path):
    cells = nbformat.read(path, as_version=4).cells
    return [out for cell in cells if cell.cell_type == "code" for out in cell.outputs]


def test_the_small_settings_cover_every_notebook():
    assert sorted(SMALL) == sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))


def test_every_figure_is_a_vector(executed):
    figures = [
        out.data
        for path in executed.glob("run/*.ipynb")
        for out in outputs(path)
        if "image/png" in out.get("data", {}) or "image/svg+xml" in out.get("data", {})
    ]
    assert len(figures) >= 7
    assert all("image/svg+xml" in data for data in figures)


def test_every_result_says_that_it_is_not_from_cifar10(executed):
    for path in set(executed.glob("run/*.ipynb")) - set(executed.glob("run/08-costs.ipynb")):
        shown = [out.data.get("text/markdown", "") for out in outputs(path) if "data" in out]
        shown = [text for text in shown if "Headline" not in text and "**Data.**" not in text]
        tables = [out for out in outputs(path) if "<table" in out.get("data", {}).get("text/html", "")]
        assert sum("Not CIFAR-10" in text for text in shown) >= len(tables) > 0, path


def test_the_conclusion_runs_a_notebook_whose_numbers_are_missing(executed):
    assert [path.name for path in (executed / "alone").iterdir()] == ["02-overfitting.ipynb"]
    (ledger,) = executed.glob("ledger-*.json")
    assert {entry["notebook"] for entry in json.loads(ledger.read_text())["numbers"].values()} == {
        name for name in SMALL if "01" <= name[:2] <= "06"
    }


def test_every_number_has_a_spread(executed):
    """Of a number of one run, another machine could not tell whether its own is different."""
    (ledger,) = executed.glob("ledger-*.json")
    numbers = json.loads(ledger.read_text())["numbers"]
    assert [name for name, entry in numbers.items() if entry["n"] < 2] == []


def test_the_committed_ledger_has_the_numbers_that_the_notebooks_record(executed):
    (ledger,) = executed.glob("ledger-*.json")
    here, committed = (json.loads(path.read_text()) for path in (ledger, ROOT / "report" / "report.json"))
    for part in ("numbers", "claims"):
        assert here[part].keys() == committed[part].keys()


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda path: path.stem)
def test_notebooks_in_git_are_clean(path):
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code":
            assert not cell.outputs
            assert cell.execution_count is None
            assert len(cell.source.splitlines()) <= 25
