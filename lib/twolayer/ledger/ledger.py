"""The ledger: the numbers and claims of the report, by name, as the notebooks measured them."""

import contextlib
import math
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import ArrayLike

from twolayer.cifar10.dataset import Provenance
from twolayer.ledger import published, settings
from twolayer.ledger.schema import (
    DECODER_OF_VALUES,
    Bounds,
    Claim,
    Content,
    Entry,
    Real,
    Values,
    as_committed,
    as_text,
    read_ledger,
    read_spread,
    read_values,
    real,
)
from twolayer.ledger.statistics import UNMEASURED, Spread, runs, spread
from twolayer.runtime import code_version, files
from twolayer.runtime.progress import attended

if TYPE_CHECKING:
    from pandas.io.formats.style import Styler

Folder = str | os.PathLike[str]

HYPHEN_AS_MINUS = re.compile(r"(?<!\w)-(?=\d)")


class ClaimError(AssertionError):
    """A claim of the report does not hold."""


class Ledger:
    """Numbers and claims in a JSON file, which is rewritten whenever a notebook records something.

    Each data set and each version of the library has its own file in `folder`, so that numbers measured on other data
    or with another version are not found. Several notebooks may record at once.

    Every method raises LedgerError if the file is damaged, and FileError if it cannot be read or written.
    """

    def __init__(
        self, folder: Folder, provenance: Provenance, notebook: str = "", changes: Mapping[str, Any] = {}
    ) -> None:
        """Open the ledger of the data with this Provenance, without changing it, to record numbers of `notebook`.

        With changed settings, entries are marked and kept beside those of the committed settings. Claims are tested,
        except on generated data.
        """
        self.code = code_version.of_library()
        self.path = Path(folder) / f"ledger-{provenance.fingerprint}-{self.code}.json"
        self.provenance, self.notebook = provenance, notebook
        self.values_path = self.path.with_name("values.json")
        self.changed, self._changes = settings.mark(changes), changes

    @classmethod
    def begin(
        cls,
        notebook: str,
        provenance: Provenance,
        variables: settings.Settings,
        folder: Folder = "../build",
        committed: Folder = "../report/settings.toml",
    ) -> "Ledger":
        """Open the ledger and remove what `notebook` recorded in an earlier run with the same settings.

        variables are those of the notebook, as globals() returns them; settings are those that `committed` names.
        """
        known = settings.read(Path(committed)).get(notebook, {})
        ledger = cls(folder, provenance, notebook, settings.changes(known, variables))
        entries: list[Entry | Claim] = [*ledger.numbers().values(), *ledger.claims().values()]
        if any(map(ledger._is_own, entries)):
            with ledger._changing() as content:
                numbers, claims = content["numbers"].items(), content["claims"].items()
                content["numbers"] = {name: entry for name, entry in numbers if not ledger._is_own(entry)}
                content["claims"] = {name: claim for name, claim in claims if not ledger._is_own(claim)}
        if notebook in read_values(ledger.values_path):
            with ledger._changing_values() as values:
                del values[notebook]
        return ledger

    @property
    def note(self) -> str:
        """Return what the reader of a result must know, in Markdown: that it is not CIFAR-10, or of other settings."""
        changed = f"*With {settings.sentence(self._changes)}.*" if self._changes else ""
        return f"{self.provenance.note} {changed}".strip()

    def _is_own(self, entry: Entry | Claim) -> bool:
        """Return whether an entry is this notebook's, made with the same settings."""
        return (entry["notebook"], entry["changed"]) == (self.notebook, self.changed)

    def _key(self, name: str) -> str:
        """Return the key of a name in the file."""
        return f"{self.notebook}.{name}" + f" ({self.changed})" * bool(self.changed)

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

    @contextlib.contextmanager
    def _changing_values(self) -> Iterator[Values]:
        """Do the same with the file of values."""
        with files.rewriting(self.values_path) as file:
            values = read_values(self.values_path)
            yield values
            file.write(as_text(values, DECODER_OF_VALUES))

    def numbers(self) -> dict[str, Entry]:
        """Return all numbers: name → values (one for each run), mean, sd, n, low, high, unit, notebook."""
        return self._read()["numbers"]

    def claims(self) -> dict[str, Claim]:
        """Return all claims: name → numbers, bounds, holds (None: not tested), notebook."""
        return self._read()["claims"]

    def record(self, unit: str, **values: ArrayLike) -> None:
        """Record each number, or the numbers of all runs (n,), as `<notebook>.<name>`; an earlier one is replaced.

        With changed settings the name is `<notebook>.<name> (<settings>)`.

        Raises ValueError as `statistics.spread` does, or if the unit is not a string.
        """
        self._keep(unit, {name: (runs(found).tolist(), spread(found, unit)) for name, found in values.items()})

    def leave_out(self, unit: str, *names: str) -> None:
        """Record that this run cannot measure these numbers, so that they do not count as missing."""
        self._keep(unit, dict.fromkeys(names, ([], UNMEASURED)))

    def _keep(self, unit: str, measured: Mapping[str, tuple[list[Real], Spread]]) -> None:
        entries: dict[str, Entry] = {
            self._key(name): {
                "values": values,
                "mean": found.mean,
                "sd": found.sd,
                "n": found.n,
                "low": found.low,
                "high": found.high,
                "unit": unit,
                "notebook": self.notebook,
                "changed": self.changed,
            }
            for name, (values, found) in measured.items()
        }
        with self._changing() as content:
            content["numbers"] |= entries

    def claim(self, name: str, bounds: Mapping[str, Bounds], **numbers: float) -> None:
        """Hold a sentence of the prose to its numbers; `name` says in a few words what the sentence claims.

        bounds maps the name of a number to the pair (low, high) that it must lie between; None is no bound. If a claim
        fails, `verdict` says so, and `require_claims` raises ClaimError.
        """
        values = {key: float(value) for key, value in numbers.items()}
        limits = {key: (_limit(low, -math.inf), _limit(high, math.inf)) for key, (low, high) in bounds.items()}
        inside = all(low <= values[key] <= high for key, (low, high) in limits.items())
        claim: Claim = {
            "numbers": {**values},
            "bounds": {**limits},
            "holds": inside if self.provenance.kind != "stand-in" else None,
            "notebook": self.notebook,
            "changed": self.changed,
        }
        with self._changing() as content:
            content["claims"][self._key(name)] = claim

    @property
    def verdict(self) -> str:
        """Return what the reader must know of this notebook's claims, in Markdown: which fail or are not tested."""
        own = {key: claim["holds"] for key, claim in self.claims().items() if self._is_own(claim)}
        start, end = len(self.notebook) + 1, f" ({self.changed})"
        failed, untested = (
            ", ".join(key[start:].removesuffix(end) for key, holds in own.items() if holds is outcome)
            for outcome in (False, None)
        )
        sentences = [f"**Does not hold here: {failed}.**"] * bool(failed) + [f"*Not tested here: {untested}.*"] * bool(
            untested
        )
        return " ".join(sentences)

    def say(self, **texts: object) -> None:
        """Give texts to the prose, such as test="47.6 %".

        In the report they stand in the place of links such as `[47.5 %](#value-test)`, the words of an earlier run. In
        a notebook that somebody runs these words stay, so the texts are printed.
        """
        # A number below zero has a minus before it, not a hyphen.
        said = {name: HYPHEN_AS_MINUS.sub("−", str(text)) for name, text in texts.items()}
        with self._changing_values() as values:
            values[self.notebook] = values.get(self.notebook, {}) | said
        if attended():
            files.show("\n".join(f"value-{name}: {text}" for name, text in said.items()))

    def own(self) -> dict[str, Entry]:
        """Return what this notebook has recorded with its settings: `<notebook>.<name>` → entry."""
        return {
            name.removesuffix(f" ({self.changed})"): entry
            for name, entry in self.numbers().items()
            if self._is_own(entry)
        }

    def __getitem__(self, name: str) -> Spread:
        """Return the Spread of a number that this notebook has recorded. Raises KeyError."""
        return read_spread(self.numbers()[self._key(name)])

    def comparison(self, path: Folder = "../report/published.csv") -> "Styler":
        """Return the table, to be shown, of what was published and what this notebook has recorded.

        Raises the errors of `published.beside_published`.
        """
        rows = published.beside_published(path, self.own())
        rows = rows[rows["name"].str.startswith(f"{self.notebook}.")]
        return published.as_table(rows, *["experiment"] * (rows["experiment"].nunique() > 1), "quantity")


def _limit(bound: float | None, default: float) -> float:
    """Return a bound as a float, or as it is if it is an int; the default for None."""
    if bound is None:
        return default
    return bound if type(bound) is int else float(bound)


def results(
    provenance: Provenance, folder: Folder = "../build", committed: Folder = "../report/report.json"
) -> Content:
    """Return what is known of all notebooks with their committed settings: what they have recorded, or is committed.

    The committed ledger counts if the library's code and the data are the same. Raises FileError and LedgerError.
    """
    here = Ledger(folder, provenance)
    found = as_committed(here._read())
    if not Path(committed).exists() or why_not_committed(found, committed):
        return found
    there = read_ledger(Path(committed))
    return {
        **found,
        "numbers": there["numbers"] | found["numbers"],
        "claims": there["claims"] | found["claims"],
    }


def why_not_committed(found: Content, committed: Folder = "../report/report.json") -> str:
    """Return the sentence that says why the committed numbers do not stand among those found by `results`.

    It is empty if they do, or if nothing is committed. Raises FileError and LedgerError.
    """
    path = Path(committed)
    there = read_ledger(path) if path.exists() else found
    if (there["code"], there["data"]) == (found["code"], found["data"]):
        return ""
    how = "with other library code" if there["data"] == found["data"] else "on other data"
    return f"The committed numbers were measured {how}: run the notebooks of these experiments again, then this one."


def require_claims(claims: Mapping[str, Claim]) -> None:
    """Raise ClaimError if claims do not hold, naming notebook, claim, numbers and bounds of each."""
    failed = [_failure(name, claim) for name, claim in claims.items() if claim["holds"] is False]
    if failed:
        raise ClaimError("; ".join(failed))


def _failure(name: str, claim: Claim) -> str:
    bounded = [
        f"{key} = {real(claim['numbers'].get(key)):.6g} must lie between {_bound(low)} and {_bound(high)}"
        for key, (low, high) in claim["bounds"].items()
    ]
    return f"The claim {name} does not hold: {', '.join(bounded)}"


def _bound(value: float | None) -> str:
    return "any number" if value is None else f"{value:g}"
