import io
import sys

import pytest

from twolayer.runtime.files import FileError, show


def test_a_text_is_printed(capsys):
    show("λ")
    assert capsys.readouterr().out == "λ\n"


def test_a_broken_pipe_is_an_error_and_nothing_is_written_later(break_pipe):
    break_pipe()
    with pytest.raises(FileError, match=r"^Standard output cannot be written: Broken pipe\.$"):
        show("λ")
    sys.stdout.flush()


def test_an_encoding_that_lacks_a_character_is_an_error(monkeypatch):
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    with pytest.raises(FileError, match=r"^Standard output .*'\\u20ac'.*: set PYTHONIOENCODING=utf-8\.$"):
        show("1 €")
