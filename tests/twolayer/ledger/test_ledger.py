import json
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from twolayer.ledger.ledger import ClaimError, Ledger, require_claims
from twolayer.ledger.published import beside_published, mean_and_deviation, missing, read_published
from twolayer.ledger.schema import LedgerError
from twolayer.runtime import code_version
from twolayer.runtime.files import FileError

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


def test_a_number_that_was_left_out_is_listed_but_not_compared(tmp_path):
    ledger = Ledger(tmp_path, REAL, "a")
    ledger.record("relative error", x=1)
    ledger.leave_out("relative error", "y", "z")
    published = tmp_path / "published.csv"
    published.write_text("name,experiment,quantity,unit,published\na.y,A,y,relative error,1\n")
    assert missing(published, ledger) == []
    assert (ledger["a.y"].n, np.isnan(ledger["a.y"].mean)) == (0, True)
    assert beside_published(published, ledger)["inside"].tolist() == ["–"]


def test_the_ledger_records_data_code_and_machine(tmp_path):
    ledger = Ledger(tmp_path, REAL, "a")
    ledger.record("%", x=1)
    content = json.loads(ledger.path.read_text())
    assert content["data"] == {"kind": "canonical", "fingerprint": "abc"}
    assert content["code"] == ledger.code
    assert {"numpy", "blas", "cores"} <= content["made with"].keys()


def test_a_new_number_replaces_the_old_one(tmp_path):
    ledger = Ledger(tmp_path, REAL, "a")
    ledger.record("%", x=1, y=2)
    ledger.record("%", x=3)
    assert (ledger["a.x"].mean, ledger["a.y"].mean) == (3, 2)


def test_numbers_of_other_data_or_other_code_are_not_found(tmp_path, monkeypatch):
    Ledger(tmp_path, REAL, "a").record("%", x=1)
    assert not Ledger(tmp_path, OTHER, "b").numbers()
    monkeypatch.setattr(code_version, "of_library", lambda: "other")
    assert not Ledger(tmp_path, REAL, "b").numbers()


@pytest.fixture
def two_notebooks(tmp_path):
    """Return the folder of a ledger in which the notebooks a and b have recorded a number and a claim each."""
    for name in ("a", "b"):
        ledger = Ledger.begin(tmp_path, REAL, name)
        ledger.record("%", old=1)
        ledger.claim("old", "{x}", {"x": (0, 2)}, x=1)
    return tmp_path


def test_beginning_again_removes_the_earlier_entries_of_the_notebook(two_notebooks):
    again = Ledger.begin(two_notebooks, REAL, "a")
    again.record("%", new=1)
    assert again.numbers().keys() == {"a.new", "b.old"}
    assert again.claims().keys() == {"b.old"}


def test_opening_a_ledger_changes_nothing(two_notebooks):
    (path,) = two_notebooks.iterdir()
    before = path.read_bytes(), path.stat().st_mtime_ns
    assert Ledger(two_notebooks, REAL, "a").numbers().keys() == {"a.old", "b.old"}
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


def test_beginning_without_earlier_entries_writes_no_file(tmp_path):
    assert not Ledger.begin(tmp_path, REAL, "a").path.exists()


def test_a_failed_write_leaves_the_ledger_unchanged(tmp_path, monkeypatch):
    ledger = Ledger(tmp_path, REAL, "a")
    ledger.record("%", x=1)
    monkeypatch.setattr("os.replace", lambda *paths: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(FileError, match="disk full"):
        ledger.record("%", x=2)
    assert json.loads(ledger.path.read_text())["numbers"]["a.x"]["values"] == [1.0]


def test_a_claim_that_holds_returns_its_sentence_with_the_number(tmp_path):
    ledger = Ledger(tmp_path, REAL, "a")
    assert ledger.claim("more", "It gains {gain:.1f}.", {"gain": (0, None)}, gain=1.25) == "It gains 1.2."
    require_claims(ledger)


@pytest.mark.parametrize(("gain", "bounds"), [(-1.5, (0, None)), (7, (0, 5)), (float("nan"), (0, None))])
def test_a_claim_that_fails_is_marked_and_stops_the_build(tmp_path, gain, bounds):
    ledger = Ledger(tmp_path, REAL, "a")
    assert "does not hold here" in ledger.claim("more", "It gains {gain:.1f}.", {"gain": bounds}, gain=gain)
    with pytest.raises(
        ClaimError, match=rf"^The claim a\.more does not hold: It gains .* – gain = {gain:g} must lie between 0"
    ):
        require_claims(ledger)


@pytest.mark.parametrize("how", [{"provenance": STAND_IN}, {"provenance": REAL, "trial": True}])
def test_a_claim_is_not_tested_on_other_data_or_in_a_trial(tmp_path, how):
    ledger = Ledger(tmp_path, notebook="a", **how)
    assert "Not tested here" in ledger.claim("more", "It gains {gain:.1f}.", {"gain": (0, None)}, gain=-1)
    require_claims(ledger)


@pytest.fixture
def published(tmp_path):
    path = tmp_path / "published.csv"
    path.write_text("name,experiment,quantity,unit,published\na.x,A,x,%,50\na.y,A,y,%,\nb.x,B,x,%,60\n")
    return path


def test_published_numbers_are_compared_with_ours(tmp_path, published):
    ledger = Ledger(tmp_path, REAL, "a")
    ledger.record("%", x=[50, 51, 52], y=52)
    rows = beside_published(published, ledger, "a")
    assert rows[["quantity", "mean", "n"]].to_numpy().tolist() == [["x", 51.0, 3], ["y", 52.0, 1]]
    assert rows["inside"].tolist() == ["yes", "–"]
    ledger.record("%", x=[58, 58.1, 58.2])
    assert beside_published(published, ledger, "a")["inside"].tolist() == ["no", "–"]


def test_lams_are_not_judged(tmp_path):
    """All runs choose from the same λ: their interval says nothing of a run with others."""
    path = tmp_path / "published.csv"
    path.write_text("name,experiment,quantity,unit,published\na.x,A,λ,λ,1e-3\n")
    rows = beside_published(path, {"a.x": (1e-4, 1e-5, 4, 8e-5, 1.2e-4)})
    assert rows["inside"].tolist() == ["–"]


def test_missing_names_the_notebooks_that_have_not_recorded_all_numbers(tmp_path, published):
    ledger = Ledger(tmp_path, REAL, "a")
    assert missing(published, ledger) == ["a", "b"]
    ledger.record("%", x=1)
    assert missing(published, ledger) == ["a", "b"]
    ledger.record("%", y=1)
    assert missing(published, ledger) == ["b"]


def test_a_deviation_is_shown_unless_it_is_nan():
    table = pd.DataFrame({"mean": [46.051, 7.0], "sd": [0.314, float("nan")]})
    assert mean_and_deviation(table) == ["46.05 ± 0.31", "7.00"]


def test_notebooks_can_record_at_the_same_time(tmp_path):
    def notebook(name):
        ledger = Ledger(tmp_path, REAL, name)
        for i in range(10):
            ledger.record("%", **{f"x{i}": i})
            ledger.claim(f"c{i}", "It is {x:.0f}.", {}, x=i)

    names = ["a", "b", "c", "d"]
    with ThreadPoolExecutor(len(names)) as threads:
        list(threads.map(notebook, names))
    ledger = Ledger(tmp_path, REAL, "reader")
    assert ledger.numbers().keys() == {f"{name}.x{i}" for name in names for i in range(10)}
    assert ledger.claims().keys() == {f"{name}.c{i}" for name in names for i in range(10)}


def test_numbers_that_are_not_finite_are_null_in_the_file(tmp_path):
    ledger = Ledger(tmp_path, REAL, "a")
    ledger.record("%", x=[float("nan"), float("inf"), 1])
    ledger.claim("c", "It is {x}.", {"x": (float("-inf"), 1)}, x=float("inf"))

    def refuse(constant):
        raise AssertionError(f"{constant} is not valid JSON")

    content = json.loads(ledger.path.read_text(), parse_constant=refuse)
    assert content["numbers"]["a.x"]["values"] == [None, None, 1]
    assert content["claims"]["a.c"]["bounds"] == {"x": [None, 1]}
    assert str(ledger["a.x"].mean) == "nan"
    with pytest.raises(ClaimError, match="x = nan must lie between any number and 1"):
        require_claims(ledger)


@pytest.mark.parametrize(
    ("text", "bounds", "x", "error"),
    [
        ("{x}", {"x": (0, "much")}, 1, ValueError),
        ("{x}", {"y": (0, 1)}, 1, KeyError),
        ("{m}", {"x": (0, 1)}, 1, KeyError),
        ("{x:d}", {"x": (0, 1)}, 1, ValueError),
        ("{x}", {"x": (0, 1)}, None, TypeError),
    ],
)
@pytest.mark.parametrize("trial", [False, True])
def test_an_inconsistent_claim_raises_and_is_not_written(tmp_path, text, bounds, x, error, trial):
    ledger = Ledger(tmp_path, REAL, "a", trial)
    with pytest.raises(error):
        ledger.claim("c", text, bounds, x=x)
    assert not ledger.path.exists()


@pytest.mark.parametrize("bounds", [(float("nan"), None), (None, float("nan")), (2, 1), (float("inf"), None)])
def test_a_claim_with_impossible_bounds_fails(tmp_path, bounds):
    ledger = Ledger(tmp_path, REAL, "a")
    ledger.claim("c", "{x}", {"x": bounds}, x=1)
    with pytest.raises(ClaimError):
        require_claims(ledger)


def test_numbers_and_bounds_of_a_claim_may_be_numpy_scalars(tmp_path):
    ledger = Ledger(tmp_path, REAL, "a")
    bounds = {"x": (np.int64(1), None), "y": (np.float32(0.5), np.float64(2))}
    assert ledger.claim("c", "{x:.0f} and {y:.0f}", bounds, x=np.int64(1), y=np.float32(1)) == "1 and 1"
    assert ledger.claims()["a.c"]["bounds"] == {"x": (1, None), "y": (0.5, 2)}


def test_integer_bounds_stay_integers(tmp_path):
    ledger = Ledger(tmp_path, REAL, "a")
    ledger.claim("c", "{x}", {"x": (0, 100)}, x=1)
    low, high = json.loads(ledger.path.read_text())["claims"]["a.c"]["bounds"]["x"]
    assert (type(low), low, type(high), high) == (int, 0, int, 100)


@pytest.mark.parametrize(
    ("notebook", "use"),
    [
        ("a", lambda ledger: ledger.record(5, x=1)),
        ("a", lambda ledger: ledger.record(None, x=1)),
        ("a", lambda ledger: ledger.record(object(), x=1)),
        (None, lambda ledger: ledger.record("%", x=1)),
        ("a", lambda ledger: ledger.record("%", **{"\ud800": 1})),
        (5, lambda ledger: ledger.claim("c", "{x}", {}, x=1)),
        ("a", lambda ledger: ledger.claim("c", "{x} \ud800", {}, x=1)),
        ("a", lambda ledger: ledger.claim("c", "{x}", {"x": (0, 10**400)}, x=1)),
    ],
)
def test_an_entry_that_could_not_be_read_is_not_written(tmp_path, notebook, use):
    Ledger(tmp_path, REAL, "b").record("%", x=1)
    ledger = Ledger(tmp_path, REAL, notebook)
    before = ledger.path.read_bytes()
    with pytest.raises(ValueError, match=r"^This cannot be recorded in the ledger: .*\.$"):
        use(ledger)
    assert ledger.path.read_bytes() == before


def test_invalid_numbers_leave_the_ledger_unchanged(tmp_path):
    ledger = Ledger(tmp_path, REAL, "a")
    ledger.record("%", x=1)
    before = ledger.path.read_bytes()
    with pytest.raises(ValueError, match=r"^Values of shape \(0,\): give a number"):
        ledger.record("%", y=1, z=[])
    assert ledger.path.read_bytes() == before


def test_every_method_names_a_ledger_that_is_damaged_or_cannot_be_written(tmp_path):
    ledger = Ledger(tmp_path / "build", REAL, "a")
    ledger.record("%", x=1)
    ledger.path.write_text("{")
    for use in (
        lambda: Ledger.begin(tmp_path / "build", REAL, "a"),
        lambda: ledger.record("%", x=1),
        lambda: ledger["a.x"],
    ):
        with pytest.raises(LedgerError, match=r"ledger-abc-.*\.json is damaged \(.*\): restore it, or remove"):
            use()
    (tmp_path / "file").touch()
    with pytest.raises(FileError, match="cannot be written"):
        Ledger(tmp_path / "file", REAL, "a").record("%", x=1)
    with pytest.raises(FileError, match="cannot be written"):
        Ledger("/dev/null/folder", REAL, "a").record("%", x=1)


def test_a_missing_number_is_named_with_its_notebook(published):
    with pytest.raises(LedgerError, match=r"^The ledger lacks 'a\.x': run 'a' first\.$"):
        beside_published(published, {})


NO_TABLE = (
    "is not a table in CSV with the columns name, experiment, quantity, unit, published: "
    "compare it with the committed one"
)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", NO_TABLE),
        ("name\na.x\n", NO_TABLE),
        ("name,experiment,quantity,unit,published\na.x,A,x,%,many\n", NO_TABLE),
        (
            "name,experiment,quantity,unit,published\na.x,A,x,%,1\n,A,x,%,1\n",
            "lacks name, experiment, quantity or unit in row 2: complete it",
        ),
        ('name,experiment,quantity,unit,published\n"a.x,A,x,%,1\n', NO_TABLE),
        ("name,experiment,quantity,unit,published\na.x,A,x,%,1,more\n", NO_TABLE),
    ],
)
def test_an_invalid_table_of_published_numbers_is_an_error(published, text, sentence):
    published.write_text(text)
    with pytest.raises(LedgerError, match=f"published.csv {sentence}"):
        read_published(published)


def test_an_unreadable_table_of_published_numbers_is_named(tmp_path):
    with pytest.raises(FileError, match=r"none\.csv cannot be read: No such file or directory\.$"):
        read_published(tmp_path / "none.csv")
    with pytest.raises(FileError, match=r"cannot be read: Is a directory\.$"):
        missing(tmp_path, Ledger(tmp_path, REAL, "a"))
