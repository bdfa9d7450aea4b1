"""The ledger: each headline number and each claim, by name, as a notebook measured it."""

import json
import math
import os
from pathlib import Path

import numpy as np
import pandas as pd

from twolayer import version
from twolayer.spread import Spread, spread


class ClaimError(AssertionError):
    """A claim of the report does not hold."""


class Ledger:
    """Headline numbers and claims in one JSON file, written anew whenever a notebook records one.

    There is a file for each data set and version of the library under `folder`, so that a notebook never finds a
    number that was measured on other data or with another library. What a notebook records after a change of its own
    settings takes the place of what it recorded before.
    """

    def __init__(self, folder, provenance, notebook, trial=False):
        """Open the ledger of the data with this data.Provenance, for `notebook` to write in anew.

        What the notebook has left there before is gone, so that nothing stays that it no longer records.
        In a `trial`, a run with small settings, and on data that is not CIFAR-10, claims are stated but not tested.
        """
        self.code = version.of_library()
        self.path = Path(folder) / f"ledger-{provenance.fingerprint}-{self.code}.json"
        self.provenance, self.notebook = provenance, notebook
        self.tested = not trial and provenance.kind != "stand-in"
        self._forget()

    def _forget(self):
        """Take this notebook's numbers and claims out of the file."""
        content = self._read()
        kept = {kind: _others(content[kind], self.notebook) for kind in ("numbers", "claims")}
        if any(kept[kind] != content[kind] for kind in kept):
            write(self.path, content | kept)

    def _read(self):
        if self.path.exists():
            return json.loads(self.path.read_text(encoding="utf-8"))
        data = {"kind": self.provenance.kind, "fingerprint": self.provenance.fingerprint}
        return {"data": data, "code": self.code, "made with": version.of_machine(), "numbers": {}, "claims": {}}

    def numbers(self):
        """Return all numbers: name → values (one for each run), mean, sd, n, low, high, unit, notebook."""
        return self._read()["numbers"]

    def claims(self):
        """Return the entries of all claims: name → text, numbers, bounds, holds (None: not tested), notebook."""
        return self._read()["claims"]

    def record(self, unit, **values):
        """Keep each number, or the numbers of all runs, under `<notebook>.<name>`, in place of what stood there."""
        content = self._read()
        for name, runs in values.items():
            runs = np.atleast_1d(np.asarray(runs, float))
            found = {key: _plain(value) for key, value in spread(runs, unit)._asdict().items()}
            entry = {"values": runs.tolist(), **found, "unit": unit, "notebook": self.notebook}
            content["numbers"][f"{self.notebook}.{name}"] = entry
        write(self.path, content)

    def claim(self, name, text, bounds, **numbers):
        """State a claim and return its sentence: `text` with the numbers in it (str.format).

        bounds maps the name of a number to the pair (low, high) that it must lie between; None is no bound. A claim
        that fails says so where it stands, and `require_claims` raises for it.
        """
        numbers = {key: float(value) for key, value in numbers.items()}
        holds = all(_between(numbers[key], *pair) for key, pair in bounds.items()) if self.tested else None
        content = self._read()
        content["claims"][f"{self.notebook}.{name}"] = {
            "text": text.format(**numbers),
            "numbers": numbers,
            "bounds": bounds,
            "holds": holds,
            "notebook": self.notebook,
        }
        write(self.path, content)
        verdict = {True: "", False: " **(This claim does not hold here.)**", None: " *(Not tested here.)*"}
        return text.format(**numbers) + verdict[holds]

    def __getitem__(self, name):
        """Return the Spread recorded under `<notebook>.<name>`."""
        return read_spread(self.numbers()[name])


def read_spread(entry):
    """Return the Spread of a ledger's entry."""
    return Spread(*(math.nan if entry[key] is None else entry[key] for key in Spread._fields))


def _others(entries, notebook):
    """Return the entries that other notebooks have left."""
    return {name: entry for name, entry in entries.items() if entry["notebook"] != notebook}


def _plain(value):
    """Return a number for JSON, which knows no NaN."""
    return None if isinstance(value, float) and math.isnan(value) else value


def _between(value, low, high):
    return (low is None or value >= low) and (high is None or value <= high)


def write(path, content):
    """Write JSON in place of the file at `path`, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".tmp")
    draft.write_text(json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
    os.replace(draft, path)


def require_claims(ledger):
    """Raise ClaimError if a claim does not hold, naming notebook, claim, numbers and bounds of each that fails."""
    failed = [_failure(name, claim) for name, claim in ledger.claims().items() if claim["holds"] is False]
    if failed:
        raise ClaimError("; ".join(failed))


def _failure(name, claim):
    notebook, _, short = name.partition(".")
    wanted = [
        f"{key} = {claim['numbers'][key]:.6g} must lie between {_bound(low)} and {_bound(high)}"
        for key, (low, high) in claim["bounds"].items()
    ]
    return f"{notebook}, claim “{short}”: {claim['text']} – {', '.join(wanted)}"


def _bound(value):
    return "any number" if value is None else f"{value:g}"


def missing(published, ledger):
    """Return the notebooks of which the ledger lacks a number that the CSV file `published` names."""
    known = ledger.numbers()
    lacking = (name for name in pd.read_csv(published)["name"] if name not in known)
    return list(dict.fromkeys(name.partition(".")[0] for name in lacking))


def beside_published(published, ledger, notebook=""):
    """Return the published numbers with ours beside them, for one notebook or for all.

    ledger maps a name to its Spread: a Ledger, or a dict. published is a CSV file with the columns name (of the
    ledger's entry), experiment, quantity, unit, published and remark; the last two may be empty. Returns a data frame
    with these columns, those of a Spread, and `inside`: whether the published number lies in the interval for one more
    run ("yes", "no", or "–" where there is nothing to compare).
    """
    rows = pd.read_csv(published)
    rows = rows[rows["name"].str.startswith(notebook)].reset_index(drop=True)
    ours = pd.DataFrame([ledger[name] for name in rows["name"]], columns=Spread._fields)
    inside = np.where(rows["published"].between(ours["low"], ours["high"]), "yes", "no")
    inside[rows["published"].isna() | ours["low"].isna()] = "–"
    return rows.join(ours).assign(inside=inside)


def reasons(rows):
    """Return a sentence for each published number outside its interval, those with the same reason as one.

    rows is a data frame of `beside_published`.
    """
    outside = rows[rows["inside"] == "no"]
    groups = outside.groupby(["experiment", "remark"], sort=False)["quantity"]
    return [f"{experiment} ({', '.join(part)}): {remark}." for (experiment, remark), part in groups]


def mean_and_deviation(numbers, digits=2):
    """Return numbers (data frame with the columns mean and sd) as texts, "46.05 ± 0.31" or, of one run, "46.05"."""
    return [
        f"{mean:.{digits}f}" if math.isnan(sd) else f"{mean:.{digits}f} ± {sd:.{digits}f}"
        for mean, sd in zip(numbers["mean"], numbers["sd"], strict=True)
    ]
