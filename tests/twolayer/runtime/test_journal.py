import errno
import os

import pytest

from twolayer.runtime.files import FileError
from twolayer.runtime.journal import Journal


@pytest.fixture
def path(tmp_path):
    return tmp_path / "new folder" / "search.jsonl"


def test_finished_work_is_found_again(path):
    first = Journal(path, "v1")
    first.append({"lam": 0.1, "start": 2**63}, {"accuracy": 0.5})
    for journal in (first, Journal(path, "v1")):
        assert {"start": 2**63, "lam": 0.1} in journal
        assert journal[{"lam": 0.1, "start": 2**63}] == {"accuracy": 0.5}
        assert {"lam": 0.2, "start": 2**63} not in journal


def test_results_of_other_code_are_not_found(path):
    Journal(path, "v1").append({"lam": 0.1}, {"accuracy": 0.5})
    assert {"lam": 0.1} not in Journal(path, "v2")


@pytest.mark.parametrize(
    "torn",
    [
        b'{"{\\"co',
        b'{"other": 1}\n',
        b"[]\n",
        b"\n",
        b"\xff\xfe\x00rubbish\n",
        b'{"work": []}\n',
        b"[" * 100_000 + b"\n",
    ],
    ids=lambda torn: repr(torn[:20]),
)
def test_a_torn_line_affects_no_other_line(path, torn):
    journal = Journal(path, "v1")
    journal.append({"lam": 0.1}, {"accuracy": 0.5})
    with open(path, "ab") as file:
        file.write(torn)
    Journal(path, "v1").append({"lam": 0.2}, {"accuracy": 0.6})
    journal = Journal(path, "v1")
    assert journal[{"lam": 0.1}] == {"accuracy": 0.5}
    assert journal[{"lam": 0.2}] == {"accuracy": 0.6}


@pytest.mark.parametrize("result", ["1", "[1]", "null", '{"accuracy": null}', '{"accuracy": "a"}', '{"accuracy": [1]}'])
def test_a_result_that_does_not_hold_numbers_is_not_found(path, result):
    Journal(path, "v1").append({"lam": 0.1}, {"accuracy": 0.5})
    path.write_text(path.read_text().replace('{"accuracy": 0.5}', result))
    assert {"lam": 0.1} not in Journal(path, "v1")


def test_a_number_that_overflows_a_float_is_not_found(path):
    Journal(path, "v1").append({"lam": 0.1}, {"accuracy": 0.5})
    path.write_text(path.read_text().replace("0.5", "1" * 400))
    assert {"lam": 0.1} not in Journal(path, "v1")


def test_a_journal_that_cannot_be_read_is_named(path, monkeypatch):
    monkeypatch.setattr("builtins.open", lambda *_: (_ for _ in ()).throw(OSError(errno.EIO, os.strerror(errno.EIO))))
    with pytest.raises(FileError, match=r"search\.jsonl cannot be read and written: Input/output error\.$"):
        Journal(path, "v1")


@pytest.mark.parametrize("kind", ["folder", "pipe"])
def test_a_folder_or_a_pipe_is_not_a_journal(tmp_path, kind):
    path = tmp_path / kind
    if kind == "pipe":
        os.mkfifo(path)
    else:
        path.mkdir()
    with pytest.raises(
        FileError, match=rf"{path.name} cannot be read and written: (Is a directory|File or stream is not seekable)\."
    ):
        Journal(path, "v1")


def test_a_journal_that_cannot_be_created_is_an_error_when_it_is_opened(tmp_path):
    (tmp_path / "folder").symlink_to(tmp_path / "nowhere")
    with pytest.raises(FileError, match=r"search\.jsonl cannot be read and written: File exists\.$"):
        Journal(tmp_path / "folder" / "search.jsonl", "v1")


@pytest.mark.parametrize("path", [None, 5, b"journal", ["journal"]])
def test_a_journal_needs_a_path(path):
    with pytest.raises(ValueError, match=r"^journal = .*: name the file in which results are kept\.$"):
        Journal(path, "v1")


def test_a_result_that_cannot_be_written_does_not_count_as_finished(path, monkeypatch):
    journal = Journal(path, "v1")
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))))
    with pytest.raises(FileError, match=r"search\.jsonl cannot be read and written: No space left on device\.$"):
        journal.append({"lam": 0.1}, {"accuracy": 0.5})
    assert {"lam": 0.1} not in journal
