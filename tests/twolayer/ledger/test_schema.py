import json
from types import SimpleNamespace

import numpy as np
import pytest

from twolayer.ledger.ledger import ClaimError, Ledger, require_claims
from twolayer.ledger.schema import LedgerError, as_text, read_ledger

PROVENANCE = SimpleNamespace(kind="canonical", fingerprint="abc")


@pytest.fixture
def path(tmp_path):
    """Return the file of a ledger with a number and a claim."""
    ledger = Ledger(tmp_path, PROVENANCE, "a")
    ledger.record("%", x=[50, 51])
    ledger.claim("c", {"x": (0, None)}, x=51)
    return ledger.path


def test_a_ledger_is_written_as_it_was_read_byte_by_byte(path):
    assert as_text(read_ledger(path)) == path.read_text(encoding="utf-8")


def changed(path, place, value):
    """Replace the value at a place in the ledger, or delete it if the new value is ...."""
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


@pytest.mark.parametrize(
    ("place", "value", "reason"),
    [
        (("numbers",), ..., "Object missing required field `numbers`"),
        (("numbers",), [], "Expected `object`, got `array` - at `$.numbers`"),
        (("made with", "numpy"), [], "Expected `int | str`, got `array` - at `$.made with[...]`"),
        (("data", "kind"), 1, "Expected `str`, got `int` - at `$.data.kind`"),
        (("code",), "\ud800", "unexpected end of escaped utf-16 surrogate pair (byte 136)"),
        ((*ENTRY, "values"), [50, "51"], "Expected `float | null`, got `str` - at `$.numbers[...].values[1]`"),
        ((*ENTRY, "mean"), ..., "Object missing required field `mean` - at `$.numbers[...]`"),
        ((*ENTRY, "low"), 10**400, "Number out of range - at `$.numbers[...].low`"),
        ((*CLAIM, "holds"), 1, "Expected `bool | null`, got `int` - at `$.claims[...].holds`"),
        ((*CLAIM, "bounds", "x"), [0], "Expected `array` of length 2 - at `$.claims[...].bounds[...]`"),
        ((*CLAIM, "bounds", "x"), [0, 10**400], "at `$.claims[...].bounds[...][1]`"),
    ],
)
def test_the_invalid_part_of_a_ledger_is_named(path, place, value, reason):
    changed(path, place, value)
    with pytest.raises(LedgerError) as refused:
        read_ledger(path)
    message = str(refused.value)
    assert message.startswith(f"{path} is damaged (")
    assert message.endswith(f"{reason}): restore it, or remove it and build the report again.")


@pytest.mark.parametrize(
    "text", ["", "{", "[" * 100_000, '{"a":' * 100_000, "1" * 5000, "\x00"], ids=lambda text: repr(text[:5])
)
def test_a_file_that_is_not_json_is_an_error(path, text):
    path.write_text(text)
    with pytest.raises(LedgerError, match=r"is damaged \(.*\): restore it, or remove it and build the report again\.$"):
        read_ledger(path)


def test_a_failed_claim_without_its_number_is_reported(path):
    changed(path, (*CLAIM, "numbers"), {})
    changed(path, (*CLAIM, "holds"), False)
    with pytest.raises(ClaimError, match="x = nan must lie between 0 and any number"):
        require_claims(Ledger(path.parent, PROVENANCE).claims())


def test_every_float_is_read_exactly_as_written(path):
    rng = np.random.default_rng(0)
    values = rng.integers(0, 2**63, 2000).view(float)
    values = values[np.isfinite(values)]
    ledger = Ledger(path.parent, PROVENANCE, "a")
    ledger.record("%", x=values)
    assert ledger.numbers()["a.x"]["values"] == values.tolist()
