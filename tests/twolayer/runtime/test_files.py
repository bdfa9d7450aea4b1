import contextlib
import errno
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.bounds import BOUND
from twolayer.runtime import files
from twolayer.runtime.files import FileError, locked, read, rewriting

fcntl = pytest.importorskip("fcntl")


def rewrite(path, text):
    with rewriting(path) as file:
        file.write(text)


def test_the_new_text_replaces_the_old_one_and_no_other_file_is_left(tmp_path):
    path = tmp_path / "new folder" / "a.txt"
    for text in ("λ\n", "another\n"):
        rewrite(path, text)
        assert read(path) == text
    assert path.read_bytes() == b"another\n"
    assert os.listdir(path.parent) == ["a.txt"]


def test_an_interrupted_write_leaves_the_old_text(tmp_path):
    path = tmp_path / "a.txt"
    rewrite(path, "old")

    def interrupted():
        with rewriting(path) as file:
            file.write("half")
            assert [name for name in os.listdir(tmp_path) if not name.startswith(".")] == ["a.txt"]
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert read(path) == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_the_new_text_is_on_disk_before_it_replaces_the_old_one(tmp_path, monkeypatch):
    done = []
    for name in ("fsync", "replace"):
        real = getattr(os, name)
        monkeypatch.setattr(os, name, lambda *args, name=name, real=real: (done.append(name), real(*args)))
    rewrite(tmp_path / "a.txt", "new")
    assert done == ["fsync", "replace"]


def test_the_draft_of_a_killed_process_is_overwritten(tmp_path):
    (tmp_path / ".a.txt.part").write_text("a torn text that is longer than the new one")
    (tmp_path / ".a.txt.lock").touch()
    rewrite(tmp_path / "a.txt", "new")
    assert read(tmp_path / "a.txt") == "new"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_concurrent_threads_lose_no_entry(tmp_path):
    path = tmp_path / "a.txt"
    rewrite(path, "")

    def add(i):
        for j in range(25):
            with rewriting(path) as file:
                file.write(f"{read(path)}{i} {j}\n")

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(add, range(4)))
    assert sorted(read(path).splitlines()) == sorted(f"{i} {j}" for i in range(4) for j in range(25))


def test_a_lock_file_that_is_removed_during_a_wait_has_one_holder(tmp_path, monkeypatch):
    path, flock = tmp_path / "lock", fcntl.flock
    with open(path, "a") as before:
        flock(before, fcntl.LOCK_EX)

        def after_its_end(file, how):
            if not before.closed:  # `file` has been opened, and now its path is removed
                path.unlink()
                before.close()
            flock(file, how)

        monkeypatch.setattr(fcntl, "flock", after_its_end)
        with locked(path, BOUND), pytest.raises(FileError, match="is locked"), locked(path, 0):
            pytest.fail("two hold the lock")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP])
def test_texts_are_written_where_files_cannot_be_locked(tmp_path, monkeypatch, number):
    monkeypatch.setattr(fcntl, "flock", lambda *_: (_ for _ in ()).throw(OSError(number, "no locks available")))
    rewrite(tmp_path / "a.txt", "new")
    assert read(tmp_path / "a.txt") == "new"


def test_a_file_that_cannot_be_read_or_written_is_named(tmp_path):
    with pytest.raises(FileError, match=r"none cannot be read: No such file or directory\.$"):
        read(tmp_path / "none")
    (tmp_path / "binary").write_bytes(b"\xff")
    with pytest.raises(FileError, match=r"binary is damaged, it is not a text in UTF-8: restore it\.$"):
        read(tmp_path / "binary")
    (tmp_path / "folder").mkdir()
    with pytest.raises(FileError, match=r"folder cannot be written: Is a directory\.$"):
        rewrite(tmp_path / "folder", "new")
    with pytest.raises(FileError, match=r"binary/a cannot be written: (File exists|Not a directory)\.$"):
        rewrite(tmp_path / "binary" / "a", "new")
    assert sorted(os.listdir(tmp_path)) == ["binary", "folder"]


def test_the_wait_for_a_lock_times_out(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "LOCK_TIMEOUT", 0.01)
    (tmp_path / "a.txt").write_text("old")
    sentence = f"^{tmp_path / '.a.txt.lock'} is locked by another process: wait until it has finished, or stop it.$"
    with held(tmp_path / ".a.txt.lock"), pytest.raises(FileError, match=sentence), rewriting(tmp_path / "a.txt"):
        pytest.fail("written without the lock")
    assert (tmp_path / "a.txt").read_text() == "old"


@contextlib.contextmanager
def held(path):
    """Hold a lock in another process."""
    code = "import sys, filelock\nwith filelock.FileLock(sys.argv[1]):\n    print('held', flush=True)\n    input()"
    with subprocess.Popen([sys.executable, "-c", code, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"held\n"
        yield
        other.communicate(b"\n", timeout=BOUND)
