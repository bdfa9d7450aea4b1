import json

import pytest

from twolayer import results
from twolayer.results import Ledger


def test_a_recorded_number_is_found_under_its_notebook(tmp_path):
    Ledger(tmp_path, "abc", "03-one-cycle").record("%", test_accuracy=46.0, train_accuracy=60.0)
    ledger = Ledger(tmp_path, "abc", "07-conclusion")
    assert ledger["03-one-cycle.test_accuracy"] == 46.0
    assert ledger.entries()["03-one-cycle.test_accuracy"]["notebook"] == "03-one-cycle"
    assert ledger.entries()["03-one-cycle.train_accuracy"]["unit"] == "%"


def test_a_new_number_takes_the_place_of_the_old_one(tmp_path):
    ledger = Ledger(tmp_path, "abc", "a")
    ledger.record("%", x=1, y=2)
    ledger.record("%", x=3)
    assert (ledger["a.x"], ledger["a.y"]) == (3, 2)


def test_numbers_of_other_data_or_other_code_are_not_found(tmp_path, monkeypatch):
    Ledger(tmp_path, "abc", "a").record("%", x=1)
    assert not Ledger(tmp_path, "def", "a").entries()
    monkeypatch.setattr(results.version, "of_library", lambda: "other")
    assert not Ledger(tmp_path, "abc", "a").entries()


def test_a_write_that_fails_leaves_the_ledger_whole(tmp_path, monkeypatch):
    ledger = Ledger(tmp_path, "abc", "a")
    ledger.record("%", x=1)
    monkeypatch.setattr(results.os, "replace", lambda *paths: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        ledger.record("%", x=2)
    assert json.loads(ledger.path.read_text())["a.x"]["value"] == 1


@pytest.fixture
def published(tmp_path):
    path = tmp_path / "published.csv"
    path.write_text("name,experiment,quantity,unit,published\na.x,A,x,%,50\na.y,A,y,%,\nb.x,B,x,%,60\n")
    return path


def test_our_numbers_stand_beside_the_published_ones(tmp_path, published):
    ledger = Ledger(tmp_path, "abc", "a")
    ledger.record("%", x=51, y=52)
    rows = results.beside_published(published, ledger, "a")
    assert rows[["quantity", "ours"]].to_numpy().tolist() == [["x", 51.0], ["y", 52.0]]
    assert rows["published"].isna().tolist() == [False, True]


def test_a_notebook_that_recorded_only_a_part_is_missing(tmp_path, published):
    ledger = Ledger(tmp_path, "abc", "a")
    assert results.missing(published, ledger) == ["a", "b"]
    ledger.record("%", x=1)
    assert results.missing(published, ledger) == ["a", "b"]
    ledger.record("%", y=1)
    assert results.missing(published, ledger) == ["b"]
