"""Compare the ledger of a fresh run with the committed one, number by number.

`make verify` runs `python -m twolayer.ledger.verify report/report.json build/verify/build`. The exit status is 0 if no
number is different or missing and every claim is there and holds, else 1. Numbers of changed settings are compared with
those of the committed ones.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from twolayer.ledger.schema import Claim, Content, Entry, read_ledger, real
from twolayer.ledger.statistics import LOGARITHMIC
from twolayer.runtime.files import FileError, show

ROUNDING = 1e-6  # relative; summation in another order changes less
DIFFERENT, UNMEASURED, OTHER_UNIT = "different", "not measured here", "of another unit"
ALL_THE_SAME = "Data, code, versions, BLAS kernel, cores and settings of the two runs are the same."


def compare(old: Content, new: Content) -> pd.DataFrame:
    """Return a data frame with a row for each number that a run measured: number, committed, here, agreement."""
    there, here = ({name: entry for name, entry in of["numbers"].items() if entry["n"]} for of in (old, new))
    rows = [(name, there.get(name), here.get(name)) for name in sorted({*there, *here})]
    return pd.DataFrame(
        [(name, a and a["mean"], b and b["mean"], agreement(a, b)) for name, a, b in rows],
        columns=["number", "committed", "here", "agreement"],
    )


def agreement(old: Entry | None, new: Entry | None) -> str:
    """Return in words how well two entries of a number agree; an entry is None where the number was not measured."""
    if old is None or new is None:
        return "only here" if old is None else UNMEASURED
    if old["unit"] != new["unit"]:
        return OTHER_UNIT
    if old["values"] == new["values"]:
        return "bit-identical"
    there, here = (np.array(entry["values"], float) for entry in (old, new))
    if len(there) == len(here) and np.allclose(there, here, rtol=ROUNDING, atol=0, equal_nan=True):
        return "within rounding"
    if old["unit"] in LOGARITHMIC:
        # These numbers measure rounding errors, or depend on them: only the order of magnitude is compared.
        low, high = 0.1 * real(old["mean"]), 10 * real(old["mean"])
    else:
        low, high = real(old["low"]), real(old["high"])
    return "within the interval" if low <= real(new["mean"]) <= high else DIFFERENT


def differences(old: Content, new: Content) -> list[str]:
    """Return a line for each difference between two runs: data, code, versions, BLAS, cores, settings."""
    there, here = ({"data": found["data"], "code": found["code"], **found["made with"]} for found in (old, new))
    names = [name for name in {**there, **here} if there.get(name) != here.get(name)]
    changed = {entry["notebook"]: entry["changed"] for entry in new["numbers"].values() if entry["changed"]}
    return [
        *(f"{name}: {there.get(name)} there, {here.get(name)} here" for name in names),
        *(f"settings of {notebook}: {here} here" for notebook, here in changed.items()),
    ]


def broken_claims(old: Content, new: Content) -> list[str]:
    """Return lines that name the claims that fail in the fresh run or are missing from it."""
    claims = {
        "Claims that do not hold here": [name for name, claim in new["claims"].items() if claim["holds"] is False],
        "Claims that are missing here": sorted(old["claims"].keys() - new["claims"].keys()),
    }
    return [f"{what}: {', '.join(names)}." for what, names in claims.items() if names]


def other_numbers(old: Content, new: Content) -> list[str]:
    """Return a line for each number that a claim states and that is another one in the fresh run."""
    stated = {
        f"{name}, {key}": (there, new["claims"][name]["numbers"].get(key))
        for name, claim in old["claims"].items()
        if name in new["claims"]
        for key, there in claim["numbers"].items()
    }
    return [f"{name}: {real(a):.6g} there, {real(b):.6g} here" for name, (a, b) in stated.items() if a != b]


def report(old: Content, new: Content) -> bool:
    """Print the comparison; return whether every committed number and claim is reproduced.

    Raises FileError if standard output cannot be written.
    """
    if not old["numbers"]:
        show("The committed ledger has no numbers to compare.")
        return False
    table, broken = compare(old, new), broken_claims(old, new)
    show(table.to_string(index=False, float_format="{:.6g}".format))
    show("\n" + ", ".join(f"{n} {kind}" for kind, n in table["agreement"].value_counts().items()) + ".")
    if set(table["agreement"]) != {"bit-identical"}:
        found = differences(old, new)
        show("\n".join(["The two runs differ in:", *found]) if found else ALL_THE_SAME)
    if others := other_numbers(old, new):
        show("\n".join(["Claims state other numbers:", *others]))
    if broken:
        show("\n".join(broken))
    return not broken and not table["agreement"].isin([DIFFERENT, UNMEASURED, OTHER_UNIT]).any()


def only_of(content: Content, notebooks: Sequence[str]) -> Content:
    """Return the part of a ledger that some notebooks made, or all of it; names lose the changed settings."""
    numbers = {_name(key, entry): entry for key, entry in content["numbers"].items() if _chosen(entry, notebooks)}
    claims = {_name(key, claim): claim for key, claim in content["claims"].items() if _chosen(claim, notebooks)}
    return {**content, "numbers": numbers, "claims": claims}


def _name(key: str, entry: Entry | Claim) -> str:
    return key.removesuffix(f" ({entry['changed']})")


def _chosen(entry: Entry | Claim, notebooks: Sequence[str]) -> bool:
    return not notebooks or entry["notebook"] in notebooks


def main(arguments: Sequence[str] | None = None) -> None:
    """Compare the ledger of a fresh run with the committed one; exit with status 0 if they agree, else 1."""
    parser = argparse.ArgumentParser(prog="python -m twolayer.ledger.verify", description=main.__doc__)
    parser.add_argument("committed", type=Path)
    parser.add_argument("build", type=Path, help="the folder with the ledger of the fresh run")
    parser.add_argument("--only", nargs="*", default=[], help="the notebooks that have run, if not all have")
    given = parser.parse_args(arguments)
    fresh = list(given.build.glob("ledger-*.json"))
    if given.only and not fresh:
        sys.exit(f"{', '.join(given.only)} recorded no number, so there is nothing to compare.")
    if len(fresh) != 1:
        sys.exit(f"error: {given.build} has {len(fresh)} ledgers instead of one: build the report, then verify.")
    try:
        old, new = (only_of(read_ledger(path), given.only) for path in (given.committed, *fresh))
        sys.exit(0 if report(old, new) else 1)
    except FileError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
