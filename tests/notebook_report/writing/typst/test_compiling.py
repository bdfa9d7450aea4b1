import os
from pathlib import Path

import pytest

from notebook_report.errors import ReportError
from notebook_report.fonts import FOLDER
from notebook_report.writing.typst import compiling
from notebook_report.writing.typst.compiling import Compiler, Faces

SHORT = '#set document(title: "t")\nWords. #metadata(1) <marks>'
ENDLESS = "#for a in range(100000) { for b in range(100000) { let c = a * b } }"
LARGE = '#let words = "a" * 4096\n#let all = range(1000000).map(n => words + str(n))'


@pytest.fixture
def compiled(tmp_path):
    """Return a function that compiles source in a process of its own."""

    def compile_(text):
        (tmp_path / "main.typ").write_text(text, encoding="utf-8")
        with Compiler() as compiler:
            return compiler.compile(tmp_path / "main.typ", tmp_path / "main.pdf", Faces([FOLDER]), 0)

    return compile_


def test_a_compilation_tells_what_the_document_marks(compiled, tmp_path):
    assert compiled(SHORT) == {"marks": [1]}
    assert (tmp_path / "main.pdf").read_bytes().startswith(b"%PDF")


def test_an_error_is_described(compiled):
    assert "main.typ:1" in compiled("#unknown")["diagnostic"]


def test_a_process_compiles_what_has_changed(tmp_path):
    with Compiler() as compiler:
        for n in (1, 2):
            (tmp_path / "main.typ").write_text(SHORT.replace("1", str(n)), encoding="utf-8")
            answer = compiler.compile(tmp_path / "main.typ", tmp_path / "main.pdf", Faces([FOLDER]), 0)
            assert answer == {"marks": [n]}


def test_what_takes_without_end_is_ended_with_a_sentence(compiled, monkeypatch):
    monkeypatch.setattr(compiling, "PATIENCE", 0)
    with pytest.raises(ReportError, match=r"^the PDF takes more than 240 seconds or 6 GB of memory: show less, "):
        compiled(ENDLESS)


@pytest.mark.skipif(os.name != "posix", reason="Windows does not limit memory")
def test_what_takes_too_much_memory_is_ended_with_a_sentence(compiled, monkeypatch):
    monkeypatch.setattr(compiling, "MEMORY", 1 << 30)
    with pytest.raises(ReportError, match="of memory"):
        compiled(LARGE)


def test_a_module_of_the_folder_at_hand_is_not_taken_for_another(compiled, tmp_path, monkeypatch):
    Path(tmp_path, "typst.py").write_text("raise SystemExit")
    monkeypatch.chdir(tmp_path)
    assert compiled(SHORT) == {"marks": [1]}
