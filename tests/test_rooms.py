import builtins
import os
import subprocess
import sys

import pytest

from tests import data_room
from tests.bounds import BOUND
from tests.data_room import listing
from twolayer import places, rooms

fcntl = pytest.importorskip("fcntl")

IN_A_ROOM = """
import sys
from pathlib import Path
from twolayer import rooms

with rooms.room(Path(sys.argv[1])) as room:
    (room / "half-made").mkdir()
    print(room.name, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "README.md").write_text("kept")
    return folder


@pytest.fixture
def start():
    """Return a function that starts a process which works in a room, and returns it and the room's name."""
    started = []

    def start(folder):
        pipe = subprocess.PIPE
        process = subprocess.Popen([sys.executable, "-c", IN_A_ROOM, str(folder)], stdin=pipe, stdout=pipe, text=True)
        started.append(process)
        return process, process.stdout.readline().strip()

    yield start
    for process in started:
        process.kill()
        process.communicate(timeout=BOUND)


def test_a_room_is_there_for_the_work_and_no_longer(folder):
    with rooms.room(folder) as room:
        (room / "file").write_text("work")
        assert listing(folder) == ["README.md", room.name]
    assert listing(folder) == ["README.md"]


def test_failed_work_leaves_no_room(folder):
    def fail(room):
        (room / "file").write_text("work")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), rooms.room(folder) as room:
        fail(room)
    assert listing(folder) == ["README.md"]


def test_a_room_that_cannot_be_made_is_an_error(folder):
    with pytest.raises(OSError, match="Not a directory"), rooms.room(folder / "README.md"):
        pass


def test_what_a_killed_run_leaves_is_removed_and_a_living_run_keeps_its_room(folder, start):
    (killed, its), (_, living) = start(folder), start(folder)
    killed.kill()
    killed.communicate(timeout=BOUND)
    (folder / "incomplete-file").write_text("no folder")
    (folder / "incomplete-link").symlink_to(folder)
    assert its in listing(folder)
    with rooms.room(folder) as own:
        rooms.remove_abandoned(folder)
        assert listing(folder) == sorted(["README.md", "incomplete-file", "incomplete-link", living, own.name])
        assert listing(folder / living) == ["half-made"]


def test_a_run_that_ends_removes_its_room_itself(folder, start):
    process, _ = start(folder)
    process.communicate(timeout=BOUND)
    assert listing(folder) == ["README.md"]


def test_nobody_looks_for_abandoned_rooms_while_one_is_being_made(folder, monkeypatch):
    """Between its making and its locking a room looks abandoned: the folder's lock keeps the others out."""
    tried = []
    make = rooms.tempfile.mkdtemp

    def make_and_try(**how):
        handle = os.open(folder, os.O_RDONLY)
        with pytest.raises(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.close(handle)
        tried.append(True)
        return make(**how)

    monkeypatch.setattr(rooms.tempfile, "mkdtemp", make_and_try)
    with rooms.room(folder):
        assert tried


def test_who_looks_for_abandoned_rooms_keeps_others_from_making_one(folder, monkeypatch):
    (folder / "incomplete-old").mkdir()
    remove = rooms.shutil.rmtree

    def try_and_remove(path, **how):
        handle = os.open(folder, os.O_RDONLY)
        with pytest.raises(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.close(handle)
        remove(path, **how)

    monkeypatch.setattr(rooms.shutil, "rmtree", try_and_remove)
    rooms.remove_abandoned(folder)
    assert listing(folder) == ["README.md"]


def without_fcntl(monkeypatch):
    known = builtins.__import__

    def other(name, *arguments, **options):
        if name == "fcntl":
            raise ImportError(name)
        return known(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", other)


def without_locks_on_the_disk(monkeypatch):
    def refuse(*_):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(fcntl, "flock", refuse)


@pytest.mark.parametrize("break_locks", [without_fcntl, without_locks_on_the_disk])
def test_without_locks_rooms_work_and_nothing_is_taken_for_abandoned(folder, monkeypatch, break_locks):
    (folder / "incomplete-perhaps-living").mkdir()
    break_locks(monkeypatch)
    with rooms.room(folder) as room:
        rooms.remove_abandoned(folder)
        assert room.is_dir()
    assert listing(folder) == ["README.md", "incomplete-perhaps-living"]


@pytest.mark.parametrize("choice", ["auto", "stand-in"])
def test_the_next_run_removes_what_a_killed_one_left(tmp_path, write_batches, monkeypatch, start, choice):
    data = data_room.move_in(tmp_path, monkeypatch)
    write_batches(data / places.STAND_IN)
    monkeypatch.setenv("CIFAR10_DIR", str(data / places.STAND_IN))
    killed, its = start(data)
    killed.kill()
    killed.communicate(timeout=BOUND)
    assert its in listing(data)
    places.find(choice)
    assert listing(data) == [places.STAND_IN]


def test_a_folder_that_is_not_there_has_no_abandoned_rooms(tmp_path):
    rooms.remove_abandoned(tmp_path / "nowhere")
