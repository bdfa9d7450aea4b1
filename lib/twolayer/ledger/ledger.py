"""The ledger: the numbers and claims of the report, by name, as the notebooks measured them."""

import contextlib
import math
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from numpy.typing import ArrayLike

from twolayer.cifar10.dataset import Provenance
from twolayer.ledger.schema import Bounds, Claim, Content, Entry, Real, as_text, read_ledger, read_spread, real
from twolayer.ledger.statistics import Spread, runs, spread
from twolayer.runtime import code_version, files

UNMEASURED = Spread(math.nan, math.nan, 0, math.nan, math.nan)


class ClaimError(AssertionError):
    """A claim of the report does not hold."""


class Ledger:
    """Numbers and claims in a JSON file, which is rewritten whenever a notebook records something.

    Each data set and each version of the library has its own file in `folder`, so that numbers measured on other data
    or with another version are not found. Several notebooks may record at once.

    Every method raises LedgerError if the file is damaged, and FileError if it cannot be read or written.
    """

    def __init__(
        self, folder: str | os.PathLike[str], provenance: Provenance, notebook: str = "", trial: bool = False
    ) -> None:
        """Open the ledger of the data with this Provenance, without changing it, to record numbers of `notebook`.

        In a trial (a run with small settings) and on generated data, claims are stated but not tested.
        """
        self.code = code_version.of_library()
        self.path = Path(folder) / f"ledger-{provenance.fingerprint}-{self.code}.json"
        self.provenance, self.notebook = provenance, notebook
        self.tested = not trial and provenance.kind != "stand-in"

    @classmethod
    def begin(
        cls, folder: str | os.PathLike[str], provenance: Provenance, notebook: str, trial: bool = False
    ) -> "Ledger":
        """Open the ledger and remove what `notebook` recorded in an earlier run."""
        ledger = cls(folder, provenance, notebook, trial)
        if any(entry["notebook"] == notebook for entry in [*ledger.numbers().values(), *ledger.claims().values()]):
            with ledger._changing() as content:
                numbers, claims = content["numbers"].items(), content["claims"].items()
                content["numbers"] = {name: entry for name, entry in numbers if entry["notebook"] != notebook}
                content["claims"] = {name: claim for name, claim in claims if claim["notebook"] != notebook}
        return ledger

    def _read(self) -> Content:
        if os.path.lexists(self.path):
            return read_ledger(self.path)
        return {
            "data": {"kind": self.provenance.kind, "fingerprint": self.provenance.fingerprint},
            "code": self.code,
            "made with": code_version.of_machine(),
            "numbers": {},
            "claims": {},
        }

    @contextlib.contextmanager
    def _changing(self) -> Iterator[Content]:
        """Lock the file, yield its content, and write it back. Raises ValueError as `as_text` does."""
        with files.rewriting(self.path) as file:
            content = self._read()
            yield content
            file.write(as_text(content))

    def numbers(self) -> dict[str, Entry]:
        """Return all numbers: name → values (one for each run), mean, sd, n, low, high, unit, notebook."""
        return self._read()["numbers"]

    def claims(self) -> dict[str, Claim]:
        """Return all claims: name → text, numbers, bounds, holds (None: not tested), notebook."""
        return self._read()["claims"]

    def record(self, unit: str, **values: ArrayLike) -> None:
        """Record each number, or the numbers of all runs (n,), as `<notebook>.<name>`; an earlier one is replaced.

        Raises ValueError as `statistics.spread` does, or if the unit is not a string.
        """
        self._keep(unit, {name: (runs(found).tolist(), spread(found, unit)) for name, found in values.items()})

    def leave_out(self, unit: str, *names: str) -> None:
        """Record that this run cannot measure these numbers, so that they do not count as missing."""
        self._keep(unit, dict.fromkeys(names, ([], UNMEASURED)))

    def _keep(self, unit: str, measured: Mapping[str, tuple[list[Real], Spread]]) -> None:
        entries: dict[str, Entry] = {
            f"{self.notebook}.{name}": {
                "values": values,
                "mean": found.mean,
                "sd": found.sd,
                "n": found.n,
                "low": found.low,
                "high": found.high,
                "unit": unit,
                "notebook": self.notebook,
            }
            for name, (values, found) in measured.items()
        }
        with self._changing() as content:
            content["numbers"] |= entries

    def claim(self, name: str, text: str, bounds: Mapping[str, Bounds], **numbers: float) -> str:
        """State a claim and return its sentence: `text` with the numbers in it (str.format).

        bounds maps the name of a number to the pair (low, high) that it must lie between; None is no bound. If a claim
        fails, its sentence says so, and `require_claims` raises ClaimError.
        """
        values = {key: float(value) for key, value in numbers.items()}
        limits = {key: (_limit(low, -math.inf), _limit(high, math.inf)) for key, (low, high) in bounds.items()}
        inside = all(low <= values[key] <= high for key, (low, high) in limits.items())
        claim: Claim = {
            "text": text.format(**values),
            "numbers": {**values},
            "bounds": {**limits},
            "holds": inside if self.tested else None,
            "notebook": self.notebook,
        }
        with self._changing() as content:
            content["claims"][f"{self.notebook}.{name}"] = claim
        verdict = {True: "", False: " **(This claim does not hold here.)**", None: " *(Not tested here.)*"}
        return claim["text"] + verdict[claim["holds"]]

    def __getitem__(self, name: str) -> Spread:
        """Return the Spread recorded under `<notebook>.<name>`. Raises KeyError."""
        return read_spread(self.numbers()[name])


def _limit(bound: float | None, default: float) -> float:
    """Return a bound as a float, or as it is if it is an int; the default for None."""
    if bound is None:
        return default
    return bound if type(bound) is int else float(bound)


def require_claims(ledger: Ledger) -> None:
    """Raise ClaimError if claims do not hold, naming notebook, claim, numbers and bounds of each."""
    failed = [_failure(name, claim) for name, claim in ledger.claims().items() if claim["holds"] is False]
    if failed:
        raise ClaimError("; ".join(failed))


def _failure(name: str, claim: Claim) -> str:
    bounded = [
        f"{key} = {real(claim['numbers'].get(key)):.6g} must lie between {_bound(low)} and {_bound(high)}"
        for key, (low, high) in claim["bounds"].items()
    ]
    return f"The claim {name} does not hold: {claim['text']} – {', '.join(bounded)}"


def _bound(value: float | None) -> str:
    return "any number" if value is None else f"{value:g}"
