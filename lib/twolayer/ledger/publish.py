"""Copy the ledger of a build next to the report, and fill the table in README from it.

Run `python -m twolayer.ledger.publish report/report.json` after a build.
"""

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from twolayer.ledger.published import beside_published, mean_and_deviation, reasons
from twolayer.ledger.schema import Content, as_text, read_ledger, read_spread
from twolayer.ledger.statistics import Spread
from twolayer.runtime import code_version
from twolayer.runtime.files import FileError, read, rewriting

BEGIN, END = "<!-- from the ledger -->\n", "<!-- end -->"


def table(rows: pd.DataFrame) -> str:
    """Return README's table of accuracies in Markdown, and why published ones differ; rows: from `beside_published`."""
    rows = rows[rows["unit"] == "%"]
    lines = ["| Accuracy, percent | published | ours | one more run | inside | n |", "|:--|--:|--:|--:|:-:|--:|"]
    for row, ours in zip(rows.itertuples(), mean_and_deviation(rows), strict=True):
        published = "–" if pd.isna(row.published) else f"{row.published:.2f}"
        interval = "–" if pd.isna(row.low) else f"{row.low:.1f} to {row.high:.1f}"
        lines.append(
            f"| {row.experiment}: {row.quantity} | {published} | {ours} | {interval} | {row.inside} | {row.n} |"
        )
    outside = [f"- {sentence}" for sentence in reasons(rows)] or ["- none"]
    return "\n".join([*lines, "", "Outside lie:", "", *outside]) + "\n"


def filled(readme: str, rows: pd.DataFrame) -> str:
    """Return the text of README with the table between BEGIN and END. Raises ValueError unless both are there once."""
    text, n = re.subn(f"(?s)(?<={re.escape(BEGIN)}).*?(?={re.escape(END)})", lambda _: table(rows), readme)
    if n != 1:
        raise ValueError(f"README must have the lines {BEGIN.strip()} and {END}, once each.")
    return text


def spreads(content: Content) -> dict[str, Spread]:
    """Return the numbers of a ledger: name → Spread."""
    return {name: read_spread(entry) for name, entry in content["numbers"].items()}


def built(build: Path, data: str | None = None) -> Content:
    """Return the ledger that this version of the library has written to the folder `build`.

    data is "cifar10" or "stand-in"; it is needed if the folder has ledgers of both. Raises FileError unless there is
    exactly one.
    """
    ledgers = [read_ledger(path) for path in build.glob(f"ledger-*-{code_version.of_library()}.json")]
    if data:
        ledgers = [content for content in ledgers if (content["data"]["kind"] == "stand-in") == (data == "stand-in")]
    if not ledgers:
        raise FileError(f"{build} has no ledger of this data and this version of the library: build the report first.")
    if len(ledgers) > 1:
        raise FileError(f"{build} has ledgers of {len(ledgers)} data sets: name one with --data, or remove the others.")
    return ledgers[0]


def publish(content: Content, path: Path, published: Path, readme: Path | None) -> None:
    """Write a ledger to `path`; fill `readme` from it, if one is given.

    Raises FileError, and ValueError if a README cannot be filled; then nothing is written.
    """
    page = filled(read(readme), beside_published(published, spreads(content))) if readme else ""
    with rewriting(path) as file:
        file.write(as_text(content))
    if readme:
        with rewriting(readme) as file:
            file.write(page)


def main(arguments: Sequence[str] | None = None) -> None:
    """Copy the ledger of a build to the given path; with --readme, fill that file from it."""
    parser = argparse.ArgumentParser(prog="python -m twolayer.ledger.publish", description=main.__doc__)
    parser.add_argument("path", type=Path)
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--published", type=Path, default=Path("report/published.csv"))
    parser.add_argument("--readme", type=Path)
    parser.add_argument("--data", choices=("cifar10", "stand-in"), help="the data set, if there are ledgers of both")
    given = parser.parse_args(arguments)
    try:
        publish(built(given.build, given.data), given.path, given.published, given.readme)
    except (FileError, ValueError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
