import json
from types import SimpleNamespace

import pandas as pd
import pytest

from twolayer import results
from twolayer.results import Ledger

REAL = SimpleNamespace(kind="canonical", fingerprint="abc")
OTHER = SimpleNamespace(kind="canonical", fingerprint="def")
STAND_IN = SimpleNamespace(kind="stand-in", fingerprint="abc")


def test_a_recorded_number_is_found_under_its_notebook(tmp_path):
    Ledger(tmp_path, REAL, "03-one-cycle").record("%", test=[46.0, 47.0], train=60.0)
    ledger = Ledger(tmp_path, REAL, "07-conclusion")
    assert ledger["03-one-cycle.test"][:3] == pytest.approx((46.5, 0.70711, 2), rel=1e-4)
    assert ledger["03-one-cycle.train"].n == 1
    entry = ledger.numbers()["03-one-cycle.test"]
    assert (entry["notebook"], entry["unit"], entry["values"]) == ("03-one-cycle", "%", [46.0, 47.0])


def test_the_ledger_says_what_it_was_made_from(tmp_path):
    ledger = Ledger(tmp_path, REAL, "a")
    ledger.record("%", x=1)
    content = json.loads(ledger.path.read_text())
    assert content["data"] == {"kind": "canonical", "fingerprint": "abc"}
    assert content["code"] == ledger.code
    assert {"numpy", "blas", "cores"} <= content["made with"].keys()


def test_a_new_number_takes_the_place_of_the_old_one(tmp_path):
    ledger = Ledger(tmp_path, REAL, "a")
    ledger.record("%", x=1, y=2)
    ledger.record("%", x=3)
    assert (ledger["a.x"].mean, ledger["a.y"].mean) == (3, 2)


def test_numbers_of_other_data_or_other_code_are_not_found(tmp_path, monkeypatch):
    Ledger(tmp_path, REAL, "a").record("%", x=1)
    assert not Ledger(tmp_path, OTHER, "b").numbers()
    monkeypatch.setattr(results.version, "of_library", lambda: "other")
    assert not Ledger(tmp_path, REAL, "b").numbers()


def test_a_notebook_that_runs_again_leaves_nothing_that_it_no_longer_records(tmp_path):
    for name in ("a", "b"):
        ledger = Ledger(tmp_path, REAL, name)
        ledger.record("%", old=1)
        ledger.claim("old", "{x}", {"x": (0, 2)}, x=1)
    again = Ledger(tmp_path, REAL, "a")
    again.record("%", new=1)
    assert again.numbers().keys() == {"a.new", "b.old"}
    assert again.claims().keys() == {"b.old"}


def test_a_write_that_fails_leaves_the_ledger_whole(tmp_path, monkeypatch):
    ledger = Ledger(tmp_path, REAL, "a")
    ledger.record("%", x=1)
    monkeypatch.setattr(results.os, "replace", lambda *paths: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        ledger.record("%", x=2)
    assert json.loads(ledger.path.read_text())["numbers"]["a.x"]["values"] == [1.0]


def test_a_claim_that_holds_is_its_sentence_with_the_measured_number(tmp_path):
    ledger = Ledger(tmp_path, REAL, "a")
    assert ledger.claim("more", "It gains {gain:.1f}.", {"gain": (0, None)}, gain=1.25) == "It gains 1.2."
    results.require_claims(ledger)


@pytest.mark.parametrize(("gain", "bounds"), [(-1.5, (0, None)), (7, (0, 5)), (float("nan"), (0, None))])
def test_a_claim_that_fails_says_so_and_stops_the_build(tmp_path, gain, bounds):
    ledger = Ledger(tmp_path, REAL, "a")
    assert "does not hold here" in ledger.claim("more", "It gains {gain:.1f}.", {"gain": bounds}, gain=gain)
    with pytest.raises(results.ClaimError, match=rf"a, claim “more”: It gains .* – gain = {gain:g} must lie between 0"):
        results.require_claims(ledger)


@pytest.mark.parametrize("how", [{"provenance": STAND_IN}, {"provenance": REAL, "trial": True}])
def test_a_claim_is_not_tested_on_other_data_or_in_a_trial(tmp_path, how):
    ledger = Ledger(tmp_path, notebook="a", **how)
    assert "Not tested here" in ledger.claim("more", "It gains {gain:.1f}.", {"gain": (0, None)}, gain=-1)
    results.require_claims(ledger)


@pytest.fixture
def published(tmp_path):
    path = tmp_path / "published.csv"
    path.write_text("name,experiment,quantity,unit,published,remark\na.x,A,x,%,50,why\na.y,A,y,%,,\nb.x,B,x,%,60,\n")
    return path


def test_our_numbers_stand_beside_the_published_ones(tmp_path, published):
    ledger = Ledger(tmp_path, REAL, "a")
    ledger.record("%", x=[50, 51, 52], y=52)
    rows = results.beside_published(published, ledger, "a")
    assert rows[["quantity", "mean", "n"]].to_numpy().tolist() == [["x", 51.0, 3], ["y", 52.0, 1]]
    assert rows["inside"].tolist() == ["yes", "–"]
    ledger.record("%", x=[58, 58.1, 58.2])
    assert results.beside_published(published, ledger, "a")["inside"].tolist() == ["no", "–"]


def test_what_lies_outside_gets_a_sentence_with_its_reason():
    rows = pd.DataFrame(
        {
            "experiment": ["A", "A", "B", "B"],
            "quantity": ["x", "y", "x", "y"],
            "remark": ["why", "why", "how", "how"],
            "inside": ["no", "no", "yes", "–"],
        }
    )
    assert results.reasons(rows) == ["A (x, y): why."]


def test_a_notebook_that_recorded_only_a_part_is_missing(tmp_path, published):
    ledger = Ledger(tmp_path, REAL, "a")
    assert results.missing(published, ledger) == ["a", "b"]
    ledger.record("%", x=1)
    assert results.missing(published, ledger) == ["a", "b"]
    ledger.record("%", y=1)
    assert results.missing(published, ledger) == ["b"]


def test_a_deviation_is_shown_where_there_is_one():
    table = pd.DataFrame({"mean": [46.051, 7.0], "sd": [0.314, float("nan")]})
    assert results.mean_and_deviation(table) == ["46.05 ± 0.31", "7.00"]
