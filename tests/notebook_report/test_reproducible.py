import os
import shutil
import subprocess
import sys

import pytest

from notebook_report.running import provenance
from notebook_report.system import operating_system
from tests.bounds import BOUND

TOML = """
title = "The same again"
authors = ["Ada"]
abstract = "What [Table 1](#tab-styled) and [Equation 1](#eq-one) say."
notebooks_folder = "notebooks"
packages = ["matplotlib", "pandas"]
depends = []
notebooks = [{ file = "01-figure.ipynb" }, { file = "02-table.ipynb" }]
"""
# Left as they come: without a salt for the ids within an SVG, and without a date of its own.
FIGURE = """#| label: fig-{form}
#| caption: {caption}
#| alt: A falling line.
import matplotlib.pyplot as plt
from matplotlib_inline.backend_inline import set_matplotlib_formats
set_matplotlib_formats("{form}")
fig, ax = plt.subplots(figsize=(2, 1))
ax.plot([0, 1], [1, 0], "o--", label="cost")
ax.legend()
plt.show()"""
PRINTS = """import time
print({"ant", "bee", "cat", "dog", "eel", "fox"}, flush=True)
time.sleep(0.3)
print(lambda: None)
object()"""
TABLE = """#| label: tab-styled
#| caption: Costs.
import pandas as pd
frame = pd.DataFrame({"step": [1, 20], "cost": [2.25, 0.5]}, index=["a", "b"])
frame.style.format(precision=2).highlight_min(color="yellow")"""
EQUATION = "# Table\n\nSee [Figure 1](#fig-svg).[^n]\n\n[^n]: A note.\n\n$$ \\sum_{i=1}^n x_i^2 = 1 \\label{eq-one} $$"


def git(folder, *arguments, at="@1000000000 +0000"):
    """Run git; without it the test is skipped, but not where CI runs it."""
    if shutil.which("git") is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("git is not on the PATH")
    who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false"]
    date = {"GIT_COMMITTER_DATE": at, "GIT_AUTHOR_DATE": "@900000000 +0000"}
    how = {"env": {**os.environ, **date}, "capture_output": True, "timeout": BOUND}
    subprocess.run(["git", "-C", folder, *who, *arguments], **how, check=True)


def repository(folder, at="@1000000000 +0000"):
    """Make `folder` a repository with one commit, of 9 September 2001 unless told otherwise."""
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init")
    git(folder, "commit", "--allow-empty", "--message", "first", at=at)
    return folder


def project(write, folder, caption="A line that falls, $x < 1$.", title="# Figure"):
    """Write a small report into `folder`; the caption and the title are those of its figures."""
    (folder / "notebooks").mkdir(exist_ok=True)
    (folder / "report.toml").write_text(TOML)
    figures = [write.code(FIGURE.format(form=form, caption=caption)) for form in ("svg", "png")]
    write.file(folder / "notebooks" / "01-figure.ipynb", title, *figures, write.code(PRINTS))
    write.file(folder / "notebooks" / "02-table.ipynb", EQUATION, write.code(TABLE))


def build(folder, seed):
    """Build the report in `folder`; return the bytes of both files, and what was said of the run."""
    command = [sys.executable, "-m", "notebook_report", "build", str(folder / "report.toml"), "--work", "work"]
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    environment.pop("SOURCE_DATE_EPOCH", None)
    how = {"capture_output": True, "encoding": "utf-8", "timeout": BOUND}
    done = subprocess.run(command, cwd=folder, env=environment, **how, check=False)
    assert done.returncode == 0, done.stderr
    return *((folder / f"report.{kind}").read_bytes() for kind in ("html", "pdf")), done.stderr


@pytest.fixture(scope="module")
def fresh(write, tmp_path_factory):
    """Return the bytes of both files of a fresh build, and what was said of the run."""
    folder = repository(tmp_path_factory.mktemp("fresh"))
    project(write, folder)
    return build(folder, seed="1")


def test_two_builds_give_the_same_bytes(fresh, write, tmp_path):
    page, paper, _ = fresh
    other = repository(tmp_path / "elsewhere" / "two")
    project(write, other)
    page_again, paper_again, _ = build(other, seed="2")
    assert b"9 September 2001" in page
    assert page_again.splitlines() == page.splitlines()
    assert page_again == page
    assert paper_again == paper


def test_a_build_that_keeps_what_was_run_gives_the_same_bytes_as_a_fresh_one(fresh, write, tmp_path):
    page, paper, told = fresh
    used = repository(tmp_path / "used", at="@950000000 +0000")
    project(write, used, caption="A caption in the making.", title="# A title in the making\n\nWords.")
    page_before, _, _ = build(used, seed="1")
    project(write, used)
    git(used, "commit", "--allow-empty", "--message", "second")
    page_kept, paper_kept, told_kept = build(used, seed="2")
    assert (told.count("kept"), told_kept.count("kept")) == (0, 2)
    assert b"8 February 2000" in page_before
    assert page_kept.splitlines() == page.splitlines()
    assert paper_kept == paper


def test_the_date_is_what_is_asked_for_or_the_last_commit_or_now(tmp_path, monkeypatch):
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    folder = repository(tmp_path / "versioned")
    assert provenance.epoch(folder) == 1_000_000_000
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "5")
    assert provenance.epoch(folder) == 5


@pytest.mark.parametrize("has_git", [True, False])
def test_without_git_or_a_commit_the_date_is_now(tmp_path, monkeypatch, has_git):
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    git(tmp_path, "init")
    if not has_git:
        repository(tmp_path)
        monkeypatch.setenv("PATH", str(tmp_path))
    assert provenance.epoch(tmp_path) > 1_700_000_000


def test_if_git_does_not_answer_the_date_is_now(tmp_path, monkeypatch):
    (tmp_path / "git").write_text(f"#!/bin/sh\nexec sleep {2 * BOUND}\n")
    (tmp_path / "git").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    monkeypatch.setattr(provenance, "GIT_WITHIN", 0.1)
    assert provenance.epoch(tmp_path) > 1_700_000_000


def test_where_nobody_knows_how_many_cores_there_are_there_is_one(monkeypatch):
    monkeypatch.delattr(operating_system.os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(operating_system.os, "cpu_count", lambda: None)
    assert ", 1 core, " in provenance.machine()


def test_the_facts_hold_nothing_measured(tmp_path):
    assert provenance.collect(["typst"], tmp_path).facts == provenance.collect(["typst"], tmp_path).facts
    assert [name for name, _ in provenance.collect([], tmp_path).facts] == ["Software", "Machine"]


def test_of_optional_packages_those_are_named_that_are_installed(tmp_path):
    ((_, software), _) = provenance.collect(["typst"], tmp_path, ["no-such-package", "", "nbconvert"]).facts
    assert [part.split()[0] for part in software.split(", ")] == ["Python", "typst", "nbconvert"]
