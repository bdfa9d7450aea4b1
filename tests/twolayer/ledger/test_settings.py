"""Settings: what a notebook changes of the committed ones is found and said, before and while it runs."""

import json

import numpy as np
import pytest

from twolayer.ledger import settings
from twolayer.ledger.schema import LedgerError
from twolayer.runtime.files import FileError

COMMITTED = {"n_s": 500, "lam": 0.01, "name": "a"}


@pytest.mark.parametrize(
    ("here", "mark", "sentence"),
    [
        (COMMITTED, "", ""),
        ({"n_s": 500.0, "lam": np.float32(0.5)}, "lam = 0.5", "lam = 0.5 instead of 0.01"),
        (
            {"lam": [0.1, 0.2], "n_s": None},
            "n_s = None, lam = [0.1, 0.2]",
            "n_s = None instead of 500, lam = [0.1, 0.2] instead of 0.01",
        ),
        ({"other": 7}, "", ""),
    ],
)
def test_changes_are_told(here, mark, sentence):
    changed = settings.changes(COMMITTED, here)
    assert (settings.mark(changed), settings.sentence(changed)) == (mark, sentence)


def notebook(folder, *sources, name="a"):
    """Write a notebook of code cells."""
    cells = [{"cell_type": "code", "source": source} for source in sources]
    path = folder / f"{name}.ipynb"
    path.write_text(json.dumps({"cells": cells}))
    return path


def test_the_settings_of_a_notebook_are_those_of_its_cell(tmp_path):
    cell = ["#| parameters: true\n", "n_s = 500  # updates\n", "lam = 2 * 0.01\n", "name = 'a'\n", "print(n_s)"]
    path = notebook(tmp_path, "n_s = 1", cell, "n_s = 2")
    assert settings.of_notebook(path) == {"n_s": 500, "lam": "2 * 0.01", "name": "a"}


def test_a_notebook_without_settings_has_none(tmp_path):
    assert settings.of_notebook(notebook(tmp_path, "n_s = 1")) == {}


@pytest.mark.parametrize(
    "text", ["", "[]", '{"cells": [5]}', '{"cells": [{"source": ["#| parameters: true\\n", "n = ="]}]}']
)
def test_a_notebook_that_cannot_be_read_is_named(tmp_path, text):
    path = tmp_path / "a.ipynb"
    path.write_text(text)
    with pytest.raises(LedgerError, match=r"a\.ipynb: its settings cannot be read \(.*\): correct their cell\.$"):
        settings.of_notebook(path)


def test_damaged_or_missing_settings_are_named(tmp_path):
    with pytest.raises(FileError, match=r"settings\.toml cannot be read: No such file or directory\.$"):
        settings.read(tmp_path / "settings.toml")
    (tmp_path / "settings.toml").write_text("[a\n")
    with pytest.raises(LedgerError, match=r"settings\.toml is damaged \(.*\): restore it\.$"):
        settings.read(tmp_path / "settings.toml")


def test_the_command_prints_a_line_for_each_notebook_with_changed_settings(tmp_path, capsys):
    for name, n_s in (("a", 500), ("b", 250)):
        notebook(tmp_path, f"#| parameters: true\nn_s = {n_s}", name=name)
    (tmp_path / "settings.toml").write_text("[a]\nn_s = 500\n[b]\nn_s = 500\n")
    settings.main([str(tmp_path), str(tmp_path / "settings.toml")])
    sentence = "Changed settings in b: n_s = 250 instead of 500. Its numbers are marked with them.\n"
    assert capsys.readouterr().out == sentence


def test_the_command_names_what_cannot_be_read(tmp_path):
    (tmp_path / "settings.toml").write_text("[a]\nn_s = 500\n")
    with pytest.raises(SystemExit, match=r"^error: .*a\.ipynb cannot be read: No such file or directory\.$"):
        settings.main([str(tmp_path), str(tmp_path / "settings.toml")])
