"""Keep a run's ledger beside the report, and fill README's table from it.

`python -m twolayer.publish report/report.json` after a build.
"""

import argparse
import json
import re
import sys
from pathlib import Path

import pandas as pd

from twolayer import data
from twolayer.results import Ledger, beside_published, mean_and_deviation, read_spread, reasons, write

BEGIN, END = "<!-- from the ledger -->\n", "<!-- end -->"
UNIT = "%"


def table(rows):
    """Return README's table, in Markdown, of the accuracies among rows (`beside_published`), and what lies outside."""
    rows = rows[rows["unit"] == UNIT]
    ours = mean_and_deviation(rows)
    lines = ["| Accuracy, percent | published | ours | one more run | inside | n |", "|:--|--:|--:|--:|:-:|--:|"]
    for row, text in zip(rows.itertuples(), ours, strict=True):
        published = "–" if pd.isna(row.published) else f"{row.published:.2f}"
        interval = "–" if pd.isna(row.low) else f"{row.low:.1f} to {row.high:.1f}"
        lines.append(
            f"| {row.experiment}: {row.quantity} | {published} | {text} | {interval} | {row.inside} | {row.n} |"
        )
    sentences = [f"- {sentence}" for sentence in reasons(rows)]
    return "\n".join([*lines, "", "Outside lie:", "", *(sentences or ["- none"])]) + "\n"


def filled(readme, rows):
    """Return the text of README with the table between its two marks. Raises ValueError without them."""
    text, n = re.subn(f"(?s)(?<={re.escape(BEGIN)}).*?(?={re.escape(END)})", lambda _: table(rows), readme)
    if n != 1:
        raise ValueError(f"README needs the lines {BEGIN.strip()} and {END}, once each.")
    return text


def committed(path):
    """Return the numbers of the ledger at `path`: name → Spread."""
    numbers = json.loads(path.read_text(encoding="utf-8"))["numbers"]
    return {name: read_spread(entry) for name, entry in numbers.items()}


def main(arguments=None):
    """Copy the newest ledger to the path that is given; with --readme, fill that file from it."""
    parser = argparse.ArgumentParser(prog="python -m twolayer.publish", description=__doc__.splitlines()[0])
    parser.add_argument("path", type=Path)
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--published", type=Path, default=Path("report/published.csv"))
    parser.add_argument("--readme", type=Path)
    given = parser.parse_args(arguments)
    ledger = Ledger(given.build, data.load().provenance, "publish")
    if not ledger.path.exists():
        sys.exit(f"{ledger.path} is missing: build the report first.")
    write(given.path, json.loads(ledger.path.read_text(encoding="utf-8")))
    if given.readme:
        text = filled(
            given.readme.read_text(encoding="utf-8"), beside_published(given.published, committed(given.path))
        )
        given.readme.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
