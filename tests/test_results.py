import json

import pytest

from twolayer import results
from twolayer.results import Ledger


def test_a_recorded_number_is_found_under_its_notebook(tmp_path):
    Ledger(tmp_path, "abc", "03-one-cycle").record("%", test_accuracy=46.0, train_accuracy=60.0)
    ledger = Ledger(tmp_path, "abc", "07-conclusion")
    assert ledger["03-one-cycle.test_accuracy"] == 46.0
    assert ledger.notebooks() == {"03-one-cycle"}
    assert ledger.entries()["03-one-cycle.train_accuracy"]["unit"] == "%"


def test_a_new_number_takes_the_place_of_the_old_one(tmp_path):
    ledger = Ledger(tmp_path, "abc", "a")
    ledger.record("%", x=1, y=2)
    ledger.record("%", x=3)
    assert (ledger["a.x"], ledger["a.y"]) == (3, 2)


def test_numbers_of_other_data_or_other_code_are_not_found(tmp_path, monkeypatch):
    Ledger(tmp_path, "abc", "a").record("%", x=1)
    assert not Ledger(tmp_path, "def", "a").notebooks()
    monkeypatch.setattr(results.version, "of_library", lambda: "other")
    assert not Ledger(tmp_path, "abc", "a").notebooks()


def test_a_write_that_fails_leaves_the_ledger_whole(tmp_path, monkeypatch):
    ledger = Ledger(tmp_path, "abc", "a")
    ledger.record("%", x=1)
    monkeypatch.setattr(results.os, "replace", lambda *paths: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        ledger.record("%", x=2)
    assert json.loads(ledger.path.read_text())["a.x"]["value"] == 1
