import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest

from notebook_report.__main__ import main
from notebook_report.document import prepare
from notebook_report.document.front import Front
from tests.bounds import BOUND

TOML = """
title = "A small report"
subtitle = "From two notebooks"
authors = ["Ada", "Bob"]
notebooks_folder = "../notebooks"
packages = ["typst"]
notebooks = [{ file = "01-one.ipynb", seconds = 1 }, { file = "02-two.ipynb" }]
abstract = "It refers to [Section 2](02-two.ipynb)."
"""
FIGURE = """#| label: fig-line
#| caption: A line, of length $\\\\pi$, that falls.
#| alt: A falling line.
from IPython.display import SVG
SVG('<svg xmlns="http://www.w3.org/2000/svg" width="90pt" height="60pt"><path d="M5 5 L80 50"/></svg>')"""
TABLE = """#| label: tab-costs
#| caption: What it costs.
from IPython.display import HTML
class Frame:
    def _repr_html_(self): return "<table><tr><td>1</td></tr></table>"
Frame()"""


def project(write, folder):
    """Write a small project into `folder` and return the command line's arguments."""
    (folder / "notebooks").mkdir()
    (folder / "report").mkdir()
    (folder / "report" / "report.toml").write_text(TOML)
    write.file(
        folder / "notebooks" / "01-one.ipynb",
        "# First\n\n## Part",
        write.code(FIGURE.replace("\\\\", "\\")),
    )
    write.file(folder / "notebooks" / "02-two.ipynb", "# Second", write.code(TABLE))
    return [str(folder / "report" / "report.toml"), "--name", "small"]


@pytest.fixture(scope="module")
def built(write, tmp_path_factory):
    """Return the folder of a project that has been built, and the arguments that built it."""
    folder = tmp_path_factory.mktemp("built")
    arguments = project(write, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", "1000000000")
        assert main(["build", *arguments]) == 0
    return folder, arguments


def test_build_writes_both_files_with_the_facts(built):
    folder, _ = built
    page = (folder / "report" / "small.html").read_text()
    assert "9 September 2001" in page
    assert re.search(r"Python 3\.\d+\.\d+, typst \d", page)
    assert "Ada, Bob" in page
    assert 'href="#h-second">Section' in page
    assert (folder / "report" / "small.pdf").read_bytes().startswith(b"%PDF")
    assert set(json.loads((folder / "build" / "small" / "seconds.json").read_text())) == {"01-one", "02-two"}
    assert sorted(path.name for path in (folder / "report").iterdir()) == ["report.toml", "small.html", "small.pdf"]


def test_export_gives_the_same_bytes_again(built):
    folder, arguments = built
    files = [folder / "report" / f"small.{kind}" for kind in ("html", "pdf")]
    before = [file.read_bytes() for file in files]
    assert main(["export", *arguments]) == 0
    assert [file.read_bytes() for file in files] == before


def test_run_leaves_both_files_alone(write, tmp_path, capsys):
    arguments = project(write, tmp_path)
    page, work = tmp_path / "report" / "small.html", tmp_path / "build" / "small"
    page.write_text("old")
    assert main(["run", *arguments]) == 0
    errors = capsys.readouterr().err
    assert "[2/2] 02-two took" in errors
    assert errors.splitlines()[-1] == f"ran 2 of 2 notebooks into {work}"
    left = ["01-one.ipynb", "02-two.ipynb", "reuse.json", "run.json", "seconds.json"]
    assert sorted(path.name for path in work.iterdir()) == left
    assert sorted(path.name for path in page.parent.iterdir()) == ["report.toml", "small.html"]
    assert page.read_text() == "old"
    assert main(["export", *arguments]) == 0, "what was run can be exported"
    assert "A small report" in page.read_text()


def test_run_can_run_some_notebooks_alone(write, tmp_path, capsys):
    arguments = project(write, tmp_path)
    work = tmp_path / "build" / "small"
    assert main(["run", *arguments, "--only", "02-two"]) == 0
    assert capsys.readouterr().err.splitlines()[-1] == f"ran 1 of 1 notebooks into {work}"
    assert [path.name for path in work.glob("*.ipynb")] == ["02-two.ipynb"]
    assert main(["export", *arguments]) == 1, "the others have not run"
    assert "holds no finished run" in capsys.readouterr().err
    assert main(["run", *arguments, "--only", "03"]) == 1
    assert capsys.readouterr().err == "error: there is no notebook `03`: choose from 01-one, 02-two.\n"


def test_run_tells_a_failing_cell(write, tmp_path, capsys):
    arguments = project(write, tmp_path)
    write.file(tmp_path / "notebooks" / "01-one.ipynb", "# One", write.code("raise ValueError('no data')"))
    assert main(["run", *arguments, "--work", str(tmp_path / "work")]) == 1
    assert "01-one.ipynb, cell 2: ValueError: no data." in capsys.readouterr().err.splitlines()[-1]


def test_check_passes_whole_files(built, capsys):
    assert main(["check", *built[1]]) == 0
    assert capsys.readouterr().err == ""


def test_check_tells_what_is_missing(built, capsys):
    folder, arguments = built
    path = folder / "report" / "small.html"
    whole = path.read_text()
    path.write_text(whole.replace("What it costs", ""))
    try:
        assert main(["check", *arguments]) == 1
    finally:
        path.write_text(whole)
    (line,) = capsys.readouterr().err.splitlines()
    assert "02-two.ipynb, cell 2: the caption “Table 1. What it costs.” is not in" in line


VALUES = """import json, os, pathlib
path = pathlib.Path("../build/values.json")
values = json.loads(path.read_text()) if path.exists() else {}
path.write_text(json.dumps(values | {"01-one": {"n": "7", "m": "8"}}))"""


@pytest.fixture(scope="module")
def valued(write, tmp_path_factory):
    """Return the folder of a built project whose prose has values and a reference, and the arguments that built it."""
    folder = tmp_path_factory.mktemp("valued")
    (folder / "build").mkdir()
    arguments = project(write, folder)
    settings = folder / "report" / "report.toml"
    settings.write_text(f'values = "../build/values.json"\ndepends = []\n{settings.read_text()}')
    prose = "Of [8](#value-m), [6](#value-n) fall, as in [section 2](02-two.ipynb)."
    write.file(folder / "notebooks" / "01-one.ipynb", f"# First\n\n{prose}", write.code(VALUES))
    assert main(["build", *arguments]) == 0
    return folder, arguments


@pytest.fixture
def restored(valued):
    """Return the same, and put back afterwards what a test changes."""
    folder, arguments = valued
    kept = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    yield folder, arguments
    for path, content in kept.items():
        path.write_bytes(content)


def test_the_report_has_the_values_of_its_run_and_says_where_words_are_others(restored, capsys):
    folder, arguments = restored
    # Since then another report has been made from the same notebooks.
    (folder / "build" / "values.json").write_text('{"01-one": {"n": "999"}}')
    assert main(["build", *arguments]) == 0
    assert "Of 8, 7 fall, as in" in (folder / "report" / "small.html").read_text()
    assert capsys.readouterr().err.splitlines()[2:4] == [
        "warning: 01-one.ipynb, cell 1: `[6](#value-n)` is 7 in this run.",
        "The report has the values of this run; `update` writes them into the notebooks.",
    ]


def test_check_fails_at_words_that_are_others_unless_the_run_is_to_hold(valued, capsys):
    assert main(["check", *valued[1]]) == 1
    assert capsys.readouterr().err == "01-one.ipynb, cell 1: `[6](#value-n)` is 7 in this run.\n"
    assert main(["check", *valued[1], "--values", "run"]) == 0


def test_update_writes_values_and_numbers_into_the_notebooks(restored, capsys):
    folder, arguments = restored
    path = folder / "notebooks" / "01-one.ipynb"
    before = path.read_text()
    path.write_text(before.replace("section 2", "section 5"))
    assert main(["update", *arguments]) == 0
    assert path.read_text() == before.replace("[6]", "[7]")
    assert capsys.readouterr().err == f"wrote {path}\n"
    assert main(["update", *arguments]) == 0
    assert main(["build", *arguments]) == 0
    assert "note:" not in capsys.readouterr().err
    assert main(["check", *arguments]) == 0


def test_a_failing_notebook_leaves_the_old_files(write, tmp_path, capsys):
    arguments = project(write, tmp_path)
    old = tmp_path / "report" / "small.html"
    old.write_text("old")
    write.file(tmp_path / "notebooks" / "02-two.ipynb", "# Two", write.code("raise ValueError('no data')"))
    assert main(["build", *arguments]) == 1
    errors = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1
    assert "02-two.ipynb, cell 2: ValueError: no data. The traceback is in" in errors[0]
    assert old.read_text() == "old"
    assert not (tmp_path / "report" / "small.pdf").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_build_that_is_to_end_leaves_the_old_files_and_no_kernel(write, tmp_path, number):
    arguments = project(write, tmp_path)
    old = tmp_path / "report" / "small.pdf"
    old.write_text("old")
    source = f"import os, time\nopen('pid', 'w').write(str(os.getpid()))\ntime.sleep({2 * BOUND})"
    write.file(tmp_path / "notebooks" / "01-one.ipynb", "# One", write.code(source))
    command = [sys.executable, "-m", "notebook_report", "build", *arguments]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    pid = tmp_path / "notebooks" / "pid"
    while not (pid.exists() and pid.read_text()):
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(number)
    _, errors = process.communicate(timeout=BOUND)
    assert process.returncode == 130
    assert errors.splitlines()[-1] == "error: interrupted; the report is as it was before."
    assert "Traceback" not in errors
    assert old.read_text() == "old"
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('title = "A small report"', "", "it lacks `title`."),
        ('subtitle = "From two notebooks"', 'colour = "red"', "it has the unknown key `colour`."),
        ('authors = ["Ada", "Bob"]', 'authors = "Ada"', "expected `list`, got `str` at `authors`."),
        ('{ file = "02-two.ipynb" }', '"02-two.ipynb"', "expected `table`, got `str` at `notebooks[1]`."),
        ('packages = ["typst"]', "packages = [1]", "expected `str`, got `int` at `packages[0]`."),
        ('{ file = "02-two.ipynb" }', "{ file = 5 }", "expected `str`, got `int` at `notebooks[1].file`."),
        ("title = ", "title ", "is not valid TOML"),
        (
            'notebooks = [{ file = "01-one.ipynb", seconds = 1 }, { file = "02-two.ipynb" }]',
            "notebooks = []",
            "expected `list` of length >= 1 at `notebooks`.",
        ),
        ("02-two.ipynb", "03-none.ipynb", "03-none.ipynb does not exist"),
        ("seconds = 1", "seconds = inf", "expected `float` <= 1000000000.0 at `notebooks[0].seconds`."),
        ("seconds = 1", "seconds = nan", "expected `float` >= 0.0 at `notebooks[0].seconds`."),
        ("seconds = 1", "seconds = -1", "expected `float` >= 0.0 at `notebooks[0].seconds`."),
        ("seconds = 1", "seconds = true", "expected `float`, got `bool` at `notebooks[0].seconds`."),
        ("seconds = 1", f"seconds = 1{'0' * 5000}", "is not valid TOML: Exceeds the limit (4300 digits)"),
        ("seconds = 1", f"seconds = 0x1{'0' * 5000}", "Number out of range at `notebooks[0].seconds`."),
        ('packages = ["typst"]', f"packages = {'[' * 3000}", "is not valid TOML: maximum recursion depth exceeded"),
        (
            'packages = ["typst"]',
            'packages = [""]',
            "the package `` is named for the title page, but is not installed.",
        ),
        ('"../notebooks"', '"a\\u0000"', "embedded null"),
        ('"../notebooks"', '"itself"', "itself"),
        ('"A small report"', '" "', "expected a text that is not empty at `title`."),
        ("authors", 'language = "english"\nauthors', "expected a code such as `en` or `en-GB` at `language`."),
        ("authors", 'language = ""\nauthors', "expected a code such as `en` or `en-GB` at `language`."),
    ],
)
def test_mistakes_in_the_settings_have_one_sentence(write, tmp_path, capsys, old, new, words):
    arguments = project(write, tmp_path)
    path = tmp_path / "report" / "report.toml"
    path.with_name("itself").symlink_to("itself")
    path.write_text(path.read_text().replace(old, new, 1))
    assert main(["build", *arguments]) == 1
    errors = capsys.readouterr().err.splitlines()
    assert "[1/2]" not in errors[0]
    assert errors[-1].startswith("error: ")
    assert words in errors[-1]
    assert "wrote" not in "".join(errors)


@pytest.mark.parametrize("name", ["", ".", "..", "../../esc", "folder/small"])
def test_a_name_that_is_not_that_of_a_file_is_refused(write, tmp_path, capsys, name):
    settings = project(write, tmp_path)[0]
    assert main(["build", settings, "--name", name]) == 1
    advice = "give one without folders, and no ending."
    assert capsys.readouterr().err == f"error: the name '{name}' is not that of a file: {advice}\n"


def test_settings_that_are_not_there_are_told(tmp_path, capsys):
    assert main(["build", str(tmp_path / "report.toml")]) == 1
    assert capsys.readouterr().err == f"error: {tmp_path / 'report.toml'} cannot be read: No such file or directory.\n"


def test_a_file_that_the_system_refuses_is_named(write, tmp_path, capsys):
    arguments = project(write, tmp_path)
    note = tmp_path / "build" / "small" / "reuse.json"
    note.mkdir(parents=True)
    assert main(["run", "--afresh", *arguments]) == 1
    assert capsys.readouterr().err == f"error: {note}: Is a directory.\n"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('packages = ["typst"]', 'packages = ["no-such-package"]', "`no-such-package` is named for the title page"),
        ("#| caption", "#| capton", "01-one.ipynb, cell 2: the option `capton` is unknown"),
        ("Section 2", "Section 3", "the abstract: `[Section 3](02-two.ipynb)` leads to what is section 2."),
    ],
)
def test_what_can_be_known_before_is_said_before_anything_runs(write, tmp_path, capsys, old, new, words):
    arguments = project(write, tmp_path)
    for path in (tmp_path / "report" / "report.toml", tmp_path / "notebooks" / "01-one.ipynb"):
        path.write_text(path.read_text().replace(old, new))
    assert main(["build", *arguments]) == 1
    errors = capsys.readouterr().err
    assert words in errors
    assert "[1/2]" not in errors


@pytest.mark.parametrize("asked", ["yesterday", "99999999999999", "1e9"])
def test_a_date_that_is_none_is_refused(write, tmp_path, capsys, monkeypatch, asked):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", asked)
    assert main(["build", *project(write, tmp_path)]) == 1
    assert f"SOURCE_DATE_EPOCH is '{asked}': set it to whole seconds" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_is_named(write, tmp_path, capsys):
    arguments = project(write, tmp_path)
    (tmp_path / "file").write_text("in the way")
    work = tmp_path / "file" / "work"
    assert main(["build", *arguments, "--work", str(work)]) == 1
    assert capsys.readouterr().err.splitlines() == [f"error: {work} cannot be written: Not a directory."]


@pytest.mark.parametrize("command", ["build", "run"])
def test_executed_notebooks_do_not_take_the_place_of_the_notebooks(write, tmp_path, capsys, command):
    arguments = project(write, tmp_path)
    notebooks = tmp_path / "notebooks"
    before = {path: path.read_bytes() for path in notebooks.iterdir()}
    assert main([command, *arguments, "--work", str(tmp_path / "report" / ".." / "notebooks")]) == 1
    advice = "would take the place of the notebook: name another work folder."
    assert capsys.readouterr().err == f"error: the executed 01-one.ipynb {advice}\n"
    assert {path: path.read_bytes() for path in notebooks.iterdir()} == before


def test_export_without_a_run_is_refused(write, tmp_path, capsys):
    assert main(["export", *project(write, tmp_path)]) == 1
    assert "holds no finished run: build the report first" in capsys.readouterr().err


def test_export_of_another_reports_run_is_refused(write, tmp_path, capsys):
    arguments, work = project(write, tmp_path), tmp_path / "build" / "small"
    work.mkdir(parents=True)
    (work / "run.json").write_text('{"epoch": 0, "facts": [], "of": "/elsewhere"}')
    assert main(["export", *arguments]) == 1
    assert "holds the run of another report: build this one first, or name its `--work`." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("# One\n\n# Two", "01-one.ipynb, cell 1: “Two” is the notebook's second title"),
        ("## Sub\n\n# One", "the heading “Sub” of level 2 skips what is above it."),
    ],
)
def test_each_notebook_is_one_section(write, text, words):
    assert words in found_in(("01-one", write.notebook(text)))


def test_a_notebook_without_a_title_is_no_part_of_the_one_before(write):
    found = found_in(("1", write.notebook("# One")), ("2", write.notebook("## Sub")))
    assert "2.ipynb, cell 1: “Sub” stands before the notebook's title, `# …`." in found


def found_in(*named):
    """Return what is wrong with a report of these notebooks, one line for each problem."""
    return "\n".join(map(str, prepare.report(named, Front()).problems))
