"""Every notebook runs from top to bottom: here with small settings, on few images."""

import csv
import json
import re
import shutil
from pathlib import Path

import nbformat
import pytest

from notebook_report import notebooks
from notebook_report.document import dry_run
from notebook_report.document.front import Front
from notebook_report.running import kernel
from notebook_report.writing import html
from tasks import play
from twolayer.cifar10 import synthetic
from twolayer.ledger import settings

ROOT = Path(__file__).parent.parent
SMALL = {
    "00-introduction": {},
    "01-gradients": {"n_entries": 10, "n_seeds": 2},
    "02-overfitting": {"n_updates": 8, "n_seeds": 2},
    "03-one-cycle": {"n_s": 10, "record": 5, "n_seeds": 2},
    "04-three-cycles": {"n_s": 10, "record": 4, "n_seeds": 2},  # with ends and tops of cycles between the points
    "05-lambda-search": {
        "n": 6,
        "n_s_short": 3,
        "n_s_long": 5,
        "n_seeds_short": 2,
        "n_seeds_long": 2,
        "n_validation": 100,
        "n_validation_few": 50,
        "n_components": 20,
    },
    "06-final-network": {"n_s": 5, "n_validation": 100, "record": 10, "n_seeds": 2},
    "07-how-far": {
        "n_s": 30,
        "n_hidden": 8,
        "n_hidden_wide": 12,
        "n_components": 20,
        "n_epochs": 1,
        "n_epochs_wide": 1,
        "batch_size": 50,
        "widths": [5, 8],
        "n_s_widths": 5,
        "n_validation": 100,
        "n_seeds": 2,
    },
    "08-conclusion": {},
    "09-costs": {},
    "10-bug-zoo": {},
    "11-every-number": {},
    "far": {"n_hidden": 600, "n_components": 20, "n_epochs": 1, "batch_size": 50, "n_validation": 100, "n_seeds": 2},
    "answers": {"n_seeds": 2, "n_components": 20, "n_updates": 4, "n_s": 8, "n_s_long": 8, "n_s_short": 3, "n": 4},
}


UNKNOWN, CHANGED = "02-overfitting", "04-three-cycles"


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A folder with the notebooks, few images, and settings that are committed for all but CHANGED."""
    project = tmp_path_factory.mktemp("project")
    shutil.copytree(ROOT / "notebooks", project / "notebooks", ignore=shutil.ignore_patterns(".*"))
    shutil.copytree(ROOT / "report", project / "report", ignore=shutil.ignore_patterns("*.html", "*.pdf"))
    synthetic.write(project / "few images", n=400)
    committed = {name: SMALL[name] for name in SMALL if name != CHANGED} | {CHANGED: {"n_s": 11}}
    tables = [f"[{name}]\n" + "".join(f"{key} = {value}\n" for key, value in committed[name].items()) for name in SMALL]
    (project / "report" / "settings.toml").write_text("\n".join(tables))
    return project


def run(project, name):
    """Execute a notebook of the project, unless it has been."""
    if (project / "build" / "run" / f"{name}.ipynb").exists():
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CIFAR10_DIR", str(project / "few images"))
        for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
            patch.setenv(
                variable, "1"
            )  # on so few images more threads only wait for each other, and keep the cores busy
        kernel.execute(project / "notebooks" / f"{name}.ipynb", project / "build" / "run", SMALL[name])


EXECUTED = [name for name in SMALL if name != UNKNOWN]


# In their order, as some read what others have recorded. Each is a test and has its time: together they take minutes,
# and over ten where a slow machine measures coverage as well.
@pytest.mark.parametrize("name", EXECUTED)
def test_a_notebook_runs_from_top_to_bottom(project, name):
    run(project, name)


@pytest.fixture(scope="module")
def executed(project):
    """The folder of executed notebooks: all but UNKNOWN."""
    for name in EXECUTED:
        run(project, name)
    return project / "build"


@pytest.mark.parametrize("name", [name for name in SMALL if "02" <= name[:2] <= "07"])
def test_one_seed_reads_as_one_seed(executed, tmp_path, name):
    for folder in ("notebooks", "report"):
        shutil.copytree(executed.parent / folder, tmp_path / folder)
    one = {key: 1 if "n_seeds" in key else value for key, value in SMALL[name].items()}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CIFAR10_DIR", str(executed.parent / "few images"))
        copy = kernel.execute(tmp_path / "notebooks" / f"{name}.ipynb", tmp_path / "run", one)
    shown = " ".join(str(out.get("data", {})) for out in outputs(copy))
    shown += (tmp_path / "build" / "values.json").read_text(encoding="utf-8")
    assert "n = 1, no spread" in shown
    assert not re.search(r"\bnan\b", shown)


def outputs(path):
    cells = nbformat.read(path, as_version=4).cells
    return [out for cell in cells if cell.cell_type == "code" for out in cell.outputs]


def test_the_small_settings_cover_every_notebook():
    assert sorted(SMALL) == sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb") if path.stem != "explore")


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
    for path in set(executed.glob("run/*.ipynb")) - set(executed.glob("run/09-costs.ipynb")):
        shown = [out.data.get("text/markdown", "") for out in outputs(path) if "data" in out]
        shown = [text for text in shown if "Headline" not in text and "**Data.**" not in text]
        tables = [out for out in outputs(path) if "<table" in out.get("data", {}).get("text/html", "")]
        said = [text for text in shown if "Not CIFAR-10" in text or "Measured on CIFAR-10 by" in text]
        assert len(said) >= len(tables) > 0, path


def recorded(executed, part="numbers"):
    """Return what the notebooks have recorded."""
    (ledger,) = executed.glob("ledger-*.json")
    return json.loads(ledger.read_text())[part]


def test_numbers_of_changed_settings_are_marked(executed):
    marked = {name: entry for name, entry in recorded(executed).items() if entry["changed"]}
    assert {entry["notebook"] for entry in marked.values()} == {CHANGED}
    assert all(name.endswith(" (n_s = 10)") and entry["changed"] == "n_s = 10" for name, entry in marked.items())
    shown = [out.get("data", {}) for out in outputs(executed / "run" / f"{CHANGED}.ipynb")]
    notes = [data for data in shown if "*With n_s = 10 instead of 11.*" in data.get("text/markdown", "")]
    assert len(notes) == 2  # one for each table


def test_the_conclusion_says_what_was_not_run(executed):
    tables = [
        out.data["text/html"]
        for out in outputs(executed / "run" / "11-every-number.ipynb")
        if "data" in out and "text/html" in out.data
    ]
    with open(ROOT / "report" / "published.csv", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["published"]]
    lacking = [row for row in rows if row["name"].startswith((UNKNOWN, CHANGED))]
    assert "".join(tables).count("not run") == len(lacking)
    said = [out.get("data", {}).get("text/markdown", "") for out in outputs(executed / "run" / "08-conclusion.ipynb")]
    (warning,) = (text for text in said if "Not run, and not counted" in text)
    assert "measured on other data" in warning


def test_every_number_has_a_spread(executed):
    """Of a number of one run, another machine could not tell whether its own is different."""
    assert [name for name, entry in recorded(executed).items() if entry["n"] < 2] == []


def test_the_committed_ledger_has_the_numbers_that_the_notebooks_record(executed):
    committed = json.loads((ROOT / "report" / "report.json").read_text())
    for part in ("numbers", "claims"):
        here = {name.removesuffix(" (n_s = 10)") for name in recorded(executed, part)}
        assert here == {name for name, entry in committed[part].items() if entry["notebook"] != UNKNOWN}


def test_every_value_in_the_prose_is_given_and_every_value_given_is_in_the_prose(executed):
    given = json.loads((executed / "values.json").read_text(encoding="utf-8"))
    for name in set(SMALL) - {UNKNOWN}:
        cells = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4).cells
        prose = "".join(cell.source for cell in cells if cell.cell_type == "markdown")
        assert set(re.findall(r"\]\(#value-(\w+)\)", prose)) == set(given.get(name, {}))


def test_the_committed_settings_are_those_of_the_notebooks():
    for name, committed in settings.read(ROOT / "report" / "settings.toml").items():
        assert settings.of_notebook(ROOT / "notebooks" / f"{name}.ipynb") == committed


def test_copies_to_play_in_run_as_the_notebooks_do(executed, tmp_path):
    for folder in ("notebooks", "report"):
        shutil.copytree(executed.parent / folder, tmp_path / folder)
    name = "03-one-cycle"
    play.bring(tmp_path / "notebooks", tmp_path / "play")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CIFAR10_DIR", str(executed.parent / "few images"))
        kernel.execute(tmp_path / "play" / f"{name}.ipynb", tmp_path / "run", SMALL[name])
    assert recorded(tmp_path / "build")[f"{name}.test"] == recorded(executed)[f"{name}.test"]


WITH_EXERCISES = [name for name in SMALL if "01" <= name[:2] <= "07"]


def prose(name):
    """Return the Markdown cells of a notebook."""
    cells = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4).cells
    return [cell for cell in cells if cell.cell_type == "markdown"]


@pytest.mark.parametrize("name", WITH_EXERCISES)
def test_every_exercise_has_a_folded_hint_and_an_answer(name):
    *_, last = prose(name)
    n = len(re.findall(r"^\*\*\d\.\*\* ", last.source, re.MULTILINE))
    hints = re.findall(r"^<details>\n<summary>Hint</summary>\n\n.+\n\n</details>$", last.source, re.MULTILINE)
    answers = "\n".join(cell.source for cell in prose("answers"))
    (heading,) = re.findall(r"\(answers\.ipynb#([\w-]+)\)", last.source)
    _, found, after = answers.partition(f"## {heading.replace('-', ' ')}\n\nFrom [{name}]({name}.ipynb).")
    assert last.source.startswith("## Exercises\n")
    assert found
    assert n == len(hints) == after.partition("\n## ")[0].count("**Claim.**") > 0


def test_exercises_are_no_part_of_the_report():
    sources = [(name, notebooks.read(ROOT / "notebooks" / f"{name}.ipynb")) for name in WITH_EXERCISES]
    front = Front(folder=ROOT / "notebooks")
    page = html.write(dry_run.rehearsed(sources, front))
    for _, nb in sources:
        assert nb.cells.pop().source.startswith("## Exercises")
    assert page == html.write(dry_run.rehearsed(sources, front))


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda path: path.stem)
def test_notebooks_in_git_are_clean(path):
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code":
            assert not cell.outputs
            assert cell.execution_count is None
            assert len(cell.source.splitlines()) <= 25
