"""The ledger: each headline number, by name, as a notebook measured it."""

import json
import os
from pathlib import Path

import pandas as pd

from twolayer import version


class Ledger:
    """Headline numbers in one JSON file, written anew whenever a notebook records one.

    There is a file for each data set and version of the library under `folder`, so that a notebook never finds a
    number that was measured on other data or with another library. What a notebook records after a change of its own
    settings takes the place of what it recorded before.
    """

    def __init__(self, folder, data, notebook):
        """Open the ledger of the data with fingerprint `data`, for `notebook` to write in."""
        self.path = Path(folder) / f"ledger-{data}-{version.of_library()}.json"
        self.notebook = notebook

    def entries(self):
        """Return all entries: name → value, unit, notebook."""
        return json.loads(self.path.read_text(encoding="utf-8")) if self.path.exists() else {}

    def record(self, unit, **values):
        """Keep each value under `<notebook>.<name>`, in place of what stood there."""
        new = {
            f"{self.notebook}.{name}": {"value": float(value), "unit": unit, "notebook": self.notebook}
            for name, value in values.items()
        }
        self._write({**self.entries(), **new})

    def __getitem__(self, name):
        """Return the value recorded under `<notebook>.<name>`."""
        return self.entries()[name]["value"]

    def _write(self, entries):
        self.path.parent.mkdir(parents=True, exist_ok=True)
        draft = self.path.with_suffix(".tmp")
        draft.write_text(json.dumps(entries, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
        os.replace(draft, self.path)


def missing(published, ledger):
    """Return the notebooks of which the ledger lacks a number that the CSV file `published` names."""
    known = ledger.entries()
    lacking = (name for name in pd.read_csv(published)["name"] if name not in known)
    return list(dict.fromkeys(name.partition(".")[0] for name in lacking))


def beside_published(published, ledger, notebook=""):
    """Return the published numbers with ours beside them, for one notebook or for all.

    published is a CSV file with the columns name (of the ledger's entry), experiment, quantity, unit and published; the
    last is empty where nothing was published. Returns a data frame with these columns and `ours`.
    """
    rows = pd.read_csv(published)
    rows = rows[rows["name"].str.startswith(notebook)].reset_index(drop=True)
    return rows.assign(ours=[ledger[name] for name in rows["name"]])
