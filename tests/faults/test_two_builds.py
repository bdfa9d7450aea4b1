"""Two builds at once in one clone: the second says so, and the first is not disturbed."""

import errno
import os
import subprocess
import sys
import threading

import pytest

from notebook_report.__main__ import main
from notebook_report.errors import ReportError
from notebook_report.system import files
from tests.bounds import BOUND
from tests.faults.conftest import Project

WAIT = """
import os
os.mkfifo("../running")
open("../running").read()  # until the test lets it go
"""
HOLD = """
import sys
from pathlib import Path
from notebook_report.system import files
with files.alone(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""

fcntl = pytest.importorskip("fcntl")


@pytest.mark.parametrize("command", ["build", "run", "export"])
def test_a_second_build_is_refused_and_the_first_is_not_disturbed(tmp_path, capsys, command):
    project = Project(tmp_path / "project", {"01-training": ""})
    project.work.mkdir(parents=True)
    with files.alone(project.work):
        assert main([command, str(project.settings)]) == 1
    assert capsys.readouterr().err == (
        f"error: another build of this report is running in {project.work}: wait until it has finished, or stop it.\n"
    )
    assert project.readable() == project.old
    assert list(project.work.iterdir()) == []


def test_the_lock_ends_with_its_process_even_if_that_is_killed(tmp_path):
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(ReportError, match="another build of this report is running"), files.alone(tmp_path):
            pass
        holder.kill()
        holder.wait(BOUND)
        with files.alone(tmp_path):
            pass


def test_a_running_build_keeps_another_out_and_gives_the_right_report(builds, tmp_path, capsys):
    project = Project(tmp_path / "project", {"01-training": ""})
    project.notebook("01-training", f"{WAIT}\nprint('done')", alone=True)
    fifo = project.folder / "running"
    first = builds.start(project, publish=False)
    with first, open_when_there(fifo, first) as reader:
        assert main(["build", str(project.settings), "--afresh"]) == 1
        assert "another build of this report is running" in capsys.readouterr().err
        assert project.readable() == project.old
        reader.close()
        errors = first.communicate(timeout=BOUND)[1]
    assert first.returncode == 0, errors
    assert project.readable()["report.pdf"] != project.old["report.pdf"]
    assert main(["check", str(project.settings)]) == 0


def open_when_there(fifo, process):
    """Open a pipe that `process` makes, which waits until it is read there."""
    while not fifo.exists():
        assert process.poll() is None, process.stderr.read()
    return open(fifo, "w")


def test_of_two_who_write_the_same_files_the_second_waits_until_both_are_in_their_place(tmp_path, monkeypatch):
    paths, pairs, waits = [tmp_path / "report.html", tmp_path / "report.pdf"], [], threading.Event()
    second = threading.Thread(target=lambda: files.replace(dict.fromkeys(paths, b"of the second")))
    lock, put = fcntl.flock, os.replace

    def locking(*arguments):
        if threading.current_thread() is second:
            waits.set()
        lock(*arguments)

    def putting(part, path):
        if not waits.is_set():
            second.start()
            assert waits.wait(BOUND), "the second asks for no lock"
        put(part, path)
        pairs.append([path.read_bytes() if path.exists() else b"" for path in paths])

    monkeypatch.setattr(fcntl, "flock", locking)
    monkeypatch.setattr(os, "replace", putting)
    files.replace(dict.fromkeys(paths, b"of the first"))
    second.join(BOUND)
    assert not second.is_alive()
    assert pairs[:2] == [[b"of the first", b""], [b"of the first"] * 2]
    assert pairs[2:] == [[b"of the second", b"of the first"], [b"of the second"] * 2]
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == dict.fromkeys(paths, b"of the second")


@pytest.fixture(params=[errno.EBADF, errno.ENOLCK, errno.ENOSYS])
def without_locks(monkeypatch, request):
    """Let the file system have no locks, as some network file systems have none."""

    def refuse(*arguments):
        raise OSError(request.param, os.strerror(request.param))

    monkeypatch.setattr(fcntl, "flock", refuse)


@pytest.mark.usefixtures("without_locks")
def test_where_files_cannot_be_locked_they_are_written_all_the_same(tmp_path):
    path = tmp_path / "report.html"
    files.replace({path: b"new"})
    assert path.read_bytes() == b"new"


@pytest.mark.usefixtures("without_locks")
def test_where_folders_cannot_be_locked_a_build_goes_on(tmp_path):
    with files.alone(tmp_path), files.alone(tmp_path):
        pass


def test_a_folder_that_is_not_there_is_nobody_elses(tmp_path):
    with files.alone(tmp_path / "none"), files.alone(tmp_path / "none"):
        assert list(tmp_path.iterdir()) == []
