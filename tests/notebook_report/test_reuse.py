import json
import shutil
from types import SimpleNamespace

import nbformat
import pytest

from notebook_report import build, settings
from notebook_report.__main__ import main
from notebook_report.errors import NotebookError, ReportError
from notebook_report.running import kernel, provenance, run_cache

TOML = """
title = "What holds"
authors = ["Ada"]
notebooks_folder = "../notebooks"
depends = ["../lib/**/*.py", "$DATA_FOLDER/*"]
leaves = ["../build/ledger-*.json"]
notebooks = [
    { file = "01-a.ipynb" },
    { file = "02-b.ipynb", depends = ["only-b.csv"] },
    { file = "03-c.ipynb", after = ["01-a"] },
    { file = "04-d.ipynb", after = "all" },
]
"""
NAMES = ["01-a", "02-b", "03-c", "04-d"]


class Report:
    """A small report whose notebooks are run without a kernel: each writes its source into the ledger."""

    def __init__(self, write, folder):
        self.write, self.folder, self.work = write, folder, folder / "build" / "report"
        self.stops, self.ran = {}, []
        for name in ("notebooks", "report", "lib/deep", "data"):
            (folder / name).mkdir(parents=True)
        self.text("report/report.toml", TOML)
        self.text("report/only-b.csv", "1")
        self.text("lib/deep/code.py", "x = 1")
        self.text("data/images", "cats")
        for name in NAMES:
            self.notebook(name, f"# {name}", "#| show-code: true\nx = 1", "Words.", "x + 1")

    def text(self, name, content):
        (self.folder / name).write_text(content)

    def notebook(self, name, title="# Title", first="#| show-code: true\nx = 1", prose="Words.", second="x + 1"):
        cells = [title, self.write.code(first), prose, self.write.code(second)]
        return self.write.file(self.folder / "notebooks" / f"{name}.ipynb", *cells)

    def ledger(self):
        path = self.folder / "build" / "ledger-1.json"
        return json.loads(path.read_text()) if path.exists() else {}

    def record(self, name, value):
        path = self.folder / "build" / "ledger-1.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps({**self.ledger(), name: value}, sort_keys=True))

    def execute(self, path, work, watch):
        self.ran.append(path.stem)
        nb = nbformat.read(path, as_version=4)
        self.record(path.stem, [cell.source for cell in nb.cells])
        if path.stem in self.stops:
            raise self.stops[path.stem]
        for count, cell in enumerate((cell for cell in nb.cells if cell.cell_type == "code"), 1):
            cell.outputs = [self.write.prints(f"output {count} of {path.stem}")]
            cell.execution_count = count
        nb.metadata["language_info"] = {"name": "python"}
        work.mkdir(parents=True, exist_ok=True)
        nbformat.write(nb, work / path.name)

    def build(self):
        """Run what must run; return the names of what did."""
        self.ran.clear()
        build.execute(settings.read(self.folder / "report" / "report.toml"), self.work)
        return [*self.ran]

    def copy(self, name):
        return nbformat.read(self.work / f"{name}.ipynb", as_version=4)


@pytest.fixture
def report(write, tmp_path, monkeypatch):
    """Return a small report that has been built once."""
    report = Report(write, tmp_path)
    report.package = SimpleNamespace(name="umbrella", version="2.0")
    monkeypatch.setattr(run_cache.metadata, "distributions", lambda: [report.package])  # to read them all takes longest
    run_cache._surroundings.cache_clear()
    monkeypatch.setenv("DATA_FOLDER", str(tmp_path / "data"))
    monkeypatch.setattr(kernel, "execute", report.execute)
    monkeypatch.setattr(build, "rehearse", lambda settings, told: None)  # its own tests are slow enough
    assert report.build() == NAMES
    yield report
    run_cache._surroundings.cache_clear()


def test_what_has_not_changed_is_kept_and_says_so(report, capsys):
    assert report.build() == []
    lines = capsys.readouterr().err.splitlines()
    assert lines[-3] == "[2/4] 02-b: kept from the last run (nothing it depends on has changed)"
    assert len(lines) == 4


def test_prose_may_change(report):
    report.notebook("01-a", "# Another title", prose="Better words.")
    assert report.build() == []
    cells = report.copy("01-a").cells
    assert [cell.source for cell in cells if cell.cell_type == "markdown"] == [
        "# Another title",
        "Better words.",
    ]
    assert [cell.outputs[0].text for cell in cells if cell.cell_type == "code"] == [
        "output 1 of 01-a",
        "output 2 of 01-a",
    ]
    assert [cell.execution_count for cell in cells if cell.cell_type == "code"] == [1, 2]
    assert report.copy("01-a").metadata.language_info.name == "python"
    assert report.build() == []


def test_captions_and_the_like_may_change(report):
    report.notebook("01-a", first="#| label: tab-x\n#| caption: What to see.\nx = 1")
    assert report.build() == []
    assert "What to see." in report.copy("01-a").cells[1].source


def test_prose_may_come_go_and_move(report, write):
    cells = [write.code("x = 1"), write.code("x + 1"), "# Title", "Words.", "More."]
    write.file(report.folder / "notebooks" / "02-b.ipynb", *cells)
    assert report.build() == []
    assert [len(cell.get("outputs", ())) for cell in report.copy("02-b").cells] == [1, 1, 0, 0, 0]


@pytest.mark.parametrize("change", [{"second": "x + 2"}, {"first": "x + 1", "second": "x = 1"}, {"first": "  x = 1"}])
def test_changed_code_runs_again_with_all_that_is_built_on_it(report, change):
    report.notebook("01-a", **change)
    assert report.build() == ["01-a", "03-c", "04-d"]
    assert report.build() == []


def test_a_new_cell_of_code_and_a_tag_run_again(report, write):
    path = report.folder / "notebooks" / "03-c.ipynb"
    nb = nbformat.read(path, as_version=4)
    nb.cells.append(write.code("y = 1"))
    nbformat.write(nb, path)
    assert report.build() == ["03-c", "04-d"]
    nb.cells[-1].metadata["tags"] = ["skip-execution"]
    nbformat.write(nb, path)
    assert report.build() == ["03-c", "04-d"]


@pytest.mark.parametrize(
    ("name", "content", "ran"),
    [
        ("lib/deep/code.py", "x = 2", NAMES),
        ("lib/new.py", "", NAMES),
        ("data/images", "dogs", NAMES),
        ("data/more", "dogs", NAMES),
        ("report/only-b.csv", "2", ["02-b", "04-d"]),
        ("lib/notes.txt", "not code", []),
    ],
)
def test_a_changed_file_runs_what_depends_on_it(report, name, content, ran):
    report.text(name, content)
    assert report.build() == ran
    assert report.build() == []


def test_a_file_that_is_gone_or_renamed_runs_all_again(report):
    (report.folder / "lib" / "deep" / "code.py").rename(report.folder / "lib" / "code.py")
    assert report.build() == NAMES


def test_the_same_data_elsewhere_are_the_same(report, monkeypatch):
    shutil.copytree(report.folder / "data", report.folder / "notebooks" / "other")
    monkeypatch.setenv("DATA_FOLDER", str(report.folder / "notebooks" / "other"))
    assert report.build() == []
    monkeypatch.setenv("DATA_FOLDER", "other")
    assert report.build() == [], "as the notebooks see it, from where they run"


def test_where_nobody_knows_the_data_nothing_is_kept(report, monkeypatch):
    monkeypatch.delenv("DATA_FOLDER")
    assert report.build() == NAMES
    assert report.build() == NAMES


@pytest.mark.parametrize(
    ("what", "value"), [("machine", "another one"), ("python_version", "4.0"), ("version", "1"), ("run.py", None)]
)
def test_another_machine_or_other_software_runs_all_again(report, monkeypatch, what, value):
    run_cache._surroundings.cache_clear()
    if what == "machine":
        monkeypatch.setattr(provenance, "machine", lambda: value)
    elif what == "python_version":
        monkeypatch.setattr(run_cache.platform, "python_version", lambda: value)
    elif what == "version":
        report.package.version = value
    else:
        monkeypatch.setattr(kernel, "__file__", str(report.folder / "lib" / "deep" / "code.py"))
    assert report.build() == NAMES


@pytest.mark.parametrize("value", [None, 7])
def test_what_others_have_done_to_the_ledger_runs_all_again(report, value):
    if value is None:
        (report.folder / "build" / "ledger-1.json").unlink()
    else:
        report.record("03-c", value)  # a trial with another setting, in JupyterLab
    assert report.build() == NAMES
    assert report.ledger()["03-c"] != value
    assert report.build() == []


def test_a_ledger_of_other_data_changes_nothing(report):
    report.text("build/ledger-2.json", "{}")
    assert report.build() == []


def test_a_damaged_copy_runs_again(report):
    (report.work / "01-a.ipynb").write_text("{")
    assert report.build() == ["01-a", "03-c", "04-d"]
    (report.work / "02-b.ipynb").unlink()
    assert report.build() == ["02-b", "04-d"]


@pytest.mark.parametrize(
    "content", ["{", "[]", "{}", '{"left": 1, "finished": 2}', '{"left": {}, "finished": {"01-a": 5}}']
)
def test_of_a_damaged_note_nothing_is_kept(report, content):
    (report.work / run_cache.FILE).write_text(content)
    assert report.build() == NAMES
    assert report.build() == []


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), NotebookError("03-c.ipynb, cell 2", "it failed.")])
def test_a_build_that_stops_goes_on_where_it_was(report, stop):
    report.text("lib/deep/code.py", "x = 3")
    report.stops["03-c"] = stop
    with pytest.raises(type(stop)):
        report.build()
    assert report.ran == ["01-a", "02-b", "03-c"]
    report.stops.clear()
    assert report.build() == ["03-c", "04-d"]


def test_a_change_that_fails_and_is_taken_back_leaves_nothing_of_itself(report):
    before = report.ledger()
    report.notebook("01-a", second="x + 5")
    report.stops["01-a"] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        report.build()
    assert report.ledger() != before
    report.notebook("01-a", "# 01-a")
    report.stops.clear()
    assert report.build() == ["01-a", "03-c", "04-d"]
    assert report.ledger() == before


def test_a_change_that_is_taken_back_before_it_runs_costs_nothing(report, monkeypatch):
    def refuse(settings, told):
        raise ReportError("a label is wrong.")

    report.text("lib/deep/code.py", "x = 5")
    monkeypatch.setattr(build, "rehearse", refuse)
    with pytest.raises(ReportError, match="a label is wrong"):
        report.build()
    report.text("lib/deep/code.py", "x = 1")
    assert report.build() == []


def test_a_build_that_is_killed_leaves_nothing_that_it_has_begun_to_change(report, monkeypatch):
    def killed(path, work, watch):
        (report.work / run_cache.FILE).rename(report.work / "as it was")
        raise KeyboardInterrupt

    report.notebook("01-a", second="x + 4")
    monkeypatch.setattr(kernel, "execute", killed)
    with pytest.raises(KeyboardInterrupt):
        report.build()
    (report.work / "as it was").replace(report.work / run_cache.FILE)
    report.notebook("01-a", "# 01-a")
    monkeypatch.setattr(kernel, "execute", report.execute)
    assert report.build() == ["01-a", "03-c", "04-d"]


def test_of_what_is_edited_while_it_runs_nothing_is_kept(report, monkeypatch):
    def edited(path, work, watch):
        if path.stem == "02-b":
            report.notebook("02-b", second="x + 3")
        report.execute(path, work, watch)

    report.text("report/only-b.csv", "3")
    monkeypatch.setattr(kernel, "execute", edited)
    assert report.build() == ["02-b", "04-d"]
    monkeypatch.setattr(kernel, "execute", report.execute)
    report.notebook("02-b")
    assert report.build() == ["02-b", "04-d"], "under the code before the edit lies what ran after it"
    assert report.build() == []


def test_afresh_runs_all_and_keeps_it(report, capsys):
    command = ["run", str(report.folder / "report" / "report.toml"), "--work", str(report.work)]
    report.ran.clear()
    assert main(command) == 0
    assert report.ran == []
    assert main([*command, "--afresh"]) == 0
    assert report.ran == NAMES
    assert "ran 4 of 4 notebooks into" in capsys.readouterr().err.splitlines()[-1]
    assert report.build() == []


def test_without_depends_nothing_is_kept(report):
    without = "".join(line for line in TOML.splitlines(keepends=True) if not line.startswith("depends"))
    report.text("report/report.toml", without)
    assert report.build() == NAMES
    assert report.build() == ["01-a", "03-c", "04-d"], "02-b has its own"
    report.text("report/report.toml", without.replace("leaves", "depends = []\nleaves"))
    assert report.build() == ["01-a", "03-c", "04-d"]
    assert report.build() == []


@pytest.mark.parametrize(
    ("old", "new", "ran"),
    [
        ('after = ["01-a"]', "after = []", ["03-c", "04-d"]),
        ('["only-b.csv"]', "[]", ["02-b", "04-d"]),
        ('leaves = ["../build/ledger-*.json"]', "", NAMES),
        ("leaves = [", 'leaves = ["../build/more-*.json", ', NAMES),
        ("What holds", "Another title", []),
    ],
)
def test_other_settings_run_again(report, old, new, ran):
    report.text("report/report.toml", TOML.replace(old, new))
    assert report.build() == ran


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            'after = ["01-a"]',
            'after = ["01-x"]',
            "`after` of 03-c names `01-x`, but the notebooks before it are 01-a, 02-b.",
        ),
        ('after = ["01-a"]', 'after = "04-d"', "`after` of 03-c names `04-d`"),
        ("03-c.ipynb", "sub/01-a.ipynb", "two notebooks are called 01-a"),
        ('["only-b.csv"]', '["none.csv"]', "`depends` names `none.csv` for 02-b, but"),
        (
            '["only-b.csv"]',
            '"only-b.csv"',
            "expected `list | null`, got `str` at `notebooks[1].depends`.",
        ),
        ('["only-b.csv"]', "[1]", "expected `str`, got `int` at `notebooks[1].depends[0]`."),
        ("leaves = [", "leaves = [1, ", "expected `str`, got `int` at `leaves[0]`."),
    ],
)
def test_mistakes_are_said_before_anything_runs(report, old, new, words):
    report.text("report/report.toml", TOML.replace(old, new))
    with pytest.raises(ReportError) as error:
        report.build()
    assert words in str(error.value)
    assert report.ran == []


@pytest.mark.parametrize("damage", ["[1]", "7", '{"02-b": "long"}', '{"02-b": NaN}', '{"02-b": -1}', "[" * 100_000])
def test_damaged_times_are_not_known(report, capsys, damage):
    (report.work / build.SECONDS).write_text(damage)
    report.text("report/only-b.csv", "4")
    capsys.readouterr()
    report.build()
    assert "[2/4] 02-b · 0 s so far · about 20 s left" in capsys.readouterr().err


@pytest.mark.parametrize(
    "damage",
    [
        *("[1]", "7", "{}", '{"epoch": 0}', '{"epoch": NaN, "facts": []}', '{"epoch": 1e99, "facts": []}'),
        *('{"epoch": 0, "facts": 1}', '{"epoch": 0, "facts": [1]}', "[" * 100_000),
    ],
)
def test_a_damaged_note_of_the_run_is_none(report, damage):
    (report.work / build.RUN).write_text(damage)
    with pytest.raises(ReportError, match="holds no finished run: build the report first"):
        build.prepared(settings.read(report.folder / "report" / "report.toml"), report.work)


def test_the_time_left_counts_only_what_runs(report, capsys):
    noted = {"01-a": 100, "02-b": 50, "03-c": 20, "04-d": 1}
    (report.work / build.SECONDS).write_text(json.dumps(noted))
    report.text("report/only-b.csv", "4")
    capsys.readouterr()
    report.build()
    assert "[2/4] 02-b · 0 s so far · about 51 s left" in capsys.readouterr().err
    after = json.loads((report.work / build.SECONDS).read_text())
    assert (after["01-a"], after["03-c"]) == (100, 20)
    assert after["02-b"] < 50
