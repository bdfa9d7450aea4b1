import json
from types import SimpleNamespace

import pytest

from twolayer.ledger.ledger import Ledger
from twolayer.ledger.schema import LedgerError, as_text, read_ledger


@pytest.fixture
def path(tmp_path):
    """The file of a ledger with a number and a claim."""
    ledger = Ledger(tmp_path, SimpleNamespace(kind="canonical", fingerprint="abc"), "a")
    ledger.record("%", x=[50, 51])
    ledger.claim("c", "It is {x:.0f}.", {"x": (0, None)}, x=51)
    return ledger.path


def test_what_is_read_is_written_byte_by_byte(path):
    assert as_text(read_ledger(path)) == path.read_text(encoding="utf-8")


def changed(path, place, value):
    """Put a value, or nothing for ..., at a place in the ledger."""
    content = json.loads(path.read_text())
    *outer, last = place
    inner = content
    for name in outer:
        inner = inner[name]
    inner[last] = value
    if value is ...:
        del inner[last]
    path.write_text(json.dumps(content))


ENTRY, CLAIM = ("numbers", "a.x"), ("claims", "a.c")
TEXT, NUMBER = "something stands in place of a text", "something stands in place of a number"
NAMES = "something stands in place of names and what they mean"


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        (("numbers",), ..., "“numbers” is missing"),
        (("numbers",), [], NAMES),
        (("made with",), None, NAMES),
        (("made with", "numpy"), [], f"in 'numpy' {TEXT}"),
        (("data", "kind"), 1, f"in 'kind' {TEXT}"),
        (("code",), None, TEXT),
        (("code",), "\ud800", TEXT),
        (ENTRY, [], "in 'a.x' “values” is missing"),
        ((*ENTRY, "n"), 3, "in 'a.x' “values” are not as many as “n” says"),
        ((*ENTRY, "values"), "50", "in 'a.x' “values” are not as many as “n” says"),
        ((*ENTRY, "values"), [50, "51"], f"in 'a.x' {NUMBER}"),
        ((*ENTRY, "mean"), ..., "in 'a.x' “mean” is missing"),
        ((*ENTRY, "low"), 10**400, f"in 'a.x' {NUMBER}"),
        ((*ENTRY, "notebook"), 1, f"in 'a.x' {TEXT}"),
        ((*CLAIM, "text"), {}, f"in 'a.c' {TEXT}"),
        ((*CLAIM, "holds"), 1, "in 'a.c' something stands in place of a verdict"),
        ((*CLAIM, "numbers", "x"), "51", f"in 'a.c' in 'x' {NUMBER}"),
        ((*CLAIM, "numbers"), {}, "in 'a.c' “bounds” has what “numbers” lacks"),
        ((*CLAIM, "bounds", "x"), [0], "in 'a.c' in 'x' something stands in place of a low and a high bound"),
        ((*CLAIM, "bounds", "x"), 0, "in 'a.c' in 'x' something stands in place of a low and a high bound"),
    ],
)
def test_a_damaged_ledger_is_refused_and_the_place_is_named(path, place, value, said):
    changed(path, place, value)
    with pytest.raises(LedgerError) as refused:
        read_ledger(path)
    assert str(refused.value) == f"{path} is damaged, {said}: restore it, or remove it and build the report again."


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "1" * 5000, "\x00"], ids=lambda text: repr(text[:5]))
def test_what_is_no_json_is_refused(path, text):
    path.write_text(text)
    with pytest.raises(LedgerError, match=r"is damaged, it is no JSON: restore it, or remove it and build the report"):
        read_ledger(path)


def test_numbers_that_are_not_finite_are_read_as_none(path):
    changed(path, (*ENTRY, "values"), [float("nan"), float("inf")])
    assert read_ledger(path)["numbers"]["a.x"]["values"] == [None, None]
    path.write_text(path.read_text().replace("Infinity", "1e999"))
    with pytest.raises(LedgerError, match=NUMBER):
        read_ledger(path)
