"""Unusual and damaged ledgers, journals and numbers: each gives a result or one sentence, and nothing is lost."""

import contextlib
import copy
import io
import json
import math
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.cases import cases, is_one_sentence
from twolayer.ledger import publish, verify
from twolayer.ledger.ledger import ClaimError, Ledger, require_claims
from twolayer.ledger.published import beside_published
from twolayer.ledger.schema import as_text, read_ledger
from twolayer.ledger.statistics import paired, spread
from twolayer.ledger.verdict import distances
from twolayer.runtime import code_version
from twolayer.runtime.files import FileError
from twolayer.runtime.journal import Journal

PROVENANCE = SimpleNamespace(kind="canonical", fingerprint="abc")
HEADER = "name,experiment,quantity,unit,published"
ROWS = ["a.x,A,x,%,49", "a.e,A,e,relative error,1e-4", 'b.x,"B, c",x,%,']
README = f"before\n{publish.BEGIN}old\n{publish.END}after\n"

REAL = st.floats() | st.sampled_from([0, -0.0, 1, 50, 1e-320, 1e308, -1e308, 10**400, math.nan, math.inf])
TEXT = st.text(max_size=9) | st.text(st.characters(categories=["Cs", "Cc", "Zl", "Lu"]), max_size=3)
KEY = st.sampled_from(["numbers", "claims", "values", "mean", "n", "notebook", "bounds", "a.x", "x"]) | TEXT
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | REAL | TEXT | st.sampled_from(["%", "relative error", "λ"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEY, inner, max_size=4),
    max_leaves=8,
)


def places(value, place=()):
    """Yield the path of each part of a JSON value, as a tuple of keys."""
    if place:
        yield place
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from places(value[key], (*place, key))


@st.composite
def changed(draw, sound):
    """Draw a JSON value like `sound` with some parts replaced or removed."""
    value = copy.deepcopy(sound)
    for _ in range(draw(st.integers(1, 3))):
        *outer, last = draw(st.sampled_from(list(places(value)) or [("x",)]))
        inner = value
        for key in outer:
            inner = inner[key]
        if draw(st.booleans()) or last not in inner:
            inner[last] = draw(ANYTHING)
        elif isinstance(inner, dict):
            del inner[last]
    return value


@st.composite
def torn(draw, whole):
    """Draw bytes like `whole` with a part replaced or removed."""
    start, end = sorted(draw(st.tuples(*[st.integers(0, len(whole))] * 2)))
    return whole[:start] + draw(st.binary(max_size=4)) + whole[end:]


def files_of(sound):
    """Return a strategy for the bytes of a JSON file that is similar to `sound`, or of any other file."""
    values = changed(sound) | changed(sound) | ANYTHING
    return values.map(lambda value: json.dumps(value).encode()) | torn(json.dumps(sound).encode()) | st.binary()


def outcome(action, *faults):
    """Run the action; return its result and None, or None and the message of its error, which must be one sentence."""
    try:
        return action(), None
    except (FileError, ValueError, *faults) as error:
        fault = str(error)
    assert is_one_sentence(fault), fault
    return None, fault


def sound_ledger(folder, notebook="a"):
    """Record two numbers and a claim; return the Ledger."""
    ledger = Ledger(folder, PROVENANCE, notebook)
    ledger.record("%", x=[50.0, 51.0, 52.0])
    ledger.record("relative error", e=[1e-14, 2e-14])
    ledger.claim("c", {"x": (0, None)}, x=51)
    return ledger


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Yield a folder for the files of a test, a ledger in it, and the ledger's content at the start."""
    folder = tmp_path_factory.mktemp("ledger")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            code_version, "of_library", lambda: "code"
        )  # the same file even if the library is edited meanwhile
        sound_ledger(folder / "build", "b")
        ledger = sound_ledger(folder / "build")
        yield SimpleNamespace(folder=folder, ledger=ledger, sound=json.loads(ledger.path.read_text()))


def stopped(main, *arguments):
    """Run a command; return its exit status, a number or a sentence."""
    status = 0
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            main([str(argument) for argument in arguments])
    except SystemExit as end:
        status = end.code
    assert status in (0, 1) or (is_one_sentence(status) and status.startswith("error: "))
    return status


@cases(80, 4)
@given(data=st.data())
def test_a_ledger_is_read_or_refused(project, data):
    path = project.ledger.path
    path.write_bytes(data.draw(files_of(project.sound)))
    before = path.read_bytes()
    content, fault = outcome(lambda: read_ledger(path))
    if fault is not None:
        settings = project.folder / "settings.toml"
        settings.touch()
        begin = partial(Ledger.begin, "a", PROVENANCE, {}, path.parent, settings)
        for use in (begin, lambda: project.ledger.record("%", x=1)):
            assert outcome(use) == (None, fault)
        assert path.read_bytes() == before, "a damaged file is left for its owner to repair"
        return
    path.write_text(as_text(content), encoding="utf-8")
    assert read_ledger(path) == content
    outcome(lambda: require_claims(project.ledger.claims()), ClaimError)
    project.ledger.record("%", new=7)
    assert project.ledger["new"].mean == 7
    assert read_ledger(path)["claims"] == content["claims"]


BOUNDS = st.dictionaries(st.sampled_from(["x", "y"]), st.tuples(st.none() | REAL, st.none() | REAL) | ANYTHING)


@cases(100, 3)
@given(notebook=TEXT | ANYTHING, unit=TEXT | ANYTHING, text=TEXT | ANYTHING, data=st.data())
def test_an_entry_is_recorded_or_refused(project, notebook, unit, text, data):
    project.ledger.path.write_text(json.dumps(project.sound))
    ledger = Ledger(project.ledger.path.parent, PROVENANCE, notebook)
    x, bounds = data.draw(REAL | ANYTHING), data.draw(BOUNDS)
    for use in (
        lambda: ledger.record(unit, x=x),
        lambda: ledger.claim(text, bounds, x=x),
        lambda: ledger.say(x=text),
    ):
        with contextlib.suppress(ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            use()
    assert read_ledger(ledger.path)["numbers"].keys() >= {"b.x"}


@cases(50, 3)
@given(data=st.data())
def test_a_ledger_is_published_or_nothing_is_changed(project, data):
    readme, committed, published = (project.folder / name for name in ("README.md", "report.json", "published.csv"))
    committed.write_text("{}")
    readme.write_text(README)
    published.write_text("\n".join([HEADER, *ROWS, ""]))
    project.ledger.path.write_bytes(data.draw(files_of(project.sound)))
    options = ("--build", project.folder / "build", "--published", published, "--readme", readme)
    status = stopped(publish.main, committed, *options)
    if status or committed.read_text() == "{}":
        assert (committed.read_text(), readme.read_text()) == ("{}", README)
    else:
        read_ledger(committed)
        assert "old" not in readme.read_text(encoding="utf-8")
    assert not [path for path in project.folder.iterdir() if path.name.startswith(".")]


@cases(50, 3)
@given(data=st.data())
def test_two_ledgers_are_compared_or_one_is_refused(project, data):
    committed = project.folder / "report.json"
    for path in (committed, project.ledger.path):
        path.write_bytes(data.draw(files_of(project.sound)))
    wrong = [
        fault
        for _, fault in (outcome(lambda: read_ledger(committed)), outcome(lambda: read_ledger(project.ledger.path)))
    ]
    end = stopped(verify.main, committed, project.folder / "build")
    assert end in (0, 1) if wrong == [None, None] else end in [f"error: {fault}" for fault in wrong]


@cases(50, 3)
@given(data=st.data())
def test_two_numbers_are_compared(data):
    entry = st.builds(
        lambda values, unit, *rest: (
            dict(zip(("mean", "sd", "low", "high"), rest, strict=True))
            | {"values": values, "n": len(values), "unit": unit, "notebook": "a", "changed": ""}
        ),
        st.lists(st.none() | st.floats(allow_nan=False, allow_infinity=False), max_size=3),
        st.sampled_from(["%", "relative error"]),
        *[st.none() | st.floats(allow_nan=False, allow_infinity=False)] * 4,
    )
    old, new = data.draw(entry), data.draw(entry)
    words = {"bit-identical", "within rounding", "within the interval", verify.DIFFERENT, verify.OTHER_UNIT}
    assert verify.agreement(old, new) in words | {"only here", verify.UNMEASURED}
    assert verify.agreement(old, copy.deepcopy(old)) == "bit-identical"


WORK, RESULT = {"lam": 0.1}, {"validation_accuracy": 0.5}
LINE = {json.dumps({"code": "v1", "lam": 0.2}): RESULT}


@cases(100, 3)
@given(data=st.data())
def test_valid_lines_of_a_journal_survive_damaged_ones(project, data):
    path = project.folder / "search.jsonl"
    path.unlink(missing_ok=True)
    Journal(path, "v1").append(WORK, RESULT)
    lines = data.draw(st.lists(files_of(LINE), max_size=4))
    with open(path, "ab") as file:
        file.write(b"\n".join(lines))
    journal = Journal(path, "v1")
    assert journal[WORK] == RESULT
    for found in journal.results.values():
        assert all(isinstance(name, str) and isinstance(value, float) for name, value in found.items())
    journal.append({"lam": 0.3}, RESULT)
    assert Journal(path, "v1").results.keys() >= journal.results.keys()


CELL = (
    st.sampled_from(["", "NA", "nan", "inf", "-1e999", "9" * 400, "1", "a.x", "a", '"', "'", "\x00", "True", ",", "#"])
    | TEXT
)


@st.composite
def tables(draw):
    """Draw the bytes of a CSV file that is almost valid."""
    rows = [row.split(",") for row in (HEADER, *ROWS[:2])]
    for _ in range(draw(st.integers(0, 3))):
        row = rows[draw(st.integers(0, len(rows) - 1))]
        i = draw(st.integers(0, len(row) - 1))
        row[i : i + draw(st.integers(0, 2))] = draw(st.lists(CELL, min_size=1, max_size=2))
    text = draw(st.sampled_from(["\n", "\r\n", "\n\n"])).join(",".join(row) for row in rows)
    return text.encode("utf-8", "surrogatepass")


NUMBERS = {
    "a.x": {"values": [49, 50, 51], "unit": "%", "notebook": "a", **spread([49, 50, 51])._asdict()},
    "a.e": {"values": [1e-4], "unit": "relative error", "notebook": "a", **spread(1e-4)._asdict()},
}


@cases(100, 3)
@given(written=tables() | torn("\n".join([HEADER, *ROWS]).encode()) | st.binary(max_size=40))
def test_published_numbers_are_compared_or_the_file_is_refused(project, written):
    path = project.folder / "published.csv"
    path.write_bytes(written)
    rows, fault = outcome(lambda: beside_published(path, NUMBERS))
    if fault is None:
        assert set(rows["inside"]) <= {"yes", "no", "–"}
        assert len(distances(rows, NUMBERS)) == (rows["inside"] == "no").sum()
        assert publish.table(rows, NUMBERS).startswith("| Test accuracy")


RUNS = REAL | st.lists(REAL, max_size=5) | ANYTHING | st.sampled_from([np.zeros((2, 2)), np.array(3), object, 1j])


@cases(150, 3)
@given(a=RUNS, b=RUNS, unit=st.sampled_from(["", "%", "λ", "relative error"]))
def test_the_spread_of_runs_is_computed_or_an_error(a, b, unit):
    with contextlib.suppress(OverflowError, TypeError, ValueError):
        found = spread(a, unit)
        assert found.n == np.size(a)
        assert not found.low > found.high
    with contextlib.suppress(OverflowError, TypeError, ValueError):
        paired(a, b)
