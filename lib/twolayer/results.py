"""The ledger: each headline number, by name, as a notebook measured it."""

import json
import os
from pathlib import Path

import pandas as pd

from twolayer import version


class Ledger:
    """Headline numbers in one JSON file, written anew whenever a notebook records one.

    There is a file for each data set and version of the library under `folder`, so that a notebook never finds a
    number that was measured on other data or with other code.
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

    def notebooks(self):
        """Return the notebooks that have recorded something."""
        return {entry["notebook"] for entry in self.entries().values()}

    def _write(self, entries):
        self.path.parent.mkdir(parents=True, exist_ok=True)
        draft = self.path.with_suffix(".tmp")
        draft.write_text(json.dumps(entries, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
        os.replace(draft, self.path)


def beside_published(published, ledger, notebook=""):
    """Return the published numbers with ours beside them, for one notebook or for all.

    published is a CSV file with the columns name (of the ledger's entry), experiment, quantity and published; the last
    is empty where nothing was published. Returns a data frame with these columns and `ours`.
    """
    rows = pd.read_csv(published)
    rows = rows[rows["name"].str.startswith(notebook)].reset_index(drop=True)
    return rows.assign(ours=[ledger[name] for name in rows["name"]])
