"""Copy what a build leaves next to the report: the ledger, README's picture, and README's table from the ledger.

Run `python -m twolayer.ledger.publish report/report.json` after a build.
"""

import argparse
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from twolayer.ledger.published import beside_published
from twolayer.ledger.schema import Entry, as_committed, as_text, read_ledger
from twolayer.ledger.verdict import count_inside
from twolayer.runtime import code_version
from twolayer.runtime.files import FileError, read, rewriting, show

BEGIN, END = "<!-- from the ledger -->\n", "<!-- end -->"


def table(rows: pd.DataFrame, numbers: Mapping[str, Entry]) -> str:
    """Return README's table of test accuracies in Markdown, and the verdict on all published numbers.

    rows is a data frame from `beside_published`, numbers those of the ledger.
    """
    headline = rows[(rows["quantity"] == "test") & rows["published"].notna()]
    lines = ["| Test accuracy, percent | published | ours | one more run |", "|:--|--:|--:|--:|"]
    for row in headline.itertuples():
        lines.append(f"| {row.experiment} | {row.published:.2f} | {row.ours} | {row.low:.2f} to {row.high:.2f} |")
    return "\n".join([*lines, "", count_inside(rows, numbers)]) + "\n"


def filled(readme: str, rows: pd.DataFrame, numbers: Mapping[str, Entry]) -> str:
    """Return the text of README with the table between BEGIN and END. Raises ValueError unless both are there once."""
    text, n = re.subn(f"(?s)(?<={re.escape(BEGIN)}).*?(?={re.escape(END)})", lambda _: table(rows, numbers), readme)
    if n != 1:
        raise ValueError(f"README must have the lines {BEGIN.strip()} and {END}, once each.")
    return text


def built(build: Path, data: str | None = None) -> Path:
    """Return the file of the ledger that this version of the library has written to the folder `build`.

    data is "cifar10" or "stand-in"; it is needed if the folder has ledgers of both. Raises FileError unless there is
    exactly one.
    """
    ledgers = list(build.glob(f"ledger-*-{code_version.of_library()}.json"))
    if data:
        ledgers = [
            path for path in ledgers if (read_ledger(path)["data"]["kind"] == "stand-in") == (data == "stand-in")
        ]
    if not ledgers:
        raise FileError(f"{build} has no ledger of this data and this version of the library: build the report first.")
    if len(ledgers) > 1:
        raise FileError(f"{build} has ledgers of {len(ledgers)} data sets: name one with --data, or remove the others.")
    return ledgers[0]


def publish(
    ledger: Path, path: Path, published: Path | None, readme: Path | None = None, picture: Path | None = None
) -> bool:
    """Copy a ledger to `path`; fill `readme` from it, and copy the picture beside it to `picture`, if they are given.

    Returns whether it did: not if one of the published numbers was not measured with the committed settings, or, where
    none are `published`, no number was. Raises FileError, and ValueError if a README cannot be filled; then nothing is
    written.
    """
    content = as_committed(read_ledger(ledger))
    rows = beside_published(published, content["numbers"]) if published else pd.DataFrame({"name": []})
    if not content["numbers"] or not rows["name"].isin(content["numbers"]).all():
        return False
    texts = {path: as_text(content)}
    if readme:
        texts[readme] = filled(read(readme), rows, content["numbers"])
    if picture:
        texts[picture] = read(ledger.with_suffix(".svg"))
    for target, text in texts.items():
        with rewriting(target) as file:
            file.write(text)
    return True


def main(arguments: Sequence[str] | None = None) -> None:
    """Copy the ledger of a build to the given path; with --readme and --picture, renew these files as well."""
    parser = argparse.ArgumentParser(prog="python -m twolayer.ledger.publish", description=main.__doc__)
    parser.add_argument("path", type=Path)
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--published", type=Path, default=Path("report/published.csv"))
    parser.add_argument("--unpublished", action="store_true", help="nobody has published such numbers before")
    parser.add_argument("--readme", type=Path)
    parser.add_argument("--picture", type=Path)
    parser.add_argument("--data", choices=("cifar10", "stand-in"), help="the data set, if there are ledgers of both")
    given = parser.parse_args(arguments)
    if given.unpublished and given.readme:
        parser.error("--readme needs published numbers")
    try:
        ledger = built(given.build, given.data)
        published = None if given.unpublished else given.published
        if not publish(ledger, given.path, published, given.readme, given.picture):
            show(f"{given.path} stays as it is: not all of its numbers were measured with the committed settings.")
    except (FileError, ValueError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
