import json
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pytest

from twolayer.ledger.ledger import ClaimError, Ledger, require_claims, results, why_not_committed
from twolayer.ledger.published import as_table, beside_published, read_published
from twolayer.ledger.schema import LedgerError
from twolayer.runtime import code_version
from twolayer.runtime.files import FileError

REAL = SimpleNamespace(kind="canonical", fingerprint="abc")
OTHER = SimpleNamespace(kind="canonical", fingerprint="def")
STAND_IN = SimpleNamespace(kind="stand-in", fingerprint="abc")


def test_a_recorded_number_is_found_under_its_notebook(tmp_path):
    Ledger(tmp_path, REAL, "03-one-cycle").record("%", test=[46.0, 47.0], train=60.0)
    ledger = Ledger(tmp_path, REAL, "03-one-cycle")
    assert ledger["test"][:3] == pytest.approx((46.5, 0.70711, 2), rel=1e-4)
    assert ledger["train"].n == 1
    entry = ledger.numbers()["03-one-cycle.test"]
    assert (entry["notebook"], entry["unit"], entry["values"]) == ("03-one-cycle", "%", [46.0, 47.0])


def test_a_number_that_was_left_out_is_listed_but_not_compared(tmp_path):
    ledger = Ledger(tmp_path, REAL, "a")
    ledger.record("relative error", x=1)
    ledger.leave_out("relative error", "y", "z")
    published = tmp_path / "published.csv"
    published.write_text("name,experiment,quantity,unit,published\na.y,A,y,relative error,1\n")
    assert (ledger["y"].n, np.isnan(ledger["y"].mean)) == (0, True)
    rows = beside_published(published, ledger.numbers())
    assert rows[["ours", "inside"]].to_numpy().tolist() == [["not run", "–"]]


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
    assert (ledger["x"].mean, ledger["y"].mean) == (3, 2)


def test_numbers_of_other_data_or_other_code_are_not_found(tmp_path, monkeypatch):
    Ledger(tmp_path, REAL, "a").record("%", x=1)
    assert not Ledger(tmp_path, OTHER, "b").numbers()
    monkeypatch.setattr(code_version, "of_library", lambda: "other")
    assert not Ledger(tmp_path, REAL, "b").numbers()


def begin(folder, notebook, **variables):
    """Begin a ledger in a project where the committed n_s of the notebook a is 500."""
    settings = folder.parent / "settings.toml"
    settings.write_text("[a]\nn_s = 500\n")
    return Ledger.begin(notebook, REAL, variables, folder, settings)


@pytest.fixture
def two_notebooks(tmp_path):
    """Return the folder of a ledger in which the notebooks a and b have recorded a number and a claim each."""
    for name in ("a", "b"):
        ledger = begin(tmp_path, name)
        ledger.record("%", old=1)
        ledger.claim("old", {"x": (0, 2)}, x=1)
    return tmp_path


def test_beginning_again_removes_the_earlier_entries_of_the_notebook(two_notebooks):
    again = begin(two_notebooks, "a")
    again.record("%", new=1)
    assert again.numbers().keys() == {"a.new", "b.old"}
    assert again.claims().keys() == {"b.old"}


def test_opening_a_ledger_changes_nothing(two_notebooks):
    (path,) = two_notebooks.iterdir()
    before = path.read_bytes(), path.stat().st_mtime_ns
    assert Ledger(two_notebooks, REAL, "a").numbers().keys() == {"a.old", "b.old"}
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


def test_beginning_without_earlier_entries_writes_no_file(tmp_path):
    assert not begin(tmp_path, "a").path.exists()


def test_a_failed_write_leaves_the_ledger_unchanged(tmp_path, monkeypatch):
    ledger = Ledger(tmp_path, REAL, "a")
    ledger.record("%", x=1)
    monkeypatch.setattr("os.replace", lambda *paths: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(FileError, match="disk full"):
        ledger.record("%", x=2)
    assert json.loads(ledger.path.read_text())["numbers"]["a.x"]["values"] == [1.0]


def test_a_claim_that_holds_needs_no_words(tmp_path):
    ledger = Ledger(tmp_path, REAL, "a")
    ledger.claim("more", {"gain": (0, None)}, gain=1.25)
    require_claims(ledger.claims())
    assert ledger.verdict == ""


@pytest.mark.parametrize(("gain", "bounds"), [(-1.5, (0, None)), (7, (0, 5)), (float("nan"), (0, None))])
def test_a_claim_that_fails_is_named_and_stops_the_build(tmp_path, gain, bounds):
    ledger = Ledger(tmp_path, REAL, "a")
    ledger.claim("more", {"gain": bounds}, gain=gain)
    ledger.claim("less", {"gain": (None, None)}, gain=1)
    assert ledger.verdict == "**Does not hold here: more.**"
    with pytest.raises(ClaimError, match=rf"^The claim a\.more does not hold: gain = {gain:g} must lie between 0"):
        require_claims(ledger.claims())


def test_a_claim_is_not_tested_on_generated_data(tmp_path):
    ledger = Ledger(tmp_path, STAND_IN, "a", {"n_s": (500, 250)})
    Ledger(tmp_path, STAND_IN, "b").claim("other", {}, x=1)
    for name in ("more", "by heart"):
        ledger.claim(name, {"gain": (0, None)}, gain=-1)
    assert ledger.verdict == "*Not tested here: by heart, more.*"
    require_claims(ledger.claims())


def test_texts_for_the_prose_are_kept_by_notebook(tmp_path):
    path = tmp_path / "build" / "values.json"
    begin(path.parent, "a").say(test="47.6 ± 0.3 %", n="7")
    Ledger(path.parent, OTHER, "b").say(test="1")
    ledger = Ledger(path.parent, REAL, "a")
    ledger.say(test="48")
    assert json.loads(path.read_text()) == {"a": {"test": "48", "n": "7"}, "b": {"test": "1"}}
    begin(path.parent, "a")
    assert json.loads(path.read_text()) == {"b": {"test": "1"}}
    ledger.say(change="-0.28 (-0.44 to +0.1), one-sided", n=5)
    assert json.loads(path.read_text())["a"] == {"change": "−0.28 (−0.44 to +0.1), one-sided", "n": "5"}
    path.write_text("{")
    with pytest.raises(LedgerError, match=r"values\.json is damaged"):
        begin(path.parent, "a")


def test_texts_for_the_prose_are_printed_unless_nobody_looks(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("UNATTENDED", raising=False)
    ledger = Ledger(tmp_path, REAL, "a")
    ledger.say(change=-0.28, test="48 %")
    assert capsys.readouterr().out == "value-change: −0.28\nvalue-test: 48 %\n"
    monkeypatch.setenv("UNATTENDED", "1")
    ledger.say(change=-0.28)
    assert capsys.readouterr().out == ""


@pytest.fixture
def published(tmp_path):
    path = tmp_path / "published.csv"
    path.write_text("name,experiment,quantity,unit,published\na.x,A,x,%,50\na.y,A,y,%,\nb.x,B,x,%,60\n")
    return path


def test_published_numbers_are_compared_with_ours(tmp_path, published):
    ledger = Ledger(tmp_path, REAL, "a")
    ledger.record("%", x=[50, 51, 52], y=52)
    rows = beside_published(published, ledger.numbers())
    assert rows[["quantity", "ours", "n"]].to_numpy().tolist() == [
        ["x", "51.00 ± 1.00", 3],
        ["y", "52.00 (n = 1, no spread)", 1],
        ["x", "not run", 0],
    ]
    assert rows["inside"].tolist() == ["yes", "–", "–"]
    ledger.record("%", x=[58, 58.1, 58.2])
    assert beside_published(published, ledger.numbers())["inside"].tolist() == ["no", "–", "–"]


@pytest.mark.parametrize(
    ("unit", "published", "low", "inside"),
    [
        ("%", "50", 50.004, "yes"),
        ("%", "50", 50.006, "no"),
        ("relative error", "1e-4", 1.04e-4, "yes"),
        ("relative error", "1e-4", 1.06e-4, "no"),
    ],
)
def test_numbers_are_judged_by_the_digits_that_are_shown(tmp_path, unit, published, low, inside):
    path = tmp_path / "published.csv"
    path.write_text(f"name,experiment,quantity,unit,published\na.x,A,x,{unit},{published}\n")
    entry = {"mean": low, "sd": 1, "n": 3, "low": low, "high": 100}
    assert beside_published(path, {"a.x": entry})["inside"].tolist() == [inside]


def test_a_table_shows_percent_with_two_decimals_and_other_numbers_with_two_digits(tmp_path):
    path = tmp_path / "published.csv"
    path.write_text("name,experiment,quantity,unit,published\na.x,A,x,%,50\na.e,A,e,relative error,1e-4\na.y,A,y,%,\n")
    ledger = Ledger(tmp_path, REAL, "a")
    ledger.record("%", x=[50, 51, 52])
    ledger.record("relative error", e=[1e-4, 1e-4, 1e-4])
    shown = as_table(beside_published(path, ledger.numbers()), "quantity").data
    assert shown.to_numpy().tolist() == [
        ["x", "50.00", "51.00 ± 1.00", "46.03", "55.97", "yes", 3],
        ["e", "1.0·10⁻⁴", "1.0·10⁻⁴", "1.0·10⁻⁴", "1.0·10⁻⁴", "yes", 3],
        ["y", "–", "not run", "–", "–", "–", 0],
    ]


def test_a_notebook_shows_its_own_numbers_beside_the_published_ones(tmp_path, published):
    Ledger(tmp_path, REAL, "b").record("%", x=1)
    ledger = begin(tmp_path, "a", n_s=250)
    ledger.record("%", x=[50, 51, 52], y=1)
    shown = ledger.comparison(published).data
    assert shown["ours"].tolist() == ["51.00 ± 1.00", "1.00 (n = 1, no spread)"]
    assert "experiment" not in shown


def test_lams_are_not_judged(tmp_path):
    """All runs choose from the same λ: their interval says nothing of a run with others."""
    path = tmp_path / "published.csv"
    path.write_text("name,experiment,quantity,unit,published\na.x,A,λ,λ,1e-3\n")
    rows = beside_published(path, {"a.x": {"mean": 1e-4, "sd": 1e-5, "n": 4, "low": 8e-5, "high": 1.2e-4}})
    assert rows["inside"].tolist() == ["–"]


def test_numbers_of_changed_settings_stand_beside_those_of_the_committed_ones(tmp_path):
    folder = tmp_path / "build"
    for n_s, x in ((500, 1), (250, 2), (250, 3)):
        ledger = begin(folder, "a", n_s=n_s, other=7)
        ledger.record("%", x=x)
        ledger.claim("c", {"x": (0, 1)}, x=x)
    assert {name: entry["mean"] for name, entry in ledger.numbers().items()} == {"a.x": 1, "a.x (n_s = 250)": 3}
    assert {name: entry["changed"] for name, entry in ledger.claims().items()} == {
        "a.c": "",
        "a.c (n_s = 250)": "n_s = 250",
    }
    assert (ledger["x"].mean, list(ledger.own())) == (3, ["a.x"])
    assert begin(folder, "a", n_s=500)._read()["numbers"].keys() == {"a.x (n_s = 250)"}


def test_the_note_tells_of_data_and_of_changed_settings(tmp_path):
    provenance = SimpleNamespace(kind="stand-in", fingerprint="abc", note="Not CIFAR-10.")
    assert Ledger(tmp_path, provenance, "a").note == "Not CIFAR-10."
    changed = {"n_s": (500, 250), "lam": (0.1, 0.2)}
    note = "Not CIFAR-10. *With n_s = 250 instead of 500, lam = 0.2 instead of 0.1.*"
    assert Ledger(tmp_path, provenance, "a", changed).note == note


@pytest.fixture
def committed(tmp_path):
    """Return the path of a committed ledger, with a number of the notebook a and one of b."""
    for name in ("a", "b"):
        Ledger(tmp_path / "committed", REAL, name).record("%", x=1)
    (path,) = (tmp_path / "committed").glob("*.json")
    return path


def means(content):
    return {name: entry["mean"] for name, entry in content["numbers"].items()}


def test_the_results_are_those_of_the_build_and_else_the_committed_ones(tmp_path, committed):
    begin(tmp_path / "build", "a").record("%", x=2)
    begin(tmp_path / "build", "b", n_s=1).record("%", y=3)
    begin(tmp_path / "build", "a", n_s=250).record("%", x=4)
    assert means(results(REAL, tmp_path / "build", committed)) == {"a.x": 2, "b.x": 1, "b.y": 3}


def test_committed_results_of_other_code_or_other_data_do_not_count_and_it_is_said_why(
    tmp_path, committed, monkeypatch
):
    def found(provenance, path=committed):
        content = results(provenance, tmp_path / "build", path)
        return means(content), why_not_committed(content, path)

    assert found(REAL) == ({"a.x": 1, "b.x": 1}, "")
    said = "The committed numbers were measured {}: run the notebooks of these experiments again, then this one."
    assert found(OTHER) == ({}, said.format("on other data"))
    monkeypatch.setattr(code_version, "of_library", lambda: "other")
    assert found(REAL) == ({}, said.format("with other library code"))
    assert found(REAL, tmp_path / "none.json") == ({}, "")


def test_without_a_committed_ledger_the_results_are_those_of_the_build(tmp_path):
    begin(tmp_path / "build", "a").record("%", x=2)
    assert means(results(REAL, tmp_path / "build", tmp_path / "none.json")) == {"a.x": 2}


def test_notebooks_can_record_at_the_same_time(tmp_path):
    def notebook(name):
        ledger = Ledger(tmp_path, REAL, name)
        for i in range(10):
            ledger.record("%", **{f"x{i}": i})
            ledger.claim(f"c{i}", {}, x=i)

    names = ["a", "b", "c", "d"]
    with ThreadPoolExecutor(len(names)) as threads:
        list(threads.map(notebook, names))
    ledger = Ledger(tmp_path, REAL, "reader")
    assert ledger.numbers().keys() == {f"{name}.x{i}" for name in names for i in range(10)}
    assert ledger.claims().keys() == {f"{name}.c{i}" for name in names for i in range(10)}


def test_numbers_that_are_not_finite_are_null_in_the_file(tmp_path):
    ledger = Ledger(tmp_path, REAL, "a")
    ledger.record("%", x=[float("nan"), float("inf"), 1])
    ledger.claim("c", {"x": (float("-inf"), 1)}, x=float("inf"))

    def refuse(constant):
        raise AssertionError(f"{constant} is not valid JSON")

    content = json.loads(ledger.path.read_text(), parse_constant=refuse)
    assert content["numbers"]["a.x"]["values"] == [None, None, 1]
    assert content["claims"]["a.c"]["bounds"] == {"x": [None, 1]}
    assert str(ledger["x"].mean) == "nan"
    with pytest.raises(ClaimError, match="x = nan must lie between any number and 1"):
        require_claims(ledger.claims())


@pytest.mark.parametrize(
    ("bounds", "x", "error"),
    [({"x": (0, "much")}, 1, ValueError), ({"y": (0, 1)}, 1, KeyError), ({"x": (0, 1)}, None, TypeError)],
)
@pytest.mark.parametrize("provenance", [REAL, STAND_IN])
def test_an_inconsistent_claim_raises_and_is_not_written(tmp_path, bounds, x, error, provenance):
    ledger = Ledger(tmp_path, provenance, "a")
    with pytest.raises(error):
        ledger.claim("c", bounds, x=x)
    assert not ledger.path.exists()


@pytest.mark.parametrize("bounds", [(float("nan"), None), (None, float("nan")), (2, 1), (float("inf"), None)])
def test_a_claim_with_impossible_bounds_fails(tmp_path, bounds):
    ledger = Ledger(tmp_path, REAL, "a")
    ledger.claim("c", {"x": bounds}, x=1)
    with pytest.raises(ClaimError):
        require_claims(ledger.claims())


def test_numbers_and_bounds_of_a_claim_may_be_numpy_scalars(tmp_path):
    ledger = Ledger(tmp_path, REAL, "a")
    bounds = {"x": (np.int64(1), None), "y": (np.float32(0.5), np.float64(2))}
    ledger.claim("c", bounds, x=np.int64(1), y=np.float32(1))
    assert ledger.claims()["a.c"]["bounds"] == {"x": (1, None), "y": (0.5, 2)}


def test_integer_bounds_stay_integers(tmp_path):
    ledger = Ledger(tmp_path, REAL, "a")
    ledger.claim("c", {"x": (0, 100)}, x=1)
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
        (5, lambda ledger: ledger.claim("c", {}, x=1)),
        ("a", lambda ledger: ledger.claim("\ud800", {}, x=1)),
        ("a", lambda ledger: ledger.claim("c", {"x": (0, 10**400)}, x=1)),
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
        lambda: begin(tmp_path / "build", "a"),
        lambda: ledger.record("%", x=1),
        lambda: ledger["x"],
        lambda: results(REAL, tmp_path / "build", tmp_path / "none.json"),
    ):
        with pytest.raises(LedgerError, match=r"ledger-abc-.*\.json is damaged \(.*\): restore it, or remove"):
            use()
    (tmp_path / "file").touch()
    with pytest.raises(FileError, match="cannot be written"):
        Ledger(tmp_path / "file", REAL, "a").record("%", x=1)
    with pytest.raises(FileError, match="cannot be written"):
        Ledger("/dev/null/folder", REAL, "a").record("%", x=1)


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
        beside_published(tmp_path, {})
