"""A full disk and folders that cannot be written to: one sentence, and the report as it was."""

import errno
import os
from pathlib import Path

import pytest
from nbformat.v4 import new_markdown_cell, new_notebook

from notebook_report import notebooks
from notebook_report.__main__ import main
from notebook_report.errors import ReportError
from notebook_report.system import files
from tests.faults.conftest import Project

SMALL = ("-t", "tmpfs", "-o", "size=64k", "tmpfs")
SOURCE = "#| label: tab-x\n#| caption: What was measured.\nimport pandas as pd\npd.DataFrame([[1]])"


@pytest.fixture
def plain(tmp_path):
    """Return a project whose one notebook shows a table, and the arguments of its commands."""
    project = Project(tmp_path / "project", {"01-plain": ""})
    project.notebook("01-plain", SOURCE, alone=True)
    return project, [str(project.settings)]


def sentence(capsys):
    """Return the one sentence in which a command has failed."""
    (line,) = [line for line in capsys.readouterr().err.splitlines() if not line.startswith("[")]
    assert line.startswith("error: ")
    return line.removeprefix("error: ")


def fill(folder, free):
    """Leave only so many bytes in the folder's file system."""
    room = os.statvfs(folder)
    (folder / "ballast").write_bytes(bytes(max(0, room.f_bavail * room.f_frsize - free)))


def check_old(project):
    """Check that the report's folder holds the old report and nothing half-made, hidden or not."""
    found = {path.name: path.read_bytes() for path in project.report.iterdir() if path.name != "ballast"}
    assert found == project.old


@pytest.mark.parametrize("free", [0, 32_000])
def test_no_room_for_the_report_leaves_the_old_one(plain, mounted, capsys, free):
    project, arguments = plain
    assert main(["run", *arguments]) == 0
    capsys.readouterr()
    mounted(project.report, *SMALL)
    for name, content in project.old.items():
        (project.report / name).write_bytes(content)
    fill(project.report, free)
    assert main(["export", *arguments]) == 1
    assert sentence(capsys) == f"{project.report / 'report.html'} cannot be written: No space left on device."
    check_old(project)


def test_no_room_for_what_ran_leaves_the_old_report(plain, mounted, capsys):
    project, arguments = plain
    mounted(project.work, *SMALL)
    fill(project.work, 0)
    assert main(["build", *arguments]) == 1
    line = sentence(capsys)
    assert line.startswith(str(project.work))
    assert line.endswith(" cannot be written: No space left on device.")
    check_old(project)
    (project.work / "ballast").unlink()
    assert main(["build", *arguments]) == 0, "with room again all is well"


def test_no_room_for_the_executed_notebook_names_it_and_leaves_no_half_of_it(plain, monkeypatch, capsys):
    write_bytes = Path.write_bytes

    def half(path, content):
        write_bytes(path, content[: len(content) // 2])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def write(path, content):
        return (half if "01-plain.ipynb" in path.name else write_bytes)(path, content)

    project, arguments = plain
    monkeypatch.setattr(Path, "write_bytes", write)
    assert main(["build", *arguments]) == 1
    assert sentence(capsys) == f"{project.work / '01-plain.ipynb'} cannot be written: No space left on device."
    assert [path.name for path in project.work.iterdir()] == ["reuse.json"]
    check_old(project)


def test_no_room_for_an_executed_notebook_leaves_the_old_one(tmp_path, mounted):
    mounted(tmp_path / "disk", *SMALL)
    path = tmp_path / "disk" / "one.ipynb"
    notebooks.write(new_notebook(), path)
    old = path.read_bytes()
    fill(path.parent, 8_000)
    with pytest.raises(ReportError, match=r"one\.ipynb cannot be written: No space left on device\.$"):
        notebooks.write(new_notebook(cells=[new_markdown_cell("long " * 10_000)]), path)
    assert path.read_bytes() == old
    assert sorted(found.name for found in path.parent.iterdir()) == ["ballast", "one.ipynb"]


def test_a_report_that_cannot_be_written_is_noticed_before_anything_runs(plain, mounted, capsys):
    project, arguments = plain
    mounted(project.report, "--bind", str(project.report))
    mounted(project.report, "-o", "remount,ro,bind")
    assert main(["build", *arguments]) == 1
    advice = "so nothing was run: get the right to write there first."
    assert sentence(capsys) == f"{project.report} cannot be written to, {advice}"
    assert not project.work.exists()
    check_old(project)


def test_a_folder_that_the_report_is_yet_to_make_can_be_written_to(tmp_path):
    files.require_writable(tmp_path / "new" / "folder" / "report.html")


@pytest.mark.parametrize("name", ["report", "build"])
def test_a_folder_that_cannot_be_written_to_is_named(plain, mounted, capsys, name):
    project, arguments = plain
    folder = project.folder / name
    if name == "report":
        assert main(["run", *arguments]) == 0
        capsys.readouterr()
    mounted(folder, "--bind", str(folder))
    mounted(folder, "-o", "remount,ro,bind")
    assert main(["export" if name == "report" else "build", *arguments]) == 1
    line = sentence(capsys)
    assert line.startswith(str(folder))
    assert line.endswith(" cannot be written: Read-only file system.")
    check_old(project)


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo])
def test_a_folder_or_a_pipe_in_the_place_of_a_file_is_noticed_before_anything_runs(plain, capsys, make):
    project, arguments = plain
    paper = project.report / "report.pdf"
    paper.unlink()
    make(paper)
    assert main(["build", *arguments]) == 1
    advice = "so none can take its place: remove it, or give the report another name."
    assert sentence(capsys) == f"{paper} is no file, {advice}"
    assert not project.work.exists()


@pytest.mark.parametrize("old", [b"old", None])
def test_where_one_of_two_files_cannot_be_put_the_other_stays_as_it_was(tmp_path, monkeypatch, old):
    page, paper, kept = (tmp_path / name for name in ("report.html", "report.pdf", "kept.html"))
    page.symlink_to(kept)
    if old:
        kept.write_bytes(old)
    put = os.replace

    def putting(part, path):
        if path == paper:
            raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))
        put(part, path)

    monkeypatch.setattr(os, "replace", putting)
    with pytest.raises(ReportError, match=rf"^{paper} cannot be written: Operation not permitted\.$"):
        files.replace({page: b"new", paper: b"new"})
    assert page.readlink() == kept
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir() if path != page} == (
        {"kept.html": old} if old else {}
    )


def test_a_link_in_the_place_of_a_file_leads_to_the_new_one(tmp_path):
    page, kept = tmp_path / "report.html", tmp_path / "kept.html"
    page.symlink_to(kept)
    files.replace({page: b"new"})
    assert page.readlink() == kept
    assert kept.read_bytes() == b"new"


def test_a_draft_that_cannot_be_removed_does_not_hide_why(tmp_path, monkeypatch):
    def full(self, content):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def refused(self):
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM), str(self))

    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    monkeypatch.setattr("pathlib.Path.unlink", refused)
    with pytest.raises(ReportError, match=r"page\.html cannot be written: No space left on device\.$"):
        files.replace({tmp_path / "page.html": b"new"})
