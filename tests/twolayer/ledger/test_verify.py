import copy
import json
import subprocess
import sys
from types import SimpleNamespace

import pytest

from tests.bounds import BOUND
from twolayer.ledger import verify
from twolayer.ledger.ledger import Ledger


@pytest.fixture
def ledgers(tmp_path):
    """Return the paths of a committed ledger and of a fresh one, which is its copy."""
    provenance = SimpleNamespace(kind="canonical", fingerprint="abc")
    ledger = Ledger(tmp_path / "build", provenance, "a")
    ledger.record("%", x=[50.0, 51.0, 52.0])
    ledger.record("relative error", e=[1e-14, 2e-14])
    ledger.record("λ", lam=[1e-4, 1.1e-4])
    ledger.claim("c", {"x": (0, 100)}, x=51)
    (tmp_path / "committed.json").write_text(ledger.path.read_text())
    return tmp_path / "committed.json", ledger.path


def run(ledgers, capsys, change=lambda content: None):
    committed, fresh = ledgers
    content = json.loads(committed.read_text())
    change(content)
    fresh.write_text(json.dumps(content))
    with pytest.raises(SystemExit) as stopped:
        verify.main([str(committed), str(fresh.parent)])
    return stopped.value.code, capsys.readouterr().out


def values(name, *new):
    def change(content):
        entry = content["numbers"][name]
        entry.update(values=list(new), mean=sum(new) / len(new))

    return change


def test_the_same_numbers_are_bit_identical(ledgers, capsys):
    status, out = run(ledgers, capsys)
    assert status == 0
    assert "3 bit-identical." in out


@pytest.mark.parametrize(
    ("new", "agreement", "status"),
    [
        ((50.0000001, 51.0, 52.0), "within rounding", 0),
        ((50.5, 51.5, 52.0), "within the interval", 0),
        ((60.0, 61.0, 62.0), "different", 1),
    ],
)
def test_different_numbers_are_classified_by_their_distance(ledgers, capsys, new, agreement, status):
    found, out = run(ledgers, capsys, values("a.x", *new))
    assert (found, f"1 {agreement}" in out) == (status, True)


@pytest.mark.parametrize(
    ("name", "new", "status"),
    [
        ("a.e", (3e-14, 1e-14), 0),
        ("a.e", (3e-10, 1e-10), 1),
        ("a.lam", (3e-4, 4e-4), 0),
        ("a.lam", (3e-3, 4e-3), 1),
    ],
)
def test_relative_errors_and_best_lambdas_are_compared_by_order_of_magnitude(ledgers, capsys, name, new, status):
    assert run(ledgers, capsys, values(name, *new))[0] == status


def test_an_integer_that_no_float_represents_is_shown(ledgers, capsys):
    status, out = run(
        ledgers, capsys, lambda content: content["numbers"]["a.x"].update(values=[10**20], n=1, mean=10**20)
    )
    assert (status, "1 different" in out) == (1, True)


def test_a_missing_number_is_reported(ledgers, capsys):
    status, out = run(ledgers, capsys, lambda content: content["numbers"].pop("a.x"))
    assert (status, "not measured here" in out) == (1, True)


def test_a_number_that_was_left_out_here_counts_as_not_measured(ledgers, capsys):
    nothing = {"values": [], "n": 0, "mean": None, "sd": None, "low": None, "high": None}
    status, out = run(ledgers, capsys, lambda content: next(iter(content["numbers"].values())).update(nothing))
    assert (status, "not measured here" in out) == (1, True)


def test_a_claim_that_does_not_hold_here_is_named(ledgers, capsys):
    status, out = run(ledgers, capsys, lambda content: content["claims"]["a.c"].update(holds=False))
    assert (status, "Claims that do not hold here: a.c" in out) == (1, True)


def test_a_claim_that_states_another_number_is_told(ledgers, capsys):
    status, out = run(ledgers, capsys, lambda content: content["claims"]["a.c"]["numbers"].update(x=51.5))
    assert (status, "Claims state other numbers:\na.c, x: 51 there, 51.5 here\n" in out) == (0, True)
    assert "Claims state" not in run(ledgers, capsys)[1]


def test_a_missing_claim_is_reported(ledgers, capsys):
    status, out = run(ledgers, capsys, lambda content: content["claims"].clear())
    assert (status, "Claims that are missing here: a.c." in out) == (1, True)


def test_an_additional_claim_is_accepted(ledgers, capsys):
    status, _ = run(ledgers, capsys, lambda content: content["claims"].update({"b.c": content["claims"]["a.c"]}))
    assert status == 0


def test_the_same_values_in_another_unit_do_not_agree(ledgers, capsys):
    status, out = run(ledgers, capsys, lambda content: content["numbers"]["a.x"].update(unit="points"))
    assert (status, "2 bit-identical, 1 of another unit." in out) == (1, True)


def test_without_numbers_there_is_nothing_to_compare(ledgers, capsys):
    committed, _ = ledgers
    committed.write_text(json.dumps(json.loads(committed.read_text()) | {"numbers": {}}))
    assert run(ledgers, capsys) == (1, "The committed ledger has no numbers to compare.\n")


def test_the_differences_between_the_runs_are_printed(ledgers, capsys):
    def change(content):
        values("a.x", 50.0, 51.0, 52.5)(content)
        content["made with"] = copy.copy(content["made with"]) | {"blas": "another kernel"}

    _, out = run(ledgers, capsys, change)
    assert "blas: " in out
    assert "there, another kernel here" in out
    assert "numpy" not in out


def test_numbers_of_changed_settings_are_compared_with_the_committed_ones(ledgers, capsys):
    def change(content):
        entry = content["numbers"].pop("a.x")
        content["numbers"]["a.x (n_s = 250)"] = entry | {
            "changed": "n_s = 250",
            "values": [60.0, 61.0, 62.0],
            "mean": 61,
        }
        claim = content["claims"].pop("a.c")
        content["claims"]["a.c (n_s = 250)"] = claim | {"changed": "n_s = 250"}

    status, out = run(ledgers, capsys, change)
    assert (status, "2 bit-identical, 1 different." in out) == (1, True)
    assert "missing" not in out
    assert out.endswith("The two runs differ in:\nsettings of a: n_s = 250 here\n")


def test_different_numbers_of_runs_that_differ_in_nothing_else_say_so(ledgers, capsys):
    _, out = run(ledgers, capsys, values("a.x", 50.0, 51.0, 52.5))
    assert out.endswith("\nData, code, versions, BLAS kernel, cores and settings of the two runs are the same.\n")
    assert "are the same" not in run(ledgers, capsys)[1]


def test_only_the_notebooks_that_have_run_are_compared(ledgers, capsys):
    committed, fresh = ledgers
    provenance = SimpleNamespace(kind="canonical", fingerprint="abc")
    Ledger(fresh.parent, provenance, "b").record("%", x=[1, 2])
    Ledger(fresh.parent, provenance, "b").claim("c", {}, x=1)
    committed.write_text(fresh.read_text())
    content = json.loads(fresh.read_text())
    for part in ("numbers", "claims"):
        content[part] = {name: entry for name, entry in content[part].items() if entry["notebook"] == "b"}
    fresh.write_text(json.dumps(content))
    with pytest.raises(SystemExit) as stopped:
        verify.main([str(committed), str(fresh.parent), "--only", "b"])
    assert (stopped.value.code, "1 bit-identical." in capsys.readouterr().out) == (0, True)


def test_notebooks_that_record_nothing_are_named(tmp_path):
    with pytest.raises(SystemExit, match=r"^08-conclusion recorded no number, so there is nothing to compare\.$"):
        verify.main([str(tmp_path / "none.json"), str(tmp_path), "--only", "08-conclusion"])


def test_a_missing_fresh_ledger_is_an_error(tmp_path):
    with pytest.raises(SystemExit, match="has 0 ledgers instead of one: build the report, then verify"):
        verify.main([str(tmp_path / "none.json"), str(tmp_path)])


def test_a_nonzero_error_differs_from_a_committed_zero(ledgers, capsys):
    def change(content):
        content["numbers"]["a.e"].update(values=[1e-14, 3e-14], mean=2e-14)

    committed, _ = ledgers
    content = json.loads(committed.read_text())
    content["numbers"]["a.e"].update(values=[0.0, 0.0], mean=0.0)
    committed.write_text(json.dumps(content))
    status, out = run(ledgers, capsys, change)
    assert (status, "1 different" in out) == (1, True)


def test_numbers_that_are_not_finite_agree_only_with_each_other(ledgers, capsys):
    committed, _ = ledgers
    content = json.loads(committed.read_text())
    content["numbers"]["a.x"].update(values=[None, 51.0, 52.0], mean=None, low=None, high=None)
    committed.write_text(json.dumps(content))
    assert run(ledgers, capsys)[0] == 0

    def nearly(content):
        content["numbers"]["a.x"].update(values=[None, 51.0000001, 52.0])

    assert "1 within rounding" in run(ledgers, capsys, nearly)[1]
    assert run(ledgers, capsys, values("a.x", 50.0, 51.0, 52.0))[0] == 1


def test_an_additional_number_is_accepted(ledgers, capsys):
    status, out = run(ledgers, capsys, lambda content: content["numbers"].update({"b.x": content["numbers"]["a.x"]}))
    assert (status, "1 only here" in out) == (0, True)


@pytest.mark.parametrize("which", [0, 1])
def test_a_damaged_ledger_is_named(ledgers, which):
    committed, fresh = ledgers
    ledgers[which].write_text("[]")
    with pytest.raises(SystemExit) as stopped:
        verify.main([str(committed), str(fresh.parent)])
    assert stopped.value.code.startswith(f"error: {ledgers[which]} is damaged (")
    assert stopped.value.code.endswith("): restore it, or remove it and build the report again.")


def test_a_closed_pipe_is_an_error(ledgers, break_pipe):
    committed, fresh = ledgers
    break_pipe()
    with pytest.raises(SystemExit) as stopped:
        verify.main([str(committed), str(fresh.parent)])
    assert stopped.value.code == "error: Standard output cannot be written: Broken pipe."


def test_two_fresh_ledgers_are_an_error(ledgers):
    committed, fresh = ledgers
    fresh.with_name("ledger-other.json").touch()
    with pytest.raises(SystemExit, match="has 2 ledgers instead of one: build the report, then verify"):
        verify.main([str(committed), str(fresh.parent)])


def test_the_command_reports_an_error_in_one_line(tmp_path):
    (tmp_path / "ledger-a.json").write_text("{")
    command = [sys.executable, "-m", "twolayer.ledger.verify", str(tmp_path / "ledger-a.json"), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=BOUND)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert done.stderr.startswith(f"error: {tmp_path / 'ledger-a.json'} is damaged (")
