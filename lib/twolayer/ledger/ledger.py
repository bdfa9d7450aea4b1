"""The ledger: each headline number and each claim, by name, as a notebook measured it."""

import contextlib
import math
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from numpy.typing import ArrayLike

from twolayer.cifar10.dataset import Provenance
from twolayer.ledger.schema import (
    Bounds,
    Claim,
    Content,
    Entry,
    Real,
    as_text,
    checked,
    each,
    read_ledger,
    read_spread,
    real,
)
from twolayer.ledger.statistics import Spread, runs, spread
from twolayer.runtime import code_version, files

Kept = TypeVar("Kept", Entry, Claim)


class ClaimError(AssertionError):
    """A claim of the report does not hold."""


class Ledger:
    """Headline numbers and claims in one JSON file, written anew whenever a notebook records one.

    There is a file for each data set and version of the library under `folder`, so that a notebook never finds a
    number that was measured on other data or with another library. What a notebook records after a change of its own
    settings takes the place of what it recorded before. Several notebooks may record at once.

    Every method raises LedgerError if the file is damaged, and FileError if it cannot be read or written.
    """

    def __init__(
        self, folder: str | os.PathLike[str], provenance: Provenance, notebook: str, trial: bool = False
    ) -> None:
        """Open the ledger of the data with this data.Provenance, for `notebook` to write in anew.

        What the notebook has left there before is gone, so that nothing stays that it no longer records.
        In a `trial`, a run with small settings, and on data that is not CIFAR-10, claims are stated but not tested.
        """
        self.code = code_version.of_library()
        self.path = Path(folder) / f"ledger-{provenance.fingerprint}-{self.code}.json"
        self.provenance, self.notebook = provenance, notebook
        self.tested = not trial and provenance.kind != "stand-in"
        self._forget()

    def _forget(self) -> None:
        """Take this notebook's numbers and claims out of the file."""
        found = self._read()
        entries = [*found["numbers"].values(), *found["claims"].values()]
        if any(entry["notebook"] == self.notebook for entry in entries):
            with self._changing() as content:
                content["numbers"] = _others(content["numbers"], self.notebook)
                content["claims"] = _others(content["claims"], self.notebook)

    def _read(self) -> Content:
        if os.path.lexists(self.path):
            return read_ledger(self.path)
        data = {"kind": self.provenance.kind, "fingerprint": self.provenance.fingerprint}
        return {"data": data, "code": self.code, "made with": code_version.of_machine(), "numbers": {}, "claims": {}}

    @contextlib.contextmanager
    def _changing(self) -> Iterator[Content]:
        """Hand out what the file holds, which nobody else changes meanwhile, and write what has become of it.

        Raises ValueError for what could not be read again; then nothing is written.
        """
        with files.rewriting(self.path) as file:
            content = self._read()
            yield content
            try:
                file.write(as_text(checked(content)))
            except ValueError as error:
                raise ValueError(f"The ledger cannot keep this, {error}.") from None

    def numbers(self) -> dict[str, Entry]:
        """Return all numbers: name → values (one for each run), mean, sd, n, low, high, unit, notebook."""
        return self._read()["numbers"]

    def claims(self) -> dict[str, Claim]:
        """Return the entries of all claims: name → text, numbers, bounds, holds (None: not tested), notebook."""
        return self._read()["claims"]

    def record(self, unit: str, **values: ArrayLike) -> None:
        """Keep each number, or the numbers of all runs, under `<notebook>.<name>`, in place of what stood there.

        Raises ValueError for what `spread.spread` refuses, and for a unit that is no text.
        """
        entries = {f"{self.notebook}.{name}": _entry_of(found, unit, self.notebook) for name, found in values.items()}
        with self._changing() as content:
            content["numbers"] |= entries

    def leave_out(self, unit: str, *names: str) -> None:
        """Note numbers that this run cannot measure, so that whoever reads the ledger does not wait for them."""
        nothing = {"values": [], "n": 0, "unit": unit, "notebook": self.notebook}
        entry: Entry = {**nothing, **dict.fromkeys(("mean", "sd", "low", "high"))}  # type: ignore[typeddict-item]
        with self._changing() as content:
            content["numbers"] |= {f"{self.notebook}.{name}": entry for name in names}

    def claim(self, name: str, text: str, bounds: Mapping[str, Bounds], **numbers: float) -> str:
        """State a claim and return its sentence: `text` with the numbers in it (str.format).

        bounds maps the name of a number to the pair (low, high) that it must lie between; None is no bound. A claim
        that fails says so where it stands, and `require_claims` raises for it. Raises ValueError for numbers, bounds
        and a text that do not fit together.
        """
        for key in bounds.keys() - numbers.keys():
            raise ValueError(f"The claim “{name}” bounds {key!r}, which is none of its numbers.")
        try:
            numbers = {key: float(value) for key, value in each(numbers, _number).items()}
            limits = each(dict(bounds), _limits)
            sentence = _filled(text, numbers)
        except ValueError as error:
            raise ValueError(f"The claim “{name}” cannot be stated, {error}.") from None
        holds = all(_between(numbers[key], *pair) for key, pair in limits.items()) if self.tested else None
        with self._changing() as content:
            content["claims"][f"{self.notebook}.{name}"] = {
                "text": sentence,
                "numbers": {key: _finite(value) for key, value in numbers.items()},
                "bounds": limits,
                "holds": holds,
                "notebook": self.notebook,
            }
        verdict = {True: "", False: " **(This claim does not hold here.)**", None: " *(Not tested here.)*"}
        return sentence + verdict[holds]

    def __getitem__(self, name: str) -> Spread:
        """Return the Spread recorded under `<notebook>.<name>`. Raises KeyError."""
        return read_spread(self.numbers()[name])


def _entry_of(values: ArrayLike, unit: str, notebook: str) -> Entry:
    found = spread(values, unit)
    return {
        "values": [_finite(value) for value in runs(values).tolist()],
        "mean": _finite(found.mean),
        "sd": _finite(found.sd),
        "n": found.n,
        "low": _finite(found.low),
        "high": _finite(found.high),
        "unit": unit,
        "notebook": notebook,
    }


def _finite(value: Real) -> Real:
    return value if value is not None and math.isfinite(value) else None


def _number(value: Any) -> float:
    """Return a number of a claim; an integer stays one. Raises ValueError, the middle of a sentence."""
    if not isinstance(value, str | bytes):  # which `float` would read
        with contextlib.suppress(TypeError, ValueError, OverflowError):
            number = float(value)
            return value if type(value) is int else number
    raise ValueError("something stands in place of a number")


def _limits(pair: Any) -> Bounds:
    """Return the bounds of a claim, low and high. Raises ValueError, the middle of a sentence."""
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        raise ValueError("something stands in place of a low and a high bound")
    low, high = pair
    low = -math.inf if low is None else _number(low)
    high = math.inf if high is None else _number(high)
    if not low <= high or low == math.inf or high == -math.inf:
        raise ValueError("no number lies between the low and the high bound")
    return _finite(low), _finite(high)


def _filled(text: str, numbers: Mapping[str, float]) -> str:
    """Return the text of a claim with its numbers in it. Raises ValueError, the middle of a sentence."""
    try:
        return text.format(**numbers)
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise ValueError(f"its numbers do not fill its text ({error})") from None


def _between(value: float, low: Real, high: Real) -> bool:
    return (low is None or value >= low) and (high is None or value <= high)


def _others(entries: dict[str, Kept], notebook: str) -> dict[str, Kept]:
    """Return the entries that other notebooks have left."""
    return {name: entry for name, entry in entries.items() if entry["notebook"] != notebook}


def require_claims(ledger: Ledger) -> None:
    """Raise ClaimError if a claim does not hold, naming notebook, claim, numbers and bounds of each that fails."""
    failed = [_failure(name, claim) for name, claim in ledger.claims().items() if claim["holds"] is False]
    if failed:
        raise ClaimError("; ".join(failed))


def _failure(name: str, claim: Claim) -> str:
    notebook, _, short = name.partition(".")
    wanted = [
        f"{key} = {real(claim['numbers'][key]):.6g} must lie between {_bound(low)} and {_bound(high)}"
        for key, (low, high) in claim["bounds"].items()
    ]
    return f"{notebook}, claim “{short}”: {claim['text']} – {', '.join(wanted)}"


def _bound(value: Real) -> str:
    return "any number" if value is None else f"{value:g}"
